"""The laws of a training that is steered: it computes what the command line computes, bit by bit, whatever is done."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.cache import lacking
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import resume, train
from pellucid.studio.spare import Spare
from studio.conftest import Page, Talk

SPEC: dict[str, Any] = {"data": "digits", "layers": [16], "dropout": 0.1, "epochs": 30}
LONG = {**SPEC, "epochs": 100_000}
PATIENCE = 120  # seconds


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> list[np.ndarray]:
    """The weights that the command line gives."""
    folder = tmp_path_factory.mktemp("expected") / "run"
    train(TrainSpec.of(SPEC), out=folder)
    return weights(folder)


def weights(folder: Path) -> list[np.ndarray]:
    return pellucid.saving.load_model(folder / "model.keras").get_weights()


def same(found: list[np.ndarray], expected: list[np.ndarray]) -> bool:
    return all(np.array_equal(a, b) for a, b in zip(found, expected, strict=True))


def process(module: str = "trainer") -> int:
    """The number of the process that trains, or does what this module does."""
    until = time.monotonic() + PATIENCE
    while len(held := processes(module)) != 1:  # one that has said its last word may not have gone yet
        assert time.monotonic() < until, held
        time.sleep(0.02)
    return held[0]


def processes(module: str) -> list[int]:
    held = []
    for one in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            number, words = int(one.name), (one / "cmdline").read_bytes().split(b"\0")
            parent = int((one / "stat").read_text().split(")")[1].split()[1])
            if f"pellucid.studio.{module}".encode() in words and parent == os.getpid():
                held.append(number)
    return held


def test_a_steered_and_watched_run_computes_the_same_bits(talk: Talk, expected: list[np.ndarray]):
    run = talk.start(SPEC, paused=True)
    talk.of("state", state="paused")
    topics = {"weights": {}, "flow": {}, "confusion": {}, "activations": {"sample": 3}, "neuron": {"unit": 2}}
    talk.say("watch", run=run, topics=topics)
    pictures = {talk.of("picture")["topic"] for _ in range(4)}  # flow wants a step
    assert pictures == topics.keys() - {"flow"}
    for n in (1, 1, 5):
        talk.say("step", run=run, n=n)
        talk.of("state", state="paused")
    talk.say("epoch", run=run)
    state = talk.of("state", state="paused")
    assert (state["step"], state["epoch"]) == (41, 1)
    talk.say("ack", run=run, topic="flow")
    talk.say("resume", run=run)
    flow = talk.of("picture", topic="flow")
    assert [layer["name"] for layer in flow["layers"]] == ["flatten", "rescaling", "dense", "dropout", "dense_1"]
    assert flow["layers"][2]["gradient"] > 0
    talk.of("state", state="done")
    assert same(weights(Path("runs") / run), expected)


def test_exactly_one_step_is_taken(talk: Talk):
    run = talk.start(LONG)
    talk.say("pause", run=run)
    before = talk.of("state", state="paused")["step"]
    for n in range(1, 4):
        talk.say("step", run=run, n=1)
        assert talk.of("state", state="paused")["step"] == before + n
    talk.say("step", run=run, n=1)
    talk.say("step", run=run, n=1)  # at once: both are taken
    talk.until(lambda m: m["type"] == "state" and m["state"] == "paused" and m["step"] == before + 5)
    talk.say("step", run=run, n=1_000_000)
    talk.of("state", state="running")
    talk.say("pause", run=run)
    talk.until(lambda m: m["type"] == "state" and m["state"] == "paused" and m["step"] > before + 5)
    after = talk.met[-1]["step"]
    talk.say("step", run=run, n=1)
    talk.until(lambda m: m["type"] == "state" and m["state"] == "paused" and m["step"] == after + 1)
    wanted = {before + 1, before + 2, before + 3, after + 1}  # the last piece of the curve may come after the state
    if not wanted <= {row[0] for row in talk.rows}:
        talk.until(lambda m: wanted <= {row[0] for row in talk.rows})
    talk.say("stop", run=run)
    assert talk.of("state", state="stopped")["step"] == after + 1


def test_stopped_it_goes_on_by_the_command_line_to_the_same_bits(talk: Talk, expected: list[np.ndarray]):
    run = talk.start(SPEC, paused=True)
    talk.say("step", run=run, n=100)
    talk.until(lambda m: m["type"] == "state" and m["state"] == "paused" and m["step"] == 100)
    talk.say("stop", run=run)
    talk.of("state", state="stopped")
    assert not (Path("runs") / run / "metrics.json").exists()
    resume(Path("runs") / run)
    assert same(weights(Path("runs") / run), expected)
    talk.say("open", run=run, since=0)  # the page is told of it
    talk.of("state", run=run, state="done")
    talk.until(lambda m: m["type"] == "curve" and bool(talk.rows) and talk.rows[-1][1] == 30.0)


def test_killed_it_is_crashed_and_goes_on_to_the_same_bits(page: Page, talk: Talk, expected: list[np.ndarray]):
    run = talk.start(SPEC, paused=True)
    talk.say("step", run=run, n=60)
    talk.until(lambda m: m["type"] == "state" and m["state"] == "paused" and m["step"] == 60)
    os.kill(process(), signal.SIGKILL)
    assert "saved" in talk.of("state", state="crashed")["words"]
    talk.say("resume_run", run=run, request=2)
    talk.of("state", state="done")
    assert same(weights(Path("runs") / run), expected)
    assert page.get(f"runs/{run}")["metrics"]["epochs"] == 30


def test_a_closed_tab_does_not_stop_a_run_and_a_new_one_gets_the_whole_curve(page: Page):
    with page.socket() as socket:
        run = Talk(socket).start(LONG)
    with page.socket() as socket:
        talk = Talk(socket)
        assert [one["id"] for one in talk.of("hello")["runs"] if one["live"]] == [run]
        talk.say("open", run=run, since=0)
        assert talk.of("state")["state"] == "running"
        talk.until(lambda m: m["type"] == "curve" and m["next"] > 4)
        steps = [row[0] for row in talk.rows]
        assert steps == sorted(set(steps))
        assert steps[0] < 41 * 40
        talk.say("steer", run=run)
        talk.say("stop", run=run)
        talk.of("state", state="stopped")


def test_one_tab_steers_and_others_look_on(page: Page, talk: Talk):
    run = talk.start(LONG)
    with page.socket() as socket:
        other = Talk(socket)
        other.say("open", run=run)
        assert other.of("state")["steering"] is False
        other.say("pause", run=run, request=3)
        assert "Take over first" in other.of("refused", request=3)["error"]
        other.say("steer", run=run)
        other.of("state", steering=True)
        other.say("pause", run=run)
        other.of("state", state="paused")
        assert talk.of("state", state="paused")["steering"] is False
        other.say("stop", run=run)
        other.of("state", state="stopped")


def test_who_comes_while_it_stands_still_sees_its_pictures_too(page: Page, talk: Talk):
    run = talk.start(LONG, paused=True)
    talk.of("state", state="paused")
    for tab in (talk, talk):  # the second time as after a reload: all is asked for anew
        tab.say("watch", run=run, topics={"weights": {}})
        assert tab.of("picture")["arrays"]["weights"].shape == (16, 8, 8)
        tab.say("watch", run=run, topics={})
    with page.socket() as socket:
        other = Talk(socket)
        other.say("watch", run=run, topics={"weights": {}})
        assert other.of("picture")["step"] == 0
    talk.say("stop", run=run)
    talk.of("state", state="stopped")


def test_a_rate_taken_in_hand_holds_after_a_resume(talk: Talk):
    run = talk.start({**SPEC, "epochs": 4}, paused=True)
    talk.say("step", run=run, n=10)
    talk.until(lambda m: m["type"] == "state" and m["state"] == "paused" and m["step"] == 10)
    talk.say("rate", run=run, value=0.5)
    talk.say("step", run=run, n=1)
    talk.until(lambda m: m["type"] == "state" and m["state"] == "paused" and m["step"] == 11)
    talk.say("stop", run=run)
    talk.of("state", state="stopped")
    talk.say("resume_run", run=run, request=2)
    talk.of("state", state="done")
    assert talk.rows[-1][0] == 4 * 41
    assert talk.rows[-1][6] == 0.5


def test_finished_early_it_is_judged_and_kept(page: Page, talk: Talk):
    run = talk.start(LONG)
    talk.until(lambda m: m["type"] == "curve" and m["epoch"] > 20)
    talk.say("finish", run=run)
    metrics = talk.of("finished")["metrics"]
    talk.of("state", state="done")
    assert metrics["accuracy"] > 0.5
    assert page.get(f"runs/{run}")["metrics"] == metrics


def test_the_same_weights_or_new_ones(talk: Talk):
    first = talk.start({**SPEC, "epochs": 1})
    talk.of("state", state="done", run=first)
    found = {}
    for kind in ("same", "new"):
        talk.say("restart", run=first, weights=kind, request=7)
        run = talk.of("started", request=7)["run"]
        talk.of("state", state="done", run=run)
        found[kind] = weights(Path("runs") / run)
    assert same(found["same"], weights(Path("runs") / first))
    assert not same(found["new"], found["same"])


def test_what_cannot_be_trained_is_refused_in_a_sentence(talk: Talk):
    talk.say("start", spec={**SPEC, "layers": [{"class": "Dense", "units": -1}]}, request=4)
    refused = talk.of("refused", request=4)
    assert (
        refused["error"] == "spec, layers, entry 1, Dense, argument units: expected a whole number at least 1, got -1."
    )
    assert refused["entry"] == [0]


def test_numbers_that_are_not_finite_end_it_with_their_place(page: Page, talk: Talk):
    spec = {
        "data": "moons",
        "layers": [8],
        "optimizer": "sgd",
        "learning_rate": 1e30,
        "schedule": "constant",
        "epochs": 9,
    }
    run = talk.start(spec)
    talk.of("state", state="diverged")
    problem = next(m for m in talk.met if m["type"] == "problem")
    assert "finite" in problem["error"]
    assert page.get(f"runs/{run}")["state"] == "diverged"


def test_a_trainer_that_waits_takes_the_next_training_and_computes_the_same_bits(
    talk: Talk, expected: list[np.ndarray]
):
    for _ in range(2):
        talk.say("soon")
    waiting = process()
    run = talk.start(SPEC)
    assert process() == waiting
    talk.of("state", state="done")
    assert same(weights(Path("runs") / run), expected)


def killed() -> None:
    number = process()
    os.kill(number, signal.SIGKILL)
    os.waitid(os.P_PID, number, os.WEXITED | os.WNOWAIT)  # it has ended, and whoever started it may still ask how


def test_of_trainers_that_wait_there_is_one_which_is_gone_with_the_studio(tmp_path: Path):
    spare = Spare(tmp_path)
    for end in (spare.end, killed):
        spare.prepare()
        spare.prepare()
        process()  # there is one
        end()
        assert processes("trainer") == []
        assert spare.take() is None


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"type": "fly"}, "one of those in PROTOCOL.md"),
        ({"type": "pause", "run": "nowhere"}, "the name of a run"),
        ({"type": "start", "spec": []}, "an object"),
        ({"type": "start", "spec": {"data": "../../etc/passwd"}}, "a file in"),
        ({"type": "start", "spec": {"data": "/etc/passwd"}}, "a file in"),
        ({"type": "start", "spec": {"data": "upload:0/x.csv"}}, "upload"),
        ({"type": "open", "run": "../.."}, "the name of a run"),
        ([], "an object with a type"),
    ],
)
def test_foolish_messages_are_refused(talk: Talk, message: Any, said: str):
    talk.socket.send_text(json.dumps(message))
    assert said in talk.of("refused")["error"]


def test_a_pace_holds_from_the_first_step_until_it_is_taken_back(talk: Talk, expected: list[np.ndarray]):
    run = talk.start(SPEC, pace=20)
    told = talk.until(lambda m: m["type"] == "curve" and bool(talk.rows) and talk.rows[-1][0] >= 10)
    assert 0 < told["speed"] < 40  # by the trainer's clock: what it tells may come late, many steps at once
    assert [row[0] for row in talk.rows[:10]] == list(range(1, 11)), "a point for each step that can be followed"
    talk.say("pace", run=run, value=0)
    talk.of("pace", value=0.0)
    talk.of("state", state="done")
    assert same(weights(Path("runs") / run), expected)
    talk.say("start", spec=SPEC, pace=-1, request=9)
    assert talk.of("refused", request=9)["error"].startswith("pace, value: expected steps a second")


def test_each_epoch_is_a_point_however_short(talk: Talk):
    talk.start({**SPEC, "data": "moons"})
    talk.of("state", state="done")
    assert {row[1] for row in talk.rows} >= set(map(float, range(1, 31)))


def test_the_last_point_of_an_epoch_is_not_what_a_single_sample_says(page: Page, talk: Talk):
    chance = np.random.default_rng(0)
    rows = "".join(
        f"{x:.3f},{'ab'[y]}\n" for x, y in zip(chance.normal(size=90), chance.integers(0, 2, 90), strict=True)
    )
    spec = {"data": page.upload("chance.csv", f"x,kind\n{rows}"), "target": ["kind"], "layers": [2], "epochs": 4}
    n = page.post("data", {"spec": spec})["parts"]["train"]
    talk.start({**spec, "batch_size": n - 1, "dropout": 0.0, "patience": 0}, pace=20)
    talk.of("state", state="done")
    ends = [row[3] for row in talk.rows if row[1] == int(row[1])]
    assert len(ends) == 4
    for right in ends:
        assert 0.2 < right < 0.8
        assert right * n == pytest.approx(round(right * n), abs=1e-3)


@pytest.mark.long
def test_a_page_hears_that_the_engine_is_compiled_and_when_that_is_over(
    page: Page, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, expected: list[np.ndarray]
):
    monkeypatch.setenv("PELLUCID_CACHE", str(lacking("permutation", tmp_path)))  # which `expected` has filled
    with page.socket() as socket:
        talk = Talk(socket)
        run = talk.start({**SPEC, "epochs": 1}, paused=True)
        assert talk.of("compiling", run=run)["kernels"] > 0
        talk.say("resume", run=run)
        talk.of("curve")
        with page.socket() as other:
            late = Talk(other)
            late.say("open", run=run, since=0)
            late.of("curve")
            assert "compiling" not in {message["type"] for message in late.met}
        talk.of("state", state="done")
