"""What the commands print."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table as RichTable

from ..actions.apply import Predicted, csv_of
from ..actions.kinds.text import Text
from ..actions.runs import Run
from ..actions.spec import TrainSpec
from ..actions.train import Started, chain
from ..data import datasets
from ..data.labels import Names, listed
from ..doctor.telling import changes
from ..errors import count
from ..tables import Table
from ..tables.cells import with_decimal
from ..tables.columns import Column
from ..training.distribution import distribution
from .ending import begun

MOST_CLASSES = 20  # in a table
UNSEEN = {c: repr(chr(c))[1:-1] for c in (*range(32), *range(127, 160)) if chr(c) not in "\n\r\t"}  # a terminal obeys
FOR_NUMBERS = ("mean_absolute_error", "root_mean_squared_error", "r2", "baseline")


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command, where rich would end the program itself."""
        raise BrokenPipeError


console = _Console(highlight=False, soft_wrap=True)


def line(text: str) -> None:
    """One line."""
    console.print(text.translate(UNSEEN), markup=False)


def _cell(text: str) -> str:
    """A table's own words in a cell."""
    return escape(text.translate(UNSEEN))


def spec(given: TrainSpec) -> None:
    """What was asked for."""
    line(given.to_toml())


def started(event: Started) -> None:
    """What is about to be trained."""
    begun.append(event.run.path)
    data, model = event.data, event.model
    for remark in data.remarks:
        line(f"{data.title}: {remark}")
    held = len(data.validation[0]) if data.validation else 0
    trained = count(len(data.x_train), data.sample.format(*data.x_train.shape))
    line(f"{event.spec.data}: {trained} to train on, {held:,} to watch, {len(data.x_test):,} to test on; {data.answer}")
    if data.doubtful:
        meant = "numbers to predict: --task regression" if data.classes else "classes: --task classification"
        line(f"Targets are whole numbers, read as {data.answer}. If they are {meant}")
    classes(data.names if data.unusual and not isinstance(data, Text) else ())
    parameters, epochs = count(model.count_params(), "parameter"), count(event.epochs, "epoch")
    line(f"{chain(model)}: {parameters}, {epochs} at most, seed {event.spec.seed}")
    if ranks := distribution():
        again = f"mpiexec -n {ranks.size} pellucid train --resume {event.run.path}"
        line(f"{ranks.size} processes share each batch. Should one of them die, all end, and this goes on: {again}")
    if event.epochs == 0:
        line("No epochs: nothing is trained, and what follows is of a network as it was drawn.")
    for found in event.findings:
        line(f"Doctor: {found.title}. {found.remedy}" + (f" In a spec: {told}" if (told := changes(found)) else ""))


def classes(names: Names) -> None:
    """The classes' names, where they are not their numbers."""
    if names:
        line(f"Classes, numbered by what occurs, 0 to {len(names) - 1} within the network: {listed(names)}")


def columns(table: Table, found: Sequence[Column]) -> None:
    """What each column of a table is taken for."""
    shown = RichTable()
    for title in ("column", "kind", "different", "missing", "remark"):
        shown.add_column(title)
    for c in found:
        remark = f"{c.dropped}: left out" if c.dropped else c.remark
        shown.add_row(_cell(c.name), c.kind, f"{c.different:,}", f"{c.missing:,}", _cell(remark))
    console.print(shown)
    for remark in (f"{count(len(table), 'row')}", *table.remarks):
        line(remark)


