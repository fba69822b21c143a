"""A studio opened in a folder, and the browser that is installed."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from laws.typed import FORKS, SECONDS, staying

OPENED = ["studio", "--no-browser"]
LOADS = ("pellucid.studio.app", "pellucid.studio.answers", "pellucid.web.listening", "uvicorn")
ALONE = {"NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}  # on one thread each
LINK = re.compile(r"http://\S+#token=\S+")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")


def installed() -> str | None:
    """The first of these browsers that is installed."""
    return next(filter(None, map(shutil.which, BROWSERS)), None)


@contextmanager
def serving(folder: Path, port: int = 0, alone: bool = True) -> Iterator[str]:
    """The link of a studio that works in this folder, on this port or one that is free. alone: on one thread each."""
    command = [sys.executable, "-m", "pellucid", *OPENED, "--port", str(port)]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", **(ALONE if alone else {})}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = next(filter(None, map(LINK.search, process.stdout)), None)
            assert found is not None, "The studio ended without a link."
            yield found[0]
        finally:
            process.terminate()
            process.wait(120)  # what it trains is saved


@contextmanager
def serving_soon(folder: Path) -> Iterator[str]:
    """The same, forked from a process that has loaded what it needs, which takes longest."""
    if not FORKS:
        with serving(folder) as link:
            yield link
        return
    with staying([*OPENED, "--port", "0"], folder, {**os.environ, **ALONE}, LOADS) as printed:
        until = time.monotonic() + SECONDS
        while not (found := LINK.search(printed())):
            assert time.monotonic() < until, "The studio has told no link."
            time.sleep(0.02)
        yield found[0]
