"""check_layer finds each promise broken, and says where."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid.errors import PellucidError
from pellucid.initializers import initializers
from pellucid.layers import Dense, Layer, LayerFault, Parameter, check_layer, numerical_gradient
from pellucid.rng import Key


class Scale(Layer):
    """y = x·s, done right; each class below breaks one promise."""

    def parameters(self, shape: Any) -> Any:
        return [Parameter("s", shape, initializers.get("ones"))]

    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        return x * p["s"], x

    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return dy * p["s"], {"s": (dy * cache).sum(axis=0)}


class WrongInputGradient(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return dy, super().backward(p, cache, dy)[1]


class WrongParameterGradient(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        dx, g = super().backward(p, cache, dy)
        g["s"][2] *= 1.00001
        return dx, g


class WrongInTraining(Scale):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        return x * p["s"] * (2 if training else 1), x


class ForgetsAGradient(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return dy * p["s"], {}


class UnknownGradient(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        dx, g = super().backward(p, cache, dy)
        return dx, {**g, "t": g["s"]}


class ForgetsToSum(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return dy * p["s"], {"s": dy * cache}


class ForgetsThePair(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return dy * p["s"]


class NoCache(Scale):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        return x * p["s"]


class ChangesItsInput(Scale):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        y = x * p["s"]
        x += 1
        return y, x - 1


class ChangesItsParameters(Scale):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        y = x * p["s"]
        p["s"][...] = p["s"] + 1e-9
        p["s"][0] = 1.0
        return y, x


class ChangesDy(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        found = super().backward(p, cache, dy)
        dy[0, 0] = dy[0, 0] - 0.0 if dy[0, 0] > 5 else 9.0
        return found[0], found[1]


class KeepsItsInput(Scale):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        self.inputs = x
        return super().forward(p, x, training=training, rng=rng)


class DrawsFromElsewhere(Scale):
    drawn = 0

    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        DrawsFromElsewhere.drawn += 1
        return x * p["s"] + DrawsFromElsewhere.drawn, x


class WrongOutputShape(Scale):
    def output_shape_for(self, shape: Any) -> Any:
        return (*shape, 1)


class MixesRows(Layer):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        return x - x.mean(axis=0), None

    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return dy - dy.mean(axis=0), {}


class WidensFloat32(Scale):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Key) -> Any:
        return x * p["s"] * np.float64(1), x


class WidensGradients(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        dx, g = super().backward(p, cache, dy)
        return dx, {"s": g["s"].astype("float64")}


class LosesItsArgument(Scale):
    def __init__(self, factor: float = 1.0, **options: Any) -> None:
        super().__init__(**options)
        self.factor = 2 * factor


class UnwritableArgument(Scale):
    def __init__(self, factor: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.factor = {1, 2}


class WrongLogits(Scale):
    def logits(self, cache: Any) -> Any:
        return "relu", cache


class WrongState(Scale):
    def state_after(self, p: Any, cache: Any) -> Any:
        return {"s": p["s"]}


FAULTS: list[tuple[type[Layer], str]] = [
    (WrongInputGradient, r"backward, gradient of the input\[\d, \d\]: expected \S+ \(central difference\), got"),
    (WrongParameterGradient, r"inference, batch of 1, backward, gradient of 's'\[2\]"),
    (WrongInTraining, r"training, batch of 1, backward, gradient of the input"),
    (ForgetsAGradient, r"a gradient for every trained parameter, got none for \['s'\]"),
    (UnknownGradient, r"gradients for \['s'\], got one for \['t'\]"),
    (ForgetsToSum, r"gradient of 's': expected shape \(4,\), got \(1, 4\)"),
    (ForgetsThePair, r"backward: expected \(dx, \{name: gradient\}\), got ndarray"),
    (NoCache, r"forward: expected \(y, cache\), y an array, got ndarray"),
    (ChangesItsInput, r"forward: expected the (input left as it was|same output)"),
    (ChangesItsParameters, r"forward: expected ('s' left as it was|the same output)"),
    (ChangesDy, r"backward: expected (dy left as it was|the same gradients)"),
    (KeepsItsInput, r"forward: expected nothing kept in self, got a new inputs"),
    (DrawsFromElsewhere, r"the same output from the same input and key"),
    (WrongOutputShape, r"an output of shape \(1, 4, 1\), as output_shape_for says, got \(1, 4\)"),
    (MixesRows, r"inference, batch of 3, forward: expected of a batch what its rows give"),
    (WidensFloat32, r"forward in float32: expected float32, got float64"),
    (WidensGradients, r"backward in float32, ds: expected float32, got float64"),
    (LosesItsArgument, r"get_config: expected the same config .* factor = 2.0, got 4.0"),
    (UnwritableArgument, r"get_config: expected what JSON can hold"),
    (WrongLogits, r"logits: expected z with relu\(z\) = y"),
    (WrongState, r"state_after: expected parameters not trained, \[\], got s"),
]


def test_a_right_layer_passes() -> None:
    layer = Scale(name="mine")
    report = check_layer(layer, shape=(2, 3), batch_sizes=(1, 2, 5), seed=4)
    assert report.worst_error < 1e-9
    assert "mine on (None, 2, 3)" in str(report)
    assert not layer.built


@pytest.mark.parametrize(("fault", "message"), FAULTS, ids=[f.__name__ for f, _ in FAULTS])
def test_a_broken_promise_is_found_and_told(fault: type[Layer], message: str) -> None:
    with pytest.raises(LayerFault, match=message) as caught:
        check_layer(fault())
    assert isinstance(caught.value, PellucidError)
    assert isinstance(caught.value, AssertionError)


def test_every_seed_and_large_arrays() -> None:
    for seed in range(5):
        assert check_layer(Dense(20, activation="tanh"), shape=(30,), batch_sizes=(4,), seed=seed).worst_error < 1e-8


def test_a_wrong_gradient_is_found_in_large_arrays_too() -> None:
    with pytest.raises(LayerFault, match="along a random direction"):
        check_layer(WrongParameterGradientOnce(), shape=(100,))


class WrongParameterGradientOnce(Scale):
    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        dx, g = super().backward(p, cache, dy)
        g["s"][50] += 0.1
        return dx, g


def test_numerical_gradient_of_a_matrix() -> None:
    A = np.arange(6.0).reshape(2, 3)
    x = np.ones((2, 3))
    before = x.copy()
    np.testing.assert_allclose(numerical_gradient(lambda x: (A * x**3).sum(), x), 3 * A, rtol=1e-8, atol=1e-9)
    np.testing.assert_array_equal(x, before)
    assert float(numerical_gradient(np.exp, 0.0)) == pytest.approx(1.0, abs=1e-9)
