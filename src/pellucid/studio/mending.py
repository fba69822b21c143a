"""What a block lacks in front of it that one click can put there: {"says", "words", "at": a place, "block"}; where
nothing would do, {"says"} alone."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from typing import Any

from ..arrays import Shape
from ..errors import PellucidError, ShapeError
from ..layers.channels import Channels
from ..layers.recurrent import Recurrent


def shaped(problem: PellucidError, layer: Any, shape: Shape, index: int, of_data: Shape) -> dict[str, Any] | None:
    """What brings the numbers that come to a layer into a shape that it takes; None where there is no telling. of_data:
    the shape of a sample, as the data have it."""
    if not isinstance(problem, ShapeError):
        return None
    wanted = _wanted(layer, shape, of_data)
    rows = "a row of numbers" if len(shape) == 1 else " × ".join(map(str, shape)) + " numbers"
    if wanted is None or math.prod(wanted) != math.prod(shape):
        if not (isinstance(layer, Channels) and layer.axes == 2 and len(shape) == 1):
            return None
        instead = "Take it out, or put it where pictures come."
        return {"says": f"It works on pictures; what comes to it here is {rows}. {instead}"}
    size = " × ".join(map(str, wanted))
    kind = "pictures" if len(wanted) > 2 else "sequences, step by step"
    return {
        "says": f"It works on {kind}; what comes to it here is {rows}.",
        "words": f"Bring it into the form {size}",
        "at": [index],
        "block": {"class": "Reshape", "target_shape": list(wanted)},
    }


def flattened(blocks: Sequence[Mapping[str, Any]], entries: int) -> dict[str, Any] | None:
    """What makes one row of maps or steps, before neurons that are joined to all of them give the answer."""
    for before, block in itertools.pairwise(blocks):
        if block["class"] == "Dense" and len(before["output"]) > 1:
            size = " × ".join(map(str, before["output"]))
            return {
                "says": f"An answer is made of a row of numbers; what comes to it here is {size} numbers.",
                "words": "Make one row of them",
                "at": [entries if block["entry"] is None else block["entry"][0]],
                "block": {"class": "Flatten"},
            }
    return None


def _wanted(layer: Any, shape: Shape, of_data: Shape) -> Shape | None:
    """The shape that a layer would take."""
    attention = isinstance(layer, Mapping)  # which is told as the spec has it, as it is made for a shape
    steps = attention or isinstance(layer, Recurrent) or (isinstance(layer, Channels) and layer.axes == 1)
    pictures = isinstance(layer, Channels) and layer.axes == 2
    same = math.prod(of_data) == math.prod(shape)
    if pictures and len(shape) == 2:
        return (*shape, 1)
    if pictures and same:
        return of_data if len(of_data) == 3 else (*of_data, 1) if len(of_data) == 2 else None
    if steps and same and len(of_data) == 2:
        return of_data
    return (*shape, 1) if steps and len(shape) == 1 else None
