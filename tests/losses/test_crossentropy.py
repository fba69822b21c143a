"""The word "crossentropy" as a loss: the shapes say which it is, as in Keras (compile_utils.get_loss)."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from pellucid import layers, losses

X = np.random.default_rng(0).normal(size=(20, 4)).astype("float32")
K = np.arange(20) % 3
CASES = [
    (1, "sigmoid", K % 2, losses.BinaryCrossentropy),
    (1, "sigmoid", K[:, None] % 2, losses.BinaryCrossentropy),
    (3, "softmax", K, losses.SparseCategoricalCrossentropy),
    (3, "softmax", K[:, None], losses.SparseCategoricalCrossentropy),
    (3, "softmax", np.eye(3)[K], losses.CategoricalCrossentropy),
]
cases = pytest.mark.parametrize(("units", "activation", "y", "kind"), CASES)


@cases
@pytest.mark.parametrize("word", ["crossentropy", "ce"])
def test_shapes_choose(word, units, activation, y, kind):
    p = np.random.default_rng(1).uniform(0.1, 0.9, (20, units))
    for use in (lambda loss: loss(y, p), lambda loss: loss.value_and_gradient(y, p)[0]):
        loss = losses.get(word)
        assert losses.serialize(loss) == "crossentropy"
        assert use(loss) == pytest.approx(use(kind()))
        assert type(loss) is kind
        assert loss.get_config() == kind().get_config()
    assert losses.get(word).values(y, p) == pytest.approx(kind().values(*kind().check(y, p)))
    assert losses.get(word).gradient(y, p) == pytest.approx(kind().gradient(*kind().check(y, p)))


@cases
@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("stream", [False, True])
def test_models_train_as_with_the_loss_itself(units, activation, y, kind, eager, stream):
    found = []
    for loss in ("crossentropy", kind()):
        model = pellucid.Sequential([layers.Input((4,)), layers.Dense(units, activation)], seed=1)
        model.compile("adam", loss, metrics=["accuracy"], run_eagerly=eager)
        if stream:
            history = model.fit(((X[i : i + 5], y[i : i + 5]) for i in (0, 5, 10, 15)), verbose=0)
        else:
            history = model.fit(X, y, batch_size=5, epochs=2, verbose=0)
        assert type(model.loss) is kind
        assert eager or not model.engine.refusal
        found.append([history.history, model.evaluate(X, y, verbose=0), model.get_weights()[0].tolist()])
    assert found[0] == found[1]


def test_a_model_that_has_seen_no_data_keeps_the_word(tmp_path):
    model = pellucid.Sequential([layers.Input((4,)), layers.Dense(3, "softmax")])
    model.compile("adam", "ce")
    assert model.get_compile_config()["loss"] == "crossentropy"
    model.save(tmp_path / "m.keras")
    again = pellucid.models.load_model(tmp_path / "m.keras")
    again.fit(X, K, verbose=0)
    assert type(again.loss) is losses.SparseCategoricalCrossentropy
