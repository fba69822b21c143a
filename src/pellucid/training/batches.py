"""Where batches come from: arrays cut and shuffled, or a generator or PyDataset that makes its own.

Arrays stay in the dtype they came in (images uint8) until a batch of them is used.
"""

from __future__ import annotations

import time
import warnings
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Set
from typing import Any

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Parts, parts_of
from ..data.checking import as_features, as_targets, as_texts, as_weights, check_range, column_names, in_order
from ..data.utils import PyDataset
from ..errors import DataError, InvalidArgument, ShapeError, Told, WrongType
from ..layers.connecting import by_name
from ..rng import Key

PATIENCE = 10.0  # seconds after which batches of which nobody knows the number may be without end
# x (B, ...), y (B, ...), weights (B,), of which a model with several inputs or outputs has several, in `Parts`
Batch = tuple[Any, Any, Any]


class Batches(ABC):
    """A source of batches for one epoch after another."""

    steps: int | None  # batches in an epoch, where it is known

    @abstractmethod
    def epoch(self, number: int, key: Key | None, start: int = 0) -> Iterator[Batch]:
        """The batches of one epoch, from batch `start` on; shuffled by `key` where there is one."""


class ArrayBatches(Batches):
    """Batches cut from arrays held in memory: x (N, ...), y (N, ...), weights (N,).

    With `steps` an epoch is that many batches: a shuffled epoch draws its own order (and another once all rows are
    used), an unshuffled one goes on where the one before stopped.
    """

    steps: int

    def __init__(
        self,
        x: Any,
        y: Any,
        sample_weight: Any,
        batch_size: int,
        shuffle: Any,
        steps: int | None = None,
    ) -> None:
        self.x, self.y, self.sample_weight = x, y, sample_weight
        self.batch_size, self.shuffle = batch_size, shuffle
        self.in_a_pass = -(-len(x) // batch_size)
        self.steps = (steps or self.in_a_pass) if len(x) else 0
        self.read: tuple[int, Any] | None = None  # (at which revision of the model, what the engine has for x)

    def epoch(self, number: int, key: Key | None, start: int = 0) -> Iterator[Batch]:
        for order, first, last in self.passes(number, key, start):
            for place in range(first, last):
                chosen: Any = slice(place * self.batch_size, (place + 1) * self.batch_size)
                chosen = chosen if order is None else order[chosen]
                yield (
                    self.x[chosen],
                    None if self.y is None else self.y[chosen],
                    None if self.sample_weight is None else self.sample_weight[chosen],
                )

    def passes(
        self, number: int, key: Key | None, start: int = 0, permutation: Callable[[Key, int], Array] = Key.permutation
    ) -> Iterator[tuple[Array | None, int, int]]:
        """The epoch's passes over the rows from batch `start` on, each (order of the rows or None for as they stand,
        its first batch, one past its last)."""
        shuffled = key is not None and bool(self.shuffle)
        i, end = (start, self.steps) if shuffled else (number * self.steps + start, (number + 1) * self.steps)
        while i < end:
            turn, first = divmod(i, self.in_a_pass)
            last = min(self.in_a_pass, first + end - i)
            yield self._order(key.fold(turn), permutation) if shuffled else None, first, last  # type: ignore[union-attr]
            i += last - first

    def _order(self, key: Key, permutation: Callable[[Key, int], Array]) -> Array:
        n = len(self.x)
        if self.shuffle != "batch":
            return permutation(key, n)
        whole = n // self.batch_size * self.batch_size  # batches change places, their rows stay together
        blocks = np.arange(whole).reshape(-1, self.batch_size)[key.permutation(whole // self.batch_size)]
        return np.concatenate([blocks.reshape(-1), np.arange(whole, n)])


class StreamBatches(Batches):
    """Batches that a PyDataset, a generator or any iterable of (x, y[, weights]) makes."""

    def __init__(
        self, source: Any, steps: int | None, shuffle: Any, where: str, model: Any,
        check: Callable[[str, Array, Array | None], None] = lambda where, x, y: None,
    ) -> None:  # fmt: skip
        self.source, self.where, self.shuffle, self.model, self.check = source, where, shuffle, model, check
        self.indexed = isinstance(source, PyDataset) or (hasattr(source, "__getitem__") and hasattr(source, "__len__"))
        self.steps = steps
        if self.indexed:
            there = self._length()
            self.steps = there if steps is None else min(steps, there)
        self.iterator: Iterator[Any] | None = None
        self.endless_told = False

    def epoch(self, number: int, key: Key | None, start: int = 0) -> Iterator[Batch]:
        items = self._indexed(key) if self.indexed else self._streamed()
        began = None
        for i, item in enumerate(items):
            if i >= start:
                yield self._checked(item, i)
            began = time.monotonic() if began is None else began  # what the first batch took is not counted
            self._warn_of_no_end(i + 1, time.monotonic() - began)

    def _length(self) -> int:
        try:
            length = len(self.source)
        except (TypeError, ValueError) as problem:
            raise DataError(f"{self.where}, x, len(x)", "a number of batches", Told(f"the error: {problem}")) from None
        if length == 0 and self.where != "predict":
            raise DataError(f"{self.where}, x", "at least one batch", Told("none"))
        return length

    def _indexed(self, key: Key | None) -> Iterator[Any]:
        n = len(self.source)
        order = key.permutation(n) if key is not None and self.shuffle else range(n)
        for i in list(order)[: self.steps]:
            yield self.source[int(i)]
        if hasattr(self.source, "on_epoch_end"):
            self.source.on_epoch_end()

    def _streamed(self) -> Iterator[Any]:
        """An iterator is read on from where it stood; an iterable begins anew when it has no more."""
        if self.iterator is None or self.steps is None:
            self.iterator = iter(self.source)
        count, fresh = 0, False  # whether it has just begun anew
        while self.steps is None or count < self.steps:
            try:
                yield next(self.iterator)
            except StopIteration:
                if self._is_dry(count):
                    raise DataError(
                        self.where, "batches for every epoch", Told("a generator that has run dry"),
                        "Make it endless and pass steps_per_epoch, or pass arrays or a PyDataset.",
                    ) from None  # fmt: skip
                if self.steps is None:
                    return
                again = iter(self.source)
                if again is self.source or fresh:
                    kind = "a generator" if again is self.source else "a source of batches"
                    raise DataError(
                        self.where, f"{self.steps} batches per epoch", Told(f"{kind} that ended after {count}"),
                        "Make it endless, or lower the number of steps.",
                    ) from None  # fmt: skip
                self.iterator, fresh = again, True
                continue
            count, fresh = count + 1, False

    def _warn_of_no_end(self, count: int, seconds: float) -> None:
        """Once, where nobody has said how many batches there are, and there have been some for long."""
        if self.endless_told or self.steps is not None or hasattr(self.source, "__len__") or seconds < PATIENCE:
            return
        self.endless_told = True
        room = "validation_data" if "validation" in self.where else "x"
        argument = {"fit": "steps_per_epoch", "fit, validation_data": "validation_steps"}.get(self.where, "steps")
        warnings.warn(
            f"{self.where}: {room} makes batches without {argument}, and after {count:,} of them has not come to an "
            f"end: it may never. If it has none, pass {argument}, the number of batches to take.",
            stacklevel=2,
        )

    def _is_dry(self, count: int) -> bool:
        """Whether a generator has nothing for a whole epoch; there may be nothing to predict."""
        return count == 0 and self.steps is None and self.where != "predict" and iter(self.source) is self.source

    def _checked(self, item: Any, index: int) -> Batch:
        where = f"{self.where}, batch {index}"
        item = item if isinstance(item, tuple | list) else (item,)
        if not 1 <= len(item) <= 3:
            raise ShapeError(where, "x, (x, y) or (x, y, sample_weight)", Told(f"{len(item)} parts"))
        x, y, weights = (*item, None, None)[:3]
        x, y, weights = checked_arrays(self.model, x, y, weights, where)
        self.check(where, x, y)
        return x, y, weights


def checked_arrays(model: Any, x: Any, y: Any, sample_weight: Any, where: str) -> Batch:
    """x, y and weights as arrays that fit each other and the model, or a clear error."""
    if isinstance(x, Mapping) and model.built and not model.takes_many:
        (x,) = by_name(f"{where}, x", x, model.input_names)
    if hasattr(x, "columns") and not model.takes_many:
        x = _as_trained(model, x, where)
    none_will_do = where.startswith("predict")
    x = _each(
        f"{where}, x", x, model.takes_many and model.input_names,
        lambda place, one, i: read_as(model.input_dtypes[i])(
            place, one, model.sample_shapes[i] if model.takes_many else model.shape, none_will_do=none_will_do
        ),
    )  # fmt: skip
    for one, kind in zip(parts_of(x), model.input_dtypes, strict=True):
        checks.whole(f"{where}, x", one, kind)
    if len({len(one) for one in parts_of(x)}) > 1:
        raise ShapeError(f"{where}, x", "inputs of as many rows each", [one.shape for one in parts_of(x)])
    outputs = model.gives_many and model.output_names
    if y is not None:
        y = _each(
            f"{where}, y",
            _of_one_loss(model, y) if outputs else y,
            outputs,
            lambda place, one, _: as_targets(place, one, len(x)),
        )
    if sample_weight is not None:
        if outputs and not isinstance(sample_weight, list | tuple | Mapping | Parts):
            sample_weight = [sample_weight] * len(outputs)
        sample_weight = _each(
            f"{where}, sample_weight", sample_weight, outputs, lambda place, one, _: as_weights(place, one, len(x))
        )
    for name, array in (("x", x), ("y", y), ("sample_weight", sample_weight)):
        for part in parts_of(array):
            if part is not None:
                check_range(f"{where}, {name}", part, model.dtype)
    return x, y, sample_weight


def _of_one_loss(model: Any, y: Any) -> Any:
    """The targets of several outputs: an array by itself is that of the one output that has a loss."""
    losses = getattr(model, "loss", None)
    if isinstance(y, list | tuple | Mapping | Parts) or not isinstance(losses, list):
        return y
    judged = [one is not None for one in losses]
    return [y if there else None for there in judged] if sum(judged) == 1 else y


def read_as(dtype: str) -> Callable[..., Array]:
    """What reads an input of this dtype: numbers, or text."""
    return as_texts if dtype == TEXT else as_features


def _each(where: str, given: Any, names: Any, checked: Callable[[str, Any, int], Array]) -> Any:
    """What is given, checked; under several names one for each, in a list, a tuple or a dict, as `Parts`. Only the
    inputs must all be there."""
    if not names:
        return checked(where, given, 0)
    needed = where.endswith(", x")
    each = given.arrays if isinstance(given, Parts) else by_name(where, given, names, all_of_them=needed)
    if not isinstance(each, list | tuple) or len(each) != len(names) or (needed and any(one is None for one in each)):
        found = Told(f"a list of {len(each)}") if isinstance(each, list | tuple) else each
        raise InvalidArgument(where, f"{len(names)} arrays, in a list or by name: " + ", ".join(names), found)
    return Parts(
        None if one is None else checked(f"{where}, {name!r}", one, i)
        for i, (name, one) in enumerate(zip(names, each, strict=True))
    )


def _as_trained(model: Any, x: Any, where: str) -> Any:
    """A data frame, its columns in the order in which they were first trained on; the model keeps their names."""
    names = column_names(x)
    known = model.__dict__.get("_columns")
    if known is None and names and "_table" in model.__dict__:
        told, fix = Told("a table as it is"), "Encode it: pellucid.tables.attached(model).encoder.transform(x)."
        raise WrongType(f"{where}, x", "rows as the network's table encodes them", told, fix)
    if known is None:
        if where.startswith(("fit", "train")):
            model.__dict__["_columns"] = names
        return x
    return in_order(f"{where}, x", x, known)


def is_stream(x: Any) -> bool:
    """Whether x makes its own batches, rather than being an array or a list of rows."""
    if isinstance(x, PyDataset):
        return True
    if isinstance(x, list | tuple | str | bytes | Mapping | Set) or hasattr(x, "__array__") or hasattr(x, "shape"):
        return False
    return hasattr(x, "__iter__")


def checked_class_weight(where: str, class_weight: Any, outputs: int) -> None:
    """Refuse weights of classes that a model with so many outputs cannot have, and weights that are no numbers."""
    where = f"{where}, argument class_weight"
    if class_weight is None:
        return
    if not isinstance(class_weight, Mapping):
        raise WrongType(where, "a mapping from class to weight such as {0: 1.0, 1: 5.0}", class_weight)
    for label, weight in class_weight.items():
        if isinstance(label, float) and label.is_integer():
            label = int(label)
        checks.integer(f"{where}, class", label, minimum=0, maximum=max(outputs, 2) - 1)
        checks.number(f"{where}, weight of class {label}", weight, minimum=0)


def with_class_weight(y: Any, sample_weight: Any, class_weight: Any) -> Any:
    """Sample weights (B,) times the weight of each sample's class; a class without one counts as 1. Of several outputs,
    each by itself."""
    if class_weight is None:
        return sample_weight
    if isinstance(y, Parts):
        given = parts_of(sample_weight, len(y.arrays))
        return Parts(map(with_class_weight, y.arrays, given, class_weight))
    if y.ndim > 1 and y.shape[-1] > 1:
        classes = y.argmax(axis=-1)
    else:
        classes = y.reshape(y.shape[0], *y.shape[1:-1]) if y.ndim > 1 else y
    if classes.dtype.kind == "f" and (classes != np.floor(classes)).any():
        raise DataError(
            "fit, argument class_weight", "whole class numbers as targets", Told("targets with fractions"),
            "Pass sample_weight instead.",
        )  # fmt: skip
    weights = np.ones(classes.shape, dtype="float32")
    for label, weight in class_weight.items():
        weights[classes == label] = weight
    return (
        weights
        if sample_weight is None
        else weights * sample_weight.reshape(sample_weight.shape + (1,) * (weights.ndim - sample_weight.ndim))
    )
