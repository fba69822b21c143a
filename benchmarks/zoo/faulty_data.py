"""Faults in the data: (what was prepared, an argument, where chance comes from) -> what is trained on instead."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from pellucid.actions.prepared import Prepared

from .data import Array

Random = np.random.Generator


def with_x(p: Prepared, change: Callable[[Array], Array]) -> Prepared:
    """The inputs changed, wherever there are any."""
    assert p.validation is not None
    x, held, test = (change(x) for x in (p.x_train, p.validation[0], p.x_test))
    return replace(p, x_train=x, validation=(held, p.validation[1]), x_test=test)


def with_validation(p: Prepared, x: Array, y: Array) -> Prepared:
    return replace(p, validation=(x, y))


def shuffled_labels(p: Prepared, share: float, random: Random) -> Prepared:
    """This share of the training targets, dealt out anew."""
    rows = random.permutation(len(p.y_train))[: int(share * len(p.y_train))]
    y = p.y_train.copy()
    y[rows] = y[random.permutation(rows)]
    return replace(p, y_train=y)


def shifted_labels(p: Prepared, by: int, random: Random) -> Prepared:
    """Each row's target is that of another, as if a file had been read from the wrong line; everywhere."""
    assert p.validation is not None
    order = random.permutation(len(p.y_train))  # else neighbours in a sorted file might be alike
    y = np.roll(p.y_train[order], by)
    return with_validation(
        replace(p, x_train=p.x_train[order], y_train=y), p.validation[0], np.roll(p.validation[1], by)
    )


def noise_for_inputs(p: Prepared, _: Any, random: Random) -> Prepared:
    """Inputs that have nothing to do with the targets."""
    return with_x(p, lambda x: random.normal(size=x.shape).astype("float32"))


def noisy_targets(p: Prepared, deviation: float, random: Random) -> Prepared:
    """Noise added to targets that are numbers, everywhere."""
    assert p.validation is not None
    y, held = ((t + random.normal(0, deviation, t.shape)).astype("float32") for t in (p.y_train, p.validation[1]))
    return with_validation(replace(p, y_train=y), p.validation[0], held)


def scaled_inputs(p: Prepared, factor: float, random: Random) -> Prepared:
    return with_x(p, lambda x: (x * factor).astype("float32"))


def shifted_inputs(p: Prepared, by: float, random: Random) -> Prepared:
    return with_x(p, lambda x: (x + by).astype("float32"))


def as_bytes(p: Prepared, _: Any, random: Random) -> Prepared:
    """Inputs spread over 0 to 255, and nobody tells."""
    low, high = float(p.x_train.min()), float(p.x_train.max())
    return with_x(p, lambda x: ((x - low) * (255 / (high - low))).round().astype("float32"))


def one_huge_column(p: Prepared, factor: float, random: Random) -> Prepared:
    """The first column is in another unit."""
    return with_x(p, lambda x: np.concatenate([x[:, :1] * factor, x[:, 1:]], axis=1).astype("float32"))


def scaled_targets(p: Prepared, scale_and_shift: tuple[float, float], random: Random) -> Prepared:
    assert p.validation is not None
    a, b = scale_and_shift
    y, held, test = ((a * t + b).astype("float32") for t in (p.y_train, p.validation[1], p.y_test))
    return with_validation(replace(p, y_train=y, y_test=test), p.validation[0], held)


def constant_columns(p: Prepared, share: float, random: Random) -> Prepared:
    """This share of the columns holds one number throughout."""
    columns = random.permutation(p.x_train.shape[1])[: max(1, round(share * p.x_train.shape[1]))]
    first = p.x_train[0]

    def change(x: Array) -> Array:
        x = x.copy()
        x[:, columns] = first[columns]
        return x

    return with_x(p, change)


def added_constants(p: Prepared, count: int, random: Random) -> Prepared:
    """Columns beside the others that say nothing."""
    return with_x(p, lambda x: np.concatenate([x, np.ones((len(x), count), x.dtype)], axis=1))


