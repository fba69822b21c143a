"""What a process that trains or searches does first, whoever started it being at the other end of its pipes."""

from __future__ import annotations

import os
import sys
import warnings
from typing import IO, Any

from . import frames


def begun() -> tuple[dict[str, Any] | None, IO[bytes]]:
    """(the first message on the standard input, None where nobody is there; where to answer). From then on what
    anything here prints goes to the standard error, as it is no message."""
    told = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    warnings.simplefilter("ignore")
    first = frames.read(sys.stdin.buffer)
    return None if first is None else frames.header_of(first)[0], told
