"""A layer alone on the compiled engine: its output and the gradients that it sends back."""

from __future__ import annotations

import numpy as np

from pellucid import Sequential
from pellucid.layers import Input, Layer
from pellucid.machine.executable import Executable
from pellucid.program import Program
from pellucid.rng import Key


def forward_and_backward(
    layer: Layer, x: np.ndarray, dy: np.ndarray | None = None, threads: int = 1
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """(y, dx, gradients) of a layer for a batch x, with dL/dy = dy, or 1 everywhere."""
    model = Sequential([Input(x.shape[1:]), layer], seed=5)
    code = Program(len(x), model.theta, model.state, True, frozenset(model.trained_names()))
    source = code.buffer(x.shape[1:])
    y = model.lower(code, source)
    above = d = code.buffer(y.shape)
    with code.within("backward"):
        for undo in reversed([undo for use in code.uses for undo in use.undos]):
            d = undo(d, True)
    vectors = {"theta": model.theta.data, "gradient": model.gradient.data, "state": model.state.data}
    machine = Executable(code, vectors)
    machine.set(samples=len(x), batch=len(x))
    machine.view(source, len(x))[...] = x
    machine.view(above, len(x))[...] = 1 if dy is None else dy
    assert machine.run(1, threads) == 1
    gradients = {name: model.gradient[name].copy() for name in model.trained_names()}
    return machine.view(y, len(x)).copy(), machine.view(d, len(x)).copy(), gradients


def by_definition(
    layer: Layer, x: np.ndarray, dy: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """The same by the definition, in the dtype of x, with the parameters that the layer has."""
    p = {name: w.astype(x.dtype) for name, w in layer.p.items()}
    with np.errstate(all="ignore"):
        y, cache = layer.forward(p, x, training=True, rng=Key(0))
        dx, gradients = layer.backward(p, cache, np.ones_like(y) if dy is None else dy.astype(x.dtype))
    return y, dx, {f"{layer.name}/{name}": g for name, g in gradients.items()}
