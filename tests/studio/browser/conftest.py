"""A studio of its own for each test, and a browser for all: Chromium as the system has it, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.browser.hands import Hands

if TYPE_CHECKING:
    from playwright.sync_api import Browser

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
PATIENCE = 60_000  # milliseconds, on a machine that is busy


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
    program = next(filter(None, map(shutil.which, BROWSERS)), None)
    if program is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@contextmanager
def serving(folder: Path) -> Iterator[str]:
    """The link of a studio that works in this folder."""
    command = [sys.executable, "-m", "pellucid", "studio", "--no-browser", "--port", "0"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NUMBA_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    with subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield _link(process)
        finally:
            process.terminate()
            process.wait(30)


def _link(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://\S+#token=\S+", line):
            return found[0]
    raise AssertionError("The studio ended without a link.")


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path) as link:
        yield link


@pytest.fixture
def hands(browser: Browser, link: str) -> Iterator[Hands]:
    """Someone in front of the page, who knows their way: no guide in the way, and no error passes unseen."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light", accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    hands = Hands(context, link)
    yield hands
    context.close()
    assert hands.troubles == []
