"""Ways through the page: by its guide, the keyboard, and the browser's own buttons; and what is said of numbers."""

from __future__ import annotations

import math
import re
from pathlib import Path

import pytest

from studio.browser.hands import Hands, expect

pytestmark = pytest.mark.long

NOTEBOOK = {"width": 1366, "height": 768}
HIT = """button => {
  const box = button.getBoundingClientRect();
  const hit = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return hit !== null && button.contains(hit);
}"""  # whether a click in its middle meets it, where the page stands


def train(hands: Hands, run: str, epochs: int = 3) -> None:
    hands.go("Network")
    hands.set("Rounds (epochs)", str(epochs))
    hands.ready()
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done", run)


def upload(hands: Hands, file: Path, text: str, target: str) -> None:
    file.write_text(text, encoding="utf-8")
    hands.page.get_by_test_id("file").set_input_files(file)
    hands.page.get_by_text("which column should it learn").or_(hands.page.get_by_text("Its answer is")).first.wait_for()
    hands.page.get_by_label("The column to be said").select_option(target)


def test_the_guide_hides_nothing_that_it_speaks_of_on_a_notebook(hands: Hands) -> None:
    page = hands.page
    page.set_viewport_size(NOTEBOOK)  # type: ignore[arg-type]
    hands.press("My first network")
    page.get_by_role("button", name="Next: Network", disabled=False).click()
    hands.press("Add Dense")
    hands.press("Next: Train")
    page.get_by_role("region", name="Training").get_by_role("button", name="Train").click()
    hands.state("done", "digits-1")
    hands.settled()
    for name in ("Try it", "Look inside", "Mistakes", "Next: Look"):
        assert page.get_by_role("button", name=name, exact=True).evaluate(HIT), name
    hands.press("Next: Look")
    page.get_by_role("button", name="Neuron 1 of").first.wait_for()
    hands.settled()
    assert page.get_by_role("heading", name="It answers most strongly to").evaluate(HIT)
    hands.go("Results")
    page.get_by_role("button", name="told as").first.wait_for()
    hands.settled()
    assert all(field.evaluate(HIT) for field in page.get_by_role("button", name="told as").all())


def test_the_browsers_way_back_leaves_a_dialog(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    hands.go("Data")
    hands.press("Share this network")
    page.get_by_label("Link", exact=True).wait_for()
    page.go_back()
    page.get_by_label("Link", exact=True).wait_for(state="detached")
    page.get_by_role("heading", name="Your network").first.wait_for()


def test_focus_goes_with_what_is_done_by_the_keyboard(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    hands.set("Rounds (epochs)", "2")
    hands.ready()
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").press("Enter")
    hands.state("done", "digits-1")
    expect(page.locator("main")).to_be_focused()
    hands.go("Runs")
    page.get_by_role("button", name="Rename digits-1").press("Enter")
    expect(page.get_by_label("New name")).to_be_focused()
    hands.settled()  # else the page may still look it up under the name that it has no more
    page.keyboard.type("better")
    page.keyboard.press("Enter")
    page.get_by_role("article", name="better").wait_for()
    page.get_by_role("button", name="Delete better").press("Enter")
    expect(page.get_by_role("button", name="Keep it")).to_be_focused()
    page.keyboard.press("Enter")  # keeps it, as what cannot be undone is asked for on purpose
    page.get_by_role("button", name="Delete better").wait_for()


def test_a_forecast_is_told_beside_the_plainest(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.skip_guide()
    rows = "".join(f"{20000 + 300 * math.sin(t / 3):.3f}\n" for t in range(150))
    (tmp_path / "levels.csv").write_text(f"level\n{rows}", encoding="utf-8")
    page.get_by_test_id("file").set_input_files(tmp_path / "levels.csv")
    page.get_by_text("If its rows follow each other in time, say so").first.wait_for()
    page.get_by_text("Its rows follow each other in time", exact=True).click()
    hands.set("Length of a sample", "8")
    page.get_by_role("heading", name=re.compile(r"^What follows is level (19|20),\d{3}$")).wait_for()
    train(hands, "levels-1", 2)
    plainest = page.get_by_text("The plainest forecast, that the last value goes on, is off by")
    expect(plainest).to_contain_text("It is not better yet")
    hands.go("Results")
    plainest.wait_for()


def test_of_numbers_no_line_is_drawn_and_their_table_says_what_programs_take(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.skip_guide()
    rows = "".join(f"{i % 7},{i % 11},{['flat', 'house'][i % 2]},{1000 * (i % 7) + i}\n" for i in range(120))
    upload(hands, tmp_path / "prices.csv", f"rooms,floor,kind,price\n{rows}", "price")
    page.get_by_text("Its answer is a number").wait_for()
    train(hands, "prices-1")
    hands.go("Look")
    page.get_by_role("heading", name="What it says").wait_for()
    expect(page.get_by_text("Where it draws the line")).to_have_count(0)
    hands.go("Runs")
    hands.press("Take out")
    told = page.get_by_text("numbers that its columns become").inner_text()
    assert "(rooms, floor, kind: flat, kind: house)" in told
    assert told.endswith("answer with a number that is scaled as in training.")


def test_of_a_chosen_column_it_is_not_asked_again_which(hands: Hands, tmp_path: Path) -> None:
    hands.skip_guide()
    upload(hands, tmp_path / "same.csv", "a,b,c\n" + "".join(f"{i * i % 17},{i % 5},yes\n" for i in range(60)), "c")
    hands.page.get_by_text("nothing can be learned").wait_for()
    hands.page.get_by_text("one and the same in every row").first.wait_for()
    expect(hands.page.get_by_text("which column should it learn")).to_have_count(0)


def test_a_setting_is_put_back_to_none(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    page.locator("[data-open='0']").click()
    bend = page.get_by_role("combobox", name="Bend (activation)")
    bend.select_option("tanh")
    page.get_by_text("32 neurons, tanh").wait_for()
    bend.select_option(label="none")
    page.get_by_text("32 neurons", exact=True).wait_for()
    hands.press("Settings of the whole")
    train(hands, "digits-1", 2)
