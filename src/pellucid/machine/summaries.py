"""Many arrays summed up in one call of a kernel."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence

import numpy as np

from ..arrays import Array, aligned
from .executable import address, call_kernel
from .layout import BINS, SUMMARY, SUMMARY_WORDS

Asked = tuple[Array, tuple[float, float] | None, bool]  # an array, the ends of its activation, whether rows are samples


def summaries(asked: Sequence[Asked]) -> Array:
    """What `training.probing.summary` finds in each of these float32 arrays, none empty: (arrays, SUMMARY + BINS)."""
    table = np.zeros((len(asked), SUMMARY_WORDS), "int64")
    for words, (array, ends, units) in zip(table, asked, strict=True):
        rows = len(array) if units else 1
        low, high = ends or (math.nan, math.nan)
        bits = struct.unpack("<qq", struct.pack("<dd", low, high))
        words[:] = (address(array), rows, array.size // rows, units, *bits)
    found = np.full((len(asked), SUMMARY + BINS), math.nan)
    memory = aligned(max((int(width) for width in table[:, 2]), default=1), "float32")
    call_kernel("summary", address(table), len(asked), address(found), address(memory))
    for numbers, (_, ends, _) in zip(found, asked, strict=True):
        if ends is None:
            numbers[6] = math.nan
    return found
