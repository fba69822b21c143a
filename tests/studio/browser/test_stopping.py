"""A studio that is ended in the midst of everything leaves no process behind."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.browser.hands import PATIENCE, Hands
from studio.browser.opening import serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.long


def at_work_in(folder: Path) -> list[str]:
    """The commands of all processes that work in this folder."""
    found = []
    for one in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if int(one.name) and (one / "cwd").resolve() == folder:
                found.append((one / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.skipif(not Path("/proc/self/cwd").exists(), reason="needs /proc, to see which processes there are")
def test_while_it_trains_searches_and_serves(browser: Browser, tmp_path: Path) -> None:
    pytest.importorskip("optuna", reason="a search needs Optuna")
    with serving(tmp_path) as link:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        context.set_default_timeout(PATIENCE)
        hands = Hands(context, link)
        hands.skip_guide()
        hands.choose("Moons")
        hands.go("Network")
        hands.set("Rounds (epochs)", "2")
        train = hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train")
        train.click()
        hands.state("done", "moons-1")
        hands.go("Runs")
        hands.page.get_by_role("article", name="moons-1").get_by_role("button", name="Take out").click()
        hands.press("Serve it")
        hands.page.get_by_role("link", name="http://127.0.0.1").wait_for()
        hands.press("Close")
        hands.go("Network")
        hands.set("Rounds (epochs)", "100000")
        train.click()
        hands.state("running", "moons-2")
        hands.page.get_by_label("How fast").select_option("200 steps a second")  # else it ends meanwhile
        hands.go("Network")
        hands.press("Search for better settings")
        hands.press("Number of tries")
        hands.page.get_by_role("spinbutton", name="Number of tries").fill("5000")
        hands.press("Search")
        hands.page.locator('[aria-label="Search"][data-state="searching"]').wait_for()
        working = " ".join(at_work_in(tmp_path))
        assert all(word in working for word in ("pellucid studio", "studio.trainer", "studio.tuner")), working
        assert hands.troubles == []
        context.close()
    until = time.monotonic() + PATIENCE / 1000
    while at_work_in(tmp_path) and time.monotonic() < until:
        time.sleep(0.1)
    assert at_work_in(tmp_path) == []
    assert (tmp_path / "runs" / "moons-2" / "checkpoint.npz").exists()
