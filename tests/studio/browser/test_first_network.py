"""From a first visit to a trained network, with nothing typed."""

from __future__ import annotations

import re

import pytest

from studio.browser.hands import Hands, expect

pytestmark = pytest.mark.long


def test_the_guide_leads_from_nothing_to_a_drawn_digit(hands: Hands) -> None:
    page = hands.page
    hands.press("My first network")
    hands.press("Next: Network")
    hands.press("Add Dense")
    hands.press("Next: Train")
    hands.press("Train")
    page.get_by_role("button", name="Next: Look").click()
    page.get_by_role("button", name=re.compile("Neuron 1 of")).wait_for()
    hands.state("done")
    hands.press("Next: Try")
    hands.draw([[(0.5, 0.15), (0.5, 0.85)]])
    expect(page.get_by_test_id("said")).not_to_have_text("–")
    hands.press("Next: Results")
    right = page.get_by_text(re.compile(r"examples held back to test, [\d.]+ % right"))
    share = re.search(r"([\d.]+) %", right.inner_text())
    assert share is not None
    assert float(share[1]) > 90
    hands.press("Finish")


def test_the_guide_follows_whoever_goes_on_by_the_pages_own_buttons(hands: Hands) -> None:
    page, guide = hands.page, hands.page.get_by_role("complementary", name="Your first network")
    hands.press("My first network")
    page.get_by_role("button", name="Next: the network").click()
    guide.get_by_text("Build a network").wait_for()
    hands.go("Train")  # nothing is built yet
    guide.get_by_role("button", name="To Network").click()
    hands.press("Add Dense")
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    guide.get_by_text("Train it", exact=True).wait_for()
    hands.state("done")
    hands.press("Try it")
    guide.get_by_text("Your turn").wait_for()


def test_the_whole_first_network_by_keyboard_alone(hands: Hands) -> None:
    page, keys = hands.page, hands.page.keyboard

    def to(name: str) -> None:
        """Tab on until what is focused has this name."""
        for _ in range(120):
            keys.press("Tab")
            label = page.evaluate(
                "document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent.trim()"
            )
            if label == name:
                return
        raise AssertionError(f"{name} is not reached with Tab.")

    to("I know my way")
    keys.press("Enter")
    page.get_by_role("button", name="Next: the network").wait_for()
    to("Next: the network")
    keys.press("Enter")
    page.get_by_role("button", name="Add Dense", exact=True).wait_for()
    to("Add Dense")
    keys.press("Enter")
    expect(page.locator("[data-block]")).to_have_count(2)
    hands.ready()
    to("Train")
    keys.press("Enter")
    hands.state("done")
