"""Every screen fits a phone and passes axe-core, light and dark."""

from __future__ import annotations

from pathlib import Path

import pytest

from studio.browser.hands import Hands

pytestmark = pytest.mark.long

SCREENS = ("Data", "Network", "Train", "Look", "Try", "Results", "Runs")
AXE = Path(__file__).parents[3] / "studio-web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def trained(hands: Hands) -> Hands:
    """A page with something on every screen."""
    hands.skip_guide()
    hands.go("Network")
    hands.set("Rounds (epochs)", "5")
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")
    return hands


def settled(hands: Hands) -> None:
    hands.page.wait_for_load_state("networkidle")
    hands.page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@pytest.mark.parametrize("width", [375, 768, 1440])
def test_nothing_is_wider_than_the_window(trained: Hands, width: int) -> None:
    trained.page.set_viewport_size({"width": width, "height": 812})
    for screen in SCREENS:
        trained.go(screen)
        settled(trained)
        assert trained.page.evaluate("document.documentElement.scrollWidth") <= width, screen


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_core_finds_nothing(trained: Hands, scheme: str) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not there; `npm ci` in studio-web brings it")
    page = trained.page
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = {}
    for screen in SCREENS:
        trained.go(screen)
        settled(trained)
        told = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        found |= {f"{screen}: {one['id']}": [node["target"] for node in one["nodes"]] for one in told["violations"]}
    assert found == {}
