"""NumPy's .npy format: one array, read only where its header does not claim more than there is.

Source: NumPy Enhancement Proposal 1. `np.load` asks the system for all that the header claims before it reads a value.
"""

from __future__ import annotations

import math
import os
import struct
from typing import IO

import numpy as np

from ..arrays import Array

LONGEST_HEADER = 1 << 16  # bytes; NumPy itself refuses more than 10,000 characters, once it has read them


def read_npy(file: IO[bytes], most: int) -> Array:
    """The array that an open file holds, which can have `most` bytes. Pickled objects are refused.

    Raises what NumPy raises, and ValueError where the header claims more; for use within `files.reading`.

    >>> import io
    >>> file = io.BytesIO()
    >>> np.save(file, np.arange(3))
    >>> _ = file.seek(0)
    >>> read_npy(file, 200)
    array([0, 1, 2])
    """
    header = np.lib.format
    version = header.read_magic(file)
    if version == (1, 0):
        shape, _, dtype = header.read_array_header_1_0(file)
    else:
        (length,) = struct.unpack("<I", file.read(4))
        if length > LONGEST_HEADER:
            raise ValueError(f"it claims to begin with a header of {length:,} bytes")
        file.seek(-4, os.SEEK_CUR)
        shape, _, dtype = header.read_array_header_2_0(file)  # version 3 has other letters in names of fields, no more
    if math.prod(shape) * max(dtype.itemsize, 1) > most or any(n < 0 for n in shape):
        raise ValueError(f"it claims to hold an array of the shape {shape}")
    file.seek(0)
    return np.lib.format.read_array(file, allow_pickle=False)
