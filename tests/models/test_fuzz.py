"""Damaged files: each either loads or gives the library's own error, runs nothing, and asks for little memory.

Every file that the library reads is damaged at random, from a fixed seed. PELLUCID_FUZZ=10000 damages each that many
times, instead of the few that there is time for in every run.
"""

from __future__ import annotations

import io
import json
import os
import random
import struct
import sys
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

from pellucid import Sequential, callbacks, errors, layers, optimizers
from pellucid.actions.runs import Run
from pellucid.actions.spec import TrainSpec
from pellucid.data.files import load_arrays
from pellucid.data.idx import read_idx, write_idx
from pellucid.models import load_model
from pellucid.training.checkpoint import Position, load_checkpoint, save_checkpoint

BUDGET = int(os.environ.get("PELLUCID_FUZZ", "120"))
MOST = 64 << 20  # bytes that reading any of these small files may take
RUNNING = {"pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.Popen"}

X = np.linspace(-1, 1, 60).reshape(20, 3).astype("float32")
Y = np.arange(20) % 2

Opener = Callable[[Path], object]


# What is damaged --------------------------------------------------------------------------------------------------


@cache
def model() -> Sequential:
    stack = [layers.Dense(4, "relu", kernel_regularizer="l2"), layers.BatchNormalization(), layers.Dropout(0.2)]
    made = Sequential([layers.Input((3,)), *stack, Sequential([layers.Dense(2, "softmax")])], seed=0)
    made.compile(optimizers.Adam(0.01, use_ema=True), "sparse_categorical_crossentropy", metrics=["accuracy"])
    made.fit(X, Y, batch_size=10, verbose=0)
    return made


def checkpointed() -> list[Any]:
    return [callbacks.History(), callbacks.EarlyStopping(), callbacks.CSVLogger("absent.csv")]


def write_checkpoint(path: Path) -> None:
    watching = checkpointed()
    watching[0].history = {"loss": [0.5, 0.25]}
    save_checkpoint(path, model(), Position(2, 1, 4, {"loss": np.array([1.0, 2.0])}), watching)


def append_to(path: Path) -> None:
    logger = callbacks.CSVLogger(path, append=True)
    logger.on_train_begin()
    logger.on_epoch_end(3, {"loss": 0.5})


HISTORY = "epoch,loss,val_loss\n0,0.5,0.7\n1,0.25,NA\n2,1e-3,0.5\n"
SPEC = TrainSpec(data="moons", layers=[8, {"class": "Dense", "units": 4}], optimizer={"class": "SGD", "momentum": 0.9})

