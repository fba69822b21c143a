"""Checks of arguments, shared by every part: each returns the value it was given, in its proper type."""

from __future__ import annotations

import functools
import inspect
import math
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any, ParamSpec, TypeVar

import numpy as np

from .arrays import TEXT, Array, known
from .errors import DataError, InvalidArgument, ShapeError, Told, UnknownArgument, UnknownName, WrongType

P = ParamSpec("P")
R = TypeVar("R")

DTYPES = ("float32", "float64")


def integer(where: str, value: Any, minimum: int | None = None, maximum: int | None = None) -> int:
    """A whole number within bounds.

    >>> integer("Dense, argument units", 64, minimum=1)
    64
    """
    expected = "a whole number" + _bounds(minimum, maximum)
    if isinstance(value, bool | np.bool_) or not isinstance(value, Integral):
        raise WrongType(where, expected, value)
    whole = int(value)
    if (minimum is not None and whole < minimum) or (maximum is not None and whole > maximum):
        raise InvalidArgument(where, expected, value)
    return whole


def number(
    where: str,
    value: Any,
    minimum: float | None = None,
    maximum: float | None = None,
    *,
    above: float | None = None,
    below: float | None = None,
) -> float:
    """A finite number with closed bounds (minimum, maximum) or open ones (above, below).

    >>> number("Dropout, argument rate", 0.5, minimum=0, below=1)
    0.5
    """
    expected = "a number" + _bounds(minimum, maximum, above, below)
    if isinstance(value, bool | np.bool_) or not isinstance(value, Real):
        raise WrongType(where, expected, value)
    try:
        n = float(value)
    except OverflowError:  # a whole number beyond all floats
        n = math.inf
    inside = (
        math.isfinite(n)
        and (minimum is None or n >= minimum)
        and (maximum is None or n <= maximum)
        and (above is None or n > above)
        and (below is None or n < below)
    )
    if not inside:
        raise InvalidArgument(where, expected, value)
    return n


def one_of(where: str, value: Any, options: Sequence[Any]) -> Any:
    """One of a few options.

    >>> one_of("AUC, argument curve", "ROC", ["ROC", "PR"])
    'ROC'
    """
    if not isinstance(value, np.ndarray) and value in options:
        return value
    if isinstance(value, str) and all(isinstance(o, str) for o in options):
        raise UnknownName(where, value, options)
    raise InvalidArgument(where, "one of " + ", ".join(map(repr, options)), value)


def dtype(where: str, value: Any) -> str:
    """A dtype the library computes in.

    >>> dtype("Dense, argument dtype", np.float64)
    'float64'
    """
    name = getattr(value, "name", value)
    try:
        name = np.dtype(name).name
    except TypeError:
        name = str(name)
    if name not in DTYPES:
        raise InvalidArgument(where, "float32 or float64", str(name), "Half precision is not supported.")
    return str(name)


def shape(where: str, value: Any, may_be_open: bool = False) -> tuple[int, ...]:
    """A shape without the batch axis: positive whole numbers. may_be_open: None, too, for a length that is left open.

    >>> shape("Input, argument shape", [28, 28])
    (28, 28)
    """
    if isinstance(value, Integral):
        value = (value,)
    if not isinstance(value, Sequence | np.ndarray) or isinstance(value, str):
        raise WrongType(where, "a tuple of positive whole numbers such as (784,)", value)
    lengths: list[Any] = [n if n is None and may_be_open else integer(where, n, minimum=1) for n in value]
    return tuple(lengths)


def batch_shape(where: str, value: Any) -> tuple[int, ...]:
    """A shape that begins with the batch axis, without that axis.

    >>> batch_shape("build, argument input_shape", (None, 784))
    (784,)
    """
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) < 1:
        raise WrongType(where, "a shape with the batch axis in front, such as (None, 784)", value)
    return shape(where, value[1:], may_be_open=True)


def whole(where: str, x: Any, dtype: str) -> None:
    """Raise DataError where an array for an input of whole numbers holds what this kind of them does not.

    >>> whole("predict, x", np.array([1.0, 2.0]), "int32")
    """
    if dtype == TEXT or np.dtype(dtype).kind not in "iub" or x.dtype == dtype or not x.size:
        return
    with np.errstate(invalid="ignore"):
        wrong = x.astype(dtype) != x
    if wrong.any():
        raise DataError(
            where, f"whole numbers that {dtype} holds, as the input was made for", x[wrong].flat[0].item(),
            "Round them, or make the input for float32.",
        )  # fmt: skip


