"""Training: steered to the step, and watched from a tab that was closed meanwhile."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from studio.browser.hands import Hands, expect
from studio.browser.late import NO_LINE

pytestmark = pytest.mark.long


def start(hands: Hands) -> None:
    """A training that takes long enough to be steered."""
    hands.skip_guide()
    hands.choose("Spirals")
    hands.go("Network")
    hands.set("Rounds (epochs)", "3000")
    hands.go("Train")
    hands.page.get_by_label("How fast").select_option("200 steps a second")
    hands.go("Network")
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()


@pytest.fixture
def trainer(hands: Hands) -> Hands:
    """In front of one that has begun."""
    start(hands)
    hands.state("running")
    hands.wait_for_step(50)
    return hands


def test_pause_exactly_one_step_and_go_on(trainer: Hands) -> None:
    trainer.press("Pause")
    trainer.state("paused")
    at = trainer.still_at()
    for done in (1, 2, 3):
        trainer.press("One step")
        trainer.wait_for_step(at + done)
        assert trainer.still_at() == at + done
    trainer.press("Go on")
    trainer.state("running")
    trainer.wait_for_step(at + 100)
    trainer.press("Finish here")
    trainer.state("done")


def test_a_training_begins_with_one_step_and_goes_on_as_slowly_as_is_asked(hands: Hands) -> None:
    hands.skip_guide()
    hands.go("Train")
    how_fast = hands.page.get_by_label("How fast")
    how_fast.select_option("10 steps a second")
    hands.press("One step")
    hands.wait_for_step(1)
    hands.state("paused")
    assert hands.still_at() == 1
    began = time.monotonic()
    hands.press("One round")
    hands.wait_for_step(41)
    hands.state("paused")
    assert time.monotonic() - began > 3, "an epoch of 41 steps, ten a second"
    hands.press("Go on")
    hands.wait_for_step(45)
    no_faster = re.compile(r"(?<![\d.,])(\d|10|11)(\.\d+)? steps a second")  # slower, where others are at work
    expect(hands.page.get_by_role("region", name="Now", exact=True)).to_contain_text(no_faster)
    how_fast.select_option("As fast as it can")
    hands.state("done")


def test_starting_over_breaks_off_what_trains(trainer: Hands) -> None:
    trainer.press("Start over")
    trainer.state("running", "spirals-2")
    trainer.go("Runs")
    card = trainer.page.locator(".card", has_text="spirals-1")
    card.get_by_text("stopped", exact=True).wait_for()
    trainer.go("Train")
    trainer.press("Finish here")
    trainer.state("done", "spirals-2")


def test_what_was_trained_before_does_not_pass_for_what_is_getting_ready(hands: Hands) -> None:
    hands.skip_guide()
    hands.choose("Moons")
    hands.go("Train")
    hands.press("Train")
    hands.state("done")
    bar = hands.page.get_by_role("region", name="Training")
    bar.get_by_text(re.compile(r"round \d+ of \d+")).wait_for()
    hands.page.evaluate("() => WebSocket.prototype.send = () => undefined")  # the answer is long in coming
    hands.press("Train")
    hands.state("starting")
    expect(bar).not_to_contain_text("round")
    expect(bar.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "0")
    hands.page.reload()


def test_a_press_on_train_before_the_line_is_there_waits_for_it_and_starts(hands: Hands) -> None:
    hands.context.add_init_script(NO_LINE)
    hands.page = hands.tab()
    hands.skip_guide()
    hands.choose("Moons")
    hands.go("Train")
    hands.press("Train")
    hands.state("starting")
    hands.page.evaluate("letThrough()")
    hands.state("done")


def test_a_training_that_ends_early_says_why(hands: Hands, table: Path) -> None:
    hands.skip_guide()
    hands.bring(table, "buys", "one of 2: no, yes")
    hands.go("Train")
    hands.press("Train")
    hands.state("done")
    told = hands.page.get_by_label("Trained").get_by_text("It stopped after").inner_text()
    done, planned, patience = map(int, re.findall(r"\d+", told))
    assert patience == 20 < done < planned


def test_a_training_that_somebody_ends_does_not_say_that_nothing_was_gained(trainer: Hands) -> None:
    trainer.press("Finish here")
    trainer.state("done")
    trainer.page.get_by_label("Trained").get_by_text("never seen").wait_for()
    expect(trainer.page.get_by_text("It stopped after")).to_have_count(0)


def test_a_step_size_changed_while_it_stands_still_is_shown_at_once(trainer: Hands) -> None:
    """Of the next step the curve tells; until then the slider went back to what was."""
    trainer.press("Pause")
    trainer.state("paused")
    slider = trainer.page.get_by_role("slider", name="Step size")
    slider.fill("-4")
    expect(slider).to_have_attribute("aria-valuetext", "0.0001")
    for again in (False, True):  # and in a tab that comes later
        if again:
            trainer.page.reload()
            trainer.state("paused")
        trainer.settled()
        expect(slider).to_have_attribute("aria-valuetext", "0.0001")
        expect(slider).to_have_value("-4")
    trainer.press("Finish here")
    trainer.state("done")


def test_the_doctor_speaks_of_settings_as_the_page_does(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    hands.set("Step size", "3")
    hands.set("Rounds (epochs)", "5")
    hands.go("Train")
    hands.press("Train")
    hands.state("done")
    hands.press("Have the doctor look at it thoroughly")
    found = page.get_by_role("article").filter(has_text="The step size is too high")
    found.wait_for()
    assert not re.search("learning rate|epoch", found.inner_text(), re.IGNORECASE)
    term = found.get_by_role("button", name="step size").first
    expect(term).to_have_attribute("aria-description", re.compile("^Learning rate: "))
    found.get_by_role("button", name="Do it").click()
    hands.state("done", "digits-2")
    expect(page.get_by_text("The step size is too high")).to_have_count(0)


def test_one_tab_steers_and_another_may_take_over(trainer: Hands) -> None:
    first, second = trainer.page, trainer.tab()
    second.get_by_role("navigation").get_by_role("link", name="Train").click()
    pause = second.get_by_role("button", name="Pause", exact=True)
    pause.wait_for()
    expect(pause).to_be_disabled()
    second.get_by_role("button", name="Steer from this tab").click()
    pause.click()
    trainer.state("paused")
    first.get_by_role("button", name="Steer from this tab").wait_for()
    trainer.page = second
    trainer.press("Finish here")
    trainer.state("done")


def test_a_tab_loaded_anew_before_the_start_was_answered_finds_its_run(hands: Hands) -> None:
    start(hands)
    hands.page.reload()
    hands.go("Train")
    hands.state("running")
    hands.wait_for_step(50)
    hands.press("Finish here")
    hands.state("done")


# How often the page is drawn for what it was told while it could not be.
DRAWN = """async () => {
  let drawn = 0;
  new MutationObserver(() => drawn++).observe(document.querySelector("[aria-label=Training]"), { attributes: true });
  const end = performance.now() + 2000;
  while (performance.now() < end);
  await new Promise(done => setTimeout(done, 50));
  return drawn;
}"""


def test_what_a_slow_page_was_told_meanwhile_is_drawn_at_once(trainer: Hands) -> None:
    assert trainer.page.evaluate(DRAWN) < 6  # of twenty times that it was told
    trainer.press("Finish here")
    trainer.state("done")


def test_a_tab_closed_and_opened_again_has_the_whole_curve(trainer: Hands) -> None:
    before = trainer.step()
    trainer.page.close()
    trainer.page = trainer.tab()
    trainer.go("Train")
    trainer.wait_for_step(before + 50)
    trainer.press("Pause")
    trainer.state("paused")
    shown = trainer.page.get_by_role("img", name="How wrong it is")
    expect(shown).to_have_attribute("aria-label", re.compile("^[^–]+$"))
    trainer.press("Finish here")
    trainer.state("done")


def test_on_a_phone_what_was_reached_is_seen_without_scrolling_and_nothing_jumps(trainer: Hands) -> None:
    page = trainer.page
    page.set_viewport_size({"width": 375, "height": 812})
    curve = page.get_by_role("img", name="How wrong it is")
    before = curve.evaluate("one => one.getBoundingClientRect().top + scrollY")
    trainer.press("Finish here")
    trainer.state("done")
    reached = page.get_by_label("Training").get_by_role("button", name="%")
    expect(reached).to_be_in_viewport()
    assert curve.evaluate("one => one.getBoundingClientRect().top + scrollY") == before
    reached.click()
    expect(page.get_by_label("Trained")).to_be_in_viewport()
