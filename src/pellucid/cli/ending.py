"""What a command says when it ends before it is done."""

from __future__ import annotations

import sys
from pathlib import Path

INTERRUPTED = 130  # the shell's code for Ctrl-C
begun: list[Path] = []  # the folders of the runs that this command has begun


def error(text: str) -> None:
    """One line on standard error."""
    print(text, file=sys.stderr)


def interrupted() -> None:
    """Ctrl-C: what can be done with what there is."""
    on = f" Go on with: pellucid train --resume {begun[-1]}" if begun else ""
    error(f"Interrupted; all files are whole.{on}")
