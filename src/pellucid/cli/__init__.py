"""The command line: `pellucid`."""

from __future__ import annotations

import sys

from . import ending

__all__ = ["main"]


def main(words: list[str] | None = None) -> None:
    """Run a command. Ctrl-C is answered in a line while the commands are still being loaded, too."""
    try:
        from .app import main as run
    except KeyboardInterrupt:
        ending.interrupted()
        sys.exit(ending.INTERRUPTED)
    run(words)
