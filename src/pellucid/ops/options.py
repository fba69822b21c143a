"""The options of ops, checked by their names: an option of one name means the same in every op that has it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from numbers import Integral
from typing import Any

import numpy as np

from .. import checks
from ..errors import InvalidArgument, ShapeError, Told, TooLarge, UnknownName, WrongType
from ..wiring import Tensor

MOST = 1 << 28  # numbers in a sample: a file's few letters may ask for more than any machine has
KINDS = [f"{kind}{bits}" for kind in ("int", "uint") for bits in (8, 16, 32, 64)] + [
    "bool", "float16", "float32", "float64",
]  # fmt: skip


def dtype(where: str, value: Any) -> str | None:
    """The name of a kind of number, or None.

    >>> dtype("ops.cast, argument dtype", np.int32)
    'int32'
    """
    if value is None:
        return None
    name = getattr(value, "name", None) or (value if isinstance(value, str) else getattr(value, "__name__", ""))
    if name not in KINDS:
        if isinstance(value, str):
            raise UnknownName(where, value, KINDS)
        raise WrongType(where, "the name of a kind of number, such as 'float32'", value)
    return str(name)


def whole(where: str, value: Any) -> int:
    """A whole number, a NumPy array of one among them."""
    return checks.integer(where, value.item() if isinstance(value, np.ndarray) and value.ndim == 0 else value)


def wholes(where: str, value: Any) -> Any:
    """A whole number, or a tuple of them."""
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(whole(where, one) for one in value)
    return whole(where, value)


def sizes(where: str, value: Any) -> tuple[int, ...]:
    """A shape; in one that `reshape` is given, -1 or None stands for what is left."""
    given = value if isinstance(value, list | tuple | np.ndarray) else (value,)
    found = tuple(-1 if one is None else whole(where, one) for one in given)
    if any(n < -1 for n in found) or found.count(-1) > 1:
        raise InvalidArgument(where, "sizes of at least 0, and one -1 or None at most", value)
    return found


def axis(where: str, value: Any, ndim: int) -> Any:
    """An axis of so many, or a tuple of them, each once; None for all.

    >>> axis("ops.sum, argument axis", [0, -1], 3)
    (0, -1)
    """
    if value is None:
        return None
    found = wholes(where, value)
    several = found if isinstance(found, tuple) else (found,)
    if not all(-ndim <= one < ndim for one in several):
        bounds = f"from {-ndim} to {ndim - 1}" if ndim else "of no axes at all"
        raise InvalidArgument(where, f"axes {bounds}", value)
    if len({one % ndim for one in several}) < len(several):
        raise InvalidArgument(where, "each axis once", value)
    return found


def one_axis(name: str, value: Any, ndim: int) -> int:
    """One axis of so many that an op of this name takes, counted from the front."""
    found = axis(f"ops.{name}, argument axis", value, ndim)
    if not is_whole(found):
        raise InvalidArgument(f"ops.{name}, argument axis", "one axis", value)
    return int(found) % ndim


def truth(where: str, value: Any) -> bool:
    """True or False."""
    if not isinstance(value, bool | np.bool_):
        raise WrongType(where, "True or False", value)
    return bool(value)


def at_least(minimum: int) -> Callable[[str, Any], Any]:
    """The check of a whole number, or of several, that may not be smaller."""

    def check(where: str, value: Any) -> Any:
        found = wholes(where, value)
        if any(n < minimum for n in (found if isinstance(found, tuple) else (found,))):
            raise InvalidArgument(where, f"whole numbers of at least {minimum}", value)
        return found

    return check


def bound(where: str, value: Any) -> Any:
    """A number, or an array of them."""
    if np.asarray(value).dtype.kind not in "biuf":
        raise WrongType(where, "a number or an array", value)
    return value


def number_or_none(where: str, value: Any) -> Any:
    """A number, or None."""
    return None if value is None else checks.number(where, value)


def places(where: str, indices: Any) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Places on an axis, as NumPy takes them; in a model, whole numbers may come as numbers with decimals."""
    found = np.asarray(indices)
    whole = found.astype("int64")
    if found.dtype.kind == "f" and np.any(whole != found):
        raise InvalidArgument(
            where, "whole numbers", found[whole != found].flat[0].item(), "Write ops.cast(x, 'int32')."
        )
    return whole


AXES = ("axis", "axis1", "axis2", "axes", "source", "destination")
CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "dtype": dtype, "keepdims": truth, "equal_nan": truth, "newshape": sizes, "shape": sizes, "decimals": whole,
    "offset": whole, "k": whole, "shift": wholes, "repeats": at_least(0), "num_classes": at_least(1), "n": at_least(0),
    "rtol": checks.number, "atol": checks.number, "nan": number_or_none, "posinf": number_or_none,
    "neginf": number_or_none, "x_min": bound, "x_max": bound,
}  # fmt: skip


def checked(
    where: str, options: Mapping[str, Any], ndim: int, new_axes: int = 0, kinds: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """The options, each in its proper type, for an operand of so many axes. new_axes: those that the op adds. kinds:
    the types that the op's signature names; an axis that is an int there is one axis, and not several."""
    found = dict(options)
    for name, value in options.items():
        place = f"{where}, argument {name}"
        if isinstance(value, Tensor):
            raise WrongType(place, "what is known before data flow", value)
        if name in AXES:
            more = len(value) if new_axes and isinstance(value, list | tuple) else new_axes
            kind = (kinds or {}).get(name, "")
            if value is None and (new_axes or kind == "int"):
                raise WrongType(place, "an axis", value)
            found[name] = axis(place, value, ndim + more)
            if kind.startswith("int") and isinstance(found[name], tuple) and "tuple" not in kind:
                raise WrongType(place, "one axis", value)
        elif name in CHECKS:
            found[name] = CHECKS[name](place, value)
    return found


def not_too_large(where: str, options: Mapping[str, Any]) -> None:
    """Refuse options that ask for more numbers than any sample has, before memory is asked for."""
    for name in ("shape", "repeats", "num_classes", "pad_width"):
        value = options.get(name)
        if value is None:
            continue
        asked = math.prod(max(1, abs(int(n))) for n in np.ravel(np.asarray(value, object)))
        if asked > MOST:
            raise TooLarge(f"{where}, argument {name}", f"at most {MOST:,} numbers of a sample", Told(f"{asked:,}"))


def same_length(where: str, one: Any, other: Any) -> None:
    """Refuse two options that belong together and differ in length."""
    lengths = [len(value) if isinstance(value, tuple) else 1 for value in (one, other)]
    if lengths[0] != lengths[1] or isinstance(one, tuple) != isinstance(other, tuple):
        raise ShapeError(where, "as many of the one as of the other", Told(f"{lengths[0]} and {lengths[1]}"))


def is_whole(value: Any) -> bool:
    """Whether it is a whole number, and not a truth value."""
    return isinstance(value, Integral) and not isinstance(value, bool | np.bool_)
