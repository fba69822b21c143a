"""How a ConvLSTM reads in ONNX, which has no operator for it: its steps one after another, channels first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ... import layers as L
from ...activations import Activation
from ...layers.channels import LAST
from ..convolving import convolutions
from .activations import write_activation
from .sliding import convolved
from .writer import FORM, At, writes


@writes(L.ConvLSTM1D, L.ConvLSTM2D, L.ConvLSTM3D)
def conv_lstm(at: At) -> Any:
    layer, T, (size, I) = at.layer, at.shape[0], at.layer.split(at.shape[1:])
    of_inputs, of_states = convolutions(FORM, layer, "channels_first")
    places = layer.window(tuple(size)).places
    x, *initial = at.xs
    picture = replace(at, layer=of_inputs, shapes=((I, *size),))
    state = replace(at, layer=of_states, shapes=((layer.filters, *places),))
    h, c = (first(at, one) for one in initial) if initial else (None, None)
    y, ys = None, []
    for t in reversed(range(T)) if layer.go_backwards else range(T):
        here = at.writing.array(t, f"{at.label}/step", "int64")
        z = convolved(replace(picture, xs=[first(at, at.op("Gather", x, here, axis=1))]))
        z = z if h is None else at.op("Add", z, convolved(replace(state, xs=[h]), "recurrent_kernel"))
        new = step(state, layer, z, c)
        if at.mask is None:
            y, (h, c) = new[0], new
        else:
            counts = at.reshaped(at.op("Gather", at.mask, here, axis=1), [1] * (layer.axes + 1))
            y = kept(at, counts, new[0], None if layer.zero_output_for_mask else y)
            h, c = (kept(at, counts, one, before) for one, before in zip(new, (h, c), strict=True))
        ys.append(y)
    if layer.return_sequences:
        y = at.op("Concat", *(at.op("Unsqueeze", last(at, str(one)), at.whole(1)) for one in ys), axis=1)
    else:
        y = last(at, str(y))
    return (y, last(at, str(h)), last(at, str(c))) if layer.return_state else y


def step(state: At, layer: Any, z: str, c: str | None) -> tuple[str, str]:
    """h and c after a step; before the first there may be none."""
    g, s = layer.activation, layer.recurrent_activation
    zi, zf, zk, zo = state.writing.node(state.label, "Split", [z], 4, axis=1, num_outputs=4)
    new = state.op("Mul", of(state, s, zi), of(state, g, zk))
    new = new if c is None else state.op("Add", state.op("Mul", of(state, s, zf), c), new)
    return state.op("Mul", of(state, s, zo), of(state, g, new)), new


def of(at: At, f: Activation, x: str) -> str:
    return write_activation(replace(at, xs=[x]), f)


def kept(at: At, counts: str, new: str, old: str | None) -> str:
    """What a step leaves as it was where it does not count; 0 before the first."""
    return at.op("Where", counts, new, at.number(0.0) if old is None else old)


def first(at: At, x: str) -> str:
    """Pictures with their channels first."""
    n = at.layer.axes
    return at.transposed(x, [0, n + 1, *range(1, n + 1)]) if at.layer.data_format == LAST else x


def last(at: At, x: str) -> str:
    """And where the user has them."""
    return at.transposed(x, [0, *range(2, at.layer.axes + 2), 1]) if at.layer.data_format == LAST else x
