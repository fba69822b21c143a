"""The file itself, which the package safetensors writes and takes apart; what lies in it is checked here."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ...__about__ import version
from ...arrays import Array
from ...errors import FileError, MissingExtra, ShapeError, Told
from ...files import reading, write_whole
from .names import Place, layout

WHOLE = "a whole safetensors file"
KINDS = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "BF16": "<u2"}  # bfloat16 is the upper half of float32
COUNTERS = "num_batches_tracked"  # PyTorch counts batches, which nothing here needs
OTHER = "It is the file of another network; models.from_torch reads a module whatever its layers are called."


def package(where: str) -> Any:
    """The package safetensors."""
    try:
        import safetensors
        import safetensors.numpy
    except ImportError as problem:
        raise MissingExtra(where, "safetensors", "safetensors") from problem
    return safetensors


def write(model: Any, path: Path) -> Path:
    """Write the parameters of a model, whole or not at all."""
    content = file_of(model)
    return write_whole(path, lambda file: file.write(content))


def file_of(model: Any) -> bytes:
    """The parameters of a model as a file, whose metadata say which is which: {"pellucid": "<JSON>"}."""
    made, places = package("save_weights"), layout(model)
    told = {name: {"path": place.path, "transposed": place.transposed} for name, place in places.items()}
    about = json.dumps({"version": version, "model": model.name, "parameters": told}, ensure_ascii=False)
    arrays = {name: np.array(place.value, order="C") for name, place in places.items()}
    content: bytes = made.numpy.save(arrays, {"pellucid": about})  # of several keys, the order would change
    return content


def read(model: Any, path: Path) -> list[tuple[Place, Array]]:
    """Each parameter of a model, and its array in a file of the same network; nothing is changed.

    The arrays go by their names; where the file's modules are numbered throughout ("0.weight", "2.weight", as those of
    a torch.nn.Sequential), they go in that order.
    """
    where, wanted = f"loading {path}", layout(model)
    found = opened(path, where)
    if not wanted.keys() & found.keys():
        found = _renamed(found, wanted)
    for name in wanted:
        if name not in found:
            told = Told(", ".join(sorted(found)[:6]) + ", ..." * (len(found) > 6) or "an empty file")
            raise FileError(where, f"an array {name!r}", told, OTHER)
    if more := sorted(found.keys() - wanted.keys()):
        raise FileError(where, f"the {len(wanted)} arrays of model {model.name!r}", Told(f"{more[0]!r}, too"), OTHER)
    for name, place in wanted.items():
        if found[name].shape != place.value.shape:
            raise ShapeError(f"{where}, array {name!r}", f"shape {place.value.shape}", found[name].shape)
    whole: dict[str, tuple[Place, Array]] = {}
    for name, place in wanted.items():
        before = whole.get(place.path)
        array = place.ours(found[name])
        whole[place.path] = (place, array) if before is None else (before[0], before[1] + array)
    return list(whole.values())


def opened(path: Path, where: str) -> dict[str, Array]:
    """The arrays of numbers in a file, those of half precision in single. The package has checked that each lies
    within the file, is as long as its shape says, and shares no byte with another."""
    made = package(where)
    with reading(where, WHOLE):
        parts = made.deserialize(path.read_bytes())
    found = {}
    for name, part in parts:
        if name.rpartition(".")[2] == COUNTERS:
            continue
        if part["dtype"] not in KINDS:
            raise FileError(f"{where}, array {name!r}", f"numbers of {', '.join(KINDS)}", part["dtype"])
        array = np.frombuffer(part["data"], KINDS[part["dtype"]]).reshape(part["shape"])
        if part["dtype"] == "BF16":
            array = (array.astype("<u4") << np.uint32(16)).view("<f4")
        found[name] = array.astype("float32") if array.dtype.itemsize == 2 else array
    return found


def _renamed(found: Mapping[str, Array], wanted: Iterable[str]) -> dict[str, Array]:
    """The arrays with the names of these modules, where the file's own are numbered throughout, in that order."""
    modules, mine = ({name.rpartition(".")[0]: None for name in names} for names in (found, wanted))
    if len({re.sub(r"\d+", "#", module) for module in modules}) != 1 or len(modules) != len(mine):
        return dict(found)
    ordered = sorted(modules, key=lambda module: [int(number) for number in re.findall(r"\d+", module)])
    renamed = dict(zip(ordered, mine, strict=True))
    parts = ((*name.rpartition("."), array) for name, array in found.items())
    return {f"{renamed[module]}.{own}": array for module, _, own, array in parts}
