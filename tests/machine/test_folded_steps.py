"""TimeDistributed on the engine: each step of a sequence is a sample to the layers within, whichever they are."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid.models import Sequential
from pellucid.rng import Key
from pellucid.training.engine import engine_of

WITHIN: dict[str, Callable[[], L.Layer]] = {
    "convolution": lambda: L.Conv2D(3, 2, padding="same", activation="relu"),
    "strides": lambda: L.Conv2D(2, 3, 2),
    "largest": L.MaxPooling2D,
    "average": lambda: L.AveragePooling2D(3, 1),
    "mean of all": L.GlobalAveragePooling2D,
    "flatten": L.Flatten,
    "batch norm of an axis": lambda: L.BatchNormalization(axis=1),
    "dropout of channels": lambda: L.SpatialDropout2D(0.4),
    "flip": lambda: L.RandomFlip(seed=2),
    "sequence in a step": lambda: Sequential([L.Reshape((4, 10)), L.LSTM(3)]),
    "each a sequence of its own": lambda: L.TimeDistributed(L.Conv1D(2, 2)),
    "network": lambda: Sequential(
        [
            L.Conv2D(3, 3, activity_regularizer="l2", kernel_regularizer="l2"),
            L.ReLU(),
            L.Flatten(),
            L.Dense(7, activation="relu"),
            L.Dropout(0.3),
            L.Dense(4, activation="relu"),
        ]
    ),
}
X, Y = Key(2).normal((9, 3, 4, 5, 2)), Key(3).normal((9, 2))


def network(name: str, before: list[L.Layer]) -> Sequential:
    behind = [L.Flatten(), L.Dense(4, activation="relu"), L.Dense(2)]
    model = Sequential([L.Input((3, 4, 5, 2)), *before, L.TimeDistributed(WITHIN[name]()), *behind], seed=4)
    model.compile(pellucid.optimizers.SGD(0.05), "mse")
    return model


@pytest.mark.parametrize("first", [True, False], ids=["first", "behind another"])
@pytest.mark.parametrize("name", WITHIN)
def test_both_engines_train_alike(name: str, first: bool) -> None:
    both_engines(lambda: network(name, [] if first else [L.PReLU("uniform")]), X, Y, tolerance=5e-5)


@pytest.mark.parametrize("name", ["convolution", "network", "sequence in a step"])
def test_threads_leave_the_same_bits(name: str, crew: list[int]) -> None:
    found = []
    for threads in (1, 2, 4):
        crew[0] = threads
        model = network(name, [L.PReLU("uniform")])
        model.fit(X, Y, batch_size=5, epochs=2, verbose=0)
        assert not engine_of(model).refusal
        found.append(model.get_weights())
    for one, two, four in zip(*found, strict=True):
        np.testing.assert_array_equal(one, two)
        np.testing.assert_array_equal(one, four)


def test_explain_shows_the_steps_of_all_samples() -> None:
    model = network("convolution", [])
    compiled, defined = (model.explain(X, Y, engine=engine) for engine in ("compiled", "definition"))
    name = "time_distributed/conv2d"
    for found, wanted, letters in (
        (compiled.forward[name], defined.forward[name], "xyz"),
        (compiled.backward[name], defined.backward[name], ["dy", "dW"]),
    ):
        for letter in letters:
            np.testing.assert_allclose(found[letter], wanted[letter], rtol=1e-4, atol=1e-5)
    assert len(compiled.forward[name]["y"]) == 9 * 3
