"""Copies of a case's model to experiment on: the model itself is never touched."""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

import numpy as np

from ..arrays import Array
from ..layers import BatchNormalization, Layer
from ..layers.own_weights import Weights
from ..optimizers import Optimizer
from ..optimizers.schedules.base import LearningRateSchedule
from .base import Case, once

NOISY = (
    "Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout",
    *(f"SpatialDropout{n}D" for n in (1, 2, 3)),
)  # fmt: skip
NOISE = ("rate", "stddev")  # what these layers call its strength


class Stretched(LearningRateSchedule):
    """The rates of a whole run, played over another number of steps and multiplied: rates (K,) at even distances."""

    def __init__(self, rates: Array, steps: int, factor: float) -> None:
        self.rates, self.steps, self.factor = rates, steps, factor

    def __call__(self, step: int) -> float:
        place = min(int(step * len(self.rates) / self.steps), len(self.rates) - 1)
        return float(self.rates[place]) * self.factor


def copy_of(model: Any) -> Any:
    """The model with its weights, in memory of its own."""
    twin = copy.deepcopy(model)
    twin.gather()
    return twin


def fresh(case: Case, seed: int = 0) -> Any:
    """The model as it was before its first step: what is trained, and moving averages, are drawn anew from its key;
    with a `seed` other than 0, as another key would have drawn them.

    Layers that are frozen keep what they have unless it is what they were drawn as, which then stays so too.
    """
    twin = copy_of(case.model)
    trained = set(twin.trained_names())
    averages = {
        f"{path}/{name}" for path, leaf in twin.leaves() if isinstance(leaf, BatchNormalization) for name in leaf.p
    }
    places = _places(case)
    for spec in twin.specs:
        if spec.name in trained or spec.name in averages:
            key = twin.key.fold(seed) if seed else twin.key
            value = spec.initializer(spec.shape, twin.dtype, key.fold("init", places[spec.name]))
            (twin.theta if spec.trainable else twin.state)[spec.name] = value
    return twin


def drawn(case: Case) -> dict[str, Array]:
    """Every parameter that may be trained, as the model's key draws it at first."""
    model, places = case.model, _places(case)
    return {
        spec.name: spec.initializer(spec.shape, model.dtype, model.key.fold("init", places[spec.name]))
        for spec in model.specs
        if spec.trainable
    }


def _places(case: Case) -> dict[str, int]:
    """As the how-manyth each parameter was drawn, by its name."""
    model = case.model if case.whole is None else case.whole
    return {spec.name: i for i, spec in enumerate(model.specs)}


def without_noise(model: Any) -> None:
    """Switch off dropout and its kin, in place."""
    for _, layer in noisy_layers(model):
        for name in NOISE:
            if hasattr(layer, name):
                setattr(layer, name, 0.0)


def noisy_layers(model: Any) -> list[tuple[str, Layer]]:
    """(path, layer) of the layers that add noise in training."""
    return [
        (path, layer)
        for path, layer in model.leaves()
        if type(layer).__name__ in NOISY and any(getattr(layer, name, 0) for name in NOISE)
    ]


def without_penalties(model: Any) -> None:
    """Take away the regularizers, in place."""
    for _, layer in model.leaves():
        for name in list(vars(layer)):
            if name.endswith("_regularizer"):
                setattr(layer, name, None)
        if isinstance(layer, Weights):
            layer.asked = [replace(spec, regularizer=None) for spec in layer.asked]
    model.bind(model.shape, model.p, model.theta)


def penalized(model: Any) -> bool:
    """Whether a regularizer or the optimizer's weight decay pulls at the parameters or activities."""
    held = any(spec.regularizer is not None for spec in model.specs)
    active = any(layer.activity_regularizer is not None for _, layer in model.leaves())
    return held or active or bool(model.optimizer.weight_decay)


@once
def rates(case: Case) -> Array:
    """The learning rates of the run at even distances, (K,): as logged, else as the optimizer gives them."""
    logged = case.history.get("learning_rate")
    if logged:
        return np.array([float(rate) for rate in logged])
    optimizer = unused(case.model.optimizer)
    if optimizer.schedule is None:
        return np.array([float(optimizer.learning_rate)])
    found = []
    for t in np.linspace(0, case.steps - 1, min(case.steps, 200)):
        optimizer.steps_taken = int(t)
        found.append(float(optimizer.learning_rate))
    return np.array(found)


def unused(optimizer: Optimizer) -> Optimizer:
    """The optimizer as before its first step."""
    twin = copy.deepcopy(optimizer)
    twin.memory, twin.steps_taken = None, 0
    return twin


def compiled(case: Case, twin: Any, steps: int, *, factor: float = 1.0, decays: bool = True) -> Any:
    """The twin with the case's loss and an optimizer of its own, whose rates are those of the run, multiplied."""
    optimizer, played = unused(case.model.optimizer), rates(case)
    alone = len(played) == 1 and optimizer.schedule is None
    optimizer.learning_rate = float(played[0]) * factor if alone else Stretched(played, steps, factor)
    if not decays:
        optimizer.weight_decay = 0.0 if optimizer.weight_decay else optimizer.weight_decay
    twin.compile(optimizer=optimizer, loss=case.model.loss, run_eagerly=case.model.run_eagerly)
    return twin
