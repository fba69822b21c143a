"""Firefox as the system has it, driven by WebDriver BiDi, which it speaks itself: nothing else need be installed."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

PROGRAMS = ("firefox", "firefox-esr")
PATIENCE = 120.0  # seconds
STARTED = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


class Firefox:
    """One tab of it. troubles: what was written to its console as an error."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket, self.number = socket, 0
        self.troubles: list[str] = []
        self.call("session.new", capabilities={})
        self.call("session.subscribe", events=["log.entryAdded"])
        self.tab = self.call("browsingContext.getTree")["contexts"][0]["context"]
        self.call("browsingContext.setViewport", context=self.tab, viewport={"width": 1440, "height": 900})

    def call(self, method: str, **params: Any) -> Any:
        """Ask, and wait for the answer; what is told meanwhile is listened to."""
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": params}))
        while True:
            told = json.loads(self.socket.recv(PATIENCE))
            if told.get("id") == self.number:
                assert told["type"] == "success", told
                return told["result"]
            if told.get("method") == "log.entryAdded" and told["params"]["level"] == "error":
                self.troubles.append(str(told["params"].get("text")))

    def open(self, address: str) -> None:
        self.call("browsingContext.navigate", context=self.tab, url=address, wait="complete")

    def run(self, script: str) -> Any:
        """The value of an expression of JavaScript."""
        told = self.call("script.evaluate", expression=script, target={"context": self.tab}, awaitPromise=True)
        assert told["type"] == "success", told
        return told["result"].get("value")

    def until(self, script: str) -> Any:
        """Wait until it is true of the page."""
        end = time.monotonic() + PATIENCE
        while not (found := self.run(script)):
            assert time.monotonic() < end, script
            time.sleep(0.1)
        return found

    def press(self, name: str) -> None:
        """The button of this name, as soon as it can be pressed."""
        self.until(
            "(() => { const found = [...document.querySelectorAll('button')].find(one => !one.disabled"
            f" && (one.ariaLabel ?? one.textContent.trim()) === {json.dumps(name)});"
            " found?.click(); return found !== undefined; })()"
        )

    def box(self, of: str) -> dict[str, float]:
        """Where what this selector finds stands."""
        found: dict[str, float] = json.loads(
            self.run(f"JSON.stringify(document.querySelector({json.dumps(of)}).getBoundingClientRect())")
        )
        return found

    def draw(self, points: Sequence[tuple[float, float]]) -> None:
        """Press the mouse at the first, move it to the others, let it go."""
        (first, *rest) = [
            {"type": "pointerMove", "x": round(x), "y": round(y), "duration": 60 if i else 0}
            for i, (x, y) in enumerate(points)
        ]
        acts = [first, {"type": "pointerDown", "button": 0}, *rest, {"type": "pointerUp", "button": 0}]
        mouse = {"type": "pointer", "id": "mouse", "actions": acts}
        self.call("input.performActions", context=self.tab, actions=[mouse])


@contextmanager
def firefox(program: str, profile: Path) -> Iterator[Firefox]:
    """A Firefox of its own, without a window, with nothing remembered."""
    profile.mkdir()
    command = [program, "--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True) as process:
        try:
            assert process.stderr is not None
            found = next(filter(None, map(STARTED.search, process.stderr)), None)
            assert found is not None, "Firefox ended without an address."
            with connect(f"{found[1]}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.wait(PATIENCE)
