"""Inputs of whole numbers stay so: Input((5,), dtype="int32"), and what a model of one's own is called on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Model, Sequential, models, ops
from pellucid import layers as L
from pellucid.errors import DataError, InvalidArgument
from pellucid.inspection.gradients import check_gradients

WORDS = np.random.default_rng(0).integers(0, 10, (16, 5))


class Table(L.Layer):
    """A row of a table for each whole number."""

    def __init__(self, rows: int, width: int, **options: Any) -> None:
        super().__init__(**options)
        self.rows, self.width = rows, width
        self.met: list[str] = []

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight((self.rows, self.width), name="table")

    def call(self, x: Any) -> Any:
        self.met.append(x.dtype)
        return ops.take(self.table, x, axis=0)


def graph() -> tuple[Any, Table]:
    x = L.Input((None,), dtype="int32")
    table = Table(10, 4)
    return Model(x, L.Dense(1)(ops.mean(table(x), axis=1)), seed=0), table


def test_a_table_is_read_and_trained() -> None:
    model, table = graph()
    assert set(table.met) == {"int32"}
    before = table.get_weights()[0]
    model.compile("sgd", "mse")
    model.fit(WORDS[:, :3], np.ones(16), epochs=2, verbose=0)
    (after,) = table.get_weights()
    changed = (after != before).any(axis=1)
    np.testing.assert_array_equal(changed, np.isin(np.arange(10), WORDS[:, :3]))
    W, b = model.layers[-1].get_weights()
    np.testing.assert_allclose(model.predict(WORDS, verbose=0), after[WORDS].mean(axis=1) @ W + b, rtol=1e-5, atol=1e-6)
    assert check_gradients(model, WORDS, np.ones((16, 1))).worst_error < 1e-6


def test_files_and_sequential_keep_the_dtype(tmp_path: Path) -> None:
    model = Sequential([L.Input((5,), dtype="int32"), Table(10, 3), L.Flatten(), L.Dense(1)])
    assert model.input_dtypes == ("int32",)
    model.save(tmp_path / "m.keras")
    loaded: Any = models.load_model(tmp_path / "m.keras", custom_objects={"Table": Table})
    assert loaded.input_dtypes == ("int32",)
    assert set(loaded.layers[0].met) == {"int32"}
    np.testing.assert_array_equal(loaded.predict(WORDS, verbose=0), model.predict(WORDS, verbose=0))


class Reader(Model):
    def __init__(self) -> None:
        super().__init__(seed=0)
        self.table, self.out = Table(10, 3), L.Dense(1)

    def call(self, x: Any) -> Any:
        return self.out(ops.mean(self.table(x), axis=1))


def test_a_model_of_ones_own_is_traced_for_what_it_first_meets() -> None:
    model = Reader()
    model.compile("adam", "mse")
    model.fit(WORDS, np.ones(16), verbose=0)
    assert set(model.table.met) == {"int32"}
    np.testing.assert_array_equal(model.predict(WORDS * 1.0, verbose=0), model.predict(WORDS, verbose=0))
    np.testing.assert_array_equal(model(WORDS * 1.0), model(WORDS))


@pytest.mark.parametrize("wrong", [WORDS + 0.5, WORDS + 2**40])
def test_what_the_input_cannot_hold_is_refused(wrong: Any) -> None:
    model, _ = graph()
    own = Reader()
    own(WORDS)
    for call in (model, own, lambda x: own.predict(x, verbose=0), lambda x: model.predict(x, verbose=0)):
        with pytest.raises(DataError, match="whole numbers that int32 holds"):
            call(wrong)


def test_decimals_after_whole_numbers_are_refused() -> None:
    table = Table(10, 3)
    table(L.Input((5,), dtype="int32"))
    with pytest.raises(InvalidArgument, match="int32, as in its first call"):
        table(L.Input((5,)))


@pytest.mark.parametrize("dtype", ["uint8", "int32", "bool"])
def test_layers_compute_in_their_own_dtype(dtype: str) -> None:
    """On both engines."""
    x = L.Input((5,), dtype=dtype)
    model = Model(x, L.Dense(2)(x / 2 if dtype != "bool" else x), seed=0)
    data = (WORDS[:4] % 2 if dtype == "bool" else WORDS[:4]).astype(dtype)
    W, b = model.layers[-1].get_weights()
    for model.run_eagerly in (False, True):
        y = model.predict(data, verbose=0)
        assert y.dtype == np.float32
        np.testing.assert_allclose(y, data / (1 if dtype == "bool" else 2) @ W + b, rtol=1e-5, atol=1e-6)


def test_arithmetic_of_whole_numbers_is_theirs() -> None:
    x = L.Input((2,), dtype="int32")
    model = Model(x, [x // 2, x % 3, x * 2**24])
    given = np.array([[7, -7], [2, 5]])
    found = model.predict(given, verbose=0)
    for y, wanted in zip(found, [given // 2, given % 3, given * 2**24], strict=True):
        assert y.dtype == np.int32
        np.testing.assert_array_equal(y, wanted)
