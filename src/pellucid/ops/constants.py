"""What an op is given beside tensors: numbers, arrays, slices. As it is kept, as it is saved, and as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import known
from ..errors import Told, WrongType
from ..settings import floatx

INDEX = (slice, type(Ellipsis), type(None))


def as_operand(value: Any, name: str) -> Any:
    """A value as an op computes with it: an array, or what says which part of one is meant."""
    if isinstance(value, INDEX) or (isinstance(value, tuple) and any(isinstance(one, INDEX) for one in value)):
        return value
    if isinstance(value, tuple) and name == "get_item":  # x[0, 1] is one number, x[[0, 1]] are two rows
        return value
    if isinstance(value, bool | int | float):
        return value
    try:
        array = np.asarray(known(getattr(value, "value", value) if hasattr(value, "assign") else value))
    except (TypeError, ValueError):
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise WrongType(f"ops.{name}, an operand", "a tensor, an array or a number", value)
    if isinstance(value, list | tuple):
        return array.astype(
            floatx() if array.dtype.kind == "f" else array.dtype if array.dtype.kind == "b" else "int32"
        )
    return array


def kept(value: Any, name: str) -> Any:
    """A value as an op keeps it: a copy that nobody else writes to."""
    given = as_operand(value, name)
    return np.array(given) if isinstance(given, np.ndarray) else given


def short(value: Any) -> str:
    """A value in a formula: whole if it is small."""
    if isinstance(value, np.ndarray):
        return str(value.item()) if value.ndim == 0 else f"an array {value.shape}"
    return " ".join(str(value).split())


def saved_constant(value: Any) -> Any:
    """The form in which Keras saves it."""
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": value.tolist(), "dtype": value.dtype.name}}
    if isinstance(value, slice):
        return {"class_name": "__slice__", "config": {"start": value.start, "stop": value.stop, "step": value.step}}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    return [saved_constant(one) for one in value] if isinstance(value, tuple) else value


def loaded_constant(saved: Any) -> Any:
    """What Keras's form stands for."""
    if isinstance(saved, Mapping):
        kind, config = saved.get("class_name"), saved.get("config") or {}
        if kind in ("__numpy__", "__tensor__"):
            return np.asarray(config["value"], _dtype(config["dtype"]))
        if kind == "__slice__":
            return slice(config["start"], config["stop"], config["step"])
        if kind == "__ellipsis__":
            return Ellipsis
        raise WrongType("an op's saved operand", "a tensor, an array, a number or a slice", Told(str(kind)))
    if isinstance(saved, list) and any(isinstance(one, Mapping | type(None)) for one in saved):
        return tuple(loaded_constant(one) for one in saved)
    return saved


def _dtype(name: Any) -> np.dtype[Any]:
    found = np.dtype(str(name))
    if found.kind not in "biuf":
        raise WrongType("an op's saved operand", "a dtype of numbers", Told(str(name)))
    return found
