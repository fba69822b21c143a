"""What a command says, however slow the machine is."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from laws.typed import typed

BUSY = re.compile(r"Compiling the engine .*|.* s so far")


def without_delays(error: str) -> str:
    """What was said on the standard error, without the lines that say what it was busy with while that lasted."""
    return "".join(line for line in error.splitlines(True) if not BUSY.fullmatch(line.rstrip("\n")))


def settled(done: subprocess.CompletedProcess[str], code: int = 0) -> subprocess.CompletedProcess[str]:
    """The same of a command that ended with this code, and without a traceback."""
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr
    done.stderr = without_delays(done.stderr)
    return done


def pellucid(*words: str, cwd: Path, code: int = 0, **environment: str) -> subprocess.CompletedProcess[str]:
    """As a user types it, on a terminal of 120 columns."""
    return settled(typed(words, cwd, {**os.environ, "COLUMNS": "120", **environment}), code)
