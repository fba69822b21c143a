"""The process in which the doctor looks at one run, and ends: what a look needs of memory, data and a network, is gone
with it, and the server answers meanwhile.

    python -P -m pellucid.studio.examiner

The only message is {"type": "begin", "run": "runs/digits-1"}; where the input ends, nobody waits for the answer.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import IO, Any

from ..actions.doctor import doctor
from ..errors import PellucidError
from . import frames
from .child import begun
from .parts import told_problem


def examined(asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the doctor says of a run, without training copies; the seconds of a processor that this process took."""
    try:
        found = doctor(Path(asked["run"]), experiments=False)
    except (PellucidError, OSError, ValueError, MemoryError) as problem:  # being saved, deleted, or renamed
        return {"type": "problem", **told_problem(problem)}
    findings = [asdict(finding) for finding in found.findings]
    return {"type": "found", "findings": findings, "seconds": time.process_time()}


def listen(pipe: IO[bytes]) -> None:
    """Until nobody is there."""
    while frames.read(pipe) is not None:
        pass
    os._exit(0)


def main() -> None:
    """Look at the run that the first message names."""
    asked, told = begun()
    if asked is None:
        return
    threading.Thread(target=listen, args=(sys.stdin.buffer,), daemon=True).start()
    frames.write(told, frames.packed(examined(asked)))


if __name__ == "__main__":
    main()
    os._exit(0)  # the thread that listens may be within a read, which an ordinary end would wait for
