"""Planters of more.py: faults in the data, in the network, and layers of somebody's own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid import Sequential
from pellucid.actions.prepared import Prepared
from pellucid.layers import Dense

from . import faulty_networks
from .data import Array
from .faulty_data import Random, with_x
from .own_layers import Own

# Data --------------------------------------------------------------------------------------------------------------


def _split_again(p: Prepared, x: Array, y: Array, held: int, random: Random) -> Prepared:
    """These rows shuffled, and so many of them held out."""
    order = random.permutation(len(x))
    return replace(p, x_train=x[order[held:]], y_train=y[order[held:]], validation=(x[order[:held]], y[order[:held]]))


def _all_rows(p: Prepared) -> tuple[Array, Array]:
    assert p.validation is not None
    return np.concatenate([p.x_train, p.validation[0]]), np.concatenate([p.y_train, p.validation[1]])


def columns_not_read(p: Prepared, count: int, random: Random) -> Prepared:
    """So many columns that could not be read and were filled with 0."""
    columns = random.permutation(p.x_train.shape[1])[:count]

    def change(x: Array) -> Array:
        x = x.copy()
        x[:, columns] = 0
        return x

    return with_x(p, change)


def covered_frame(p: Prepared, width_and_kept: tuple[int, int], random: Random) -> Prepared:
    """Pictures of which the middle alone is left."""
    width, kept = width_and_kept
    low = (width - kept) // 2
    seen = np.zeros((width, width), bool)
    seen[low : low + kept, low : low + kept] = True
    return with_x(p, lambda x: np.where(seen.ravel(), x, 0).astype(x.dtype))


def whole_numbers(p: Prepared, _: Any, random: Random) -> Prepared:
    """Fractions cut off: columns read as whole numbers."""
    return with_x(p, lambda x: np.trunc(x).astype("float32"))


def padded(p: Prepared, count: int, random: Random) -> Prepared:
    """Zeros behind each row, to have a length that something else asked for."""
    return with_x(p, lambda x: np.concatenate([x, np.zeros((len(x), count), x.dtype)], axis=1))


def on_a_map(p: Prepared, factor_and_shift: tuple[float, float], random: Random) -> Prepared:
    """Coordinates in meters from a point that is far away."""
    a, b = factor_and_shift
    return with_x(p, lambda x: (a * x + b).astype("float32"))


def in_pence(p: Prepared, column: int, random: Random) -> Prepared:
    """A sum of money whose logarithm was not taken, in the smallest coin."""

    def change(x: Array) -> Array:
        x = x.copy()
        x[:, column] = 100 * np.expm1(x[:, column])
        return x

    return with_x(p, change)


def sixteen_bits(p: Prepared, factor: float, random: Random) -> Prepared:
    """Pixels from 0 to 65535."""
    return with_x(p, lambda x: (x * np.float32(factor)).astype("float32"))


def rows_joined_wrongly(p: Prepared, _: Any, random: Random) -> Prepared:
    """Inputs and targets of different rows, in training and validation alike."""
    x, y = _all_rows(p)
    n = len(p.x_train)
    x = x[random.permutation(len(x))]
    return replace(p, x_train=x[:n], validation=(x[n:], y[n:]))


def columns_by_themselves(p: Prepared, _: Any, random: Random) -> Prepared:
    """Each column sorted in an order of its own."""
    x, y = _all_rows(p)
    n = len(p.x_train)
    x = random.permuted(x, axis=0)
    return replace(p, x_train=x[:n], validation=(x[n:], y[n:]))


def row_numbers(p: Prepared, columns: int, random: Random) -> Prepared:
    """Keys of the rows, and nothing else, for inputs."""
    return with_x(p, lambda x: random.integers(0, 1000, (len(x), columns)).astype("float32"))


def balanced_then_split(p: Prepared, per_class: int, random: Random) -> Prepared:
    """Rows drawn again and again until all classes are of one size; then split."""
    x, y = _all_rows(p)
    rows = np.concatenate([random.choice(np.flatnonzero(y == k), per_class) for k in range(p.classes)])
    return _split_again(p, x[rows], y[rows], len(rows) // 4, random)


def appended_then_split(p: Prepared, _: Any, random: Random) -> Prepared:
    """A file that holds every row twice, split at random."""
    x, y = _all_rows(p)
    return _split_again(p, np.concatenate([x, x]), np.concatenate([y, y]), len(x) // 2, random)


def first_rows_validate(p: Prepared, rows: int, random: Random) -> Prepared:
    """The first training rows stand for validation data."""
    return replace(p, validation=(p.x_train[:rows], p.y_train[:rows]))


def validation_standardized(p: Prepared, _: Any, random: Random) -> Prepared:
    """The validation inputs with mean 0 and deviation 1; the training inputs as they come."""
    assert p.validation is not None
    x = p.validation[0]
    return replace(p, validation=(((x - x.mean(axis=0)) / x.std(axis=0)).astype("float32"), p.validation[1]))


def validation_columns_turned(p: Prepared, by: int, random: Random) -> Prepared:
    """The columns of the validation data in another order."""
    assert p.validation is not None
    return replace(p, validation=(np.roll(p.validation[0], by, axis=1), p.validation[1]))


def validation_labels_turned(p: Prepared, by: int, random: Random) -> Prepared:
    """The classes of the validation data numbered otherwise."""
    assert p.validation is not None
    return replace(p, validation=(p.validation[0], (p.validation[1] + by) % p.classes))


def validation_upside_down(p: Prepared, width: int, random: Random) -> Prepared:
    """The validation pictures lie on their side."""
    assert p.validation is not None
    x, y = p.validation
    return replace(p, validation=(np.rot90(x.reshape(len(x), width, width), axes=(1, 2)).reshape(x.shape), y))


def validation_exposed(p: Prepared, how: tuple[float, float], random: Random) -> Prepared:
    """The validation pictures with less contrast on a bright ground."""
    assert p.validation is not None
    a, b = how
    x, y = p.validation
    return replace(p, validation=((a * x + b).round().astype(x.dtype), y))


def class_inverted(p: Prepared, k: int, random: Random) -> Prepared:
    """The training pictures of one class are white where the others are black."""
    x = p.x_train.copy()
    of_it = p.y_train == k
    x[of_it] = x.max() - x[of_it]
    return replace(p, x_train=x)


def class_in_other_units(p: Prepared, class_and_factor: tuple[int, float], random: Random) -> Prepared:
    """The training rows of one class were measured in another unit."""
    k, factor = class_and_factor
    x = p.x_train.astype("float32")
    x[p.y_train == k] *= factor
    return replace(p, x_train=x)


def noise_columns(p: Prepared, count: int, random: Random) -> Prepared:
    """Columns of noise beside the true ones."""
    return with_x(p, lambda x: np.concatenate([x, random.normal(size=(len(x), count))], axis=1).astype("float32"))


# Networks ----------------------------------------------------------------------------------------------------------


def ending(model: Sequential, p: Prepared, how: dict[str, Any]) -> Sequential:
    """Another output: so many units, an activation, a loss."""
    last = Dense(how["units"], activation=how["activation"])
    return faulty_networks.remade(model, [*faulty_networks.again(model.layers[:-1]), last], how["loss"])


# Layers of one's own -----------------------------------------------------------------------------------------------


class Arcsine(Own):
    """arcsin x, of numbers that may be beyond 1."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.arcsin(x), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy / np.sqrt(1 - cache**2), {}


