"""Version 2 of the Open Inference Protocol: a request with tensors in, a response with tensors out.

Source: https://github.com/open-inference-protocol, and its extension `binary_tensor_data`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told, UnknownName, nearest
from ..tables.table import Table
from ..web.jsons import parsed, written
from ..web.refused import Refused
from .rows import SOURCE, within
from .served import LABEL, PROBABILITIES, Field, Served
from .tensors import datatype_of, from_binary, from_json, shape_of, to_binary, to_json

BINARY = "application/octet-stream"
HEADER = "Inference-Header-Content-Length"
SIZE = "binary_data_size"


class Inferred(NamedTuple):
    """A response's body; header: the length of its JSON where binary data follow, else None."""

    body: bytes
    header: int | None
    rows: int


class _Output(NamedTuple):
    field: Field
    binary: bool


def metadata(served: Served, versions: list[str]) -> dict[str, Any]:
    """What the protocol tells of a model."""
    return {
        "name": served.name,
        "versions": versions,
        "platform": "pellucid",
        "inputs": [_described(field) for field in served.inputs],
        "outputs": [
            {**_described(field), "parameters": {"classes": [str(name) for name in served.trained.classes]}}
            if field.name == PROBABILITIES
            else _described(field)
            for field in served.outputs
        ],
    }


def _described(field: Field) -> dict[str, Any]:
    shape = [-1 if n is None else n for n in (None, *field.shape)]
    return {"name": field.name, "datatype": field.datatype, "shape": shape}


def inferred(served: Served, body: bytes, header: str | None, most: int) -> Inferred:
    """The response to a request's body; `header` is the length of its JSON, where binary data follow it."""
    said, binary = _parts(body, header)
    if not isinstance(said, dict):
        raise DataError(SOURCE, "an object with the key 'inputs'", said)
    wanted = _wanted(served, said)
    tensors = _tensors(said.get("inputs"), binary)
    _named(tensors, served)
    xs = _encoded(served, tensors, most)
    outputs: dict[str, Array] = served.predict(xs)
    if served.trained.classes:
        outputs[LABEL] = np.array([str(label) for label in served.labels(outputs[PROBABILITIES])], object)
    return _response(served, said, wanted, outputs, len(xs[0]))


def _parts(body: bytes, header: str | None) -> tuple[Any, bytes]:
    """(what the JSON says, the binary data after it)."""
    if header is None:
        return parsed(body), b""
    where = f"request, header {HEADER}"
    if not (header.isascii() and header.isdigit() and len(header) < 12 and int(header) <= len(body)):
        raise Refused(400, where, f"a number of bytes up to {len(body)}, the length of the body", header[:60])
    n = int(header)
    return parsed(body[:n]), body[n:]


