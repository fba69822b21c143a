"""A report: a finished run in, one HTML file out."""

from __future__ import annotations

import json
import math
import platform
import shlex
from collections.abc import Mapping
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as version_of
from pathlib import Path
from typing import Any

import numpy as np

from ..__about__ import version
from ..activations import softmax
from ..arrays import Array
from ..data import datasets
from ..errors import DataError, FileError, Told
from ..files import write_text_whole
from ..layers import Dense, Dropout, Flatten, Identity, Normalization, Rescaling
from ..models import Sequential
from ..reports import Contents, LayerRow, Sizes, render
from ..reports.words import number
from ..tables.cells import as_text, cell_of, with_decimal
from .data import prepare
from .doctor import examine_run
from .judging import baseline, judge_test, plainest
from .kinds.rows import TableRows
from .kinds.text import Text
from .kinds.windows import TableForecasts, Windows
from .prepared import Prepared
from .runs import Run, find, open_model
from .searched import searched
from .train import chain
from .writing import write

SAME = 1e-3  # by how much the loss may differ from the one in metrics.json, relatively: other machines round otherwise
WRITTEN = 600  # characters that a network of a text writes
TRANSPARENT = (Flatten, Rescaling, Normalization, Dropout, Identity)  # behind these, each input is still itself


def report(path: Path, out: Path | None = None) -> Path:
    """Write the report of the finished run in this folder, whole: to `out`, or to report.html beside its other files.

    Raises FileError for a run that is not finished and for what is no run, and DataError where the data is no longer
    what the run was judged on.
    """
    return write_text_whole(Run(path).report if out is None else out, render(contents(path)))


def contents(path: Path) -> Contents:
    """All that the report of a run tells."""
    run = _finished(path)
    kept = _metrics(run)
    model, spec = open_model(path)
    assert spec is not None
    data = prepare(spec, run.reader())
    metrics = judge_test(model, data)
    _check_same(run, spec.data, kept, metrics)
    metrics |= plainest(data.restored(data.y_test), data.last)
    of_text = isinstance(data, Text)  # what the network writes says more than rows
    rows = slice(0 if of_text else None)
    logits = data.classes and getattr(model.loss, "from_logits", False)

    def predict(x: Array) -> Array:
        y = model.predict(x, batch_size=1024, verbose=0)
        return softmax(y) if logits else data.restored(y)

    return Contents(
        run=str(path), data=_called(spec.data), chain=chain(model), spec=spec.to_toml(),
        command=f"pellucid train {shlex.quote(str(run.spec))}",
        sizes=Sizes(len(data.x_train), len(data.validation[0]) if data.validation else 0, len(data.x_test)),
        classes=data.classes, layers=_layers(model), history=_history(run),
        baseline=baseline(data),
        metrics={**metrics, **{k: kept[k] for k in ("epochs", "seconds", "seed")}, "parameters": model.count_params()},
        x=data.x_test[rows], y=data.restored(data.y_test)[rows],
        outputs=data.y_test[rows] if of_text else predict(data.x_test), predict=predict, kernel=_kernel(model),
        looks=run.read_looks(), findings=[asdict(found) for found in examine_run(path)], versions=_versions(kept),
        names=data.names, windows=isinstance(data, Windows), search=searched(run) if run.search.exists() else None,
        decimal=data.decimal, written="".join(write(path, length=WRITTEN)).strip("\n") if of_text else "",
        **_of_rows(data),
    )  # fmt: skip


def _called(data: str) -> str:
    """A data set's name as people read it, or a file's without the way to it."""
    labels = {info.name: info.label for info in datasets.catalogue()}
    return labels.get(data) or Path(data).name


