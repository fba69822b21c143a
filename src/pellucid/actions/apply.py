"""Use a trained model: judge it on data, or predict."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..data.checking import as_features, as_targets
from ..errors import DataError, InvalidArgument
from ..files import write_text_whole
from ..models import Sequential
from .data import flat, load, rows
from .judging import judge
from .runs import open_model
from .spec import TrainSpec


class Opened(NamedTuple):
    """A trained model and the rows to use it on."""

    model: Sequential
    x: Array
    y: Array | None
    classifier: bool


def evaluate(path: Path, data: str | None) -> dict[str, Any]:
    """How well a run (its folder) or a .keras file does on the test part of a data set, or on an .npz file."""
    model, x, y, classifier = opened_for(path, data)
    if y is None:
        raise DataError(f"data {data}", "targets y to compare with", None, "Use predict for data without targets.")
    y = flat(as_targets(f"data {data}, y", y, len(x)))
    return judge(model, x, y, model.output_shape_for(x.shape[1:])[-1] if classifier else 0)


def predict(path: Path, data: str | None) -> tuple[Array, bool]:
    """(outputs (N, O), whether they are class probabilities) for the rows of a data set's test part or a file's x."""
    model, x, _, classifier = opened_for(path, data)
    return model.predict(x, batch_size=1024, verbose=0), classifier


def predictions_csv(outputs: Array, classifier: bool) -> str:
    """Predictions as CSV: for classes the label and each class's probability, otherwise the outputs."""
    flat_outputs = outputs.reshape(len(outputs), -1)
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    names = [f"p{c}" if classifier else f"y{c}" for c in range(flat_outputs.shape[1])]
    writer.writerow(["row", *(["class"] if classifier else []), *names])
    for i, row in enumerate(flat_outputs):
        label = [int(row.argmax())] if classifier else []
        writer.writerow([i, *label, *(np.format_float_positional(v, unique=True, trim="0") for v in row)])
    return file.getvalue()


def write_predictions(out: Path, outputs: Array, classifier: bool) -> None:
    """Write them to a file, whole."""
    write_text_whole(out, predictions_csv(outputs, classifier))


def opened_for(path: Path, data: str | None) -> Opened:
    model, spec = open_model(path)
    name = data or (spec.data if spec else None)
    if name is None:
        raise InvalidArgument("argument DATA", "a data set's name or an .npz file", None, "A .keras file does not say.")
    x, y = _rows(name, spec)
    return Opened(model, as_features(f"data {name}, x", x, model.shape), y, _is_classifier(model, spec))


def _rows(name: str, spec: TrainSpec | None) -> tuple[Array, Array | None]:
    """The rows a data set has for testing: of the run's own, the ones it was not trained on."""
    return load(name, spec.seed)[1] if spec is not None and name == spec.data else rows(name)


def _is_classifier(model: Sequential, spec: TrainSpec | None) -> bool:
    """Whether the outputs are one number per class: a run's spec may say so, else the loss does."""
    if spec is not None and spec.task != "auto":
        return spec.task == "classification"
    return model.compiled and "categorical" in model.loss.name
