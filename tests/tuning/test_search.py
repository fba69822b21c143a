"""The search: nothing is lost, nothing counted twice, and what goes wrong in a trial stays in it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from pellucid.errors import FileError, InvalidArgument, NonFinite, NotReady, Told
from pellucid.rng import Key
from pellucid.tuning.inside import Inside
from pellucid.tuning.journal import Journal
from pellucid.tuning.processes import MEMORY, Processes
from pellucid.tuning.search import Budget, Progress, search
from pellucid.tuning.study import Record, Study
from pellucid.tuning.trials import Ended, Trial
from pellucid.tuning.tuned import ranking
from tuning.searches import Bowl, plan, searched

PROGRAM = Path(__file__).with_name("searches.py")


def rows(study: Study) -> list[tuple[object, ...]]:
    """All of a table that does not depend on the clock."""
    return [(r.number, dict(r.trial.flat), r.state, dict(r.scores), r.reason) for r in study.records]


def opened(path: Path, sampler: str) -> Study:
    """A study as its journal has it."""
    with Journal(path) as journal:
        return Study(plan(sampler), journal)


def by_hand(study: Study, n: int) -> None:
    """n trials, one after the other, without a process."""
    for _ in range(n):
        trial = study.ask()
        told = Bowl()(trial, lambda step, value: None)
        study.ended(Ended(trial.number, "done", told), 1.0 * trial.number)


@pytest.mark.parametrize("sampler", ["random", "grid", "tpe", "cmaes"])
@pytest.mark.parametrize("cut", [0, 1, 7])
def test_a_journal_that_is_read_again_goes_on_as_if_nothing_had_been(tmp_path: Path, sampler: str, cut: int):
    whole = Study(plan(sampler), Journal(None))
    by_hand(whole, 15)
    for n in (cut, 15 - cut):
        with Journal(tmp_path / "trials.jsonl") as journal:
            by_hand(Study(plan(sampler), journal), n)
    with Journal(tmp_path / "trials.jsonl") as journal:
        assert rows(Study(plan(sampler), journal)) == rows(whole)


def check_killed(tmp_path: Path, moments: list[tuple[int, float]], sampler: str, trials: int) -> None:
    """moments: how many trials had ended, and the seconds after that."""
    whole = rows(searched(sampler, trials))
    for ended, after in moments:
        folder = tmp_path / f"{sampler}{ended}"
        words = [sys.executable, str(PROGRAM), sampler, str(trials), str(folder), "2", str(ended), str(after)]
        killed = subprocess.run(words, stderr=subprocess.DEVNULL, start_new_session=True, check=False)
        assert killed.returncode == -signal.SIGKILL
        found = searched(sampler, trials, folder)
        if sampler in ("random", "grid"):
            assert rows(found) == whole
        else:
            assert [record.state for record in found.records] == ["done"] * trials
        lines = [json.loads(line) for line in (folder / "trials.jsonl").read_text().splitlines()]
        for word in ("asked", "ended"):
            assert sorted(line[word] for line in lines if word in line) == list(range(trials))


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_a_search_that_is_killed_loses_nothing_and_counts_nothing_twice(tmp_path: Path, sampler: str):
    check_killed(tmp_path, [(3, 0.0)], sampler, 16)


@pytest.mark.long
@pytest.mark.timeout(1500)
@pytest.mark.parametrize("sampler", ["random", "grid", "tpe"])
def test_a_search_that_is_killed_at_any_moment(tmp_path: Path, sampler: str):
    seconds = (0.06 * Key(7).fold(sampler).uniform((5,), "float64")).tolist()  # as long as a trial takes
    check_killed(tmp_path, list(zip((0, 1, 5, 9, 14), seconds, strict=True)), sampler, 16)


def test_half_a_line_is_cut_off_and_any_other_damage_told(tmp_path: Path):
    path = tmp_path / "trials.jsonl"
    with Journal(path) as journal:
        by_hand(Study(plan("random"), journal), 3)
    whole = path.read_bytes()
    path.write_bytes(whole[:-9])
    with Journal(path) as journal:
        study = Study(plan("random"), journal)
    assert [record.state for record in study.records] == ["done", "done", "running"]
    assert path.read_bytes() == whole[: whole[:-1].rindex(b"\n") + 1]
    lines = whole.splitlines(keepends=True)
    for damaged in (
        whole.replace(b'"asked"', b'"asked', 1), whole.replace(b'"asked": 1', b'"asked": 7'),
        whole.replace(b'"n": ', b'"n": 1000'), whole.replace(b'"done"', b'"dune"'), whole + lines[-1],
        whole.replace(b'"scores": {', b'"scores": [{').replace(b'}, "reason"', b'}], "reason"'),
        b"".join([lines[0], *lines[2:]]), b"[]\n" + whole, whole + b'{"told": -1, "step": 3, "value": 0.5}\n',
    ):  # fmt: skip
        path.write_bytes(damaged)
        with pytest.raises(FileError, match="line "):
            opened(path, "random")
    for first in (b'{"search": 3}\n', b'{"search": ["x"]}\n', b"{}\n"):
        path.write_bytes(first)
        with pytest.raises(FileError, match="another space"):
            opened(path, "random")


def test_another_search_is_not_gone_on_with(tmp_path: Path):
    path = tmp_path / "trials.jsonl"
    with Journal(path) as journal:
        Study(plan("random"), journal)
        with pytest.raises(FileError, match="another process"):
            Journal(path)
    with pytest.raises(FileError, match="the search that is to go on"):
        opened(path, "tpe")


@pytest.mark.parametrize("how", ["removed", "moved", "replaced"])
def test_a_journal_that_is_no_longer_there_ends_the_search(tmp_path: Path, how: str):
    folder = tmp_path / "run"
    with Journal(folder / "trials.jsonl") as journal:
        study = Study(plan("random"), journal)
        by_hand(study, 2)
        if how == "moved":
            folder.rename(tmp_path / "elsewhere")
        else:
            shutil.rmtree(folder)
        if how == "replaced":
            folder.mkdir()
            (folder / "trials.jsonl").touch()
        with pytest.raises(FileError, match="removed, moved or replaced"):
            by_hand(study, 1)
    assert folder.exists() is (how == "replaced")


def test_a_full_disk_is_told_and_the_search_goes_on_when_there_is_room(tmp_path: Path):
    resource = pytest.importorskip("resource")
    path, limits = tmp_path / "trials.jsonl", resource.getrlimit(resource.RLIMIT_FSIZE)
    with Journal(path) as journal:
        study = Study(plan("random"), journal)
        by_hand(study, 2)
        resource.setrlimit(resource.RLIMIT_FSIZE, (path.stat().st_size + 30, limits[1]))
        try:
            with pytest.raises(FileError, match="room to write, got File too large"):
                by_hand(study, 1)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert not path.read_bytes().endswith(b"\n")
    assert len(opened(path, "random").done) == 2


def test_a_search_all_of_whose_trials_fail_alike_ends_early():
    study = searched("random", 1000, objective=Bowl(wrong=dict.fromkeys(range(1000), "raises")), workers=2)
    assert 20 <= len(study.records) < 25
    some = searched("random", 60, objective=Bowl(wrong=dict.fromkeys(range(1, 60), "raises")))
    assert len(some.records) == 60


@pytest.mark.parametrize(("how", "alike"), [("diverges", True), ("numbers", True), ("names", True), ("differs", False)])
def test_reasons_that_differ_in_numbers_and_names_alone_are_one(how: str, alike: bool):
    def fails(trial: Trial, report: object) -> dict[str, float]:
        n = trial.number
        if how == "diverges":
            what = ("loss", "gradients", "parameters")[n % 3]
            raise NonFinite(f"training, step {n}", f"a finite {what}", Told(f"{n * 2560} NaN"), "Lower the rate.")
        if how == "differs" and n % 2:
            raise ValueError("something else")
        raise ValueError(f"{n * 1e-3:g} in 'dense_{n}'" if how == "names" else f"a number, {n * 1.5e7:g}")

    study, executor = Study(plan("random"), Journal(None)), Inside(fails)
    search(study, executor, Budget(40))
    executor.close()
    assert len(study.records) == (20 if alike else 40)


def test_no_time_is_left_where_more_was_tried_than_is_asked_for():
    study = Study(plan("random"), Journal(None))
    by_hand(study, 4)
    assert Progress(study, Budget(2), 8.0, 1).left == 0


WRONG = {
    1: ("raises", "ValueError: a bad number"),
    2: ("memory", "out of memory"),
    3: ("killed", "killed by signal 9, most likely by the system, which was out of memory"),
    4: ("leaves", "its process ended by itself, with code 3"),
    5: ("nan", "its score is not a finite number"),
}


def test_a_trial_that_goes_wrong_is_recorded_with_its_reason():
    wrong = {number: how for number, (how, _) in WRONG.items()}
    study = searched("random", 8, objective=Bowl(wrong=wrong), workers=2)
    assert {r.number: r.reason for r in study.records if r.state == "failed"} == {n: s for n, (_, s) in WRONG.items()}
    assert [r.number for r in study.done] == [0, 6, 7]


@pytest.mark.skipif(not MEMORY.exists(), reason="no /proc")
def test_a_trial_that_takes_too_much_memory_is_ended():
    study = searched("random", 2, objective=Bowl(wrong={0: "greedy"}), memory=600 << 20)
    assert [r.state for r in study.records] == ["failed", "done"]
    assert study.records[0].reason == "out of memory: more than the limit of this search"


@pytest.mark.skipif(not MEMORY.exists(), reason="no /proc")
def test_a_limit_that_no_worker_keeps_is_told():
    with pytest.raises(NotReady, match="Allow a worker more memory"):
        searched("random", 2, memory=1 << 20)


@pytest.mark.parametrize("pruner", ["asha", "hyperband", "median"])
def test_pruners_give_up_the_worse(pruner: str):
    study = Study(plan("random", pruner), Journal(None))
    for _ in range(12):
        trial = study.ask()
        worth = (trial.values["x"] - 0.3) ** 2
        stopped = any(study.told(trial.number, step, worth) for step in range(1, 27))
        study.ended(Ended(trial.number, "pruned" if stopped else "done", {} if stopped else {"loss": worth}), 1.0)
    pruned = [(r.trial.values["x"] - 0.3) ** 2 for r in study.records if r.state == "pruned"]
    best = study.best()
    assert pruned
    assert best is not None
    assert best.scores["loss"] <= min(pruned)


def test_a_front_is_what_no_other_beats():
    study = Study(plan("random", objectives={"accuracy": True, "parameters": False}), Journal(None))
    scores = [(0.9, 100.0), (0.8, 50.0), (0.8, 60.0), (0.95, 300.0), (0.7, 70.0)]
    for accuracy, parameters in scores:
        trial = study.ask()
        study.ended(Ended(trial.number, "done", {"accuracy": accuracy, "parameters": parameters}), 1.0)
    assert [record.number for record in study.front()] == [3, 0, 1]
    assert study.best() is study.records[3]


def test_of_equals_the_one_with_the_lowest_loss_is_the_best():
    study = Study(plan("random", objectives={"accuracy": True}), Journal(None))
    for number, (accuracy, loss) in enumerate([(0.9, 0.5), (0.8, 0.1), (0.9, 0.3), (0.9, 0.3)]):
        study.ask()
        study.ended(Ended(number, "done", {"accuracy": accuracy, "loss": loss}), 0.0)
    best = study.best()
    assert best is not None
    assert best.number == 2
    assert [record.number for record in ranking(study)] == [2, 3, 0, 1]


def test_time_ends_a_search_and_what_ran_is_run_again(tmp_path: Path):
    executor = Processes(Bowl(60.0), 1)  # which nobody waits for
    seen: list[Progress] = []
    with Journal(tmp_path / "trials.jsonl") as journal:
        study = Study(plan("random"), journal)
        by_hand(study, 1)
        search(study, executor, Budget(None, 2.0), seen.append)
    executor.close()
    assert seen[-1].seconds < 60
    assert [record.state for record in study.records][-1] == "running"
    again = opened(tmp_path / "trials.jsonl", "random")
    assert [r.number for r in again.running] == [study.records[-1].number]


def test_time_that_is_over_before_any_trial_is_done_is_over_with_the_first():
    executor, study = Processes(Bowl(0.02), 2), Study(plan("tpe"), Journal(None))
    search(study, executor, Budget(None, 0.01))
    executor.close()
    assert len(study.done) >= 1
    assert len(study.records) == 2


@pytest.mark.parametrize(("sampler", "middle"), [("tpe", True), ("gp", True), ("random", False)])
def test_the_first_trial_of_a_sampler_that_learns_is_the_middle(sampler: str, middle: bool):
    if sampler == "gp":
        pytest.importorskip("torch")
    study = Study(plan(sampler), Journal(None))
    assert (study.ask().flat == {"x": 0.5, "n": 2, "kind": "a"}) is middle
    assert study.ask().flat["x"] != 0.5


def test_a_grid_ends_by_itself():
    study = searched("grid", 1000)
    assert len(study.records) == study.most == 3 * 4 * (1 + 3)


def test_workers_that_never_start_are_told():
    executor = Processes(Unloadable(), 1)
    executor.submit(Trial(0, {}, {}))
    with pytest.raises(NotReady, match="processes that start"):
        until_it_fails(executor)
    executor.close()


def until_it_fails(executor: Processes) -> None:
    while True:
        list(executor.events(30))


UNGUARDED = """
from pellucid.tuning.processes import Processes
from pellucid.tuning.trials import Trial
executor = Processes(bytes(1 << 22), 1)  # more than a pipe holds
executor.submit(Trial(0, {}, {}))
while True:
    list(executor.events(30))
"""


def test_a_script_without_a_guard_is_told_of_it(tmp_path: Path):
    (tmp_path / "script.py").write_text(UNGUARDED)
    done = subprocess.run(
        [sys.executable, "script.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 1
    assert "Call it under `if __name__ == '__main__':`" in done.stderr.splitlines()[-1]
    assert done.stderr.count("Traceback") == 1  # the script's own


class Unloadable:
    """Can be sent, but made of it is nothing."""

    def __reduce__(self) -> object:
        return (os._exit, (4,))

    def __call__(self, trial: Trial, report: object) -> dict[str, float]:
        return {}


def test_what_does_not_go_together_is_told():
    from pellucid.tuning.samplers import checked

    with pytest.raises(InvalidArgument, match="one metric"):
        checked("cmaes", "auto", 2, 0)
    with pytest.raises(InvalidArgument, match="fronts are not pruned"):
        checked("tpe", "asha", 2, 0)
    assert checked("tpe", "auto", 1, 0) == ("tpe", "asha")
    assert checked("random", "auto", 1, 0) == ("random", "none")


def test_a_record_knows_its_number():
    assert Record(Trial(4, {}, {})).number == 4
