"""What the small sets share: a split with a seed, labels in equal numbers, noise."""

from __future__ import annotations

import numpy as np

from ... import checks
from ...arrays import Array
from ...rng import Key
from ..splits import train_test_split

Pair = tuple[Array, Array]
Split = tuple[Pair, Pair]  # ((x_train, y_train), (x_test, y_test))


def two_parts(where: str, x: Array, y: Array, test_fraction: float, seed: int, stratify: bool = True) -> Split:
    """x and y split at random; with `stratify`, both parts keep the classes' proportions."""
    fraction = checks.number(f"{where}, argument test_fraction", test_fraction, above=0, below=1)
    seed = checks.integer(f"{where}, argument seed", seed)
    split = train_test_split(
        x, y, test_size=fraction, random_state=Key(seed).fold("split").seed, stratify=y if stratify else None
    )
    x_train, x_test, y_train, y_test = split
    return (x_train, y_train), (x_test, y_test)


def drawn(where: str, n: int, noise: float, seed: int, classes: int = 1) -> tuple[int, float, Key]:
    """The arguments of a `make`, checked, and the key it draws from."""
    return (
        checks.integer(f"{where}, argument n", n, minimum=classes),
        checks.number(f"{where}, argument noise", noise, minimum=0),
        Key(checks.integer(f"{where}, argument seed", seed)),
    )


def labels(n: int, classes: int, key: Key) -> Array:
    """Labels 0 to classes-1 in random order, (n,) int64, as many of each as n allows."""
    return key.fold("labels").permutation(n) % classes


def noisy(x: Array, noise: float, key: Key) -> Array:
    """x with normal noise of this standard deviation, as float32."""
    return (x + noise * key.fold("noise").normal(x.shape, "float64")).astype(np.float32)
