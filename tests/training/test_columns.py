"""Data frames whose columns come in another order than in training."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.errors import DataError
from pellucid.models import load_model


class Frame:
    """What pandas, polars and the like have in common: named columns, and an array of the values."""

    def __init__(self, columns: list[str], values: np.ndarray) -> None:
        self.columns, self.values, self.shape = columns, values, values.shape

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray:
        return np.asarray(self.values, dtype)

    def __len__(self) -> int:
        return len(self.values)


def test_a_saved_model_knows_its_columns(tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    model = Sequential([layers.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(Frame(["a", "b", "c"], x), x[:, 0], epochs=1, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    turned = Frame(["c", "a", "b"], x[:, [2, 0, 1]])
    np.testing.assert_array_equal(loaded.predict(turned, verbose=0), model.predict(x, verbose=0))
    with pytest.raises(DataError, match="without 'c'"):
        loaded.predict(Frame(["a", "b", "d"], x), verbose=0)


def test_columns_are_put_in_the_order_of_fit_or_refused():
    x = np.random.default_rng(0).normal(size=(20, 3)).astype("float32")
    model = Sequential([layers.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(Frame(["a", "b", "c"], x), x[:, 0], epochs=1, verbose=0)
    expected = model.predict(x, verbose=0)
    turned = Frame(["c", "a", "b"], x[:, [2, 0, 1]])
    np.testing.assert_array_equal(model.predict(turned, verbose=0), expected)
    assert model.evaluate(turned, x[:, 0], verbose=0) == model.evaluate(x, x[:, 0], verbose=0)
    for names, told in ((["a", "b", "d"], "without 'c'"), (["a", "b", "b"], "without 'c'")):
        with pytest.raises(DataError, match=told):
            model.predict(Frame(names, x), verbose=0)
    with pytest.raises(DataError, match="with 'd' besides"):
        model.predict(Frame(["a", "b", "c", "d"], np.ones((2, 4))), verbose=0)
