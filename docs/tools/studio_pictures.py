"""Makes the pictures of the studio in docs/images/studio: every screen, light and dark, wide and on a phone.

Needs Playwright and Chromium or Chrome. Run: make studio-pictures
"""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Locator, sync_playwright

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests"))  # whoever tests the page knows how to handle it

from studio.browser.hands import Hands  # noqa: E402
from studio.browser.opening import BROWSERS, installed, serving  # noqa: E402
from studio.browser.strokes import DIGITS  # noqa: E402

FOLDER = ROOT / "docs" / "images" / "studio"
SIZES = {"wide": (1440, 900), "phone": (375, 812)}
SCHEMES = ("light", "dark")
SCREENS = ("Data", "Network", "Train", "Look", "Try", "Results", "Runs")
# The runs into which is looked (digits-3 is the search).
FILTERS, MEMORY, ATTENTION, WRITER = "digits-4", "digits-5", "digits-6", "austen-1"
BEGINNING = "It is a truth universally acknowledged, that"
COLOURS = 256  # of each picture: enough for flat colours, and a third of the size


def main() -> None:
    program = installed()
    if program is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder)) as link, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        train(browser, link)
        for scheme in SCHEMES:
            for size in SIZES:
                visit(browser, link, scheme, size)
        browser.close()


def hands(browser: Browser, link: str, scheme: str, size: str) -> Hands:
    width, height = SIZES[size]
    context = browser.new_context(
        viewport={"width": width, "height": height}, color_scheme=scheme, has_touch=size == "phone"
    )
    return Hands(context, link)


def train(browser: Browser, link: str) -> None:
    """The runs that are seen: points in spirals, digits in two designs, a search, filters, and a memory."""
    someone = hands(browser, link, "light", "wide")
    someone.skip_guide()
    for run, data, blocks in (
        ("spirals-1", "Spirals", ["Dense"]), ("digits-1", "Digits", []), ("digits-2", "Digits", ["Dropout"]),
    ):  # fmt: skip
        someone.go("Data")
        someone.choose(data)
        someone.go("Network")
        for block in blocks:
            someone.press(f"Add {block}")
        someone.page.wait_for_function("() => !document.querySelector('.sum .primary').disabled")
        someone.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
        someone.state("done", run)
    someone.go("Network")
    someone.press("Search for better settings")
    someone.press("Search")
    someone.page.locator("main .value").wait_for(timeout=300_000)
    train_starts(someone)
    someone.context.close()


def train_starts(someone: Hands) -> None:
    """Those with more than neurons, of which the one that writes takes a minute."""
    someone.page.set_default_timeout(300_000)
    starts = {
        FILTERS: "A small convolutional network", MEMORY: "A digit read line by line",
        ATTENTION: "Lines that look at each other", WRITER: "A network that writes",
    }  # fmt: skip
    for run, start in starts.items():
        someone.go("Network")
        someone.page.get_by_label("Begin from").select_option(label=start)
        first = "Embedding" if "writes" in start else "Reshape"
        someone.page.locator("[data-block]", has_text=first).wait_for()
        someone.page.wait_for_function("() => !document.querySelector('.sum .primary').disabled")
        someone.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
        someone.state("done", run)


def reads_and_writes(visitor: Hands, kind: str) -> None:
    """Windows of readings, and a network that writes."""
    visitor.go("Data")
    visitor.page.locator("button.set", has_text="Sensors").click()
    visitor.page.get_by_text("windows are held back").wait_for()
    photograph(visitor, f"readings_{kind}", of=visitor.page.get_by_role("img", name="walking"))
    open_run(visitor, WRITER)
    visitor.go("Try")
    visitor.page.get_by_label("Begin with").fill(BEGINNING)
    visitor.press("Write")
    visitor.page.get_by_role("button", name="Write another").wait_for(timeout=120_000)
    photograph(visitor, f"write_{kind}", of=visitor.page.get_by_test_id("written"))


