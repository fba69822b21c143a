"""A network walked through in prediction, on rows that are given, or on zeros to see what its steps give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..arrays import TEXT, Array
from ..layers.walking import outputs_of
from ..wiring import Step


def walked(model: Any, *rows: Array) -> Iterator[tuple[Step, tuple[Array, ...]]]:
    """(step, all that it gives) one after another, in prediction; masks are among them."""
    for step, y, _ in model.passing_through(model.p, rows, {}, False, model.key):
        yield step, outputs_of(y)


def nothing(model: Any, rows: int) -> list[Array]:
    """Inputs of zeros, and texts without letters."""
    ends = zip(model.sample_shapes, model.input_dtypes, strict=True)
    return [np.full((rows, *shape), "", object) if kind == TEXT else np.zeros((rows, *shape), kind)
            for shape, kind in ends]  # fmt: skip


def of_zeros(model: Any) -> dict[str, tuple[Array, ...]]:
    """What each step gives for one row of zeros, by its label: its shape and kind, and its numbers where they do not
    depend on the inputs."""
    with np.errstate(all="ignore"):
        return {step.label: made for step, made in walked(model, *nothing(model, 1))}


def kinds(model: Any) -> dict[str, str]:
    """The dtype of what each step gives, by its label."""
    return {label: made[0].dtype.name for label, made in of_zeros(model).items() if made}
