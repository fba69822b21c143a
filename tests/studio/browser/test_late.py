"""On a machine that is busy, an answer may come when the page is about something else: it changes nothing then."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import EpochEnded, Event, train
from pellucid.saving import load_model
from studio.browser.hands import Hands, expect
from studio.browser.late import HELD, NO_LINE, Late

pytestmark = pytest.mark.long


def trained(hands: Hands, data: str, run: str, epochs: int = 3) -> None:
    hands.go("Data")
    hands.choose(data)
    hands.go("Network")
    hands.set("Rounds (epochs)", str(epochs))
    begin(hands)
    hands.state("done", run)
    hands.settled()


def begin(hands: Hands) -> None:
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()


def test_what_a_run_was_before_it_ended_is_not_what_it_is(hands: Hands) -> None:
    hands.skip_guide()
    late = Late(hands, "runs/moons-1")
    hands.choose("Moons")
    hands.go("Train")
    hands.press("Train")
    hands.state("done")
    thorough = hands.page.get_by_role("button", name="Have the doctor look at it thoroughly")
    late.comes()
    expect(thorough).to_be_visible()


def test_an_order_to_a_run_that_has_ended_meanwhile_leaves_it_ended(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.choose("Moons")
    hands.go("Train")
    pace = page.get_by_label("How fast")
    pace.select_option("10 steps a second")  # which does not end before the order to pause is held
    hands.go("Network")
    hands.set("Rounds (epochs)", "100")
    begin(hands)
    hands.state("running")
    page.evaluate(HELD, "pause")
    hands.press("Pause")
    pace.select_option("As fast as it can")
    hands.state("done")
    hands.go("Runs")
    page.get_by_role("article", name="moons-1").get_by_text("trained", exact=True).wait_for()
    page.wait_for_timeout(1000)  # its process is gone
    hands.go("Train")
    page.evaluate("letThrough()")
    page.wait_for_timeout(500)
    hands.settled()
    hands.state("done")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_run_that_is_looked_up_does_not_take_the_place_of_one_that_is_asked_for(hands: Hands) -> None:
    hands.skip_guide()
    trained(hands, "Moons", "moons-1")
    hands.page.close()
    late = Late(hands, "runs/moons-1", 2)
    hands.page = page = hands.tab()
    late.made()
    hands.go("Train")
    page.evaluate(HELD, "start")
    hands.press("Train")
    hands.state("starting")
    late.comes()
    hands.state("starting")
    page.evaluate("letThrough()")
    hands.state("done", "digits-1")


def test_how_fast_it_is_to_go_may_be_said_while_it_gets_ready(hands: Hands, tmp_path: Path) -> None:
    page = hands.page
    hands.skip_guide()
    trained(hands, "Moons", "moons-1", 100)
    again, pace = page.get_by_role("button", name="Start over with new weights"), page.get_by_label("How fast")
    pace.select_option("1 step a second")
    page.evaluate(HELD, "restart")
    again.dblclick()
    pace.select_option("10 steps a second")
    page.evaluate("letThrough()")
    hands.state("running", "moons-2")
    hands.settled()
    expect(pace).to_have_value("10")
    pace.select_option("As fast as it can")
    hands.state("done", "moons-2")
    expect(page.get_by_role("alert")).to_have_count(0)
    assert sorted(one.name for one in (tmp_path / "runs").iterdir()) == ["moons-1", "moons-2"]  # pressed twice


def test_a_press_on_go_on_before_the_line_is_there_waits_for_it(hands: Hands, tmp_path: Path) -> None:
    class Broken(Exception):
        pass

    def on_event(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 1:
            raise Broken

    with pytest.raises(Broken):
        train(
            TrainSpec.of({"data": "moons", "layers": [4], "epochs": 3}),
            out=tmp_path / "runs" / "broken",
            on_event=on_event,
        )
    hands.context.add_init_script("localStorage.setItem('pellucid-run', 'broken')")
    hands.context.add_init_script(NO_LINE)
    hands.page.close()
    hands.page = hands.tab()
    hands.skip_guide()
    hands.go("Train")
    hands.press("Go on")
    hands.state("starting")
    hands.page.evaluate("letThrough()")
    hands.state("done", "broken")


def test_a_list_of_runs_from_before_brings_none_back(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    trained(hands, "Moons", "moons-1")
    late = Late(hands, "runs")
    hands.go("Runs")
    late.made()
    page.get_by_role("button", name="Delete moons-1").click()
    page.get_by_role("button", name="Delete", exact=True).dblclick()
    page.get_by_text("No runs yet").wait_for()
    late.comes()
    expect(page.get_by_text("No runs yet")).to_be_visible()
    expect(page.get_by_text("moons-1 is deleted.").first).to_be_visible()


def test_of_several_places_that_were_pressed_the_last_is_shown(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    trained(hands, "Digits", "digits-1", 5)
    hands.go("Look")
    page.get_by_role("button", name="Neuron 3 of").wait_for()
    hands.settled()
    late = Late(hands, r"runs/digits-1/picture/neuron\?.*unit=1&.*")
    page.get_by_role("button", name="Neuron 2 of").click()
    page.get_by_role("button", name="Neuron 3 of").click()
    shown = page.get_by_role("region", name="Neuron 3 of")
    shown.get_by_text("weights from").wait_for()
    late.comes()
    expect(shown.get_by_text("weights from")).to_be_visible()

    hands.press("One example, step by step")
    page.get_by_text("All its numbers").or_(page.get_by_role("heading", name="gives")).first.wait_for()
    late = Late(hands, "runs/digits-1/why")
    page.get_by_role("button", name="x, 0").or_(page.locator("[aria-label='The step'] button.num")).first.click()
    late.made()
    hands.press("Forward")
    late.comes()
    expect(page.get_by_text("Press a number, or a place in a picture")).to_be_visible()

    hands.go("Results")
    field = page.get_by_role("button", name="told as")
    zeros, ones = field.and_(page.get_by_label("0 told as 0")), field.and_(page.get_by_label("1 told as 1"))
    late = Late(hands, r"runs/digits-1/results/cell\?true=0&said=0")
    zeros.click()
    ones.click()
    said = page.get_by_role("region", name="1, told as 1").get_by_role("listitem").first.locator("b")
    expect(said).to_have_text("1")
    late.comes()
    expect(said).to_have_text("1")


def test_what_was_asked_of_one_run_is_not_told_of_the_next(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    trained(hands, "Digits", "digits-1", 2)
    hands.go("Data")
    hands.choose("Moons")
    hands.go("Network")
    page.evaluate(HELD, "start")
    begin(hands)
    late = Late(hands, "runs/digits-1/results")
    hands.go("Results")
    late.made()
    page.evaluate("letThrough()")
    page.get_by_role("button", name="told as").first.wait_for()
    late.comes()
    expect(page.get_by_role("button", name="9 told as 9")).to_have_count(0)
    expect(page.get_by_role("button", name="1 told as 1")).to_have_count(1)


def test_a_row_that_comes_late_leaves_what_was_written_meanwhile(hands: Hands, table: Path) -> None:
    page = hands.page
    hands.skip_guide()
    hands.bring(table, "buys", "one of 2: no, yes")
    hands.go("Train")
    hands.press("Train")
    hands.state("done")
    hands.go("Try")
    page.get_by_text("sure").first.wait_for()
    hands.settled()
    late = Late(hands, "runs/people-1/predict")
    hands.press("Ask about a held-back row")
    age = page.get_by_label("age", exact=True)
    age.fill("17")
    late.comes()
    expect(age).to_have_value("17")
    hands.press("Ask about a held-back row")
    expect(age).not_to_have_value("17")


def test_a_search_that_has_ended_before_its_beginning_was_answered_has_ended(hands: Hands) -> None:
    pytest.importorskip("optuna")
    page = hands.page
    hands.search_form("Moons")
    hands.tries(2)
    late = Late(hands, "tune")
    hands.press("Search")
    done = page.locator('[aria-label="Search"][data-state="done"]')
    done.wait_for()
    late.comes()
    expect(done).to_be_visible()


def test_a_search_that_is_looked_up_when_the_page_is_loaded_ends_when_it_ends(hands: Hands) -> None:
    pytest.importorskip("optuna")
    page = hands.page
    hands.search_form("Moons")
    hands.tries(5000)
    hands.press("Search")
    page.locator("li.best").wait_for()
    late = Late(hands, "tune/moons-1")
    page.reload()
    late.made()
    hands.press("Stop and keep the best")
    done = page.locator('[aria-label="Search"][data-state="done"]')
    done.wait_for()
    late.comes()
    expect(done).to_be_visible()


def test_what_is_asked_of_some_runs_is_not_told_of_others(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    for run in ("moons-1", "moons-2", "moons-3"):
        trained(hands, "Moons", run, 1)
    hands.go("Runs")
    late = Late(hands, r"compare\?runs=.*")
    for run in ("moons-1", "moons-2"):
        page.get_by_label(f"Compare {run}").check()
    hands.press("Compare 2")
    late.made()
    page.keyboard.press("Escape")
    page.get_by_label("Compare moons-3").check()
    hands.press("Compare 3")
    heads = page.get_by_role("dialog").locator("thead th")
    expect(heads).to_have_count(3)
    late.comes()
    expect(heads).to_have_count(3)
    page.keyboard.press("Escape")

    late = Late(hands, "runs/moons-1/serve")
    page.get_by_role("article", name="moons-1").get_by_role("button", name="Take out").click()
    hands.press("Serve it")
    late.made()
    hands.press("Close")
    page.get_by_role("article", name="moons-2").get_by_role("button", name="Take out").click()
    late.comes()
    expect(page.get_by_role("button", name="Serve it")).to_be_visible()
    expect(page.get_by_role("link", name="http://127.0.0.1")).to_have_count(0)


def test_a_copy_that_takes_long_does_not_take_the_place_of_a_later_choice(hands: Hands, table: Path) -> None:
    page = hands.page
    table.write_text(table.read_text("utf-8") + "n.n.,50,Ulm,yes\n", "utf-8")
    hands.skip_guide()
    hands.foresee("422 POST /api/data")
    page.get_by_test_id("file").set_input_files(table)
    late = Late(hands, "data/emptied")
    hands.press("Leave this cell and others like it empty, in a copy")
    late.made()
    hands.choose("Moons")
    late.comes()
    expect(page.get_by_role("button", name="Moons")).to_have_attribute("aria-pressed", "true")


def test_a_file_that_takes_long_to_come_does_not_take_the_place_of_a_later_choice(hands: Hands, table: Path) -> None:
    page = hands.page
    hands.skip_guide()
    late = Late(hands, r"uploads\?name=people.csv")
    page.get_by_test_id("file").set_input_files(table)
    late.made()
    hands.choose("Moons")
    late.comes()
    expect(page.get_by_role("button", name="Moons")).to_have_attribute("aria-pressed", "true")


def test_an_output_that_follows_the_data_does_so_in_a_page_loaded_anew(hands: Hands) -> None:
    page = hands.page
    hands.skip_guide()
    hands.go("Network")
    hands.press("Add Dropout")
    hands.settled()
    hands.go("Data")
    hands.choose("Moons")
    hands.settled()
    page.reload()
    hands.go("Network")
    hands.ready()
    expect(page.get_by_role("button", name="Answer")).to_contain_text("one neuron for each of 2 answers")
    expect(page.locator(".end.wrong")).to_have_count(0)


def test_what_is_trained_on_other_data_waits_for_the_output_that_they_ask_for(hands: Hands, tmp_path: Path) -> None:
    hands.skip_guide()
    hands.go("Network")
    hands.press("Add Dropout")
    hands.settled()
    hands.go("Data")
    late = Late(hands, "data")
    hands.page.locator("button.set", has_text="Moons").click()
    late.made()
    hands.go("Train")
    train = hands.page.get_by_role("region", name="Training").get_by_role("button", name="Train")
    expect(train).to_be_disabled()
    late.comes()
    train.click()
    hands.state("done")
    assert load_model(tmp_path / "runs" / "moons-1" / "model.keras").output_shape == (None, 2)


def test_a_mending_that_is_pressed_twice_is_done_once(hands: Hands) -> None:
    page = hands.page
    hands.filters_for_rows()
    page.get_by_role("button", name="Bring it into the form 8 × 8 × 1").dblclick()
    page.get_by_text("gives 8 × 8 × 8").wait_for()
    hands.settled()
    expect(hands.blocks().filter(has_text="Reshape")).to_have_count(1)
