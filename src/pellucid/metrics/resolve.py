"""Which metric a word in `compile(metrics=[...])` means, given what the model gives and what the targets look like."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .. import losses
from ..arrays import Array
from ..losses import Loss
from .accuracy import BinaryAccuracy, CategoricalAccuracy, SignAccuracy, SparseCategoricalAccuracy
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
LABELLING = (losses.BinaryCrossentropy, losses.BinaryFocalCrossentropy)  # each output is a yes or no of its own
SIGNED = (losses.Hinge, losses.SquaredHinge)
REGRESSION = (
    losses.MeanSquaredError, losses.MeanAbsoluteError, losses.MeanAbsolutePercentageError,
    losses.MeanSquaredLogarithmicError, losses.Huber, losses.LogCosh, losses.Poisson,
)  # fmt: skip


def kind_of_targets(y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None]) -> str:
    """ "binary" for one output, "sparse" for class numbers beside several, else "categorical"; Keras's rule.

    >>> kind_of_targets((32,), (32, 10)), kind_of_targets((32, 10), (32, 10)), kind_of_targets((32, 1), (32, 1))
    ('sparse', 'categorical', 'binary')
    """
    if len(y_pred_shape) < 2 or y_pred_shape[-1] == 1:
        return "binary"
    fewer_axes = len(y_true_shape) < len(y_pred_shape)
    return "sparse" if fewer_axes or y_true_shape[-1] == 1 else "categorical"


def resolve(
    identifier: Any, y_true_shape: Sequence[int | None], y_pred_shape: Sequence[int | None], loss: Loss | None = None
) -> Metric:
    """The metric that a word, a class, a metric, a loss or a function (y_true, y_pred) -> values stands for.

    Shapes are whole, the batch axis included (its length may be None). "accuracy" ("acc") and "crossentropy" ("ce")
    become the binary, categorical or sparse kind. A metric made from a word keeps the word as its name.

    What the loss says of the outputs counts too, where Keras looks at shapes alone: several outputs under a binary
    cross-entropy are a label each (Keras: one class among several); outputs that are logits are cut at 0 and read as
    logits (Keras: cut at 0.5, read as probabilities); one output under a hinge loss is cut at 0, labels being -1 and 1
    (Keras: at 0.5, 0 and 1).

    >>> resolve("accuracy", (None,), (None, 10))
    <SparseCategoricalAccuracy name=accuracy>
    >>> resolve("mse", (None, 1), (None, 1))
    <MeanSquaredError name=mse>
    >>> resolve("accuracy", (None, 1), (None, 1), losses.BinaryCrossentropy(from_logits=True)).threshold
    0.0
    """
    found = settled(identifier)
    if isinstance(found, str):
        kind = kind_of_targets(y_true_shape, y_pred_shape)
        if isinstance(loss, LABELLING) and kind == "categorical":
            kind = "binary"
        metric = _made(WORDS[found.lower()], kind, loss)
        metric.name = found
        return metric
    return found


def _made(word: str, kind: str, loss: Loss | None) -> Metric:
    """The metric of a word and a kind, reading outputs as the loss does."""
    logits = bool(getattr(loss, "from_logits", False))
    if word == "crossentropy":
        return KINDS[word][kind](from_logits=logits)  # type: ignore[call-arg]
    if kind == "binary" and isinstance(loss, SIGNED):
        return SignAccuracy()
    return BinaryAccuracy(threshold=0.0) if kind == "binary" and logits else KINDS[word][kind]()


def of_quantities(identifier: Metric | str, y_true: Array, loss: Loss | None) -> bool:
    """Whether a word asks for the accuracy of quantities: under a loss of regression, targets other than 0 and 1.

    >>> import numpy as np
    >>> of_quantities("acc", np.array([2.5]), losses.Huber()), of_quantities("acc", np.array([1.0]), losses.Huber())
    (True, False)
    """
    word = WORDS.get(identifier.lower()) if isinstance(identifier, str) else None
    return word == "accuracy" and isinstance(loss, REGRESSION) and not ((y_true == 0) | (y_true == 1)).all()


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
