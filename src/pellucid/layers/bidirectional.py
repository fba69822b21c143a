"""Bidirectional: a recurrent layer over the steps, another over the steps in reverse, and what both give together.
Source: Schuster & Paliwal, "Bidirectional recurrent neural networks", IEEE Transactions on Signal Processing 45 (1997).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, Told, WrongType
from ..program import Buffer, Program
from ..registry import plain
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .concatenate import Concatenate
from .convolving import COPY, table
from .merging import Add, Average, Joining, Multiply
from .remembering import for_batches
from .traced import Traced

MERGING: dict[str, type[Joining]] = {"concat": Concatenate, "sum": Add, "ave": Average, "mul": Multiply}
SAME = ("return_sequences", "return_state", "stateful")


class Turned(Layer):
    """Steps in reverse: y[t] = x[T − 1 − t]."""

    formula, formula_back = "y[t] = x[T − 1 − t]", "dx[t] = dy[T − 1 − t]"
    is_layer = False

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x[:, ::-1], None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy[:, ::-1], {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        code.back(lambda dy, wanted: turned(code, dy))
        return turned(code, x)


def turned(code: Program, x: Buffer) -> Buffer:
    """Emit the steps in reverse."""
    T, width = x.shape[0], x.size // x.shape[0]
    y, steps = code.buffer(x.shape), np.arange(T) * width
    code.emit("op.moved", x, y, table(code, steps, steps[::-1]), T, width, x.size, y.size, 1, COPY)
    return y


class Together(Joining):
    """What both ways give, merged: `mode` is one of MERGING."""

    formula, formula_back = "y = merged(x1, x2)", "dxᵢ = dy·∂y/∂xᵢ"
    is_layer = supports_masking = False

    def __init__(self, mode: str, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.mode, self.merging = mode, MERGING[mode]()

    def output_shape_for(self, *shapes: Shape) -> Shape:
        found: Shape = self.merging.output_shape_for(*shapes)
        return found

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        return self.merging.forward(p, *xs, training=training, rng=rng)

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return self.merging.backward(p, cache, dy)

    def lower(self, code: Program, *xs: Buffer) -> Buffer:
        return self.merging.lower(code, *xs)


@layers.add()
class Bidirectional(Traced):
    """Go through a sequence forwards by one recurrent layer and backwards by another of its kind, and merge what both
    give at each step, or at their ends.

    layer: the recurrent layer; the one that goes forwards is made of its config, and that which goes backwards too,
    unless `backward_layer` is given, whose go_backwards is True. merge_mode: "concat", side by side, or "sum", "ave",
    "mul", or None for both by themselves. With return_state the states of both come behind. Where all outputs are
    given, those that a mask leaves out are 0. Initial states are those of the one, then those of the other.

    >>> from pellucid.layers import LSTM
    >>> layer = Bidirectional(LSTM(2))
    >>> layer([[[0.0], [1.0]]]).shape
    (1, 4)
    >>> layer.forward_layer.name, layer.backward_layer.name
    ('forward_lstm', 'backward_lstm')
    """

    supports_masking = consumes_mask = True
    formula, formula_back = "y = merged(forward(x), backward(x))", "as its layers go back"

    def __init__(
        self,
        layer: Any,
        merge_mode: str | None = "concat",
        weights: Any = None,
        backward_layer: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        layer = layers.get(layer, self.where("layer"))
        if not hasattr(layer, "go_backwards"):
            raise WrongType(self.where("layer"), "a recurrent layer", layer)
        self.forward_layer: Any = renamed(layer, "forward")
        self.backward_layer: Any = (
            renamed(layer, "backward", go_backwards=not layer.go_backwards)
            if backward_layer is None
            else layers.get(backward_layer, self.where("backward_layer"))
        )
        both = self.forward_layer, self.backward_layer
        if not hasattr(self.backward_layer, "go_backwards"):
            raise WrongType(self.where("backward_layer"), "a recurrent layer", backward_layer)
        if both[0].go_backwards == both[1].go_backwards:
            raise InvalidArgument(
                self.where("backward_layer"), "a layer that goes the other way", Told("one that goes the same"),
                "Write go_backwards=True.",
            )  # fmt: skip
        for name in SAME:
            if getattr(both[0], name) != getattr(both[1], name):
                raise InvalidArgument(
                    self.where("backward_layer"), f"{name}={getattr(both[0], name)}, as the other layer has it",
                    getattr(both[1], name),
                )  # fmt: skip
        if weights is not None:
            raise InvalidArgument(
                self.where("weights"), "None", Told("arrays"), "Call set_weights once the layer is built."
            )
        for one in both:
            one.zero_output_for_mask = one.return_sequences
        self.merge_mode = (
            None if merge_mode is None else checks.one_of(self.where("merge_mode"), merge_mode, list(MERGING))
        )
        self.return_sequences, self.return_state = layer.return_sequences, layer.return_state

    def call(self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = None) -> Any:
        """Both ways, merged; with return_state, a list of that and the states."""
        half = len(initial_state) // 2 if initial_state is not None else 0
        states = (initial_state[:half], initial_state[half:]) if half else (None, None)
        y, back = (
            layer(sequences, initial_state=state, mask=mask)
            for layer, state in zip((self.forward_layer, self.backward_layer), states, strict=True)
        )
        ends: list[Any] = []
        if self.return_state:
            ends = [*y[1:], *back[1:]]
            y, back = y[0], back[0]
        if self.return_sequences:
            back = Turned(dtype=self.dtype)(back)
        if self.merge_mode is None:
            return [y, back, *ends]
        merged = Together(self.merge_mode, dtype=self.dtype)([y, back])
        return [merged, *ends] if ends else merged

    @property
    def stateful(self) -> bool:
        """Whether its layers keep their states from one batch to the next."""
        return bool(self.forward_layer.stateful)

    def reset_state(self) -> None:
        """Have both layers forget their states."""
        for layer in (self.forward_layer, self.backward_layer):
            layer.reset_state()

    def build_config(self) -> dict[str, Any]:
        return for_batches(super().build_config(), self.forward_layer.samples)

    def reset_states(self) -> None:
        """As `reset_state`."""
        self.reset_state()

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return bool(self.return_sequences) and any(masked[:1])

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments, of each layer the config."""
        mine = {"name": self.name, "trainable": self.trainable, "dtype": self.dtype, "merge_mode": self.merge_mode}
        return mine | {"layer": plain(self.forward_layer), "backward_layer": plain(self.backward_layer)}


def renamed(layer: Any, way: str, **others: Any) -> Any:
    """A layer of the same config by another name."""
    saved: Mapping[str, Any] = layers.serialize(layer)
    name = f"{way}_{layer.name.removeprefix(f'{way}_')}"
    return layers.deserialize({**saved, "config": {**saved["config"], "name": name, **others}})
