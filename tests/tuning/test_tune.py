"""tune: what a function builds, on arrays."""

from __future__ import annotations

import math
import sys
from multiprocessing import current_process
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import datasets
from pellucid.data.folds import folds
from pellucid.errors import FileError, InvalidArgument, NotReady, PellucidError, UnknownName, WrongType
from pellucid.layers import Dense
from pellucid.models import Sequential
from pellucid.optimizers import Adam
from pellucid.rng import seeded
from pellucid.tuning import Executor, Objective, Tuned, tune
from pellucid.tuning.built import Built
from pellucid.tuning.inside import Inside
from pellucid.tuning.measures import Measure
from pellucid.tuning.trials import Trial
from pellucid.tuning.tune import can_be_sent

SPACE = {"units": [2, 32], "rate": {"low": 1e-3, "high": 1e-1, "log": True}}


def build(units: int, rate: float = 0.01) -> Sequential:
    model = Sequential([Dense(units, "tanh"), Dense(2, "softmax")])
    model.compile(Adam(rate), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data() -> tuple[Any, Any]:
    (x, y), _ = datasets.moons.load_data(n=200, noise=0.1, seed=1)
    return x, y


def found(**options: Any) -> Tuned:
    held = {} if "folds" in options else {"validation": 0.2}
    options = {"trials": 6, "epochs": 8, "workers": 0, **held, **options}
    return tune(build, data(), SPACE, **options)


def test_the_best_is_trained_again_on_all_rows_as_the_trial_was():
    tuned = found(sampler="random", test=data())
    best = tuned.best
    assert best is not None
    assert best.scores["crossentropy"] == min(record.scores["crossentropy"] for record in tuned.trials)
    with seeded(0):
        model = build(**tuned.values)
        model.fit(*data(), epochs=8, batch_size=32, verbose=0)
    for mine, theirs in zip(model.get_weights(), tuned.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert tuned.test is not None
    assert math.isclose(tuned.test["crossentropy"], model.evaluate(*data(), verbose=0)[0], rel_tol=1e-5)


def test_a_trial_is_the_training_that_it_describes():
    x, y = data()
    rows = np.arange(len(x))
    objective = Built(build, x, y, [(rows[:100], rows[100:])], [Measure.of("accuracy")], 5, 16, 0, seed=4)
    reports: list[tuple[int, float]] = []
    scores = objective(Trial(0, {}, {"units": 8}), lambda step, value: reports.append((step, value)))
    with seeded(4):
        model = build(8)
        history = model.fit(
            x[:100], y[:100], epochs=5, batch_size=16, validation_data=(x[100:], y[100:]), verbose=0
        ).history
    assert math.isclose(scores["accuracy"], history["val_accuracy"][-1], rel_tol=1e-6)
    assert [step for step, _ in reports] == [5, 10, 16, 21]
    np.testing.assert_allclose([value for _, value in reports], history["val_accuracy"][:-1], rtol=1e-6)


def test_processes_find_what_this_process_finds(tmp_path: Path):
    inside = found(sampler="random", trials=3)
    outside = found(sampler="random", trials=3, workers=1, folder=tmp_path)
    assert [dict(r.scores) for r in outside.trials] == [dict(r.scores) for r in inside.trials]
    assert (tmp_path / "trials.csv").read_text() == outside.to_csv()
    again = found(sampler="random", trials=5, folder=tmp_path)
    assert [r.trial for r in again.trials[:3]] == [r.trial for r in outside.trials]
    assert len(again.trials) == 5


def test_patience_keeps_the_best_epoch_and_trains_as_long_again():
    tuned = found(trials=1, patience=2, epochs=60, metric="loss", pruner="none", sampler="random")
    best = tuned.best
    assert best is not None
    x, y = data()
    assert 1 <= best.scores["epochs"] <= 60
    assert best.reports  # looked at on its way
    with seeded(0):
        model = build(**tuned.values)
        model.fit(x, y, epochs=int(best.scores["epochs"]), verbose=0)
    np.testing.assert_array_equal(model.get_weights()[0], tuned.model.get_weights()[0])


def test_few_rows_are_judged_by_folds_unless_somebody_says():
    options: dict[str, Any] = {"trials": 2, "epochs": 4, "workers": 0, "sampler": "random"}
    x, y = data()
    unsaid, folded, held = (tune(build, (x, y), SPACE, **options, **more)
                            for more in ({}, {"folds": 5}, {"validation": 0.2}))  # fmt: skip
    assert [r.scores for r in unsaid.trials] == [r.scores for r in folded.trials] != [r.scores for r in held.trials]
    many = np.tile(x, (7, 1)), np.tile(y, 7)
    unsaid, held = (tune(build, many, SPACE, **options, **more) for more in ({}, {"validation": 0.2}))
    assert [r.scores for r in unsaid.trials] == [r.scores for r in held.trials]


def test_a_share_of_hits_is_kept_with_the_loss_which_decides_between_equals():
    scores = found(metric="accuracy", trials=1).trials[0].scores
    assert math.isclose(scores["loss"], found(trials=1).trials[0].scores["crossentropy"], rel_tol=1e-5)
    assert "loss" not in found(trials=1).trials[0].scores


def test_folds_are_averaged():
    tuned = found(trials=2, folds=3, metric="accuracy", sampler="random")
    x, y = data()
    scores = []
    for train, held in folds(len(x), 3, labels=y, seed=0):
        part = Built(build, x, y, [(train, held)], [Measure.of("accuracy")], 8, 32, 0, 0)
        scores.append(part(tuned.trials[1].trial, lambda step, value: None)["accuracy"])
    assert math.isclose(tuned.trials[1].scores["accuracy"], sum(scores) / 3, rel_tol=1e-9)


def test_several_metrics_make_a_front():
    tuned = found(metric=["accuracy", "parameters"], trials=8)
    front = tuned.front
    assert {record.scores["parameters"] for record in front} <= {12.0, 162.0}
    accuracies = [record.scores["accuracy"] for record in front]
    assert accuracies == sorted(accuracies, reverse=True)


def test_epochs_and_batches_can_be_searched():
    tuned = tune(build, data(), {"units": [4], "epochs": [1, 3], "batch_size": [8]}, sampler="grid", workers=0)
    assert sorted(record.scores["epochs"] for record in tuned.trials) == [1, 3]


def test_any_executor_will_do():
    made: list[Objective] = []

    def executor(objective: Objective) -> Executor:
        made.append(objective)
        return Inside(objective)

    assert len(found(workers=executor, trials=2).trials) == 2
    assert len(made) == 1


def test_what_another_process_cannot_import_stays_here():
    assert can_be_sent(Built(build, np.zeros(1), np.zeros(1), [], [], 1, 1, 0, 0))
    assert not can_be_sent(Built(lambda units: None, np.zeros(1), np.zeros(1), [], [], 1, 1, 0, 0))


def test_a_script_from_standard_input_stays_here(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys.modules["__main__"], "__file__", "<stdin>", raising=False)
    monkeypatch.setattr(sys.modules["__main__"], "__spec__", None)
    monkeypatch.setattr(build, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "build", build, raising=False)
    assert not can_be_sent(Built(build, np.zeros(1), np.zeros(1), [], [], 1, 1, 0, 0))


def test_a_daemon_which_may_start_no_processes_searches_within_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(current_process()._config, "daemon", True)  # type: ignore[attr-defined]
    assert found(trials=1, epochs=1, workers=2).trials[0].state == "done"


def test_an_edge_of_the_space_is_told():
    tuned = tune(build, data(), {"units": {"low": 1, "high": 2}, "rate": [0.05]}, sampler="grid", workers=0, epochs=20)
    (said,) = tuned.remarks
    assert said.startswith("The best units, 2, lies at the high end")


def wrong(units: int) -> int:
    return units


WRONG: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"metric": "acuracy"}, UnknownName, "accuracy"),
    ({"metric": []}, InvalidArgument, "at least one"),
    ({"metric": "best:accuracy"}, InvalidArgument, "max: or min:"),
    ({"sampler": "tpee"}, UnknownName, "tpe"),
    ({"pruner": "x"}, UnknownName, "asha"),
    ({"trials": 0}, InvalidArgument, "at least 1"),
    ({"time": -1.0}, InvalidArgument, "above 0"),
    ({"validation": 1.5}, InvalidArgument, "below 1"),
]


