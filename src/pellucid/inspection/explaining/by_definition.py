"""A step taken by the definition, each layer's arrays written down as they pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import NonFinite
from ...losses import Loss
from ...program import lettered
from ...rng import Key
from ...training import definition
from ..base import Inspected, own, unwatch, watch
from .taken import Judged, Parameters, Passed, Taken, in_order, part_of


def take_step(model: Inspected, x: Any, y: Any, weights: Any) -> Taken:
    """Train the model by one step of the definition; what it computed on the way."""
    taken = Taken("definition", x, y, weights, Parameters.of(model))
    with _layers_watched(model, taken), loss_watched(model, taken), rule_watched(model) as given:
        try:
            total = definition.train_step(model, x, y, weights)
            taken.after = Parameters.of(model)
        except NonFinite as problem:
            taken.failure, total = str(problem), float("nan")
    taken.total = total
    taken.gradients = {name: model.gradient[name].copy() for name in model.trained_names()}
    taken.stepped = in_order(np.concatenate(given), model) if given else {}
    return taken


def take_pass(model: Inspected, x: Any) -> Taken:
    """The forward pass of prediction."""
    taken = Taken("definition", x, None, None, Parameters.of(model))
    with _layers_watched(model, taken):
        definition.predict_step(model, x)
    return taken


@contextmanager
def _layers_watched(model: Inspected, taken: Taken) -> Iterator[None]:
    """Within the block, what passes through each layer for the first time is written down, use by use."""
    p = {**taken.before.theta, **taken.before.state}
    uses: dict[str, list[Passed]] = {}
    for step in model.wiring.steps:
        passed = taken.layers[step.label] = Passed(step, step.layer, model.key, part_of(p, step.path))
        uses.setdefault(step.path, []).append(passed)
    for mine in uses.values():
        _watch_layer(mine)
    try:
        yield
    finally:
        for mine in uses.values():
            unwatch(mine[0].layer)


def _watch_layer(uses: list[Passed]) -> None:
    """Write down the first pass through each use: forward in their order, backward from the last to the first."""

    def coming() -> Passed | None:
        return next((passed for passed in uses if not passed.arrays), None)

    def going() -> Passed | None:
        return next((passed for passed in reversed(uses) if not passed.back), None)

    def enters(p: Any, *xs: Array, training: bool, rng: Key, mask: Any = None) -> None:
        if (passed := coming()) is not None:
            passed.key = rng

    def leaves(args: Any, result: Any) -> None:
        if (passed := coming()) is not None:
            y, passed.cache = result
            xs = dict(zip(passed.letters("x"), (x.copy() for x in args[1:]), strict=True))
            ys = y if isinstance(y, tuple) else (y,)
            passed.arrays = {**xs, **_inner(passed), **lettered("y", [one.copy() for one in ys])}

    inside: list[Passed | None] = []  # one way back may call the other

    def returns(letter: str) -> Any:
        def told(p: Any, cache: Any, *ds: Array | None) -> None:
            inside.append(inside[-1] if inside else going())
            if (passed := inside[-1]) is not None:
                _keep(passed, lettered(letter, ds))

        return told

    def left(args: Any, result: Any) -> None:
        if (passed := inside.pop()) is not None:
            found = result[0] if isinstance(result[0], tuple) else (result[0],)
            _keep(passed, dict(zip(passed.letters("dx"), found, strict=True)))

    watch(uses[0].layer, "forward", enters, leaves)
    watch(uses[0].layer, "backward", returns("dy"), left)
    watch(uses[0].layer, "backward_from_logits", returns("dz"), left)


def _keep(passed: Passed, back: dict[str, Array | None]) -> None:
    """Write down what comes back to a layer, or goes back from it, the first time."""
    for letter, d in back.items():
        if d is not None:
            passed.back.setdefault(letter, d.copy())


def _inner(passed: Passed) -> dict[str, Array]:
    """What the layer's cache holds, by the letters that the layer gives."""
    cache, letters = passed.cache, own(passed.layer, "cached", "forward") or ()
    if cache is None or not letters:
        return {}
    held = cache if isinstance(cache, tuple) else (cache,)
    named = {} if len(held) != len(letters) else dict(zip(letters, held, strict=True))
    arrays = {
        letter: a
        for letter, a in named.items()
        if isinstance(a, np.ndarray) and letter not in (*passed.letters("x"), "y")
    }
    return {letter: a.astype("float32") if a.dtype == bool else a.copy() for letter, a in arrays.items()}


@contextmanager
def loss_watched(model: Inspected, taken: Taken) -> Iterator[None]:
    """Within the block, what the loss finds is written down."""
    watched: list[Loss] = []
    weights = model.objective.weights
    waiting = [i for i, loss in enumerate(model.objective.losses) if loss is not None]  # judged in their order

    def listen(loss: Loss, behind: bool) -> None:
        watched.append(loss)
        values: list[Array] = []

        def judged(args: Any, found: Any) -> None:
            if waiting:
                place = waiting.pop(0)
                d = found[1] * found[1].dtype.type(weights[place])
                taken.judged.append(Judged(loss, behind, np.array(args[1]), values[-1], found[0], d, place))

        watch(loss, "values", after=lambda _, found: values.append(np.array(found)))
        watch(loss, "value_and_gradient", after=judged)

    def fused(_: Any, loss: Loss | None) -> None:
        if loss is not None:
            unwatch(loss)  # it was copied from one that is watched
            listen(loss, True)

    for loss in {id(loss): loss for loss in model.objective.losses if loss is not None}.values():
        listen(loss, False)
        watch(loss, "from_logits_of", after=fused)
    try:
        yield
    finally:
        for loss in watched:
            unwatch(loss)


@contextmanager
def rule_watched(model: Inspected) -> Iterator[list[Array]]:
    """Within the block, the gradients that the optimizer's rule is given are put into a list, flat."""
    given: list[Array] = []
    watch(model.optimizer, "update", before=lambda w, g, *_: given.append(np.array(g).reshape(-1)))
    try:
        yield given
    finally:
        unwatch(model.optimizer)
