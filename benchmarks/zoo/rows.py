"""A row of the zoo: data, network, training, and the fault planted in one of them, if any."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

# What suits each data set: fields of a TrainSpec, and how many rows to train on. A fault is planted over these.
BASES: Mapping[str, Mapping[str, Any]] = {
    "digits": {"rows": 1000, "layers": [64], "epochs": 40},
    "mnist": {"rows": 2000, "layers": [64], "epochs": 12},
    "titanic": {"rows": 650, "layers": [16], "epochs": 60},
    "diamonds": {"rows": 2000, "layers": [32, 32], "epochs": 15},
    "diamonds_cut": {"rows": 2500, "layers": [32, 32], "epochs": 20},
    "breast_cancer": {"rows": 370, "layers": [16], "epochs": 40, "l2": 1e-3},
    "wine": {"rows": 100, "layers": [16], "epochs": 80, "l2": 1e-3, "learning_rate": 0.01},
    "diabetes": {"rows": 300, "layers": [8], "epochs": 40, "learning_rate": 0.01, "l2": 1e-2},
    "spirals": {"rows": 800, "layers": [32, 32], "epochs": 80, "learning_rate": 0.01},
    "moons": {"rows": 400, "layers": [16], "epochs": 100, "learning_rate": 0.01},
    "circles": {"rows": 400, "layers": [16], "epochs": 60, "learning_rate": 0.01},
    "blobs": {"rows": 400, "layers": [16], "epochs": 20, "learning_rate": 0.01},
    "xor": {"rows": 400, "layers": [16], "epochs": 80, "learning_rate": 0.01},
    "sine": {"rows": 500, "layers": [32, 32], "activation": "tanh", "epochs": 60, "learning_rate": 0.01},
}
CLASSES = {
    "digits": 10, "mnist": 10, "titanic": 2, "diamonds": 0, "diamonds_cut": 5, "spirals": 2, "moons": 2, "circles": 2,
    "blobs": 3, "xor": 2, "sine": 0, "breast_cancer": 2, "wine": 3, "diabetes": 0,
}  # fmt: skip


@dataclass(frozen=True)
class Row:
    """One run."""

    rule: str  # that ought to name the fault first; nothing for a healthy run
    recipe: str  # what was done; its variations differ in the data and the seed
    data: str
    seed: int
    spec: Mapping[str, Any]  # the TrainSpec's fields
    rows: int  # to train on
    plants: tuple[tuple[str, Any], ...] = ()  # (name, argument) of planters.py
    also: frozenset[str] = frozenset()  # rules whose findings are true here, too

    @property
    def name(self) -> str:
        return f"{self.rule or 'healthy'}: {self.recipe}, {self.data}"

    @property
    def group(self) -> str:
        """What must not be in both halves."""
        return f"{self.rule or 'healthy'}: {self.recipe}"

    @property
    def marks(self) -> set[tuple[str, str, str]]:
        """(rule, planter, layer inserted) of each plant of a fault: what rows of different names may have in common."""
        if not self.rule:
            return set()
        return {(self.rule, name, what[0].__name__ if name == "inserted" else "") for name, what in self.plants}


@dataclass(frozen=True)
class Recipe:
    """Runs that differ in their data and seeds only."""

    rule: str
    recipe: str
    data: Sequence[str]
    spec: Mapping[str, Any] = field(default_factory=dict)
    plants: Mapping[str, Any] = field(default_factory=dict)
    hidden: Mapping[str, Any] = field(default_factory=dict)  # arguments of the hidden Dense layers
    output: Mapping[str, Any] = field(default_factory=dict)  # arguments of the last
    also: Sequence[str] = ()

    def rows(self) -> list[Row]:
        made = []
        for name in self.data:
            spec = {**BASES[name], **self.spec}
            rows = spec.pop("rows")
            if self.hidden or self.output:
                spec["layers"] = written_out(spec, CLASSES[name], self.hidden, self.output)
            seed = digest(f"{self.rule} {self.recipe} {name}") % 1000
            plants, also = tuple(self.plants.items()), frozenset(self.also)
            made.append(Row(self.rule, self.recipe, name, seed, {**spec, "seed": seed}, rows, plants, also))
        return made


def written_out(
    spec: Mapping[str, Any], classes: int, hidden: Mapping[str, Any], output: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """A spec's layers as tables, the hidden ones with these arguments, the last with those."""
    activation = {"activation": spec.get("activation", "relu")}
    last = {"units": max(classes, 1), "activation": "softmax" if classes else "linear", **output}
    layers = [{"class": "Dense", "units": units, **activation, **hidden} for units in spec["layers"]]
    return [*layers, {"class": "Dense", **last}]


def digest(text: str) -> int:
    """A number that is the same for the same text on every machine."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:6])
