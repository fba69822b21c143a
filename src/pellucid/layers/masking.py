"""Masks: which time steps of a sequence count.     x (B, T, ...)   mask (B, T), true where a step counts

A mask travels beside the data it belongs to, from layer to layer, to the loss and the metrics: it is a wire of its own
in the wiring, without a gradient. A layer that passes masks on passes that of its input; one that makes a mask of its
own, as `Masking` does, has a step `MaskOf` that computes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, Told
from ..program import Buffer, Program
from ..rng import Key
from ..wiring import Node, Tensor, tensors_in
from .base import Layer, LayerOptions, layers
from .merging import Joining
from .operands import spread
from .own_masks import lower_mask


def masking(x: Array, mask_value: float) -> tuple[Array, Array]:
    """(y, mask): x with the steps whose numbers are all `mask_value` made 0, and which the others are."""
    mask: Array = (x != mask_value).any(axis=-1)
    return np.where(mask[..., None], x, x.dtype.type(0)), mask


def masking_grad(dy: Array, mask: Array) -> Array:
    """dx: dy where the step counts."""
    return np.where(mask[..., None], dy, dy.dtype.type(0))


@layers.add()
class Masking(Layer):
    """Let steps not count, in later layers, losses and metrics, if all their numbers (last axis) are `mask_value`.

        mask = any(x ≠ mask_value) over the last axis,   y = x where mask, else 0

    >>> x = [[[1.0, 2.0], [0.0, 0.0]]]
    >>> Masking().compute_mask(x)
    array([[ True, False]])
    """

    formula, formula_back = "y = x where any(x ≠ v), else 0", "dx = dy where any(x ≠ v), else 0"
    cached = ("mask",)
    supports_masking = True

    def __init__(self, mask_value: float = 0.0, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.mask_value = checks.number(self.where("mask_value"), mask_value)

    def output_shape_for(self, shape: Shape) -> Shape:
        if not shape:
            raise ShapeError(f"layer {self.name!r}, input", "steps of numbers, (B, T, ...)", (None, *shape))
        return shape

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return True

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask (B, T): of an array an array, of a tensor a tensor."""
        if isinstance(inputs, Tensor):
            return MaskOf(self, (False,))(inputs)
        return masking(np.asarray(inputs, self.dtype), self.mask_value)[1]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return masking(x, self.mask_value)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return masking_grad(dy, cache), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        y, mask = code.buffer(x.shape), code.buffer(x.shape[:-1])
        code.emit("masking", x, y, mask, mask.size, x.shape[-1], self.mask_value)

        def undo(dy: Buffer, wanted: bool) -> Buffer | None:
            if not wanted:
                return None
            dx = code.buffer(x.shape)
            code.emit("masking.grad", dy, mask, dx, mask.size, x.shape[-1])
            return dx

        code.back(undo)
        return y

    def lower_mask(self, code: Program, xs: Sequence[Buffer], masks: Sequence[Buffer | None]) -> Buffer:
        (x,) = xs
        mask = code.buffer(x.shape[:-1])
        code.emit("masking", x, None, mask, mask.size, x.shape[-1], self.mask_value)
        return mask


class MaskOf(Joining):
    """The mask of what a layer gives: `layer.compute_mask(x, mask)`, x and then the masks that there are."""

    formula, formula_back = "mask = compute_mask(x, mask)", ""
    is_layer = False
    is_mask = takes_whole = True

    def __init__(self, layer: Layer, masked: Sequence[bool]) -> None:
        super().__init__(name=f"{layer.name}.mask", dtype=layer.dtype)
        self.layer, self.masked = layer, tuple(masked)

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        tensors = tensors_in(x) or []
        shapes = [tensor.sample for tensor in tensors]
        self._nodes.append(Node(self, tensors, self.output_shapes_for(*shapes), "bool", training))
        return self._nodes[-1].outputs[0]

    def output_shape_for(self, *shapes: Shape) -> Shape:
        return self.layer.output_shapes_for(*shapes[: len(self.masked)])[0][:-1]

    def forward(self, p: Arrays, *given: Array, training: bool, rng: Key) -> tuple[Any, Any]:
        xs, masks = given[: len(self.masked)], iter(given[len(self.masked) :])
        found = [next(masks) if there else None for there in self.masked]
        if not self.layer.takes_many:
            return self.layer.compute_mask(xs[0], found[0]), None
        return self.layer.compute_mask(list(xs), found), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return (None,) * (len(self.masked) + sum(self.masked)), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        given, rest = xs[: len(self.masked)], iter(xs[len(self.masked) :])
        told = [next(rest).plain if there else None for there in self.masked]
        code.stops()
        mask = lower_mask(self.layer, code, given, told)
        if mask is None:  # all counts
            mask = spread(code, code.constant(np.ones(1)), self.output_shape_for(*(x.shape for x in xs)))
        return replace(mask, truth=True)


class WithMask(Joining):
    """y = x, with a mask of its own: what `layer(x, mask=mask)` reads."""

    formula, formula_back = "y = x", "dx = dy"
    is_layer = False
    attaches_mask = True

    def output_shape_for(self, *shapes: Shape) -> Shape:
        return shapes[0]

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        return xs[0], None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return (dy, None), {}

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        code.back(lambda dy, wanted: (dy, None))
        return xs[0]


def attached(layer: Layer, tensors: Sequence[Tensor], mask: Any) -> list[Tensor]:
    """The tensors that a layer is called on, each with the mask that was passed for it."""
    masks = list(mask) if layer.takes_many else [mask]
    if len(masks) != len(tensors):
        raise InvalidArgument(
            f"layer {layer.name!r}, argument mask", f"{len(tensors)} masks, or None in the place of one",
            Told(str(len(masks))),
        )  # fmt: skip
    return [x if m is None else WithMask(dtype=layer.dtype)([x, m]) for x, m in zip(tensors, masks, strict=True)]


Layer.mask_step, Layer.attached = MaskOf, attached
