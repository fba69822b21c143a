"""`pellucid evaluate`, `predict` and `summary`: what a trained network says, and what it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ..actions import apply
from ..actions.runs import find, open_model
from ..errors import count
from . import show
from .options import Rows, Trained
from .working import Working


def evaluate_command(run: Trained, data: Rows = None) -> None:
    """Test a trained network, on its own test data or on yours."""
    with Working("The network is judged"):
        metrics = apply.evaluate(run, data)
    show.judged(metrics)


def predict_command(
    run: Trained,
    data: Rows = None,
    out: Annotated[Path | None, typer.Option(help="Write all predictions to this CSV file.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many to print.")] = 10,
) -> None:
    """Predict with a trained network: CSV, a line for each row."""
    if out is not None:
        apply.check_out(out, data)
    with Working("The network predicts"):
        found = apply.predicted(run, data)
        if out is not None:
            written = apply.write_predictions(out, found)
        else:
            found, total = apply.first_of(found, rows)
    if out is not None:
        show.line(f"{count(written, 'prediction')} in {out}")
    else:
        show.predictions(found, total)


def summary_command(run: Trained) -> None:
    """Show how a network was trained, and its layers."""
    if run.is_dir():
        show.spec(find(run).read_spec())
    open_model(run)[0].summary()
