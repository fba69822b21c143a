"""IDX files: what is written is read back, and no damaged file gets through."""

from __future__ import annotations

import gzip
import hashlib
import os
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from pellucid.data.idx import idx_sum, read_idx, write_idx
from pellucid.errors import DataError, FileError

IMAGES = np.arange(2 * 3 * 4, dtype=np.uint8).reshape(2, 3, 4)


def header(code: int, *sizes: int) -> bytes:
    return bytes([0, 0, code, len(sizes)]) + struct.pack(f">{len(sizes)}I", *sizes)


WHOLE = header(8, 2, 3, 4) + IMAGES.tobytes()


@pytest.mark.parametrize("name", ["x.idx", "x.idx.gz"])
@pytest.mark.parametrize("dtype", ["uint8", "int8", "int16", "int32", "float32", "float64"])
def test_what_is_written_is_read_back(tmp_path, name, dtype):
    x = (IMAGES.astype(dtype) - np.array(3).astype(dtype)).astype(dtype)
    path = write_idx(tmp_path / name, x)
    back = read_idx(path)
    assert back.dtype == x.dtype
    assert back.dtype.isnative
    np.testing.assert_array_equal(back, x)
    assert os.listdir(tmp_path) == [name]


def test_the_bytes_are_those_of_the_format(tmp_path):
    assert write_idx(tmp_path / "x", IMAGES).read_bytes() == WHOLE
    assert write_idx(tmp_path / "y", np.array([1, -2], np.int16)).read_bytes() == header(0x0B, 2) + b"\0\1\xff\xfe"
    assert idx_sum(IMAGES) == hashlib.sha256(WHOLE).hexdigest()
    assert idx_sum(IMAGES[:, ::-1][:, ::-1]) == hashlib.sha256(WHOLE).hexdigest()


def test_the_same_array_gives_the_same_gzip(tmp_path):
    one, two = (write_idx(tmp_path / name, IMAGES).read_bytes() for name in ("a.gz", "b.gz"))
    assert one == two


BROKEN = {
    "empty": (b"", "an empty file"),
    "two bytes": (WHOLE[:2], "00 00"),
    "a pickle": (b"\x80\x04\x95\x10" + bytes(20), "80 04 95 10"),
    "unknown dtype code": (header(0x0A, 3) + b"abc", "got 0a"),
    "no axes": (bytes([0, 0, 8, 0]), "from 1 to 32 axes"),
    "too many axes": (bytes([0, 0, 8, 200]) + bytes(800), "got 200"),
    "cut in the sizes": (WHOLE[:9], "5 bytes"),
    "cut in the values": (WHOLE[:-1], "23 bytes"),
    "one byte too long": (WHOLE + b"!", "more"),
    "a size of zero": (header(8, 0, 4), "(0, 4)"),
    "sizes that lie": (header(8, 2**32 - 1, 2**32 - 1, 2**32 - 1), "at most"),
}


@pytest.mark.parametrize("zipped", [False, True], ids=["raw", "gz"])
@pytest.mark.parametrize("case", BROKEN)
def test_a_broken_file_is_refused(tmp_path, case, zipped):
    content, told = BROKEN[case]
    path = tmp_path / "broken-file"
    path.write_bytes(gzip.compress(content) if zipped else content)
    with pytest.raises(FileError) as caught:
        read_idx(path)
    message = str(caught.value)
    assert "broken-file" in message
    assert "expected" in message
    assert told in message or told == "23 bytes"
    assert "Get the original file again." in message


@pytest.mark.parametrize("keep", [3, 9, 15, -9, -4, -1])
def test_a_truncated_gzip_is_refused(tmp_path, keep):
    path = tmp_path / "x.gz"
    path.write_bytes(gzip.compress(WHOLE)[:keep])
    with pytest.raises(FileError, match=r"x\.gz"):
        read_idx(path)


def test_a_gzip_with_a_wrong_sum_is_refused(tmp_path):
    content = bytearray(gzip.compress(WHOLE))
    content[-6] ^= 1
    path = tmp_path / "x.gz"
    path.write_bytes(content)
    with pytest.raises(FileError, match="damaged"):
        read_idx(path)


def test_a_missing_file_and_a_folder_are_file_errors(tmp_path):
    for path in (tmp_path / "none", tmp_path):
        with pytest.raises(FileError, match="readable file"):
            read_idx(path)


@pytest.mark.parametrize("x", [np.zeros(3, np.int64), np.array(["a"]), np.zeros((0, 2), np.uint8), np.uint8(3)])
def test_what_the_format_cannot_hold_is_not_written(tmp_path, x):
    with pytest.raises(DataError):
        write_idx(tmp_path / "x", x)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_is_not_there_is_made(tmp_path):
    np.testing.assert_array_equal(read_idx(write_idx(tmp_path / "none" / "x", IMAGES)), IMAGES)


@given(hnp.arrays(st.sampled_from(["u1", "i2", "i4", "f4", "f8"]), hnp.array_shapes(max_dims=4, max_side=5)))
def test_any_array_comes_back(tmp_path_factory, x):
    path = tmp_path_factory.mktemp("idx") / "x"
    np.testing.assert_array_equal(read_idx(write_idx(path, x)), x)


@given(st.integers(0, len(WHOLE) - 1), st.integers(0, 255), st.booleans())
def test_a_changed_byte_gives_an_array_or_a_file_error(tmp_path_factory, position, value, zipped):
    content = bytearray(gzip.compress(WHOLE, mtime=0) if zipped else WHOLE)
    content[position % len(content)] = value
    path = tmp_path_factory.mktemp("idx") / "x"
    path.write_bytes(content)
    try:
        x = read_idx(path)
    except FileError:
        return
    assert x.size > 0
