"""The doctor on runs and specs, and the spec that it changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from actions.power_cut import cut_short
from doctor.cases import moons
from pellucid import errors
from pellucid.actions.doctor import Copies, apply_first, doctor, doctor_spec, examine_run
from pellucid.actions.runs import Run, open_model
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.doctor.cost import in_words, seconds_for, step_seconds


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


SICK = TrainSpec(data="moons", layers=[16] * 12, activation="sigmoid", learning_rate=0.01, epochs=30)


def test_a_run_is_examined_and_its_remedy_cures_it():
    run = train(SICK, out=Path("sick")).run
    before = {path.name: path.read_bytes() for path in run.path.iterdir()}
    found = doctor(run.path)
    assert [finding.rule for finding in found.findings] == ["vanishing_gradient"]
    assert found.trained
    assert {path.name: path.read_bytes() for path in run.path.iterdir()} == before
    first = apply_first(found, Path("cured.toml"))
    changed = TrainSpec.read("cured.toml")
    assert changed == SICK.model_copy(update=dict(first.change))
    cured = train(changed, out=Path("cured"))
    assert cured.metrics["accuracy"] > 0.95
    assert examine_run(Path("cured")) == []
    assert "vanishing_gradient" in doctor(Path("cured")).asked


def test_a_run_that_was_interrupted_is_examined_as_far_as_it_went():
    spec = TrainSpec(data="digits", layers=[32], learning_rate=0.3, schedule="constant", epochs=20)
    cut_short(spec, Path("cut"), epoch=8)
    found = doctor(Path("cut"))
    assert found.trained
    assert [finding.rule for finding in found.findings] == ["learning_rate_too_high"]


BURST = TrainSpec(data="moons", layers=[16, 16], optimizer="sgd", learning_rate=1e7, schedule="constant", epochs=60)


def test_a_run_that_ended_in_nan_keeps_why_and_is_cured():
    with pytest.raises(errors.NonFinite) as raised:
        train(BURST, out=Path("burst"))
    run = Run(Path("burst"))
    assert str(run.read_problem()) == str(raised.value)
    found = doctor(run.path)
    assert found.trained
    assert [finding.rule for finding in found.findings] == ["learning_rate_too_high"]
    assert raised.value.where in found.findings[0].evidence
    with pytest.raises(errors.FileError, match=r"ended in numbers that are not finite.*pellucid doctor burst"):
        open_model(run.path)
    apply_first(found, Path("cured.toml"))
    cured = train(TrainSpec.read("cured.toml"), out=run.path, force=True)
    assert cured.metrics["accuracy"] > 0.9
    assert run.read_problem() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"where": "x"}', "\x00"])
def test_a_damaged_problem_is_told(text: str):
    run = train(TrainSpec(data="moons", epochs=1), out=Path("run")).run
    run.problem.write_text(text, "utf-8")
    with pytest.raises(errors.FileError, match=r"run run, file problem\.json"):
        doctor(run.path)


def test_a_spec_is_examined_before_it_is_trained():
    found = doctor_spec(TrainSpec(data="digits", layers=[32], scale="none", epochs=5))
    assert not found.trained
    (finding,) = found.findings
    assert (finding.rule, finding.change) == ("unscaled_inputs", {"scale": "auto"})
    assert doctor_spec(TrainSpec(data="moons", epochs=40, learning_rate=0.01)).findings == []
    assert not list(Path().iterdir())


@pytest.mark.parametrize(
    ("experiments", "step", "trained"),
    [
        (None, 0.001, True), (None, 0.1, False), (True, 0.1, True), (False, 0.001, False),
    ],
)  # fmt: skip
def test_copies_are_trained_where_that_is_free_or_asked_for(
    experiments: bool | None, step: float, trained: bool, monkeypatch: pytest.MonkeyPatch
):
    """Twelve copies of 90 steps each: 1.08 s at a millisecond a step, 108 s at a tenth of a second."""
    monkeypatch.setattr("pellucid.actions.doctor.step_seconds", lambda case: step)
    spec = TrainSpec(data="moons", layers=[4], epochs=10)
    told: list[Copies] = []
    found = doctor_spec(spec, experiments, told.append)
    steps = 90
    assert told == [found.copies] == [Copies(trained, None if experiments is False else round(12 * steps * step, 2))]
    assert ("learning_rate_too_low" in found.asked) == trained


def test_a_step_is_timed_on_a_copy():
    case = moons(epochs=1)
    before = case.model.theta.data.copy()
    assert 1e-6 < step_seconds(case) < 1
    np.testing.assert_array_equal(case.model.theta.data, before)
    assert seconds_for(case, 0.5) == 12 * 0.5 * case.steps
    assert in_words(seconds_for(case, 0.5)) == f"about {6 * case.steps} s"


def test_findings_as_plain_data():
    plain = doctor_spec(TrainSpec(data="digits", layers=[32], scale="none", epochs=5)).plain()
    assert json.loads(json.dumps(plain)) == plain
    assert plain["findings"][0]["rule"] == "unscaled_inputs"
    assert set(plain["findings"][0]) == {
        "rule", "title", "evidence", "confidence", "meaning", "remedy", "change", "where", "source", "kind",
    }  # fmt: skip


def test_the_history_as_a_fit_returns_it():
    run = train(TrainSpec(data="blobs", epochs=3), out=Path("run")).run
    history = run.read_history()
    assert sorted(history) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    rows = [line.split(",") for line in run.history.read_text().splitlines()]
    assert history["loss"] == [float(row[rows[0].index("loss")]) for row in rows[1:]]
    assert Run(Path("nowhere")).read_history() == {}


def test_what_cannot_be_is_told():
    healthy = doctor_spec(TrainSpec(data="moons", epochs=40, learning_rate=0.01))
    with pytest.raises(errors.InvalidArgument, match="nothing found"):
        apply_first(healthy, Path("out.toml"))
    with pytest.raises(errors.FileError, match=r"spec\.toml"):
        doctor(Path())
    run = train(TrainSpec(data="blobs", epochs=2), out=Path("run")).run
    run.history.write_text("epoch,loss\n0,much\n")
    with pytest.raises(errors.FileError, match=r"history\.csv"):
        doctor(run.path)
    assert not Path("out.toml").exists()


def test_classes_and_columns_of_a_table_are_called_by_their_names():
    """Whoever answers "no" or "yes" is not told of class 0, nor of column 1."""
    rows = [f"{(i * 37 % 100) / 10},5.0,{'yes' if i % 75 == 0 else 'no'}" for i in range(1500)]
    Path("people.csv").write_text("\n".join(["age,room,ill", *rows]) + "\n")
    spec = TrainSpec(data="people.csv", target=["ill"], layers=[4], epochs=1)
    events: list[object] = []
    train(spec, out=Path("run"), on_event=events.append)
    for rare in (*events[0].findings, *doctor_spec(spec, False).findings):
        assert (rare.rule, rare.where) == ("class_imbalance", "class 'yes'")
        assert rare.evidence == "1066 samples of class 'no', 14 of class 'yes': 76.1 to 1."
    still = doctor_spec(spec.model_copy(update={"keep": ["room"]}), False).findings[0]
    assert still.evidence == "1 of 2 input columns hold the same number in all 1080 rows: column 'room'."
