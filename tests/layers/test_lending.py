"""Weights of other layers within `call`, and weights that `call` assigns. Beside Keras's numbers: compat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

import pellucid
from laws.engines import close
from pellucid import layers as L
from pellucid import ops
from pellucid.rng import Key
from pellucid.utils import register_keras_serializable

X = Key(1).normal((20, 4))


@register_keras_serializable("lending")
class Tied(pellucid.Model):
    """Decodes with the weights that it encodes with, before and after it has called the layer."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.inner = L.Dense(3)
        self.encoder = pellucid.Sequential([L.Dense(3, "tanh"), self.inner])

    def build(self, input_shape: Any) -> None:
        self.encoder.build(input_shape)  # else its weights could not be read before it is called

    def call(self, x: Any) -> Any:
        y = ops.sum(self.inner.kernel) * x
        h = ops.tanh(self.encoder(x) @ self.inner.kernel + self.inner.bias)
        return y + h @ ops.transpose(self.encoder.layers[0].kernel)


def tied(eager: bool = False) -> Any:
    model = Tied(seed=2)
    model.compile("sgd", "mse", run_eagerly=eager)
    return model


def test_both_engines_train_it_alike() -> None:
    models = [tied(eager) for eager in (False, True)]
    for model in models:
        model.build((None, 4))
    start = models[0].get_weights()  # what its `build` draws does not hang on the model's seed
    for model in models:
        model.set_weights(start)
        model.fit(X, X, batch_size=8, epochs=4, verbose=0)
    close("theta", models[0].theta.data, models[1].theta.data, 1e-4)
    close("prediction", models[0].predict(X), models[1].predict(X), 1e-4)
    assert models[0].engine.refusal == ""


def test_the_gradients_of_all_readers_add() -> None:
    model = tied()
    model.build((None, 4))
    assert pellucid.check_gradients(model, X, X).worst_error < 1e-6


def test_a_file_has_each_weight_once(tmp_path: Path) -> None:
    model = tied()
    model.fit(X, X, verbose=0)
    assert len(model.weights) == 4
    model.save(tmp_path / "m.keras")
    assert np.array_equal(pellucid.models.load_model(tmp_path / "m.keras").predict(X), model.predict(X))


def test_a_frozen_layer_lends_and_keeps() -> None:
    model = tied()
    model.build((None, 4))
    model.inner.trainable = False
    model.compile("sgd", "mse")
    before = model.inner.kernel.numpy()
    model.fit(X, X, epochs=2, verbose=0)
    assert np.array_equal(model.inner.kernel, before)
