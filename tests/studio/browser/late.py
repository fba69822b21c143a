"""What comes late: answers of the studio, and what the page says to it, held back until the test lets them through."""

from __future__ import annotations

import re
import time
from typing import TYPE_CHECKING

from studio.browser.hands import PATIENCE, Hands

if TYPE_CHECKING:
    from playwright.sync_api import APIResponse, Route

# The line to the studio is there when the test says so.
NO_LINE = """const Line = window.WebSocket;
const through = new Promise(go => window.letThrough = () => { window.passed = true; go(); });
window.WebSocket = class extends Line {
  get readyState() { return window.passed ? super.readyState : Line.CONNECTING; }
  set onopen(heard) { this.addEventListener('open', () => through.then(heard)); }
}"""
# What the page says of this kind on its line waits until `letThrough` is called.
HELD = """kind => {
  const send = WebSocket.prototype.send, held = [];
  WebSocket.prototype.send = function (text) {
    if (JSON.parse(text).type === kind) held.push([this, text]);
    else send.call(this, text);
  };
  window.letThrough = () => {
    WebSocket.prototype.send = send;
    for (const [line, text] of held) line.send(text);
  };
}"""


class Late:
    """The first answers to what is asked at an address, a pattern of its end, are made at once and wait; `told` of them
    are to be held."""

    def __init__(self, hands: Hands, address: str, told: int = 1) -> None:
        self.hands, self.told = hands, told
        self.held: list[tuple[Route, APIResponse]] = []
        hands.context.route(re.compile(f"/api/{address}$"), self._hold, times=told)

    def _hold(self, route: Route) -> None:
        self.held.append((route, route.fetch()))

    def made(self) -> None:
        """Wait until the studio has answered, of which the page knows nothing yet."""
        until = time.monotonic() + PATIENCE / 1000
        while len(self.held) < self.told:
            assert time.monotonic() < until, "The page has not asked."
            self.hands.page.wait_for_timeout(20)

    def comes(self) -> None:
        """Now it comes, and the page has done with it what it does."""
        self.made()
        for route, response in self.held:
            route.fulfill(response=response)
        self.hands.settled()
