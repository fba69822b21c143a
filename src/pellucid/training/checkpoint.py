"""A checkpoint: one file with everything that an interrupted run needs to go on as if nothing had happened, bit by bit.

The file is what `np.savez` writes: a zip of arrays, uncompressed, which `np.load(path)` opens. One member more,
`about.json`, tells the version of the format, the network's parameters with their shapes, and everything that is not
an array. Where it says {"$array": name}, the array of that name belongs. Reading a file never runs code from it.

What depends on chance needs nothing but the model's key: every random number is reached from it by a path (`rng.py`).
"""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any, Protocol

import numpy as np

from ..arrays import Array
from ..data.npy import read_npy
from ..errors import FileError, Told, WrongType
from ..files import reading, write_whole
from ..layers.walking import memories
from ..rng import Key
from .base import TrainableModel

FORMAT, VERSION = "pellucid checkpoint", 1
ABOUT = "about.json"
ARRAY, NUMBER = "$array", "$number"
WHOLE, AGAIN = "a checkpoint written by Pellucid", "Delete it to train from the beginning."


@dataclass
class Position:
    """Where training stands: what a checkpoint remembers and a resumed run begins from.

    `first_step` is the optimizer's count at the start of the epoch: the shuffle is drawn from it. `meters` is what
    was counted of an epoch that is not over.
    """

    epoch: int = 0
    batch: int = 0
    first_step: int = 0
    meters: dict[str, Array] = field(default_factory=dict)


class Remembering(Protocol):
    """What a checkpoint needs of a callback."""

    def state(self) -> dict[str, Any]: ...
    def load_state(self, state: Mapping[str, Any]) -> None: ...


# Saving ----------------------------------------------------------------------------------------------------------


def save_checkpoint(
    path: str | os.PathLike[str], model: TrainableModel, position: Position, callbacks: Iterable[Remembering] = ()
) -> Path:
    """Write everything; whoever reads the file finds the last complete checkpoint or this one, never a part.

    Raises FileError if the file cannot be written.
    """
    return write_whole(path, lambda file: write_checkpoint(file, model, position, callbacks))


def write_checkpoint(
    file: IO[bytes], model: TrainableModel, position: Position, callbacks: Iterable[Remembering] = ()
) -> None:
    """Write everything to an open file."""
    arrays: dict[str, Array] = {}
    record = {
        "theta": model.theta.data,
        "state": model.state.data,
        "remembered": _remembered(model),
        "optimizer": model.optimizer.state(),
        "position": asdict(position),
        "callbacks": {label: callback.state() for label, callback in labelled(callbacks).items()},
        "key": model.key.seed,
        "stop_training": bool(model.stop_training),
    }
    about = {
        "format": FORMAT,
        "version": VERSION,
        "network": network(model),
        "record": _taken_apart(record, "", arrays),
    }
    _write(file, about, arrays)


def network(model: TrainableModel) -> dict[str, Any]:
    """What must be alike in the model that was saved and the one that goes on."""
    return {
        "dtype": model.theta.data.dtype.name,
        "optimizer": type(model.optimizer).__name__,
        "trained": {name: list(shape) for name, shape in model.theta.shapes.items()},
        "not trained": {name: list(shape) for name, shape in model.state.shapes.items()},
    }


def labelled(callbacks: Iterable[Remembering]) -> dict[str, Remembering]:
    """Each callback under its class's name and its number among those of its class."""
    labels: dict[str, Remembering] = {}
    for callback in callbacks:
        name, n = type(callback).__name__, 0
        while f"{name} {n}" in labels:
            n += 1
        labels[f"{name} {n}"] = callback
    return labels


