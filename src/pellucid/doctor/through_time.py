"""How far back in time a recurrent layer sends what it is told at its last step.

The last step alone is sent a gradient, at random; what of it arrives at the input of each earlier step says from how
long ago the layer can learn. What the loss itself sends to the steps in between would hide that.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array, parts_of
from ..layers.recurrent import Recurrent
from ..layers.walking import outputs_of
from ..rng import Key
from . import facts
from .base import Case, once
from .copies import copy_of, fresh, without_noise

ROWS = 64  # that it is measured on
FEWEST = 8  # steps: in fewer, nothing is long ago
TINY = 1e-40


class Reach(NamedTuple):
    """What arrives at each step of a layer, as a share of what arrives at its last one."""

    kind: str  # the layer's class
    shares: Array  # (T,), in the order in which the steps are taken

    @property
    def first(self) -> float:
        """The share that arrives at the first step."""
        return max(float(self.shares[0]), TINY)

    @property
    def largest(self) -> float:
        """The largest share that arrives anywhere."""
        return float(self.shares.max())

    @property
    def memory(self) -> int:
        """Over how many steps a tenth or more arrives."""
        return int(np.argmax(self.shares[::-1] < 0.1)) or len(self.shares)


@once
def at_start(case: Case) -> Mapping[str, Reach]:
    """By the label of each recurrent layer, before the first step of training."""
    return _look(case, fresh(case))


@once
def now(case: Case) -> Mapping[str, Reach]:
    """By the label of each recurrent layer, with the weights as they are."""
    return _look(case, copy_of(case.model))


def _look(case: Case, twin: Any) -> dict[str, Reach]:
    without_noise(twin)
    x = [np.asarray(part[:ROWS], twin.dtype) for part in parts_of(facts.sample(case)[0])]
    values, found = dict[int, Any](), dict[str, Reach]()
    for step, y, cache in twin.passing_through(twin.p, x, values, False, twin.key):
        if isinstance(step.layer, Recurrent) and values[step.inputs[0]].shape[1] >= FEWEST:
            found[step.label] = reach(step.layer, twin.part(twin.p, step.path), cache, outputs_of(y))
    return found


def reach(layer: Recurrent, p: Mapping[str, Array], cache: Any, ys: tuple[Array, ...]) -> Reach:
    """What a gradient at the last step becomes at each of the others, by the root of its mean square."""
    dy = Key(0).fold("reach").normal(ys[0].shape).astype(ys[0].dtype)
    if layer.return_sequences:
        dy[:, :-1] = 0
    dx, _ = layer.backward(dict(p), cache, dy, *(None for _ in ys[1:]))
    dx = np.asarray(dx[0] if isinstance(dx, tuple) else dx, np.float64)
    sizes = np.sqrt(np.square(dx).mean(axis=(0, *range(2, dx.ndim))))
    sizes = sizes[::-1] if layer.go_backwards else sizes
    there = np.flatnonzero(sizes)  # the last steps may be padding in all samples
    if not len(there):
        return Reach(type(layer).__name__, np.zeros(len(sizes)))
    sizes = sizes[: there[-1] + 1]
    return Reach(type(layer).__name__, sizes / sizes[-1])


def told(label: str, found: Reach) -> str:
    """A reach in words."""
    return (
        f"Of a gradient at the last of {len(found.shares)} steps of {label!r} ({found.kind}), {found.first:.1e} of its "
        "size arrives at the first"
    )


def log(share: float) -> float:
    """log10, of something that may be 0 or infinite."""
    return math.log10(min(max(share, TINY), 1 / TINY))
