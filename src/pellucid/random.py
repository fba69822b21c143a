"""Keras's `keras.random`: numbers of many kinds, as arrays, and within `call` as tensors that are new at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import checks
from .arrays import Array
from .layers import Dropout
from .layers.drawing import CALL, draw, drawn
from .rng import Key, SeedGenerator, fresh_key, set_random_seed
from .settings import floatx
from .wiring import Tensor

__all__ = ["SeedGenerator", "dropout", "normal", "set_random_seed", "truncated_normal", "uniform"]


def normal(
    shape: Sequence[int | None], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Normal numbers: y ~ N(mean, stddev²).     y as `shape`

    seed: a whole number, for the same numbers each time; a SeedGenerator, for others each time; or None.

    Within `call` the shape may begin with None, for the batch, as `ops.shape` gives it. The numbers are then drawn at
    every step, in training and in prediction, from the model's key, or from the generator's seed where it has one; so
    that a model of the same seed draws the same, and a resumed run what the whole one would have. The dtype is the
    layer's. Other numbers than Keras's.

    >>> normal((2,), seed=3)
    array([0.47255403, 0.08773203], dtype=float32)
    """
    return _numbers("normal", shape, (mean, stddev), dtype, seed)


def truncated_normal(
    shape: Sequence[int | None], mean: float = 0.0, stddev: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Normal numbers, drawn again where they fall beyond two standard deviations. Arguments as of `normal`.

    >>> bool(abs(truncated_normal((100,), seed=3)).max() < 2)
    True
    """
    return _numbers("truncated_normal", shape, (mean, stddev), dtype, seed)


def uniform(
    shape: Sequence[int | None], minval: float = 0.0, maxval: float = 1.0, dtype: str | None = None, seed: Any = None
) -> Any:
    """Numbers that are uniform on [minval, maxval). The other arguments as of `normal`.

    >>> uniform((2,), seed=3)
    array([0.816655  , 0.11682552], dtype=float32)
    """
    return _numbers("uniform", shape, (minval, maxval), dtype, seed)


def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
    """A random share of the inputs set to 0, the others scaled by 1/(1 − rate): in prediction, too. As `layers.Dropout`
    otherwise.

    >>> np.unique(dropout(np.ones((1, 100)), 0.5)).tolist()
    [0.0, 2.0]
    """
    call = CALL.get()
    if call is not None and isinstance(seed, SeedGenerator):
        seed = call.seed(seed)
    layer = Dropout(rate, noise_shape, seed)
    return layer(inputs if isinstance(inputs, Tensor) else np.asarray(inputs), training=True)


def _numbers(kind: str, shape: Any, options: tuple[Any, Any], dtype: str | None, seed: Any) -> Any:
    where = f"random.{kind}"
    a, b = (checks.number(f"{where}, its arguments", one) for one in options)
    if seed is not None and not isinstance(seed, SeedGenerator):
        seed = checks.integer(f"{where}, argument seed", seed)
    if CALL.get() is not None:
        return drawn(where, kind, shape, (a, b), seed)
    key = fresh_key() if seed is None else Key(seed.take() if isinstance(seed, SeedGenerator) else seed)
    axes = [checks.integer(f"{where}, argument shape", n, minimum=0) for n in np.atleast_1d(np.asarray(shape, object))]
    wanted = checks.dtype(f"{where}, argument dtype", dtype or floatx())
    found: Array = draw(kind, key, tuple(axes), (a, b), wanted)
    return found
