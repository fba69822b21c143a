"""What a walk through a network hands to a step, and what it takes from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..arrays import Array, Arrays
from ..wiring import Step, Wiring
from .connecting import text_refused


def masks_of(step: Step, values: Mapping[int, Any]) -> dict[str, Any]:
    """What a step is told of which of its numbers count."""
    if not step.masks:
        return {}
    masks = [None if wire is None else values[wire] for wire in step.masks]
    return {"mask": masks if step.layer.takes_many else masks[0]}


def given_to(step: Step, values: Mapping[int, Array]) -> list[Array]:
    """What a step reads, in its layer's dtype; whole numbers as they are, where the layer takes them."""
    layer, found = step.layer, [values[wire] for wire in step.inputs]
    if layer.takes_whole:
        return found
    if any(x.dtype.kind == "O" for x in found):
        raise text_refused(step.label)
    return [x if x.dtype.kind == "f" else x.astype(layer.dtype) for x in found]


def outputs_of(y: Any) -> tuple[Any, ...]:
    """What a step gives, one or several."""
    return y if isinstance(y, tuple) else (y,)


def left_by(step: Step, p: Arrays, cache: Any) -> Arrays:
    """The parameters as the steps behind this one read them."""
    if not step.layer.overwritten:
        return p
    return {**p, **{f"{step.path}/{name}": value for name, value in step.layer.state_after({}, cache).items()}}


def arrive(arrived: dict[int, Array], wire: int, dy: Array | None) -> None:
    """Add what comes back on a wire to what has come."""
    if dy is not None:
        arrived[wire] = dy if wire not in arrived else arrived[wire] + dy


def memories(wiring: Wiring) -> dict[str, Any]:
    """The layers that keep states from one batch to the next, by their paths."""
    found = {}
    for step in wiring.steps:
        if (memory := step.layer.memory) is not None:
            found[step.path if step.layer is memory else step.path.rpartition("/")[0]] = memory
    return found