def visit(browser: Browser, link: str, scheme: str, size: str) -> None:
    """One look at each screen, and at the boundary between the spirals."""
    visitor = hands(browser, link, scheme, size)
    photograph(visitor, f"welcome_{scheme}_{size}")
    visitor.skip_guide()
    open_run(visitor, "digits-2")
    for screen in SCREENS:
        visitor.go(screen)
        if screen == "Network":
            visitor.page.locator("[data-open='0']").click()
        if screen == "Try":
            visitor.page.get_by_label("Paper to draw on").wait_for()
            visitor.draw(DIGITS["3"])
        photograph(visitor, f"{screen.lower()}_{scheme}_{size}")
    visitor.go("Network")
    visitor.press("Search for better settings")
    visitor.press("digits-3")  # the search
    visitor.page.locator("main .value").wait_for()
    photograph(visitor, f"search_{scheme}_{size}")
    open_run(visitor, "spirals-1")
    photograph(visitor, f"boundary_{scheme}_{size}")
    steps(visitor, f"{scheme}_{size}")
    reads_and_writes(visitor, f"{scheme}_{size}")
    visitor.context.close()


def steps(visitor: Hands, kind: str) -> None:
    """One example in a convolution, in a memory, and in attention."""
    look_into(visitor, FILTERS, "Conv2D 1 conv2d")
    maps = visitor.page.get_by_role("region", name="The step").get_by_role("button", name="map 3", exact=True)
    maps.click()
    visitor.page.get_by_text("The patch that it saw").wait_for()
    for _ in range(12):  # to where the network still learns something
        if not visitor.page.get_by_text("Its gradient is 0").count():
            break
        visitor.page.keyboard.press("ArrowRight")
        visitor.page.keyboard.press("Enter")
        visitor.page.wait_for_load_state("networkidle")
    photograph(visitor, f"filters_{kind}", of=visitor.page.get_by_role("heading", name="What each filter finds"))
    look_into(visitor, MEMORY, "LSTM lstm")
    for _ in range(4):
        visitor.page.get_by_role("button", name="The next step").click()
    photograph(visitor, f"memory_{kind}", of=visitor.page.get_by_label("Step of the sequence"))
    look_into(visitor, ATTENTION, "dot_product_attention DotProductAttention")
    table = visitor.page.get_by_role("button", name="Table of shares")
    for _ in range(5):
        table.press("ArrowDown")
    photograph(visitor, f"attention_{kind}", of=table)


def look_into(visitor: Hands, run: str, step: str) -> None:
    """One example in this step of a run."""
    open_run(visitor, run)
    visitor.go("Look")
    visitor.press("One example, step by step")
    visitor.page.get_by_role("region", name="Steps").get_by_role("button", name=step).first.click()
    visitor.page.get_by_role("region", name="The step").get_by_role("heading", name=step).wait_for()


def open_run(visitor: Hands, name: str) -> None:
    visitor.go("Runs")
    visitor.page.get_by_role("article", name=name).get_by_role("button", name="Open").click()
    visitor.page.get_by_role("region", name="Training").wait_for()


def photograph(visitor: Hands, name: str, of: Locator | None = None) -> None:
    """What the window shows once all answers have come; of a phone, where `of` is in its middle."""
    page = visitor.page
    page.mouse.move(0, 0)
    page.wait_for_load_state("networkidle")
    page.evaluate("() => { scrollTo(0, 0); document.activeElement?.blur(); }")
    if of is not None and page.viewport_size == dict(zip(("width", "height"), SIZES["phone"], strict=True)):
        of.evaluate("one => one.scrollIntoView({ block: 'center' })")
    page.wait_for_timeout(500)  # for what glides into its place
    picture = Image.open(io.BytesIO(page.screenshot()))
    picture.convert("RGB").quantize(COLOURS).save(FOLDER / f"{name}.png", optimize=True)


if __name__ == "__main__":
    main()
