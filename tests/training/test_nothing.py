"""Nothing asked for gives nothing: no epochs an empty History, no rows an array without rows; and no rows to judge on
is told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, errors, layers, utils
from pellucid.training.callbacks import BackupAndRestore, EarlyStopping, Progress, UntilConverged

X = np.linspace(-1, 1, 24).reshape(8, 3).astype("float32")
Y = X @ np.ones((3, 2), "float32")


@pytest.fixture(params=["compiled", "definition"])
def model(request: pytest.FixtureRequest) -> Sequential:
    made = Sequential([layers.Dense(4, "relu", input_shape=(3,)), layers.BatchNormalization(), layers.Dense(2)], seed=0)
    made.compile("adam", "mse", metrics=["mae"], run_eagerly=request.param == "definition")
    return made


@pytest.mark.parametrize("options", [{}, {"validation_data": (X, Y)}, {"validation_split": 0.25}, {"verbose": 2}])
def test_no_epochs_change_nothing(model: Sequential, options: dict[str, Any]) -> None:
    before = model.theta.data.tobytes(), model.state.data.tobytes()
    history = model.fit(X, Y, epochs=0, callbacks=[EarlyStopping("loss"), UntilConverged()], **options)
    assert (history.history, history.epoch) == ({}, [])
    assert model.history is history
    assert (model.theta.data.tobytes(), model.state.data.tobytes()) == before
    assert model.optimizer.steps_taken == 0


def test_no_epochs_after_some(model: Sequential) -> None:
    model.fit(X, Y, epochs=2, verbose=0)
    before = model.get_weights()
    assert model.fit(X, Y, epochs=0, verbose=0).history == {}
    for a, b in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)
    assert len(model.fit(X, Y, epochs=1, verbose=0).history["loss"]) == 1


def test_no_epochs_build_the_model(tmp_path: Any) -> None:
    model = Sequential([layers.Dense(4)], seed=0)
    model.compile("sgd", "mse")
    assert model.fit(X, X @ np.ones((3, 4), "float32"), epochs=0, verbose=0, callbacks=[BackupAndRestore(tmp_path)])
    assert model.output_shape == (None, 4)


def test_fewer_epochs_than_none_are_refused(model: Sequential) -> None:
    with pytest.raises(errors.InvalidArgument, match=r"argument epochs: expected a whole number at least 0, got -1"):
        model.fit(X, Y, epochs=-1)


class Empty(utils.PyDataset):
    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: int) -> Any:
        raise IndexError(index)


def nobody() -> Iterator[Any]:
    yield from ()


NOTHING: dict[str, Callable[[], Any]] = {
    "rows": lambda: X[:0],
    "whole numbers": lambda: np.zeros((0, 3), "int64"),
    "doubles": lambda: np.zeros((0, 3)),
    "a list": list,
    "batches": nobody,
    "a PyDataset": Empty,
    "a batch without rows": lambda: iter([X[:0]]),
}


@pytest.mark.parametrize("kind", NOTHING)
@pytest.mark.parametrize("trained", [False, True])
def test_no_rows_give_no_outputs(model: Sequential, kind: str, trained: bool) -> None:
    if trained:
        model.fit(X, Y, verbose=0)
    outputs = model.predict(NOTHING[kind](), verbose=0)
    assert outputs.shape == (0, 2)
    assert outputs.dtype == np.float32
    np.testing.assert_array_equal(model.predict(X[:3], verbose=0), model.predict(X, verbose=0)[:3])


@pytest.mark.parametrize("options", [{"batch_size": 2}, {"steps": 3}, {"verbose": 1}, {"callbacks": [Progress()]}])
def test_no_rows_however_they_are_asked_for(model: Sequential, options: dict[str, Any]) -> None:
    assert model.predict(X[:0], **options).shape == (0, 2)
    assert model.predict_on_batch(X[:0]).shape == (0, 2)


def test_a_batch_without_rows_among_others(model: Sequential) -> None:
    outputs = model.predict(iter([X[:3], X[:0], X[3:]]), verbose=0)
    np.testing.assert_allclose(outputs, model.predict(X, verbose=0), rtol=1e-6, atol=1e-7)


def test_outputs_of_more_axes() -> None:
    model = Sequential([layers.Dense(6, input_shape=(3,)), layers.Reshape((2, 3))])
    assert model.predict(X[:0], verbose=0).shape == (0, 2, 3)


def test_columns_that_do_not_fit_are_told_without_rows_too(model: Sequential) -> None:
    with pytest.raises(errors.ShapeError, match="shape"):
        model.predict(np.zeros((0, 5)), verbose=0)


@pytest.mark.parametrize("kind", NOTHING)
@pytest.mark.parametrize("method", ["evaluate", "fit"])
def test_nothing_to_judge_or_train_on_is_told(model: Sequential, kind: str, method: str) -> None:
    x = NOTHING[kind]()
    y = None if hasattr(x, "__next__") or isinstance(x, Empty) else Y[:0]
    with pytest.raises(errors.DataError, match=rf"{method}.*(at least one|batches for every epoch)"):
        getattr(model, method)(x, y)
