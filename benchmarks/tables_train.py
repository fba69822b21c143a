"""What `pellucid train` makes of the rows that benchmarks/tables.py compares on, with its defaults of now and before.

The command gets a CSV file, with the rows to judge on nowhere among those that it trains on, watches or learns columns
from: it wants a test of its own, which the file's last fifth is. The model that it leaves is then asked for all rows to
judge on.
"""

from __future__ import annotations

import csv
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from sklearn.metrics import log_loss, r2_score, root_mean_squared_error

from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.models import load_model
from pellucid.tables import attached

from .table_sets import Array, Columns, Set, Split

BY_SPEC: dict[str, dict[str, Any]] = {
    "pellucid train": {},
    "before": {"frequencies": 0, "scale": "normalize"},  # one network without waves, its columns scaled twice
}

TARGET, PLACE = "what to predict", "its place"  # columns of the file that no set has


def trained(name: str, one: Set, split: Split, seed: int) -> dict[str, float]:
    """How good the model is that the command leaves: score (more is better), loss (less is better), seconds."""
    x, y, x_test, y_test = split
    began = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        some = len(y) // 4  # so that they are a fifth of the file
        write(path, columns(x), y, columns(x_test), y_test[:some])
        spec = TrainSpec(
            data=str(path), target=[TARGET], drop=[PLACE], split_time=PLACE, seed=seed,
            task="classification" if one.classes else "regression", **BY_SPEC[name],
        )  # fmt: skip
        train(spec, out=Path(folder) / "run")
        seconds = time.process_time() - began
        model = load_model(Path(folder) / "run" / "model.keras")
    kept = attached(model)
    assert kept is not None
    outputs = model.predict(kept.encoder.transform(columns(x_test)), verbose=0)
    if one.classes:
        p = outputs.astype(float) / outputs.sum(axis=1, keepdims=True, dtype=float)
        score, loss = float((p.argmax(axis=1) == y_test).mean()), log_loss(y_test, p)
    else:
        found = kept.targets.restored(outputs).reshape(-1)
        score, loss = r2_score(y_test, found), root_mean_squared_error(y_test, found)
    return {"score": float(score), "loss": float(loss), "seconds": seconds}


def columns(x: Any) -> dict[str, list[Any]]:
    """Columns of cells, None where one is missing."""
    if not isinstance(x, Columns):
        return {f"x{i}": x[:, i].tolist() for i in range(x.shape[1])}
    return {name: [None if cell != cell else cell for cell in cells.tolist()] for name, cells in x.items()}


def write(path: Path, x: dict[str, list[Any]], y: Array, x_last: dict[str, list[Any]], y_last: Array) -> None:
    """A CSV file of rows and, behind them, of those for the command's own test, with a column that counts them."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*x, TARGET, PLACE])
        rows = [*zip(*x.values(), strict=True), *zip(*x_last.values(), strict=True)][: len(y) + len(y_last)]
        targets = np.concatenate([y, y_last]).tolist()
        writer.writerows([*row, target, i] for i, (row, target) in enumerate(zip(rows, targets, strict=True)))
