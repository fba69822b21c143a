"""How recurrent layers are written for PyTorch: nn.LSTM, nn.GRU or nn.RNN where it is the same function, in training
too; a module of `recurrent_parts.py`, step by step, where there are masks, dropout, other activations, or convolutions.
Of nn's and that of ours that is not of convolutions the weights are the same."""

from __future__ import annotations

from typing import Any

from ... import layers as L
from ...activations import Activation
from ...layers.channels import FIRST
from ..convolving import convolutions
from .activations import made_of
from .layers import unusual
from .writer import EACH, FORM, At, Call, writes


@writes(L.GRU, L.LSTM, L.SimpleRNN)
def recurrent(at: At) -> Any:
    own = own_module(at)
    return given_by(at, through_time(at) if own is None else of_module(at, *own))


def given_by(at: At, found: list[Any]) -> Any:
    """What the layer gives, of all outputs, the last one, and the last states."""
    y, last, *states = found
    y = y if at.layer.return_sequences else last
    return (y, *states) if at.layer.return_state else y


def own_module(at: At) -> tuple[str, dict[str, Any]] | None:
    """(class, options) of the module of torch.nn that does the same, if there is one."""
    layer = at.layer
    g, plain = layer.activation, {"tanh": {}, "relu": {"nonlinearity": "relu"}}
    if at.mask is not None or layer.dropout or layer.recurrent_dropout:
        return None
    if isinstance(layer, L.SimpleRNN):
        usual = g.name in plain and not any(g.options.values())
        return ("nn.RNN", plain[g.name]) if usual else None
    if (g.name, layer.recurrent_activation.name) != ("tanh", "sigmoid"):
        return None
    return ("nn.LSTM", {}) if isinstance(layer, L.LSTM) else ("nn.GRU", {}) if layer.reset_after else None


def of_module(at: At, kind: str, options: dict[str, Any]) -> list[Any]:
    """All outputs, the last one, and the last states, by a module of torch.nn."""
    layer = at.layer
    x, *states = at.xs
    x = at.op("torch.flip", x, [1]) if layer.go_backwards else x
    begun = tuple(at.op(".unsqueeze", state, 0) for state in states)
    told = unusual({"bias": (layer.use_bias, True)}) | {"batch_first": True} | options
    given = (x, *([] if not begun else [begun if len(begun) > 1 else begun[0]]))
    both = at.module(kind, at.shape[1], layer.units, xs=given, **told)
    y = at.op("operator.getitem", both, 0)
    last = None if layer.return_sequences else at.op("operator.getitem", y, (EACH, -1))
    if not layer.return_state:
        return [y, last]
    last_ones = at.op("operator.getitem", both, 1)
    ends = [at.op("operator.getitem", last_ones, i) for i in range(2)] if layer.carried > 1 else [last_ones]
    return [y, last, *(at.op("operator.getitem", end, 0) for end in ends)]


def through_time(at: At) -> list[Any]:
    """The same, by a module that takes the steps one by one."""
    layer = at.layer
    mode = "LSTM" if isinstance(layer, L.LSTM) else "GRU" if isinstance(layer, L.GRU) else "RNN_TANH"
    gate = made(layer.recurrent_activation) if mode != "RNN_TANH" else None
    told = unusual({**options_of(layer), "before": (mode == "GRU" and not layer.reset_after, False)})
    pieces = mode, at.shape[1], layer.units, made(layer.activation), gate
    return ends_of(at, at.module("Recurrence", *pieces, xs=read_by(at), **told))


def options_of(layer: Any) -> dict[str, tuple[Any, Any]]:
    """What modules that go step by step are told, and what they take without."""
    return {
        "bias": (layer.use_bias, True), "dropout": (layer.dropout, 0.0), "of_states": (layer.recurrent_dropout, 0.0),
        "backwards": (layer.go_backwards, False), "zero_output": (layer.zero_output_for_mask, False),
    }  # fmt: skip


def read_by(at: At) -> tuple[Any, ...]:
    """What such a module reads: x, the mask, which stands as None before states, and the states."""
    x, *states = at.xs
    return (x, *([at.mask] if states or at.mask is not None else []), *states)


def ends_of(at: At, both: Any) -> list[Any]:
    """All outputs or the last one, None for the other, and the last states where they are asked for."""
    count = 2 + at.layer.carried if at.layer.return_state else 2
    return [at.op("operator.getitem", both, i) if i != at.layer.return_sequences else None for i in range(count)]


@writes(L.ConvLSTM1D, L.ConvLSTM2D, L.ConvLSTM3D)
def conv_lstm(at: At) -> Any:
    layer, (size, I) = at.layer, at.layer.split(at.shape[1:])
    convolutions(FORM, layer)  # which refuses activations
    window, around = layer.window(tuple(size)), layer.window_of_states(tuple(size))
    borders = window.before, window.after, (around.before, around.after)
    pieces = I, layer.filters, layer.kernel_size, made(layer.activation), made(layer.recurrent_activation)
    told = {"stride": window.strides, "dilation": window.dilation}
    told |= unusual({**options_of(layer), "first": (layer.data_format == FIRST, False)})
    return given_by(at, ends_of(at, at.module("ConvRecurrence", *pieces, *borders, xs=read_by(at), **told)))


def made(activation: Activation) -> Call:
    """The module of an activation."""
    return made_of(activation) or Call("nn.Identity")
