"""A function made of ops, on the compiled engine and by its definition: its output, and what it sends back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from pellucid import Model
from pellucid.arrays import Whole
from pellucid.layers import Input
from pellucid.machine.executable import Executable
from pellucid.program import Buffer, Program
from pellucid.rng import Key
from pellucid.wiring import Tensor

Function = Callable[..., Tensor]
Found = tuple[np.ndarray, list[np.ndarray | None]]  # y, and dL/dx of each input, None where nothing flows


class Compiled:
    """The function, ready to run on batches of up to `room` samples."""

    def __init__(self, function: Function, shapes: Sequence[tuple[int, ...]], room: int) -> None:
        inputs = [Input(shape) for shape in shapes]
        model = Model(inputs, function(*inputs))
        code = Program(room, model.theta, model.state)
        wires = model.wiring.inputs
        with code.use("source", "source", (), tuple(-1 - wire for wire in wires), wires, None):
            code.uses[-1].needed = True  # so that the way back reaches it
            code.back(self._arrived)
        self.sources = [code.buffer(shape) for shape in shapes]
        self.dxs: Sequence[Buffer | None] = []
        self.y = model.lower(code, *self.sources)
        self.dy = code.buffer(self.y.shape)
        with code.within("backward"):
            code.backpropagate([(model.wiring.outputs[0], self.dy)])
        self.machine = Executable(code, {})

    def _arrived(self, dxs: Any, wanted: Any) -> tuple[None, ...]:
        self.dxs = dxs if isinstance(dxs, tuple) else (dxs,)
        return (None,) * len(self.dxs)

    def __call__(self, xs: Sequence[np.ndarray], dy: np.ndarray, threads: int = 1) -> Found:
        n, machine = len(xs[0]), self.machine
        machine.work[: machine.view(self.sources[0], n).size] = 0
        machine.set(samples=n, batch=n)
        for buffer, values in zip([*self.sources, self.dy], [*xs, dy], strict=True):
            machine.view(buffer, n)[...] = values
        assert machine.run(1, threads) == 1
        return machine.view(self.y, n).copy(), [
            None if dx is None else machine.view(dx, n).copy() for dx in self.dxs or [None] * len(xs)
        ]


def by_definition(function: Function, xs: Sequence[np.ndarray], dy: np.ndarray) -> Found:
    """The same by the definition, in the dtype of the inputs."""
    inputs = [Input(x.shape[1:], dtype=x.dtype.name) for x in xs]
    model = Model(inputs, function(*inputs))
    y, cache = model.forward({}, *xs, training=True, rng=Key(0))
    dx, _ = model.backward({}, cache, dy.astype(y.dtype))
    return y, list(dx) if isinstance(dx, tuple) else [dx]


def with_weight(function: Callable[[Any, Any], Tensor], x: np.ndarray, w: np.ndarray) -> tuple[Found, Found]:
    """One op on data and on a wire that has no batch, such as a weight: compiled, and by its definition."""
    source = Input(x.shape[1:], dtype=x.dtype.name)
    weight = Tensor(Whole(w.shape), "float32", source.node)
    node = function(source, weight).node
    n, given = len(x), [x if tensor is source else w for tensor in node.inputs]
    model = Model(source, source * 1.0)
    code = Program(n, model.theta, model.state)
    places = [code.buffer(x.shape[1:]) if tensor is source else code.block(w.shape) for tensor in node.inputs]
    with code.use("op", "op", (), (0, 1), (2,), None):
        y = node.layer.lower(code, *places)
    dy = code.buffer(y.shape)
    with code.within("backward"):
        dxs = code.uses[0].undos[0](dy, (True, True))
    machine = Executable(code, {})
    machine.set(samples=n, batch=n)
    slope = Key(9).normal((n, *y.shape))
    for buffer, values in zip([*places, dy], [*given, slope], strict=True):
        machine.view(buffer, n)[...] = values
    assert machine.run(1, 2) == 1
    wanted, cache = node.layer.forward({}, *given, training=True, rng=Key(0))
    back, _ = node.layer.backward({}, cache, slope)
    got = machine.view(y, n).copy(), [None if dx is None else machine.view(dx, n).copy() for dx in dxs]
    return got, (wanted, list(back))
