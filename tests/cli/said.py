"""What a command says, however slow the machine is."""

from __future__ import annotations

import re
import subprocess

BUSY = re.compile(r"Compiling the engine .*|.* s so far")


def without_delays(error: str) -> str:
    """What was said on the standard error, without the lines that say what it was busy with while that lasted."""
    return "".join(line for line in error.splitlines(True) if not BUSY.fullmatch(line.rstrip("\n")))


def settled(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """The same without those lines."""
    done.stderr = without_delays(done.stderr)
    return done
