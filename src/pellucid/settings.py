"""The dtype that parts compute in unless told otherwise: `pellucid.config.set_floatx`."""

from __future__ import annotations

from . import checks


class _Settings:
    floatx = "float32"


def floatx() -> str:
    """The default dtype.

    >>> floatx()
    'float32'
    """
    return _Settings.floatx


def set_floatx(value: str) -> None:
    """Compute in "float32" (the default) or "float64" from now on; parts already made keep theirs."""
    _Settings.floatx = checks.dtype("set_floatx", value)
