"""Laws of encoding: rows do not know of each other, nor columns of their order; what cannot be read has a place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import Sequential, layers
from pellucid.errors import DataError, FileError, WrongType
from pellucid.models import load_model
from pellucid.registry import plain
from pellucid.tables import Table, TableEncoder, attach, attached, load_table
from pellucid.tables.columns import understand
from pellucid.tables.encoder import encoders
from pellucid.tables.targets import Targets


def people(n: int = 60, seed: int = 0) -> dict[str, list]:
    """A table of every kind of column."""
    rng = np.random.default_rng(seed)
    words = ["red fox", "blue sky here", "a green tree", "old red house", "sky and sea"]
    return {
        "age": [None if i % 7 == 0 else float(rng.normal(40, 10)) for i in range(n)],
        "income": np.exp(rng.normal(0, 4, n)).tolist(),
        "city": rng.choice(["Bern", "Köln", "Oslo"], n).tolist(),
        "ticket": [f"T{rng.integers(30)}" for _ in range(n)],
        "alone": rng.choice(["yes", "no"], n).tolist(),
        "seen": [f"2025-{rng.integers(1, 13):02}-{rng.integers(1, 28):02} 12:30" for _ in range(n)],
        "note": [f"{words[rng.integers(5)]} {words[rng.integers(5)]} {i}" for i in range(n)],
    }


ENCODER = TableEncoder().fit(people())


def test_numbers_and_dates_say_how_much():
    x = ENCODER.transform(people())
    starts = np.cumsum([0, *(column.width for column in ENCODER.columns)])
    assert ENCODER.numbers == [starts[i] for i, c in enumerate(ENCODER.columns) if c.kind in ("number", "date")]
    assert len(ENCODER.numbers) == 3
    assert all(len(np.unique(x[:, i])) > 20 for i in ENCODER.numbers)


def test_kinds():
    kinds = {c.name: c.kind for c in understand(Table.of(people()))}
    assert kinds == {
        "age": "number", "income": "number", "city": "category", "ticket": "category", "alone": "boolean",
        "seen": "date", "note": "text",
    }  # fmt: skip


@given(st.permutations(list(people())), st.integers(0, 59))
def test_order_of_columns_and_other_rows_do_not_matter(order: list[str], row: int):
    table = people()
    x = ENCODER.transform(table)
    np.testing.assert_array_equal(ENCODER.transform({name: table[name] for name in order}), x)
    one = {name: [values[row]] for name, values in table.items()}
    np.testing.assert_array_equal(ENCODER.transform(one)[0], x[row])


def test_saved_form_is_the_same_encoder():
    again = encoders.deserialize(plain(ENCODER))
    np.testing.assert_array_equal(again.transform(people(seed=1)), ENCODER.transform(people(seed=1)))


@given(st.text(), st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_comes_is_finite(word: str, number: float):
    table = {**{name: values[:1] for name, values in people().items()}, "city": [word], "note": [word], "age": [number]}
    x = ENCODER.transform({**table, "income": [number]})
    assert np.isfinite(x).all()
    assert np.abs(x).max() <= 3


def test_an_unknown_category_is_zero_everywhere():
    encoder = TableEncoder().fit({"city": ["Bern", "Oslo"] * 5})
    np.testing.assert_array_equal(encoder.transform({"city": ["Oslo", "Rome", None]}), [[0, 1], [0, 0], [0, 0]])


@pytest.mark.parametrize(
    ("name", "cell"), [("age", "old"), ("age", "1e400"), ("age", float("inf")), ("alone", "maybe"), ("seen", "soon")]
)
def test_a_bad_cell_has_a_place(name: str, cell: object):
    table = {**people(), name: [*people()[name][:-1], cell]}
    with pytest.raises(DataError, match=f"row 59, column '{name}'"):
        ENCODER.transform(table)


def test_a_missing_column_is_told():
    with pytest.raises(DataError, match="a column 'city'"):
        ENCODER.transform({name: values for name, values in people().items() if name != "city"})


def test_a_mistake_among_numbers_is_told():
    ages = [str(n) for n in range(100)]
    with pytest.raises(DataError, match=r"row 100, column 'age': expected a number.* got 'x1'"):
        understand(Table.of({"age": [*ages, "x1"]}))


def test_what_tells_nothing_is_dropped():
    n = 40
    table = Table.of({
        "id": list(range(n)), "one": ["a"] * n, "none": [None] * n, "code": [f"x{i}" for i in range(n)],
        "sex": ["m", "f"] * 20, "gender": ["male", "female"] * 20, "size": np.linspace(0, 1, n),
    })  # fmt: skip
    dropped = {c.name: c.dropped for c in understand(table)}
    assert [name for name, why in dropped.items() if not why] == ["sex", "size"]
    assert dropped["gender"] == "says the same as sex"
    assert not {c.name: c.dropped for c in understand(table, keep=["id"])}["id"]


def test_splits():
    group = np.repeat(np.arange(20), 5)
    table = {
        "x": np.linspace(0, 1, 100),
        "y": ["a", "b"] * 50,
        "g": [f"g{v}" for v in group],
        "when": np.arange(100) * 7.5,
    }
    test = load_table(table, "y", split_by="g").test
    inside = {int(name[1:]) for name in test["g"]}
    assert len(test) == 5 * len(inside) == 20
    latest = load_table(table, "y", split_time="when").test
    np.testing.assert_array_equal(latest.rows, np.arange(80, 100))
    plain = load_table(table, "y")
    assert plain.y_test.mean() == 0.5
    assert len(plain.x_train) + len(plain.x_test) + len(plain.validation[0]) == 100


def test_what_is_learned_is_of_the_training_rows():
    data = load_table(
        {"x": [*np.linspace(0, 1, 80), *np.full(20, 1e6)], "y": np.linspace(5, 9, 100)}, "y", split_time="y"
    )
    assert data.encoder.columns[0].center < 1
    assert data.targets.mean[0] < 8


def test_a_model_keeps_its_table(tmp_path: Path):
    table = people()
    table["y"] = ["b" if city == "Bern" else "c" for city in table["city"]]
    data = load_table(table, "y", keep=["city"])
    model = Sequential([layers.Dense(2, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(data.x_train, data.y_train, epochs=1, verbose=0)
    attach(model, data.encoder, data.targets)
    model.save(tmp_path / "model.keras")
    loaded = load_model(tmp_path / "model.keras")
    found = attached(loaded)
    assert found is not None
    assert found.targets.classes == ["b", "c"]
    x = found.encoder.transform(data.test)
    np.testing.assert_array_equal(loaded.predict(x), model.predict(data.x_test))
    for frame in (pl.DataFrame(data.test.columns), pl.DataFrame(x)):  # of numbers, too, which might be raw ones
        with pytest.raises(WrongType, match="Encode it"):
            loaded.predict(frame)
    loaded.__dict__["_table"]["encoder"]["config"]["columns"].pop()
    with pytest.raises(FileError, match="columns that make the model's inputs"):
        attached(loaded)
    loaded.__dict__["_table"] = {"encoder": {"class_name": "os.system", "config": {}}}
    with pytest.raises(FileError, match="the model's table"):
        attached(loaded)


def test_targets_are_inferred_and_said():
    table = {"x": np.linspace(0, 1, 40), "target": ["a", "b"] * 20}
    assert "target is taken for the target, by its name." in load_table(table).remarks
    with pytest.raises(DataError, match="--target COLUMN"):
        load_table({"x": [1.0], "z": [2.0]})
    with pytest.raises(DataError, match="--target COLUMN"):  # a place, of which y is not what the others tell
        load_table({"x": [1.0] * 40, "Y": np.linspace(0, 1, 40), "z": [2.0] * 40})
    assert load_table({"x": np.linspace(0, 1, 40), "y": ["a", "b"] * 20}).targets.columns == ["y"]
    numbers = load_table(
        {"x": np.linspace(0, 1, 40), "a": np.linspace(3, 9, 40), "b": np.linspace(9, 5, 40)}, ["a", "b"]
    )
    assert numbers.y_train.shape == (28, 2)
    np.testing.assert_allclose(
        numbers.targets.restored(numbers.y_test), np.stack([numbers.test["a"], numbers.test["b"]], 1), rtol=1e-5
    )


def test_targets_beyond_floats_are_told():
    table = Table.of({"y": [0.0, 1e300, -1.7e308]}, "huge.csv")
    with pytest.raises(DataError, match=r"huge\.csv, target y: expected numbers whose deviation .* got 1\.7e\+308\."):
        Targets.learned(table, ["y"], "regression")


def test_a_column_that_is_the_target_is_left_out():
    data = load_table({"x": np.linspace(0, 1, 40), "alive": ["no", "yes"] * 20, "y": [0, 1] * 20}, "y")
    assert "alive says the same as the target y; it is left out." in data.remarks
    assert [c.name for c in data.encoder.columns] == ["x"]


def test_none_is_a_word_among_words_and_a_gap_among_numbers():
    n = 40
    garages = ["none", "single", "double", "-"] * (n // 4)
    rows = {
        "size": ["none" if i % 4 == 0 else str(i) for i in range(n)], "built": ["-", "2020-01-01"] * (n // 2),
        "lit": ["yes", "no", "missing", "no"] * (n // 4), "garage": garages,
    }  # fmt: skip
    found = {c.name: c for c in understand(Table.of(rows), keep=rows)}
    assert [(c.kind, c.missing) for c in found.values()] == [
        ("number", 10), ("date", 20), ("boolean", 10), ("category", 0)
    ]  # fmt: skip
    encoder = TableEncoder(keep=list(rows)).fit(rows)
    x = encoder.transform(rows)
    np.testing.assert_array_equal(x[::4, 1], np.ones(n // 4), "the column that says what is missing")
    assert encoder.unseen({**rows, "garage": ["carport", *garages[1:]]}) == {"garage": ["carport"]}
    data = load_table(rows, "garage", test_size=0.25, validation_split=0)
    assert data.targets.classes == ["-", "double", "none", "single"]
    assert len(data.y_train) + len(data.y_test) == n
    sizes = load_table({**rows, "size": rows["size"]}, "size", task="regression")
    assert "10 rows have no target and are left out." in sizes.remarks


def test_numbers_are_no_classes_even_where_somebody_says_so():
    rows = {"x": np.arange(40.0), "y": np.linspace(0.1, 1, 40)}
    with pytest.raises(DataError, match=r"target y: expected a column of classes, got numbers\. Leave --task"):
        load_table(rows, "y", task="classification")
