"""A book: dropped, a network designed for it block by block, trained, looked into, and had written."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.browser.hands import Hands

pytestmark = pytest.mark.long
BOOK = "The cat sat on the mat.\nThe dog sat on the log.\n" * 300


def test_a_book_is_learned_and_written_on(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.skip_guide()
    (tmp_path / "book.txt").write_text(BOOK, encoding="utf-8")
    page.get_by_test_id("file").set_input_files(tmp_path / "book.txt")
    page.get_by_text("the next character, one of").wait_for()
    assert "The cat sat on the mat." in page.locator("p.text").inner_text()
    hands.go("Network")
    page.get_by_text("These are the layers of GRU").wait_for()
    hands.press("Remove GRU")
    for block in ("GRU", "Multi head attention"):
        page.get_by_placeholder("Find a block").fill(block)
        hands.press(f"Add {block}")
    page.get_by_text("look back only").first.wait_for()
    page.locator("[data-open='1']").click()
    hands.set("Neurons", "12")
    page.get_by_role("button", name="Settings of the whole").click()
    hands.set("Rounds (epochs)", "25")
    hands.set("Step size", "0.02")
    page.wait_for_function("() => !document.querySelector('.sum .primary').disabled")
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")
    hands.go("Look")
    page.get_by_role("button", name="Neuron 3 of").click()
    page.get_by_role("heading", name="which says").wait_for()
    hands.go("Try")
    page.get_by_label("Begin with").fill("The cat sat on th")
    page.wait_for_function("() => document.querySelector('[data-testid=said]').textContent === 'e'")
    page.get_by_role("slider").fill("0")
    hands.press("Write")
    page.get_by_role("button", name="Write another").wait_for()
    written = page.get_by_test_id("written").inner_text()
    assert written.startswith("The cat sat on the")
    assert len(written) > 300
    hands.go("Results")
    page.get_by_role("table").wait_for()
    assert "right" in page.get_by_role("region", name="Right and wrong answers").inner_text()
