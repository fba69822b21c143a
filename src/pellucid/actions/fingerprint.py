"""What tells whether a run goes on with the data that it began with."""

from __future__ import annotations

import zlib
from pathlib import Path

from ..data import datasets
from ..data.pictures import pictures_in
from ..files import reading

PIECE = 1 << 20  # bytes that are read at a time


def fingerprint(data: str) -> str:
    """The checksum (CRC-32) of a file, or of a folder of pictures and their names; "" for a data set's name.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "a.csv")
    ...     _ = Path(path).write_text("x,y")
    ...     fingerprint(path), fingerprint("digits")
    ('2ba39ccf', '')
    """
    place = Path(data)
    if datasets.kind_of(data) or not data or not place.exists():
        return ""
    checksum = 0
    for path in pictures_in(place) if place.is_dir() else [place]:
        checksum = zlib.crc32(path.relative_to(place).as_posix().encode("utf-8", "surrogateescape"), checksum)
        with reading(f"reading {path}", "a file"), path.open("rb") as file:
            while piece := file.read(PIECE):
                checksum = zlib.crc32(piece, checksum)
    return f"{checksum:08x}"
