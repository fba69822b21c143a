"""Planters of others.py: faults of the data and of the network, and layers of one's own that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid import Sequential
from pellucid.actions.prepared import Prepared
from pellucid.initializers import Ones
from pellucid.layers import Dense
from pellucid.layers.holding import Parameter

from .data import Array, raw
from .faulty_data import Random, with_validation, with_x
from .faulty_networks import again, remade
from .own_layers import Own

# Data --------------------------------------------------------------------------------------------------------------


def filled(p: Prepared, what: tuple[int, int, float], random: Random) -> Prepared:
    """(first, count, value): so many columns from the first hold this value."""
    first, count, value = what

    def change(x: Array) -> Array:
        x = x.copy()
        x[:, first : first + count] = value
        return x

    return with_x(p, change)


def standardized(p: Prepared, _: Any, random: Random) -> Prepared:
    """Mean 0 and deviation 1, by the user's own hand."""
    shift, scale = p.x_train.mean(axis=0), p.x_train.std(axis=0)
    return with_x(p, lambda x: ((x - shift) / np.where(scale > 0, scale, 1)).astype("float32"))


def standardized_training_only(p: Prepared, _: Any, random: Random) -> Prepared:
    """The training inputs have mean 0 and deviation 1; the validation inputs are as they came."""
    assert p.validation is not None
    return with_validation(standardized(p, None, random), p.validation[0].astype("float32"), p.validation[1])


def min_max(p: Prepared, low_and_high: tuple[float, float], random: Random) -> Prepared:
    """Each column stretched from low to high over the training rows."""
    a, b = low_and_high
    low, high = p.x_train.min(axis=0), p.x_train.max(axis=0)
    width = np.where(high > low, high.astype("float64") - low, 1)
    return with_x(p, lambda x: (a + (b - a) * (x - low) / width).astype("float32"))


def pixels_between(p: Prepared, low_and_high: tuple[float, float], random: Random) -> Prepared:
    """Pixels stretched from low to high."""
    a, b = low_and_high
    largest = float(p.x_train.max())
    return with_x(p, lambda x: (a + (b - a) * x / largest).astype("float32"))


def missing_as(p: Prepared, share_and_value: tuple[float, float], random: Random) -> Prepared:
    """A share of the numbers is missing, and this value stands for them."""
    share, value = share_and_value
    return with_x(p, lambda x: np.where(random.random(x.shape) < share, value, x).astype("float32"))


def time_stamped(p: Prepared, _: Any, random: Random) -> Prepared:
    """A column more: the second at which the row was written."""
    return with_x(p, lambda x: np.column_stack([x, 1.6e9 + random.uniform(0, 3e7, len(x))]).astype("float32"))


def numbered(p: Prepared, first: int, random: Random) -> Prepared:
    """A column more: the customer's number."""
    return with_x(p, lambda x: np.column_stack([x, random.integers(first, 10 * first, len(x))]).astype("float32"))


def in_unit(p: Prepared, what: tuple[int, float, float], random: Random) -> Prepared:
    """(column, factor, shift): one column in another unit, everywhere."""
    column, factor, shift = what

    def change(x: Array) -> Array:
        x = x.astype("float32")
        x[:, column] = x[:, column] * factor + shift
        return x

    return with_x(p, change)


def undone_logarithm(p: Prepared, mean_and_deviation: tuple[float, float], random: Random) -> Prepared:
    """Prices in dollars, of which the targets are the scaled logarithms."""
    mean, deviation = mean_and_deviation
    assert p.validation is not None
    y, held, test = (np.exp(t * deviation + mean).astype("float32") for t in (p.y_train, p.validation[1], p.y_test))
    return with_validation(replace(p, y_train=y, y_test=test), p.validation[0], held)


def unit_targets(p: Prepared, largest: float, random: Random) -> Prepared:
    """Targets from 0 to this."""
    assert p.validation is not None
    low, high = float(p.y_train.min()), float(p.y_train.max())
    y, held, test = (
        (largest * np.clip((t - low) / (high - low), 0, 1)).astype("float32")
        for t in (p.y_train, p.validation[1], p.y_test)
    )
    return with_validation(replace(p, y_train=y, y_test=test), p.validation[0], held)


def validation_turned(p: Prepared, _: Any, random: Random) -> Prepared:
    """The validation pictures are upside down."""
    assert p.validation is not None
    return with_validation(p, p.validation[0][:, ::-1].copy(), p.validation[1])


