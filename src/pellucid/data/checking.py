"""Checks of the data that is trained on, evaluated or predicted for: each returns an array or raises a clear error.

Rows and columns in the messages count from 0. Arrays keep their dtype: images stay uint8.
"""

from __future__ import annotations

from collections.abc import Sequence
from numbers import Real
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Array, Shape, known
from ..errors import DataError, ShapeError, Told, WrongType

_CHUNK = 1 << 16  # values looked at in one go: few enough to stay in a core's cache
_ENCODE = "Turn words and categories into numbers first."
_LABELS = "Number the classes first: classes, y = numpy.unique(y, return_inverse=True)."
_DATES = "Turn dates into numbers, such as days since a first one."
_MISSING = "Fill in or drop the rows with missing values."
_ARRAY = "an array, a list of rows or a data frame"


def as_features(where: str, x: Any, shape: Sequence[int | None] | None = None, *, none_will_do: bool = False) -> Array:
    """x as an array (N, *shape) of finite numbers, in the dtype it has.

    `shape` is that of one sample; None in it leaves a size open. A trailing axis of 1 is added or dropped where that
    alone makes x fit, as in Keras. none_will_do: there may be no rows, as [] or as an array (0, ...).

    >>> as_features("fit, x", [[1, 2], [3, 4]], (2,)).shape
    (2, 2)
    """
    array = as_numbers(where, x)
    if none_will_do and array.shape == (0,) and shape is not None and None not in shape:
        array = array.reshape(0, *shape)
    if not (none_will_do and array.ndim and not len(array)):
        _with_rows(where, array)
    if shape is not None:
        array = _fitted(where, array, tuple(shape))
    if not len(array):
        return array
    if array.size == 0:
        raise DataError(where, "at least one column", Told(f"shape {array.shape}"))
    check_finite(where, array, column_names(x))
    return array


def as_texts(where: str, x: Any, shape: Sequence[int | None] | None = None, *, none_will_do: bool = False) -> Array:
    """x as an array (N, *shape) of objects, each of them str or bytes; otherwise as `as_features`.

    >>> as_texts("fit, x", ["good", "bad"], (1,)).shape
    (2, 1)
    """
    array = checks.texts(where, x)
    if not none_will_do:
        _with_rows(where, array)
    return array if shape is None or not len(array) else _fitted(where, array, tuple(shape))


def as_targets(where: str, y: Any, n: int | None = None, encode: str = _LABELS) -> Array:
    """y as an array (n, ...) of finite numbers, in the dtype it has; n is the number of rows of x.

    >>> as_targets("fit, y", [0, 1, 1], 3)
    array([0, 1, 1])
    """
    array = as_numbers(where, y, encode)
    _with_rows(where, array)
    if n is not None and len(array) != n:
        raise DataError(where, f"{n} rows, as many as x", Told(f"{len(array)} rows"), "Pass one for each row of x.")
    if array.size == 0:
        raise DataError(where, "at least one column", Told(f"shape {array.shape}"))
    check_finite(where, array, column_names(y))
    return array