def _parameters(where: str, holder: dict[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    """Parameters of which all are known: what is not understood is not passed over."""
    found = holder.get("parameters", {})
    if not isinstance(found, dict):
        raise DataError(f"{where}, parameters", "an object", found)
    for name in found:
        if name not in known:
            raise UnknownName(f"{where}, parameters", name, known)
    for name, value in found.items():
        if name != SIZE and not isinstance(value, bool):
            raise DataError(f"{where}, parameter {name}", "true or false", value)
    return found


def _tensors(inputs: Any, binary: bytes) -> dict[str, Array]:
    """The arrays that were sent, by name; binary data follow one another in the inputs' order."""
    if not isinstance(inputs, list) or not inputs:
        raise DataError(f"{SOURCE}, inputs", "a list of tensors", inputs)
    found: dict[str, Array] = {}
    at = 0
    for i, one in enumerate(inputs):
        if not isinstance(one, dict) or not isinstance(one.get("name"), str):
            raise DataError(f"{SOURCE}, inputs, entry {i}", "an object with the name of a tensor", one)
        where = f"{SOURCE}, input {one['name'][:60]!r}"
        if one["name"] in found:
            raise DataError(where, "one tensor of each name", Told("two"))
        datatype = datatype_of(where, one.get("datatype"))
        shape = shape_of(where, one.get("shape"))
        size = _parameters(where, one, (SIZE,)).get(SIZE)
        if size is None:
            found[one["name"]] = from_json(where, datatype, shape, one.get("data"))
            continue
        if "data" in one or type(size) is not int or not 0 <= size <= len(binary) - at:
            told = Told("data as well") if "data" in one else size
            raise DataError(
                f"{where}, {SIZE}", f"at most the {len(binary) - at} bytes that are left, and no data", told
            )
        found[one["name"]] = from_binary(where, datatype, shape, binary[at : at + size])
        at += size
    if at != len(binary):
        raise DataError(f"{SOURCE}, binary data", f"{at} bytes, as the inputs say", len(binary))
    return found


def _named(tensors: dict[str, Array], served: Served) -> None:
    """Whether they are the inputs of the model."""
    names = [field.name for field in served.inputs]
    for name in tensors:
        if name not in names:
            raise UnknownName(f"{SOURCE}, inputs", name[:60], names)
    lacking = next((name for name in names if name not in tensors), None)
    if lacking is not None:
        near = nearest(lacking, tensors)
        raise DataError(f"{SOURCE}, inputs", f"an input {lacking!r}", Told("none"), f"Is it {near!r}?" if near else "")


def _encoded(served: Served, tensors: dict[str, Array], most: int) -> list[Array]:
    for tensor in tensors.values():
        within(len(tensor), most)
    table = served.trained.table
    if table is None:
        return served.checked([_numbers(field, tensors[field.name]) for field in served.inputs])
    columns = {}
    for name, tensor in tensors.items():
        if tensor.shape not in ((len(tensor),), (len(tensor), 1)):
            raise DataError(f"{SOURCE}, input {name!r}", "one value for each row", Told(f"shape {[*tensor.shape]}"))
        flat = tensor.reshape(-1)
        columns[name] = flat.tolist() if flat.dtype.kind == "O" else flat
    return [table.encoder.transform(Table.of(columns, SOURCE))]


def _numbers(field: Field, tensor: Array) -> Array:
    """A tensor of JSON numbers as an array of them."""
    if tensor.dtype.kind != "O":
        return tensor
    values = tensor.tolist()
    if tensor.size and all(type(value) is int for value in tensor.reshape(-1).tolist()):
        array = np.asarray(values)
        return array if array.dtype.kind in "iu" else tensor
    return tensor


def _wanted(served: Served, said: dict[str, Any]) -> list[_Output]:
    """The outputs that were asked for, and how; all of them where nothing is said."""
    default = bool(_parameters(SOURCE, said, ("binary_data_output",)).get("binary_data_output", False))
    fields = {field.name: field for field in served.outputs}
    asked = said.get("outputs", [])
    if not isinstance(asked, list) or not all(isinstance(one, dict) for one in asked):
        raise DataError(f"{SOURCE}, outputs", "a list of objects with the name of an output", asked)
    found: dict[str, _Output] = {}
    for one in asked:
        name = one.get("name")
        if not isinstance(name, str) or name not in fields:
            raise UnknownName(f"{SOURCE}, outputs", str(name)[:60], fields)
        where = f"{SOURCE}, output {name!r}"
        if name in found:
            raise DataError(where, "each output once", Told("twice"))
        binary = _parameters(where, one, ("binary_data",)).get("binary_data", default)
        found[name] = _Output(fields[name], binary)
    return list(found.values()) or [_Output(field, default) for field in fields.values()]


def _response(
    served: Served, said: dict[str, Any], wanted: list[_Output], outputs: dict[str, Array], rows: int
) -> Inferred:
    described, blobs = [], []
    for field, binary in wanted:
        array = outputs[field.name]
        about: dict[str, Any] = {"name": field.name, "datatype": field.datatype, "shape": [*array.shape]}
        if binary:
            blobs.append(to_binary(field.datatype, array))
            about["parameters"] = {SIZE: len(blobs[-1])}
        else:
            about["data"] = to_json(field.datatype, array)
        described.append(about)
    answer: dict[str, Any] = {"model_name": served.name, "model_version": served.version, "outputs": described}
    if "id" in said:
        if not isinstance(said["id"], str):
            raise DataError(f"{SOURCE}, id", "a text", said["id"])
        answer["id"] = said["id"]
    head = written(answer)
    return Inferred(head + b"".join(blobs), len(head) if blobs else None, rows)
