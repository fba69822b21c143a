"""A search from the page: what it may ask, what it is told, and that the command line has made the same folder."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import Any

import pytest

from pellucid.actions.runs import Run
from pellucid.actions.tune import Listeners, Resources, Search, resume, study_of, tune
from pellucid.studio.search_form import in_words
from pellucid.tuning.inside import Inside
from studio.conftest import Page, Talk
from studio.test_trainer import process

pytest.importorskip("optuna")

SPEC: dict[str, Any] = {"data": "moons", "layers": [8], "epochs": 4}
VARY = ["layers", "learning_rate"]


def ended(talk: Talk, search: str) -> Any:
    """The last that is told of a search."""
    return talk.until(lambda m: m["type"] == "search" and m["search"]["id"] == search and not m["search"]["live"])[
        "search"
    ]


def test_the_form_offers_what_the_space_of_the_data_has(page: Page):
    form = page.post("tune/form", {"spec": {"data": "digits", "layers": [32], "activation": "tanh"}})
    words = {one["name"]: one["words"] for one in form["vary"]}
    assert words["layers"] == "1 to 3, of 16 to 1,024 neurons"
    assert words["learning_rate"] == "0.0001 to 0.03"
    assert words["activation"] == "relu, gelu or tanh"  # though the spec has said one
    assert "batch_norm" not in words  # of pictures
    assert all(one["on"] and one["needs"] is None for one in form["vary"])
    assert [(one["name"], one["more"]) for one in form["metrics"] if one["usual"]] == [
        ("crossentropy", False), ("accuracy", True), ("loss", False),
    ]  # fmt: skip
    offered = page.get("schema")["tuning"]
    assert offered["trials"] == 60
    assert [one["name"] for one in offered["how"]] == ["sampler", "pruner", "folds", "search_seed"]
    assert offered["how"][0]["choices"] == ["tpe", "random", "grid", "cmaes", "gp"]


def test_blocks_that_were_set_up_stay_unless_one_wants_it_otherwise(page: Page):
    block = {"class": "Dense", "units": 8}
    form = page.post("tune/form", {"spec": {**SPEC, "layers": [block]}})
    on = {one["name"]: (one["on"], one["needs"]) for one in form["vary"]}
    assert form["replaces"]
    assert on["layers"] == (False, None)
    assert on["dropout"] == (False, "layers")
    assert on["batch_size"] == (True, None)
    mixed = page.post("tune/form", {"spec": {**SPEC, "layers": [8, block]}})
    assert {one["name"]: (one["on"], one["needs"]) for one in mixed["vary"]}["dropout"] == (True, None)


@pytest.mark.long
def test_a_search_makes_the_folder_that_the_command_line_makes(page: Page, talk: Talk):
    told = {"spec": SPEC, "vary": VARY, "metric": ["accuracy", "crossentropy"], "sampler": "random", "trials": 3}
    begun = page.post("tune", told)
    name = begun["id"]
    assert (begun["state"], begun["live"], begun["data"]) == ("searching", True, "moons")
    assert begun["budget"] == {"trials": 3, "seconds": None}
    found = ended(talk, name)
    assert found["state"] == "done"
    assert [state for _, _, state in found["trials"]] == ["done"] * 3
    best = max(found["trials"], key=lambda trial: trial[1])
    assert found["best"] == found["top"][0]["number"]
    assert found["top"][0]["scores"]["accuracy"] == best[1]
    (other,) = found["others"]
    assert (other["name"], other["more"], len(other["values"])) == ("crossentropy", False, 3)
    assert other["values"][found["trials"].index(best)] == found["top"][0]["scores"]["crossentropy"]
    assert set(found["top"][0]["values"]) == set(VARY)
    kept = page.get(f"tune/{name}")  # told by the folder alone
    assert [(one["scores"], one["values"]) for one in kept["top"]] == [
        (one["scores"], one["values"]) for one in found["top"]
    ]
    run = page.get(f"runs/{name}")
    assert run["state"] == "done"
    assert run["spec"]["layers"] == found["top"][0]["values"]["layers"]
    assert "predict" in run["can"]
    further = page.post("tune", {"spec": run["spec"], "vary": VARY, "trials": 1})["id"]  # which holds no rows back
    assert ended(talk, further)["state"] == "done"
    search = Search.read(Path("runs") / name / "search.toml")
    by_command = tune(search, Resources(3, executor=Inside), out=Path("by-command")).study
    here = study_of(Run(Path("runs") / name))
    assert {one.number: one.scores for one in here.records} == {one.number: one.scores for one in by_command.records}


@pytest.mark.long
def test_stopped_it_keeps_the_best_and_the_command_line_goes_on(page: Page, talk: Talk):
    name = page.post("tune", {"spec": SPEC, "vary": VARY, "trials": 10_000})["id"]
    talk.until(lambda m: m["type"] == "search" and m["search"]["best"] is not None)
    busy = page.client.post("/api/tune", json={"spec": SPEC, "vary": VARY, "trials": 1})
    assert busy.status_code == 409
    assert "one search at a time" in busy.json()["error"]
    assert page.client.get(f"/api/runs/{name}").status_code == 409  # no run yet
    with page.socket() as socket:  # a page loaded anew
        assert Talk(socket).of("search")["search"]["id"] == name
    assert page.post(f"tune/{name}/stop")["id"] == name
    found = ended(talk, name)
    assert found["state"] == "done"
    tried = sum(state == "done" for _, _, state in found["trials"])
    assert 0 < tried < 10_000
    again = resume(Path("runs") / name, Resources(len(found["trials"]) + 1, executor=Inside))
    assert len(again.study.records) == len(found["trials"]) + 1
    page.post(f"tune/{name}/resume", {"trials": 2})
    assert len(ended(talk, name)["trials"]) == len(found["trials"]) + 3
    assert name in [one["id"] for one in page.get("tune")["searches"]]
    assert page.client.delete(f"/api/tune/{name}").status_code == 204
    assert not (Path("runs") / name).exists()


@pytest.mark.long
def test_killed_it_goes_on_with_what_it_has_tried(page: Page, talk: Talk):
    name = page.post("tune", {"spec": SPEC, "vary": VARY, "trials": 10_000})["id"]
    talk.until(lambda m: m["type"] == "search" and m["search"]["best"] is not None)
    os.kill(process("tuner"), signal.SIGKILL)
    found = ended(talk, name)
    assert found["state"] == "stopped"
    assert page.get(f"tune/{name}")["state"] == "stopped"
    assert page.client.get(f"/api/runs/{name}").status_code == 404
    before = len(page.get(f"tune/{name}")["trials"])
    page.post(f"tune/{name}/resume", {"trials": 1})
    again = ended(talk, name)
    assert again["state"] == "done"
    assert len(again["trials"]) == before + 1


def test_what_cannot_be_searched_is_refused_in_a_sentence_and_leaves_nothing(page: Page):
    before = sorted(Path("runs").iterdir()) if Path("runs").exists() else []
    for told, sentence in [
        ({"spec": SPEC, "vary": ["seed"], "trials": 1}, "got 'seed'"),
        ({"spec": SPEC, "vary": [], "trials": 1}, "at least one setting that may vary"),
        ({"spec": SPEC, "vary": [{"layers": 1}], "trials": 1}, "at least one setting that may vary"),
        ({"spec": SPEC, "vary": VARY, "space": {"learning_rate": {"low": 0.1, "high": 0.01}}}, "learning_rate"),
        (
            {"spec": SPEC, "vary": VARY, "space": {"learning_rate": {"low": "0", "high": 0.01}}},
            "low: expected a number",
        ),
        ({"spec": SPEC, "vary": VARY, "space": {"layers": {"number": {"low": 1.5}}}}, "low: expected a whole number"),
        ({"spec": SPEC, "vary": VARY, "space": {"learning_rate": [0.1]}}, "expected a table of low, high, log"),
        ({"spec": SPEC, "vary": ["batch_size"], "space": {"batch_size": [7]}}, "expected some of 8, 16 or 32, got [7]"),
        ({"spec": SPEC, "vary": ["batch_size"], "space": {"batch_size": []}}, "expected some of 8, 16 or 32"),
        ({"spec": SPEC, "vary": VARY, "trials": 0}, "tune, trials: expected a whole number"),
        ({"spec": SPEC, "vary": VARY, "metric": ["acuracy"], "trials": 1}, "Did you mean 'accuracy'"),
        ({"spec": SPEC, "vary": VARY, "folds": 1}, "expected 0, or 2 or more"),
        ({"spec": {**SPEC, "data": "nowhere.csv"}, "vary": VARY}, "nowhere.csv"),
    ]:
        reply = page.client.post("/api/tune", json=told)
        assert 400 <= reply.status_code < 500, reply.text
        assert sentence in reply.json()["error"]
    assert (sorted(Path("runs").iterdir()) if Path("runs").exists() else []) == before
    assert page.client.get("/api/tune/none").status_code == 404


def test_where_every_try_fails_it_says_why(page: Page, talk: Talk):
    spec = {"data": "sine", "layers": [8], "epochs": 20, "optimizer": "sgd", "learning_rate": 1e30}
    name = page.post("tune", {"spec": spec, "vary": ["batch_size"], "trials": 1})["id"]
    found = ended(talk, name)
    assert found["state"] == "failed"
    assert found["best"] is None
    assert "No try came to its end. 1 trial failed; the last, number 0: NonFinite" in found["problem"]["error"]
    assert page.client.get(f"/api/runs/{name}").status_code == 404
    kept = page.get(f"tune/{name}")  # as a page loaded anew is told
    assert (kept["state"], kept["problem"]["error"]) == ("failed", found["problem"]["error"])


def test_a_search_of_another_program_is_told_while_it_goes_on(page: Page):
    search = Search.of({**SPEC, "space": {"learning_rate": {"low": 1e-4, "high": 3e-2, "log": True}}})
    told: list[Any] = []

    def progress(now: Any) -> None:
        if any(record.state == "done" for record in now.study.records):
            told.append(page.get("tune/elsewhere"))

    tune(search, Resources(2, executor=Inside), out=Path("runs") / "elsewhere", tell=Listeners(progress=progress))
    assert told[0]["state"] == "elsewhere"
    assert told[0]["budget"] == {"trials": 2, "seconds": None}
    assert told[0]["top"][0]["state"] == "done"
    assert page.get("tune/elsewhere")["state"] == "done"


def test_how_far_settings_may_vary_can_be_said(page: Page, talk: Talk):
    offered = {one["name"]: one["space"] for one in page.post("tune/form", {"spec": SPEC})["vary"]}
    assert offered["learning_rate"] == {"low": 1e-4, "high": 3e-2, "log": True}
    space = {
        "learning_rate": {"low": 0.1, "high": 1}, "batch_size": [16],
        "layers": {**offered["layers"], "number": {"low": 2, "high": 2}},
    }  # fmt: skip
    name = page.post("tune", {"spec": SPEC, "vary": list(space), "space": space, "trials": 2})["id"]
    tries = ended(talk, name)["top"]
    assert all(0.1 <= one["values"]["learning_rate"] <= 1 for one in tries)
    assert [(len(one["values"]["layers"]), one["values"]["batch_size"]) for one in tries] == [(2, 16)] * len(tries)
    kept = Search.read(Path("runs") / name / "search.toml").space
    assert kept is not None
    assert kept["learning_rate"] == {"low": 0.1, "high": 1.0, "log": True}


def test_a_space_in_words():
    assert in_words([8, 16, 32]) == "8, 16 or 32"
    assert in_words([True, False]) == "with and without"
    assert in_words({"low": 1e-7, "high": 0.01}) == "0.0000001 to 0.01"


def test_all_that_can_judge_the_data_is_offered_and_nothing_else(page: Page):
    def offered(data: str) -> dict[str, bool]:
        return {one["name"]: one["more"] for one in page.post("tune/form", {"spec": {"data": data}})["metrics"]}

    classes, numbers = offered("digits"), offered("sine")
    assert classes.items() >= {"f1_score": True, "auc": True, "precision": True, "parameters": False}.items()
    assert numbers.items() >= {"mean_squared_error": False, "log_cosh_error": False, "latency": False}.items()
    assert not {"r2_score", "mean_squared_error", "sparse_categorical_accuracy"} & classes.keys()
    assert not {"accuracy", "precision", "auc", "false_positives", "hinge"} & numbers.keys()


@pytest.mark.parametrize("data", ["moons", "sine"])
def test_each_that_is_offered_can_be_asked_for(page: Page, data: str):
    names = [one["name"] for one in page.post("tune/form", {"spec": {"data": data}})["metrics"]]
    search = Search.of({"data": data, "epochs": 1, "metric": names, "space": {"dropout": [0.0]}, "sampler": "grid"})
    (record,) = tune(search, Resources(1, executor=Inside), out=Path("runs") / f"all-{data}").study.records
    assert record.state == "done", record.reason
    assert record.scores.keys() >= set(names)
