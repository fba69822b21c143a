"""Runs that another program trains while the studio looks on."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest

from pellucid.actions.runs import Run
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import EpochEnded, Event, resume, train
from pellucid.files import write_text_whole
from pellucid.studio.listing import one
from studio.conftest import Page, Talk

SPEC = {"data": "moons", "layers": [4], "epochs": 3}


def look(page: Page, run: str) -> dict[str, Any]:
    """What the page is told of it."""
    (listed,) = (one for one in page.get("runs")["runs"] if one["id"] == run)
    told = page.get(f"runs/{run}")
    rows = page.get(f"runs/{run}/curve")["rows"]
    deleted = page.client.delete(f"/api/runs/{run}")
    assert told["state"] == listed["state"]
    return {**listed, "can": told["can"], "rows": [row[1] for row in rows], "deleted": deleted.status_code}


def test_its_curve_grows_until_it_has_ended(page: Page):
    seen: list[dict[str, Any]] = []

    def on_event(event: Event) -> None:
        if isinstance(event, EpochEnded):
            seen.append(look(page, "other"))

    train(TrainSpec.of(SPEC), out=Path("runs") / "other", on_event=on_event)
    assert [one["state"] for one in seen] == ["elsewhere"] * 3
    assert [one["rows"] for one in seen] == [[1.0], [1.0, 2.0], [1.0, 2.0, 3.0]]
    assert [one["epochs_done"] for one in seen] == [1, 2, 3]
    assert not any(one["live"] or "resume" in one["can"] for one in seen)
    assert [one["deleted"] for one in seen] == [409] * 3
    after = look(page, "other")
    assert (after["state"], after["deleted"]) == ("done", 204)


def test_one_that_was_broken_off_there_can_go_on_here(page: Page, talk: Talk):
    class Broken(Exception):
        pass

    def on_event(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == 1:
            assert page.get("runs/broken")["state"] == "elsewhere"
            talk.say("open", run="broken", since=0)
            talk.of("state", run="broken", state="elsewhere")
            talk.say("resume_run", run="broken", request=3)
            assert "another process" in talk.of("refused", request=3)["error"]
            raise Broken

    with pytest.raises(Broken):
        train(TrainSpec.of(SPEC), out=Path("runs") / "broken", on_event=on_event)
    told = page.get("runs/broken")
    assert (told["state"], "resume" in told["can"]) == ("stopped", True)
    resume(Path("runs") / "broken", on_event=lambda event: None)
    assert page.get("runs/broken")["state"] == "done"


def test_a_folder_that_is_written_to_meanwhile_is_listed(tmp_path: Path):
    run, ended = Run(tmp_path), threading.Event()
    TrainSpec.of(SPEC).write(run.spec)

    def write() -> None:
        while not ended.is_set():
            write_text_whole(run.history, "epoch,loss\n0,1.0\n")

    writer = threading.Thread(target=write)
    writer.start()
    try:
        told = [one("written", run, None) for _ in range(700)]  # of which several met a file that was just gone
    finally:
        ended.set()
        writer.join()
    assert {row["state"] for row in told} == {"stopped"}
