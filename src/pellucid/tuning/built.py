"""A trial of a network that a function builds, on arrays."""

from __future__ import annotations

import inspect
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from .. import rng
from ..arrays import Array
from ..data.checking import check_finite
from ..errors import InvalidArgument, ShapeError, Told, UnknownName, WrongType
from .fitting import Training, averaged
from .measures import Measure
from .trials import Report, Trial

OF_FIT = ("batch_size", "epochs")  # what goes to `fit` where `build` does not take it
Rows = tuple[Array, Array]  # those to train on, and those held out


@dataclass(frozen=True)
class Built:
    """An `Objective`: build(**values) gives a compiled model, which is trained on one part of the rows and judged by
    the other; or so for each of several folds, and the scores are their means."""

    build: Callable[..., Any]
    x: Array
    y: Array
    parts: Sequence[Rows]
    measures: Sequence[Measure]
    epochs: int
    batch_size: int
    patience: int
    seed: int

    def __call__(self, trial: Trial, report: Report) -> Mapping[str, float]:
        def training(train: Array, held: Array) -> Training:
            rng.set_random_seed(self.seed)  # every fold begins alike
            model, given = self.made(trial.values)
            fit = {"x": self.x[train], "y": self.y[train], "batch_size": given["batch_size"]}
            return Training(model, fit, (self.x[held], self.y[held]), given["epochs"], self.patience)

        with rng.seeded(self.seed):
            makers = [partial(training, *part) for part in self.parts]
            return averaged(makers, self.measures, report)

    def made(self, values: Mapping[str, Any]) -> tuple[Any, dict[str, int]]:
        """A new model of these values, and what `fit` is given."""
        own, given = shared(self.build, values)
        model = self.build(**own)
        if not hasattr(model, "fit") or not hasattr(model, "count_params"):
            raise WrongType("tune, argument build", "a function that returns a compiled model", model)
        return model, {"batch_size": self.batch_size, "epochs": self.epochs, **given}

    def check(self, points: Iterable[Mapping[str, Any]]) -> None:
        """Raise where `build` does not take the names of these values, or cannot build the first of them: a mistake in
        it is best seen where it was made."""
        if not callable(self.build):
            raise WrongType("tune, argument build", "a function that returns a compiled model", self.build)
        for i, values in enumerate(points):
            shared(self.build, values)
            if i == 0:
                with rng.seeded(self.seed):
                    self.made(values)

    def about(self) -> dict[str, Any]:
        """What all trials have in common, so that nobody goes on with another search by mistake."""
        return {
            "data": [_checksum(part) for part in (self.x, self.y)],
            "validation": [_checksum(rows) for part in self.parts for rows in part],
            "epochs": self.epochs, "batch_size": self.batch_size, "patience": self.patience,
        }  # fmt: skip

    def retrained(self, values: Mapping[str, Any], epochs: int) -> Any:
        """A model of these values, trained on all rows for so many epochs."""
        with rng.seeded(self.seed):
            model, given = self.made(values)
            model.fit(self.x, self.y, batch_size=given["batch_size"], epochs=epochs, verbose=0)
        return model


def shared(build: Callable[..., Any], values: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Which of the values are `build`'s, and which are `fit`'s.

    >>> shared(lambda units: units, {"units": 8, "batch_size": 32})
    ({'units': 8}, {'batch_size': 32})
    """
    taken = inspect.signature(build).parameters
    every = any(one.kind is inspect.Parameter.VAR_KEYWORD for one in taken.values())
    own = {name: value for name, value in values.items() if name in taken or (every and name not in OF_FIT)}
    rest = {name: value for name, value in values.items() if name not in own}
    for name in rest:
        if name not in OF_FIT:
            raise UnknownName("tune, argument space", name, [*taken, *OF_FIT], "Name arguments of build.")
    return own, rest


def as_arrays(given: Any, where: str, like: tuple[Array, Array] | None = None) -> tuple[Array, Array]:
    """Inputs and targets of one length, of finite numbers; `like` those that are trained on."""
    if not isinstance(given, tuple | list) or len(given) != 2:
        raise WrongType(where, "a pair (x, y)", Told(type(given).__name__))
    x, y = (_as_numbers(part, f"{where}, {name}") for part, name in zip(given, "xy", strict=True))
    if x.ndim < 1 or y.ndim < 1 or len(x) != len(y):
        raise InvalidArgument(where, "x and y of the same length", Told(f"shapes {x.shape} and {y.shape}"))
    if not len(x):
        raise InvalidArgument(where, "at least one row", Told("none"))
    for part, theirs, name in zip((x, y), like or (x, y), "xy", strict=True):
        check_finite(f"{where}, {name}", part)
        if part.shape[1:] != theirs.shape[1:]:
            wanted = f"rows of the shape {theirs.shape[1:]}, as in data"
            raise ShapeError(f"{where}, {name}", wanted, Told(f"{part.shape[1:]}"))
    return x, y


def _checksum(array: Array) -> int:
    return zlib.crc32(np.ascontiguousarray(array).tobytes())


def _as_numbers(given: Any, where: str) -> Array:
    fix = "Words are numbered first, a table is encoded; `pellucid tune` does both."
    try:
        array = np.asarray(given)
    except ValueError:
        raise WrongType(where, "numbers in rows of one length", Told("others"), fix) from None
    if array.dtype.kind not in "biuf":
        raise WrongType(where, "numbers", Told(f"{array.dtype} of shape {array.shape}"), fix)
    return array


def of_classes(y: Array) -> bool:
    """Whether these targets are the numbers of classes."""
    return y.dtype.kind in "biu" and (y.ndim == 1 or y.shape[1:] == (1,))
