"""`add_loss` within call: a part of the loss, its gradient with it, and in `losses`. Numbers beside Keras's: compat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import errors, ops
from pellucid import layers as L
from pellucid.rng import Key
from pellucid.utils import register_keras_serializable

X = Key(1).normal((12, 4))


@register_keras_serializable("added_loss")
class Penalised(L.Layer):
    def build(self, shape: Any) -> None:
        self.w = self.add_weight((shape[-1], 3), name="w")

    def call(self, x: Any, training: bool | None = None) -> Any:
        y = x @ self.w
        self.add_loss([ops.mean(y**2), 0.1 * ops.sum(ops.abs(self.w))])
        if training:
            self.add_loss(0.3 * ops.mean(ops.sum(y, axis=1)))
        else:
            self.add_loss(0.5 * ops.mean(y[:, 0]))
        return y


def model() -> Any:
    made = pellucid.Sequential([L.Input((4,)), L.Dense(4, "tanh"), Penalised(), Penalised(), L.Dense(1)], seed=1)
    made.compile("sgd", "mse")
    return made


def by_hand(layer: Any, x: Any, training: bool) -> tuple[Any, float]:
    w = layer.w.numpy()
    y = x @ w
    rest = 0.3 * y.sum(axis=1).mean() if training else 0.5 * y[:, 0].mean()
    return y, (y**2).mean() + 0.1 * np.abs(w).sum() + rest


@pytest.mark.parametrize("training", [False, True])
def test_the_loss_is_that_of_compile_and_what_is_added(training: bool) -> None:
    made = model()
    y, first = by_hand(made.layers[1], np.tanh(X @ made.layers[0].kernel + made.layers[0].bias), training)
    _, second = by_hand(made.layers[2], y, training)
    fit = ((made(X, training=training)[:, 0] - X[:, 0]) ** 2).mean()
    assert made.compute_loss(X, X[:, 0], made(X, training=training)) == pytest.approx(fit + first + second, rel=1e-5)
    assert len(made.losses) == 6
    found = made.train_on_batch(X, X[:, 0]) if training else made.evaluate(X, X[:, 0], verbose=0)
    assert found == pytest.approx(fit + first + second, rel=1e-5)


def test_gradients_are_measured() -> None:
    assert pellucid.check_gradients(model(), X, X[:, 0]).worst_error < 1e-6


def test_a_layer_s_own_call_tells_its_losses() -> None:
    layer = Penalised()
    layer(X)
    _, total = by_hand(layer, X, False)
    assert sum(layer.losses) == pytest.approx(total, rel=1e-5)
    assert len(layer.losses) == 3


def test_it_comes_back_from_a_file(tmp_path: Path) -> None:
    made = model()
    made.save(tmp_path / "m.keras")
    again = pellucid.models.load_model(tmp_path / "m.keras")
    assert again.evaluate(X, X[:, 0], verbose=0) == made.evaluate(X, X[:, 0], verbose=0)


@pytest.mark.parametrize(
    ("loss", "message"),
    [
        (lambda x: 0.5, "add_loss, argument loss: expected a tensor"),
        (lambda x: [ops.sum(x), np.ones(2)], "add_loss, argument loss: expected a tensor"),
        (lambda x: None, "add_loss, argument loss: expected a tensor"),
    ],
)
def test_numbers_are_refused(loss: Any, message: str) -> None:
    class Mine(L.Layer):
        def call(self, x: Any) -> Any:
            self.add_loss(loss(x))
            return x

    with pytest.raises(errors.PellucidError, match=message):
        Mine()(X)


def test_outside_of_call_there_is_nothing_to_add_to() -> None:
    with pytest.raises(errors.PellucidError, match="add_loss: expected a call that runs"):
        Penalised().add_loss(0.5)