def _of_rows(data: Prepared) -> dict[str, Any]:
    """What test samples are in their file: rows of a table, or windows of one."""
    if isinstance(data, TableForecasts):
        ahead = data.ahead
        places = [f"row {row}" for row in ahead.ends]
        return {"targets": ahead.targets.names, "ahead": ahead.rows, "places": places, "columns": ["last value"],
                "cells": lambda row: [with_decimal(number(float(ahead.last[row])), data.decimal)]}  # fmt: skip
    if not isinstance(data, TableRows):
        return {}
    table = data.table
    columns, test = [column.name for column in table.encoder.columns], table.test
    return {"targets": table.targets.names, "places": [test.spot(row) for row in range(len(test))], "columns": columns,
            "cells": lambda row: [as_text(cell_of(test[name], row)) or "" for name in columns]}  # fmt: skip


def _finished(path: Path) -> Run:
    where = f"report {path}"
    if path.is_file():
        fix = (
            "A model's file knows neither its data nor how it was trained: pass the folder that `pellucid train` made."
        )
        raise FileError(where, "the folder of a run", Told("a file"), fix)
    run = find(path)
    if not run.done:
        raise run.unfinished(where, run.metrics.name)
    return run


def _metrics(run: Run) -> dict[str, Any]:
    where = f"report, file {run.metrics}"
    try:
        kept = json.loads(run.metrics.read_text(encoding="utf-8"))
    except (OSError, ValueError) as problem:
        raise FileError(
            where, "the JSON that a run ends with", Told(getattr(problem, "strerror", None) or str(problem))
        ) from problem
    needed = ("samples", "loss", "epochs", "seconds", "seed")
    lacking = [key for key in needed if not isinstance(kept, dict) or not isinstance(kept.get(key), int | float)]
    if lacking:
        raise FileError(where, f"the numbers {', '.join(needed)}", Told(f"none for {', '.join(lacking)}"))
    return dict(kept)


def _check_same(run: Run, data: str, kept: Mapping[str, Any], found: Mapping[str, Any]) -> None:
    """Whether the model does on its data what it did when the run ended."""
    if kept["samples"] == found["samples"] and math.isclose(kept["loss"], found["loss"], rel_tol=SAME, abs_tol=1e-6):
        return
    if not math.isfinite(kept["loss"]) and not math.isfinite(found["loss"]):
        return
    raise DataError(
        f"report {run.path}, data {data}",
        f"the test data that the run was judged on, {kept['samples']} samples with a loss of {kept['loss']:.6g}",
        Told(f"{found['samples']} samples with a loss of {found['loss']:.6g}"),
        "Put the data and spec.toml back as they were, or train again.",
    )


def _history(run: Run) -> dict[str, list[float]]:
    """history.csv as History.history has it."""
    history = run.read_history()
    if "loss" not in history:
        expected = "a column `loss` of numbers, a row for each epoch"
        raise FileError(f"report, file {run.history}", expected, Told("none"))
    return history


def _layers(model: Sequential) -> list[LayerRow]:
    rows = []
    for path, layer in model.leaves():
        activation = layer.get_config().get("activation")
        named = activation if isinstance(activation, str) else ""
        shape = " × ".join(map(str, layer.output_shape[1:]))
        rows.append(LayerRow(path, type(layer).__name__, shape, layer.count_params(), named))
    return rows


def _kernel(model: Sequential) -> Array | None:
    """The first Dense layer's kernel (I, O), if each of its inputs is one of the network's."""
    for _, layer in model.leaves():
        if isinstance(layer, Dense):
            kernel = np.asarray(layer.kernel)
            return kernel if len(kernel) == math.prod(model.shape or ()) else None
        if not isinstance(layer, TRANSPARENT):
            return None
    return None


def _versions(kept: Mapping[str, Any]) -> dict[str, str]:
    found = {"Pellucid, at the training": str(kept.get("pellucid", "not told")), "Pellucid": version}
    found["Python"] = platform.python_version()
    for package in ("numpy", "numba"):
        try:
            found[package] = version_of(package)
        except PackageNotFoundError:
            continue
    return {**found, "system": f"{platform.system()} {platform.machine()}"}
