"""`pellucid data`: data sets, and what a table is taken for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..errors import DataError, FileError, Told, count
from ..files import write_text_whole
from ..tables import Table, read_table
from ..tables.columns import Column, understand, understood
from ..tables.example import pumps
from . import show

data_app = typer.Typer(
    help="List the data sets, look at a table, or write one to try.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


@data_app.command("list")
def data_list() -> None:
    """List the data sets, with size, origin and licence."""
    show.catalogue()


@data_app.command("example")
def data_example(
    out: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")] = Path("pumps.csv"),
) -> None:
    """Write a table to try, pumps.csv. It holds made-up readings of pumps, free for any use (CC0).

    \b
    pellucid data example
    pellucid train pumps.csv
    """
    text = pumps()
    if out.exists() and out.read_bytes() != text.encode():
        raise FileError(f"writing {out}", "a new file", Told("one that is there already"), "Name another.")
    write_text_whole(out, text)
    show.line(f"{count(len(text.splitlines()) - 1, 'row')} in {out}: train on them with pellucid train {out}")


@data_app.command("show")
def data_show(table: Annotated[str, typer.Argument(help="A table, such as people.csv.", metavar="TABLE")]) -> None:
    """Show how each column of a table is read.

    pellucid data show people.csv
    """
    found = read_table(table)
    show.columns(found, _each(found))


def _each(table: Table) -> list[Column]:
    """What each column is taken for; where a cell makes that unclear, what is wrong with it stands in its place."""
    like, wrong = {}, {}
    for name in table.names:
        try:
            like[name] = understood(table, name)
        except DataError as problem:
            told = str(problem).removeprefix(f"{table.source}, ")
            wrong[name] = Column(name, "unclear", remark=told)
    known = {column.name: column for column in understand(table.without(wrong), like=like)}
    return [wrong.get(name) or known[name] for name in table.names]