class OwnSlopeForward(Own):
    """sin x, whose backward is sin x again."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.sin(x), x

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy * np.sin(cache), {}


class FlippedRows(Own):
    """The samples in reverse order: a flip along the wrong axis."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.ascontiguousarray(x[::-1]), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.ascontiguousarray(dy[::-1]), {}


class FeatureMean(Own):
    """The mean over the features, for each of them: all that is left is one number."""

    def forward(self, p: Any, x: Array, *, training: bool, rng: Any) -> tuple[Array, Any]:
        return np.broadcast_to(x.mean(axis=1, keepdims=True), x.shape).copy(), None

    def backward(self, p: Any, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.broadcast_to(dy.mean(axis=1, keepdims=True), dy.shape).copy(), {}


DATA: dict[str, Callable[[Prepared, Any, Random], Prepared]] = {
    f.__name__: f
    for f in (
        columns_not_read, covered_frame, whole_numbers, padded, on_a_map, in_pence, sixteen_bits, rows_joined_wrongly,
        columns_by_themselves, row_numbers, balanced_then_split, appended_then_split, first_rows_validate,
        validation_standardized, validation_columns_turned, validation_labels_turned,
        validation_upside_down, validation_exposed, class_inverted, class_in_other_units, noise_columns,
    )
}  # fmt: skip
MODEL: dict[str, Callable[[Sequential, Prepared, Any], Sequential]] = {"ending": ending}
