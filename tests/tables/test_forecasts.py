"""Windows to forecast from: what follows each, and parts that time has put in order."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import errors
from pellucid.tables import Table, forecasts_of, parted_in_time
from pellucid.utils import timeseries_dataset_from_array


def readings(sizes: tuple[int, ...] = (60, 40, 25)) -> Table:
    """Groups that lie in each other; `a` tells group and time, `b` follows nothing."""
    each = sorted((t, g) for g, size in enumerate(sizes) for t in range(size))
    rng = np.random.default_rng(0)
    return Table.of(
        {
            "who": [f"p{g}" for _, g in each],
            "clock": [3600 * t for t, _ in each],
            "b": rng.normal(size=len(each)),
            "a": [1000.0 * g + t + 0.5 for t, g in each],
        }
    )


@pytest.mark.parametrize(("length", "stride", "ahead"), [(5, 1, 1), (4, 3, 2), (7, 7, 5)])
def test_windows_and_what_follows_are_those_of_keras(length: int, stride: int, ahead: int):
    table = readings()
    found = forecasts_of(table, length, stride, ahead, "who", "a", ["b", "a"])
    for g in range(3):
        rows = np.flatnonzero(table["who"] == f"p{g}")
        skip = (len(rows) - length - ahead) % stride  # so that the last one is among them
        x = np.stack([table["b"], table["a"]], axis=1)[rows][skip:].astype("float32")
        y = table["a"][rows][skip + length - 1 + ahead :]
        ((wanted, follows),) = list(timeseries_dataset_from_array(x, y, length, stride, batch_size=1000))
        of = found.last // 1000 == g
        assert np.array_equal(found.x[of], wanted)
        assert np.array_equal(found.y[of], follows)
        assert found.y[of][-1] == table["a"][rows[-1]]
        assert np.array_equal(found.x[of, -1, 1], found.last[of].astype("float32"))
        assert np.array_equal(table["a"][found.ends[of]], found.last[of])
    assert (found.y == found.last + ahead).all()


def test_of_the_channels_is_the_target_whatever_it_looks_like_and_no_clock():
    found = forecasts_of(readings(), 5, 1, 1, "who", "a")
    assert found.channels == ("b", "a")
    assert "Left out: clock (rises from row to row, as time does)." in found.remarks
    assert forecasts_of(readings(), 5, 1, 1, "who", "a", drop=["a"]).channels == ("b",)


def test_up_to_the_last_row_where_nobody_knows_what_follows():
    table = readings()
    found = forecasts_of(table, 5, 4, 3, "who", "a", ["b"], known=False)
    assert len(found.y) == len(found.last) == 0
    assert {59.5, 1039.5, 2024.5} <= set(table["a"][found.ends].tolist())


@pytest.mark.parametrize("ahead", [1, 6])
def test_held_back_rows_are_later_and_none_is_in_two_parts(ahead: int):
    sizes = (200, 240, 190)
    found = forecasts_of(readings(sizes), 8, 1, ahead, "who", "a")
    parts = parted_in_time(found, (0.2, 0.1))
    for g, size in enumerate(sizes):
        spans = []
        for part in parts:
            of = part[found.last[part] // 1000 == g]
            first = found.last[of] % 1000 - 7.5  # of the rows of the group
            spans.append((first.min(), (first + 7 + ahead).max()))
        assert spans[0][0] == 0
        assert spans[0][1] < spans[1][0] <= spans[1][1] < spans[2][0]
        assert spans[2][1] == size - 1
    rest = np.setdiff1d(np.arange(len(found.x)), np.concatenate(parts))
    assert len(rest) == 3 * 2 * (8 + ahead - 1)  # which would share a row with the part before


def test_so_many_windows_as_memory_has_room_for_unless_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pellucid.tables.forecasts.MOST", 60 * 2 * 8 / 3)
    found = forecasts_of(readings((60,)), 8, 0, 1, "who", "a")
    assert (np.diff(found.begin) == 3).all()
    assert any("--stride says otherwise" in remark for remark in found.remarks)
    assert (np.diff(forecasts_of(readings((60,)), 8, 1, 1, "who", "a").begin) == 1).all()


def test_what_cannot_be_forecast_is_said():
    with pytest.raises(errors.DataError, match="at least 62 rows, as the window and what is ahead of it are, got 3 of"):
        forecasts_of(readings(), 60, 1, 2, "who", "a")
    gap = Table.of({"a": [1.0, 2.0, None, 1.0, 3.0]})
    with pytest.raises(errors.DataError, match="row 2, column 'a': expected a number, as windows have no gaps"):
        forecasts_of(gap, 2, 1, 1, "", "a")
    words = Table.of({"a": [1.0, 2.0, 3.0, 4.0], "y": ["s", "r", "s", "r"]})
    with pytest.raises(errors.DataError, match=r"column 'y': expected numbers to forecast, .*category. Leave --ahead"):
        forecasts_of(words, 2, 1, 1, "", "y")
    few = forecasts_of(readings((100,)), 8, 1, 1, "who", "a")
    with pytest.raises(errors.DataError, match=r"share no rows, .* Those to watch are too few: take a larger --valid"):
        parted_in_time(few, (0.2, 0.1))
    assert all(len(part) for part in parted_in_time(few, (0.2, 0.3)))
    with pytest.raises(errors.DataError, match="which share no rows"):
        parted_in_time(forecasts_of(readings((30,)), 8, 1, 1, "who", "a"), (0.2, 0.1))
