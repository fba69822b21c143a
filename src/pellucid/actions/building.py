"""From a spec and its data to a compiled model."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from .. import checks
from ..arrays import Shape
from ..data.checking import check_range
from ..errors import InvalidArgument, PellucidError, Told, UnknownName
from ..layers import BatchNormalization, Dense, Dropout, Flatten, Input, Layer, Rescaling, add
from ..layers.attention import Attending
from ..layers.base import layers as layer_family
from ..layers.headed import Headed
from ..layers.normalization import to_scale
from ..losses.base import losses
from ..models import Functional, Sequential
from ..models.periodic import periodic_embedding
from ..optimizers import Ftrl
from ..optimizers.base import optimizers
from ..optimizers.schedules import (
    CosineDecay,
    ExponentialDecay,
    InverseTimeDecay,
    LearningRateSchedule,
    OneCycle,
    PolynomialDecay,
)
from ..optimizers.schedules.base import schedules
from ..registry import Part
from ..regularizers import L1L2
from .fields import Named
from .networks import written_out
from .prepared import Prepared
from .spec import TrainSpec

CAUSAL = "use_causal_mask"  # which an attention takes in its call
SHAPING = ("Flatten", "Reshape", "Permute")
HOLDING = ("Sequential", "Residual")  # blocks that hold blocks
SCHEDULES: dict[str, Callable[[float, int], LearningRateSchedule]] = {
    "cosine": lambda rate, steps: CosineDecay(rate, steps),
    "exponential": lambda rate, steps: ExponentialDecay(rate, max(1, steps // 10), 0.8),
    "inverse-time": lambda rate, steps: InverseTimeDecay(rate, max(1, steps // 10), 0.5),
    "polynomial": lambda rate, steps: PolynomialDecay(rate, steps, end_learning_rate=rate / 100),
    "one-cycle": lambda rate, steps: OneCycle(rate, steps),
}


def build(spec: TrainSpec, data: Prepared, epochs: int) -> Sequential:
    """The network that the spec describes for this data, compiled, with its initial weights."""
    spec = written_out(spec, data)
    model = Sequential([layer for _, layer in stack(spec, data)], name="model", seed=spec.seed)
    model.build((None, *(data.places or data.x_train.shape[1:])))
    if data.classes and model.output_shape != (None, *data.places, data.classes):
        raise InvalidArgument(
            "spec, layers", f"an output of {data.classes}, one per {data.answered}", Told(str(model.output_shape)),
            f"End with {{class = 'Dense', units = {data.classes}, activation = 'softmax'}}.",
        )  # fmt: skip
    steps = max(epochs, 1) * math.ceil(len(data.x_train) / spec.batch_size)
    model.compile(optimizer=_optimizer(spec, steps), loss=_loss(spec, data), metrics=data.metrics)
    _fits_loss(model, data)
    data.class_weights(spec.class_weight)  # or says why not
    return model


def _fits_loss(model: Sequential, data: Prepared) -> None:
    """Whether the loss takes these targets."""
    check_range("data, y", data.y_train, model.dtype)
    outputs = np.broadcast_to(
        np.zeros((), model.dtype), (len(data.y_train), *model.output_shape_for(data.x_train.shape[1:]))
    )
    try:
        model.loss.check(data.y_train, outputs)
    except PellucidError as problem:
        problem.where = f"spec, loss, {problem.where}"
        raise


def in_front(spec: TrainSpec, data: Prepared) -> list[Layer]:
    """The layers in front, which make of what comes in what the spec's own take."""
    return [*_scaling(spec, data), *_embedding(spec, data)]


def _scaling(spec: TrainSpec, data: Prepared) -> list[Layer]:
    x = data.x_train
    scale = data.scaling(spec.scale)
    front: list[Layer] = [Flatten()] if x.ndim > 2 and not _keeps_shape(spec, x.shape[1:]) else []
    if scale == "rescale":
        return [*front, Rescaling(1.0 / max(data.largest, 1.0))]
    if scale == "normalize":
        check_range(f"data {spec.data}, x", x, "float32")
        columns = x if x.ndim == 2 else x.reshape(-1, math.prod(x.shape[1:]) if front else x.shape[-1])
        mean, variance = columns.mean(axis=0, dtype=np.float64), columns.var(axis=0, dtype=np.float64)
        return [*front, to_scale(mean, np.where(variance > 0, variance, 1.0))]
    return front


