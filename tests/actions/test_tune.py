"""A search of a spec: what is tried, kept, gone on with and told."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from pellucid.actions.apply import evaluate
from pellucid.actions.data import prepare
from pellucid.actions.report import report
from pellucid.actions.runs import open_model
from pellucid.actions.spaces import usual_space
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.actions.trying import Tried, winner
from pellucid.actions.tune import Begun, Found, Listeners, Resources, Search, resume, tune
from pellucid.errors import FileError, InvalidArgument, PellucidError, UnknownName
from pellucid.tables.example import pumps
from pellucid.tuning.inside import Inside
from pellucid.tuning.measures import Measure
from pellucid.tuning.search import Progress
from pellucid.tuning.space import Space
from pellucid.tuning.trials import Trial

HERE = Resources(trials=4, executor=Inside)
SMALL: dict[str, Any] = {"data": "moons", "epochs": 4, "sampler": "random", "validation_split": 0.2}
SPACE = {"layers": {"number": {"low": 1, "high": 2}, "units": [4, 8]}, "learning_rate": {"low": 1e-3, "high": 1e-1}}


def found(tmp_path: Path, resources: Resources = HERE, **values: Any) -> Found:
    return tune(Search.of({**SMALL, "space": SPACE, **values}), resources, out=tmp_path / "run")


def test_a_search_leaves_a_run_like_any_other(tmp_path: Path):
    outcome = found(tmp_path)
    run = outcome.run
    names = {"model.keras", "spec.toml", "history.csv", "probes.csv", "metrics.json", "checkpoint.npz"}
    assert {path.name for path in run.path.iterdir()} == names | {"search.toml", "trials.jsonl", "trials.csv"}
    assert outcome.best is not None
    assert run.read_spec().layers == outcome.best.trial.values["layers"]
    assert len(run.trials.read_text().splitlines()) == 1 + 4
    assert evaluate(run.path, None)["loss"] == json.loads(run.metrics.read_text())["loss"]
    again = train(run.read_spec(), out=tmp_path / "again")
    for mine, theirs in zip(
        open_model(again.run.path)[0].get_weights(), open_model(run.path)[0].get_weights(), strict=True
    ):
        np.testing.assert_array_equal(mine, theirs)


def test_the_test_set_is_seen_by_no_trial_and_the_best_is_trained_on_all_others(tmp_path: Path):
    outcome = found(tmp_path)
    alone = prepare(TrainSpec(data="moons", validation_split=0.0))
    spec = outcome.run.read_spec()
    last = prepare(spec)
    searched = prepare(Search.read(outcome.run.search).base)
    assert searched.validation is not None
    np.testing.assert_array_equal(last.x_test, alone.x_test)
    np.testing.assert_array_equal(searched.x_test, alone.x_test)
    assert len(last.x_train) == len(searched.x_train) + len(searched.validation[0])
    seen = {tuple(row) for row in (*searched.x_train, *searched.validation[0])}
    assert not seen & {tuple(row) for row in alone.x_test}


def test_a_search_goes_on_where_it_was(tmp_path: Path):
    space = {**SPACE, "activation": ["relu", "tanh"]}  # which a file of TOML has in another order
    whole = found(tmp_path, Resources(trials=6, executor=Inside), space=space)
    first = tune(Search.of({**SMALL, "space": space}), Resources(trials=2, executor=Inside), out=tmp_path / "two")
    assert len(first.study.records) == 2
    second = resume(tmp_path / "two", Resources(trials=6, executor=Inside))
    assert [(r.number, r.trial.flat, r.scores) for r in second.study.records] == [
        (r.number, r.trial.flat, r.scores) for r in whole.study.records
    ]
    assert second.run.spec.read_text() == whole.run.spec.read_text()


def test_a_search_that_goes_on_has_as_long_as_it_had_unless_somebody_says(tmp_path: Path):
    def stopped(progress: Progress) -> None:
        raise KeyboardInterrupt

    first = tune(Search.of({**SMALL, "space": SPACE}), HERE, out=tmp_path / "run", tell=Listeners(progress=stopped))
    assert not first.whole
    assert len(resume(tmp_path / "run", Resources(executor=Inside)).study.records) == 4
    assert len(resume(tmp_path / "run", Resources(trials=5, executor=Inside)).study.records) == 5
    assert len(resume(tmp_path / "run", Resources(executor=Inside)).study.records) == 5


def test_a_search_that_was_killed_before_it_began_knows_how_many_trials_it_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("pellucid.actions.tune._go_on", Mock(side_effect=KeyboardInterrupt))
    with pytest.raises(KeyboardInterrupt):
        tune(Search.of({**SMALL, "space": SPACE}), HERE, out=tmp_path / "run")
    monkeypatch.undo()
    assert len(resume(tmp_path / "run", Resources(executor=Inside)).study.records) == 4


def test_nobody_else_writes_where_a_search_goes_on(tmp_path: Path):
    refused: list[FileError] = []

    def others(begun: Begun) -> None:
        for start in (
            lambda: tune(Search.of(SMALL), HERE, out=tmp_path / "run", force=True),
            lambda: train(TrainSpec(data="moons", epochs=1), out=tmp_path / "run", force=True),
            lambda: resume(tmp_path / "run", HERE),
        ):
            with pytest.raises(FileError, match="another process does") as told:
                start()
            refused.append(told.value)

    outcome = tune(Search.of({**SMALL, "space": SPACE}), HERE, out=tmp_path / "run", tell=Listeners(begun=others))
    assert len(refused) == 3
    assert [record.state for record in outcome.study.records] == ["done"] * 4


def test_a_search_whose_file_was_edited_is_another(tmp_path: Path):
    run = found(tmp_path).run
    text = run.search.read_text()
    for old, new, said in (
        ("epochs = 4", "epochs = 5", "another epochs"), ("folds = 0", "folds = 3", "another folds"),
        ("high = 0.1", "high = 0.2", "another space"), (text[text.index("[space") :], "", "a table"),
    ):  # fmt: skip
        assert old in text
        run.search.write_text(text.replace(old, new))
        with pytest.raises(PellucidError, match=said):
            resume(run.path, HERE)


def test_numbers_are_not_judged_by_a_metric_of_classes(tmp_path: Path):
    np.savez(tmp_path / "numbers.npz", x=np.eye(30), y=np.arange(30) / 7)
    with pytest.raises(InvalidArgument, match="metric accuracy: expected classes"):
        found(tmp_path, data=str(tmp_path / "numbers.npz"), metric=["accuracy"])


def test_a_metric_of_each_class_is_their_mean(tmp_path: Path):
    outcome = found(tmp_path, metric=["f1"], space={"layers": [[8]]}, sampler="grid")
    assert outcome.best is not None
    assert 0 < outcome.best.scores["f1"] <= 1


def test_a_journal_that_is_none_is_told_by_the_report_too(tmp_path: Path):
    run = found(tmp_path).run
    run.journal.write_text('{"search": 3}\n')
    with pytest.raises(FileError, match=r"trials\.jsonl, line 1: expected a search"):
        report(run.path)


def test_folds_of_a_table_keep_the_test_and_the_groups_apart(tmp_path: Path):
    path = tmp_path / "people.csv"
    rows = [f"{i % 9},{i % 7},{'yes' if i % 9 > 4 else 'no'},{i // 5}" for i in range(100)]
    path.write_text("\n".join(["a,b,target,group", *rows]))
    for more in ({}, {"split_by": "group"}, {"split_time": "group"}):
        spec = TrainSpec.of({"data": str(path), "target": ["target"], "validation_split": 0.2, **more})
        tests, held = [], 0
        for i in range(3):
            data = prepare(spec, fold=(i, 3))
            assert data.validation is not None
            tests.append(data.y_test.tolist())
            held += len(data.validation[0])
        assert tests[0] == tests[1] == tests[2]
        total = len(data.x_test) + held
        assert total == 100 if "split_time" not in more else total < 100
    outcome = tune(
        Search.of({"data": str(path), "target": ["target"], "folds": 2, "epochs": 2, "space": SPACE}),
        Resources(trials=2, executor=Inside), out=tmp_path / "run",
    )  # fmt: skip
    assert [record.state for record in outcome.study.records] == ["done", "done"]


def test_few_rows_are_judged_by_folds_unless_somebody_says(tmp_path: Path):
    def how(name: str, **values: Any) -> tuple[int, bool]:
        search = Search.of({"data": "moons", "epochs": 2, "sampler": "random", "space": SPACE, **values})
        outcome = tune(search, Resources(trials=1, executor=Inside), out=tmp_path / name)
        again = resume(tmp_path / name, Resources(trials=2, executor=Inside))
        assert len(again.study.records) == 2
        return Search.read(outcome.run.search).how.folds, len(outcome.study.records) == 1

    assert how("unsaid") == (5, True)
    assert how("held", validation_split=0.2) == (0, True)
    assert how("none", folds=0) == (0, True)
    assert how("three", folds=3) == (3, True)
    assert how("many", data="digits") == (0, True)
    rows = [f"{i % 7},{i // 2 % 4},{'yes' if i % 2 else 'no'}" for i in range(40)]  # fewer groups than folds
    (tmp_path / "groups.csv").write_text("\n".join(["x,group,target", *rows]))
    assert how("groups", data=str(tmp_path / "groups.csv"), target=["target"], split_by="group") == (0, True)


def test_a_trial_cut_short_is_trained_again_on_the_way_that_its_rate_had():
    tried = Tried({"data": "moons", "validation_split": 0.2, "epochs": 30, "patience": 3}, [Measure.of("crossentropy")])
    scores = tried(Trial(0, {}, {"learning_rate": 0.1}), lambda step, value: None)
    assert scores["epochs"] < 30
    spec = winner(tried, {"learning_rate": 0.1}, int(scores["epochs"]))
    assert (spec.epochs, spec.patience, spec.validation_split) == (int(scores["epochs"]), 0, 0.0)
    assert isinstance(spec.schedule, dict)
    assert spec.schedule["class"] == "CosineDecay"
    steps = math.ceil(len(prepare(spec).x_train) / spec.batch_size)
    assert spec.schedule["decay_steps"] == 30 * steps


@pytest.mark.parametrize("data", ["digits", "moons", "pumps.csv"])
def test_the_usual_space_suits_the_data_and_leaves_alone_what_is_said(data: str, tmp_path: Path):
    if data == "pumps.csv":
        data = str(tmp_path / data)
        Path(data).write_text(pumps())
    spec = TrainSpec.of({"data": data, "dropout": 0.1})
    space = usual_space(spec, prepare(spec))
    assert "dropout" not in space
    assert {"layers", "batch_size", "learning_rate", "l2", "activation"} <= {*space}
    assert ("batch_norm" in space) is (data != "digits")
    assert ("network" in space) is (data == "digits")
    Search.of({"data": data, "space": space})


PICTURES = {"data": "digits", "epochs": 1, "layers": [8], "batch_size": 128}


def test_of_pictures_convolutions_are_searched_unless_somebody_says_which():
    base = TrainSpec.of(PICTURES)
    space = usual_space(base, prepare(base))
    assert {*space} == {"network", "learning_rate", "dropout", "l2", "activation"}
    drawn = [Space.of(space).drawn(lambda name, leaf, kind=kind: kind if name == "network" else leaf.ends()[0])
             for kind in ("lenet", "auto", "cnn")]  # fmt: skip
    assert [{"l2", "activation"} <= {*one} for one in drawn] == [False, True, False]
    for said in ({"network": "auto"}, {"layers": [{"class": "Flatten"}, 8]}, {"network": "cnn"}):
        spec = TrainSpec.of({"data": "digits", **said})
        assert "network" not in usual_space(spec, prepare(spec))


@pytest.mark.long
def test_a_search_of_pictures_tries_networks_of_each_kind(tmp_path: Path):
    given = {**PICTURES, "folds": 0, "sampler": "grid", "space": {"network": ["lenet", "auto", "cnn"]}}
    search = Search.of(given)
    outcome = tune(search, Resources(trials=3, executor=Inside), out=tmp_path / "run")
    assert [record.state for record in outcome.study.records] == ["done"] * 3
    sizes = {record.trial.values["network"]: record.scores["parameters"] for record in outcome.study.records}
    assert len({*sizes.values()}) == 3


def verse(tmp_path: Path) -> Search:
    (tmp_path / "verse.txt").write_text("one two three four five six seven\n" * 20)
    return Search.of({"data": str(tmp_path / "verse.txt"), "window": 8, "epochs": 1, "layers": [4], "folds": 0})


def test_of_a_text_is_searched_what_recurrent_layers_take(tmp_path: Path):
    base = verse(tmp_path).base
    space = usual_space(base, prepare(base))
    assert set(space) == {"learning_rate", "batch_size", "dropout"}
    values = {"learning_rate": 0.01, "batch_size": 16, "dropout": 0.1}
    scores = Tried(base.model_dump(exclude_unset=True), [Measure.of("accuracy")])(Trial(0, {}, values), lambda *_: None)
    assert 0 < scores["accuracy"] < 1


@pytest.mark.long
def test_a_search_of_a_text_leaves_a_run_like_any_other(tmp_path: Path):
    search = verse(tmp_path)
    outcome = tune(search, Resources(trials=2, executor=Inside), out=tmp_path / "run")
    assert [record.state for record in outcome.study.records] == ["done", "done"]
    assert outcome.finished is not None
    assert "bits_per_character" in outcome.finished.metrics


def test_a_trial_that_diverges_is_one_of_those_that_failed(tmp_path: Path):
    space = {"learning_rate": [1e-2, 1e30], "optimizer": ["sgd"]}
    outcome = found(tmp_path, Resources(executor=Inside), space=space, sampler="grid", data="digits", epochs=1)
    states = {record.trial.values["learning_rate"]: record for record in outcome.study.records}
    assert states[1e-2].state == "done"
    assert states[1e30].state == "failed"
    assert states[1e30].reason.startswith("NonFinite")
    assert any("1 trial failed" in remark for remark in outcome.remarks)


def test_the_report_tells_of_the_search(tmp_path: Path):
    pytest.importorskip("matplotlib")
    outcome = found(tmp_path, Resources(trials=12, executor=Inside), epochs=1, metric=["accuracy", "parameters"])
    page = report(outcome.run.path).read_text()
    assert "best of 12 trials by accuracy" in page
    for name in ("search-history", "search-importances", "search-front", "search-lines", "search-slices"):
        assert f"{name}-" in page


def test_a_new_run_in_its_place_is_no_search(tmp_path: Path):
    outcome = found(tmp_path)
    with pytest.raises(FileError, match="without a run"):
        found(tmp_path)
    train(TrainSpec(data="moons", epochs=1), out=outcome.run.path, force=True)
    assert not outcome.run.search.exists()
    with pytest.raises(FileError, match=r"search\.toml"):
        resume(outcome.run.path)


WRONG: list[tuple[dict[str, Any], type[PellucidError], str]] = [
    ({"space": {"seed": [1, 2]}}, InvalidArgument, "may differ between trials"),
    ({"space": {"learning_rat": [1, 2]}}, UnknownName, "learning_rate"),
    ({"space": {"dropout": [2.0]}}, InvalidArgument, "trial, dropout"),
    ({"space": {"layers": [3]}}, PellucidError, "trial, layers"),
    ({"space": {"activation": ["relu", "tahn"]}}, UnknownName, "Did you mean 'tanh'"),
    ({"space": {"optimizer": ["adam", {"class": "SGD", "momentums": [0.5, 0.9]}]}}, UnknownName, "momentum"),
    ({"space": {"batch_size": {"low": 0, "high": 64}}}, InvalidArgument, "trial, batch_size"),
    ({"space": {"dropout": {"low": 0.5, "high": 0.1}}}, InvalidArgument, "no higher than high"),
    ({"space": {"dropout": {"low": 0.0, "high": 0.5, "when": {"batchnorm": True}}}}, UnknownName, "batch_norm"),
    ({"metric": ["mae"]}, PellucidError, "mean_absolute_error"),
    ({"metric": ["acuracy"]}, UnknownName, "Did you mean 'accuracy'"),
    ({"validation_split": 0.0}, InvalidArgument, "rows to judge trials by"),
    ({"folds": 1}, InvalidArgument, "0, or 2 or more"),
    ({"sampler": "best"}, InvalidArgument, "sampler"),
    ({"trials": 3}, UnknownName, "trials"),
]


@pytest.mark.parametrize(("values", "kind", "said"), WRONG)
def test_what_is_wrong_leaves_nothing_behind(tmp_path: Path, values: dict[str, Any], kind: type[Exception], said: str):
    with pytest.raises(kind, match=said):
        found(tmp_path, **values)
    assert not (tmp_path / "run").exists()