@pytest.mark.parametrize(("options", "kind", "said"), WRONG)
def test_what_is_wrong_is_told_before_anything_is_tried(options: dict[str, Any], kind: type[Exception], said: str):
    with pytest.raises(kind, match=said):
        found(**options)


def mistaken(units: int) -> Sequential:
    return Sequential([Dens(units)])  # type: ignore[name-defined]  # noqa: F821


def unfitting(units: int) -> Sequential:
    model = Sequential([Dense(units), Dense(1)])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


BUILDS: list[tuple[Any, dict[str, Any], type[Exception], str]] = [
    (build, {"unist": [1]}, UnknownName, "Did you mean 'units'"),
    (build, {"units": [1, 2], "batch_sise": [1]}, UnknownName, "batch_size"),
    (wrong, {"units": [1]}, WrongType, "returns a compiled model"),
    ("build", {"units": [1]}, WrongType, "a function"),
    (mistaken, {"units": [1]}, NameError, "Dens"),
    (unfitting, {"units": [2, 3]}, NotReady, "2 trials failed; the last, number 1"),
]


@pytest.mark.parametrize(("function", "space", "kind", "said"), BUILDS)
def test_a_mistake_in_build_or_its_names_is_told(
    function: Any, space: dict[str, Any], kind: type[Exception], said: str
):
    with pytest.raises(kind, match=said):
        tune(function, data(), space, sampler="grid", workers=0, epochs=1)


