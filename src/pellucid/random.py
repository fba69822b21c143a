"""Keras's `keras.random`: numbers of many kinds, as arrays, and within `call` as tensors that are new at each step."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from . import checks, ops
from .arrays import Array, is_whole
from .errors import InvalidArgument, ShapeError, Told
from .layers import Dropout
from .layers.drawing import CALL, draw, drawn
from .ops.options import dtype as kind_of
from .rng import Key, SeedGenerator, fresh_key, set_random_seed
from .settings import floatx
from .wiring import Tensor

__all__ = [
    "SeedGenerator",
    "beta",
    "binomial",
    "categorical",
    "dropout",
    "gamma",
    "normal",
    "randint",
    "set_random_seed",
    "shuffle",
    "truncated_normal",
    "uniform",
]


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


def randint(shape: Sequence[int | None], minval: int, maxval: int, dtype: str = "int32", seed: Any = None) -> Any:
    """Whole numbers from minval up to maxval, which is left out, each as likely. The other arguments as of `normal`.

    >>> randint((4,), 0, 10, seed=3)
    array([8, 6, 2, 2], dtype=int32)
    """
    where = "random.randint"
    low, high = checks.integer(f"{where}, argument minval", minval), checks.integer(f"{where}, argument maxval", maxval)
    if low >= high:
        raise InvalidArgument(f"{where}, argument maxval", f"a whole number above {low}", maxval)
    if not is_whole(kind := str(kind_of(f"{where}, argument dtype", dtype))):
        raise InvalidArgument(f"{where}, argument dtype", "a kind of whole number", dtype)
    drawn = ops.add(ops.floor(_numbers("uniform", shape, (0.0, high - low), _wide(), seed, where)), float(low))
    return ops.cast(ops.minimum(drawn, float(high - 1)), kind)  # where rounding led up to maxval


def categorical(logits: Any, num_samples: int, dtype: str = "int32", seed: Any = None) -> Any:
    """Numbers of classes, each as often as softmax(logits) says.     logits (B, K), y (B, num_samples)

    >>> categorical([[0.0, 50.0]], 3, seed=1)
    array([[1, 1, 1]], dtype=int32)

    Source: Gumbel, "Statistical theory of extreme values and some practical applications" (1954): the largest of
    logits and noise −ln(−ln u).
    """
    where = "random.categorical"
    n = checks.integer(f"{where}, argument num_samples", num_samples, minimum=1)
    sizes = ops.shape(logits)
    if len(sizes) != 2:
        raise ShapeError(f"{where}, argument logits", "(batch, classes)", sizes)
    u = _numbers("uniform", (sizes[0], n, sizes[1]), (0.0, 1.0), _wide(), seed, where)
    noise = ops.negative(ops.log(ops.negative(ops.log(u))))
    return ops.cast(
        ops.argmax(ops.add(ops.expand_dims(logits, 1), noise), -1), str(kind_of(f"{where}, argument dtype", dtype))
    )


def shuffle(x: Any, axis: int = 0, seed: Any = None) -> Any:
    """x with what lies along an axis in another order, all orders being as likely. A tensor's axis 0 is the batch,
    which stays in order.

    >>> shuffle([1, 2, 3], seed=2)
    array([3, 1, 2], dtype=int32)
    """
    where = "random.shuffle"
    sizes = ops.shape(x)
    at = checks.integer(f"{where}, argument axis", axis, minimum=-len(sizes), maximum=len(sizes) - 1) % len(sizes)
    n = sizes[at]
    if n is None:
        fix = "fit(shuffle=True) puts samples in another order."
        raise InvalidArgument(f"{where}, argument axis", "an axis of known length, not the batch", axis, fix)
    places = ops.argsort(_numbers("uniform", (n,), (0.0, 1.0), _wide(), seed, where)) if n else []
    return ops.take(x, places, axis=at)


def binomial(shape: Any, counts: Any, probabilities: Any, dtype: str | None = None, seed: Any = None) -> Array:
    """How many of `counts` trials succeed, each with a chance of `probabilities`. Arrays, not within `call`.

    >>> binomial((2,), 10, 1.0, seed=1)
    array([10., 10.], dtype=float32)
    """
    where = "random.binomial"
    n, p = (np.asarray(one, "float64") for one in (counts, probabilities))
    if (n < 0).any() or (n != np.floor(n)).any():
        raise InvalidArgument(f"{where}, argument counts", "whole numbers of at least 0", counts)
    if not ((p >= 0) & (p <= 1)).all():
        raise InvalidArgument(f"{where}, argument probabilities", "numbers from 0 to 1", probabilities)
    size, key, kind = _outside(where, shape, dtype, seed)
    trials = (
        np.where(i < n, key.fold("trial", i).uniform(size, "float64") < p, 0) for i in range(int(n.max(initial=0)))
    )
    return np.asarray(sum(trials, np.zeros(size)), kind)


def gamma(shape: Any, alpha: Any, dtype: str | None = None, seed: Any = None) -> Array:
    """Numbers of the gamma distribution: their density grows as x^(α − 1)·e^(−x). Arrays, not within `call`.

    >>> float(gamma((4000,), 3.0, seed=1).mean().round())
    3.0

    Source: Marsaglia & Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000).
    """
    a = _above_zero("random.gamma", "alpha", alpha)
    size, key, kind = _outside("random.gamma", shape, dtype, seed)
    found: Array = key.gamma(size, a).astype(kind)
    return found


def beta(shape: Any, alpha: Any, beta: Any, dtype: str | None = None, seed: Any = None) -> Array:
    """Numbers from 0 to 1 of the beta distribution: their density grows as x^(α − 1)·(1 − x)^(β − 1). Arrays, not
    within `call`.

    >>> float(beta((4000,), 3.0, 1.0, seed=1).mean().round(2))
    0.75
    """
    where = "random.beta"
    a, b = _above_zero(where, "alpha", alpha), _above_zero(where, "beta", beta)
    size, key, kind = _outside(where, shape, dtype, seed)
    found: Array = key.beta(size, a, b).astype(kind)
    return found


def _above_zero(where: str, name: str, value: Any) -> Array:
    found = np.asarray(value, "float64")
    if not (found > 0).all():
        raise InvalidArgument(f"{where}, argument {name}", "numbers above 0", value)
    return found


def _outside(where: str, shape: Any, dtype: str | None, seed: Any) -> tuple[tuple[int, ...], Key, str]:
    """(size, key, kind of number) of what is not drawn within `call`."""
    if CALL.get() is not None:
        fix = "Draw them before, or make them of random.uniform and random.normal."
        raise InvalidArgument(where, "a use outside of call", Told("one within"), fix)
    return _sizes(where, shape), _key(where, seed), str(kind_of(f"{where}, argument dtype", dtype or floatx()))


def _wide() -> str | None:
    """The kind of number that is drawn to be counted with: float64 of arrays, the layer's own within `call`."""
    return None if CALL.get() is not None else "float64"


def _numbers(kind: str, shape: Any, options: tuple[Any, Any], dtype: str | None, seed: Any, where: str = "") -> Any:
    where = where or f"random.{kind}"
    a, b = (checks.number(f"{where}, its arguments", one) for one in options)
    if seed is not None and not isinstance(seed, SeedGenerator):
        seed = checks.integer(f"{where}, argument seed", seed)
    if CALL.get() is not None:
        return drawn(where, kind, shape, (a, b), seed)
    wanted = checks.dtype(f"{where}, argument dtype", dtype or floatx())
    found: Array = draw(kind, _key(where, seed), _sizes(where, shape), (a, b), wanted)
    return found


def _key(where: str, seed: Any) -> Key:
    """The key of a call: of its seed, of the generator's next, or one that nobody had."""
    if seed is None:
        return fresh_key()
    return Key(seed.take() if isinstance(seed, SeedGenerator) else checks.integer(f"{where}, argument seed", seed))


def _sizes(where: str, shape: Any) -> tuple[int, ...]:
    axes = np.atleast_1d(np.asarray(shape, object))
    return tuple(checks.integer(f"{where}, argument shape", n, minimum=0) for n in axes)
