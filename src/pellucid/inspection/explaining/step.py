"""A step of an explanation: what one part computed, from what, by which formula."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import UnknownName

PHASES = ("forward", "loss", "backward", "update")
PIECES = re.compile(r", (?=\S+ (?:=|←) )")  # between one formula and the next


@dataclass(frozen=True, repr=False, eq=False)
class Step:
    """One thing that was computed: by which part, by which formula, from what, and what came out.

    phase: "forward", "loss", "backward" or "update". name: the layer's path ("dense", "encoder/dense"), the loss's
    name, or the parameter's ("dense/kernel"). kind: the class of the part. inputs, outputs: arrays by their letters.
    """

    phase: str
    name: str
    kind: str
    formula: str
    inputs: Mapping[str, Array]
    outputs: Mapping[str, Array]
    notes: Sequence[str] = ()

    def __getitem__(self, letter: str) -> Array:
        """An array by its letter, what came out before what went in."""
        for arrays in (self.outputs, self.inputs):
            if letter in arrays:
                return arrays[letter]
        raise UnknownName(f"explanation, {self.phase} of {self.name!r}", letter, [*self.outputs, *self.inputs])

    def __repr__(self) -> str:
        return f"<Step {self.phase} {self.name}: {self.formula}>"

    def to_dict(self) -> dict[str, Any]:
        """The step as lists and numbers."""
        return {
            "phase": self.phase,
            "name": self.name,
            "kind": self.kind,
            "formula": self.formula,
            "inputs": {letter: plain(array) for letter, array in self.inputs.items()},
            "outputs": {letter: plain(array) for letter, array in self.outputs.items()},
            "notes": list(self.notes),
        }


def plain(array: Array) -> Any:
    """An array as nested lists; NaN and infinities, which JSON lacks, by their names."""
    if np.isfinite(array).all():
        return array.tolist()
    return _named(array.tolist())


def _named(value: Any) -> Any:
    return [_named(v) for v in value] if isinstance(value, list) else number(value)


def number(value: float) -> float | str:
    """A number, or the name of what is none.

    >>> number(0.5), number(float("nan")), number(float("-inf"))
    (0.5, 'nan', '-inf')
    """
    return value if math.isfinite(value) else str(float(value))
