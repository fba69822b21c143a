"""Batches of which nobody has said how many there are: once, after a while, a warning that they may have no end."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers, utils
from pellucid.errors import DataError
from pellucid.training import batches
from pellucid.training.callbacks import LambdaCallback

X, Y = np.ones((4, 3), "float32"), np.zeros((4, 1), "float32")


@pytest.fixture
def model() -> Sequential:
    made = Sequential([layers.Dense(1, input_shape=(3,))], seed=0)
    made.compile("sgd", "mse")
    return made


@pytest.fixture(autouse=True)
def clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four seconds pass between one look at the clock and the next."""
    seconds = itertools.count(0.0, 4.0)
    monkeypatch.setattr(batches, "time", SimpleNamespace(monotonic=lambda: next(seconds)))


def some(n: int | None, *, targets: bool = True) -> Iterator[Any]:
    for _ in itertools.count() if n is None else range(n):
        yield (X, Y) if targets else (X,)


class Finite(utils.PyDataset):
    def __len__(self) -> int:
        return 9

    def __getitem__(self, index: int) -> Any:
        return X, Y


class Again:
    """An iterable that begins anew each time."""

    def __iter__(self) -> Iterator[Any]:
        return some(9)


class Bare:
    """An iterable of no batches, each time."""

    def __iter__(self) -> Iterator[Any]:
        return iter(())


class Counted(Again):
    def __len__(self) -> int:
        return 9


def stop(model: Sequential, after: int) -> LambdaCallback:
    def end(batch: int, logs: Any) -> None:
        model.stop_training = batch >= after

    return LambdaCallback(on_train_batch_end=end)


def said(run: Callable[[], Any]) -> list[str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        run()
    return [str(warning.message) for warning in told]


def test_without_end_it_is_told_once(model: Sequential) -> None:
    (warning,) = said(lambda: model.fit(some(None), callbacks=[stop(model, 30)], verbose=0))
    assert warning.startswith(
        "fit: x makes batches without steps_per_epoch, and after 3 of them has not come to an end"
    )
    assert "pass steps_per_epoch" in warning


@pytest.mark.parametrize(
    ("run", "argument"),
    [
        (lambda m: m.evaluate(some(9), verbose=0), "evaluate: x makes batches without steps,"),
        (lambda m: m.predict(some(9, targets=False), verbose=0), "predict: x makes batches without steps,"),
        (lambda m: m.fit(Again(), epochs=3, verbose=0), "fit: x makes batches without steps_per_epoch"),
        (
            lambda m: m.fit(X, Y, validation_data=some(9), verbose=0),
            "fit, validation_data: validation_data makes batches without validation_steps",
        ),
    ],
)
def test_the_argument_that_lacks_is_named(model: Sequential, run: Callable[[Sequential], Any], argument: str) -> None:
    (warning,) = said(lambda: run(model))
    assert warning.startswith(argument)


@pytest.mark.parametrize(
    "run",
    [
        lambda m: m.fit(some(None), steps_per_epoch=9, epochs=3, verbose=0),
        lambda m: m.fit(some(2), verbose=0),
        lambda m: m.fit(Finite(), epochs=2, verbose=0),
        lambda m: m.fit(Counted(), epochs=2, verbose=0),
        lambda m: m.fit(X, Y, batch_size=1, epochs=9, verbose=0),
        lambda m: m.evaluate(some(None), steps=9, verbose=0),
    ],
)
def test_where_an_end_is_known_or_near_nothing_is_said(model: Sequential, run: Callable[[Sequential], Any]) -> None:
    assert said(lambda: run(model)) == []


def test_what_begins_anew_with_nothing_is_told(model: Sequential) -> None:
    """It was asked for its first batch for ever."""
    with pytest.raises(DataError, match="expected 2 batches per epoch, got a source of batches that ended after 0"):
        model.fit(Bare(), steps_per_epoch=2, verbose=0)
    assert len(model.fit(Again(), steps_per_epoch=12, epochs=3, verbose=0).history["loss"]) == 3
