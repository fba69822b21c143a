"""A studio opened in a folder, and the browser that is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def installed() -> str | None:
    """The first of these browsers that is installed."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def serving(folder: Path, port: int = 0, alone: bool = True) -> Iterator[str]:
    """The link of a studio that works in this folder, on this port or one that is free. alone: on one thread each."""
    command = [sys.executable, "-m", "pellucid", "studio", "--no-browser", "--port", str(port)]
    threads = {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"} if alone else {}
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **threads}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _link(process)
        finally:
            process.terminate()
            process.wait(120)  # what it trains is saved


def _link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://\S+#token=\S+", line):
            return found[0]
    raise AssertionError("The studio ended without a link.")
