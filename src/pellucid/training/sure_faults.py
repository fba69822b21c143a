"""Designs in which a network cannot learn, whatever the data: `fit` warns of them before the first step.

Only what needs no look at the data, and of which there is no doubt. The doctor's rules wrong_output_width,
missing_output_activation, softmax_and_logits and batch_norm_batch_of_one say the same with numbers, and much more.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

from ..errors import DesignWarning
from ..layers import (
    Activation,
    ActivityRegularization,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    Identity,
    Layer,
    Reshape,
    Softmax,
)
from ..layers.walking import memories
from ..losses import CategoricalCrossentropy, CategoricalFocalCrossentropy, SparseCategoricalCrossentropy
from ..losses.base import losses
from .base import TrainableModel
from .batches import ArrayBatches, Batches

TRANSPARENT = (ActivityRegularization, Dropout, Flatten, Identity, Reshape)  # behind these, the values are the same
OF_CLASSES = (CategoricalCrossentropy, SparseCategoricalCrossentropy)


def warn_of(model: TrainableModel, batches: Batches, level: int) -> None:
    """Tell the sure faults of a model that is about to be trained, each once for a model. level: of the caller."""
    told = model.__dict__.setdefault("_faults_told", set())
    for fault in (*output_faults(model), *batch_faults(model, batches), *order_faults(model, batches)):
        if fault not in told:
            told.add(fault)
            warnings.warn(fault, DesignWarning, stacklevel=level + 1)


def output_faults(model: TrainableModel) -> Iterator[str]:
    """What is wrong between the last activation and the loss; of several outputs nothing is sure."""
    if model.gives_many:
        return
    end, loss = _end(model), model.loss
    name, width = _activation(end), model.output_shapes_for(*model.sample_shapes)[0][-1:]
    if width == (1,) and type(loss) in (CategoricalCrossentropy, CategoricalFocalCrossentropy):
        return  # these say themselves that one class is always right
    if name == "softmax" and width == (1,) and _on_last_axis(end):
        yield (
            "fit: the output is a softmax of a single unit, which is 1 for every input: nothing can be learned. Use "
            "activation='sigmoid' with 'binary_crossentropy', or Dense(2, activation='softmax')."
        )
    if losses.parts.get(type(loss).__name__) is not type(loss) or not hasattr(loss, "from_logits"):
        return
    if loss.from_logits and name in ("softmax", "sigmoid"):
        yield (
            f"fit: the output is a {name}, and the loss {loss.name} has from_logits=True, which squashes it once more: "
            "the loss cannot come near 0. Leave from_logits=True out, or the activation."
        )
    if not loss.from_logits and name == "linear" and type(loss) in OF_CLASSES:
        yield (
            f"fit: the output is linear, and the loss {loss.name} takes it for probabilities, without a gradient where "
            "it is none. Give the last layer activation='softmax', or the loss from_logits=True."
        )


def batch_faults(model: TrainableModel, batches: Batches) -> Iterator[str]:
    """Batch normalization over batches of one sample."""
    if not isinstance(batches, ArrayBatches) or min(batches.batch_size, len(batches.x)) != 1:
        return
    alone = [
        path
        for path, layer in model.leaves()
        if type(layer) is BatchNormalization and layer.trainable and len(layer.shape or ()) == 1
    ]
    if alone:
        yield (
            f"fit: {', '.join(alone)} normalizes over batches of one sample: a sample less its own mean is 0, and "
            "nothing of the input gets through. Use a larger batch_size, or LayerNormalization."
        )


def order_faults(model: TrainableModel, batches: Batches) -> Iterator[str]:
    """States that go on from rows which shuffling puts anywhere."""
    if not isinstance(batches, ArrayBatches) or not batches.shuffle:
        return
    if stateful := memories(model.wiring):
        yield (
            f"fit: {', '.join(stateful)} goes on where sample i of the batch before ended, but shuffling puts any row "
            "there. Pass shuffle=False, with batches in the order in which the sequences go on."
        )


def _end(model: TrainableModel) -> Layer | None:
    """The layer whose activation the output has; None where that is not certain."""
    leaves = [layer for _, layer in model.leaves()]
    while leaves and (type(leaves[-1]) in TRANSPARENT or (_activation(leaves[-1]) == "linear" and not leaves[-1].p)):
        leaves.pop()
    return leaves[-1] if leaves and type(leaves[-1]) in (Activation, Dense, Softmax) else None


def _activation(layer: Any) -> str | None:
    """Its activation's name; None where there is none, or where a constraint may make its outputs what they must be."""
    if type(layer) not in (Activation, Dense, Softmax):
        return None
    if type(layer) is Dense and layer.kernel_constraint is not None:
        return None
    return str(getattr(getattr(layer, "function", getattr(layer, "activation", None)), "name", "linear"))


def _on_last_axis(layer: Any) -> bool:
    return getattr(layer, "axis", -1) in (-1, [-1], (-1,))
