"""Which metric a word in `compile(metrics=[...])` means, given what the model gives and what the targets look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..losses import Loss
from .accuracy import BinaryAccuracy, CategoricalAccuracy, SparseCategoricalAccuracy
from .base import Metric, metrics
from .probabilistic import BinaryCrossentropy, CategoricalCrossentropy, SparseCategoricalCrossentropy

KINDS: dict[str, dict[str, type[Metric]]] = {
    "accuracy": {
        "binary": BinaryAccuracy,
        "sparse": SparseCategoricalAccuracy,
        "categorical": CategoricalAccuracy,
    },
    "crossentropy": {
        "binary": BinaryCrossentropy,
        "sparse": SparseCategoricalCrossentropy,
        "categorical": CategoricalCrossentropy,
    },
}
WORDS = {"accuracy": "accuracy", "acc": "accuracy", "crossentropy": "crossentropy", "ce": "crossentropy"}


def kind_of_targets(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> str:
    """ "binary" for one output, "sparse" for class numbers beside several, else "categorical"; Keras's rule.

    >>> kind_of_targets((32,), (32, 10)), kind_of_targets((32, 10), (32, 10)), kind_of_targets((32, 1), (32, 1))
    ('sparse', 'categorical', 'binary')
    """
    if len(y_pred_shape) < 2 or y_pred_shape[-1] == 1:
        return "binary"
    fewer_axes = len(y_true_shape) < len(y_pred_shape)
    return "sparse" if fewer_axes or y_true_shape[-1] == 1 else "categorical"


def resolve(identifier: Any, y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> Metric:
    """The metric that a word, a class, a metric, a loss or a function (y_true, y_pred) -> values stands for.

    Shapes are whole, the batch axis included (its length may be None). "accuracy" ("acc") and "crossentropy" ("ce")
    become the binary, categorical or sparse kind. A metric made from a word keeps the word as its name.

    >>> resolve("accuracy", (None,), (None, 10))
    <SparseCategoricalAccuracy name=accuracy>
    >>> resolve("mse", (None, 1), (None, 1))
    <MeanSquaredError name=mse>
    """
    found = settled(identifier)
    if isinstance(found, str):
        kinds, name = KINDS[WORDS[found.lower()]], found
        found = kinds[kind_of_targets(y_true_shape, y_pred_shape)]()
        found.name = name
    return found


def settled(identifier: Any) -> Metric | str:
    """As `resolve`, before any shape is known: "accuracy" and its like stay words.

    >>> settled("mse"), settled("acc")
    (<MeanSquaredError name=mse>, 'acc')
    """
    where = "compile, argument metrics"
    if isinstance(identifier, Loss):
        return metrics.wrap(identifier)
    if not isinstance(identifier, str):
        return metrics.get(identifier, where)
    if identifier.lower() in WORDS:
        return identifier
    metric = metrics.get(identifier, where)
    metric.name = identifier
    return metric