def texts(where: str, value: Any) -> Array:
    """Text as an array of objects (B, ...), each of them str, or bytes as they came.

    >>> texts("predict, x", [["a"], [b"b"]])
    array([['a'],
           [b'b']], dtype=object)
    """
    if value is None or isinstance(value, str | bytes | dict | set):
        fix = "Wrap it: [x]." if isinstance(value, str | bytes) else ""
        raise WrongType(where, "an array or a list of text", value, fix)
    array: Array = np.asarray(value) if hasattr(value, "dtype") else np.array(value, dtype=object)
    array = array if array.dtype.kind == "O" else array.astype(object)
    if array.ndim == 0:
        raise ShapeError(where, "an array with a batch axis", array.shape)
    for index, one in np.ndenumerate(array):
        if not isinstance(one, str | bytes):
            place = f"row {index[0]}" + (f", position {index[1:]}" if len(index) > 1 else "")
            unknown = type(one).__name__ in ("NoneType", "NAType", "NaTType") or (isinstance(one, float) and one != one)
            fix = "Fill in what is missing, with '' for one." if unknown else ""
            raise DataError(where, "text", Told(f"{one!r} at {place}"[:80]), fix)
    return array


def arrays(where: str, values: Any) -> list[Any]:
    """A list of arrays of numbers.

    >>> [a.shape for a in arrays("set_weights", [[[1, 2]], [0.5]])]
    [(1, 2), (1,)]
    """
    if not isinstance(values, Sequence) or isinstance(values, str):
        raise WrongType(where, "a list of arrays", values)
    found = []
    for i, value in enumerate(values):
        try:
            array = known(value)
        except ValueError:
            raise WrongType(f"{where}, array {i}", "numbers in rows of one length", value) from None
        if array.dtype.kind not in "biuf":
            raise WrongType(f"{where}, array {i}", "numbers", value)
        found.append(array)
    return found


def path(where: str, value: Any) -> str:
    """A path as text.

    >>> path("save, argument filepath", "model.keras")
    'model.keras'
    """
    if not isinstance(value, str | os.PathLike):
        raise WrongType(where, "a path, as text or a pathlib.Path", value)
    text = os.fspath(value)
    if not isinstance(text, str) or not text or "\0" in text:
        raise InvalidArgument(where, "a path, as text without zero bytes", text)
    return text


def keywords(where: str, given: Iterable[str], known: Sequence[str]) -> None:
    """Refuse an argument of another name than these.

    >>> keywords("fit", ["epoch"], ["x", "epochs"])
    Traceback (most recent call last):
    pellucid.errors.UnknownArgument: fit, its arguments: expected one of epochs, x, got 'epoch'. Did you mean 'epochs'?
    """
    for name in given:
        if name not in known:
            raise UnknownArgument(f"{where}, its arguments", name, known)


def parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    """The arguments of a function, by name; none where it does not tell them, as many that are written in C."""
    try:
        return inspect.signature(function).parameters
    except ValueError:
        return {}


def arguments_of(function: Callable[..., Any]) -> list[str]:
    """The names of a function's arguments."""
    return [name for name in parameters(function) if name != "self"]


def by_name(function: Callable[P, R]) -> Callable[P, R]:
    """Decorator: an argument that the function does not take is refused, and the nearest named."""
    known, name = arguments_of(function), function.__name__

    @functools.wraps(function)
    def called(*args: P.args, **kwargs: P.kwargs) -> R:
        keywords(name, kwargs, known)
        return function(*args, **kwargs)

    return called


def _bounds(
    minimum: float | None = None,
    maximum: float | None = None,
    above: float | None = None,
    below: float | None = None,
) -> str:
    words = [
        f"{text} {bound}"
        for text, bound in (("at least", minimum), ("above", above), ("at most", maximum), ("below", below))
        if bound is not None
    ]
    return " " + " and ".join(words) if words else ""
