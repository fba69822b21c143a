"""What a number is the sum of, or is computed from, layer by layer.

A gradient is linear in dL/dy. What each sample adds to a parameter's gradient is therefore what the layer's backward
gives for that sample's dL/dy alone, whatever the layer; for Dense the terms are the products themselves.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Protocol

import numpy as np

from ...arrays import Array
from ...layers import Dense
from ...layers.shapes import along, axes_of
from ..base import own
from .formulas import letter
from .records import LayerRecord
from .view import View
from .why import Index, Term, largest_first, term
from .windows import convolved


class Sums(Protocol):
    """A layer whose numbers are sums of products: of what it computes, z, of its parameters' gradients, and of dx."""

    def forward(self, at: Index) -> tuple[str, tuple[Term, ...]]: ...
    def gradient(self, name: str, at: Index) -> tuple[str, list[Term]]: ...
    def back(self, at: Index) -> tuple[str, tuple[Term, ...]]: ...
    def views(self, at: Index) -> tuple[View, ...]: ...


def sums_of(layer_record: LayerRecord) -> Sums | None:
    """The sums of a layer that computes what we know of its kind; None of others."""
    if isinstance(layer_record.layer, Dense) and own(layer_record.layer, "formula", "forward") is not None:
        return OfDense(layer_record)
    return convolved(layer_record)


class OfDense:
    """Terms of Dense."""

    def __init__(self, layer_record: LayerRecord) -> None:
        self.x, self.W, self.b = layer_record.arrays["x"], layer_record.p["kernel"], layer_record.p.get("bias")
        self.dz = layer_record.back.get("dz", layer_record.back.get("dy"))

    def forward(self, at: Index) -> tuple[str, tuple[Term, ...]]:
        """z[.., j] = Σ x[.., i]·W[i, j] + b[j]."""
        *where, j = at
        x, lead = self.x[tuple(where)], _comma(where)
        terms = [term(f"x[{lead}{i}]·W[{i}, {j}]", x[i], self.W[i, j]) for i in range(len(x))]
        formula = f"z[{lead}{j}] = Σ x[{lead}i]·W[i, {j}]"
        if self.b is not None:
            formula, terms = f"{formula} + b[{j}]", [*terms, term(f"b[{j}]", self.b[j])]
        return formula, largest_first(terms)

    def gradient(self, name: str, at: Index) -> tuple[str, list[Term]]:
        """dW[i, j] = Σ x[.., i]·dz[.., j];  db[j] = Σ dz[.., j]."""
        x, dz, j = self.x, self.dz, at[-1]
        assert dz is not None
        places = itertools.product(*(range(n) for n in dz.shape[:-1]))
        b = "b" if dz.ndim == 2 else "b, ..."
        if name == "bias":
            terms = [term(f"dz[{_comma(p)}{j}]", dz[(*p, j)]) for p in places]
            return f"db[{j}] = Σ dz[{b}, {j}]", terms
        i = at[0]
        terms = [term(f"x[{_comma(p)}{i}]·dz[{_comma(p)}{j}]", x[(*p, i)], dz[(*p, j)]) for p in places]
        return f"dW[{i}, {j}] = Σ x[{b}, {i}]·dz[{b}, {j}]", terms

    def back(self, at: Index) -> tuple[str, tuple[Term, ...]]:
        """dx[.., i] = Σ dz[.., j]·W[i, j]."""
        *where, i = at
        assert self.dz is not None
        row, lead = self.dz[tuple(where)], _comma(where)
        terms = [term(f"dz[{lead}{j}]·W[{i}, {j}]", row[j], self.W[i, j]) for j in range(len(row))]
        return f"dx[{lead}{i}] = Σ dz[{lead}j]·W[{i}, j]", largest_first(terms)

    def views(self, at: Index) -> tuple[View, ...]:
        """None: its terms say all."""
        return ()


def _comma(place: Sequence[int]) -> str:
    return "".join(f"{i}, " for i in place)


# Any layer -------------------------------------------------------------------------------------------------------


def shares(layer_record: LayerRecord, name: str, at: Index) -> Iterator[Term]:
    """What each sample adds to a parameter's gradient."""
    layer, cache = layer_record.layer, layer_record.cache
    if cache is None:  # the compiled engine keeps none
        _, cache = layer.forward(layer_record.p, *layer_record.xs, training=True, rng=layer_record.key)
    fused = "dy" not in layer_record.back
    d, backward = (
        (layer_record.back["dz"], layer.backward_from_logits) if fused else (layer_record.back["dy"], layer.backward)
    )
    for b in range(len(d)):
        alone = np.zeros_like(d)
        alone[b] = d[b]
        yield term(f"sample {b}", float(backward(layer_record.p, cache, alone)[1][name][at]))


def numbers_at(layer_record: LayerRecord, sign: str, formula: str, at: Index) -> dict[str, float]:
    """The numbers in a formula: entries of the layer's arrays and parameters that stand at the place of this one."""
    arrays = {**layer_record.arrays, **layer_record.back}
    shape = arrays.pop(sign).shape
    arrays |= {
        letter(layer_record, name): p for name, p in layer_record.p.items() if letter(layer_record, name) not in arrays
    }
    found = {}
    for name, a in arrays.items():
        a = a if a.ndim == len(at) else _spread(layer_record, a, len(at))
        fits = a.ndim == len(at) and all(n in (1, whole) for n, whole in zip(a.shape, shape, strict=True))
        if fits and re.search(rf"(?<!\w){re.escape(name)}(?!\w)", formula.partition(" = ")[2]):
            found[name] = float(a[tuple(0 if n == 1 else i for i, n in zip(at, a.shape, strict=True))])
    return found


def _spread(layer_record: LayerRecord, p: Array, ndim: int) -> Array:
    """A parameter with as many axes as a batch has: those of the layer's `axis`, or else a sample's."""
    axis = getattr(layer_record.layer, "axis", None)
    if axis is None:
        return p[None]
    axes = axes_of(layer_record.path, axis, layer_record.xs[0].shape[1:])
    return along(p, axes, ndim) if p.ndim == len(axes) and max(axes, default=0) < ndim else p[None]
