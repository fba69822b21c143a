"""The vectors in which a model's parameters lie: `theta`, which is trained, and `state`, which is not.

The layers hold views of the vectors. A layer that is part of two models is truly shared: each model, before it
computes, takes up the values that the layers hold now.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import NamedTuple

from ..arrays import Flat
from ..errors import FileError, InvalidArgument, NotReady, ShapeError, Told
from ..layers import Layer, Parameter
from ..layers.composite import Composite
from ..rng import Key


class Vectors(NamedTuple):
    """Those of one model."""

    theta: Flat
    state: Flat
    gradient: Flat  # laid out like theta


def gathered(network: Composite, key: Key) -> Vectors:
    """The parameters of all layers in new vectors; the layers are pointed at them.

    Values that layers have are kept; parameters that do not exist yet are drawn from the key.
    """
    held = network.values_held()
    specs = network.parameters(*network.sample_shapes)
    _refuse_more(network.name, specs)
    network.dtype = _one_dtype(network.name, list(network.leaves()))
    theta = Flat({s.name: s.shape for s in specs if s.trainable}, network.dtype)
    state = Flat({s.name: s.shape for s in specs if not s.trainable}, network.dtype)
    for i, spec in enumerate(specs):
        value = held.get(spec.name)
        if value is None:
            value = spec.initializer(spec.shape, network.dtype, key.fold("init", i))
        elif value.shape != spec.shape:
            raise ShapeError(
                f"model {network.name!r}, {spec.name}", f"shape {spec.shape}, as what comes in asks",
                Told(f"weights of shape {value.shape}, which the layer has"),
                "A layer keeps the weights it has: give it inputs like those it was built for, or make a new one.",
            )  # fmt: skip
        (theta if spec.trainable else state)[spec.name] = value
    return Vectors(theta, state, theta.like())


_most: ContextVar[int | None] = ContextVar("most", default=None)


@contextmanager
def at_most(parameters: int) -> Iterator[None]:
    """Within the block, a network of more parameters is refused before memory is asked for: those that come with a
    file cannot be more than the file holds, whatever its config claims."""
    before = _most.set(parameters)
    try:
        yield
    finally:
        _most.reset(before)


def _refuse_more(name: str, specs: Sequence[Parameter]) -> None:
    most, wanted = _most.get(), sum(math.prod(s.shape) for s in specs)
    if most is not None and wanted > most:
        raise FileError(
            f"model {name!r}", f"a config of {most:,} parameters at most, as many as the file can hold",
            Told(f"one of {wanted:,}"), "It was cut short or altered: save again.",
        )  # fmt: skip


def _one_dtype(name: str, leaves: Sequence[tuple[str, Layer]]) -> str:
    dtypes = {leaf.dtype for _, leaf in leaves}
    if len(dtypes) > 1:
        raise InvalidArgument(
            f"model {name!r}", "layers of one dtype", Told(", ".join(f"{n}: {la.dtype}" for n, la in leaves))
        )
    return dtypes.pop() if dtypes else "float32"


def not_built(name: str, what: str) -> NotReady:
    """The error of using a model whose input is still unknown."""
    return NotReady(
        f"model {name!r}, {what}", "a model that is built", Told("one whose input shape is unknown"),
        "Give the first layer input_shape=(...), call build((None, ...)), or fit it to data.",
    )  # fmt: skip
