"""However long a training takes, the server keeps no more of it, and what is needed for a look does not stay."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pellucid.actions.runs import Run
from pellucid.studio import hub
from pellucid.studio.course import Course, at_rest
from pellucid.studio.curves import MOST, SENT
from pellucid.studio.desk import Desk
from pellucid.studio.process import Process
from studio.conftest import Page, Talk

EPOCHS, STEPS = 20_000, 3


def row(step: int) -> list[Any]:
    """Of a curve that has its lowest loss in the middle."""
    return [step, step / STEPS, abs(step - EPOCHS * STEPS // 2) + 0.5, 0.5, None, None, 0.001]


def test_a_course_keeps_no_more_of_many_epochs_and_stays_true_at_its_ends_and_depth():
    course, tellings = Course("digits-1", "running"), 0
    for epoch in range(EPOCHS):
        rows = [row(epoch * STEPS + n) for n in range(STEPS)]
        course.add({"rows": rows, "speed": 1.0, "left": None, "step": rows[-1][0], "epoch": epoch})
        course.tell("saved", {"step": rows[-1][0]})
        course.tell_state("running")
        tellings += 2
    kept, (whole, sent) = course.curve.rows, course.curve.since(0)
    assert MOST // 8 < len(kept) <= MOST
    assert len(course.told) == 2
    assert course.last == tellings + 1
    assert whole
    assert len(sent) <= SENT
    for each in (kept, sent):
        assert (each[0], each[-1]) == (row(0), row(EPOCHS * STEPS - 1))
        assert min(each, key=lambda one: one[2]) == row(EPOCHS * STEPS // 2)


def test_a_course_read_from_a_long_history_is_kept_as_short(tmp_path: Path):
    lines = ["epoch,loss", *(f"{n},{row(n)[2]}" for n in range(2 * MOST))]
    (tmp_path / "history.csv").write_text("\n".join(lines) + "\n")
    course = at_rest("digits-1", Run(tmp_path))
    assert MOST // 8 < len(course.curve.rows) <= MOST
    assert (course.curve.rows[0][0], course.curve.rows[-1][0]) == (1, 2 * MOST)
    assert course.pace["step"] == 2 * MOST
    before = course.curve.next
    course.curve.add([row(2 * MOST + 1)])
    assert course.curve.since(before) == (False, [row(2 * MOST + 1)])
    assert course.curve.since(0)[0]
    assert course.curve.since(before - MOST)[0]


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What each process that is started is there for."""
    found: list[str] = []

    class Noted(Process):
        def __init__(self, *told: Any, **more: Any) -> None:
            found.append(told[4] if len(told) > 4 else "trainer")
            super().__init__(*told, **more)

    monkeypatch.setattr(hub, "Process", Noted)
    return found


def test_the_doctor_looks_in_a_process_of_its_own_and_nothing_of_it_stays(
    page: Page, talk: Talk, started: list[str], monkeypatch: pytest.MonkeyPatch
):
    opened: list[str] = []
    monkeypatch.setattr(Desk, "scene", lambda desk, name: opened.append(name))
    run = talk.start({"data": "moons", "layers": [8], "epochs": 2, "learning_rate": 1e-7})
    talk.of("state", state="done")
    assert [one["rule"] for one in talk.of("finding", run=run)["findings"]] == ["failed"]
    assert started == ["trainer", "examiner"]
    assert not opened


def test_a_first_sight_that_comes_late_does_not_take_the_place_of_what_a_thorough_look_found():
    course, seen, found = Course("digits-1", "running"), [{"rule": "dead_relu"}], [{"rule": "learning_rate_too_high"}]
    course.tell_findings(seen)
    course.tell_state("done")
    course.tell_findings(found, thorough=True)
    course.tell_findings(seen)
    assert (course.findings["findings"], course.findings["thorough"]) == (found, True)
    course.tell_state("running")
    course.tell_findings(seen)
    assert (course.findings["findings"], course.findings["thorough"]) == (seen, False)


def test_what_the_whole_doctor_found_is_told_to_all_pages_and_kept(page: Page, talk: Talk):
    run = talk.start({"data": "moons", "layers": [8], "epochs": 2, "learning_rate": 1e-7})
    talk.of("state", state="done")
    findings = page.post(f"runs/{run}/doctor")["findings"]
    assert findings
    assert talk.of("finding", run=run, thorough=True)["findings"] == findings
    told = page.get(f"runs/{run}")
    assert (told["findings"], told["thorough"]) == (findings, True)
