"""IDX, the file format of MNIST: two zero bytes, a dtype code, the number of axes, their sizes, then the values.

Sizes (uint32) and values are big-endian. Source: LeCun, Cortes & Burges, "The MNIST database", file formats.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import os
import struct
from pathlib import Path
from typing import IO, Any

import numpy as np

from ..arrays import Array
from ..errors import DataError, FileError, Told
from ..files import reading, write_whole

_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_CODES = {np.dtype(dtype).newbyteorder("=").name: code for code, dtype in _DTYPES.items()}
_MAX_AXES = 32
_MAX_RATIO = 1100  # deflate shrinks a byte run 1032 times at most: a header that claims more is a lie
_AGAIN = "Get the original file again."


def read_idx(path: str | os.PathLike[str]) -> Array:
    """The array in an IDX file, gzipped or not.

    Raises FileError if the file is missing, truncated, too long, or not of this format.
    """
    where = f"reading {path}"
    with reading(where, "a whole IDX file", _AGAIN), open(path, "rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
        size = raw.seek(0, os.SEEK_END)
        raw.seek(0)
        if not zipped:
            return _array(where, raw, size)
        with gzip.GzipFile(fileobj=raw) as file:
            return _array(where, file, size * _MAX_RATIO)


def _array(where: str, file: io.BufferedIOBase, most: int) -> Array:
    """The array that an open file holds; `most` is how many bytes the file can hold at all."""
    dtype, shape = _header(where, file)
    nbytes = math.prod(shape) * dtype.itemsize
    if nbytes > most:
        raise _wrong_length(where, shape, nbytes, f"at most {most}")
    content = np.empty(nbytes, np.uint8)
    filled = 0
    while filled < nbytes and (got := file.readinto(content[filled:].data)):
        filled += got
    if filled < nbytes:
        raise _wrong_length(where, shape, nbytes, str(filled))
    if file.read(1):  # at the end of a gzip file, this also checks its sum
        raise _wrong_length(where, shape, nbytes, "more")
    return content.view(dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)


def _header(where: str, file: io.BufferedIOBase) -> tuple[np.dtype[Any], tuple[int, ...]]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise FileError(
            where, "an IDX file, whose first two bytes are 00 00", Told(magic.hex(" ") or "an empty file"), _AGAIN
        )
    code, axes = magic[2], magic[3]
    if code not in _DTYPES:
        known = ", ".join(f"{c:02x}" for c in _DTYPES)
        raise FileError(where, f"an IDX dtype code, one of {known}", Told(f"{code:02x}"), _AGAIN)
    if not 1 <= axes <= _MAX_AXES:
        raise FileError(where, f"from 1 to {_MAX_AXES} axes", axes, _AGAIN)
    sizes = file.read(4 * axes)
    if len(sizes) < 4 * axes:
        raise FileError(where, f"{4 * axes} bytes with the sizes of {axes} axes", Told(f"{len(sizes)} bytes"), _AGAIN)
    shape = struct.unpack(f">{axes}I", sizes)
    if 0 in shape:
        raise FileError(where, "at least one value", Told(f"the shape {shape}"), _AGAIN)
    return np.dtype(_DTYPES[code]), shape


def _wrong_length(where: str, shape: tuple[int, ...], nbytes: int, got: str) -> FileError:
    return FileError(where, f"{nbytes} bytes of values for the shape {shape}", Told(f"{got} bytes"), _AGAIN)


def idx_header(x: Array) -> bytes:
    """The bytes that precede the values of x in an IDX file.

    >>> idx_header(np.zeros((2, 3), np.uint8)).hex(" ", 4)
    '00000802 00000002 00000003'
    """
    if x.dtype.name not in _CODES or not 1 <= x.ndim <= _MAX_AXES or x.size == 0:
        raise DataError(
            "an IDX file", f"at least one value of a dtype among {', '.join(_CODES)}",
            Told(f"an array of {x.dtype.name} with the shape {x.shape}"), "Convert it with astype.",
        )  # fmt: skip
    return bytes([0, 0, _CODES[x.dtype.name], x.ndim]) + struct.pack(f">{x.ndim}I", *x.shape)


def _values(x: Array) -> Array:
    return np.ascontiguousarray(x, dtype=x.dtype.newbyteorder(">"))


def idx_sum(x: Array) -> str:
    """The SHA-256 sum of the uncompressed IDX file that holds x, in hexadecimal."""
    digest = hashlib.sha256(idx_header(x))
    digest.update(_values(x).data)
    return digest.hexdigest()


def write_idx(path: str | os.PathLike[str], x: Array) -> Path:
    """Write x as an IDX file, whole or not at all; gzipped if the name ends in .gz."""
    x = np.asarray(x)
    content = idx_header(x) + _values(x).tobytes()
    if os.fspath(path).endswith(".gz"):
        content = gzip.compress(content, mtime=0)  # no clock in the file: the same array gives the same bytes

    def write(file: IO[bytes]) -> None:
        file.write(content)

    return write_whole(path, write)