def divided_away(p: Prepared, by: int, random: Random) -> Prepared:
    """Bytes divided as whole numbers: all 0."""
    return with_x(p, lambda x: (x.astype("int64") // by).astype("float32"))


def rare_class(p: Prepared, class_and_rows: tuple[int, int], random: Random) -> Prepared:
    """All but a few training rows of one class are left out, and of the validation rows in proportion, 3 at least."""
    assert p.validation is not None
    k, rows = class_and_rows
    share = rows / int((p.y_train == k).sum())
    in_validation = max(3, round(share * int((p.validation[1] == k).sum())))
    x, y = _thinned(p.x_train, p.y_train, k, rows)
    return with_validation(replace(p, x_train=x, y_train=y), *_thinned(*p.validation, k, in_validation))


def _thinned(x: Array, y: Array, k: int, rows: int) -> tuple[Array, Array]:
    kept = np.sort(np.concatenate([np.flatnonzero(y != k), np.flatnonzero(y == k)[:rows]]))
    return x[kept], y[kept]


def one_against_all(p: Prepared, k: int, random: Random) -> Prepared:
    """Two classes: the one of this number, and all others."""
    assert p.validation is not None
    y, held, test = ((t == k).astype("int64") for t in (p.y_train, p.validation[1], p.y_test))
    return with_validation(replace(p, y_train=y, y_test=test, names=(0, 1)), p.validation[0], held)


def mislabelled_class(p: Prepared, from_and_to: tuple[int, int], random: Random) -> Prepared:
    """Every training row of one class bears the label of another."""
    a, b = from_and_to
    return replace(p, y_train=np.where(p.y_train == a, b, p.y_train))


def blurred_class(p: Prepared, k: int, random: Random) -> Prepared:
    """Every training row of one class bears the label of any other."""
    of_it = p.y_train == k
    return replace(p, y_train=np.where(of_it, (k + random.integers(1, p.classes, len(of_it))) % p.classes, p.y_train))


def wrong_rows_of_class(p: Prepared, k: int, random: Random) -> Prepared:
    """The inputs of one class are noise in the training data: what stands in them is lost."""
    x = p.x_train.copy()
    of_it = np.flatnonzero(p.y_train == k)
    x[of_it] = random.permuted(x[of_it], axis=1)
    return replace(p, x_train=x)


def copies_in_validation(p: Prepared, share: float, random: Random) -> Prepared:
    """This share of the validation rows is taken from the training data."""
    assert p.validation is not None
    x, y = (a.copy() for a in p.validation)
    rows = random.permutation(len(x))[: int(share * len(x))]
    taken = random.choice(len(p.x_train), len(rows), replace=False)
    x[rows], y[rows] = p.x_train[taken], p.y_train[taken]
    return with_validation(p, x, y)


def split_after_repeating(p: Prepared, times: int, random: Random) -> Prepared:
    """Rows repeated to have more of a small set, then split at random."""
    assert p.validation is not None
    n = len(p.x_train) // times
    x, y = np.repeat(p.x_train[:n], times, axis=0), np.repeat(p.y_train[:n], times, axis=0)
    order = random.permutation(len(x))
    held, kept = np.split(order, [len(x) // 3])
    return with_validation(replace(p, x_train=x[kept], y_train=y[kept]), x[held], y[held])


def validation_scaled(p: Prepared, factor: float, random: Random) -> Prepared:
    """The validation inputs are scaled otherwise than the training inputs."""
    assert p.validation is not None
    return with_validation(p, (p.validation[0] * factor).astype("float32"), p.validation[1])


def validation_shifted(p: Prepared, deviations: float, random: Random) -> Prepared:
    assert p.validation is not None
    x, y = p.validation
    return with_validation(p, (x + deviations * p.x_train.std(axis=0)).astype("float32"), y)


def validation_noisy(p: Prepared, deviations: float, random: Random) -> Prepared:
    assert p.validation is not None
    x, y = p.validation
    spread = deviations * p.x_train.astype("float32").std()
    return with_validation(p, (x + random.normal(0, spread, x.shape)).astype("float32"), y)


def validation_of_classes(p: Prepared, classes: Sequence[int], random: Random) -> Prepared:
    """Split without shuffling: the validation data hold some classes only."""
    assert p.validation is not None
    x, y = p.validation
    kept = np.isin(y, classes)
    return with_validation(p, x[kept], y[kept])


def validation_beyond(p: Prepared, column: int, random: Random) -> Prepared:
    """Split by a column: training on the lower part of it, validation on the upper part."""
    assert p.validation is not None
    x, y = (np.concatenate(both) for both in zip((p.x_train, p.y_train), p.validation, strict=True))
    order = np.argsort(x[:, column], kind="stable")
    n = len(p.x_train)
    return with_validation(replace(p, x_train=x[order[:n]], y_train=y[order[:n]]), x[order[n:]], y[order[n:]])


def fewer_rows(p: Prepared, rows: int, random: Random) -> Prepared:
    """So many training rows, those of the spec's own number left out of account."""
    return replace(p, x_train=p.x_train[:rows], y_train=p.y_train[:rows])


def mixed_units(p: Prepared, decades: int, random: Random) -> Prepared:
    """Each column in a unit of its own, up to so many powers of ten apart."""
    units = 10.0 ** random.integers(0, decades + 1, p.x_train.shape[1])
    return with_x(p, lambda x: (x * units).astype("float32"))


def sorted_targets(p: Prepared, _: Any, random: Random) -> Prepared:
    """Targets sorted without their rows, everywhere."""
    assert p.validation is not None
    return with_validation(replace(p, y_train=np.sort(p.y_train)), p.validation[0], np.sort(p.validation[1]))


def mostly_mislabelled(p: Prepared, what: tuple[int, int, float], random: Random) -> Prepared:
    """(class, another, share): this share of the training rows of a class bears the label of another."""
    a, b, share = what
    return replace(p, y_train=np.where((p.y_train == a) & (random.random(len(p.y_train)) < share), b, p.y_train))


def emptied_class(p: Prepared, k: int, random: Random) -> Prepared:
    """The inputs of one class are 0 in the training data: files that could not be read."""
    x = p.x_train.copy()
    x[p.y_train == k] = 0
    return replace(p, x_train=x)


def copies_with_noise(p: Prepared, deviations: float, random: Random) -> Prepared:
    """The validation rows are training rows with a little noise: augmented, then split."""
    assert p.validation is not None
    taken = random.choice(len(p.x_train), min(len(p.x_train), len(p.validation[0])), replace=False)
    x = p.x_train[taken].astype("float32")
    x = x + (random.normal(size=x.shape) * deviations * p.x_train.std(axis=0)).astype("float32")
    return with_validation(p, x, p.y_train[taken])


def validation_inverted(p: Prepared, _: Any, random: Random) -> Prepared:
    """Black for white in the validation inputs."""
    assert p.validation is not None
    return with_validation(p, p.x_train.max() - p.validation[0], p.validation[1])


def validation_mirrored(p: Prepared, width: int, random: Random) -> Prepared:
    """Left for right in the validation pictures."""
    assert p.validation is not None
    x = p.validation[0]
    return with_validation(p, x.reshape(len(x), -1, width)[:, :, ::-1].reshape(x.shape), p.validation[1])


def validation_lacks(p: Prepared, column: int, random: Random) -> Prepared:
    """A column that is 0 in the validation data."""
    assert p.validation is not None
    x = p.validation[0].copy()
    x[:, column] = 0
    return with_validation(p, x, p.validation[1])


DATA: dict[str, Callable[[Prepared, Any, Random], Prepared]] = {
    f.__name__: f
    for f in (
        shuffled_labels, shifted_labels, noise_for_inputs, noisy_targets, scaled_inputs, shifted_inputs, as_bytes,
        one_huge_column, scaled_targets, constant_columns, added_constants, divided_away, rare_class, one_against_all,
        mislabelled_class, blurred_class, wrong_rows_of_class, copies_in_validation, split_after_repeating,
        validation_scaled, validation_shifted, validation_noisy, validation_of_classes, validation_beyond,
        fewer_rows, mixed_units, sorted_targets, mostly_mislabelled, emptied_class, copies_with_noise,
        validation_inverted, validation_mirrored, validation_lacks,
    )
}  # fmt: skip
