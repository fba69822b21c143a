"""What cannot learn is told before the first step, once, with a remedy; whatever might learn is left alone."""

from __future__ import annotations

import copy
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, callbacks, layers, losses
from pellucid.errors import DesignWarning

X = np.linspace(-1, 1, 36).reshape(12, 3).astype("float32")
K = np.arange(12) % 3
HOT = np.eye(3, dtype="float32")[K]
ONE = (K > 0).astype("float32")[:, None]
SPARSE, CATEGORICAL, BINARY = (
    losses.SparseCategoricalCrossentropy,
    losses.CategoricalCrossentropy,
    losses.BinaryCrossentropy,
)


class Own(layers.Layer):
    """A layer of which nothing is known."""

    def forward(self, p, x, *, training, rng):
        return abs(x) / abs(x).sum(-1, keepdims=True), None

    def backward(self, p, cache, dy):
        return dy, {}


class OwnLoss(SPARSE):
    pass


def network(*end: layers.Layer, loss: Any = "mse") -> Sequential:
    model = Sequential([layers.Input((3,)), layers.Dense(4, "relu"), *end], seed=0)
    model.compile("sgd", loss)
    return model


def said(run: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run()
    return [str(warning.message) for warning in told if warning.category is DesignWarning]


Case = tuple[Callable[[], Sequential], Any, dict[str, Any]]
dense, norm = layers.Dense, layers.BatchNormalization

USELESS: dict[str, tuple[Case, str, str]] = {
    "softmax of one": (
        (lambda: network(dense(1, "softmax")), ONE, {}), "softmax of a single unit", "activation='sigmoid'"
    ),
    "softmax of one as a layer": (
        (lambda: network(dense(1), layers.Softmax(), layers.Dropout(0.1), loss="binary_crossentropy"), ONE, {}),
        "softmax of a single unit", "Dense(2, activation='softmax')",
    ),
    "softmax of one within a model": (
        (lambda: network(Sequential([dense(1, "softmax")])), ONE, {}), "softmax of a single unit", "sigmoid"
    ),
    "softmax of one class": (
        (lambda: network(dense(1, "softmax"), loss="sparse_categorical_crossentropy"), 0 * K, {}),
        "softmax of a single unit", "activation='sigmoid'",
    ),
    "sparse and linear": (
        (lambda: network(dense(3), loss="sparse_categorical_crossentropy"), K, {}),
        "linear, and the loss sparse_categorical_crossentropy", "from_logits=True",
    ),
    "categorical and linear": (
        (lambda: network(dense(3), layers.Activation("linear"), loss="categorical_crossentropy"), HOT, {}),
        "linear, and the loss categorical_crossentropy", "activation='softmax'",
    ),
    "softmax and logits": (
        (lambda: network(dense(3, "softmax"), loss=SPARSE(from_logits=True)), K, {}),
        "a softmax, and the loss sparse_categorical_crossentropy has from_logits=True", "Leave from_logits=True out",
    ),
    "sigmoid and logits": (
        (lambda: network(dense(1), layers.Activation("sigmoid"), loss=BINARY(from_logits=True)), ONE, {}),
        "a sigmoid, and the loss binary_crossentropy has from_logits=True", "or the activation",
    ),
    "batches of one": (
        (lambda: network(norm(name="bn"), dense(1)), ONE, {"batch_size": 1}),
        "bn normalizes over batches of one sample", "larger batch_size, or LayerNormalization",
    ),
}  # fmt: skip

FINE: dict[str, Case] = {
    "softmax of several": (lambda: network(dense(3, "softmax"), loss="sparse_categorical_crossentropy"), K, {}),
    "logits": (lambda: network(dense(3), loss=CATEGORICAL(from_logits=True)), HOT, {}),
    "sigmoid": (lambda: network(dense(1, "sigmoid"), loss="binary_crossentropy"), ONE, {}),
    "numbers": (lambda: network(dense(1)), ONE, {}),
    "softmax, and a linear layer": (
        lambda: network(dense(3, "softmax"), dense(3), loss=SPARSE(from_logits=True)), K, {}
    ),
    "softmax that stays last behind what changes nothing": (
        lambda: network(dense(3, "softmax"), layers.Identity(), layers.Activation("linear"), loss=SPARSE()), K, {}
    ),
    "a layer of one's own": (lambda: network(dense(3), Own(), loss=SPARSE()), K, {}),
    "a loss of one's own": (lambda: network(dense(3), loss=OwnLoss()), K, {}),
    "weights under a constraint": (
        lambda: network(dense(3, kernel_constraint="non_neg"), loss="sparse_categorical_crossentropy"), K, {}
    ),
    "a softmax over another axis": (
        lambda: network(layers.Reshape((4, 1)), layers.Softmax(axis=1)), HOT[:, [0, 1, 2, 0], None], {}
    ),
    "one class, of which the loss itself warns": (
        lambda: network(dense(1, "softmax"), loss="categorical_crossentropy"), ONE, {}
    ),
    "batches of two": (lambda: network(norm(), dense(1)), ONE, {"batch_size": 2}),
    "a last batch of one": (lambda: network(norm(), dense(1)), ONE, {"batch_size": 11}),
    "a frozen normalization": (lambda: network(norm(trainable=False), dense(1)), ONE, {"batch_size": 1}),
    "over places and batch": (
        lambda: network(layers.Reshape((2, 2)), norm(), layers.Flatten(), dense(1)), ONE, {"batch_size": 1}
    ),
    "normalized by themselves": (lambda: network(layers.LayerNormalization(), dense(1)), ONE, {"batch_size": 1}),
}  # fmt: skip


@pytest.mark.parametrize("kind", USELESS)
@pytest.mark.parametrize("eagerly", [False, True])
def test_what_cannot_learn_is_told_once_with_a_remedy(kind: str, eagerly: bool) -> None:
    (make, y, options), fault, remedy = USELESS[kind]
    model = make()
    model.run_eagerly = eagerly
    (sentence,) = said(lambda: model.fit(X, y, verbose=0, **options))
    assert sentence.startswith("fit: ")
    assert fault in sentence
    assert remedy in sentence
    assert said(lambda: model.fit(X, y, verbose=0, **options)) == []
    assert said(lambda: copy.deepcopy(model).fit(X, y, verbose=0, **options)) == []


@pytest.mark.parametrize("kind", FINE)
def test_what_may_learn_is_left_alone(kind: str) -> None:
    make, y, options = FINE[kind]
    assert said(lambda: make().fit(X, y, verbose=0, **options)) == []


def test_each_warning_tells_the_truth() -> None:
    """A softmax of one unit learns nothing; batch normalization over one sample lets nothing through."""
    (make, y, options), *_ = USELESS["softmax of one"]
    model = make()
    said(lambda: model.fit(X, y, epochs=5, verbose=0, **options))
    np.testing.assert_array_equal(model.predict(X, verbose=0), np.ones((12, 1), "float32"))
    (make, y, options), *_ = USELESS["batches of one"]
    model = make()
    model.build()
    np.testing.assert_allclose(model(X[:1], training=True), model(X[5:6], training=True), atol=1e-6)


def test_it_is_told_before_anything_is_done_and_where_fit_is_called() -> None:
    (make, y, _), *_ = USELESS["sparse and linear"]
    model, seen = make(), []
    begin = callbacks.LambdaCallback(on_train_begin=lambda logs: seen.append("training"))
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        model.fit(X, y, callbacks=[begin], verbose=0)
    assert [warning.filename for warning in told] == [__file__]
    other = make()
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(DesignWarning):
            other.fit(X, y, callbacks=[begin], verbose=0)
    assert seen == ["training"]
