"""Before several processes train together: whether they were given the same, and all brought to where rank 0 stands."""

from __future__ import annotations

import io
import zlib
from collections.abc import Iterable
from typing import Any

import numpy as np

from ..arrays import Array, parts_of
from .base import TrainableModel
from .batches import ArrayBatches, Batches
from .checkpoint import Position, Remembering, load_checkpoint, write_checkpoint
from .distribution import sharing

LOOKED_AT = 256  # rows of the data, from all over it, whose numbers are compared


def synchronized(model: TrainableModel, position: Position, callbacks: Iterable[Remembering]) -> Position:
    """The place in the run where rank 0 stands; the model, its optimizer and the callbacks are brought there."""
    shared = sharing()
    if shared is None:
        return position
    file = io.BytesIO()
    if shared.rank == 0:
        write_checkpoint(file, model, position, callbacks)
    found = shared.of_first(file.getvalue())
    return position if shared.rank == 0 else load_checkpoint(io.BytesIO(found), model, callbacks)


def compare_fit(model: TrainableModel, train: Batches, validation: Batches | None, **arguments: Any) -> None:
    """Raise unless all processes were given the same model, data and arguments."""
    if shared := sharing():
        config = {name: str(value) for name, value in model.optimizer.get_config().items() if name != "name"}
        compiled = {"loss": str(model.loss), "optimizer": config}
        watched = {f"validation_data, {name}": value for name, value in _data(validation).items()}
        shared.compare("fit", {**compiled, **_data(train), **watched, **arguments})


def compare_evaluation(model: TrainableModel, batches: Batches) -> None:
    """Raise unless all processes evaluate the same model on the same data."""
    if shared := sharing():
        weights = zlib.crc32(model.theta.data.tobytes()), zlib.crc32(model.state.data.tobytes())
        shared.compare("evaluate", {"weights": weights, **_data(batches)})


def compare_batch(where: str, batch: int, *given: Any) -> None:
    """Raise unless all processes have made the same batch."""
    if shared := sharing():
        shared.compare(where, {f"batch {batch}": [_digest(part) for one in given for part in parts_of(one)]})


def _data(batches: Batches | None) -> dict[str, Any]:
    """What is compared of the data."""
    if not isinstance(batches, ArrayBatches):
        return {"steps": batches and batches.steps}
    found: dict[str, Any] = {"rows": len(batches.x), "batch_size": batches.batch_size, "steps": batches.steps}
    rows = np.arange(LOOKED_AT if found["rows"] else 0) * found["rows"] // LOOKED_AT
    for name, given in (("x", batches.x), ("y", batches.y), ("sample_weight", batches.sample_weight)):
        found[name] = [None if part is None else _digest(part[rows]) for part in parts_of(given)]
    return found


def _digest(array: Array | None) -> tuple[Any, ...] | None:
    """Shape, kind, and a checksum of the numbers."""
    if array is None:
        return None
    content = repr(array.tolist()).encode() if array.dtype.hasobject else np.ascontiguousarray(array).tobytes()
    return array.shape, array.dtype.str, zlib.crc32(content)
