"""Readings of a sensor: a table is dropped, cut into windows in the form, learned from, looked into, and asked."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from studio.browser.hands import Hands, expect
from studio.browser.test_looks import faults, too_wide
from studio.test_windows import motion

pytestmark = pytest.mark.long


@pytest.fixture
def waving(hands: Hands, tmp_path: Path) -> Hands:
    """A page on which a network has learned who waves and who stands still."""
    page = hands.page
    hands.skip_guide()
    (tmp_path / "motion.csv").write_text(motion(), encoding="utf-8")
    page.get_by_test_id("file").set_input_files(tmp_path / "motion.csv")
    page.get_by_text("which column should it learn").wait_for()
    page.get_by_label("The column to be said").select_option("does")
    page.get_by_text("one of 2: still, wave").wait_for()
    page.get_by_text("Its rows follow each other in time").click()
    hands.set("Length of a sample", "16")
    page.get_by_label("Keep together by").select_option("who")
    page.get_by_text("All windows with the same who are in one of the parts.").wait_for()
    hands.go("Network")
    hands.set("Rounds (epochs)", "12")
    page.get_by_text("16 × 2 steps and readings").wait_for()
    hands.ready()
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")
    return hands


def test_readings_are_lines_over_time_from_the_data_to_the_mistakes(waving: Hands, tmp_path: Path) -> None:
    page, lines = waving.page, re.compile("16 steps of turn, lift$")
    waving.go("Data")
    expect(page.get_by_role("img", name=lines)).to_have_count(13)  # one large, and twelve to choose from
    page.get_by_role("button", name="wave").last.click()
    page.get_by_role("heading", name="wave").wait_for()
    waving.go("Look")
    page.get_by_role("button", name="Filter 3 of").click()
    page.get_by_role("heading", name="Filter 3 of conv1d").wait_for()
    page.get_by_text("a row for each of the 2 lines that it looks at, a column for each of 5 steps").wait_for()
    page.get_by_role("img", name=lines).nth(8).wait_for()
    waving.press("One example, step by step")
    page.get_by_role("region", name="Steps").get_by_role(
        "button", name=re.compile("^Conv1D( 1)? conv1d$")
    ).first.click()
    page.get_by_role("heading", name="What it sees").wait_for()
    waving.go("Try")
    page.get_by_role("img", name=lines).wait_for()
    page.get_by_role("heading", name="What spoke for it").wait_for()
    waving.press("Another held-back window")
    page.get_by_text("That is right.").wait_for()
    with page.expect_download() as taken:
        page.get_by_test_id("rows").set_input_files(tmp_path / "motion.csv")
    assert Path(taken.value.path()).read_text(encoding="utf-8").startswith("row,class,probability_still")
    waving.go("Results")
    page.get_by_role("button", name="wave told as wave").click()
    page.get_by_role("heading", name="wave, told as wave").wait_for()
    page.get_by_role("img", name=lines).nth(3).wait_for()


def test_readings_fit_a_phone_and_pass_axe_core(waving: Hands) -> None:
    assert faults(waving, "dark") == {}
    assert too_wide(waving, 375) == []
