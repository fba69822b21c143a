"""Tensors of the Open Inference Protocol: JSON or binary data to arrays, and back.

Source: https://github.com/open-inference-protocol, version 2, and its extension `binary_tensor_data`.
"""

from __future__ import annotations

import math
import struct
from typing import Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, Told, UnknownName
from ..web.jsons import plain

NUMBERS = {
    "BOOL": "?", "UINT8": "<u1", "UINT16": "<u2", "UINT32": "<u4", "UINT64": "<u8", "INT8": "<i1", "INT16": "<i2",
    "INT32": "<i4", "INT64": "<i8", "FP16": "<f2", "FP32": "<f4", "FP64": "<f8",
}  # fmt: skip
DATATYPES = (*NUMBERS, "BYTES")
MOST_AXES = 32
LENGTH = struct.Struct("<I")  # goes before each element of BYTES


def shape_of(where: str, shape: Any) -> tuple[int, ...]:
    """A shape as it was sent, checked."""
    fine = isinstance(shape, list) and all(type(n) is int and 0 <= n < 2**31 for n in shape)
    if not fine or not 1 <= len(shape) <= MOST_AXES:
        raise DataError(f"{where}, shape", "a list of sizes, the first one the number of rows", shape)
    return tuple(shape)


def datatype_of(where: str, name: Any) -> str:
    """The name of a datatype, checked."""
    if not isinstance(name, str) or name not in DATATYPES:
        raise UnknownName(f"{where}, datatype", str(name), DATATYPES)
    return name


def from_binary(where: str, datatype: str, shape: tuple[int, ...], data: bytes) -> Array:
    """The tensor that these bytes are, in row-major order and little-endian; of BYTES, texts in UTF-8."""
    if datatype == "BYTES":
        return _shaped(where, _texts(where, data, math.prod(shape)), shape)
    dtype = np.dtype(NUMBERS[datatype])
    expected = math.prod(shape) * dtype.itemsize
    if len(data) != expected:
        raise DataError(
            f"{where}, binary_data_size", f"{expected} bytes, for {datatype} of shape {[*shape]}", len(data)
        )
    if datatype == "BOOL":
        return np.asarray(np.frombuffer(data, np.uint8) != 0).reshape(shape)
    return np.frombuffer(data, dtype).reshape(shape)


def _texts(where: str, data: bytes, most: int) -> list[Any]:
    """The texts in elements of BYTES; no more of them are read than the shape has room for, and one."""
    found: list[Any] = []
    at = 0
    while at < len(data) and len(found) <= most:
        end = at + LENGTH.size
        end += LENGTH.unpack_from(data, at)[0] if end <= len(data) else 0
        if end > len(data):
            raise DataError(f"{where}, element {len(found)}", "its length, then as many bytes", Told("too few bytes"))
        try:
            found.append(data[at + LENGTH.size : end].decode("utf-8"))
        except UnicodeDecodeError:
            raise DataError(f"{where}, element {len(found)}", "a text in UTF-8", Told("other bytes")) from None
        at = end
    return found


def from_json(where: str, datatype: str, shape: tuple[int, ...], data: Any) -> Array:
    """The tensor that a list says, flat in row-major order or nested as the shape has it; null is a missing value."""
    if not isinstance(data, list):
        raise DataError(f"{where}, data", "a list", data)
    flat = data if not any(isinstance(value, list) for value in data) else _unnested(where, data, shape)
    for i, value in enumerate(flat):
        if not (value is None or _is_a(datatype, value)):
            raise DataError(f"{where}, element {i}", f"a value of {datatype}, or null", value)
    return _shaped(where, flat, shape)


def _is_a(datatype: str, value: Any) -> bool:
    if datatype == "BYTES":
        return isinstance(value, str)
    if datatype == "BOOL":
        return isinstance(value, bool)
    if isinstance(value, bool):
        return False
    if datatype.startswith("FP"):
        return isinstance(value, int | float)
    info = np.iinfo(NUMBERS[datatype])
    return isinstance(value, int) and bool(info.min <= value <= info.max)


def _unnested(where: str, data: list[Any], shape: tuple[int, ...]) -> list[Any]:
    level = [data]
    for axis, size in enumerate(shape):
        for one in level:
            if not isinstance(one, list) or len(one) != size:
                got = Told(f"one of {len(one)}") if isinstance(one, list) else one
                raise DataError(f"{where}, data", f"lists of {size} on axis {axis}, as its shape says", got)
        level = [inner for one in level for inner in one]
    if any(isinstance(value, list) for value in level):
        raise DataError(f"{where}, data", f"lists {len(shape)} deep, as its shape says", Told("deeper ones"))
    return level


def _shaped(where: str, flat: list[Any], shape: tuple[int, ...]) -> Array:
    if len(flat) != math.prod(shape):
        raise DataError(f"{where}, data", f"{math.prod(shape)} values, for the shape {[*shape]}", Told(f"{len(flat)}"))
    array: Array = np.empty(len(flat), object)
    array[:] = flat
    return array.reshape(shape)


def to_json(datatype: str, array: Array) -> list[Any]:
    """The values in row-major order; BYTES as texts."""
    flat = array.reshape(-1)
    return [str(value) for value in flat.tolist()] if datatype == "BYTES" else list(plain(flat))


def to_binary(datatype: str, array: Array) -> bytes:
    """The bytes of a tensor.

    >>> to_binary("BYTES", np.array(["no"], object)), to_binary("INT16", np.array([1, 2]))
    (b'\\x02\\x00\\x00\\x00no', b'\\x01\\x00\\x02\\x00')
    """
    if datatype != "BYTES":
        return array.astype(NUMBERS[datatype]).tobytes()
    texts = [str(value).encode("utf-8") for value in array.reshape(-1).tolist()]
    return b"".join(LENGTH.pack(len(text)) + text for text in texts)
