"""A book: dropped, a network designed for it block by block, trained, looked into, and had written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studio.browser.hands import Hands, expect

pytestmark = pytest.mark.long
BOOK = "The cat sat on the mat.\nThe dog sat on the log.\n" * 300


def test_a_book_is_learned_and_written_on(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.skip_guide()
    (tmp_path / "book.txt").write_text(BOOK, encoding="utf-8")
    page.get_by_test_id("file").set_input_files(tmp_path / "book.txt")
    page.get_by_text("the next character, one of").wait_for()
    expect(page.locator("p.text")).to_contain_text("The cat sat on the mat.")
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
    hands.ready()
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")
    hands.go("Look")
    page.get_by_role("button", name="Neuron 3 of").click()
    page.get_by_role("heading", name="which says").wait_for()
    hands.go("Try")
    page.get_by_label("Begin with").fill("The cat sat on th")
    expect(page.get_by_test_id("said")).to_have_text("e")
    page.get_by_role("slider").fill("0")
    hands.press("Write")
    page.get_by_role("button", name="Write another").wait_for()
    written = page.get_by_test_id("written").inner_text()
    assert written.startswith("The cat sat on the")
    assert len(written) > 300
    hands.go("Results")
    page.get_by_role("table").wait_for()
    expect(page.get_by_role("region", name="Right and wrong answers")).to_contain_text("right")


def test_a_text_is_pasted(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.press("Paste a text")
    text = page.get_by_label("Text to learn from")
    text.fill("The cat")
    page.get_by_text("of so few it learns little").wait_for()
    text.fill(BOOK)
    hands.press("Learn from this")
    page.get_by_text("the next character, one of").wait_for()
    expect(page.locator("p.text")).to_contain_text("The dog sat on the log.")
    expect(page.get_by_role("button", name="Next: the network")).to_be_enabled()


@pytest.fixture
def learned(hands: Hands, tmp_path: Path) -> Hands:
    """A page on which a small memory has learned from a book for a moment."""
    hands.skip_guide()
    (tmp_path / "book.txt").write_text(BOOK, encoding="utf-8")
    hands.page.get_by_test_id("file").set_input_files(tmp_path / "book.txt")
    hands.page.get_by_text("the next character, one of").wait_for()
    hands.go("Network")
    hands.page.get_by_text("These are the layers of GRU").wait_for()
    expect(hands.page.get_by_label("Bend (activation)")).to_have_count(0)  # which a memory would refuse
    hands.set("Rounds (epochs)", "3")
    hands.page.locator("[data-open='1']").click()
    hands.set("Neurons", "12")
    train(hands, "book-1")
    return hands


def train(hands: Hands, run: str) -> None:
    hands.ready()
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done", run)


def test_a_network_of_a_text_is_taken_out_in_every_form_served_and_brought_back(learned: Hands, tmp_path: Path) -> None:
    page = learned.page
    learned.go("Runs")
    learned.press("Take out")
    dialog = page.get_by_role("dialog")
    dialog.get_by_text("the numbers of characters").wait_for()
    forms = dialog.locator("li button").filter(has_not_text="Report")  # which has the network examined, and takes long
    names = []
    for i in range(forms.count()):
        with page.expect_download() as taken:
            forms.nth(i).click()
        names.append(taken.value.suggested_filename)
        taken.value.save_as(tmp_path / names[-1])
    assert len(names) == 9
    assert all((tmp_path / name).stat().st_size > 100 for name in names)
    learned.press("Serve it")
    address = dialog.get_by_role("link").get_attribute("href")
    assert address is not None
    asked = learned.context.request.post(f"{address}/predict/book-1", data=[[0, 1, 2]])
    assert len(asked.json()["predictions"][0]) == 3  # what comes next, behind each of the three
    learned.press("Stop serving")
    dialog.get_by_role("button", name="Close").click()
    learned.press("Delete book-1")
    learned.settled()  # else the page may still look up what is deleted
    learned.press("Delete")
    page.get_by_role("article", name="book-1").wait_for(state="detached")
    page.locator("input[accept='.zip']").set_input_files(tmp_path / "book-1.zip")
    page.get_by_role("article", name="book-1").get_by_role("button", name="Open").click()
    page.get_by_role("region", name="Training").wait_for()
    learned.go("Try")
    learned.press("Write")
    page.get_by_role("button", name="Write another").wait_for()


def test_networks_of_a_text_are_compared_shared_and_searched_for(learned: Hands) -> None:
    page = learned.page
    learned.go("Network")
    learned.set("Neurons", "8")
    train(learned, "book-2")
    learned.go("Runs")
    for run in ("book-1", "book-2"):
        page.get_by_label(f"Compare {run}").check()
    learned.press("Compare 2")
    differ = page.get_by_role("dialog").get_by_role("row", name=re.compile("^Layers")).inner_text()
    assert "GRU 12 neurons" in differ
    assert "GRU 8 neurons" in differ
    page.keyboard.press("Escape")
    learned.press("Design from book-1")
    page.get_by_text("12 neurons").wait_for()
    learned.press("Share this network")
    link = page.get_by_label("Link", exact=True).input_value()
    page.keyboard.press("Escape")
    other = learned.context.new_page()
    other.goto(link)
    other.get_by_role("navigation").get_by_role("link", name="Network").click()
    other.get_by_text("12 neurons").wait_for()
    other.close()
    learned.press("Search for better settings")
    learned.press("Number of tries")
    page.get_by_role("spinbutton", name="Number of tries").fill("2")
    learned.press("Search")
    page.locator('[aria-label="Search"][data-state="done"]').wait_for(timeout=240_000)
