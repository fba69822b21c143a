"""Convolutions, pools and losses that are ops: their layers' numbers, on both engines, and refusals."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid import ops
from pellucid.errors import PellucidError
from pellucid.rng import Key
from pellucid.training.engine import engine_of
from pellucid.utils import register_keras_serializable

X = Key(1).normal((6, 7, 6, 3))


@register_keras_serializable("windows")
class Convolving(L.Layer):
    """A convolution with kernels of its own, as code for Keras writes it."""

    def build(self, shape: Any) -> None:
        self.kernel = self.add_weight((3, 3, 3, 4))
        self.thin = self.add_weight((2, 2, 4, 1))

    def call(self, x: Any) -> Any:
        y = ops.relu(ops.conv(x, self.kernel, strides=1, padding="same"))
        y = ops.nn.max_pool(ops.depthwise_conv(y, self.thin), 2)
        return ops.mean(y, axis=(1, 2))


def network() -> Any:
    x = L.Input(X.shape[1:])
    model = pellucid.Model(x, Convolving()(x), seed=1)
    model.compile("sgd", "mse")
    return model


def test_a_layer_with_kernels_of_its_own_learns_on_both_engines(tmp_path: Path) -> None:
    both_engines(network, X, np.ones((6, 4)))
    model = network()
    wanted = model.predict(X, verbose=0)
    assert not engine_of(model).refusal
    model.save(tmp_path / "own.keras")
    np.testing.assert_array_equal(pellucid.models.load_model(tmp_path / "own.keras").predict(X, verbose=0), wanted)


def test_they_give_what_their_layers_give() -> None:
    layer = L.Conv2D(5, 3, 2, "same", use_bias=False)
    y = layer(X)
    np.testing.assert_array_equal(ops.conv(X, layer.p["kernel"], 2, "same"), y)
    np.testing.assert_array_equal(ops.average_pool(X, 2, 1, "same"), L.AveragePooling2D(2, 1, "same")(X))


def test_classes_by_number_are_judged_as_classes_in_a_row() -> None:
    x, t = L.Input((4,)), L.Input((), dtype="int32")
    model = pellucid.Model([x, t], ops.sparse_categorical_crossentropy(t, x, from_logits=True))
    logits, classes = Key(2).normal((6, 4)), np.arange(6, dtype="int32") % 4
    wanted = ops.categorical_crossentropy(np.eye(4, dtype="float32")[classes], logits, from_logits=True)
    np.testing.assert_allclose(model.predict([logits, classes], verbose=0), wanted, rtol=1e-6)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: ops.conv(X, np.ones((3, 3, 2, 4))), "expected a kernel for 3 channels"),
        (lambda: ops.conv(X, np.ones((3, 3, 4))), "kernel: expected 4 axes"),
        (lambda: ops.conv(X[0, 0], np.ones((3, 4))), "inputs: expected one to three axes"),
        (lambda: ops.conv(X, np.ones((9, 1, 3, 4))), "at least 9 x 1 numbers for the window"),
        (lambda: ops.conv(X, np.ones((2, 2, 3, 4)), padding="causal"), "padding: expected"),
        (lambda: ops.conv(X, np.ones((2, 2, 3, 4)), strides=0), "ops.conv, argument strides"),
        (lambda: ops.depthwise_conv(X, np.ones((2, 2, 1, 4))), "expected a kernel for 3 channels"),
        (lambda: ops.separable_conv(X, np.ones((2, 2, 3, 1)), np.ones((1, 1, 2, 4))), "pointwise_kernel: expected"),
        (lambda: ops.conv_transpose(X, np.ones((2, 2, 4, 2))), "expected a kernel for 3 channels"),
        (lambda: ops.max_pool(X, (2, 2, 2)), "ops.max_pool, argument pool_size"),
        (lambda: ops.max_pool(L.Input((1, 1, 3)), 2), "at least 2 x 2 numbers"),
        (lambda: ops.adaptive_max_pool(X, 0), "output_size"),
        (lambda: ops.binary_crossentropy([[1.0]], [1.0]), "two operands of one shape"),
        (lambda: ops.categorical_crossentropy([1.0], [1.0], axis=3), "axis: expected"),
        (lambda: ops.sparse_categorical_crossentropy([1, 2], [[0.5, 0.5]]), "a class for each"),
        (lambda: ops.batch_normalization(X, [1.0], [1.0], -1), r"mean: expected shape \(3,\)"),
        (lambda: ops.det(X[0, 0]), "square matrices"),
        (lambda: ops.svd(L.Input((3, 3))), "expected an array"),
        (lambda: ops.qr(L.Input((3, 3))), "expected an array"),
        (lambda: ops.qr(np.full((2, 2), np.nan)), "matrices of finite numbers"),
        (lambda: ops.quantile([1.0], 1.5), "shares from 0 to 1"),
        (lambda: ops.unique(L.Input((3,))), "expected an array"),
        (lambda: ops.bincount([-1]), "whole numbers of at least 0"),
        (lambda: ops.scatter_update(np.zeros(3), [[5]], [1.0]), "places within"),
        (lambda: ops.depth_to_space(X, 2), "channels that 4 divides"),
        (lambda: ops.select([], [], 0), "as many conditions as choices"),
        (lambda: ops.nn.relo, "'relu'"),
    ],
)
def test_what_does_not_fit_is_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(PellucidError, match=told) as problem:
        call()
    assert "\n" not in str(problem.value)
    assert "ops." in str(problem.value)


def test_a_matrix_that_has_no_inverse_gives_no_number() -> None:
    both = np.stack([np.eye(2), np.ones((2, 2))]).astype("float32")
    assert np.isnan(ops.inv(both)[1]).all()
    np.testing.assert_array_equal(ops.solve(both, both)[0], np.eye(2))
    assert np.isnan(ops.cholesky(-both)).all()


def test_a_matrix_is_what_it_was_taken_apart_into() -> None:
    x = Key(3).normal((4, 5, 3), "float64")
    U, s, Vt = ops.svd(x, full_matrices=False)
    np.testing.assert_allclose(U * s[:, None] @ Vt, x, atol=1e-12)
    Q, R = ops.qr(x[0], mode="complete")
    assert Q.shape == (5, 5)
    np.testing.assert_allclose(Q @ R, x[0], atol=1e-12)
    np.testing.assert_allclose(Q.T @ Q, np.eye(5), atol=1e-12)
    both = x[:, :3] + np.swapaxes(x[:, :3], 1, 2)
    for values, vectors in (ops.eigh(both), ops.eig(both)):
        np.testing.assert_allclose(both @ vectors, vectors * values[:, None], atol=1e-12)


@pytest.mark.parametrize("space", ["nn", "numpy", "linalg"])
def test_the_longer_names_are_the_same_ops(space: str) -> None:
    names = getattr(ops, space)
    assert {*names.__all__} <= {*ops.__all__}
    assert all(getattr(names, name) is getattr(ops, name) for name in names.__all__)
