"""What the commands print."""

from __future__ import annotations

import sys
from typing import Any

from rich.console import Console
from rich.table import Table

from ..actions.apply import predictions_csv
from ..actions.runs import Run
from ..actions.spec import TrainSpec
from ..actions.train import Started, chain
from ..arrays import Array
from ..data import datasets


class _Console(Console):
    def on_broken_pipe(self) -> None:
        """Leave it to the command, where rich would end the program itself."""
        raise BrokenPipeError


console = _Console(highlight=False, soft_wrap=True)
_begun: list[Run] = []  # by this command


def line(text: str) -> None:
    """One line."""
    console.print(text, markup=False)


def error(text: str) -> None:
    """One line on standard error."""
    print(text, file=sys.stderr)


def waiting(text: str) -> None:
    """What is going on, for those who sit in front of it."""
    if sys.stderr.isatty():
        error(text)


def spec(given: TrainSpec) -> None:
    """What was asked for."""
    line(given.to_toml())


def begun() -> bool:
    """Whether this command has begun a run."""
    return bool(_begun)


def interrupted() -> None:
    """Ctrl-C: what can be done with what there is."""
    on = f" Go on with: pellucid train --resume {_begun[-1].path}" if _begun else ""
    error(f"Interrupted; all files are whole.{on}")


def started(event: Started) -> None:
    """What is about to be trained."""
    _begun.append(event.run)
    data, model = event.data, event.model
    kind = f"{data.classes} classes" if data.classes else "numbers to predict"
    held = len(data.validation[0]) if data.validation else 0
    line(
        f"{event.spec.data}: {len(data.x_train)} samples to train on, {held} to watch, {len(data.x_test)} to test on; "
        f"{kind}"
    )
    line(f"{chain(model)}: {model.count_params():,} parameters, {event.epochs} epochs at most, seed {event.spec.seed}")


def judged(metrics: dict[str, Any]) -> None:
    """Test loss and scores; per class and as a confusion matrix, where there are classes."""
    if "confusion_matrix" in metrics:
        _per_class(metrics)
        if len(metrics["confusion_matrix"]) <= 20:
            _confusion(metrics["confusion_matrix"])
    shown = ("loss", "accuracy", "precision", "recall", "f1", "mean_absolute_error", "root_mean_squared_error", "r2")
    scores = " · ".join(f"{name.replace('_', ' ')} {metrics[name]:.4f}" for name in shown if name in metrics)
    line(f"Test on {metrics['samples']} samples: {scores}")


def _per_class(metrics: dict[str, Any]) -> None:
    table = Table(title="Per class")
    for name in ("class", "precision", "recall", "F1", "samples"):
        table.add_column(name, justify="right")
    for row in metrics["per_class"]:
        scores = [f"{row[name]:.4f}" for name in ("precision", "recall", "f1")]
        table.add_row(str(row["class"]), *scores, str(row["support"]))
    console.print(table)


def _confusion(matrix: list[list[int]]) -> None:
    table = Table(title="Confusion matrix (rows: true, columns: predicted)")
    table.add_column("")
    for c in range(len(matrix)):
        table.add_column(str(c), justify="right")
    for c, row in enumerate(matrix):
        table.add_row(
            str(c), *("·" if n == 0 else f"[bold]{n}[/bold]" if c == i else str(n) for i, n in enumerate(row))
        )
    console.print(table)


def kept(run: Run) -> None:
    """Where everything is."""
    line(f"Kept in {run.path}: model.keras, spec.toml, history.csv, probes.csv, metrics.json")


def predictions(outputs: Array, total: int, classifier: bool) -> None:
    """The first predictions, as CSV."""
    line(predictions_csv(outputs, classifier).rstrip())
    if total > len(outputs):
        line(f"... {total - len(outputs)} more; --out FILE.csv writes all")


def catalogue() -> None:
    """The data sets."""
    table = Table()
    for name in ("name", "samples", "shape", "classes", "where", "licence", "source"):
        table.add_column(name)
    for info in datasets.catalogue():
        shape = "x".join(map(str, info.shape))
        classes = str(info.classes or "numbers")
        table.add_row(info.name, str(info.samples), shape, classes, info.where, info.licence, info.source)
    console.print(table)
