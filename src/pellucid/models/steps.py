"""What the methods of a step compute: gradients, the loss and the metrics of a batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..arrays import Array, Parts, as_dtypes, parts_of
from ..errors import InvalidArgument, NotReady, Told, WrongType
from ..layers.connecting import by_name
from ..training import definition
from ..training.base import is_own
from ..training.batches import checked_arrays
from .feeding import one_batch


def of_step(model: Any, where: str, data: Any) -> tuple[Any, Any, Any]:
    """The x, y and weights of what a step is given, checked."""
    if not isinstance(data, tuple | list) or not 2 <= len(data) <= 3:
        raise WrongType(f"{where}, argument data", "(x, y) or (x, y, sample_weight)", data)
    x, y, weights = (*data, None)[:3]
    return one_batch(model, where, x, y, weights)


def gradients(model: Any, x: Any, y: Any, sample_weight: Any) -> dict[str, Array]:
    """dL/dw of each parameter that is trained, by its path; `model.gradient` holds them, too."""
    x, y, weights = one_batch(model, "gradients", x, y, sample_weight)
    rng = model.key.noise(model.optimizer.steps_taken)
    with np.errstate(all="ignore"):  # what is not finite is for the caller to see
        model.gradient.update(definition.loss_and_gradients(model, model.p, x, y, weights, rng=rng).gradients)
    return {v.path: model.gradient[v.path].copy() for v in model.trainable_variables}


def loss_of(model: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> float:
    """The loss of these outputs, with the parameters' penalties."""
    outputs, targets, weights = _parts_of_batch(model, "compute_loss", y_pred, y, sample_weight)
    masks = _masks(model, "compute_loss", x)
    found = model.objective.judge(targets, outputs, [None] * len(outputs), weights, masks)
    return float(found.total + sum(model.losses))


def count_metrics(model: Any, x: Any, y: Any, y_pred: Any, sample_weight: Any) -> None:
    """Count a batch of outputs into the metrics of `compile`."""
    outputs, targets, weights = _parts_of_batch(model, "compute_metrics", y_pred, y, sample_weight)
    masks = _masks(model, "compute_metrics", x)
    model.meters.count_metrics(Parts(targets), Parts(outputs), Parts(weights), model.objective.losses, masks)


def results(metrics: list[Any]) -> dict[str, Any]:
    """The result of each metric, by name; one that is a mapping adds its entries."""
    found = [(metric.name, metric.result()) for metric in metrics]
    each = [result if isinstance(result, Mapping) else {name: result} for name, result in found]
    return {name: number for entries in each for name, number in entries.items()}


def needs_library_step(model: Any, where: str) -> None:
    """Raise where `fit` would take a step of the user's own, of which the library's tells nothing."""
    if is_own(model, "train_step"):
        told = Told(f"one of the class {type(model).__name__}")
        raise InvalidArgument(f"model {model.name!r}, {where}", "the library's own train_step", told)


def _masks(model: Any, where: str, x: Any) -> list[Array | None]:
    """Which numbers of each output count, for these inputs."""
    if not model.wiring.masked:
        return []
    if x is None:
        raise NotReady(
            f"{where}, argument x", "the inputs, from which the masks are made", None, f"Write {where}(x, ...)."
        )
    x, _, _ = checked_arrays(model, model.inputs_of(x), None, None, where)
    inputs = parts_of(as_dtypes(x, model.input_dtypes))
    masks: list[Array | None] = model.forward(model.p, *inputs, training=False, rng=model.key)[1].masks
    return masks


def _parts_of_batch(model: Any, where: str, *given: Any) -> list[list[Any]]:
    """The outputs, the targets and the weights, each as a list with an array, or None, for each output."""
    names = ("y_pred", "y", "sample_weight")
    return [_by_output(model, f"{where}, argument {name}", one) for name, one in zip(names, given, strict=True)]


def _by_output(model: Any, where: str, given: Any) -> list[Any]:
    names = model.output_names
    each = by_name(where, given, names, all_of_them=False) if model.gives_many else [given]
    each = [None] * len(names) if each is None else each
    if not isinstance(each, list | tuple) or len(each) != len(names):
        raise InvalidArgument(where, f"{len(names)} arrays, in a list or by name: " + ", ".join(names), given)
    return [None if one is None else np.asarray(one) for one in each]
