"""The page in Firefox: a network is dragged together, trained, looked into, and asked about a drawn digit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from studio.browser.firefox import PROGRAMS, firefox
from studio.browser.opening import serving
from studio.browser.strokes import DIGITS

pytestmark = pytest.mark.long
PROGRAM = next(filter(None, map(shutil.which, PROGRAMS)), None)


@pytest.mark.skipif(PROGRAM is None, reason=f"none of {', '.join(PROGRAMS)} is installed")
def test_from_the_link_to_a_drawn_digit(tmp_path: Path) -> None:
    assert PROGRAM is not None
    with serving(tmp_path) as link, firefox(PROGRAM, tmp_path / "profile") as page:
        page.open(link)
        page.press("I know my way")
        page.until("document.querySelectorAll('.pictures canvas').length === 40")
        page.run("location.hash = 'network'")
        page.until("document.querySelectorAll('[data-block]').length === 1")
        page.until("document.querySelector('.sum .primary')?.disabled === false")  # what is told of blocks moves them
        new, block = page.box("[data-class=Dropout]"), page.box("[data-block]")
        x, y = new["x"] + 60, new["y"] + new["height"] / 2
        to_x, to_y = block["x"] + block["width"] / 2, block["y"] + 0.9 * block["height"]
        page.draw([(x + t * (to_x - x), y + t * (to_y - y)) for t in (0, 0.1, 0.3, 0.6, 0.9, 1.0, 1.01)])
        page.until("document.querySelectorAll('[data-block]').length === 2")
        page.press("Train")
        page.until("document.querySelector('[aria-label=Training] [data-state=done]') !== null")
        page.until("document.querySelector('.good .value')?.textContent.includes('%')")

        page.run("location.hash = 'look'")
        page.until("document.querySelectorAll('main button[aria-label^=Neuron]').length > 30")
        page.run("location.hash = 'try'")
        page.until("document.querySelector('[aria-label=\"Paper to draw on\"]') !== null")
        paper = page.box('[aria-label="Paper to draw on"]')
        (stroke,) = DIGITS["3"]
        page.draw([(paper["x"] + x * paper["width"], paper["y"] + y * paper["height"]) for x, y in stroke])
        page.until("document.querySelector('[data-testid=said]')?.textContent === '3'")
        assert page.troubles == []
