"""A beginner reaches a convolutional network, and one with a memory, without typing, and sees into both."""

from __future__ import annotations

import pytest

from studio.browser.hands import Hands, expect
from studio.browser.strokes import DIGITS
from studio.browser.test_looks import AXE

pytestmark = pytest.mark.long


def begun(hands: Hands, start: str) -> None:
    """Train this starting point, and look at one example."""
    hands.go("Network")
    hands.page.get_by_label("Begin from").select_option(label=start)
    train = hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train")
    hands.page.get_by_text("Reshape", exact=True).first.wait_for()
    train.click()
    hands.state("done")
    hands.go("Look")
    hands.press("One example, step by step")


def step(hands: Hands, name: str) -> None:
    hands.page.get_by_role("region", name="Steps").get_by_role("button", name=name).first.click()
    hands.page.get_by_role("region", name="The step").get_by_role("heading", name=name).wait_for()


def seen(hands: Hands) -> list[str]:
    """What the canvases of the step show, as their bytes."""
    hands.settled()
    told: list[str] = hands.page.locator("[aria-label='The step'] canvas").evaluate_all(
        "all => all.map(one => one.toDataURL())"
    )
    return told


def fits(hands: Hands) -> None:
    """No violation in either scheme, and no sideways scroll on a phone."""
    page = hands.page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        hands.settled()
        if AXE.exists():
            page.evaluate(AXE.read_text(encoding="utf-8"))
            told = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
            assert [(one["id"], [node["target"] for node in one["nodes"]]) for one in told["violations"]] == []
    page.set_viewport_size({"width": 375, "height": 812})
    hands.settled()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.set_viewport_size({"width": 1440, "height": 900})
    page.emulate_media(color_scheme="light")


def test_a_convolutional_network_answers_a_drawing_with_its_maps_and_tells_what_each_number_saw(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    begun(hands, "A small convolutional network")
    step(hands, "Conv2D 1 conv2d")
    place = page.get_by_role("region", name="The step").get_by_role("button", name="map 3", exact=True)
    place.focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "Enter"):  # by keyboard alone
        page.keyboard.press(key)
    panel = page.get_by_role("region", name="Where a number comes from")
    panel.get_by_text("The patch that it saw").wait_for()
    for told in ("conv2d/y[0, 1, 1, 2]", "Filter 3 lies on 3 × 3 numbers", "Where its gradient goes"):
        expect(panel).to_contain_text(told)
    expect(page.locator("i.frame")).to_have_count(1)
    fits(hands)
    step(hands, "MaxPooling2D max_pooling2d")
    page.get_by_role("region", name="The step").get_by_role("button", name="map 3", exact=True).last.click()
    panel.get_by_text("The window that it saw").wait_for()
    expect(panel.locator(".wins")).to_have_count(1)

    step(hands, "Conv2D 1 conv2d")
    before = seen(hands)
    hands.press("Draw one")
    hands.draw(DIGITS["1"])
    drawn = seen(hands)
    assert len(drawn) == len(before)
    assert drawn[0] != before[0]  # what it sees
    assert drawn[1:9] == before[1:9]  # its filters
    assert drawn[9:] != before[9:]  # its maps
    fits(hands)
    hands.press("What neurons look for")
    page.get_by_role("heading", name="Filter 1 of conv2d").wait_for()
    fits(hands)


def test_a_memory_is_gone_through_step_by_step(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    begun(hands, "A digit read line by line")
    step(hands, "lstm LSTM")
    page.get_by_text("step 1 of 8").wait_for()
    gate = page.locator(".tracks .value").nth(1)
    first = gate.inner_text()
    page.get_by_role("button", name="The next step").click()
    page.get_by_text("step 2 of 8").wait_for()
    expect(gate).not_to_have_text(first)
    expect(page.get_by_text("forget gate")).to_have_count(1)
    expect(page.get_by_role("img", name="The gradient at every step").locator("span")).to_have_count(8)
    fits(hands)


def test_attention_is_seen_as_a_table_of_who_looks_at_what(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    begun(hands, "Lines that look at each other")
    step(hands, "dot_product_attention DotProductAttention")
    page.get_by_role("button", name="Head 2").click()
    page.get_by_role("button", name="Table of shares").press("ArrowDown")
    page.get_by_role("heading", name="Place 2 looks at").wait_for()
    expect(page.locator("li.share")).to_have_count(2)  # what comes later is hidden
    fits(hands)


def test_a_filter_for_rows_of_numbers_is_mended_by_a_click(hands: Hands) -> None:
    page = hands.page
    hands.filters_for_rows()
    page.get_by_label("Find a block").fill("")
    page.get_by_text("It works on pictures; what comes to it here is a row of numbers.").wait_for()
    hands.press("Bring it into the form 8 × 8 × 1")
    page.get_by_text("gives 8 × 8 × 8").wait_for()
    hands.press("Make one row of them")
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")
