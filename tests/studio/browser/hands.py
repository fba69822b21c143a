"""What a person does on the page, in words of the page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from playwright.sync_api import (
        BrowserContext,
        ConsoleMessage,
        FloatRect,
        Locator,
        LocatorAssertions,
        Page,
        Request,
        Response,
    )  # fmt: skip

PATIENCE = 120_000  # milliseconds, on a machine that is busy
FRAMES = """() => new Promise(done => {
  let left = 10;
  const next = () => (left-- ? requestAnimationFrame(next) : done());
  next();
})"""


def expect(one: Locator) -> LocatorAssertions:
    """What must come true of this part of the page, whenever the page gets to it."""
    from playwright.sync_api import expect as expected  # which not everybody has installed

    expected.set_options(timeout=PATIENCE)
    return expected(one)


class Hands:
    """context: a browser as a person has it; link: what the studio has printed."""

    def __init__(self, context: BrowserContext, link: str) -> None:
        self.context, self.link = context, link
        self.troubles: list[str] = []
        self.foreseen: list[str] = []
        self.unanswered: set[Request] = set()
        self.page = self.tab()

    def tab(self) -> Page:
        """One more tab, in which whatever goes wrong is noted."""
        page = self.context.new_page()
        page.on("pageerror", lambda error: self.troubles.append(f"{error}\n{error.stack}"))
        page.on("console", self._note)
        page.on("response", self._refused)
        page.on("request", self._asked)
        page.on("requestfinished", self._answered)
        page.on("requestfailed", self._answered)
        heard: list[object] = []
        page.on("websocket", lambda socket: socket.on("framereceived", lambda frame: heard.append(frame)))
        page.goto(self.link)
        page.wait_for_selector("main .card")
        while not heard:  # the page is there before its line to the studio, over which it trains
            page.wait_for_timeout(20)
        return page

    def foresee(self, beginning: str) -> None:
        """An answer such as "400 POST /api/data" is what this test is about, whenever the browser tells of it."""
        self.foreseen.append(beginning)

    def unforeseen(self) -> list[str]:
        return [trouble for trouble in self.troubles if not trouble.startswith(tuple(self.foreseen))]

    def _asked(self, request: Request) -> None:
        if urlsplit(request.url).path.startswith("/api/"):
            self.unanswered.add(request)

    def _answered(self, request: Request) -> None:
        self.unanswered.discard(request)

    def settled(self) -> None:
        """Wait until all that the page has asked is answered and drawn, and it asks nothing more."""
        quiet = 0
        while quiet < 3:
            self.page.evaluate(FRAMES)
            quiet = 0 if self.unanswered else quiet + 1

    def _note(self, said: ConsoleMessage) -> None:
        if said.type == "error" and not said.text.startswith("Failed to load resource"):  # `_refused` tells which
            self.troubles.append(said.text)

    def _refused(self, response: Response) -> None:
        from playwright.sync_api import Error

        if response.status >= 400:
            said = f"{response.status} {response.request.method} {urlsplit(response.url).path}"
            try:
                self.troubles.append(f"{said}: {response.text()}")
            except Error:  # the page has gone on, and its answers with it
                self.troubles.append(said)

    def skip_guide(self) -> None:
        self.press("I know my way")

    def press(self, name: str) -> None:
        self.page.get_by_role("button", name=name, exact=True).click()

    def go(self, screen: str) -> None:
        """To a screen, by its name in the head."""
        self.page.get_by_role("navigation").get_by_role("link", name=screen, exact=True).click()

    def choose(self, data: str) -> None:
        """Other data, and wait until they are described."""
        self.page.locator("button.set", has_text=data).click()
        self.page.get_by_role("button", name="Next: the network").wait_for()

    def bring(self, table: Path, target: str, answer: str) -> None:
        """Bring a table of one's own, and press what is to be learned of it; the page then says what an answer is."""
        self.page.get_by_test_id("file").set_input_files(table)
        self.page.get_by_role("status").get_by_role("button", name=target).click()
        self.page.get_by_text(answer).wait_for()

    def search_form(self, data: str) -> None:
        """To where a search is asked for."""
        self.skip_guide()
        self.choose(data)
        self.go("Network")
        self.press("Search for better settings")
        self.page.get_by_role("button", name="Search", exact=True).wait_for()

    def tries(self, number: int) -> None:
        """Have the search make so many."""
        self.press("Number of tries")
        self.page.get_by_role("spinbutton", name="Number of tries").fill(str(number))

    def filters_for_rows(self) -> None:
        """Filters that look for pictures, where a row of 64 numbers comes."""
        self.skip_guide()
        self.go("Network")
        self.blocks().filter(has_text="Dense").first.click()
        self.set("Neurons", "64")
        self.page.get_by_label("Find a block").fill("conv2d")
        self.press("Add Conv2D")

    def ready(self) -> None:
        """Wait until the studio has said that the network can be trained."""
        expect(self.page.locator(".sum .primary")).to_be_enabled()

    def state(self, wanted: str, run: str = "") -> None:
        """Wait until the run, or the one of this name, is in this state."""
        of = f"[data-run='{run}']" if run else ""
        self.page.locator(f'[aria-label="Training"]{of} [data-state="{wanted}"]').wait_for()

    def step(self) -> int:
        return int(self.page.locator('[aria-label="Training"]').get_attribute("data-step") or 0)

    def still_at(self) -> int:
        """The step at which it stands still: its number may come after the word that it does."""
        step = -1
        while step != (now := self.step()):
            step = now
            self.page.wait_for_timeout(500)
        return step

    def wait_for_step(self, at_least: int) -> None:
        self.page.wait_for_function(
            "n => Number(document.querySelector('[aria-label=Training]')?.dataset.step ?? 0) >= n", arg=at_least
        )

    def blocks(self) -> Locator:
        """What the network's blocks say of themselves, in order."""
        return self.page.locator("[data-block] > .block > .head > .open")

    def set(self, label: str, value: str) -> None:
        """Write into a setting."""
        field = self.page.get_by_role("textbox", name=label, exact=True)
        field.fill(value)
        field.press("Tab")

    def drag(self, what: Locator, onto: Locator, below: bool = False) -> None:
        """With the mouse, in steps, as a hand does: it takes what stands still, and follows a goal that moves."""
        what.hover()
        start, mouse = self._box(what), self.page.mouse
        mouse.move(start["x"] + 60, start["y"] + start["height"] / 2)
        mouse.down()
        for share in (0.1, 0.3, 0.6, 0.9, 1.0):
            end = self._box(onto)
            x, y = end["x"] + end["width"] / 2, end["y"] + end["height"] * (0.9 if below else 0.2)
            mouse.move(start["x"] + 60 + share * (x - start["x"] - 60), start["y"] + share * (y - start["y"]), steps=4)
        mouse.move(x, y + 2, steps=3)
        mouse.up()

    def _box(self, of: Locator) -> FloatRect:
        found = of.bounding_box()
        assert found is not None
        return found

    def draw(self, strokes: list[list[tuple[float, float]]]) -> None:
        """On the paper: strokes of points from (0, 0), top left, to (1, 1)."""
        box = self._box(self.page.get_by_label("Paper to draw on"))
        for stroke in strokes:
            places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in stroke]
            self.page.mouse.move(*places[0])
            self.page.mouse.down()
            for place in places[1:]:
                self.page.mouse.move(*place, steps=4)
            self.page.mouse.up()
