"""An ordinary network on the same data: what there is to reach, whatever is wrong with the case's own."""

from __future__ import annotations

import numpy as np

from ..arrays import Array
from ..layers import Dense, Flatten, Normalization
from ..models import Sequential
from ..optimizers import Adam
from ..rng import Key
from . import facts
from .base import Case, once
from .experiments import HELD_SHARE, Trial, asked_for, judged_on, rows, train_copy
from .facts import Standing

FEWEST_STEPS, MOST_STEPS, PASSES = 400, 3000, 20  # of its training: so many passes over the rows, within these
LEAST_SPREAD = 0.1  # of the columns' typical deviation: what varies less is not blown up to as much as the others
MOMENTS = 5  # of it, at the best of which it is judged
ENDS = {  # of an ordinary network, by the kind of the task: the output activation and the loss
    "classes": ("softmax", "sparse_categorical_crossentropy"),
    "binary": ("sigmoid", "binary_crossentropy"),
    "numbers": ("linear", "mean_squared_error"),
}


@once
def reference(case: Case) -> Trial:
    """What an ordinary network does with these data; judged where it was best on the held-out rows of five moments."""
    data = rows(case)
    train, held = _ordinary(case, data.x, data.y, list(judged_on(case)), data.weights)
    return Trial(train, held, False, 0)


@once
def reference_apart(case: Case) -> tuple[Standing, Standing]:
    """What an ordinary network that was trained on four fifths of the training rows does on (the last fifth, the
    validation rows)."""
    data = rows(case)
    order = Key(2).fold("doctor").permutation(len(data.x))
    out, kept = np.split(order, [max(1, len(order) // HELD_SHARE)])
    parts = [(data.x_held, data.y_held), (data.x[out], data.y[out])]
    outer, inner = _ordinary(case, data.x[kept], data.y[kept], parts)
    return inner, outer


def _ordinary(
    case: Case, x: Array, y: Array, parts: list[tuple[Array, Array]], weights: Array | None = None
) -> list[Standing]:
    """How two hidden layers of 128 ReLU units, trained by Adam on standardized inputs x and y, do on each of the parts;
    at that of five moments at which they did best on the last part."""
    asked_for(case)
    n, x = len(x), _by_place(case, x)
    if weights is not None:
        weights = (
            weights.reshape(-1) if weights.size == len(x) else np.repeat(weights.reshape(n, -1)[:, 0], len(x) // n)
        )
    flat = x.reshape(len(x), -1).astype(np.float64)
    variance = flat.var(axis=0)
    scale = Normalization(mean=flat.mean(axis=0), variance=np.where(variance > 1e-12, variance, 1.0))
    kind = facts.task(case).kind
    end, loss = ENDS[kind]
    model = Sequential(
        [Flatten(), scale, Dense(128, "relu"), Dense(128, "relu"), Dense(width_for(case), end)], seed=0, name="ordinary"
    )
    model.build((None, *x.shape[1:]))
    model.compile(optimizer=Adam(0.001), loss=loss)
    targets, undo = _targets(case, y)
    steps = min(MOST_STEPS, max(FEWEST_STEPS, PASSES * len(x) // 32)) // MOMENTS
    best: list[Standing] = []
    for _ in range(MOMENTS):
        train_copy(model, x, targets, 32, steps, weights)
        now = [_score(case, model, *part, undo) for part in parts]
        if not best or now[-1].score > best[-1].score:
            best = now
    return best


def width_for(case: Case) -> int:
    """The outputs a network for these targets needs."""
    task = facts.task(case)
    return task.classes if task.kind == "classes" else int(np.prod(np.shape(case.y)[1:], dtype=int))


def _by_place(case: Case, x: Array) -> Array:
    """Inputs (N, T, ...) whose places each have a class as (N·T, ...); others as they are."""
    if facts.task(case).kind != "classes" or facts.one_label_each(case):
        return x
    return x.reshape(len(facts.labels(case, case.y)) // len(case.y) * len(x), *x.shape[2:])


def _targets(case: Case, y: Array) -> tuple[Array, tuple[Array, Array]]:
    """Targets as the reference takes them, and (mean, deviation) of numbers, to undo their scaling."""
    kind = facts.task(case).kind
    if kind == "classes":
        return facts.labels(case, y), (np.zeros(1), np.ones(1))
    if kind == "binary":
        return facts.labels(case, y).reshape(len(y), -1), (np.zeros(1), np.ones(1))
    t = np.asarray(y, np.float64).reshape(len(y), -1)
    mean, deviation = t.mean(axis=0), t.std(axis=0)
    deviation = np.maximum(deviation, max(LEAST_SPREAD * float(np.sqrt(np.square(deviation).mean())), 1e-12))
    return (t - mean) / deviation, (mean, deviation)


def _score(case: Case, model: Sequential, x: Array, y: Array, undo: tuple[Array, Array]) -> Standing:
    """How the reference does; its loss is not comparable and left out."""
    outputs = model.predict(_by_place(case, x), batch_size=1024, verbose=0).astype(np.float64)
    if facts.task(case).kind == "numbers":
        t = np.asarray(y, np.float64).reshape(len(y), -1)
        return Standing(np.nan, *facts.fit_of(t, outputs * undo[1] + undo[0]), np.nan, 0.0, len(x))
    said = outputs > 0.5 if facts.task(case).kind == "binary" else outputs.argmax(axis=-1)
    return facts.of_classes(np.nan, said.astype(int).reshape(-1), facts.labels(case, y), np.nan)