x, y = data()
PAIRS: list[tuple[Any, str]] = [
    (x, "data: expected a pair"),
    ((x, y, y), "data: expected a pair"),
    ((x, y[:-1]), "the same length"),
    (([[1.0], [1.0, 2.0]], [0, 1]), "data, x: expected numbers in rows of one length"),
    ((x, np.where(y, "yes", "no")), "data, y: expected numbers, got <U3"),
    ((x[:0], y[:0]), "data: expected at least one row, got none"),
    ((np.where(x > 1, np.nan, x), y), "data, x: expected finite numbers, got nan at row"),
]


@pytest.mark.parametrize(("given", "said"), PAIRS)
def test_what_is_no_pair_of_arrays_is_told(given: Any, said: str):
    with pytest.raises(PellucidError, match=said):
        tune(build, given, SPACE, workers=0)
    with pytest.raises(PellucidError, match=said.replace("data", "test")):
        found(test=given)  # before the search, not behind it


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"test": (x[:, :1], y)}, r"test, x: expected rows of the shape \(2,\), as in data, got \(1,\)"),
    ({"validation": (x, y[:, None])}, "validation, y: expected rows of the shape"),
    ({"folds": 3, "validation": 0.2}, "validation: expected None beside folds"),
    ({"groups": y, "validation": (x, y)}, "validation: expected None beside groups"),
    ({"folds": 3, "times": np.where(y, 1.0, np.nan)}, "times: expected values that have an order"),
    ({"metric": Measure.of}, "metric: expected the name of a metric"),
    ({"metric": None}, "metric: expected the name of a metric"),
    ({"seed": "a"}, "seed: expected a whole number"),
    ({"memory": "2GB", "workers": 1}, "memory: expected a whole number"),
]


@pytest.mark.parametrize(("options", "said"), REFUSED)
def test_what_cannot_be_searched_by_is_told_before_the_search(options: dict[str, Any], said: str):
    with pytest.raises(PellucidError, match=said):
        tune(build, (x, y), SPACE, **{"workers": 0, "trials": 1, **options})


def test_groups_and_times_hold_out_whatever_the_number_of_rows():
    many, labels, who = np.tile(x, (6, 1)), np.tile(y, 6), np.arange(6 * len(x)) % 7
    options: dict[str, Any] = {"trials": 1, "epochs": 1, "workers": 0, "sampler": "random"}
    for by in ("groups", "times"):
        unsaid, said = (
            tune(build, (many, labels), SPACE, **options, **{by: who}, **more) for more in ({}, {"folds": 5})
        )
        assert unsaid.trials[0].scores == said.trials[0].scores, by


CHANGED: list[tuple[dict[str, Any], str]] = [
    ({"epochs": 3}, "another epochs"),
    ({"folds": 2}, "another pruner, validation"),
    ({"validation": (x, y)}, "another data, validation"),
    ({"metric": "accuracy"}, "another objectives"),
]


def test_another_search_is_not_gone_on_with(tmp_path: Path):
    found(folder=tmp_path, trials=1, epochs=1)
    for options, said in CHANGED:
        with pytest.raises(FileError, match=said):
            found(**{"folder": tmp_path, "trials": 2, "epochs": 1, **options})
    with pytest.raises(FileError, match="another data"):
        tune(build, (x + 1, y), SPACE, folder=tmp_path, trials=2, epochs=1, workers=0, validation=0.2)
    assert len(found(folder=tmp_path, trials=2, epochs=1).trials) == 2


def test_a_space_of_numpy_and_tuples_is_known_again(tmp_path: Path):
    space = {"units": np.array([2, 3]), "rate": (0.01, 0.02)}
    for trials in (1, 2):
        assert len(tune(build, (x, y), space, trials=trials, epochs=1, workers=0, folder=tmp_path).trials) == trials
