"""What happens inside the network on some of the training data: what each layer gives, and the gradients."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..arrays import Array
from ..registry import is_ours
from ..rng import Key
from ..training.definition import loss_alone, loss_and_gradients
from . import facts
from .base import Case, once
from .copies import copy_of, fresh, without_noise, without_penalties

ROWS = 512  # that a gradient is taken over
CHECKED, FEWEST = 64, 2  # answers that a gradient is checked on, some 60 times in float64, and rows at least
STEPS = (1e-4, 1e-6)  # of a parameter's largest entry
DIRECTIONS = 3  # along which it is checked
NOTHING = 1e-7  # of the loss: a smaller slope is lost in rounding
UNSETTLED = 0.5  # of a slope, by which that along another step differs: where a loss is so rough, neither is its slope


@dataclass(frozen=True)
class Inside:
    """One pass forward and back, without noise and penalties."""

    loss: float
    outputs: dict[str, Array]  # by layer's path, (N, ...)
    gradients: dict[str, Array]  # by parameter's name
    parameters: dict[str, Array]

    def kernels(self) -> list[str]:
        """The weight matrices that are trained, from the first layer to the last."""
        return [name for name, p in self.parameters.items() if p.ndim >= 2 and name in self.gradients]

    def elasticity(self, name: str) -> float:
        """‖dL/dW‖·‖W‖/L: by how many per cent the loss can change where W changes by one."""
        g, W = np.linalg.norm(self.gradients[name]), np.linalg.norm(self.parameters[name])
        return float(g * W / max(self.loss, 1e-12))


@once
def at_start(case: Case) -> Inside:
    """Before the first step."""
    return _look(case, fresh(case), training=True)


@once
def loss_of_draw(case: Case, seed: int) -> float:
    """The loss before the first step, had the weights been drawn from another seed."""
    twin = fresh(case, seed)
    without_noise(twin)
    x, y = facts.sample(case)
    return facts.run(twin, x[:ROWS], y[:ROWS], training=True)[1]


@once
def now(case: Case) -> Inside:
    """As the model is now; outputs as in prediction."""
    return _look(case, copy_of(case.model), training=False)


def _look(case: Case, twin: Any, *, training: bool) -> Inside:
    without_noise(twin)
    without_penalties(twin)
    x, y = facts.sample(case)
    x = np.asarray(x, twin.dtype)
    outputs = dict(twin.walk(twin.p, x, training=training, rng=twin.key))
    step = loss_and_gradients(twin, twin.p, x[:ROWS], y[:ROWS], None, rng=twin.key, training=training)
    trained = set(twin.trained_names())
    gradients = {name: g for name, g in step.gradients.items() if name in trained}
    return Inside(step.loss, outputs, gradients, {n: p for n, p in twin.p.items() if n in trained})


@once
def gradient_error(case: Case) -> tuple[str, float]:
    """(the parameter, |dL/ds - slope| / max(|dL/ds|, |slope|)) that is worst: the derivative of the loss along a random
    direction s, from the gradients and from differences of the loss itself, in float64; the median over three
    directions, as one may miss by luck what is wrong, or cross a kink."""
    twin = fresh(case)
    without_noise(twin)
    without_penalties(twin)
    x, y = facts.sample(case)
    few = facts.enough(case, y, CHECKED, FEWEST)
    x, y = x[:few], y[:few]
    p = {name: value.astype(np.float64) for name, value in twin.p.items()}
    x = np.asarray(x, np.float64)

    def loss_of(changed: dict[str, Array]) -> float:
        return loss_alone(twin, {**p, **changed}, x, y, None, rng=twin.key)

    gradients = loss_and_gradients(twin, p, x, y, None, rng=twin.key).gradients
    foreign = {f"{path}/{name}" for path, leaf in twin.leaves() if not is_ours(type(leaf)) for name in leaf.p}
    found, at_point = {}, abs(loss_of({}))
    fixed = set(twin.overwritten)  # by each step, so that differences of them are of no effect
    for i, name in enumerate(n for n in gradients if n not in fixed and (p[n].ndim >= 2 or n in foreign)):
        along = []
        for j in range(DIRECTIONS):
            direction = Key(i).fold("direction", j).uniform(p[name].shape, "float64", -1, 1)
            direction *= max(float(np.abs(p[name]).max()), 1e-3)
            told = float(np.sum(gradients[name] * direction, dtype=np.float64))
            slopes = [
                (loss_of({name: p[name] + h * direction}) - loss_of({name: p[name] - h * direction})) / (2 * h)
                for h in STEPS
            ]
            along.append(_off(told, slopes, NOTHING * at_point))
        found[name] = float(np.median(along))
    worst = max(found, key=lambda name: found[name], default="")
    return worst, found.get(worst, 0.0)


def _off(told: float, slopes: list[float], nothing: float) -> float:
    """By how much a derivative differs from the slope along each step, the least of them, as at a kink of ReLU's one
    may mislead; 0 where it is not known.

    >>> _off(2.0, [2.0, 1.0], 1e-9), _off(2.0, [1.0, 1.0], 1e-9), _off(2.0, [5.0, -40.0], 1e-9)
    (0.0, 0.5, 0.0)
    """
    least, most = min(slopes), max(slopes)
    steepest = max(abs(least), abs(most))
    if steepest > nothing and most - least > UNSETTLED * steepest:
        return 0.0
    off = [abs(slope - told) / max(abs(slope), abs(told), nothing) for slope in slopes]
    return min(off) if max(steepest, abs(told)) > nothing else 0.0


def norm(arrays: dict[str, Array]) -> float:
    """√(Σ entries²) over all arrays; infinite where an entry is not finite."""
    total = sum(float(np.sum(np.square(a, dtype=np.float64))) for a in arrays.values())
    return math.sqrt(total) if math.isfinite(total) else math.inf
