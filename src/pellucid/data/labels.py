"""What targets are about: classes, which may have any names, or numbers to predict.

>>> y = np.array([5, 0, 2, 5, 0, 2, 5, 0, 2])
>>> names = read_targets("data", "auto", [y])
>>> names, numbered("data", y, names)
((0, 2, 5), array([2, 0, 1, 2, 0, 1, 2, 0, 1]))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, FileError, Told
from .checking import as_targets

Name = int | bool | str
Names = tuple[Name, ...]  # of the classes, in the order of the outputs; none where numbers are predicted

FEW = 20  # different values, up to which each need occur only a few times to be a class
TIMES_FEW, TIMES_MANY = 3, 10  # how often each occurs on average, at least, where they are few, and where they are many
SHOWN = 8  # names in a sentence


def read_targets(where: str, task: str, targets: Sequence[Array]) -> Names:
    """The classes that occur in targets (N,), sorted; () where the targets are numbers to predict.

    Words and booleans are classes. Whole numbers are where each occurs often: on average 3 times where at most 20
    different ones occur, 10 times otherwise, and two different ones always. Floats that are whole are where they are
    few. `task` "classification" or "regression" decides otherwise.
    """
    y = [_comparable(one) for one in targets]
    floats = any(one.dtype.kind == "f" for one in targets)
    words = {one.dtype.kind in "US" for one in targets}
    if len(words) > 1:
        raise DataError(f"{where}, y", "labels of one kind", Told("words for one part and numbers for the other"))
    if words == {True} and task == "regression":
        raise DataError(f"{where}, y", "numbers to predict", Told("words"), "Leave --task regression out.")
    if task == "regression" or any(one.ndim != 1 or one.dtype.kind == "f" for one in y):
        return ()
    values = np.unique(np.concatenate(y))
    kinds = {one.dtype.kind for one in targets}
    if task == "auto" and kinds <= set("iuf") and not _are_classes(len(values), sum(map(len, y)), floats):
        return ()
    return tuple(bool(v) for v in values) if kinds == {"b"} else tuple(values.tolist())


def _are_classes(different: int, rows: int, floats: bool) -> bool:
    """Whether so many different whole numbers among so many rows are classes."""
    if different <= FEW:
        return different <= 2 or rows >= TIMES_FEW * different
    return not floats and rows >= TIMES_MANY * different


def counted_from_zero(where: str, task: str, targets: Sequence[Array]) -> Names:
    """What runs hold to whose folder tells no classes: integers (N,) are classes, all from 0 to the largest."""
    if task == "regression" or any(y.ndim != 1 or y.dtype.kind not in "iub" for y in targets):
        return ()
    low, high = min(int(y.min()) for y in targets), max(int(y.max()) for y in targets)
    if low < 0:
        raise DataError(f"{where}, y", "labels from 0 up", low, "Number the classes 0, 1, 2, ...")
    return tuple(range(max(high + 1, 2)))


def are_plain(names: Names) -> bool:
    """Whether the classes' names are their numbers."""
    return all(type(name) is int and name == i for i, name in enumerate(names))


def name_classes(model: Any, names: Names) -> None:
    """Have a model keep the names of its classes, in its `.keras` file too."""
    model.__dict__["_classes"] = list(names)


def class_names(model: Any) -> Names:
    """What `name_classes` had the model keep, checked, since a file is not believed; () for none. Of two classes one
    output will do: the probability of the second. Of a text they are its characters, with an output at each place.

    >>> from types import SimpleNamespace
    >>> model = SimpleNamespace(output_shape=(None, 2))
    >>> name_classes(model, ("cat", "dog"))
    >>> class_names(model)
    ('cat', 'dog')
    """
    names = model.__dict__.get("_classes")
    if names is None:
        return ()
    if not isinstance(names, list) or not all(map(_is_name, names)) or len({*map(str, names)}) < len(names):
        raise FileError("the model's classes", "a list of different names", names, "Save the model again.")
    n = len(names)
    if model.output_shape not in ((None, n), (None, None, n)) and not (model.output_shape == (None, 1) and n == 2):
        told = Told(f"{len(names)} for outputs of the shape {model.output_shape}")
        raise FileError("the model's classes", "a name for each output", told, "Save the model again.")
    return tuple(names)


def _is_name(name: Any) -> bool:
    return isinstance(name, int) or (isinstance(name, str) and name == name.encode("utf-8", "replace").decode("utf-8"))


def numbered(where: str, y: Array, names: Names) -> Array:
    """The number of each label's class (N,). Raises DataError for a label that is none of the names."""
    values, places = np.unique(_comparable(y), return_inverse=True)
    table = {name: i for i, name in enumerate(names)}
    unknown = [value for value in values.tolist() if value not in table]
    if unknown:
        expected = f"labels among {listed(names)}, the classes that were trained on"
        raise DataError(f"{where}, y", expected, Told(listed(unknown)), "Take out the rows of other classes.")
    if are_plain(names) and y.dtype.kind in "iub":
        return y
    numbers: Array = np.array([table[value] for value in values.tolist()], dtype=np.int64)[places.reshape(-1)]
    return numbers


def labels_or_numbers(where: str, y: Array, n: int) -> Array:
    """Targets as they are, checked: words (n,), or finite numbers (n, ...); (n, 1) as (n,)."""
    y = np.asarray(y)
    if y.dtype.kind not in "US":
        y = as_targets(where, y, n)
    elif y.size != n or len(y) != n:
        raise DataError(where, f"{n} words, one for each row of x", Told(f"shape {y.shape}"))
    return flat(y)


def flat(y: Array) -> Array:
    """Targets (N, 1) as (N,)."""
    return y.reshape(len(y)) if y.ndim == 2 and y.shape[1] == 1 else y


def listed(names: Sequence[Name]) -> str:
    """Names in a sentence.

    >>> listed(["cat", "dog"]), listed(range(100)), listed(["\\n", "a"])
    ('cat, dog', '0, 1, 2, 3, 4, 5, 6, ..., 99', "'\\\\n', a")
    """
    shown = [
        repr(name) if isinstance(name, str) and not (name.strip() and name.isprintable()) else str(name)
        for name in names
    ]
    return ", ".join(shown if len(shown) <= SHOWN else [*shown[: SHOWN - 1], "...", shown[-1]])


def _comparable(y: Array) -> Array:
    """Labels that are equal where they mean the same: bytes as text, booleans and whole floats as integers."""
    if y.dtype.kind == "S":
        return np.char.decode(y, "utf-8", "replace")
    if y.dtype.kind == "b":
        return y.astype(np.int64)
    if y.dtype.kind == "f" and (np.abs(y) < 2**53).all() and (y == np.trunc(y)).all():
        return y.astype(np.int64)
    return y
