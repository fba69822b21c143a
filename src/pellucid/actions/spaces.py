"""What is searched where nobody says what: a space that suits the data.

The ranges are those in which good networks lie for data of each kind; they are meant for a search of some dozen trials,
and so are few.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .data import Prepared
from .networks import name_of
from .spec import TrainSpec

WIDEST = {"table": 512, "pictures": 1024, "arrays": 512}  # layers of more units take longer, and seldom do better
FEW, MANY = 500, 50_000  # rows below which batches are small, and above which they are large


def usual_space(spec: TrainSpec, data: Prepared) -> dict[str, Any]:
    """The space for a spec's data, as a spec has it; what the spec itself says of a name is not searched.

    Layers, their width, the learning rate, the batch, dropout, the weights' penalty and the activation; of tables and
    arrays batch normalisation besides, which pictures' pixels, all of one scale, need least. Of a network that has a
    name only the first five: the others say nothing of recurrent layers, and little of the few behind convolutions.
    """
    if name_of(spec, data) != "auto":
        return without(_named(data), spec)
    kind = "table" if data.table is not None else "pictures" if data.x_train.ndim > 2 else "arrays"
    space: dict[str, Any] = {
        "layers": {
            "number": {"low": 1, "high": 3},
            "units": {"low": 16, "high": WIDEST[kind], "log": True},
            "shrink": [1.0, 0.5],
        },
        "learning_rate": {"low": 1e-4, "high": 3e-2, "log": True},
        "batch_size": _batches(data),
        "dropout": {"low": 0.0, "high": 0.5},
        "l2": {"low": 1e-7, "high": 1e-2, "log": True},
        "activation": ["relu", "gelu", "tanh"],
    }
    if kind != "pictures":
        space["batch_norm"] = [False, True]
    return without(space, spec)


def _named(data: Prepared) -> dict[str, Any]:
    return {
        "layers": {"number": {"low": 1, "high": 2}, "units": {"low": 16, "high": 256, "log": True}},
        "learning_rate": {"low": 5e-4, "high": 2e-2, "log": True},
        "batch_size": _batches(data),
        "dropout": {"low": 0.0, "high": 0.5},
    }


def _batches(data: Prepared) -> list[int]:
    rows = len(data.x_train)
    return [8, 16, 32] if rows < FEW else [128, 256, 512] if rows > MANY else [32, 64, 128]


def without(space: Mapping[str, Any], spec: TrainSpec) -> dict[str, Any]:
    """The space without the names that the spec decides."""
    return {name: value for name, value in space.items() if name not in spec.model_fields_set}
