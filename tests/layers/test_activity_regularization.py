from __future__ import annotations

import numpy as np
import pytest

from pellucid import Input, Model, Sequential
from pellucid import layers as L
from pellucid.inspection.gradients import check_gradients
from pellucid.layers import ActivityRegularization
from pellucid.rng import Key


def test_the_penalty_is_an_activity_regularizer_made_from_l1_and_l2() -> None:
    layer = ActivityRegularization(l1=0.5, l2=0.25)
    x = np.array([[-1.0, 2.0]])
    np.testing.assert_array_equal(layer(x), x)
    assert layer.activity_regularizer is not None
    assert float(layer.activity_regularizer(x)) == 0.5 * 3 + 0.25 * 5
    np.testing.assert_allclose(layer.activity_regularizer.grad(x), [[-0.5 - 0.5, 0.5 + 1.0]])
    assert "activity_regularizer" not in layer.get_config()


def test_a_layer_called_by_hand_tells_its_penalty() -> None:
    layer = L.ActivityRegularization(l1=0.1, l2=0.01)
    assert layer.losses == []
    x = np.array([[1.0, -2.0], [3.0, 0.0]])
    layer(x)
    np.testing.assert_allclose(layer.losses, [(0.1 * 6 + 0.01 * 14) / 2])
    dense = L.Dense(2, activity_regularizer="l2", kernel_regularizer="l2")
    dense(x)
    assert len(dense.losses) == 2


def test_a_model_called_by_hand_tells_the_penalties_of_all_its_activities() -> None:
    x = np.array([[1.0, -2.0], [3.0, 0.0], [0.5, 0.5]], "float32")
    shared = L.Dense(2, activity_regularizer="l1", kernel_regularizer="l2")
    inner = Sequential([shared, L.Dense(3, "tanh", activity_regularizer="l2")])
    inputs = Input((2,))
    model = Model(inputs, L.ActivityRegularization(l1=0.5)(inner(shared(inputs))))
    assert len(model.losses) == 1  # the kernel's
    for _ in range(2):  # those of a call, not of all calls
        y = model(x)
        once, twice = shared(x), shared(shared(x))
        expected = [0.01 * np.abs(once).sum() / 3, 0.01 * np.abs(twice).sum() / 3]
        between = inner.layers[1](twice)
        model(x)
        np.testing.assert_allclose(
            shared.losses, [*expected, 0.01 * (shared.p["kernel"] ** 2).sum()], rtol=1e-5, atol=1e-6
        )
        rest = [0.01 * (between**2).sum() / 3, 0.5 * np.abs(y).sum() / 3]
        np.testing.assert_allclose(model.losses, [*expected, *rest, shared.losses[-1]], rtol=1e-5, atol=1e-6)
    model.compile("sgd", "mse")
    before, kept = model.losses, model.evaluate(x, np.zeros((3, 3)), verbose=0)
    np.testing.assert_allclose(kept - (y**2).mean(), sum(before), rtol=1e-4)  # what training adds to the loss


@pytest.mark.parametrize("eager", [False, True])
def test_of_several_outputs_each_has_its_penalty(eager: bool) -> None:
    """As in Keras, whose loss and weights these are."""
    x = np.linspace(-1, 1, 12, dtype="float32").reshape(3, 2, 2)
    inputs = Input((2, 2))
    layer = L.LSTM(2, return_sequences=True, return_state=True, activity_regularizer="l2")
    y, _, c = layer(inputs)
    model = Model(inputs, [y, c])
    model.compile("sgd", ["mse", "mse"], run_eagerly=eager)
    model.set_weights([np.ones((2, 8)), np.ones((2, 8)) / 4, np.zeros(8)])
    assert check_gradients(model, x, [np.ones((3, 2, 2)), np.ones((3, 2))]).worst_error < 1e-6
    loss = model.train_on_batch(x, [np.zeros((3, 2, 2)), np.zeros((3, 2))])[0]
    assert loss == pytest.approx(0.8070440292358398, rel=1e-6)
    expected = [0.9993396401405334, 0.2498055398464203, -0.0014161053113639355]
    np.testing.assert_allclose([w.flat[0] for w in model.get_weights()], expected, rtol=1e-5)
    model(x)
    outputs = layer.forward(layer.p, x, training=False, rng=Key(0))[0]
    np.testing.assert_allclose(layer.losses, [0.01 * (part**2).sum() / 3 for part in outputs], rtol=1e-5)
