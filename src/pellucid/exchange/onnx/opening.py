"""An ONNX file opened: parsed, with all its arrays, and checked. Nothing in it is executed, or believed unseen."""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ... import checks
from ...arrays import Array
from ...errors import FileError, Told
from ...files import reading
from .network import NEWEST, package

OLDEST_READ = 13  # since when operators mean what they mean today: Softmax along one axis, axes as inputs
MOST_NODES = 10_000  # of a graph; the deepest networks of layers that are here have hundreds
WHOLE = "a whole ONNX file"
HALVES = ("float16", "bfloat16")  # kept as such in files, computed in float32 here


def opened(path: str | os.PathLike[str]) -> tuple[Any, dict[str, Array], str]:
    """(the model, its arrays by name, what errors about it begin with)."""
    onnx = package("from_onnx")
    path = Path(checks.path("from_onnx, argument path", path))
    where = f"loading {path}"
    with reading(where, WHOLE):
        content = path.read_bytes()
        proto = onnx.load_model_from_string(content)
        if not proto.graph.node and not proto.graph.output:
            raise FileError(where, WHOLE, Told("a file without a graph"))
        if len(proto.graph.node) > MOST_NODES:
            raise FileError(where, f"{MOST_NODES:,} nodes at most", Told(f"{len(proto.graph.node):,}"))
        _check_version(proto, where)
        _bring_in(onnx, proto.graph, path.parent, where)
        onnx.checker.check_model(proto)
        arrays = {tensor.name: array_of(onnx, tensor, where) for tensor in proto.graph.initializer}
    return proto, arrays, where


def _check_version(proto: Any, where: str) -> None:
    version = max((o.version for o in proto.opset_import if o.domain in ("", "ai.onnx")), default=0)
    if not OLDEST_READ <= version <= NEWEST:
        raise FileError(
            where, f"a set of operators from {OLDEST_READ} to {NEWEST}", Told(f"{version}"),
            f"Write it with opset_version={OLDEST_READ} or later, or use onnx.version_converter.",
        )  # fmt: skip
    if proto.graph.sparse_initializer:
        raise FileError(where, "dense arrays", Told("sparse ones"))


def array_of(onnx: Any, tensor: Any, where: str) -> Array:
    """The array of a tensor that holds its own numbers, as many as its shape says; halves in single precision."""
    if tensor.data_location == onnx.TensorProto.EXTERNAL:
        raise FileError(f"{where}, array {tensor.name!r}", "an array in the file itself", Told("one kept elsewhere"))
    array: Array = np.asarray(onnx.numpy_helper.to_array(tensor))
    if array.dtype.kind not in "biufOU" and array.dtype.name not in HALVES:
        raise FileError(f"{where}, array {tensor.name!r}", "an array of numbers", Told(array.dtype.name))
    return array.astype(np.float32) if array.dtype.name in HALVES else array


# Arrays kept beside the model ------------------------------------------------------------------------------------


def _bring_in(onnx: Any, graph: Any, folder: Path, where: str) -> None:
    """Read what other files in the model's own folder hold of its arrays; no other place is looked at."""
    files: dict[str, bytes] = {}
    for tensor in graph.initializer:
        if tensor.data_location == onnx.TensorProto.EXTERNAL:
            about = {entry.key: entry.value for entry in tensor.external_data}
            tensor.raw_data = _part(onnx, tensor, about, folder, files, f"{where}, array {tensor.name!r}")
            tensor.data_location = onnx.TensorProto.DEFAULT
            tensor.ClearField("external_data")


def _part(onnx: Any, tensor: Any, about: Mapping[str, str], folder: Path, files: dict[str, bytes], where: str) -> bytes:
    """The bytes of one array: from a file of this folder, all of them within it, as many as the shape says."""
    name = about.get("location", "")
    path = folder / name
    if not name or name in (".", "..") or set(name) & set("/\\:\0") or path.is_symlink() or not path.is_file():
        raise FileError(where, "a file beside the model", Told(repr(name)), "Put it there, or save all in one file.")
    if name not in files:
        files[name] = path.read_bytes()
    size = onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize * math.prod(tensor.dims)
    start = int(about.get("offset", 0))
    length = int(about.get("length", size))
    if any(n < 0 for n in tensor.dims) or length != size or start < 0 or start + length > len(files[name]):
        raise FileError(where, f"{size:,} bytes within {name!r}", Told(f"{length:,} bytes from byte {start:,} on"))
    return files[name][start : start + length]
