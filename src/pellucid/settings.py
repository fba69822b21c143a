"""Settings of the whole library: the dtype that parts compute in, and whether progress is shown, unless told otherwise.

What Keras lets one choose and is fixed here stands here too.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from . import checks

_within: ContextVar[str | None] = ContextVar("floatx", default=None)


class _Settings:
    floatx = "float32"
    interactive = True


def epsilon() -> float:
    """What logarithms and divisors are kept away from 0 by, where nothing else is said.

    >>> epsilon()
    1e-07
    """
    return 1e-7


def is_interactive_logging_enabled() -> bool:
    """Whether verbose="auto" shows progress on a terminal."""
    return _Settings.interactive


def enable_interactive_logging() -> None:
    """Show progress on a terminal where verbose is "auto"; so it is at the start."""
    _Settings.interactive = True


def disable_interactive_logging() -> None:
    """Be quiet where verbose is "auto"; Keras then writes to a log."""
    _Settings.interactive = False


def floatx() -> str:
    """The default dtype.

    >>> floatx()
    'float32'
    """
    return _within.get() or _Settings.floatx


@contextmanager
def within(dtype: str) -> Iterator[None]:
    """Within the block, parts compute in this dtype unless told otherwise."""
    token = _within.set(dtype)
    try:
        yield
    finally:
        _within.reset(token)


def set_floatx(value: str) -> None:
    """Compute in "float32" (the default) or "float64" from now on; parts already made keep theirs."""
    _Settings.floatx = checks.dtype("set_floatx", value)


def backend() -> str:
    """What arrays are computed with: always "numpy"."""
    return "numpy"


def image_data_format() -> str:
    """Where images have their colours: in the last axis, as in all data sets here."""
    return "channels_last"


def clear_session(free_memory: bool = True) -> None:
    """Nothing: there is no global state to clear. Names are counted within each model, and Python frees memory."""
