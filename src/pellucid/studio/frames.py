"""Messages as bytes: a header of JSON, and arrays as they lie in memory.

    uint32 n | n bytes of JSON, padded so that 4 + n is a multiple of 8 | the arrays, each padded to a multiple of 8

All little-endian. On a pipe, where nothing tells where one ends, a uint32 with its length comes before each.
"""

from __future__ import annotations

import json
import math
import struct
from collections.abc import Mapping
from typing import IO, Any

import numpy as np

from ..arrays import Array

LONGEST = 1 << 28  # bytes of a message on a pipe: more is none of ours
WORD = 8


def packed(header: Mapping[str, Any], arrays: Mapping[str, Array] | None = None) -> bytes:
    """A message.

    >>> message = packed({"type": "picture"}, {"w": np.array([1.5], "float32")})
    >>> header, arrays = unpacked(message)
    >>> len(message) % 8, header["type"], arrays["w"]
    (0, 'picture', array([1.5], dtype=float32))
    """
    described, pieces, offset = [], [], 0
    for name, array in (arrays or {}).items():
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("<"))
        described.append({"name": name, "dtype": array.dtype.name, "shape": list(array.shape), "offset": offset})
        pieces.append(array.tobytes() + bytes(-array.nbytes % WORD))
        offset += len(pieces[-1])
    told = text({**header, "arrays": described} if arrays is not None else header).encode()
    told += b" " * (-(4 + len(told)) % WORD)
    return b"".join([struct.pack("<I", len(told)), told, *pieces])


def text(message: Mapping[str, Any]) -> str:
    """A message without arrays, as JSON: at once, unless it has numbers that are not finite, or keys that are no words.

    >>> text({"loss": float("nan"), "rows": [(1, np.float32(0.5))]})
    '{"loss":null,"rows":[[1,0.5]]}'
    """
    try:
        return WRITER.encode(message)
    except (TypeError, ValueError):
        return WRITER.encode(plain(message))


def unpacked(message: bytes) -> tuple[dict[str, Any], dict[str, Array]]:
    """(header, arrays by name) of a message."""
    header, start = header_of(message)
    arrays = {}
    for told in header.get("arrays", ()):
        count, at = math.prod(told["shape"]), start + told["offset"]
        arrays[told["name"]] = np.frombuffer(message, told["dtype"], count, at).reshape(told["shape"])
    return header, arrays


def header_of(message: bytes) -> tuple[dict[str, Any], int]:
    """(header, where the arrays begin) of a message."""
    (length,) = struct.unpack_from("<I", message)
    return json.loads(message[4 : 4 + length]), 4 + length


def plain(value: Any) -> Any:
    """A value as JSON holds it: what is not finite is null, NumPy's numbers are Python's.

    >>> plain({"loss": float("nan"), "n": np.int64(3), "shape": (2,)})
    {'loss': None, 'n': 3, 'shape': [2]}
    """
    if isinstance(value, np.generic | np.ndarray):
        value = value.tolist()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    return value


def _plain(value: Any) -> Any:
    """What JSON has no word for."""
    if isinstance(value, np.generic | np.ndarray | Mapping):
        return plain(value)
    raise TypeError(type(value).__name__)


WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain)


def write(pipe: IO[bytes], message: bytes) -> None:
    """Write a message into a pipe."""
    pipe.write(struct.pack("<I", len(message)) + message)
    pipe.flush()


def read(pipe: IO[bytes]) -> bytes | None:
    """The next message from a pipe; None where it has ended, or holds what is none."""
    head = pipe.read(4)
    if len(head) < 4:
        return None
    (length,) = struct.unpack("<I", head)
    message = pipe.read(length) if length <= LONGEST else b""
    return message if len(message) == length else None
