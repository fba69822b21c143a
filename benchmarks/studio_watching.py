"""A page as somebody has it before them, and what each process has cost.

A browser that is driven tells its driver of every message that comes, which costs it more than to show them. So the one
that is measured is let go of before the training, counts for itself, and is asked at the end.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import BrowserContext, Playwright

from studio.browser.opening import installed

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
CALM, PATIENCE = 0.05, 60.0  # a processor's share below which a process rests, and seconds that this may take
WINDOW = "1440,900"

# Counts what comes down the page's sockets, by kind; and when the first and the last piece of the curve did.
COUNTING = """
window.seen = {counts: {}, first: 0, last: 0};
window.WebSocket = class extends WebSocket {
  constructor(...words) {
    super(...words);
    this.addEventListener("message", ({ data }) => {
      const text = typeof data === "string";
      const length = text ? 0 : new DataView(data).getUint32(0, true);
      const told = JSON.parse(text ? data : new TextDecoder().decode(new Uint8Array(data, 4, length)));
      const kind = text ? told.type : told.topic;
      seen.counts[kind] = (seen.counts[kind] ?? 0) + 1;
      if (kind === "curve") [seen.first, seen.last] = [seen.first || performance.now(), performance.now()];
    });
  }
};
"""


class Alone:
    """A browser that runs by itself, and is talked to now and then."""

    def __init__(self, playwright: Playwright, process: subprocess.Popen[bytes], address: str) -> None:
        self._playwright, self.process, self._address = playwright, process, address

    @contextmanager
    def held(self) -> Iterator[BrowserContext]:
        """Driven, within the block."""
        browser = self._playwright.chromium.connect_over_cdp(self._address)
        try:
            yield browser.contexts[0]
        finally:
            browser.close()  # lets go of it; it runs on

    def rates(self, base: str, kinds: tuple[str, ...]) -> dict[str, float]:
        """Messages of these kinds that have come to the page at this address, in a second."""
        with self.held() as context:
            page = next(page for page in context.pages if page.url.startswith(base))
            seen = page.evaluate("seen")
        seconds = (seen["last"] - seen["first"]) / 1000
        return {kind: seen["counts"].get(kind, 0) / max(seconds, 1e-9) for kind in kinds}


@contextmanager
def alone(playwright: Playwright) -> Iterator[Alone]:
    """A Chromium of its own, with a profile that nobody has used."""
    program = installed()
    assert program is not None
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        words = ["--headless=new", "--no-sandbox", "--no-first-run", f"--window-size={WINDOW}"]
        told = ["--remote-debugging-port=0", f"--user-data-dir={profile}", "about:blank"]
        process = subprocess.Popen([program, *words, *told], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            yield Alone(playwright, process, f"http://127.0.0.1:{_port(Path(profile) / 'DevToolsActivePort')}")
        finally:
            process.terminate()
            process.wait()


def _port(file: Path) -> str:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if file.exists() and (lines := file.read_text("utf-8").split()):
            return lines[0]
        time.sleep(0.05)
    raise RuntimeError("the browser does not say where it can be talked to")


# What it costs -------------------------------------------------------------------------------------------------------


def used(process: int) -> tuple[float, float]:
    """Seconds of a processor: a process's own, and those of its children that have ended."""
    try:
        told = Path(f"/proc/{process}/stat").read_text("utf-8").rpartition(")")[2].split()
    except OSError:  # it has ended
        return 0.0, 0.0
    own, system, children, their_system = (int(ticks) / TICK for ticks in told[11:15])
    return own + system, children + their_system


def used_by_tree(process: int) -> float:
    """Seconds of a processor of a process and of all that came of it."""
    rows, found, seconds = processes(), [process], 0.0
    for one in found:
        found += [pid for pid, parent, _ in rows if parent == one]
        seconds += sum(used(one))
    return seconds


def processes() -> list[tuple[int, int, str]]:
    """All that run: each with what has started it, and its command."""
    told = subprocess.run(["ps", "-eo", "pid,ppid,args"], check=True, capture_output=True, text=True).stdout
    rows = [line.split(None, 2) for line in told.splitlines()[1:]]
    return [(int(pid), int(parent), words) for pid, parent, words in rows]


def until_one_has_ended(process: int, before: float) -> float:
    """Wait until a child of it has ended that goes on or has just ended; the seconds of a processor that it took.
    before: what its children had taken that have ended earlier."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if (now := used(process)[1]) > before:
            return now - before
        time.sleep(0.01)
    raise RuntimeError("the process that trains does not end")


def until_calm(process: int) -> float:
    """Wait until a process rests and has no children: the doctor looks at a run once more when that has ended. The
    seconds of a processor of all its children."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        before = used(process)[0]
        time.sleep(1.0)
        if used(process)[0] - before < CALM and all(parent != process for _, parent, _ in processes()):
            break
    return used(process)[1]
