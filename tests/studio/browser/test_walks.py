"""What people met on their way through the page, and must not meet again."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from studio.browser.hands import Hands, expect

pytestmark = pytest.mark.long

PHONE = {"width": 375, "height": 740}


def train(hands: Hands, epochs: int = 3) -> None:
    hands.go("Network")
    hands.set("Rounds (epochs)", str(epochs))
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")


def box(hands: Hands, of: str) -> dict[str, float]:
    found = hands.page.locator(of).bounding_box()
    assert found is not None
    return dict(found)


def test_a_table_of_ones_own_is_told_truly_on_every_screen(hands: Hands, table: Path) -> None:
    page = hands.page
    hands.skip_guide()
    page.get_by_test_id("file").set_input_files(table)
    page.get_by_label("The column to be said").select_option("buys")
    hands.press("Next: the network")
    page.get_by_role("button", name=re.compile("What it sees people.csv")).wait_for()
    expect(page.get_by_role("textbox", name="Share switched off")).to_have_value("0.1")  # what tables get
    expect(page.locator("[data-block]").first).not_to_contain_text("nothing to learn")
    train(hands)

    hands.go("Look")
    page.get_by_role("img", name="What is answered at each point").wait_for()
    expect(page.get_by_label("across").locator("option:checked")).to_have_text("age")
    expect(page.get_by_label("up").locator("option:checked")).to_have_text("income")

    hands.go("Try")
    answer = page.get_by_test_id("answer")
    hands.press("Ask about a held-back row")
    answer.get_by_text(re.compile("right")).wait_for()
    shown = [page.get_by_label(name, exact=True).input_value() for name in ("age", "income")]
    shown.append(page.get_by_role("combobox", name="town").input_value())
    rows = [line.split(",")[:3] for line in table.read_text("utf-8").splitlines()[1:]]
    assert shown in [[str(float(age)) if "." in shown[0] else age, income, town] for age, income, town in rows if age]


def test_numbers_are_not_told_as_classes_are(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.choose("Sine")
    train(hands)
    page.get_by_role("img", name=re.compile("^How far off it is")).wait_for()
    hands.go("Try")
    page.get_by_test_id("said").wait_for()
    expect(page.get_by_test_id("answer")).not_to_contain_text("sure")
    hands.go("Look")
    page.get_by_role("img", name=re.compile("^What it says")).wait_for()
    expect(page.get_by_text("Each neuron's own")).to_have_count(0)


def test_points_are_shown_in_the_colours_in_which_they_were_drawn(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.press("Draw your own points")
    plane = page.get_by_role("application", name=re.compile("Plane of points"))
    for colour in ("blue", "orange"):
        page.get_by_role("dialog").get_by_role("button", name=colour).click()
        plane.focus()
        for _ in range(4):
            page.keyboard.press("Space")
    drawn = plane.locator("circle").evaluate_all("all => all.map(one => one.getAttribute('fill'))")
    hands.press("Learn from these")
    page.get_by_text("one of 2: blue, orange").wait_for()
    page.locator("main .card > svg circle").first.wait_for()
    shown = page.locator("main .card > svg circle").evaluate_all("all => all.map(one => one.getAttribute('fill'))")
    assert set(shown) == set(drawn)
    assert len(set(shown)) == 2


def test_runs_that_the_command_line_makes_and_deletes_come_and_go(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Runs")
    hands.foresee("404 GET /api/")
    page.get_by_text("No runs yet").wait_for()
    command = [sys.executable, "-m", "pellucid", "train", "moons", "--epochs", "2", "--quiet", "--out", "runs/by-hand"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True)
    hands.go("Data")
    hands.go("Runs")
    page.get_by_role("article", name="by-hand").get_by_role("button", name="Open").click()
    page.get_by_role("img", name="What is answered at each point").wait_for()
    hands.settled()
    shutil.rmtree(tmp_path / "runs" / "by-hand")
    hands.go("Results")
    page.get_by_role("alert").filter(has_text="It may have been deleted or renamed since").wait_for()
    expect(page.get_by_text("Judging")).to_have_count(0)
    hands.go("Runs")
    page.get_by_text("No runs yet").wait_for()
    hands.go("Results")
    page.get_by_text("Nothing to judge yet").wait_for()


def test_the_doctors_remedy_goes_to_the_run_that_was_examined(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    hands.set("Step size", "3")
    train(hands, epochs=20)
    hands.go("Data")
    hands.choose("Moons")  # is designed now, while the digits are still on view
    hands.go("Train")
    page.get_by_role("region", name="The doctor").get_by_role("button", name="Do it").first.click()
    hands.state("done", "digits-2")
    spec: dict[str, Any] = page.evaluate("JSON.parse(sessionStorage.getItem('pellucid-spec'))")
    assert spec["data"] == "digits"


def test_the_guide_leaves_room_on_a_phone_and_tells_more_when_asked(hands: Hands) -> None:
    page = hands.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    hands.press("My first network")
    lesson = page.get_by_text("Small pictures of digits")
    expect(lesson).not_to_be_visible()
    assert box(hands, "aside")["height"] < PHONE["height"] / 7
    hands.press("What is this?")
    lesson.wait_for()


def test_what_a_lesson_is_about_and_a_new_block_come_into_view_on_a_phone(hands: Hands) -> None:
    page = hands.page
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    hands.press("My first network")
    expect(page.get_by_role("img", name="Picture of 0").first).to_be_in_viewport()
    hands.press("Next: Network")
    add = page.get_by_role("button", name="Add Dense", exact=True)
    expect(add).to_be_in_viewport()
    add.click()
    dense = page.get_by_role("button", name="Dense 16 neurons")
    expect(dense).to_be_in_viewport()
    settings = page.get_by_role("heading", name="Dense", exact=True)
    expect(settings).not_to_be_in_viewport()
    hands.press("End the guide")
    dense.click()  # opens its settings, which stand below
    expect(settings).to_be_in_viewport()
    hands.go("Data")
    hands.choose("Moons")
    expect(page.get_by_role("heading", name="A look at it")).to_be_in_viewport()


def test_what_to_look_at_is_chosen_among_fields_of_one_height_on_a_phone(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.choose("Moons")
    train(hands)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    hands.go("Look")
    fields = page.get_by_role("group", name="What to look at").get_by_role("button")
    expect(fields).to_have_count(4)
    boxes = [found for one in fields.all() if (found := one.bounding_box())]
    assert len(boxes) == 4
    assert len({round(one["width"]) for one in boxes}) == len({round(one["x"]) for one in boxes[::2]}) == 1


def test_a_drawing_is_answered_in_sight_on_a_phone(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    train(hands)
    page.set_viewport_size(PHONE)  # type: ignore[arg-type]
    hands.go("Try")
    hands.draw([[(0.5, 0.15), (0.5, 0.85)]])
    page.locator(".short b").wait_for()
    hands.settled()
    assert page.locator(".short b").inner_text() == page.get_by_test_id("said").inner_text() != "–"
    paper = page.get_by_label("Paper to draw on").bounding_box()
    assert paper is not None
    assert box(hands, ".short")["y"] < paper["y"]


def test_what_is_amiss_in_a_table_is_told_in_the_words_of_the_page(hands: Hands, table: Path) -> None:
    """Not in options of the command line; and what can be done about it is there to be pressed."""
    page, lines = hands.page, table.read_text("utf-8").splitlines()
    told = [line.split(",")[-1] for line in lines]
    codes = ["code", *("no" if i % 100 == 0 else said + "!" for i, said in enumerate(told[1:]))]
    lines[7] = "n.n." + lines[7][lines[7].index(",") :]
    table.write_text("\n".join(map(",".join, zip(lines, codes, strict=True))), "utf-8")
    hands.skip_guide()
    hands.foresee("422 POST /api/data")
    page.get_by_test_id("file").set_input_files(table)
    alert = page.get_by_role("alert")
    alert.get_by_text("got 'n.n.'").wait_for()
    assert "--" not in alert.inner_text()
    page.get_by_role("button", name="Leave this cell and others like it empty, in a copy").click()
    page.get_by_label("The column to be said").select_option("buys")
    remark = page.get_by_text(re.compile("code alone nearly tells buys"))
    expect(remark).to_contain_text("choose “left out” beside it")
    assert "--" not in remark.inner_text()


def test_a_network_that_has_learned_nothing_is_not_told_as_a_success(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    page.get_by_role("button", name="Add Dense", exact=True).click()
    hands.press("Settings of the whole")
    hands.set("Step size", "10")
    train(hands, epochs=10)
    page.get_by_text(
        re.compile(r"commonest answer would be right in 10.0 %:\s+it has learned next to nothing")
    ).wait_for()
    page.get_by_text(re.compile("^It sets .*Step size: ")).wait_for()


def test_a_picture_is_dropped_on_the_paper(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    train(hands)
    hands.go("Try")
    page.get_by_label("Paper to draw on").evaluate(
        """async paper => {
          const canvas = new OffscreenCanvas(40, 40), ink = canvas.getContext("2d");
          ink.fillStyle = "white"; ink.fillRect(0, 0, 40, 40); ink.fillStyle = "black"; ink.fillRect(17, 4, 6, 32);
          const data = new DataTransfer();
          data.items.add(new File([await canvas.convertToBlob()], "one.png", { type: "image/png" }));
          paper.dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true }));
        }"""
    )
    page.get_by_role("img", name="What the network sees").wait_for()
    expect(page.get_by_test_id("said")).to_have_text(re.compile(r"^\d$"))