def validation_in_unit(p: Prepared, what: tuple[int, float], random: Random) -> Prepared:
    """(column, factor): a column of the validation data in another unit."""
    assert p.validation is not None
    column, factor = what
    x = p.validation[0].astype("float32")
    x[:, column] *= factor
    return with_validation(p, x, p.validation[1])


def validation_unscaled_targets(p: Prepared, scale_and_shift: tuple[float, float], random: Random) -> Prepared:
    """The targets were scaled for training only."""
    assert p.validation is not None
    a, b = scale_and_shift
    return with_validation(p, p.validation[0], (a * p.validation[1] + b).astype("float32"))


def split_by_target(p: Prepared, _: Any, random: Random) -> Prepared:
    """A file sorted by its targets and cut: the highest are the validation data."""
    assert p.validation is not None
    x, y = (np.concatenate(both) for both in zip((p.x_train, p.y_train), p.validation, strict=True))
    order, n = np.argsort(y, kind="stable"), len(p.x_train)
    return with_validation(replace(p, x_train=x[order[:n]], y_train=y[order[:n]]), x[order[n:]], y[order[n:]])


def last_rows_again(p: Prepared, rows: int, random: Random) -> Prepared:
    """The validation data are the last rows of the training data, which nobody took away there."""
    return with_validation(p, p.x_train[-rows:].copy(), p.y_train[-rows:].copy())


def validation_is_training(p: Prepared, _: Any, random: Random) -> Prepared:
    return with_validation(p, p.x_train, p.y_train)


