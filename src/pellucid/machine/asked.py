"""What variables ask of the engine, and how many threads it may start then. Loads nothing, so that the command line can
look before anything begins."""

from __future__ import annotations

import os

from ..errors import InvalidArgument

WIDTHS = (16, 8, 4)  # floats in a vector: AVX-512, AVX2, and NEON or SSE


def threads() -> int | None:
    """How many threads PELLUCID_THREADS allows; None where it is unset."""
    asked = os.environ.get("PELLUCID_THREADS", "").strip()
    if asked and not (asked.isdecimal() and int(asked)):
        fix = "Unset it to use all cores."
        raise InvalidArgument("the variable PELLUCID_THREADS", "a whole number from 1 on", asked, fix)
    return int(asked) if asked else None


def cores() -> int:
    """Cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not Linux
        return os.cpu_count() or 1


def most_threads() -> int:
    """One for each core, unless PELLUCID_THREADS allows fewer."""
    return min(cores(), threads() or cores())


def definition() -> bool:
    """Whether PELLUCID_ENGINE asks for plain NumPy in place of the engine."""
    asked = os.environ.get("PELLUCID_ENGINE", "").strip()
    if asked not in ("", "definition"):
        raise InvalidArgument("the variable PELLUCID_ENGINE", "'definition'", asked, "Unset it to use the engine.")
    return bool(asked)


def width() -> int:
    """How many floats in a vector PELLUCID_VECTOR allows."""
    asked = os.environ.get("PELLUCID_VECTOR", "").strip()
    if asked and asked not in map(str, WIDTHS):
        fix = "Unset it to use the widest vectors that the processor has."
        raise InvalidArgument("the variable PELLUCID_VECTOR", "4, 8 or 16", asked, fix)
    return int(asked or max(WIDTHS))
