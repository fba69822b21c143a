"""Several processes that share each batch: the outcome is that of one, whatever a step is made of. Threads play the
processes here; tests/training/test_mpi.py has real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws.ranks import as_ranks

import pellucid
from pellucid import layers, ops
from pellucid.callbacks import BackupAndRestore, Callback, CSVLogger, EarlyStopping, TerminateOnNaN
from pellucid.distribution import distribution
from pellucid.errors import InvalidArgument, NonFinite, PellucidError
from pellucid.losses import SparseCategoricalCrossentropy
from pellucid.machine.kernels.interpreter import share_samples
from pellucid.metrics import AUC
from pellucid.training.distribution import largest_share, share_of

N = 53  # rows: batches of 20, 20 and 13, which two or three ranks share unevenly


@given(st.integers(0, 500), st.integers(1, 9))
def test_a_batch_is_cut_into_fours_of_rows_one_share_after_another(n: int, ranks: int):
    shares = [share_of(n, rank, ranks) for rank in range(ranks)]
    assert [0, *(last for _, last in shares)] == [*(first for first, _ in shares), n]
    assert all(first % 4 == 0 or first == n for first, _ in shares)
    sizes = [last - first for first, last in shares]
    assert max(sizes) - min(sizes) <= 7
    assert max(sizes) <= largest_share(n, ranks)
    assert shares == [share_samples.py_func(n, rank, ranks) for rank in range(ranks)]  # as the engine has it


def numbers(kind: str, *shape: int) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(7))
    return rng.integers(0, 3, shape) if kind == "classes" else rng.normal(size=shape).astype("float32")


X, Y, W = numbers("x", N, 6), numbers("classes", N), np.abs(numbers("w", N)) + 0.1


def chain(*inner: Any, loss: Any = "sparse_categorical_crossentropy", optimizer: Any = "adam", **compiled: Any) -> Any:
    def build() -> Any:
        model = pellucid.Sequential(
            [layers.Dense(9, "relu", input_shape=(6,)), *(make() for make in inner), layers.Dense(3, "softmax")], seed=3
        )
        model.compile(optimizer() if callable(optimizer) else optimizer, loss, **{"metrics": ["accuracy"], **compiled})
        return model

    return build


def two_outputs() -> Any:
    x = layers.Input((6,))
    hidden = layers.Dense(5, "tanh")(x)
    model = pellucid.Model(x, [layers.Dense(3, "softmax", name="a")(hidden), layers.Dense(1, name="b")(hidden)], seed=1)
    losses = [SparseCategoricalCrossentropy(ignore_class=2), "mse"]
    model.compile("sgd", losses, loss_weights=[1.0, 0.3], metrics=[["accuracy"], ["mae"]])
    return model


def masked() -> Any:
    model = pellucid.Sequential([layers.Input((4, 2)), layers.Masking(), layers.Dense(3, "softmax")], seed=1)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


class OwnStep(pellucid.Sequential):
    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        g = self.gradients(x, y)
        self.optimizer.apply([np.sign(dw) for dw in g.values()], self.trainable_variables)
        return {"loss": self.compute_loss(x, y, self(x))}


def own_step() -> Any:
    model = OwnStep([layers.Dense(3, "softmax", input_shape=(6,))], seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


STEPS = numbers("steps", N, 4, 2)
STEPS[::3, 2:] = 0
NETWORKS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "plain": (chain(), {"x": X, "y": Y}),
    "in order": (chain(), {"x": X, "y": Y, "shuffle": False}),
    "one batch": (chain(), {"x": X[:6], "y": Y[:6], "batch_size": 3}),
    "dropout": (chain(lambda: layers.Dropout(0.5), lambda: layers.Dropout(0.2, noise_shape=(1, 9))), {"x": X, "y": Y}),
    "noise": (chain(lambda: layers.GaussianNoise(0.3)), {"x": X, "y": Y}),
    "batch normalization": (chain(layers.BatchNormalization), {"x": X, "y": Y}),
    "weights": (chain(weighted_metrics=["accuracy"]), {"x": X, "y": Y, "sample_weight": W}),
    "weights divided by": (
        chain(loss=SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")),
        {"x": X, "y": Y, "class_weight": {0: 1.0, 1: 5.0}},
    ),
    "penalties": (
        chain(
            lambda: layers.Dense(4, kernel_regularizer="l2", kernel_constraint="max_norm"),
            lambda: layers.ActivityRegularization(0.1, 0.1),
        ),
        {"x": X, "y": Y},
    ),
    "clipped": (chain(optimizer=lambda: pellucid.optimizers.Lamb(global_clipnorm=0.5)), {"x": X, "y": Y}),
    "metric in Python": (chain(metrics=[AUC()], loss="categorical_crossentropy"), {"x": X, "y": np.eye(3)[Y]}),
    "two outputs": (two_outputs, {"x": X, "y": [Y, X[:, :1]]}),
    "masked": (masked, {"x": STEPS, "y": numbers("classes", N, 4)}),
    "a step of one's own": (own_step, {"x": X, "y": Y}),
    "labels of the whole batch": (chain(loss="hinge", metrics=[]), {"x": X, "y": np.eye(3)[Y]}),
}


def fitted(build: Callable[[], Any], data: dict[str, Any], **options: Any) -> tuple[dict[str, Any], np.ndarray]:
    """(history, all parameters) after some epochs, watched on data of their own."""
    model = build()
    held = (data["x"][:21], [y[:21] for y in data["y"]] if isinstance(data["y"], list) else data["y"][:21])
    history = model.fit(
        **{"batch_size": 20, "epochs": 3, "verbose": 0, "validation_data": held, **data, **options}
    ).history
    return history, np.concatenate([model.theta.data, model.state.data])


@pytest.mark.parametrize("name", NETWORKS)
def test_the_outcome_is_that_of_one_process_and_the_same_bits_in_all_and_again(name: str):
    build, data = NETWORKS[name]
    history, weights = fitted(build, data)
    for ranks in (2, 3):
        found, again = (as_ranks(ranks, lambda rank: fitted(build, data)) for _ in range(2))
        for logs, parameters in [*found, *again]:
            np.testing.assert_array_equal(parameters, found[0][1])
            assert logs == found[0][0]
        np.testing.assert_allclose(found[0][1], weights, rtol=2e-5, atol=2e-6)
        assert found[0][0].keys() == history.keys()
        for key, values in history.items():
            np.testing.assert_allclose(found[0][0][key], values, rtol=2e-5, atol=1e-6, err_msg=key)
