"""What a trial is judged by, by name: the loss, any metric, or what the network costs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import InvalidArgument, Told
from ..metrics.resolve import WORDS, resolve, settled

COSTS = ("loss", "parameters", "latency")
TRIED, REPEATS = 3, 30  # predictions of one row before those that are timed, and how many those are


@dataclass(frozen=True)
class Measure:
    """A name, and whether more of it is better.

    loss: what `evaluate` gives, penalties included; parameters: how many; latency: milliseconds that one row takes;
    anything else is a metric by Keras's name, the mean over classes or columns where it has a value for each. "max:" or
    "min:" before the name says which way is better.

    >>> Measure.of("accuracy"), Measure.of("crossentropy").more, Measure.of("min:accuracy").more
    (Measure(name='accuracy', more=True), False, False)
    """

    name: str
    more: bool

    @classmethod
    def of(cls, name: str, where: str = "tune, argument metric") -> Measure:
        if not isinstance(name, str):
            raise InvalidArgument(where, "the name of a metric", name)
        way, _, plain = name.rpartition(":")
        if way not in ("", "max", "min"):
            raise InvalidArgument(where, "a name, with max: or min: before it", name)
        if plain in COSTS:
            return cls(plain, way == "max")
        found = settled(plain)
        known = "up" if found in WORDS and WORDS[str(found)] == "accuracy" else "down" if found in WORDS else None
        direction = known or getattr(found, "direction", None)
        if not way and direction is None:
            fix = f"Write max:{plain} or min:{plain}."
            raise InvalidArgument(where, "a metric of which is known which way is better", name, fix)
        return cls(plain, way == "max" if way else direction == "up")

    @property
    def of_outputs(self) -> bool:
        """Whether it needs what the network predicts."""
        return self.name not in COSTS

    def value(self, model: Any, x: Any, y: Array, truth: Array, outputs: Array) -> float:
        """Of a model on rows held out. truth, outputs: targets and predictions in their own units."""
        if self.name == "loss":
            return float(model.evaluate(x, y, batch_size=1024, verbose=0, return_dict=True)["loss"])
        if self.name == "parameters":
            return float(model.count_params())
        if self.name == "latency":
            return latency(model, x[:1])
        value = resolve(self.name, truth.shape, outputs.shape, model.loss)(truth, outputs)
        return float(np.mean(value))


def measures_of(names: str | Sequence[str], default: str) -> list[Measure]:
    """The measures of one name or several; "auto" is the default."""
    given = [names] if isinstance(names, str) or not isinstance(names, Sequence) else list(names)
    if not given:
        raise InvalidArgument("tune, argument metric", "at least one name", Told("none"))
    found = [Measure.of(default if name == "auto" else name) for name in given]
    if len({measure.name for measure in found}) < len(found):
        raise InvalidArgument("tune, argument metric", "names that differ", Told(", ".join(given)))
    return found


def between_equals(measures: Sequence[Measure]) -> list[Measure]:
    """What decides between equals: the loss, where trials are ranked by a share of hits, of which few rows have few."""
    first = measures[0]
    known = any(measure.name == "loss" for measure in measures)
    return [Measure("loss", more=False)] if first.more and first.of_outputs and not known else []


def latency(model: Any, row: Any) -> float:
    """Milliseconds that a prediction of one row takes, the median of many."""
    took = []
    for i in range(TRIED + REPEATS):
        began = time.perf_counter()
        model.predict(row, verbose=0)
        if i >= TRIED:
            took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)
