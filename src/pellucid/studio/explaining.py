"""One sample stepped through a network, forward and back, every number at hand."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, Told
from ..inspection.explaining import Explanation, Step
from ..inspection.explaining.step import number
from ..web.refused import Refused
from . import frames
from .pictures import Scene
from .predicting import names_of, outputs_of, said, true_of
from .sample import Sample

KEPT = 8  # explanations, of which numbers may be asked
TOLD = 24  # characters of a text
MOST = 4096  # numbers of an array that are sent at once


class Explained:
    """Explanations that were given, by their keys."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Explanation] = OrderedDict()
        self._numbers = itertools.count(1)

    def explain(self, scene: Scene, sample: Sample) -> dict[str, Any]:
        """The step that training would take next on this sample; without a target, the way forward."""
        if scene.is_text:  # of which the last characters are told in full
            sample = sample._replace(x=sample.x[:, -TOLD:], y=None if sample.y is None else sample.y[:, -TOLD:])
        found = scene.model.explain(sample.x, sample.y)
        key = f"e{next(self._numbers)}"
        self._kept[key] = found
        if len(self._kept) > KEPT:
            self._kept.popitem(last=False)
        outputs = outputs_of(scene, scene.answers(sample.x))[0]
        told = {**found.to_dict(), "key": key, "true": true_of(scene, sample.y)}
        told["said"] = said(scene, outputs, names_of(scene, len(outputs)))
        told["steps"] = [
            {
                "phase": step.phase, "name": step.name, "kind": step.kind, "formula": step.formula,
                "inputs": _arrays(step.inputs), "outputs": _arrays(step.outputs), "notes": list(step.notes),
            }
            for step in found.steps
        ]  # fmt: skip
        return told

    def why(self, key: Any, name: Any, index: Any) -> dict[str, Any]:
        """Where a number of an explanation comes from."""
        places = index if isinstance(index, list) else [None]
        if not isinstance(name, str) or not all(isinstance(i, int) and not isinstance(i, bool) for i in places):
            raise InvalidArgument("why", "a name, and an index of whole numbers", Told(f"{name} {index}"[:100]))
        found = self._find(key).why(name, *places)
        views = [{**view.to_dict(), "arrays": _arrays(view.arrays)} for view in found.views]
        return {**found.to_dict(), "views": views}

    def views(self, key: str, step: int) -> bytes:
        """A step as pictures: what is said of each, and their arrays by the number of the picture and their name."""
        found = self._find(key)
        views = found.views(self._step(found, step))
        arrays = {
            f"{i}.{name}": np.asarray(a, "float32") for i, view in enumerate(views) for name, a in view.arrays.items()
        }
        return frames.packed({"views": [view.to_dict() for view in views]}, arrays)

    def piece(self, key: str, step: int, letter: str, first: int, last: int) -> dict[str, Any]:
        """A part of an array that is too long to be sent at once."""
        values = self._step(self._find(key), step)[letter].reshape(-1)[max(first, 0) : min(last, max(first, 0) + MOST)]
        return {"from": max(first, 0), "values": [number(float(v)) for v in values]}

    def _step(self, found: Explanation, step: int) -> Step:
        if not 0 <= step < len(found.steps):
            raise InvalidArgument("explain, step", f"a step from 0 to {len(found.steps) - 1}", step)
        return found.steps[step]

    def _find(self, key: Any) -> Explanation:
        if not isinstance(key, str) or key not in self._kept:
            raise Refused(404, "explanation", "the key of one of the last", str(key)[:20], "Explain the sample again.")
        return self._kept[key]


def _arrays(arrays: Mapping[str, Array]) -> dict[str, Any]:
    return {letter: _array(np.asarray(array)) for letter, array in arrays.items()}


def _array(array: Array) -> dict[str, Any]:
    values = array.reshape(-1)
    if values.size <= MOST:
        return {"shape": list(array.shape), "values": [number(float(v)) for v in values]}
    wide = values.astype("float64")
    summary = {"min": number(float(wide.min())), "max": number(float(wide.max())), "mean": number(float(wide.mean()))}
    return {"shape": list(array.shape), "values": None, "summary": summary}