def _embedding(spec: TrainSpec, data: Prepared) -> list[Layer]:
    """Waves of a table's numbers."""
    if (encoder := data.encoder) is None:
        return []
    return [*periodic_embedding(encoder.width, encoder.numbers, spec.frequencies, len(data.y_train), spec.seed)]


def _keeps_shape(spec: TrainSpec, shape: Shape) -> bool:
    """Whether the spec's own first layer takes samples of this shape as they are: it shapes them, or could not take
    them flat."""
    first = spec.layers[0] if spec.layers else None
    if not isinstance(first, Mapping):
        return False
    if first.get("class") in SHAPING:
        return True
    try:
        _block(first, (math.prod(shape),), "spec, layers, entry 1", 0).output_shape_for((math.prod(shape),))
    except PellucidError:
        return True
    return False


def stack(spec: TrainSpec, data: Prepared) -> list[tuple[int | None, Layer]]:
    """All layers, each with the number of the spec's entry that it comes from, or None where it comes by itself."""
    found: list[tuple[int | None, Layer]] = [(None, layer) for layer in in_front(spec, data)]
    shape: Shape = data.x_train.shape[1:]
    for _, layer in found:
        shape = layer.output_shape_for(shape)
    for i, entry in enumerate(spec.layers):
        for layer in entry_layers(spec, i, entry, shape):
            found.append((i, layer))
            shape = _checked_shape(layer, shape, f"spec, layers, entry {i + 1}")
    return found + [(None, layer) for layer in _output(spec, data)]


def entry_layers(spec: TrainSpec, i: int, entry: Any, shape: Shape) -> list[Layer]:
    """The layers of the spec's entry number i, for samples of this shape."""
    where = f"spec, layers, entry {i + 1}"
    if isinstance(entry, Mapping):
        return [_block(entry, shape, where, spec.seed + i + 1)]
    return _dense(spec, checks.integer(where, entry, minimum=1))


def _block(given: Mapping[str, Any], shape: Shape, where: str, seed: int) -> Layer:
    """A layer from a table; one that holds others, `layers`, is a model: of Sequential, they stand in a row, of
    Residual, what comes in is added to what they make of it. seed: where a graph draws its weights from."""
    if attends(given):
        return _attention(given, shape, where, seed)
    if given.get("class") not in HOLDING or not isinstance(given.get("layers"), list):
        return _part(layer_family, given, where)  # type: ignore[no-any-return]
    known = sorted({"class", "layers", "name"})
    for key in given:
        if key not in known:
            raise UnknownName(f"{where}, {given['class']}", key, known)
    inner, within = [], shape
    for i, layer in enumerate(given["layers"]):
        place = f"{where}, layers, entry {i + 1}"
        if not isinstance(layer, Mapping):
            raise InvalidArgument(place, "a table such as {class = 'Dense', units = 64}", layer)
        inner.append(_block(layer, within, place, 31 * seed + i))
        within = _checked_shape(inner[-1], within, place)
    row = Sequential(inner, seed=seed)  # a graph draws its weights when it is made
    if given["class"] == "Sequential":
        return row
    if within != shape:
        fix = "Give its last layer as many units as come in."
        raise InvalidArgument(f"{where}, Residual", f"blocks that give back the shape {shape}", Told(str(within)), fix)
    x = Input(shape)
    return Functional(x, add([x, row(x)]), name=given.get("name"), seed=seed)


def attends(given: Mapping[str, Any]) -> bool:
    """Whether a table is that of an attention, which wants to be told what looks at what."""
    cls = layer_family.names.get(str(given.get("class")))
    return isinstance(cls, type) and issubclass(cls, Attending | Headed)


