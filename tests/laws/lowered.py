"""A layer alone on the compiled engine: its output and the gradients that it sends back."""

from __future__ import annotations

from collections.abc import Sequence

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


def agrees(layer: Layer, shape: tuple[int, ...], batches: Sequence[int], of_each: float = 0.0) -> None:
    """Compiled, a layer does what its definition does, to the same bits on any number of threads. of_each: how much
    further each sample may take the sums of gradients away."""
    for batch in batches:
        x = Key(1).normal((batch, *shape))
        dy = Key(2).normal((batch, *layer.output_shape_for(shape)))
        y, dx, gradients = forward_and_backward(layer, x, dy, 1)
        wanted, slope, expected = by_definition(layer, x, dy)
        np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=2e-6)
        np.testing.assert_allclose(dx, slope, rtol=1e-5, atol=1e-5)
        assert gradients.keys() == expected.keys()
        for name, gradient in gradients.items():
            np.testing.assert_allclose(gradient, expected[name], rtol=1e-5, atol=of_each * batch + 2e-5)
        for threads in (2, 3):
            again = forward_and_backward(layer, x, dy, threads)
            np.testing.assert_array_equal(again[0], y)
            np.testing.assert_array_equal(again[1], dx)
            for name, gradient in gradients.items():
                np.testing.assert_array_equal(again[2][name], gradient)


def alike_in_any_batch(layer: Layer, shape: tuple[int, ...]) -> None:
    """A row's numbers are the same alone and among others."""
    x = Key(1).normal((5, *shape))
    dy = Key(2).normal((5, *layer.output_shape_for(shape)))
    y, dx, _ = forward_and_backward(layer, x, dy, 1)
    for i in range(5):
        alone, back, _ = forward_and_backward(layer, x[i : i + 1], dy[i : i + 1], 1)
        np.testing.assert_array_equal(alone[0], y[i])
        np.testing.assert_array_equal(back[0], dx[i])
