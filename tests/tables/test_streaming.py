"""Files larger than memory: the same rows, targets and columns as of a table read whole, in little memory."""

from __future__ import annotations

import gzip
import tracemalloc
from pathlib import Path

import numpy as np
import polars
import pytest

from pellucid import Sequential, layers
from pellucid.data import rowfile
from pellucid.errors import DataError
from pellucid.tables import TableData, load_table, reading, streaming
from pellucid.tables.streaming import is_large, stream_table

CITIES = ["Bern", "Oslo", "Rome"]


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(reading, "BLOCK", 700)
    monkeypatch.setattr(streaming, "MOST_CELLS", 3500)
    monkeypatch.setattr(rowfile, "AT_ONCE", 6000)


def write(name: str = "big.csv", rows: int = 3000) -> str:
    """Rows sorted by their class; the last one's is rare, and in no sample."""
    rng = np.random.default_rng(0)
    age, city, id_ = rng.integers(18, 80, rows), rng.integers(0, 3, rows), np.arange(rows)
    order = np.argsort(age > 45, kind="stable")
    lines = ["id;age;city;day;person;spent;bought"]
    for i, at in zip(id_, order, strict=True):
        bought = "maybe" if i == rows - 1 else "yes" if age[at] > 45 else "no"
        gap = "NA" if i % 10 == 0 else age[at]
        lines.append(
            f"{i};{gap};{CITIES[city[at]]};2024-01-{1 + i % 28:02};p{i // 3};{age[at] / 2:.1f}".replace(".", ",")
        )
        lines[-1] += f";{bought}"
    Path(name).write_text("\n".join(lines) + "\n")
    return name


def test_it_is_the_table_read_whole():
    name = write()
    big, whole = (
        stream_table(name, "bought", drop=["spent", "person"]),
        load_table(name, "bought", drop=["spent", "person"]),
    )
    assert big.targets.classes == whole.targets.classes == ["maybe", "no", "yes"]
    assert [c.name for c in big.encoder.columns] == [c.name for c in whole.encoder.columns] == ["age", "city", "day"]
    assert [type(c) for c in big.encoder.columns] == [type(c) for c in whole.encoder.columns]
    assert big.encoder.columns[1].levels == CITIES
    assert big.encoder.columns[0].center == pytest.approx(whole.encoder.columns[0].center, abs=3)
    assert "id numbers the rows; it is left out." in big.remarks
    assert any(r.startswith("The file is large: its columns are judged by ") for r in big.remarks)
    held = big.validation[0] if big.validation else []
    assert len(big.x_train) + len(held) + len(big.x_test) == 3000
    assert 400 < len(big.x_test) < 600  # no more than MOST_CELLS hold
    np.testing.assert_array_equal(big.x_test, big.encoder.transform(big.test))
    assert (np.diff(big.y_train) != 0).mean() > 0.4  # sorted in the file, shuffled on the disk


def rows_of(data: TableData) -> list[bytes]:
    return sorted(row.tobytes() for row in data.x_train[:])


def test_blocks_and_compression_do_not_matter(monkeypatch: pytest.MonkeyPatch):
    name = write()
    first = stream_table(name, "bought")
    Path("big.csv.gz").write_bytes(gzip.compress(Path(name).read_bytes()))
    monkeypatch.setattr(reading, "BLOCK", 5000)
    for again in (stream_table(name, "bought"), stream_table("big.csv.gz", "bought")):
        np.testing.assert_array_equal(again.x_train[:], first.x_train[:])
        np.testing.assert_array_equal(again.y_train, first.y_train)
        np.testing.assert_array_equal(again.x_test, first.x_test)
    other = stream_table(name, "bought", seed=1)
    assert rows_of(other) != rows_of(first)


def test_parquet_is_read_in_blocks_too():
    name = write()
    frame = polars.read_csv(name, separator=";", decimal_comma=True, null_values="NA")
    frame.write_parquet("big.parquet")
    tables = list(reading.read_blocks("big.parquet"))
    assert [len(t) for t in tables] == [100] * 30
    assert tables[7].rows[0] == 700
    big = stream_table("big.parquet", "spent", drop=["bought"])
    assert big.y_train.shape == (len(big.x_train), 1)
    assert abs(float(big.y_train.mean())) < 0.1
    assert 0.8 < float(big.y_train.std()) < 1.2


def test_groups_stay_together_and_the_latest_are_kept():
    name = write()
    big = stream_table(name, "bought", split_by="person", test_size=0.1)
    people = big.test["person"].tolist()
    assert all(people.count(one) == 3 for one in set(people))
    late = stream_table(name, "bought", split_time="day", drop=["person"])
    assert min(late.test["day"]) > "2024-01-20"
    with pytest.raises(DataError, match="column 'city', to split by time: expected dates or numbers, got category"):
        stream_table(name, "bought", split_time="city")


def test_a_wrong_cell_far_down_is_named():
    name = write()
    with Path(name).open("a") as file:
        file.write("3000;old;Bern;2024-01-01;p9;1,5;yes\n")
    with pytest.raises(DataError, match=r"big\.csv, line 3002, column 'age': expected a finite number"):
        stream_table(name, "bought")


def test_memory_does_not_grow_with_the_file(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(reading, "BLOCK", 7000)

    def peak(rows: int) -> int:
        name = write(f"{rows}.csv", rows)
        tracemalloc.start()
        stream_table(name, "bought", drop=["person"])
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(2000)
    small, large = peak(5000), peak(20_000)
    assert large < small + 15_000 * 60  # what sorts the targets, a few words for each row, whose cells take 400 bytes


def test_fit_takes_the_batches():
    big = stream_table(write(), "bought", drop=["spent", "person"])
    model = Sequential([layers.Dense(8, "relu"), layers.Dense(3, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = model.fit(big.x_train.batches(big.y_train, 32), epochs=8, validation_data=big.validation, verbose=0)
    assert history.history["val_accuracy"][-1] > 0.85


def test_what_is_large(monkeypatch: pytest.MonkeyPatch):
    name = write()
    assert not is_large(name)
    monkeypatch.setattr(streaming, "LARGE", 1000)
    assert is_large(name)
    assert not is_large("absent.csv")
    assert not is_large({"a": [1]})
    assert not is_large(Path(name).rename("big.jsonl"))