def check_finite(where: str, x: Array, columns: Sequence[Any] = ()) -> None:
    """Raise DataError if a float array holds NaN or infinity; the memory this takes does not grow with x."""
    if x.dtype.kind != "f":
        return
    chunks = np.nditer(x, ["external_loop", "buffered", "zerosize_ok"], order="K", buffersize=_CHUNK)
    if all(np.isfinite(chunk).all() for chunk in chunks):
        return
    count = 0
    first: Shape = ()
    step = max(1, _CHUNK // max(1, x[:1].size))
    for start in range(0, len(x), step):
        bad = ~np.isfinite(x[start : start + step])
        if count == 0 and bad.any():
            row, *rest = first_where(bad)
            first = (start + row, *rest)
        count += int(bad.sum())
    more = f", and {count - 1} more NaN or infinite" if count > 1 else ""
    fix = _MISSING if np.isnan(x[first]) else "Find where the infinity comes from: a division by zero, an overflow."
    raise DataError(where, "finite numbers", Told(f"{x[first]} at {place(first, columns)}{more}"), fix)


def as_weights(where: str, weights: Any, n: int) -> Array:
    """Sample weights (n, ...): finite and not negative.

    >>> as_weights("fit, sample_weight", [1, 0.5], 2)
    array([1. , 0.5])
    """
    array = as_targets(where, weights, n, _ENCODE)
    if array.dtype.kind != "b" and (array < 0).any():
        index = first_where(array < 0)
        raise DataError(
            where, "weights of at least 0", Told(f"{array[index]} at {place(index)}"), "Weigh by 0 to leave a row out."
        )
    return array


def check_range(where: str, x: Array, dtype: str) -> None:
    """Raise DataError if a number is too large for the dtype that is computed in."""
    largest = np.finfo(dtype).max
    if x.dtype.kind != "f" or not x.size or np.can_cast(x.dtype, dtype) or max(x.max(), -x.min()) <= largest:
        return
    index = first_where(np.abs(x) > largest)
    told = Told(f"{x[index]:.3g} at {place(index)}")
    raise DataError(where, f"numbers up to {largest:.1e}, the largest of {dtype}", told, "Scale them first.")


def as_numbers(where: str, x: Any, encode: str = _ENCODE) -> Array:
    """x as an array of booleans, integers or floats; `encode` tells what to do about anything else."""
    if x is None or isinstance(x, str | bytes | dict | set):
        raise WrongType(where, _ARRAY, x)
    if isinstance(x, np.ma.MaskedArray) and np.ma.is_masked(x):
        index = first_where(np.ma.getmaskarray(x))
        raise DataError(where, "numbers", Told(f"a masked value at {place(index)}"), _MISSING)
    try:
        array = known(x)
    except (TypeError, ValueError, RuntimeError) as problem:
        pairs = isinstance(x, list | tuple) and all(isinstance(row, tuple) and len(row) in (2, 3) for row in x)
        fix = "Pass x and y apart; batches of (x, y) come from a generator." if pairs else "Pad or cut the rows."
        raise DataError(where, "rows of equal length", Told(_ragged(x, problem)), fix) from problem
    kind = array.dtype.kind
    if kind in "biuf":
        return array
    if kind == "c":
        raise DataError(where, "real numbers", Told(f"an array of {array.dtype}"), "Pass x.real, or x.real and x.imag.")
    if array.ndim == 0:
        fix = "Pass x.toarray()." if hasattr(x, "toarray") else ""
        raise WrongType(where, _ARRAY, Told(f"a value of the type {type(x).__name__}"), fix)
    if kind == "O":
        return _from_objects(where, array, column_names(x), encode)
    if kind in "UST":
        raise _text(where, x, array, encode)
    fix = _DATES if kind in "mM" else "Convert it with astype."
    raise DataError(where, "numbers", Told(f"an array of {array.dtype}"), fix)


def _from_objects(where: str, array: Array, columns: Sequence[Any], encode: str) -> Array:
    """An array of objects as float64, if every one is a number: data frames with mixed columns give such arrays."""
    index = next((i for i, value in np.ndenumerate(array) if not isinstance(value, Real | np.bool_)), None)
    if index is not None:
        raise _not_a_number(where, array[index], index, columns, encode)
    try:
        return array.astype(np.float64)
    except OverflowError:
        raise DataError(where, "numbers that a float can hold", Told("a larger one"), "Scale the column.") from None


def _text(where: str, x: Any, array: Array, encode: str) -> DataError:
    """Which value is text. NumPy makes text of every number beside one, so a list is looked at before that."""
    values = array if isinstance(x, np.ndarray) else np.array(x, dtype=object)
    number = _reads_as_number if isinstance(x, np.ndarray) else lambda value: isinstance(value, Real | np.bool_)
    index = next((i for i, value in np.ndenumerate(values) if not number(value)), (0,) * values.ndim)
    return _not_a_number(where, values[index], index, column_names(x), encode)


def _not_a_number(where: str, value: Any, index: Shape, columns: Sequence[Any], encode: str) -> DataError:
    if isinstance(value, np.str_ | np.bytes_):
        value = value.item()
    if value is None or type(value).__name__ in ("NAType", "NaTType"):  # pandas' marks for a missing value
        encode = _MISSING
    elif hasattr(value, "isoformat"):
        encode = _DATES
    elif isinstance(value, str) and _reads_as_number(value):
        encode = 'The number is written as text: convert it with astype("float32").'
    shown = repr(value)
    shown = shown if len(shown) <= 60 else shown[:57] + "..."
    return DataError(where, "numbers", Told(f"{shown} at {place(index, columns)}"), encode)


def _reads_as_number(value: Any) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def _ragged(x: Any, problem: Exception) -> str:
    """The first row whose length differs from row 0's."""
    try:
        lengths = [np.size(row) for row in x]
    except TypeError:
        return str(problem)
    except ValueError:
        return "a row whose parts differ in shape"
    odd = next((i for i, n in enumerate(lengths) if n != lengths[0]), None)
    return str(problem) if odd is None else f"{lengths[0]} values in row 0 and {lengths[odd]} in row {odd}"


def _with_rows(where: str, array: Array) -> None:
    if array.ndim == 0:
        raise ShapeError(where, "an array with one row per sample", Told(f"the single value {array}"), "Wrap it: [x].")
    if len(array) == 0:
        raise DataError(where, "at least one row", Told(f"none (shape {array.shape})"))


def _fitted(where: str, array: Array, shape: tuple[int | None, ...]) -> Array:
    def fits(got: Shape) -> bool:
        return len(got) == len(shape) and all(want in (None, n) for want, n in zip(shape, got, strict=True))

    got = array.shape[1:]
    if fits(got):
        return array
    if fits((*got, 1)) and shape[-1] == 1:
        return array[..., None]
    if got[-1:] == (1,) and fits(got[:-1]):
        return array[..., 0]
    fix = ""
    if fits(array.shape):
        fix = "A single sample needs a batch axis: x[None]."
    elif None not in shape and np.prod(got, dtype=np.int64) == np.prod([n for n in shape if n], dtype=np.int64):
        fix = f"Reshape it: x.reshape({', '.join(map(str, (-1, *shape)))})."
    elif got:
        fix = f"Pass the inputs that the model was built for, or build one for input_shape={got}."
    raise ShapeError(where, f"shape {(None, *shape)}", array.shape, fix)


def first_where(flags: Array) -> Shape:
    """The index of the first True of an array that has one."""
    return tuple(int(i) for i in np.unravel_index(int(flags.argmax()), flags.shape))


def place(index: Shape, columns: Sequence[Any] = ()) -> str:
    """An index in words.

    >>> place((3, 1), ["age", "fare"])
    "row 3, column 1 ('fare')"
    """
    if len(index) < 2:
        return f"row {index[0]}" if index else "the only value"
    if len(index) > 2:
        return f"row {index[0]}, position {index[1:]}"
    name = f" ({columns[index[1]]!r})" if index[1] < len(columns) else ""
    return f"row {index[0]}, column {index[1]}{name}"


def column_names(x: Any) -> list[Any]:
    """The names of a data frame's columns; none for anything else. Raises WrongType for a frame yet to be computed."""
    later = next((name for name in ("collect", "compute") if hasattr(x, name)), None)
    if later and hasattr(type(x), "columns"):  # asking a frame itself might compute it
        raise WrongType("a data frame", "one whose rows are there", Told(type(x).__name__), f"Call its {later}().")
    named = getattr(x, "column_names", None)  # pyarrow's, whose `columns` are the data
    return list(getattr(x, "columns", ()) if named is None else named)


def in_order(where: str, x: Any, names: Sequence[Any]) -> Any:
    """A data frame with its columns in the order of these names; anything else as it is.

    Raises DataError where a column lacks or is one too many.
    """
    given = column_names(x)
    if not given or given == list(names):
        return x
    lacking, more = [n for n in names if n not in given], [n for n in given if n not in names]
    if lacking or more or len(given) != len(names):
        told = f"one without {lacking[0]!r}" if lacking else f"one with {(more or given)[0]!r} besides"
        shown = ", ".join(map(str, names[:8])) + (", ..." if len(names) > 8 else "")
        raise DataError(where, f"a data frame with the columns {shown}, as in training", Told(told), "Put them right.")
    return np.asarray(x)[:, [given.index(name) for name in names]]
