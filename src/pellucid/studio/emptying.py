"""A copy of a table in which nothing stands where a column of numbers holds something else: "ca. 40", "5..1"."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import DataError, PellucidError
from ..files import write_whole
from ..tables import Table, is_large, is_table, read_table
from ..tables.cells import lacking
from ..tables.columns import understood
from .desk import Desk
from .parts import PLACE

SHOWN = 8  # cells that are named


def would_help(desk: Desk, told: Mapping[str, Any], problem: PellucidError) -> bool:
    """Whether such a copy could be learned from where these data cannot."""
    if not isinstance(problem, DataError) or "leave it empty" not in problem.fix:
        return False
    data = desk.spec(told).data
    return is_table(data) and not is_large(data)


def emptied(desk: Desk, told: Mapping[str, Any]) -> dict[str, Any]:
    """The copy, brought like an upload, and which cells are empty in it."""
    table = read_table(desk.spec(told).data)
    columns, cells = dict(table.columns), list[str]()
    for name in table.names:
        columns[name], found = _emptied(table, name)
        cells += found
    _, path = desk.uploads.begin(f"{Path(table.source).name.partition('.')[0]} emptied.csv")
    write_whole(path, lambda file: file.write(_written(columns, len(table)).encode()))
    return {"data": desk.uploads.told(path), "count": len(cells), "cells": cells[:SHOWN]}


def _emptied(table: Table, name: str) -> tuple[Any, list[str]]:
    """(the cells of a column, those told that are empty now): one wrong word after another, wherever it stands."""
    cells, told = table[name].copy(), list[str]()
    while True:
        column = Table({name: cells}, table.rows, table.source, table.lines, decimal=table.decimal)
        try:
            understood(column, name)
            return cells, told
        except DataError as problem:
            wrong = cells == problem.got
            if not wrong.any():
                raise
            places = [PLACE.sub("", table.place(int(row), name)) for row in wrong.nonzero()[0]]
            told += [f"{place}: {problem.got}" for place in places]
            cells[wrong] = None


def _written(columns: Mapping[str, Any], rows: int) -> str:
    held = io.StringIO(newline="")
    writer = csv.writer(held)
    writer.writerow(columns)
    gone = {name: lacking(cells) for name, cells in columns.items()}
    for i in range(rows):
        writer.writerow(["" if gone[name][i] else cells[i] for name, cells in columns.items()])
    return held.getvalue()
