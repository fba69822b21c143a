"""What an op is given beside tensors: numbers, arrays, slices. As it is kept, as it is saved, and as arrays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import Array, known
from ..errors import InvalidArgument, PellucidError, Told, UnknownName, WrongType
from ..settings import floatx
from ..wiring import TRACING, Tensor
from .options import KINDS

INDEX = (slice, type(Ellipsis), type(None))
OF_SIZES = {"expand_dims", "concatenate", "stack"}  # ops that, within a `call`, put the sizes of a shape together
NARROW = {"float64": "float32", "int64": "int32", "uint64": "uint32"}  # what Keras computes of smaller kinds
KEYED = {"get_item"}  # ops whose second operand says which part of the first is meant


def as_operand(value: Any, name: str, place: int = 0) -> Any:
    """A value as an op computes with it: an array, or what says which part of one is meant."""
    if name in KEYED and place == 1:
        key = _key(value, name)
        return (key,) if isinstance(key, INDEX) else key  # as Keras wants it in a file
    if (
        name in OF_SIZES
        and TRACING.get()
        and (value is None or (isinstance(value, np.ndarray) and value.dtype.kind == "O"))
    ):
        return _sizes(value, name)
    if isinstance(value, bool | int | float):
        return value.item() if isinstance(value, np.generic) else value  # a bare number takes the others' kind
    try:
        array = np.asarray(known(getattr(value, "value", value) if hasattr(value, "assign") else value))
    except (TypeError, ValueError) as problem:
        if isinstance(value, Tensor):
            raise WrongType(f"ops.{name}, an operand", "an array or a number", value) from None
        if isinstance(problem, PellucidError) and _has_tensor(value):
            raise WrongType(
                f"ops.{name}, an operand", "a tensor, an array or a number", Told("a list with tensors in it"),
                "ops.stack makes one tensor of several.",
            ) from None  # fmt: skip
        array = np.empty(0, object)
    if array.dtype.kind not in "biuf":
        raise WrongType(f"ops.{name}, an operand", "a tensor, an array or a number", value)
    if isinstance(value, list | tuple):
        return array.astype(
            floatx() if array.dtype.kind == "f" else array.dtype if array.dtype.kind == "b" else _narrow(array, name)
        )
    return array


def _sizes(value: Any, name: str) -> Array:
    """Sizes of a shape, among them None, which is that of the batch."""
    found: Array = np.array(value, object)
    if any(not (one is None or isinstance(one, int | np.integer)) for one in found.flat):
        raise WrongType(f"ops.{name}, an operand", "a tensor, an array or a number", value)
    return found


def stretched(x: Any, options: dict[str, Any]) -> dict[str, Any]:
    """The options of `tile`: what shall stand as often as the batch has samples stands once, and is stretched."""
    given = options.get("repeats")
    times = list(given) if isinstance(given, list | tuple | np.ndarray) else []
    if None not in times:
        return options
    shape = tuple(getattr(x, "shape", ())) or np.shape(x)
    if None in times[1:] or len(times) != len(shape) or shape[0] != 1:
        raise InvalidArgument(
            "ops.tile, argument repeats", "None, the size of the batch, for a first axis of length 1 alone",
            Told(f"{times} for shape {shape}"), "Begin with a 1: ops.expand_dims(x, 0).",
        )  # fmt: skip
    return {**options, "repeats": (1, *map(int, times[1:]))}


def _has_tensor(value: Any) -> bool:
    return isinstance(value, Tensor) or (isinstance(value, list | tuple) and any(_has_tensor(one) for one in value))


def _narrow(array: Any, name: str) -> str:
    """The kind in which a list of whole numbers is kept."""
    if array.size and (array.max() > np.iinfo("int32").max or array.min() < np.iinfo("int32").min):
        raise InvalidArgument(
            f"ops.{name}, an operand", "whole numbers that int32 holds", array.tolist(), "Pass an array of int64."
        )
    return "int32"


def _key(value: Any, name: str) -> Any:
    """Which part: numbers, slices, `...` and None; several of them as a tuple."""
    if isinstance(value, Tensor):
        raise WrongType(f"ops.{name}, a key", "numbers and slices", value, "ops.take takes places that are data.")
    if isinstance(value, tuple):
        return tuple(_key(one, name) for one in value)
    if isinstance(value, slice):
        return slice(*(None if end is None else _place(end, name) for end in (value.start, value.stop, value.step)))
    return value if isinstance(value, INDEX) else _place(value, name)


def _place(value: Any, name: str) -> int:
    if isinstance(value, bool | np.bool_) or not hasattr(value, "__index__") or np.ndim(value):
        raise WrongType(
            f"ops.{name}, a key", "numbers, slices, ... and None", value,
            "ops.take takes several places; ops.where chooses by a condition.",
        )  # fmt: skip
    return int(value)


def kept(value: Any, name: str, place: int = 0) -> Any:
    """A value as an op keeps it: a copy that nobody else writes to."""
    if getattr(value, "path", "") and hasattr(value, "assign"):  # a layer's Variable: its copy would never train
        raise InvalidArgument(
            f"ops.{name}, an operand", "a tensor, or numbers", Told(f"the weight {value.path!r} of another layer"),
            "Make it a weight of the layer whose call uses it: add_weight.",
        )  # fmt: skip
    given = as_operand(value, name, place)
    return np.array(given) if isinstance(given, np.ndarray) else given


def short(value: Any) -> str:
    """A value in a formula: whole if it is small."""
    if isinstance(value, np.ndarray):
        return str(value.item()) if value.ndim == 0 else f"an array {value.shape}"
    return " ".join(str(value).split())


def saved_constant(value: Any) -> Any:
    """The form in which Keras saves it. JSON has no infinity: a number that is not finite is written in words."""
    if isinstance(value, np.ndarray):
        return {"class_name": "__numpy__", "config": {"value": _finite(value.tolist()), "dtype": value.dtype.name}}
    if isinstance(value, float) and not math.isfinite(value):
        return {"class_name": "__numpy__", "config": {"value": str(value), "dtype": floatx()}}
    if isinstance(value, slice):
        return {"class_name": "__slice__", "config": {"start": value.start, "stop": value.stop, "step": value.step}}
    if value is Ellipsis:
        return {"class_name": "__ellipsis__", "config": {}}
    if isinstance(value, dict):
        return {key: saved_constant(one) for key, one in value.items()}
    return [saved_constant(one) for one in value] if isinstance(value, tuple) else value


def _finite(value: Any) -> Any:
    """Nested lists of numbers, those that are not finite in words: NumPy reads "-inf" as a number."""
    if isinstance(value, list):
        return [_finite(one) for one in value]
    return str(value) if isinstance(value, float) and not math.isfinite(value) else value


def loaded_constant(saved: Any) -> Any:
    """What Keras's form stands for."""
    if isinstance(saved, Mapping):
        kind, config = saved.get("class_name"), saved.get("config") or {}
        if kind in ("__numpy__", "__tensor__"):
            array = np.asarray(config["value"], _dtype(config["dtype"]))
            return array.item() if array.ndim == 0 else array
        if kind == "__slice__":
            return slice(config["start"], config["stop"], config["step"])
        if kind == "__ellipsis__":
            return Ellipsis
        raise WrongType("an op's saved operand", "a tensor, an array, a number or a slice", Told(str(kind)))
    return [loaded_constant(one) for one in saved] if isinstance(saved, list) else saved


def _dtype(name: Any) -> np.dtype[Any]:
    if str(name) not in KINDS:
        raise UnknownName("an op's saved operand, its dtype", str(name), KINDS)
    return np.dtype(str(name))


def used(value: Any) -> bool:
    """Whether a saved option says anything; an axis of 0 does."""
    return value is not None and value is not False
