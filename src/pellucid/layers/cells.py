"""Cells: one step of SimpleRNN, LSTM and GRU by itself, for `RNN`.     x (B, I)   each state (B, units)"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

from .. import checks
from ..activations import activations
from ..errors import InvalidArgument, WrongType
from .base import Layer, LayerOptions, layers
from .holding import OPTIONS
from .lstm import UnitForget
from .naming import name_apart
from .traced import Traced


class Cell(Traced):
    """What the cells here have in common: kernel W (I, G·units), recurrent_kernel U (units, G·units) and a bias."""

    formula_back = "as the steps of its call go back"
    gates = 1
    units: int

    def keep(self, units: int, activation: Any, use_bias: bool, dropout: float, recurrent_dropout: float) -> None:
        """Keep what the constructors of all cells take."""
        self.units = checks.integer(self.where("units"), units, minimum=1)
        self.activation = activations.get(activation, self.where("activation"))
        self.use_bias = bool(use_bias)
        for name, rate in (("dropout", dropout), ("recurrent_dropout", recurrent_dropout)):
            if rate != 0:
                raise InvalidArgument(
                    self.where(name), "0 in a cell, as what is dropped stays the same at all steps", rate,
                    f"SimpleRNN, LSTM and GRU take {name}.",
                )  # fmt: skip
        self.dropout, self.recurrent_dropout = float(dropout), float(recurrent_dropout)

    @property
    def state_size(self) -> Any:
        """Numbers in the state, or in each of a list of them."""
        return self.units

    @property
    def output_size(self) -> int:
        """Numbers in y."""
        return self.units

    def build(self, input_shape: Any) -> None:
        """Ask for the weights."""
        width = self.gates * self.units
        self.kernel = self._asked("kernel", (input_shape[-1], width))
        self.recurrent_kernel = self._asked("recurrent_kernel", (self.units, width), "recurrent")
        self.bias = self._asked("bias", self.bias_shape) if self.use_bias else None

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """Of all biases."""
        return (self.gates * self.units,)

    def bias_start(self) -> Any:
        """Where the biases begin."""
        return self.bias_initializer

    def _asked(self, name: str, shape: tuple[int, ...], of: str = "") -> Any:
        kept = {option: getattr(self, f"{of or name}_{option}") for option in OPTIONS}
        if name == "bias":
            kept["initializer"] = self.bias_start()
        return self.add_weight(shape, name=name, **kept)

    def parts_of(self, z: Any) -> list[Any]:
        """The columns of each gate."""
        return [z[:, g * self.units : (g + 1) * self.units] for g in range(self.gates)]

    def products(self, x: Any, h: Any) -> tuple[Any, Any]:
        """xW + b and hU."""
        a = x @ self.kernel
        return (a if self.bias is None else a + self.bias), h @ self.recurrent_kernel


def state_of(states: Any) -> Any:
    """The one state there is."""
    return states[0] if isinstance(states, list | tuple) else states


@layers.add()
class SimpleRNNCell(Cell):
    """One step of `SimpleRNN`: h = tanh(xW + hU + b). Called on x (B, I) and [h] it gives (h, [h]).

    >>> import numpy as np
    >>> cell = SimpleRNNCell(1, activation="linear", kernel_initializer="ones", recurrent_initializer="ones")
    >>> y, states = cell(np.array([[2.0]]), [np.array([[3.0]])])
    >>> y
    array([[5.]], dtype=float32)
    """

    formula = "h = g(xW + hU + b)"

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep(units, activation, use_bias, dropout, recurrent_dropout)
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.seed = seed

    def call(self, sequence: Any, states: Any) -> Any:
        """(y, states)"""
        a, u = self.products(sequence, state_of(states))
        h = self.activation(a + u)
        return h, [h]


@layers.add()
class LSTMCell(Cell):
    """One step of `LSTM`. Called on x (B, I) and [h, c] it gives (h, [h, c]).

    >>> import numpy as np
    >>> y, (h, c) = LSTMCell(2)(np.ones((1, 3)), [np.zeros((1, 2)), np.zeros((1, 2))])
    >>> y.shape, c.shape
    ((1, 2), (1, 2))
    """

    formula = "i, f, o = σ(xW + hU + b), k = g(xW + hU + b), c = f∘c + i∘k, h = o∘g(c)"
    gates = 4

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        unit_forget_bias: bool = True,
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep(units, activation, use_bias, dropout, recurrent_dropout)
        self.recurrent_activation = activations.get(recurrent_activation, self.where("recurrent_activation"))
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.unit_forget_bias, self.seed = bool(unit_forget_bias), seed

    @property
    def state_size(self) -> Any:
        """Numbers in h and in c."""
        return [self.units, self.units]

    def bias_start(self) -> Any:
        """1 for the forget gate, where that is asked for."""
        start: Any = self.bias_initializer
        return UnitForget(start) if self.unit_forget_bias else start

    def call(self, inputs: Any, states: Any) -> Any:
        """(y, states)"""
        h, c = states
        a, u = self.products(inputs, h)
        g, s = self.activation, self.recurrent_activation
        zi, zf, zk, zo = self.parts_of(a + u)
        c = s(zf) * c + s(zi) * g(zk)
        h = s(zo) * g(c)
        return h, [h, c]


@layers.add()
class GRUCell(Cell):
    """One step of `GRU`. Called on x (B, I) and [h] it gives (h, [h]).

    >>> import numpy as np
    >>> y, states = GRUCell(2)(np.ones((1, 3)), [np.zeros((1, 2))])
    >>> y.shape
    (1, 2)
    """

    formula = "z, r = σ(xW + hU + b), k = g(xW + b + r∘(hU + b′)), h = z∘h + (1 − z)∘k"
    gates = 3

    def __init__(
        self,
        units: int,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
        use_bias: bool = True,
        kernel_initializer: Any = "glorot_uniform",
        recurrent_initializer: Any = "orthogonal",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        recurrent_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        recurrent_constraint: Any = None,
        bias_constraint: Any = None,
        dropout: float = 0.0,
        recurrent_dropout: float = 0.0,
        reset_after: bool = True,
        seed: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.keep(units, activation, use_bias, dropout, recurrent_dropout)
        self.recurrent_activation = activations.get(recurrent_activation, self.where("recurrent_activation"))
        self.keep_options("kernel", kernel_initializer, kernel_regularizer, kernel_constraint)
        self.keep_options("recurrent", recurrent_initializer, recurrent_regularizer, recurrent_constraint)
        self.keep_options("bias", bias_initializer, bias_regularizer, bias_constraint)
        self.reset_after, self.seed = bool(reset_after), seed

    @property
    def bias_shape(self) -> tuple[int, ...]:
        """With reset_after, those of xW and those of hU."""
        return (2, 3 * self.units) if self.reset_after else (3 * self.units,)

    def call(self, inputs: Any, states: Any) -> Any:
        """(y, states)"""
        h, H = state_of(states), self.units
        g, s = self.activation, self.recurrent_activation
        a, u = inputs @ self.kernel, h @ self.recurrent_kernel
        if self.bias is not None:
            a = a + (self.bias[0] if self.reset_after else self.bias)
            u = u + self.bias[1] if self.reset_after else u
        (az, ar, ak), (uz, ur, uk) = self.parts_of(a), self.parts_of(u)
        z, r = s(az + uz), s(ar + ur)
        k = g(ak + (r * uk if self.reset_after else (r * h) @ self.recurrent_kernel[:, 2 * H :]))
        h = z * h + (1.0 - z) * k
        return h, [h]


@layers.add()
class StackedRNNCells(Traced):
    """Cells one upon another: each reads what the one below gives, at the same step; its states are a list of theirs.

    >>> cells = StackedRNNCells([LSTMCell(2), GRUCell(3)])
    >>> cells.state_size
    [[2, 2], 3]
    """

    formula, formula_back = "x, states = cell(x, states), for each cell", "as its cells go back"

    def __init__(self, cells: Sequence[Any], **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        if not isinstance(cells, list | tuple) or not cells:
            raise WrongType(self.where("cells"), "a list of cells", cells)
        self.cells = [layers.get(cell, self.where("cells")) for cell in cells]
        for cell in self.cells:
            if not isinstance(cell, Layer) or not hasattr(cell, "state_size"):
                raise WrongType(self.where("cells"), "layers with call(x, states) and state_size", cell)
        taken: set[str] = set()
        for cell in sorted({id(one): one for one in self.cells}.values(), key=lambda cell: not cell.named):
            name_apart(self, cell, taken, "cells")  # at once, as what is saved names them
            taken.add(cell.name)

    @property
    def state_size(self) -> list[Any]:
        """That of each cell."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> Any:
        """Numbers in y."""
        last = self.cells[-1]
        return getattr(last, "output_size", last.state_size)

    def call(self, inputs: Any, states: Any) -> Any:
        """(y, states)"""
        found = []
        cells: Sequence[Any] = self.cells
        for cell, state in zip(cells, states, strict=True):
            several = isinstance(state, list | tuple)
            inputs, new = cell(inputs, state if several else [state])
            found.append(new if several or not isinstance(new, list | tuple) else new[0])
        return inputs, found
