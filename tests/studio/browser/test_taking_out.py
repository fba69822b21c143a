"""Runs: compared, renamed, taken out, shared, deleted; and a doctor whose remedy is one click."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest

from studio.browser.hands import Hands, expect

pytestmark = pytest.mark.long

BEGINNINGS = {"NumPy script": b"", ".keras": b"PK", "ONNX": b"\x08", "Spec": b"data", "Everything": b"PK", "C": b""}


def train(hands: Hands, run: str = "digits-1", epochs: str = "5") -> None:
    hands.go("Network")
    hands.set("Rounds (epochs)", epochs)
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done", run)


def test_runs_are_compared_renamed_taken_out_and_deleted(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.skip_guide()
    train(hands)
    train(hands, "digits-2", "7")
    hands.go("Runs")
    page.get_by_label("Compare digits-1").check()
    page.get_by_label("Compare digits-2").check()
    hands.press("Compare 2")
    differ = page.get_by_role("dialog").get_by_role("row", name=re.compile("^Rounds"))
    assert differ.inner_text().split() == ["Rounds", "(epochs)", "5", "7"]
    page.keyboard.press("Escape")

    hands.press("Rename digits-2")
    page.get_by_label("New name").fill("better")
    hands.settled()  # else the page may still look it up under the name that it has no more
    hands.press("Rename")
    better = page.get_by_role("article", name="better")
    better.get_by_role("button", name="Take out").click()
    for name, beginning in BEGINNINGS.items():
        with page.expect_download() as taken:
            page.get_by_role("dialog").get_by_role("button", name=re.compile(f"^{re.escape(name)} ")).click()
        assert Path(taken.value.path()).read_bytes().startswith(beginning), name
        if name == "Everything":
            taken.value.save_as(tmp_path / "run.zip")
            assert any(one.endswith("spec.toml") for one in zipfile.ZipFile(tmp_path / "run.zip").namelist())
    page.get_by_role("dialog").get_by_role("button", name="Close").click()

    hands.press("Delete better")
    hands.press("Delete")
    better.wait_for(state="detached")
    page.locator("input[accept='.zip']").set_input_files(tmp_path / "run.zip")
    expect(page.locator("main article")).to_have_count(2)


def test_a_link_holds_the_network(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    hands.press("Add Dropout")
    expect(page.locator("[data-block]")).to_have_count(2)
    hands.press("Share this network")
    link = page.get_by_label("Link", exact=True).input_value()
    assert "token" not in link
    other = hands.context.new_page()
    other.goto(link)
    other.get_by_role("navigation").get_by_role("link", name="Network").click()
    expect(other.locator("[data-block]")).to_have_count(2)
    assert "spec=" not in other.url


def test_the_doctors_remedy_is_one_click(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    page.locator("[data-block]").first.wait_for()
    hands.set("Step size", "3")
    page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    page.get_by_role("region", name="The doctor").get_by_role("button", name="Do it").first.click()
    hands.go("Network")
    expect(page.get_by_role("textbox", name="Step size", exact=True)).not_to_have_value(re.compile("^3?$"))


def test_whether_a_run_is_served_is_told_of_that_run_alone(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    train(hands, epochs="2")
    train(hands, "digits-2", "2")
    hands.go("Runs")

    def dialog_of(run: str) -> None:
        page.get_by_role("article", name=run).get_by_role("button", name="Take out").click()

    dialog_of("digits-1")
    hands.press("Serve it")
    address = page.get_by_role("link", name="http://127.0.0.1").get_attribute("href")
    hands.press("Close")
    dialog_of("digits-2")
    page.get_by_role("button", name="Serve it").wait_for()
    hands.press("Close")
    dialog_of("digits-1")
    expect(page.get_by_role("link", name="http://127.0.0.1")).to_have_attribute("href", address)
    hands.press("Stop serving")
    page.get_by_role("button", name="Serve it").wait_for()