def _taken_apart(value: Any, path: str, arrays: dict[str, Array]) -> Any:
    """`value` as JSON can hold it; its arrays go into `arrays`, under the path at which they stood."""
    if value is None or isinstance(value, str) or type(value) in (bool, int, float):
        return value
    if isinstance(value, np.ndarray | np.generic) and not value.dtype.hasobject:
        name = path
        while name in arrays:
            name += "'"
        arrays[name] = np.asarray(value)
        return {ARRAY if isinstance(value, np.ndarray) else NUMBER: name}
    if isinstance(value, Mapping) and all(isinstance(key, str) and not key.startswith("$") for key in value):
        return {key: _taken_apart(part, f"{path}/{key}".lstrip("/"), arrays) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [_taken_apart(part, f"{path}/{i}", arrays) for i, part in enumerate(value)]
    raise WrongType(f"checkpoint, {path}", "numbers, texts, arrays, and lists and dicts of them", value)


def _write(file: IO[bytes], about: dict[str, Any], arrays: Mapping[str, Array]) -> None:
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        archive.writestr(ABOUT, json.dumps(about, indent=1))
        for name, array in arrays.items():
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


# Loading ---------------------------------------------------------------------------------------------------------


def load_checkpoint(
    path: str | os.PathLike[str] | IO[bytes], model: TrainableModel, callbacks: Iterable[Remembering] = ()
) -> Position:
    """Put the model, its optimizer and the callbacks where the checkpoint (a file's path, or an open file) left them;
    returns the place in the run.

    A callback that the checkpoint does not know starts anew. Raises FileError where the file is missing, damaged,
    foreign, or comes from another network; the model is then as it was.
    """
    where = f"checkpoint {os.fspath(path)}" if isinstance(path, str | os.PathLike) else "checkpoint"
    about = _read(path, where)
    with reading(where, WHOLE, AGAIN):
        _check_network(where, about["network"], network(model))
    record, before = about["record"], _kept(model)
    try:
        with reading(where, WHOLE, AGAIN):
            _put_into(model, record)
            for label, callback in labelled(callbacks).items():
                if state := record["callbacks"].get(label):
                    callback.load_state(state)
            return Position(**record["position"])
    except BaseException:
        _put_into(model, before)
        raise


def _kept(model: TrainableModel) -> dict[str, Any]:
    """What loading overwrites in a model, as a record."""
    return {
        "optimizer": {name: np.array(value) for name, value in model.optimizer.state().items()},
        "theta": model.theta.data.copy(),
        "state": model.state.data.copy(),
        "remembered": _remembered(model),
        "key": model.key.seed,
        "stop_training": model.stop_training,
    }


def _remembered(model: TrainableModel) -> dict[str, list[Array]]:
    """The states that layers keep from one batch to the next."""
    return {path: layer.states or [] for path, layer in memories(model.wiring).items()}


def _put_into(model: TrainableModel, record: Mapping[str, Any]) -> None:
    model.optimizer.load_state(record["optimizer"])
    model.theta.data[...] = record["theta"]
    model.state.data[...] = record["state"]
    for path, layer in memories(model.wiring).items():
        layer.states = record.get("remembered", {}).get(path) or None
    model.key = Key(record["key"])
    model.stop_training = record["stop_training"]


def _read(path: str | os.PathLike[str] | IO[bytes], where: str) -> dict[str, Any]:
    """All that a file holds, checked as far as it can be without the model."""
    with reading(where, WHOLE, AGAIN), zipfile.ZipFile(path) as archive:
        about: dict[str, Any] = json.loads(_member(archive, ABOUT))
        if about["format"] == FORMAT and about["version"] > VERSION:
            raise FileError(
                where, f"format version {VERSION} or lower", about["version"],
                "A later version of Pellucid wrote it: update this one.",
            )  # fmt: skip
        about["record"] = _put_together(about["record"], archive)
        _check_record(about)
        return about


def _check_record(about: Mapping[str, Any]) -> None:
    """ValueError, or what else a missing or strange entry raises, unless all that loading needs is there."""
    record, net = about["record"], about["network"]
    for name, shapes in (("theta", net["trained"]), ("state", net["not trained"])):
        size = sum(int(np.prod(shape)) for shape in shapes.values())
        if record[name].shape != (size,) or record[name].dtype.name != net["dtype"]:
            raise ValueError(name)
    place = Position(**record["position"])
    counts = (place.epoch, place.batch, place.first_step, record["key"])
    if about["format"] != FORMAT or any(type(n) is not int or n < 0 for n in counts):
        raise ValueError("format")
    _ = record["optimizer"].keys(), record["callbacks"].keys(), place.meters.keys(), net["optimizer"]
    if type(record["stop_training"]) is not bool:
        raise ValueError("stop_training")


def _member(archive: zipfile.ZipFile, name: str) -> bytes:
    """A member's bytes, whose checksum has been verified. Compressed ones, which we never write, may be bombs; what
    claims to be larger than all that precedes the list of members would be given its memory before it is read."""
    member = archive.getinfo(name)
    if member.compress_type != zipfile.ZIP_STORED or member.compress_size > archive.start_dir:
        raise zipfile.BadZipFile(name)
    return archive.read(name)


def _put_together(value: Any, archive: zipfile.ZipFile) -> Any:
    """The inverse of `_taken_apart`."""
    if isinstance(value, list):
        return [_put_together(part, archive) for part in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {ARRAY} or value.keys() == {NUMBER}:
        ((kind, name),) = value.items()
        content = _member(archive, f"{name}.npy")
        array = read_npy(io.BytesIO(content), len(content))
        return array if kind == ARRAY else array[()]
    return {key: _put_together(part, archive) for key, part in value.items()}


def _check_network(where: str, saved: Mapping[str, Any], mine: Mapping[str, Any]) -> None:
    """The error that names the first thing in which two networks differ."""
    fix = "Build the model that wrote it, or delete the file to train from the beginning."
    for kind in ("trained", "not trained"):
        for name in dict.fromkeys([*mine[kind], *saved[kind]]):
            here, there = (_shape(net[kind].get(name)) for net in (mine, saved))
            if here != there:
                raise FileError(f"{where}, parameter {name!r}", here, Told(there), fix)
        if list(mine[kind]) != list(saved[kind]):
            raise FileError(where, f"the parameters in the order {', '.join(mine[kind])}", list(saved[kind]), fix)
    for what in ("dtype", "optimizer"):
        if saved[what] != mine[what]:
            raise FileError(f"{where}, {what}", mine[what], Told(saved[what]), fix)


def _shape(shape: Any) -> str:
    return "no such parameter" if shape is None else f"shape {tuple(shape)}"
