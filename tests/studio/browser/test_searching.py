"""A search for better settings: asked for in a form, watched, stopped, and what it finds used like any other run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pellucid.actions.tune import Search
from studio.browser.hands import Hands, expect
from studio.browser.test_looks import AXE

pytest.importorskip("optuna")
pytestmark = pytest.mark.long


def begin(hands: Hands, tries: int) -> None:
    hands.tries(tries)
    hands.press("Search")


def state(hands: Hands, wanted: str) -> None:
    hands.page.locator(f'[aria-label="Search"][data-state="{wanted}"]').wait_for()


def test_a_search_finds_a_network_that_is_a_run_like_any_other(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.search_form("Moons")
    page.get_by_role("checkbox", name="Bend (activation)").uncheck()
    hands.press("Say how far each may vary")
    page.get_by_role("textbox", name="Layers, how many layers, to").fill("2")
    page.get_by_role("group", name="Examples per step").get_by_label("8", exact=True).uncheck()
    page.get_by_label("What counts as better").select_option("accuracy")
    page.get_by_text("Weigh it against something else").click()
    page.get_by_role("checkbox", name="parameters").check()
    begin(hands, 4)
    state(hands, "done")
    (folder,) = (tmp_path / "runs").iterdir()
    assert Search.read(folder / "search.toml").how.metric == ["accuracy", "parameters"]
    told = page.get_by_role("region", name="Tries").inner_text()
    assert sum(map(int, re.findall(r"(\d+) (?:done|given up early)", told))) == 4
    page.locator(".good .value").wait_for()
    best = page.locator("li.best").inner_text()
    assert "Bend" not in best
    tried = [one.inner_text() for one in page.get_by_role("region", name="Tries").get_by_role("listitem").all()]
    assert all(re.search(r"Examples per step\s+(16|32)\s", one) for one in tried)
    assert all(len(re.findall(r"\d+", re.search(r"Layers\s+([\d, ]+)", one)[1])) <= 2 for one in tried)  # type: ignore[index]
    hands.press("Mistakes")
    page.get_by_text("examples held back to test").wait_for()
    page.go_back()
    hands.press("Take it into the network")
    page.get_by_role("region", name="Your network").wait_for()
    spec = page.evaluate("JSON.parse(sessionStorage.getItem('pellucid-spec'))")
    assert re.search(rf"Layers\s+{', '.join(map(str, spec['layers']))}\s", best)
    assert "validation_split" not in spec  # what is trained next is watched, though the best has learned from all rows
    hands.go("Runs")
    page.get_by_role("article", name="moons-1").get_by_role("button", name="Take out").wait_for()


def test_of_several_metrics_the_one_that_is_drawn_is_chosen(hands: Hands) -> None:
    page = hands.page
    hands.search_form("Moons")
    page.get_by_text("Weigh it against something else").click()
    page.get_by_role("checkbox", name=re.compile("right")).check()
    begin(hands, 4)
    state(hands, "done")
    drawn = page.get_by_role("region", name="Tries").get_by_role("img")
    expect(drawn).to_have_attribute("aria-label", re.compile("^How wrong and how unsure it is of 4 tries"))
    page.get_by_role("group", name="What is drawn").get_by_text("How often it is right").click()
    right = re.compile(r"^How often it is right of 4 tries, the best \d+(\.\d+)? %$")
    expect(drawn).to_have_attribute("aria-label", right)


def test_a_page_loaded_anew_finds_the_search_and_stops_it(hands: Hands) -> None:
    page = hands.page
    hands.search_form("Moons")
    begin(hands, 5000)
    page.locator("li.best").wait_for()
    page.reload()
    state(hands, "searching")
    hands.go("Data")
    hands.press("Watch it")
    hands.press("Stop and keep the best")
    state(hands, "done")
    expect(page.locator(".good .value")).to_have_text(re.compile("%$"))
    page.reload()
    state(hands, "done")
    hands.press("Another search")
    hands.press("moons-1")  # which is an earlier one by now
    state(hands, "done")
    hands.press("Delete moons-1")
    hands.settled()  # else the page may still look up what is deleted
    hands.press("Delete")
    page.get_by_role("button", name="Search", exact=True).wait_for()
    expect(page.get_by_role("button", name="moons-1")).to_have_count(0)


def test_it_fits_a_phone_and_passes_axe_core(hands: Hands) -> None:
    page = hands.page
    page.set_viewport_size({"width": 375, "height": 812})
    hands.search_form("Digits")
    hands.press("Say how far each may vary")
    found = {"form": looked(hands)}
    begin(hands, 3)
    state(hands, "done")
    page.locator(".good .value").wait_for()
    found["ended"] = looked(hands)
    assert found == {"form": [], "ended": []}


def looked(hands: Hands) -> list[str]:
    """What is wrong with the page as it is, light and dark."""
    found = []
    for scheme in ("light", "dark"):
        hands.page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        hands.settled()
        assert hands.page.evaluate("document.documentElement.scrollWidth") <= 375
        if AXE.exists():
            hands.page.evaluate(AXE.read_text(encoding="utf-8"))
            told = hands.page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
            found += [
                f"{scheme}, {one['id']}: {[node['target'] for node in one['nodes']]}" for one in told["violations"]
            ]
    return found
