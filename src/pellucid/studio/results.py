"""How well a network does on the rows to test on: right and wrong answers, examples of each, and the worst mistakes."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..actions.judging import MOST_IN_MATRIX, WINDOWS, judge_test
from ..arrays import Array
from ..errors import InvalidArgument, Told
from ..metrics import confusion_matrix
from ..plots.mistakes import mistakes
from .parts import plain_cell, told_number
from .pictures import Scene
from .predicting import names_of, outputs_of
from .reading import before, few, task_of, windows_told

WORST, EXAMPLES, POINTS = 24, 24, 2000


def results(scene: Scene) -> dict[str, Any]:
    """The table of answers, and the worst of them."""
    data = scene.data
    judged = judge_test(scene.model, data)
    outputs = _outputs(scene)
    names = names_of(scene, outputs.shape[1])
    told: dict[str, Any] = {
        "task": task_of(data), "samples": judged["samples"], "classes": names, "metrics": judged
    }  # fmt: skip
    if data.classes:
        y = _right(scene)
        worst = [one.row for one in mistakes(y, outputs, WORST)]
        matrix = judged.get("confusion_matrix")
        if scene.is_text and data.classes <= MOST_IN_MATRIX:
            matrix = confusion_matrix(y, outputs.argmax(axis=1), num_classes=data.classes).astype(int).tolist()
        return {
            **told, "matrix": matrix, "most": MOST_IN_MATRIX,
            "accuracy": judged.get("accuracy"), "per_class": judged.get("per_class"),
            "worst": [example(scene, row, outputs) for row in worst],
        }  # fmt: skip
    true = np.asarray(data.restored(data.y_test), "float64").reshape(outputs.shape)
    worst = np.argsort(-np.abs(true - outputs).sum(axis=1), kind="stable")[:WORST].tolist()
    pairs = np.stack([true[:POINTS, 0], outputs[:POINTS, 0]], axis=1)
    return {**told, "points": pairs.tolist(),
            "worst": [example(scene, row, outputs) for row in worst]}  # fmt: skip


def cell(scene: Scene, true: int, said: int) -> list[dict[str, Any]]:
    """Examples of one class that were taken for another, or for itself."""
    if not scene.data.classes:
        raise InvalidArgument("results, cell", "a network that tells classes", Told("one that tells numbers"))
    for name, one in (("true", true), ("said", said)):
        if not 0 <= one < scene.data.classes:
            raise InvalidArgument(f"results, {name}", f"a class from 0 to {scene.data.classes - 1}", one)
    outputs = _outputs(scene)
    rows = np.flatnonzero((_right(scene) == true) & (outputs.argmax(axis=1) == said))[:EXAMPLES]
    return [example(scene, int(row), outputs) for row in rows]


def example(scene: Scene, row: int, outputs: Array) -> dict[str, Any]:
    """One of the rows to test on, and what was said of it."""
    data, given = scene.data, outputs[row]
    names = names_of(scene, len(given))
    told: dict[str, Any] = {"row": row, "picture": None, "cells": None, "x": None}
    if data.classes:
        y = int(_right(scene)[row])
        loss = -float(np.log(max(float(given[y]), 1e-12)))
        told |= {"true": names[y], "said": names[int(given.argmax())], "sure": float(given.max()), "loss": loss}
    else:
        true = np.asarray(data.restored(data.y_test[row : row + 1]), "float64").reshape(-1)
        told |= {"true": told_number(true[0], data.decimal), "said": told_number(given[0], data.decimal), "sure": None,
                 "loss": float(((true - given) ** 2).mean())}  # fmt: skip
    if scene.is_text:
        return {**told, "text": before(data, data.x_test, row)}
    if scene.is_picture:
        return {**told, "picture": data.x_test[row].tolist()}
    if scene.is_windows:
        return {**told, "window": windows_told(data.x_test[row : row + 1])[0]}
    if (table := scene.table) is not None:
        return {**told, "cells": {name: plain_cell(values[row]) for name, values in table.test.columns.items()}}
    return {**told, "x": data.x_test[row].tolist()}


def _right(scene: Scene) -> Array:
    """The right classes of what is judged: rows, or the places of a text's first windows to test on."""
    y = scene.data.y_test
    return (y[: few(scene.data, y)] if scene.is_text else y).reshape(-1).astype(np.intp)


def _outputs(scene: Scene) -> Array:
    """What it says of all rows to test on, as probabilities or in their own units; of a text, of each place in some."""
    if "outputs" not in scene.kept:
        x = scene.data.x_test
        if scene.is_text:
            y = np.asarray(scene.model.predict(x[: few(scene.data, x)], batch_size=WINDOWS, verbose=0))
            scene.kept["outputs"] = outputs_of(scene, y.reshape(-1, y.shape[-1]))
        else:
            y = np.asarray(scene.model.predict(x, batch_size=1024, verbose=0))
            scene.kept["outputs"] = outputs_of(scene, y.reshape(len(y), -1))
    found: Array = scene.kept["outputs"]
    return found
