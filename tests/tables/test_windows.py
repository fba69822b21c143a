"""Windows of readings: within their groups, and whole groups in one part."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from pellucid import errors
from pellucid.tables import Table, parted, windows_of


def readings(groups: int = 6, rows: int = 20) -> Table:
    """Of each group in turn a row, so that groups lie in each other; the reading tells group and time, 3·a mod 20."""
    who = [f"p{g}" for _ in range(rows) for g in range(groups)]
    values = [100.0 * g + 7 * t % 20 for t in range(rows) for g in range(groups)]
    does = ["sit" if t < rows // 2 else "run" for t in range(rows) for _ in range(groups)]
    return Table.of({"who": who, "a": values, "b": [-v for v in values], "note": ["x"] * len(who), "does": does})


def test_no_window_goes_over_from_one_group_to_another():
    found = windows_of(readings(), 8, 3, "who", "does")
    a = found.x[:, :, 0]
    assert found.channels == ("a", "b")
    assert (np.diff(a, axis=1) % 20 == 7).all()  # in the order of time
    assert (a // 100 == found.group[:, None]).all()
    assert len(found.x) == 6 * 5  # begun at 0, 3, 6, 9 and 12
    assert (found.first == 3 * a[:, 0] % 20 * 6 + found.group).all()  # rows of the file
    assert any("note (is always x)" in remark for remark in found.remarks)


def test_the_target_is_that_of_most_rows():
    found = windows_of(readings(1), 8, 1, "who", "does", ["a"])
    begin = 3 * found.x[:, 0, 0] % 20
    assert found.y is not None
    assert (found.y == np.where(begin + 8 - 10 >= 4, "run", "sit")).all()  # half and half: the later one
    assert "Several values of does, of which that of most rows counts: in 7 of 13 windows." in found.remarks


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_group_is_in_one_part(seed: int):
    found = windows_of(readings(10), 8, 2, "who", "does")
    parts = parted(found, True, (0.2, 0.1), seed)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(found.x)))
    groups = [set(found.group[part].tolist()) for part in parts]
    assert [len(one) for one in groups] == [7, 1, 2]
    assert not groups[0] & groups[1] | groups[0] & groups[2] | groups[1] & groups[2]
    folded = [parted(found, True, (0.2, 0.1), seed, (i, 4)) for i in range(4)]
    assert all(set(found.group[test].tolist()) == groups[2] for _, _, test in folded)
    assert sorted(np.concatenate([held for _, held, _ in folded]).tolist()) == sorted({*parts[0], *parts[1]})
    assert not any(set(found.group[train]) & set(found.group[held]) for train, held, _ in folded)


def test_without_groups_later_rows_are_tested_on_and_no_row_is_in_two_parts():
    found = windows_of(readings(1, 200), 8, 2, "", "does")
    parts = parted(found, False, (0.2, 0.1), 0)
    times = [set((found.first[part][:, None] + np.arange(8)).ravel().tolist()) for part in parts]
    assert max(times[0]) < min(times[1]) <= max(times[1]) < min(times[2])
    assert len(parts[2]) > 10


@pytest.mark.parametrize(
    "when", [lambda g, t: 5.5 + t, lambda g, t: 100 * g + t**2, lambda g, t: f"2026-01-{t + 1:02}"]
)
def test_what_rises_as_time_does_is_left_out_and_said(when: Callable[[int, int], object]):
    table = readings(3)
    clock = [when(g, t) for t in range(20) for g in range(3)]
    table = Table.of({**table.columns, "clock": clock, "back": clock[::-1]})
    found = windows_of(table, 8, 3, "who", "does")
    assert found.channels[:2] == ("a", "b")
    assert "clock" not in found.channels
    (said,) = (remark for remark in found.remarks if remark.startswith("Left out: "))
    assert "clock (rises from row to row, as time does)" in said or "clock (holds no numbers)" in said
    assert "back falls from row to row: if it is the time, put the earliest rows first." in found.remarks
    if isinstance(clock[0], str):
        return
    asked = windows_of(table, 8, 3, "who", "does", ["clock"])  # by its name
    assert asked.channels == ("clock",)
    jumps = [*clock[:30], clock[30] - 1e4, *clock[31:]]  # once
    assert "clock" in windows_of(Table.of({**table.columns, "clock": jumps}), 8, 3, "who", "does").channels
    with pytest.raises(errors.DataError, match=r"got none but clock \(rises from row to row.*: --keep COLUMN"):
        windows_of(Table.of({"clock": clock[::3]}), 8, 3)


def test_what_cannot_be_cut_is_said():
    table = readings()
    with pytest.raises(
        errors.DataError, match=r"a group of at least 21 rows, as the window is, got 6 of at most 20 rows"
    ):
        windows_of(table, 21, 1, "who")
    short = table.take(np.arange(len(table) - 6 * 15 + 1))  # one of them is longer
    assert "Fewer than 6 rows, and so no window: 5 of 6 groups." in windows_of(short, 6, 1, "who").remarks
    for cells, said in (
        ({"a": [1.0, None, 2.0]}, r"table, row 1, column 'a': expected a number, as windows have no gaps"),
        ({"a": [1.0, 2.0, 3.0], "y": ["s", None, "r"]}, r"row 1, column 'y': expected a target in each row"),
        ({"a": [1.0, 2.0, 3.0], "who": ["s", None, "r"]}, r"row 1, column 'who': expected the group of the row"),
        ({"a": ["u", "v", "w"]}, r"expected columns of numbers to read, got none"),
    ):
        with pytest.raises(errors.DataError, match=said):
            windows_of(Table.of(cells), 2, 1, "who" if "who" in cells else "", "y" if "y" in cells else "")
    with pytest.raises(errors.DataError, match="expected numbers, got a column of the kind category"):
        windows_of(table, 8, 1, "who", channels=["does"])
    with pytest.raises(errors.DataError, match="expected at least 3 groups, for each part one, got 2"):
        parted(windows_of(readings(2), 8, 1, "who"), True, (0.2, 0.1), 0)
    with pytest.raises(errors.DataError, match="which share no rows, got 13 in all"):
        parted(windows_of(readings(1), 8, 1), False, (0.2, 0.1), 0)
    with pytest.raises(errors.InvalidArgument, match="--group-by"):
        parted(windows_of(readings(1), 8, 1), False, (0.2, 0.1), 0, (0, 3))
