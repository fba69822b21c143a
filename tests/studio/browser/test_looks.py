"""Every screen fits a phone and passes axe-core, light and dark."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from pellucid.saving import load_model
from studio.browser.hands import Hands

pytestmark = pytest.mark.long

SCREENS = ("Data", "Network", "Train", "Look", "Try", "Results", "Runs")
AXE = Path(__file__).parents[3] / "studio-web" / "node_modules" / "axe-core" / "axe.min.js"


# The colour in the middle of each number of each picture, where the page shows it.
COLOURS = """({ size }) => {
  const buttons = [...document.querySelectorAll('button[aria-label^="Neuron "]')];
  const canvas = buttons[0].closest('div').querySelector('canvas');
  const all = canvas.getBoundingClientRect(), by = canvas.width / all.width, context = canvas.getContext('2d');
  return buttons.map(button => {
    const box = button.getBoundingClientRect(), edge = all.left - buttons[0].getBoundingClientRect().left;
    const side = (box.width - 2 * edge) / size;
    return Array.from({ length: size * size }, (_, i) => {
      const x = box.left + edge + (i % size + 0.5) * side, y = box.top + edge + (Math.floor(i / size) + 0.5) * side;
      return [...context.getImageData((x - all.left) * by, (y - all.top) * by, 1, 1).data];
    });
  });
}"""


@pytest.fixture
def trained(hands: Hands) -> Hands:
    """A page with something on every screen."""
    hands.skip_guide()
    hands.go("Network")
    hands.set("Rounds (epochs)", "5")
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("done")
    return hands


def too_wide(hands: Hands, width: int) -> list[str]:
    """The screens that do not fit into a window of this width."""
    found = []
    hands.page.set_viewport_size({"width": width, "height": 812})
    for screen in SCREENS:
        hands.go(screen)
        hands.settled()
        if hands.page.evaluate("document.documentElement.scrollWidth") > width:
            found.append(screen)
    return found


def faults(hands: Hands, scheme: str) -> dict[str, list[str]]:
    """What axe-core finds on every screen."""
    if not AXE.exists():
        pytest.skip("axe-core is not there; `npm ci` in studio-web brings it")
    page, found = hands.page, {}
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    page.evaluate(AXE.read_text(encoding="utf-8"))
    for screen in SCREENS:
        hands.go(screen)
        hands.settled()
        told = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")
        found |= {f"{screen}: {one['id']}": [node["target"] for node in one["nodes"]] for one in told["violations"]}
    return found


def test_nothing_is_wider_than_the_window(trained: Hands) -> None:
    assert {width: too_wide(trained, width) for width in (375, 768, 1440)} == {375: [], 768: [], 1440: []}


def test_another_screen_begins_at_its_top(trained: Hands) -> None:
    page = trained.page
    trained.go("Network")
    page.locator("[data-open='0']").click()  # whose settings stand below, on a phone
    page.set_viewport_size({"width": 375, "height": 812})
    for screen in ("Train", "Network", "Look"):
        page.evaluate("scrollTo(0, 400)")
        trained.go(screen)
        trained.settled()
        assert (screen, page.evaluate("scrollY")) == (screen, 0)


def test_the_bars_of_an_answer_begin_at_one_place_however_long_its_names_are(trained: Hands) -> None:
    page = trained.page
    trained.go("Data")
    trained.choose("Sensors")
    trained.go("Network")
    trained.set("Rounds (epochs)", "1")
    trained.go("Train")
    trained.press("Train")
    trained.state("done")
    trained.go("Try")
    begins = "() => [...document.querySelectorAll('.answer ul')].map(list => [...list.querySelectorAll('.track')]"
    page.wait_for_function(f"{begins}).filter(bars => bars.length > 3).length === 2")
    for bars in page.evaluate(f"{begins}.map(bar => bar.getBoundingClientRect().left))"):
        assert bars == [bars[0]] * len(bars)


def test_axe_core_finds_nothing(trained: Hands) -> None:
    assert {scheme: faults(trained, scheme) for scheme in ("light", "dark")} == {"light": {}, "dark": {}}


def test_under_each_number_its_neuron_is_drawn(trained: Hands, tmp_path: Path) -> None:
    trained.go("Look")
    page = trained.page
    page.get_by_role("button", name="Neuron 1 of").first.wait_for()
    trained.settled()
    (folder,) = (tmp_path / "runs").iterdir()
    kernel = load_model(folder / "model.keras").get_layer("dense").get_weights()[0]  # (64, units), of 8 by 8 pictures
    places = page.evaluate(COLOURS, {"size": 8})
    assert len(places) == min(kernel.shape[1], 64)
    for n, (picture, weights) in enumerate(zip(np.array(places), kernel.T, strict=False)):
        clear = np.abs(weights) > 0.3 * np.abs(kernel).max()
        assert clear.any()
        bluer = (picture[:, 2] - picture[:, 0])[clear] > 0
        np.testing.assert_array_equal(bluer, weights[clear] > 0, err_msg=f"neuron {n + 1}")
