"""The recurrent layers whose numbers are compared with Keras's: how each is made, from the layers of either library."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

B, T, I, H = 3, 4, 2, 3
MASK = np.array([[1, 1, 0, 0], [0, 1, 0, 1], [0, 0, 0, 0]], bool)
ALL = {"return_sequences": True}
STATE = {"return_state": True}
BACK = {"go_backwards": True}
ZEROS = {"zero_output_for_mask": True}
FIRST = {"data_format": "channels_first"}
DROPPED = 4000  # samples alike, of which each has other numbers dropped


class Case:
    """How to make a layer; its options are for calling it, with how many states, of which shape."""

    def __init__(
        self, make: Callable[[Any], Any], *, mask: bool = False, states: int = 0, shape: Any = (T, I), state: Any = (H,)
    ) -> None:
        self.make, self.mask, self.states, self.shape, self.state = make, mask, states, shape, state


def numbers(shape: tuple[int, ...], place: int) -> np.ndarray:
    """Numbers of a shape from -1 to 1, others for each place."""
    return np.random.default_rng(place).integers(-20, 21, shape) / 20


def of_layer(name: str, options: dict[str, Any], **told: Any) -> Case:
    return Case(lambda L: getattr(L, name)(H, dtype="float64", **options), **told)


CASES: dict[str, Case] = {}
for _name, _states in (("SimpleRNN", 1), ("LSTM", 2), ("GRU", 1)):
    _others = {} if _name == "SimpleRNN" else {"recurrent_activation": "softsign"}
    for _label, _options, _told in (
        ("plain", {}, {}),
        ("all outputs", ALL, {}),
        ("backwards", BACK | ALL, {}),
        ("states", STATE, {}),
        ("from states", STATE | ALL, {"states": _states}),
        ("no bias", {"use_bias": False}, {}),
        ("other activations", {"activation": "elu", **_others}, {}),
        ("relu", {"activation": "relu"}, {}),
        ("unrolled", {"unroll": True}, {}),
        ("masked", STATE, {"mask": True}),
        ("masked, all outputs", ALL, {"mask": True}),
        ("masked, backwards", BACK | ALL | STATE, {"mask": True}),
        ("masked, from states", ALL | STATE, {"mask": True, "states": _states}),
        ("masked, zeros", ALL | ZEROS, {"mask": True}),
        ("masked, zeros, from states", ZEROS | STATE, {"mask": True, "states": _states}),
        ("before", {"reset_after": False}, {}),
        ("before, no bias", ALL | {"reset_after": False, "use_bias": False}, {}),
        ("nothing forgotten", {"unit_forget_bias": False}, {}),
    ):
        if ("reset_after" in _options) <= (_name == "GRU") and ("unit_forget_bias" in _options) <= (_name == "LSTM"):
            CASES[f"{_name}, {_label}"] = of_layer(_name, _options, **_told)


def both_ways(kind: str, inner: dict[str, Any], **told: Any) -> Callable[[Any], Any]:
    return lambda L: L.Bidirectional(getattr(L, kind)(H, dtype="float64", **inner), dtype="float64", **told)


def of_cells(options: dict[str, Any], *cells: tuple[str, dict[str, Any]]) -> Callable[[Any], Any]:
    def make(L: Any) -> Any:
        made = [getattr(L, name)(H, dtype="float64", **inner) for name, inner in cells]
        cell = made[0] if len(made) == 1 else L.StackedRNNCells(made, dtype="float64")
        return L.RNN(cell, dtype="float64", **options)

    return make


def of_conv(name: str, size: Any, inner: dict[str, Any], **options: Any) -> Callable[[Any], Any]:
    return lambda L: getattr(L, name)(2, size, dtype="float64", **inner, **options)


for _mode in ("concat", "sum", "ave", "mul", None):
    CASES[f"both ways, {_mode}"] = Case(both_ways("LSTM", ALL, merge_mode=_mode))
    CASES[f"both ways, last, {_mode}"] = Case(both_ways("GRU", {}, merge_mode=_mode))
CASES |= {
    "both ways, masked": Case(both_ways("LSTM", ALL), mask=True),
    "both ways, masked, last": Case(both_ways("SimpleRNN", {}), mask=True),
    "both ways, states": Case(both_ways("LSTM", ALL | STATE)),
    "both ways, from states": Case(both_ways("LSTM", STATE), states=4),
    "both ways, another back": Case(
        lambda L: L.Bidirectional(
            L.LSTM(H, dtype="float64"), backward_layer=L.GRU(2, go_backwards=True, dtype="float64"), dtype="float64"
        )
    ),
    "cell, SimpleRNN": Case(of_cells({}, ("SimpleRNNCell", {})), states=1),
    "cell, LSTM": Case(of_cells(ALL | STATE, ("LSTMCell", {})), mask=True),
    "cell, LSTM, zeros": Case(of_cells(ALL | ZEROS | BACK, ("LSTMCell", {"use_bias": False})), mask=True),
    "cell, GRU": Case(of_cells({}, ("GRUCell", {"recurrent_activation": "softsign"}))),
    "cell, GRU, before": Case(of_cells(BACK, ("GRUCell", {"reset_after": False}))),
    "cells": Case(of_cells(ALL, ("LSTMCell", {}), ("GRUCell", {}), ("SimpleRNNCell", {})), mask=True),
    "conv, 1": Case(of_conv("ConvLSTM1D", 2, ALL, padding="same"), mask=True, shape=(T, 3, I)),
    "conv, 2": Case(of_conv("ConvLSTM2D", (2, 1), STATE, strides=(1, 2)), shape=(T, 3, 3, I)),
    "conv, 2, backwards": Case(of_conv("ConvLSTM2D", 2, BACK, dilation_rate=2), shape=(T, 3, 4, I)),
    "conv, 3": Case(of_conv("ConvLSTM3D", 2, {}, use_bias=False), shape=(2, 2, 3, 2, 1)),
    "conv, 1, channels first": Case(
        of_conv("ConvLSTM1D", 2, ALL | STATE | ZEROS, padding="same", **FIRST),
        mask=True,
        states=2,
        shape=(T, I, 3),
        state=(2, 3),
    ),
    "conv, 2, from states": Case(
        of_conv("ConvLSTM2D", 2, STATE), mask=True, states=2, shape=(T, 3, 4, I), state=(2, 3, 2)
    ),
    "conv, 2, channels first": Case(
        of_conv("ConvLSTM2D", (2, 3), STATE | ZEROS | BACK, strides=(2, 1), padding="same", **FIRST),
        mask=True,
        states=2,
        shape=(T, I, 3, 4),
        state=(2, 2, 4),
    ),
    "conv, 3, channels first": Case(
        of_conv("ConvLSTM3D", 2, ALL | STATE | ZEROS | BACK, dilation_rate=(1, 2, 1), **FIRST),
        mask=True,
        shape=(T, 1, 2, 3, 2),
    ),
    "each step, Dense": Case(
        lambda L: L.TimeDistributed(L.Dense(2, "tanh", dtype="float64"), dtype="float64"), mask=True
    ),
    "each step, Conv1D": Case(
        lambda L: L.TimeDistributed(L.Conv1D(2, 2, dtype="float64"), dtype="float64"), shape=(T, 3, I)
    ),
}


def dropping(L: Any) -> Any:
    """A layer that drops of its inputs and of its states."""
    return L.ConvLSTM1D(2, 2, padding="same", dropout=0.4, recurrent_dropout=0.3, seed=1, name="dropping")
