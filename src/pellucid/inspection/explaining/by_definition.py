"""A step taken by the definition, each layer's arrays written down as they pass."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import NonFinite
from ...layers.walking import outputs_of
from ...losses import Loss
from ...program import lettered
from ...rng import Key
from ...training import definition
from ..base import Inspected, own, unwatch, watch
from .records import Judged, LayerRecord, Parameters, StepRecord, in_order, part_of


def take_step(model: Inspected, x: Any, y: Any, weights: Any) -> StepRecord:
    """Train the model by one step of the definition; what it computed on the way."""
    record = StepRecord("definition", x, y, weights, Parameters.of(model))
    with _layers_watched(model, record), loss_watched(model, record), rule_watched(model) as given:
        try:
            total = definition.train_step(model, x, y, weights)
            record.after = Parameters.of(model)
        except NonFinite as problem:
            record.failure, total = str(problem), float("nan")
    record.total = total
    record.gradients = {name: model.gradient[name].copy() for name in model.trained_names()}
    record.stepped = in_order(np.concatenate(given), model) if given else {}
    return record


def take_pass(model: Inspected, x: Any) -> StepRecord:
    """The forward pass of prediction."""
    record = StepRecord("definition", x, None, None, Parameters.of(model))
    with _layers_watched(model, record):
        definition.predict_step(model, x, looks=True)
    return record


@contextmanager
def _layers_watched(model: Inspected, record: StepRecord) -> Iterator[None]:
    """Within the block, what passes through each layer for the first time is written down, use by use."""
    p = {**record.before.theta, **record.before.state}
    uses: dict[str, list[LayerRecord]] = {}
    for step in model.wiring.steps:
        layer_record = record.layers[step.label] = LayerRecord(step, step.layer, model.key, part_of(p, step.path))
        uses.setdefault(step.path, []).append(layer_record)
    for mine in uses.values():
        _watch_layer(mine)
    try:
        yield
    finally:
        for mine in uses.values():
            unwatch(mine[0].layer)


def _watch_layer(uses: list[LayerRecord]) -> None:
    """Write down the first pass through each use: forward in their order, backward from the last to the first."""

    def coming() -> LayerRecord | None:
        return next((layer_record for layer_record in uses if not layer_record.arrays), None)

    def going() -> LayerRecord | None:
        return next((layer_record for layer_record in reversed(uses) if not layer_record.back), None)

    def enters(p: Any, *xs: Array, training: bool, rng: Key, mask: Any = None) -> None:
        if (layer_record := coming()) is not None:
            layer_record.key = rng

    def leaves(args: Any, result: Any) -> None:
        if (layer_record := coming()) is not None:
            y, layer_record.cache = result
            xs = dict(zip(layer_record.letters("x"), (x.copy() for x in args[1:]), strict=True))
            ys = [one.copy() for one in outputs_of(y)]
            layer_record.arrays = {**xs, **_inner(layer_record), **lettered("y", ys)}

    inside: list[LayerRecord | None] = []  # one way back may call the other

    def returns(letter: str) -> Any:
        def told(p: Any, cache: Any, *ds: Array | None) -> None:
            inside.append(inside[-1] if inside else going())
            if (layer_record := inside[-1]) is not None:
                _keep(layer_record, lettered(letter, ds))

        return told

    def left(args: Any, result: Any) -> None:
        if (layer_record := inside.pop()) is not None:
            found = result[0] if isinstance(result[0], tuple) else (result[0],)
            _keep(layer_record, dict(zip(layer_record.letters("dx"), found, strict=True)))

    watch(uses[0].layer, "forward", enters, leaves)
    watch(uses[0].layer, "backward", returns("dy"), left)
    watch(uses[0].layer, "backward_from_logits", returns("dz"), left)


def _keep(layer_record: LayerRecord, back: dict[str, Array | None]) -> None:
    """Write down what comes back to a layer, or goes back from it, the first time."""
    for letter, d in back.items():
        if d is not None:
            layer_record.back.setdefault(letter, d.copy())


def _inner(layer_record: LayerRecord) -> dict[str, Array]:
    """What the layer's cache holds, by the letters that the layer gives."""
    cache, letters = layer_record.cache, own(layer_record.layer, "cached", "forward") or ()
    if cache is None or not letters:
        return {}
    held = cache if isinstance(cache, tuple) else (cache,)
    named = {} if len(held) != len(letters) else dict(zip(letters, held, strict=True))
    arrays = {
        letter: a
        for letter, a in named.items()
        if isinstance(a, np.ndarray) and letter not in (*layer_record.letters("x"), "y")
    }
    return {letter: a.astype("float32") if a.dtype == bool else a.copy() for letter, a in arrays.items()}


@contextmanager
def loss_watched(model: Inspected, record: StepRecord) -> Iterator[None]:
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
                record.judged.append(Judged(loss, behind, np.array(args[1]), values[-1], found[0], d, place))

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
