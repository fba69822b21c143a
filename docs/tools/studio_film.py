"""Makes docs/images/studio/first_network.gif: the first network, from a first visit to a drawn digit.

Needs Playwright and Chromium or Chrome. Run: make studio-pictures
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # whoever tests the page knows how to handle it

from studio.browser.hands import Hands  # noqa: E402
from studio.browser.opening import BROWSERS, installed, serving  # noqa: E402
from studio.browser.strokes import DIGITS  # noqa: E402

FILM = ROOT / "docs" / "images" / "studio" / "first_network.gif"
SEEN, SHOWN = (1200, 750), (840, 525)
COLOURS = 256


class Camera:
    """Frames, and how long each is shown."""

    def __init__(self, hands: Hands) -> None:
        self.hands = hands
        self.frames: list[Image.Image] = []
        self.times: list[int] = []

    def take(self, milliseconds: int) -> None:
        picture = Image.open(io.BytesIO(self.hands.page.screenshot(animations="disabled"))).convert("RGB")
        self.frames.append(picture.resize(SHOWN, Image.Resampling.LANCZOS).quantize(COLOURS, dither=Image.Dither.NONE))
        self.times.append(milliseconds)

    def develop(self) -> None:
        first, *rest = self.frames
        first.save(FILM, save_all=True, append_images=rest, duration=self.times, loop=0, optimize=True)


def main() -> None:
    program = installed()
    if program is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed.")
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        width, height = SEEN
        hands = Hands(browser.new_context(viewport={"width": width, "height": height}, color_scheme="light"), link)
        camera = Camera(hands)
        first_network(hands, camera)
        camera.develop()
        browser.close()


def first_network(hands: Hands, camera: Camera) -> None:
    page = hands.page
    camera.take(1800)
    hands.press("My first network")
    page.get_by_role("button", name="Next: Network", disabled=False).wait_for()
    camera.take(1800)
    hands.press("Next: Network")
    page.wait_for_load_state("networkidle")
    camera.take(1500)
    hands.drag(page.locator("[data-class=Dense]"), page.get_by_label("Blocks of your network"))
    page.locator("[data-block] .dots").wait_for()
    camera.take(1800)
    hands.press("Next: Train")
    camera.take(900)
    page.get_by_label("How fast").select_option(label="200 steps a second")  # by itself it ends before it is seen
    hands.press("Train")
    for step in (40, 200, 800):
        hands.wait_for_step(step)
        camera.take(500)
    page.get_by_label("How fast").select_option(label="As fast as it can")
    hands.state("done", "digits-1")
    page.locator(".ended .value").wait_for()
    camera.take(1500)
    hands.press("Next: Look")
    page.wait_for_load_state("networkidle")
    camera.take(2000)
    hands.press("Next: Try")
    page.get_by_label("Paper to draw on").wait_for()
    stroke = DIGITS["2"][0]
    for drawn in (8, 17, len(stroke)):
        hands.press("Clear")
        hands.draw([stroke[:drawn]])
        hands.settled()
        camera.take(2600 if drawn == len(stroke) else 500)
    hands.press("Next: Results")
    page.get_by_role("table").wait_for()
    page.wait_for_load_state("networkidle")
    camera.take(2600)


if __name__ == "__main__":
    main()
