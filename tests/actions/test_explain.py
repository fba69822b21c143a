"""The action `explain`: a run or a file and rows in, an explanation out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from pellucid.actions import explain as action
from pellucid.actions.kinds.arrays import load
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.errors import FileError, InvalidArgument, PellucidError
from pellucid.models import load_model


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("explain") / "run"
    train(TrainSpec(data="moons", layers=[6], epochs=2, schedule="constant"), out=folder)
    return folder


def test_rows_of_the_test_part_by_the_model_that_the_run_left(run: Path) -> None:
    explanation, _ = action.explain(run, None, [3, 0])
    (_, _), (x, y) = load("moons", 0)
    np.testing.assert_array_equal(explanation.steps[0]["x"], x[[3, 0]].astype("float32"))
    model = load_model(run / "model.keras")
    loss = model.train_on_batch(x[[3, 0]], y[[3, 0]])
    assert explanation.loss == pytest.approx(loss if isinstance(loss, float) else loss[0])
    np.testing.assert_array_equal(explanation.updates["dense/kernel"].outputs["w"], model.theta["dense/kernel"])
    assert explanation.step == model.optimizer.steps_taken


def test_data_without_targets_give_the_forward_pass(run: Path, tmp_path: Path) -> None:
    np.savez(tmp_path / "new.npz", x=np.ones((2, 2), "float32"))
    explanation, _ = action.explain(run / "model.keras", str(tmp_path / "new.npz"), [1])
    assert {step.phase for step in explanation} == {"forward"}


def test_classes_are_named_by_a_run_and_by_its_file_alone(tmp_path: Path) -> None:
    rows = [f"{20 + i % 7},{'yes' if i % 3 else 'no'}" for i in range(60)]
    (tmp_path / "bought.csv").write_text("\n".join(["age,bought", *rows]))
    train(TrainSpec(data=str(tmp_path / "bought.csv"), target=["bought"], layers=[2], epochs=1), out=tmp_path / "run")
    (tmp_path / "run" / "model.keras").rename(tmp_path / "alone.keras")
    _, names = action.explain(tmp_path / "alone.keras", str(tmp_path / "bought.csv"), [0])
    assert names == ("no", "yes")


def test_why_takes_an_entry_as_people_write_it(run: Path) -> None:
    explanation, _ = action.explain(run, None, [0])
    for entry in ("dense/kernel[1,5]", " dense/kernel[ 1 , 5 ] ", "dense/kernel[1, 5]"):
        assert action.why(explanation, entry) == explanation.why("dense/kernel", 1, 5)
    for wrong in (
        "dense/kernel",
        "dense/kernel[]",
        "dense/kernel[a]",
        "[1]",
        "dense/kernel[1,5]x",
        "dense/kernel[1.5]",
    ):
        with pytest.raises(InvalidArgument, match=r"--why.*dense/kernel\[3,5\]"):
            action.why(explanation, wrong)
    with pytest.raises(InvalidArgument, match="at least 0"):
        action.why(explanation, "dense/kernel[-1,0]")


@pytest.mark.parametrize("suffix", ["html", "json", "txt", "HTML"])
def test_files_in_three_forms(run: Path, tmp_path: Path, suffix: str) -> None:
    explanation, _ = action.explain(run, None, [0])
    out = tmp_path / f"e.{suffix}"
    action.write(out, explanation)
    text = out.read_text(encoding="utf-8")
    if suffix == "json":
        assert json.loads(text) == json.loads(json.dumps(explanation.to_dict()))
    else:
        assert text.startswith("<!DOCTYPE html>" if suffix.lower() == "html" else "Model ")
    assert [p.name for p in tmp_path.iterdir()] == [out.name]


def test_mistakes(run: Path, tmp_path: Path) -> None:
    for rows in ([80], [-1], [0, 99999]):
        with pytest.raises(InvalidArgument, match="--row: expected a row from 0 to 79"):
            action.explain(run, None, rows)
    with pytest.raises(InvalidArgument, match=r"--out.*\.html"):
        action.write(tmp_path / "e.doc", action.explain(run, None, [0])[0])
    with pytest.raises(FileError):
        action.write(run / "spec.toml" / "e.html", action.explain(run, None, [0])[0])
    with pytest.raises(PellucidError):
        action.explain(tmp_path / "no run", None, [0])
    assert not list(tmp_path.iterdir())
