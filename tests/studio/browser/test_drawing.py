"""Digits drawn with the mouse are recognised by a network that was trained on the page."""

from __future__ import annotations

import pytest

from studio.browser.hands import Hands
from studio.browser.strokes import DIGITS

pytestmark = pytest.mark.long


def test_eight_of_ten_drawn_digits_are_recognised(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")
    hands.go("Try")
    said = {}
    for digit, strokes in DIGITS.items():
        hands.draw(strokes)
        hands.settled()  # what was drawn last has its answer
        said[digit] = page.get_by_test_id("said").inner_text()
        hands.press("Clear")
    right = [digit for digit in DIGITS if said[digit] == digit]
    assert len(right) >= 8, said