def judged(metrics: dict[str, Any]) -> None:
    """Test loss and scores; per class and as a confusion matrix, where there are classes."""
    if len(metrics.get("per_class", ())) > MOST_CLASSES:
        line(f"{len(metrics['per_class']):,} classes: precision, recall and F1 of each are in metrics.json")
    elif "confusion_matrix" in metrics:
        _each("class", metrics["per_class"])
        _confusion(metrics["confusion_matrix"], [str(row["class"]) for row in metrics["per_class"]])
    if "per_label" in metrics:
        _each("label", metrics["per_label"][:MOST_CLASSES])
        metrics = {name: value for name, value in metrics.items() if name not in FOR_NUMBERS}
    shown = (
        "loss",
        "accuracy",
        "bits_per_character",
        "binary_accuracy",
        "all_labels_right",
        "precision",
        "recall",
        "f1",
        "mean_absolute_error",
        "root_mean_squared_error",
        "r2",
    )
    scores = " · ".join(f"{name.replace('_', ' ')} {_score(metrics, name)}" for name in shown if name in metrics)
    of_text = "bits_per_character" in metrics
    line(f"Test on {count(metrics['samples'], 'character' if of_text else 'sample')}: {scores}")
    if "baseline" in metrics and of_text:
        line(f"By how often each character occurs alone, it would be {metrics['baseline']:.4f} bits")
    elif "baseline" in metrics:
        what = "the commonest class has accuracy" if "accuracy" in metrics else "their mean has root mean squared error"
        line(f"Without looking at the inputs, {what} {_score(metrics, 'baseline')}")
    _beside_the_last(metrics)


def _score(metrics: dict[str, Any], name: str) -> str:
    """A score; errors in the units of a table's column with the decimal mark that it has."""
    own = name.endswith("_error") or (name == "baseline" and "accuracy" not in metrics)
    return with_decimal(f"{metrics[name]:.4f}", metrics.get("decimal", ".") if own else ".")


def _beside_the_last(metrics: dict[str, Any]) -> None:
    """How forecasts do beside the plainest."""
    plain = {name: metrics[f"last_value_{name}"] for name in FOR_NUMBERS if f"last_value_{name}" in metrics}
    if not plain:
        return
    told = ", ".join(f"{name.replace('_', ' ')} {_score(metrics, f'last_value_{name}')}" for name in plain)
    line(f"The plainest forecast, that the last value goes on, has {told}")
    worse = [name.replace("_", " ") for name, value in plain.items() if not metrics[name] < value]
    if worse:
        line(f"The network is not better than that, by {' and '.join(worse)}: forecast with the last value, or train "
             "another network")  # fmt: skip


def _each(what: str, rows: Sequence[dict[str, Any]]) -> None:
    """The scores of each class or label."""
    table = RichTable(title=f"Per {what}")
    for name in (what, "precision", "recall", "F1", "samples"):
        table.add_column(name, justify="right")
    for row in rows:
        scores = [f"{row[name]:.4f}" for name in ("precision", "recall", "f1")]
        table.add_row(_cell(str(row[what])), *scores, str(row["support"]))
    console.print(table)


def _confusion(matrix: list[list[int]], names: list[str]) -> None:
    table = RichTable(title="Confusion matrix (rows: true, columns: predicted)")
    table.add_column("")
    for name in names:
        table.add_column(_cell(name), justify="right")
    for c, row in enumerate(matrix):
        table.add_row(
            _cell(names[c]), *("·" if n == 0 else f"[bold]{n}[/bold]" if c == i else str(n) for i, n in enumerate(row))
        )
    console.print(table)


def kept(run: Run) -> None:
    """Where everything is."""
    line(f"Kept in {run.path}: model.keras, spec.toml, history.csv, probes.csv, metrics.json")


def predictions(found: Predicted, total: int) -> None:
    """The first of so many predictions, as CSV."""
    if total == 0:
        line("No rows, and so no predictions.")
        return
    text = "".join(csv_of(found)).rstrip()
    line(text)
    if (more := total - text.count("\n")) > 0:
        line(f"... {more} more; --out FILE.csv writes all")


def catalogue() -> None:
    """The data sets."""
    table = RichTable()
    for name in ("name", "samples", "shape", "classes", "licence"):
        table.add_column(name)
    for info in datasets.catalogue():
        shape = "x".join(map(str, info.shape)) or info.kind
        table.add_row(info.name, f"{info.samples:,}", shape, str(info.classes or "numbers"), info.licence)
    console.print(table)
    for info in datasets.catalogue():
        line(f"{info.label}: {info.source}; {info.where}")