def _attention(given: Mapping[str, Any], shape: Shape, where: str, seed: int) -> Layer:
    """In a row of blocks what comes in looks at itself; with use_causal_mask, at what came before only."""
    layer = _part(layer_family, {key: value for key, value in given.items() if key != CAUSAL}, where)
    x = Input(shape)
    asked = [[x, x]] if isinstance(layer, Attending) else [x, x]
    try:
        return Functional(x, layer(*asked, use_causal_mask=bool(given.get(CAUSAL))), seed=seed)
    except PellucidError as problem:
        problem.where = f"{where}, {problem.where}"
        raise


def _checked_shape(layer: Layer, shape: Shape, where: str) -> Shape:
    try:
        return layer.output_shape_for(shape)
    except PellucidError as problem:
        problem.where = f"{where}, {problem.where}"
        raise


def _dense(spec: TrainSpec, units: int) -> list[Layer]:
    """A hidden layer that is given as a number of units, with what belongs to each."""
    made: list[Layer] = []
    penalty = L1L2(l1=spec.l1, l2=spec.l2) if spec.l1 or spec.l2 else None
    if spec.batch_norm:
        made += [Dense(units, use_bias=False, kernel_regularizer=penalty), BatchNormalization()]
        made.append(_part(layer_family, {"class": "Activation", "activation": spec.activation}, "spec, activation"))
    else:
        made.append(Dense(units, activation=spec.activation, kernel_regularizer=penalty))
    if spec.dropout:
        made.append(Dropout(spec.dropout))
    return made


def _output(spec: TrainSpec, data: Prepared) -> list[Layer]:
    """An output layer, unless the spec's own layers end with one."""
    if spec.ends_itself:
        return []
    if data.labels:
        return [Dense(data.width, activation="sigmoid")]
    return [Dense(data.classes, activation="softmax")] if data.classes else [Dense(data.width)]


def _loss(spec: TrainSpec, data: Prepared) -> Any:
    if spec.loss == "auto" and data.labels:
        return "binary_crossentropy"
    if spec.loss == "auto":
        return "sparse_categorical_crossentropy" if data.classes else "mean_squared_error"
    return _part(losses, spec.loss, "spec, loss")


def _optimizer(spec: TrainSpec, steps: int) -> Any:
    optimizer = _part(optimizers, spec.optimizer, "spec, optimizer")
    rate = spec.learning_rate if spec.learning_rate is not None else float(optimizer.learning_rate)
    schedule = spec.schedule
    if schedule == "auto" and optimizer.schedule is not None:
        return optimizer
    if schedule == "auto":
        schedule = "constant" if spec.until_converged or isinstance(optimizer, Ftrl) else "cosine"
    optimizer.learning_rate = rate if schedule == "constant" else _schedule(schedule, rate, steps)
    return optimizer


def _schedule(given: Named, rate: float, steps: int) -> LearningRateSchedule:
    if isinstance(given, Mapping):
        return _part(schedules, given, "spec, schedule")  # type: ignore[no-any-return]
    if given not in SCHEDULES:
        raise UnknownName("spec, schedule", given, ["auto", "constant", *SCHEDULES])
    return SCHEDULES[given](rate, steps)


def _saved(value: Any) -> Any:
    """A value of a table; a table in it that names a `class` in the form in which parts are saved."""
    if not isinstance(value, Mapping) or "class" not in value:
        return value
    config = {key: _saved(inner) for key, inner in value.items() if key != "class"}
    return {"class_name": value["class"], "config": config}


def _part(family: Any, given: str | Mapping[str, Any], where: str) -> Any:
    """A part by its name, or from a table whose `class` names it and whose other keys are its arguments."""
    if isinstance(given, str):
        return family.get(given, where)
    if "class" not in given:
        raise InvalidArgument(where, "a table with a key `class`", Told(", ".join(given) or "none"))
    name = given["class"]
    cls = family.names.get(name) if isinstance(name, str) else None
    if not (isinstance(cls, type) and issubclass(cls, Part)):
        raise UnknownName(where, str(name), family.parts)
    try:
        return cls.from_config({key: _saved(value) for key, value in given.items() if key != "class"})
    except PellucidError as problem:
        problem.where = f"{where}, {problem.where}"
        raise
    except TypeError as problem:
        lacks = Told(str(problem).partition("() ")[2] or str(problem))
        raise InvalidArgument(f"{where}, {name}", "the arguments that it needs", lacks) from problem
