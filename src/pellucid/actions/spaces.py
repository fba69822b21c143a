"""What is searched where nobody says what: a space that suits the data.

The ranges are those in which good networks lie for data of each kind; they are meant for a search of some dozen trials,
and so are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..data import datasets
from .kinds.pictures import Pictures
from .networks import SMALLEST, name_of
from .prepared import Prepared
from .spec import TrainSpec

WIDEST, WIDEST_OF_PICTURES = 512, 1024  # layers of more units take longer, and seldom do better
FEW, MANY = 500, 50_000  # rows below which batches are small, and above which they are large


def usual_space(spec: TrainSpec, data: Prepared) -> dict[str, Any]:
    """The space for a spec's data, as a spec has it; what the spec itself says of a name is not searched.

    Layers, their width, the learning rate, the batch, dropout, the weights' penalty and the activation; of tables and
    arrays batch normalisation besides, which pictures' pixels, all of one scale, need least. Of pictures also whether
    convolutions stand before the layers, and which. Of a network that has a name only layers, their width, the rate,
    the batch and dropout: the others say nothing of recurrent layers, and little of the few behind convolutions.
    """
    if name_of(spec, data) != "auto":
        return without(_named(data), spec)
    pictures = data.x_train.ndim > 2
    space: dict[str, Any] = {
        "layers": {
            "number": {"low": 1, "high": 3},
            "units": {"low": 16, "high": WIDEST_OF_PICTURES if pictures else WIDEST, "log": True},
            "shrink": [1.0, 0.5],
        },
        "learning_rate": {"low": 1e-4, "high": 3e-2, "log": True},
        "batch_size": _batches(data),
        "dropout": {"low": 0.0, "high": 0.5},
        "l2": {"low": 1e-7, "high": 1e-2, "log": True},
        "activation": ["relu", "gelu", "tanh"],
    }
    if not pictures:
        space["batch_norm"] = [False, True]
    elif _takes_convolutions(spec, data):
        alone = {"network": ["auto"]}
        space |= {
            "network": ["lenet", "auto", "cnn"], "batch_size": _batches(data, most=MANY),
            "l2": {**space["l2"], "when": alone}, "activation": {"choices": space["activation"], "when": alone},
        }  # fmt: skip
    return without(space, spec)


def _takes_convolutions(spec: TrainSpec, data: Prepared) -> bool:
    """Whether samples are pictures large enough to be convolved, and neither their layers written out nor a network
    asked for."""
    x = data.x_train
    found = datasets.kind_of(spec.data) == "images" or isinstance(data, Pictures) or x.dtype == np.uint8
    asked = "network" in spec.model_fields_set
    return found and spec.in_units and not asked and x.ndim in (3, 4) and min(x.shape[1:3]) >= SMALLEST


def _named(data: Prepared) -> dict[str, Any]:
    return {
        "layers": {"number": {"low": 1, "high": 2}, "units": {"low": 16, "high": 256, "log": True}},
        "learning_rate": {"low": 5e-4, "high": 2e-2, "log": True},
        "batch_size": _batches(data),
        "dropout": {"low": 0.0, "high": 0.5},
    }


def _batches(data: Prepared, most: int = MANY + 1) -> list[int]:
    """most: rows that count; of more pictures at once convolutions take long."""
    rows = min(len(data.x_train), most)
    return [8, 16, 32] if rows < FEW else [128, 256, 512] if rows > MANY else [32, 64, 128]


def without(space: Mapping[str, Any], spec: TrainSpec) -> dict[str, Any]:
    """The space without the names that the spec decides."""
    return {name: value for name, value in space.items() if name not in spec.model_fields_set}
