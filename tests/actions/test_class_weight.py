"""Rows of rare classes that count more: the spec's class_weight, wherever a spec is trained or looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.actions.building import build
from pellucid.actions.data import prepare
from pellucid.actions.doctor import doctor
from pellucid.actions.lr import find_learning_rate
from pellucid.actions.script import script
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import Started, planned_epochs, train
from pellucid.cli import show
from pellucid.errors import InvalidArgument
from pellucid.models import load_model
from pellucid.tables import streaming

ROWS, RARE = 1200, 0.04


@pytest.fixture
def faults(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """A table in which one row of 25 is faulty, and somewhat unlike the others."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    rare = rng.random(ROWS) < RARE
    x = rng.normal(size=(ROWS, 3)) + 1.5 * rare[:, None]
    lines = [
        "a,b,c,fault",
        *(f"{a:.4f},{b:.4f},{c:.4f},{'yes' if y else 'no'}" for (a, b, c), y in zip(x, rare, strict=True)),
    ]
    Path("faults.csv").write_text("\n".join(lines) + "\n")
    return {"data": "faults.csv", "target": ["fault"], "layers": [8], "epochs": 20}


def recall_of_the_rare(spec: TrainSpec) -> float:
    return float(train(spec).metrics["per_class"][1]["recall"])


def test_every_class_counts_the_same(faults: dict[str, Any]):
    data = prepare(TrainSpec(**faults))
    weights = data.to_fit(32, "balanced")["class_weight"]
    sums = [weights[c] * (data.y_train == c).sum() for c in (0, 1)]
    np.testing.assert_allclose(sums, len(data.y_train) / 2)
    assert "class_weight" not in data.to_fit(32)


def test_balanced_the_rare_class_is_found(faults: dict[str, Any]):
    plain, balanced = TrainSpec(**faults), TrainSpec(**faults, class_weight="balanced")
    assert recall_of_the_rare(balanced) > recall_of_the_rare(plain) + 0.2


def test_the_doctor_proposes_it_but_not_twice(faults: dict[str, Any], capsys: pytest.CaptureFixture[str]):
    seen: list[Any] = []
    plain = train(TrainSpec(**faults), on_event=seen.append).run
    (before,) = (event.findings for event in seen if isinstance(event, Started))
    assert [(one.rule, one.change) for one in before] == [("class_imbalance", {"class_weight": "balanced"})]
    assert before[0].title == "Classes are unbalanced"  # what comes of it is not known yet
    show.started(next(event for event in seen if isinstance(event, Started)))
    assert capsys.readouterr().out.splitlines()[-1].endswith('In a spec: class_weight = "balanced"')
    found = {one.rule: one.change for one in doctor(plain.path, experiments=False).findings}
    assert found["class_imbalance"] == {"class_weight": "balanced"}
    seen.clear()
    balanced = train(TrainSpec(**faults, class_weight="balanced"), on_event=seen.append).run
    assert [event.findings for event in seen if isinstance(event, Started)] == [[]]
    assert not any("class_weight" in one.change for one in doctor(balanced.path, experiments=False).findings)


def test_a_large_table_is_balanced_alike(faults: dict[str, Any], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(streaming, "LARGE", 1)
    assert recall_of_the_rare(TrainSpec(**faults, class_weight="balanced")) > 0.5


def test_the_script_computes_the_same_bits(faults: dict[str, Any]):
    spec = TrainSpec(**faults, class_weight="balanced")
    run, data = train(spec).run, prepare(spec)
    model, epochs = load_model(run.model), planned_epochs(spec, data)
    text = script(spec, data, build(spec, data, epochs), epochs)
    made: dict[str, Any] = {}
    exec(text, made)
    assert np.array_equal(made["model"].theta.data, model.theta.data)


def test_learning_rates_are_tried_on_the_loss_that_is_trained(faults: dict[str, Any]):
    plain, balanced = (
        find_learning_rate(TrainSpec(**faults, class_weight=kind), steps=30).losses for kind in ("none", "balanced")
    )
    assert not np.allclose(plain, balanced)


@pytest.mark.parametrize(
    ("spec", "of"),
    [
        ({"data": "sine"}, "numbers to predict"),
        ({"data": "austen", "window": 32}, "characters"),
    ],
)
def test_where_rows_are_of_no_class_it_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spec: Any, of: str):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InvalidArgument, match=f"spec, class_weight: expected none, .* got balanced, of .*{of}"):
        train(TrainSpec(**spec, class_weight="balanced", epochs=1))
    assert not Path("runs").exists()