def oversampled_then_split(p: Prepared, class_and_times: tuple[int, int], random: Random) -> Prepared:
    """The rows of one class repeated so often, and all then split at random."""
    k, times = class_and_times
    rows = np.repeat(np.arange(len(p.y_train)), np.where(p.y_train == k, times, 1))
    held, kept = np.split(random.permutation(rows), [len(rows) // 4])
    return with_validation(
        replace(p, x_train=p.x_train[kept], y_train=p.y_train[kept]), p.x_train[held], p.y_train[held]
    )


def brightened_then_split(p: Prepared, factor: float, random: Random) -> Prepared:
    """To each picture a copy a little brighter, and all then split at random."""
    brighter = np.minimum(p.x_train.astype("float64") * factor, p.x_train.max()).round().astype(p.x_train.dtype)
    x, y = np.concatenate([p.x_train, brighter]), np.tile(p.y_train, 2)
    held, kept = np.split(random.permutation(len(x)), [len(x) // 4])
    return with_validation(replace(p, x_train=x[kept], y_train=y[kept]), x[held], y[held])


def inputs_of(p: Prepared, name: str, random: Random) -> Prepared:
    """The rows of another file beside these targets."""
    assert p.validation is not None
    x = raw(name).x
    n, held = len(p.x_train), len(p.validation[0])
    assert len(x) >= n + held
    y = random.permutation(p.y_train)  # should both files be sorted
    return with_validation(replace(p, x_train=x[:n], y_train=y), x[n : n + held], p.validation[1])


def inputs_reordered(p: Prepared, _: Any, random: Random) -> Prepared:
    """The inputs shuffled without their targets, everywhere."""
    assert p.validation is not None
    x, held = random.permutation(p.x_train), random.permutation(p.validation[0])
    return with_validation(replace(p, x_train=x), held, p.validation[1])


def identity_numbers(p: Prepared, columns: int, random: Random) -> Prepared:
    """Nothing but numbers that were given to the rows at random."""
    assert p.validation is not None
    x, held = (random.integers(10000, 99999, (len(a), columns)).astype("float32") for a in (p.x_train, p.validation[0]))
    return with_validation(replace(p, x_train=x), held, p.validation[1])


def long_tail(p: Prepared, what: tuple[int, int], random: Random) -> Prepared:
    """(class, divisor): of all classes from this one on, one row in so many is left in the training data."""
    k, divisor = what
    kept = (p.y_train < k) | (np.arange(len(p.y_train)) % divisor == 0)
    return replace(p, x_train=p.x_train[kept], y_train=p.y_train[kept])


def mixed_rows_of_class(p: Prepared, k: int, random: Random) -> Prepared:
    """The file names of one class point to the rows of others, everywhere."""
    assert p.validation is not None

    def change(x: Array, y: Array) -> Array:
        x = x.copy()
        x[y == k] = x[random.choice(np.flatnonzero(y != k), int((y == k).sum()))]
        return x

    held = change(*p.validation), p.validation[1]
    return replace(p, x_train=change(p.x_train, p.y_train), validation=held)


def turned_class(p: Prepared, k: int, random: Random) -> Prepared:
    """The training pictures of one class are upside down."""
    x = p.x_train.copy()
    x[p.y_train == k] = x[p.y_train == k][:, ::-1]
    return replace(p, x_train=x)


def even_or_odd(p: Prepared, _: Any, random: Random) -> Prepared:
    """Two classes: even numbers and odd ones."""
    assert p.validation is not None
    y, held, test = (t % 2 for t in (p.y_train, p.validation[1], p.y_test))
    return with_validation(replace(p, y_train=y, y_test=test, classes=2), p.validation[0], held)


def small_validation(p: Prepared, rows: int, random: Random) -> Prepared:
    assert p.validation is not None
    return with_validation(p, p.validation[0][:rows], p.validation[1][:rows])


def repeated_class(p: Prepared, class_and_times: tuple[int, int], random: Random) -> Prepared:
    """The training rows of one class repeated so often; the validation rows are others."""
    k, times = class_and_times
    rows = np.repeat(np.arange(len(p.y_train)), np.where(p.y_train == k, times, 1))
    return replace(p, x_train=p.x_train[rows], y_train=p.y_train[rows])


def moved_pictures(p: Prepared, width: int, random: Random) -> Prepared:
    """To each training picture a copy moved by one pixel to one side."""
    pictures = p.x_train.reshape(len(p.x_train), -1, width)
    sides = random.integers(0, 4, len(pictures))
    moved = np.stack([np.roll(a, 1 - 2 * (s % 2), axis=s // 2) for a, s in zip(pictures, sides, strict=True)])
    x = np.concatenate([p.x_train, moved.reshape(p.x_train.shape)])
    return replace(p, x_train=x, y_train=np.tile(p.y_train, 2))


DATA: dict[str, Callable[[Prepared, Any, Random], Prepared]] = {
    f.__name__: f
    for f in (
        filled, standardized, standardized_training_only, min_max, pixels_between, missing_as, time_stamped, numbered,
        in_unit, undone_logarithm, unit_targets, validation_turned,
        validation_in_unit, validation_unscaled_targets, split_by_target, last_rows_again, validation_is_training,
        oversampled_then_split, brightened_then_split, inputs_of, inputs_reordered, identity_numbers, long_tail,
        mixed_rows_of_class, turned_class, even_or_odd, small_validation, repeated_class,
        moved_pictures,
    )
}  # fmt: skip

# Networks ----------------------------------------------------------------------------------------------------------


def one_output_of(model: Sequential, p: Prepared, how: tuple[str, Any, dict[str, Any]]) -> Sequential:
    """One output for yes or no: (its activation, the class of the loss, the loss's arguments)."""
    activation, loss, arguments = how
    return remade(model, [*again(model.layers[:-1]), Dense(1, activation=activation)], loss(**arguments))


def between(model: Sequential, p: Prepared, what: tuple[Any, ...]) -> Sequential:
    """A layer in front of each Dense but the first: (its class, its arguments)."""
    layer, *arguments = what
    made: list[Any] = []
    for old in again(model.layers):
        if isinstance(old, Dense) and any(isinstance(other, Dense) for other in made):
            made.append(layer(*arguments))
        made.append(old)
    return remade(model, made)


MODEL: dict[str, Callable[[Sequential, Prepared, Any], Sequential]] = {f.__name__: f for f in (one_output_of, between)}

# Layers of one's own -----------------------------------------------------------------------------------------------


class Moved(Own):
    """The features moved by one place, and the gradient moved in the same direction."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.roll(x, 3, axis=1), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.roll(dy, 3, axis=1), {}


class UphillScale(Own):
    """x s, whose s gets its gradient with the wrong sign."""

    def parameters(self, shape: Any) -> list[Parameter]:
        return [Parameter("scale", tuple(shape), Ones())]

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return x * p["scale"], x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * p["scale"], {"scale": -(dy * cache).sum(axis=0)}


class ShuffledRows(Own):
    """Shuffles the samples in training, where the features were meant to be shuffled."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        order = np.arange(len(x))
        if training:
            order = rng.normal((len(x),), mean=0.0, stddev=1.0).argsort()
        return x[order], order

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dx = np.empty_like(dy)
        dx[cache] = dy
        return dx, {}


class RunningMean(Own):
    """The mean of this sample and those before it, an axis mistaken."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        n = np.arange(1, len(x) + 1, dtype=x.dtype)[:, None]
        return x.cumsum(axis=0) / n, n

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return (dy / cache)[::-1].cumsum(axis=0)[::-1].copy(), {}


class Angle(Own):
    """arccos x, of numbers that may lie beyond 1."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.arccos(x), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return -dy / np.sqrt(1 - cache * cache), {}
