"""The command line: `pellucid`."""

from .app import main

__all__ = ["main"]
