"""A network's answer to one sample, with every layer's, and what it rests on."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..activations import softmax
from ..arrays import Array
from ..inspection.explaining.viewing import output_view
from ..layers import Layer
from .parts import told_number
from .pictures import Scene
from .reading import channels_of, names_told
from .sample import Sample

MOST_VALUES = 65_536  # of a layer, that are sent


def answered(scene: Scene, sample: Sample) -> dict[str, Any]:
    """What it says, how sure it is, and what each layer answers on the way."""
    layers = {name: scene.last(y) for name, y in scene.walk(sample.x).items()}
    outputs = outputs_of(scene, list(layers.values())[-1].reshape(1, -1))[0]
    names = names_of(scene, len(outputs))
    named = scene.names
    kinds = {named[step.label]: step.layer for step in scene.model.wiring.steps if step.label in named}
    return {
        "said": said(scene, outputs, names),
        "sure": float(outputs.max()) if scene.data.classes else None,
        "outputs": [{"name": name, "value": float(y)} for name, y in zip(names, outputs, strict=True)],
        "seen": sample.x[0].tolist() if scene.is_picture else None,
        "x": sample.x[0].reshape(-1).tolist(),
        "true": true_of(scene, sample.y),
        "row": sample.row,
        "layers": [layer_told(name, kinds[name], y, scene.is_windows) for name, y in layers.items()],
        "why": why(scene, sample.x, outputs),
    }


def layer_told(name: str, layer: Layer, y: Array, through_time: bool = False) -> dict[str, Any]:
    """What a layer answers; of maps, one after another, and `pictures` (N, H, W) of them; of what goes through time
    (1, T, C), one picture with a row for each channel."""
    view, told = output_view(layer, y), {"name": name, "class": type(layer).__name__, "shape": list(y.shape[1:])}
    if through_time and y.ndim == 3:
        y = y[0].T
        told["pictures"] = [1, *y.shape]
    elif view is not None and view.kind == "maps":
        y = view.arrays["maps"]
        told["pictures"] = list(y.shape)
    return {**told, "values": y.reshape(-1)[:MOST_VALUES].astype("float64").round(6).tolist()}


def outputs_of(scene: Scene, y: Array) -> Array:
    """Outputs (N, O) as they are told: probabilities of classes, or numbers in their own units."""
    if scene.data.classes:
        logits = getattr(scene.model.loss, "from_logits", False)
        return np.asarray(softmax(y) if logits else y, "float64")
    return np.asarray(scene.data.restored(y), "float64")


def names_of(scene: Scene, outputs: int) -> list[str]:
    """What the outputs are called."""
    if scene.data.classes:
        return names_told(scene.data)
    targets = scene.data.targets
    return list(targets.names) if targets is not None else [f"y{i}" if outputs > 1 else "y" for i in range(outputs)]


def said(scene: Scene, outputs: Array, names: list[str]) -> str:
    """The answer in a word or a number."""
    if scene.data.classes:
        return names[int(outputs.argmax())]
    if scene.data.labels:
        return ", ".join(name for name, p in zip(names, outputs, strict=True) if p >= 0.5) or "none"
    return "; ".join(told_number(y, scene.data.decimal) for y in outputs)


def true_of(scene: Scene, y: Array | None) -> str | None:
    """The target of a sample in the same words."""
    if y is None:
        return None
    if scene.data.classes:
        return names_of(scene, scene.data.classes)[int(y.reshape(-1)[-1])]
    own = np.asarray(scene.data.restored(y.reshape(1, -1)), "float64")[0]
    return said(scene, own, names_of(scene, len(own)))


def why(scene: Scene, x: Array, outputs: Array) -> list[dict[str, Any]] | None:
    """How far the answer moves where each column, of windows each channel at all steps, is put to its middle instead;
    None for pictures and texts."""
    if (len(scene.shape) != 1 and not scene.is_windows) or scene.is_text:
        return None
    _, spans = columns_of(scene)
    if "middle" not in scene.kept:
        rows = np.asarray(scene.data.x_train[:2000], "float64")
        scene.kept["middle"] = rows.mean(axis=tuple(range(rows.ndim - 1)))
    others = np.repeat(np.asarray(x, "float64"), len(spans), axis=0)
    for row, (_, first, last) in enumerate(spans):
        others[row, ..., first:last] = scene.kept["middle"][first:last]
    told = int(outputs.argmax()) if scene.data.classes else 0
    moved = outputs[told] - outputs_of(scene, scene.answers(others))[:, told]
    size = float(np.abs(moved).sum()) or 1.0
    found = [{"input": name, "share": float(by / size), "moved": float(by)}
             for (name, _, _), by in zip(spans, moved, strict=True)]  # fmt: skip
    return sorted(found, key=lambda one: -abs(one["share"]))


def columns_of(scene: Scene) -> tuple[int, list[tuple[str, int, int]]]:
    """(how many inputs there are; the name of each column, its first input and that after its last)."""
    table, spans, at = scene.table, [], 0
    if table is None:
        n = scene.shape[-1]
        names = channels_of(scene.data) if scene.is_windows else [f"input {i + 1}" for i in range(n)]
        return n, [(name, i, i + 1) for i, name in enumerate(names)]
    for column in table.encoder.columns:
        spans.append((column.name, at, at + column.width))
        at += column.width
    return at, spans


def inputs_of(scene: Scene) -> list[str]:
    """What each single input is called: "age", "age: missing", "sex: male"."""
    table, found = scene.table, []
    columns = {column.name: column for column in table.encoder.columns} if table is not None else {}
    for name, first, last in columns_of(scene)[1]:
        missing, levels = (getattr(columns.get(name), of, ()) for of in ("missing", "levels"))
        own = last - first - bool(missing)
        several = [*levels, *("other" for _ in range(own - len(levels)))] if levels else range(1, own + 1)
        found += [name] if own == 1 and not levels else [f"{name}: {one}" for one in several]
        found += [f"{name}: missing"] if missing else []
    return found
