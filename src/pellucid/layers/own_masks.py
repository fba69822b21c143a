"""Masks that layers compute, on the compiled engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..program import Buffer, CannotLower, Program
from ..wiring import Tensor, nodes_between
from .base import Layer
from .input_layer import InputLayer
from .own_weights import traced

Masks = Sequence[Buffer | None]  # of each input, where there is one


def lower_mask(layer: Layer, code: Program, xs: Sequence[Buffer], masks: Masks) -> Buffer | None:
    """Emit the mask of what a layer gives: by its own `lower_mask`, or else what its `compute_mask` does to tensors.
    None where that says so."""
    owner = {name: cls for cls in reversed(type(layer).__mro__) for name in vars(cls)}
    if "lower_mask" in owner and issubclass(owner["lower_mask"], owner["compute_mask"]):
        mine: Any = layer
        return mine.lower_mask(code, xs, masks)  # type: ignore[no-any-return]
    return _lower_traced(layer, code, xs, masks)


def _lower_traced(layer: Layer, code: Program, xs: Sequence[Buffer], masks: Masks) -> Buffer | None:
    refusal = CannotLower(f"mask of layer {layer.name!r} ({type(layer).__name__})")
    inputs = [InputLayer(x.shape, dtype=x.whole or layer.dtype).tensor() for x in xs]
    told = [None if m is None else InputLayer(m.shape, dtype="bool").tensor() for m in masks]
    given = zip(told, masks, strict=True)
    places = {tensor: replace(m, truth=True) for tensor, m in given if tensor is not None and m is not None}
    places |= zip(inputs, xs, strict=True)
    try:
        with traced():
            end = layer.compute_mask(inputs, told) if layer.takes_many else layer.compute_mask(inputs[0], told[0])
        for node in nodes_between(layer.name, list(places), [end] if isinstance(end, Tensor) else []):
            if node.layer.specs_for(*(tensor.sample for tensor in node.inputs)):
                raise refusal
            places |= zip(node.outputs, [node.layer.lower(code, *(places[one] for one in node.inputs))], strict=True)
    except Exception:  # whatever code that asks for numbers may raise
        raise refusal from None
    if end is None:
        return None
    if not isinstance(end, Tensor) or not places[end].truth:
        raise refusal
    return places[end].plain
