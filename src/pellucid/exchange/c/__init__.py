"""A network as one file of C."""

from .file import to_c

__all__ = ["to_c"]