# name of the file -> (who writes it, who reads it)
KINDS: dict[str, tuple[Callable[[Path], object], Opener]] = {
    "m.keras": (lambda path: model().save(path), load_model),
    "m.weights.h5": (lambda path: model().save_weights(path), lambda path: model().load_weights(path)),
    "x.idx": (lambda path: write_idx(path, Y.astype("int32")), read_idx),
    "x.idx.gz": (lambda path: write_idx(path, X), read_idx),
    "xy.npz": (lambda path: np.savez(path, x=X, y=Y), lambda path: load_arrays(str(path))),
    "small.npz": (lambda path: np.savez_compressed(path, X=X, y=Y), lambda path: load_arrays(str(path))),
    "alone.npy": (lambda path: np.save(path, X), lambda path: load_arrays(str(path), targets=False)),
    "checkpoint.npz": (write_checkpoint, lambda path: load_checkpoint(path, model(), checkpointed())),
    "spec.toml": (SPEC.write, TrainSpec.read),
    "history.csv": (lambda path: path.write_text(HISTORY), lambda path: Run(path.parent).read_history()),
    "log.csv": (lambda path: path.write_text(HISTORY), append_to),
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The bytes of each file as it should be."""
    folder = tmp_path_factory.mktemp("whole")
    for name, (write, _) in KINDS.items():
        write(folder / name)
    return {name: (folder / name).read_bytes() for name in KINDS}


# How it is damaged ------------------------------------------------------------------------------------------------

NUMBERS = [b"\x00", b"\xff", b"\x7f", b"\x80", b"\xff" * 4, b"\xff" * 8, b"\x00" * 8, struct.pack("<q", 1 << 40)]


def flipped(draw: random.Random, content: bytearray) -> bytes:
    for _ in range(draw.choice([1, 1, 2, 8])):
        content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
    return content


def overwritten(draw: random.Random, content: bytearray) -> bytes:
    number, at = draw.choice(NUMBERS), draw.randrange(len(content))
    content[at : at + len(number)] = number
    return content


def truncated(draw: random.Random, content: bytearray) -> bytes:
    return content[: draw.randrange(len(content))]


def repeated(draw: random.Random, content: bytearray) -> bytes:
    first, last = sorted(draw.choices(range(len(content) + 1), k=2))
    return content[:last] + content[first:]


def removed(draw: random.Random, content: bytearray) -> bytes:
    first, last = sorted(draw.choices(range(len(content) + 1), k=2))
    return content[:first] + content[last:]


def moved(draw: random.Random, content: bytearray) -> bytes:
    a, b, c = sorted(draw.choices(range(len(content) + 1), k=3))
    return content[:a] + content[b:c] + content[a:b] + content[c:]


BLIND = [flipped, flipped, overwritten, truncated, repeated, removed, moved]


def damaged(draw: random.Random, content: bytes) -> bytes:
    """The file with a fault; that of an archive lies in one of its members as often as in the archive itself."""
    if content.startswith(b"PK") and draw.random() < 0.6:
        return zipped(draw, content)
    return bytes(draw.choice(BLIND)(draw, bytearray(content)))


def zipped(draw: random.Random, content: bytes) -> bytes:
    """An archive that is whole, in which a member is damaged, swapped with another, or missing."""
    with zipfile.ZipFile(io.BytesIO(content)) as old:
        members = {name: old.read(name) for name in old.namelist()}
    name, other = draw.choice(list(members)), draw.choice(list(members))
    what = draw.choice(["swap", "drop", "damage", "damage", "damage"])
    if what == "swap":
        members[name], members[other] = members[other], members[name]
    elif what == "drop":
        del members[name]
    elif name.endswith(".json") and draw.random() < 0.8:
        members[name] = json.dumps(edited(draw, json.loads(members[name]))).encode()
    elif members[name]:
        members[name] = bytes(draw.choice(BLIND)(draw, bytearray(members[name])))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", draw.choice([zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])) as new:
        for name, member in members.items():
            new.writestr(name, member)
    return made.getvalue()


ODD = [
    None, True, -1, 0, 1, 10**9, 10**13, 10**25, 1e308, float("nan"), float("inf"), "", "relu", "os", "\0", [], {},
    [[]], [None], [-1, 2], {"class_name": "Dense"}, {"class_name": "Dense", "config": {"units": 10**9}},
    {"$array": "theta"}, {"class_name": "Sequential", "config": {"layers": []}}, {"$number": "x"}, {"$array": 3},
]  # fmt: skip


def places(value: Any) -> Iterator[tuple[Any, Any]]:
    """(container, key) of everything in parsed JSON."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in list(inside):
        yield value, key
        yield from places(part)


def edited(draw: random.Random, value: Any) -> Any:
    """Parsed JSON with one or two values replaced, removed, or copied elsewhere."""
    for _ in range(draw.choice([1, 1, 2])):
        holder, key = draw.choice(list(places(value)) or [([0], 0)])
        source, name = draw.choice(list(places(value)) or [([0], 0)])
        what = draw.choice(["odd", "odd", "drop", "copy"])
        if what == "drop":
            del holder[key]
        else:
            holder[key] = draw.choice(ODD) if what == "odd" else json.loads(json.dumps(source[name]))
    return value


# The law ----------------------------------------------------------------------------------------------------------

_seen: list[str] = []
_watching = [False]


def _listen(event: str, _: object) -> None:
    if _watching[0] and event in RUNNING:
        _seen.append(event)


sys.addaudithook(_listen)


def obeys(path: Path, read: Opener) -> errors.PellucidError | None:
    """Read the file: it loads, or gives the library's error, which is returned; what else happens fails the test."""
    told = None
    tracemalloc.start()
    _seen.clear()
    _watching[0] = True
    try:
        read(path)
    except errors.PellucidError as problem:
        told = problem
    finally:
        _watching[0] = False
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert not _seen
    assert peak < MOST, f"{peak:,} bytes"
    return told


@pytest.mark.filterwarnings("ignore:overflow encountered|invalid value encountered")
@pytest.mark.parametrize("name", KINDS)
def test_a_damaged_file_loads_or_is_refused(tmp_path: Path, whole: dict[str, bytes], name: str):
    path, (_, read) = tmp_path / name, KINDS[name]
    path.write_bytes(whole[name])
    read(path)
    for i in range(BUDGET):
        path.write_bytes(damaged(random.Random(f"{name} {i}"), whole[name]))
        try:
            obeys(path, read)
        except BaseException as problem:
            problem.add_note(f"{name}, number {i}")
            raise


# HDF5 whose parts are whole, but not what is expected ---------------------------------------------------------------

KERNEL = "layers/dense/vars/0"


def replaced(make: Callable[[h5py.File], object]) -> Callable[[h5py.File], None]:
    """Put something else in the place of an array."""

    def change(file: h5py.File) -> None:
        del file[KERNEL]
        make(file)

    return change


def unfolding(file: h5py.File) -> None:
    """Sixty groups, each of which holds the next one twice: 2^60 paths."""
    group = file["layers"]
    for i in range(60):
        below = group.create_group(f"a{i}")
        group[f"b{i}"] = below
        group = below


def nested(file: h5py.File) -> None:
    group = file["layers"]
    for _ in range(400):
        group = group.create_group("g")


def data(**options: Any) -> Callable[[h5py.File], None]:
    return replaced(lambda file: file.create_dataset(KERNEL, **options))


OPAQUE = np.zeros((3, 4), "V8")
COMPOUND = np.zeros((3, 4), [("a", "f4"), ("b", "i8")])
HDF5: dict[str, Callable[[h5py.File], object]] = {
    "a named datatype": replaced(lambda file: file.__setitem__(KERNEL, np.dtype("f4"))),
    "a group": replaced(lambda file: file.create_group(KERNEL)),
    "a soft link": replaced(lambda file: file.__setitem__(KERNEL, h5py.SoftLink("/layers/dense/vars/1"))),
    "a link to nowhere": replaced(lambda file: file.__setitem__(KERNEL, h5py.SoftLink("/nowhere"))),
    "a link to a file": replaced(lambda file: file.__setitem__(KERNEL, h5py.ExternalLink("/etc/hostname", "x"))),
    "a second path": replaced(lambda file: file.__setitem__(KERNEL, file["layers/dense/vars/1"])),
    "a circle": lambda file: file.__setitem__("layers/dense/again", file["layers"]),
    "the root in itself": lambda file: file.__setitem__("layers/again", file["/"]),
    "paths without end": unfolding,
    "groups in groups": nested,
    "an array elsewhere": data(shape=(3, 4), dtype="f4", external=[("/etc/passwd", 0, 48)]),
    "a huge array": data(shape=(1 << 40,), dtype="f4", chunks=(1024,)),
    "an array beyond C": data(shape=(1 << 31, 1 << 31, 1 << 31), dtype="f8", chunks=(1, 1, 1)),
    "many large arrays": lambda file: [
        file.create_dataset(f"more/{i}", shape=(1 << 17,), dtype="f4", chunks=(1024,)) for i in range(300)
    ],
    "no values": data(data=h5py.Empty("f4")),
    "no rows": data(shape=(0, 4), dtype="f4"),
    "no axes": data(data=1.0),
    "references": data(shape=(3, 4), dtype=h5py.ref_dtype),
    "references to parts": data(shape=(3, 4), dtype=h5py.regionref_dtype),
    "texts": data(shape=(3, 4), dtype=h5py.string_dtype()),
    "texts of one length": data(data=np.full((3, 4), b"four")),
    "opaque": data(data=OPAQUE),
    "compound": data(data=COMPOUND),
    "lists": data(shape=(3, 4), dtype=h5py.vlen_dtype("f4")),
    "enumerated": data(shape=(3, 4), dtype=h5py.enum_dtype({"a": 1}, "i4")),
    "booleans": data(data=np.ones((3, 4), bool)),
    "complex": data(data=np.ones((3, 4), "c8")),
    "other bytes first": data(data=np.ones((3, 4), ">f8")),
    "half": data(data=np.ones((3, 4), "f2")),
    "long": data(data=np.ones((3, 4), "g")),
    "whole numbers": data(data=np.full((3, 4), -(1 << 63))),
    "beyond float32": data(data=np.full((3, 4), 1e300)),
    "names that are no numbers": lambda file: file.create_dataset("optimizer/vars/x", data=1.0),
    "a number too many": lambda file: file.create_dataset("optimizer/vars/99", data=1.0),
    "digits of another script": lambda file: file.create_dataset("optimizer/vars/²", data=1.0),
    "a strange number of steps": lambda file: (
        file.__delitem__("optimizer/vars/0"), file.create_dataset("optimizer/vars/0", data=np.nan)
    ),
    "names that are no text": lambda file: file[b"layers"].create_group(b"\xff\xfe"),
}  # fmt: skip
SOUND = {  # numbers of other kinds, which Keras takes too
    "enumerated", "booleans", "other bytes first", "half", "long", "whole numbers", "beyond float32",
}  # fmt: skip


@pytest.mark.filterwarnings("ignore:overflow encountered|invalid value encountered")
@pytest.mark.parametrize("fault", HDF5)
def test_a_weights_file_of_other_things_loads_or_is_refused(tmp_path: Path, whole: dict[str, bytes], fault: str):
    with zipfile.ZipFile(io.BytesIO(whole["m.keras"])) as old:
        members = {name: old.read(name) for name in old.namelist()}
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "a") as file:
        HDF5[fault](file)
    members["model.weights.h5"] = buffer.getvalue()
    (tmp_path / "m.weights.h5").write_bytes(buffer.getvalue())
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    told = obeys(tmp_path / "m.keras", load_model)
    obeys(tmp_path / "m.weights.h5", lambda path: model().load_weights(path))
    assert (told is None) == (fault in SOUND)
