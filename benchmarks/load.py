"""Training beside other programs: processes that only keep a core busy, one of them, then one for each core."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

from .processes import Failed, Process
from .rounds import Found, Plan, cores, started, turns
from .tasks import TASKS

LIBRARIES = ("pellucid", "pellucid_one", "torch_fused", "jax")
SPIN = """
import os, sys
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {int(sys.argv[1])})
while True:
    pass
"""
TURN = 1.2  # seconds of a turn beside them, and of what a library has before to get used to them


@contextlib.contextmanager
def busy(count: int) -> Iterator[None]:
    """Keep so many cores busy, each with a process that stays on it where the system lets one choose."""
    available = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else list(range(cores()))
    spinners = [subprocess.Popen([sys.executable, "-c", SPIN, str(core)]) for core in available[:count]]
    try:
        time.sleep(0.2)
        yield
    finally:
        for spinner in spinners:
            spinner.kill()
            spinner.wait()


def measured(plan: Plan, libraries: list[str]) -> dict[str, Any]:
    """{"title": ..., "loads": {busy cores: {library: what was found}}}"""
    task = TASKS["busy"]
    able = [name for name in LIBRARIES if name in libraries or (name == "pellucid_one" and "pellucid" in libraries)]
    plan.tell(task.title)
    crew = started(plan, able, [task.name])
    loads: dict[str, dict[str, Found]] = {}
    with contextlib.ExitStack() as stack:
        ready = {library: stack.enter_context(p) for library, p in crew.items() if isinstance(p, Process)}
        for count in sorted({0, 1, cores()}):
            plan.tell(f"    {count} cores busy")
            found = {
                library: {"not_measured": str(p)} if isinstance(p, Failed) else {"times": []}
                for library, p in crew.items()
            }
            with busy(count):
                turns(plan, task, ready, found, max(TURN if count else 0, plan.seconds))
            loads[str(count)] = found
    return {"title": task.title, "cores": cores(), "loads": loads}
