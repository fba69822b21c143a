"""What a command says, however slow the machine is."""

from __future__ import annotations

import re
import subprocess


def settled(done: subprocess.CompletedProcess[str]) -> subprocess.CompletedProcess[str]:
    """The same without the lines that say what it was busy with while that lasted."""
    busy = re.compile(r"Compiling the engine .*|.* s so far")
    done.stderr = "".join(line for line in done.stderr.splitlines(True) if not busy.fullmatch(line.rstrip("\n")))
    return done
