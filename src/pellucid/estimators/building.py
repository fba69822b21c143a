"""From an estimator's parameters to a compiled network."""

from __future__ import annotations

import copy
import inspect
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..data.checking import check_range
from ..errors import DataError, ShapeError, Told, WrongType
from ..layers import Activation, BatchNormalization, Dense, Dropout, Layer
from ..layers.normalization import to_scale
from ..losses import Loss
from ..models import Model, Sequential
from ..models.periodic import many_valued, periodic_embedding
from ..models.saving import clone_model
from ..optimizers.base import Optimizer, optimizers
from ..regularizers import L1L2
from ..rng import Key
from .settings import Settings

CHUNK = 8192  # rows whose moments are taken at once
DROWNING = 2.0**24  # times the loss of a row: of what is added to so much, float32 keeps nothing
BLURRED = 16  # different numbers that float32 has in a column whose numbers are nearly the same
SMALLEST = np.finfo(np.float32).eps  # deviation of a column relative to its mean that is one


@dataclass(frozen=True)
class Head:
    """What comes out: how many numbers, by which activation, and the loss that judges them."""

    outputs: int
    activation: Any
    loss: Loss


def network(estimator: Any, settings: Settings, head: Head, x: Array, weights: Array | None, seed: int) -> Model:
    """The network for inputs like x (N, features), compiled, with weights that `seed` decides. weights (N,): of the
    rows, or None."""
    if estimator.model is None:
        weight = 1.0 if weights is None else float(np.mean(weights))
        mass = settings.batch_for(x.shape[0]) * weight
        if weights is not None and max(settings.alpha / 2, settings.l1) > DROWNING * mass:
            raise DataError(
                f"{type(estimator).__name__}, sample_weight",
                "weights beside which the penalties leave something of the loss", Told(f"a mean of {weight:.3g}"),
                "Scale them to a mean of 1, or set alpha=0 and l1=0.",
            )  # fmt: skip
        model: Model = Sequential(
            [*_front(estimator, settings, x, weights, seed), *_layers(estimator, settings, head, mass)],
            name=getattr(estimator, "_name", None), seed=seed,
        )  # fmt: skip
    else:
        model = _own(estimator, head, x.shape[1], seed)
    model.build((None, x.shape[1]))
    expected = (None, head.outputs)
    if model.output_shape != expected:
        raise ShapeError(
            f"{type(estimator).__name__}, argument model", f"outputs {expected} for these targets",
            Told(str(model.output_shape)), f"Let its last layer have {head.outputs} units.",
        )  # fmt: skip
    model.compile(_optimizer(estimator), head.loss, weighted_metrics=copy.deepcopy(estimator.metrics))
    return model


def _front(estimator: Any, settings: Settings, x: Any, weights: Array | None, seed: int) -> list[Layer]:
    """What standardises the inputs, by the rows to train on, and embeds those that are numbers. A column that is always
    the same stays unscaled; an encoder's are scaled already."""
    if not estimator.standardize:
        return []
    encoder = getattr(estimator, "encoder_", None)
    if isinstance(x, np.ndarray):
        check_range(f"{type(estimator).__name__}, X", x, "float32")
    mean, variance = moments(x, weights)
    scaling: list[Layer] = [] if encoder else [to_scale(mean, variance)]
    if not isinstance(x, np.ndarray):
        return scaling
    if not encoder:
        _tell_blurred(type(estimator).__name__, x, mean)
    columns = encoder.numbers if encoder else many_valued(x)
    return [*scaling, *periodic_embedding(x.shape[1], columns, settings.frequencies, len(x), seed)]


def _tell_blurred(name: str, x: Array, mean: Array) -> None:
    """Warn of a column of x (N, C) whose numbers are nearly the same in float32, in which networks compute."""
    differ = np.ptp(x, axis=0)
    for column in np.flatnonzero((differ > 0) & (differ < BLURRED * SMALLEST * abs(mean)))[:1]:
        warnings.warn(
            f"{name}, X: column {column} holds numbers near {mean[column]:.3g} that differ by {differ[column]:.3g} at "
            "most, which float32 hardly tells apart. Subtract the mean first, as StandardScaler does.",
            stacklevel=2,
        )


def moments(x: Any, weights: Array | None) -> tuple[Array, Array]:
    """Mean and variance of each column of x (N, C), dense or sparse, in float64; a variance that float32 cannot tell
    from 0 as 1."""
    n = x.shape[0]
    w = np.ones((n, 1)) if weights is None else weights.reshape(n, 1)

    def chunks() -> Iterator[tuple[Array, Array]]:
        for start in range(0, n, CHUNK):
            some = x[start : start + CHUNK]
            yield w[start : start + CHUNK], np.asarray(some.toarray() if hasattr(some, "toarray") else some, np.float64)

    mean = sum((v * part).sum(axis=0) for v, part in chunks()) / w.sum()
    variance = sum((v * (part - mean) ** 2).sum(axis=0) for v, part in chunks()) / w.sum()
    return mean, np.where(variance > (SMALLEST * mean) ** 2, variance, 1.0)


def _layers(estimator: Any, settings: Settings, head: Head, mass: float) -> list[Layer]:
    """Hidden layers and the last one. Penalties as in scikit-learn: (alpha/2·ΣW² + l1·Σ|W|) / rows of a batch."""
    penalised = settings.alpha or settings.l1
    made: list[Layer] = []

    def dense(units: int, **options: Any) -> Dense:
        penalty = L1L2(l1=settings.l1 / mass, l2=settings.alpha / (2 * mass)) if penalised else None
        return Dense(units, kernel_regularizer=penalty, **options)

    for units, activation, rate in zip(settings.units, settings.activations, settings.dropout, strict=True):
        if estimator.batch_norm:
            made += [dense(units, use_bias=False), BatchNormalization(), Activation(activation)]
        else:
            made.append(dense(units, activation=activation))
        if rate:
            made.append(Dropout(rate))
    return [*made, dense(head.outputs, activation=head.activation)]


def _own(estimator: Any, head: Head, features: int, seed: int) -> Model:
    """The user's model: a given one's architecture with fresh weights, or what a function builds, as it is."""
    given, where = estimator.model, f"{type(estimator).__name__}, argument model"
    if isinstance(given, Model):
        model = _afresh(given, seed)
    else:
        taken = inspect.signature(given).parameters
        model = given(features, head.outputs, **({"seed": seed} if "seed" in taken else {}))
        if not isinstance(model, Model):
            raise WrongType(where, "a function that returns a model", model)
    if not model.built:
        model.key = Key(seed)
    elif tuple(model.shape or ()) != (features,):
        raise ShapeError(where, f"a model of {features} inputs, as X has columns", Told(str(model.input_shape)))
    return model


def _afresh(given: Model, seed: int) -> Model:
    """A model's architecture; the seed decides what is trained, and what is not (statistics) is kept."""
    model: Any = clone_model(given)
    model.key = Key(seed)
    if model.built:
        for i, spec in enumerate(model.specs):
            if spec.trainable:
                model.theta[spec.name] = spec.initializer(spec.shape, model.dtype, model.key.fold("init", i))
        for mine, theirs in zip(model.state.values(), given.state.values(), strict=True):
            mine[...] = theirs
    return model  # type: ignore[no-any-return]


def _optimizer(estimator: Any) -> Optimizer:
    """An optimizer of the estimator's own: the one given stays as it is."""
    where = f"{type(estimator).__name__}, argument optimizer"
    optimizer = copy.deepcopy(optimizers.get(estimator.optimizer, where))
    if estimator.learning_rate is not None:
        optimizer.learning_rate = estimator.learning_rate
    return optimizer
