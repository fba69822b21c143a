"""What came of a training: faults and remarks, failures without a known cause, and remedies that were tried."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import pytest

from doctor.cases import both, changed, data, digits, model_for, moons, sine, trained
from pellucid import losses
from pellucid.callbacks import Doctor
from pellucid.doctor import Case, Signal, confidences, examine, examining, pace
from pellucid.doctor.base import faults, remarks
from pellucid.doctor.experiments import trial
from pellucid.doctor.outcome import like
from pellucid.doctor.pace import Pace, ceiling, higher
from pellucid.doctor.remedies import rate_now
from pellucid.doctor.rules import every_rule
from pellucid.doctor.telling import as_text, told
from pellucid.optimizers import SGD, Adam

ROWS = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32")
XOR = np.array([0, 1, 1, 0], "float32")[:, None]


def xor(epochs: int, optimizer: Any, hidden: tuple[int, ...] = (8,), end: str | None = "sigmoid") -> Case:
    given = ROWS, XOR, (ROWS, XOR)
    model = model_for(given, hidden, 1, end, "binary_crossentropy", optimizer, seed=1, activation="tanh")
    model.fit(ROWS, XOR, epochs=epochs, verbose=0)
    return Case(model, ROWS, XOR, epochs=epochs, history=model.history.history)


def padded(given: Any) -> Any:
    return changed(given, **both(lambda x: np.hstack([x, np.zeros((len(x), 4), "float32")])))


def test_what_a_training_works_in_spite_of_is_a_remark():
    found = examine(moons(given=padded(data("moons"))))
    assert faults(found) == []
    assert [one.rule for one in remarks(found)] == ["constant_inputs"]
    shown = told(found, [])
    assert shown.startswith("No fault found. Remarks")
    assert "Remark: Inputs are constant" in shown


def test_the_same_is_a_fault_where_the_training_is_hurt():
    found = examine(moons(given=padded(data("moons")), epochs=1, optimizer=SGD(1e-5)))
    assert "constant_inputs" in [one.rule for one in faults(found)]


def test_the_callback_keeps_the_two_apart():
    x, y, held = padded(data("moons"))
    doctor = Doctor(verbose=0)
    model_for((x, y, held), (16, 16), 2).fit(x, y, epochs=40, validation_data=held, callbacks=[doctor], verbose=0)
    assert ([f.rule for f in doctor.findings], [f.rule for f in doctor.remarks]) == ([], ["constant_inputs"])


@pytest.mark.parametrize(
    ("tolerable", "well", "kind"),
    [(True, True, "remark"), (True, False, "fault"), (False, True, "fault"), (False, False, "fault")],
)
def test_a_remark_is_of_a_tolerable_rule_and_of_a_training_that_works(
    tolerable: bool, well: bool, kind: str, monkeypatch: pytest.MonkeyPatch
):
    first = next(rule for rule in every_rule() if rule.name == "constant_inputs")
    speaks = dataclasses.replace(first, measure=lambda case: Signal(9.0, "9 of 10."), tolerable=tolerable)
    monkeypatch.setattr(examining, "all_rules", lambda: (speaks,))
    monkeypatch.setattr(examining, "works", lambda case: well)
    (found,) = examine(moons(epochs=1))
    assert (found.kind, found.rule) == (kind, "constant_inputs")
    assert faults([found]) + remarks([found]) == [found]


def test_a_confidence_is_told_of_faults_in_runs_like_tested_ones(monkeypatch: pytest.MonkeyPatch):
    case = moons(given=padded(data("moons")), epochs=1, optimizer=SGD(1e-5))
    assert like(case) == "classes, 50 to 499 rows"
    monkeypatch.setitem(confidences.TRUE, "constant_inputs", (0.87, None, None, None))
    assert [one.confidence for one in examine(case) if one.rule == "constant_inputs"] == [0.87]
    monkeypatch.setitem(confidences.TRUE, "constant_inputs", (None, 0.87, 0.87, 0.87))
    assert [one.confidence for one in examine(case) if one.rule == "constant_inputs"] == [None]


def two_numbers() -> Case:
    x, y, _ = data("sine")
    return Case(model_for((x, y, (x, y)), (4,), 2, None, "mse"), x, np.stack([y, -y], axis=1))


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda: moons(epochs=1), "classes, 50 to 499 rows"),
        (lambda: digits(epochs=1), "classes, 500 to 10,000 rows"),
        (lambda: sine(epochs=1, given=data("sine", 60)), "numbers, 50 to 499 rows"),
        (lambda: moons(epochs=1, given=data("moons", 49)), None),
        (lambda: several("sigmoid", "binary_crossentropy", 1), None),
        (two_numbers, None),
    ],
)
def test_which_runs_of_the_zoo_a_run_is_like(make: Any, kind: str | None):
    case = make()
    assert like(case) == kind
    assert kind is None or kind in confidences.LIKE
    assert kind is not None or confidences.confidence("unscaled_inputs", case) is None


def test_a_training_that_failed_is_said_to_have_failed():
    """A straight line cannot tell XOR, and no rule names that for a network without hidden layers."""
    (found,) = examine(xor(400, Adam(0.03), hidden=()))
    assert (found.rule, found.kind, found.confidence) == ("failed", "fault", None)
    assert "accuracy is" in found.evidence
    assert "Ruled out" in found.meaning
    assert "tests" not in as_text(found).splitlines()[0]


@pytest.mark.parametrize(("epochs", "optimizer"), [(50, SGD(0.01)), (100, Adam(0.001)), (20, Adam(0.003))])
def test_the_remedy_of_four_rows_works(epochs: int, optimizer: Any):
    (found,) = examine(xor(epochs, optimizer))
    assert found.rule in ("stopped_too_early", "learning_rate_too_low")
    rate = found.change.get("learning_rate", float(optimizer.learning_rate))
    cured = xor(found.change.get("epochs", epochs), type(optimizer)(rate))
    assert rate <= (1 if isinstance(optimizer, SGD) else 0.03)
    assert ((cured.model.predict(ROWS, verbose=0) > 0.5) == XOR).all()
    assert examine(cured) == []


def test_a_handful_that_is_known_by_heart_is_healthy():
    assert examine(xor(400, Adam(0.03))) == []


def test_no_rate_above_what_the_optimizer_is_used_with():
    case = digits(epochs=1, optimizer=Adam(0.01))
    assert (ceiling(case), higher(case)) == (0.03, [3.0])
    assert ceiling(digits(epochs=1, optimizer=SGD(0.01, momentum=0.9))) == pytest.approx(0.1)
    assert higher(digits(epochs=1, optimizer=SGD(0.02))) == [3.0, 10.0, 50.0]
    assert higher(digits(epochs=1, optimizer=SGD(1.0))) == []


@pytest.mark.parametrize(
    "make",
    [
        lambda: xor(50, SGD(0.01)), lambda: xor(100, Adam(0.001)), lambda: digits((64,), optimizer=Adam(1e-5)),
        lambda: digits((32,), 1, optimizer=Adam(0.001)),
    ],
)  # fmt: skip
def test_a_remedy_is_tried_on_a_copy_before_it_is_recommended(make: Any, monkeypatch: pytest.MonkeyPatch):
    """What is recommended was trained, came to the loss that is told, and no other trial came to clearly more."""
    tried: dict[tuple[float, float], Pace] = {}

    def spy(case: Case, *, rate: float = 1.0, longer: float = 1.0) -> Any:
        came_to = trial(case, rate=rate, longer=longer)
        tried[rate, longer] = Pace(rate, longer, came_to)
        return came_to

    monkeypatch.setattr(pace, "trial", spy)
    case = make()
    (found,) = [one for one in examine(case) if one.rule in ("stopped_too_early", "learning_rate_too_low")]
    rate = found.change.get("learning_rate", rate_now(case)) / rate_now(case)
    longer = found.change.get("epochs", case.epochs) / case.epochs
    (chosen,) = [
        one for one in tried.values()
        if one.rate == pytest.approx(rate, rel=0.06) and one.longer == pytest.approx(longer, rel=0.06)
    ]  # fmt: skip
    assert f"came to a training loss of {chosen.came_to.train.loss:.3g}" in found.remedy
    assert all(one.success <= chosen.success + pace.BETTER for one in tried.values())


def several(end: str | None, loss: Any, epochs: int = 40) -> Case:
    x = np.random.default_rng(1).normal(size=(300, 5)).astype("float32")
    y = np.stack([x[:, i] + x[:, i - 1] > 0 for i in range(4)], axis=1).astype("float32")
    return trained(model_for((x, y, (x, y)), (16,), 4, end, loss), (x[:240], y[:240], (x[240:], y[240:])), epochs)


@pytest.mark.parametrize(
    ("end", "loss"),
    [
        ("softmax", "categorical_crossentropy"), ("softmax", "binary_crossentropy"),
        ("sigmoid", "categorical_crossentropy"), (None, losses.CategoricalCrossentropy(from_logits=True)),
    ],
)  # fmt: skip
def test_several_labels_in_a_row_want_sigmoids(end: str | None, loss: Any):
    (found,) = examine(several(end, loss))
    assert found.rule == "missing_output_activation"
    assert "'sigmoid'" in found.remedy
    assert "binary_crossentropy" in found.remedy
    assert found.confidence is None  # nobody has tested that


def test_several_labels_with_sigmoids_are_healthy():
    assert examine(several("sigmoid", "binary_crossentropy")) == []


def test_without_experiments_no_copy_is_trained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    case = digits((64,), optimizer=Adam(0.5))
    assert examine(case)[0].rule == "learning_rate_too_high"
    case.notes.clear()
    case.experiments = False
    monkeypatch.setattr("pellucid.doctor.experiments.train_copy", None)
    monkeypatch.setattr("pellucid.doctor.ordinary.train_copy", None)
    assert "learning_rate_too_high" not in [one.rule for one in examine(case)]


def test_the_callback_says_how_long_copies_would_take(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr("pellucid.doctor.callback.FREE", 0.0)
    x, y, held = data("moons")
    doctor = Doctor()
    model_for((x, y, held), (8,), 2).fit(x, y, epochs=2, callbacks=[doctor], verbose=0)
    assert doctor.case is not None
    assert not doctor.case.experiments
    assert "Doctor(experiments=True) does, for about" in capsys.readouterr().out
