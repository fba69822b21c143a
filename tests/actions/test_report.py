"""A report of a real run: everything in it is what the run's files and its model say."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pellucid import errors
from pellucid.actions.report import contents, report
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import train
from pellucid.models import load_model
from pellucid.reports import render
from reports.pages import Page

SPECS = {
    "digits": {"data": "digits", "layers": [12, 8], "epochs": 4},
    "spirals": {"data": "spirals", "layers": [16], "batch_norm": True, "dropout": 0.1, "epochs": 3},
    "sine": {"data": "sine", "layers": [16], "validation_split": 0.0, "epochs": 1},
}


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one small run of each kind."""
    folder = tmp_path_factory.mktemp("runs")
    for name, spec in SPECS.items():
        train(TrainSpec(**spec), out=folder / name)
    return folder


@pytest.fixture
def copied(runs: Path, tmp_path: Path) -> Path:
    """The digits' run, to be spoilt."""
    return Path(shutil.copytree(runs / "digits", tmp_path / "run", ignore=shutil.ignore_patterns("report.html")))


@pytest.mark.parametrize("name", SPECS)
def test_the_page_is_whole_and_stands_in_the_run(runs: Path, name: str):
    written = report(runs / name)
    assert written == runs / name / "report.html"
    page = Page(written.read_text(encoding="utf-8"))
    page.check()
    assert not list((runs / name).glob(".*"))
    assert page.said.count("(root mean square)" if name == "sine" else "Always naming the commonest class") == 1


def test_the_numbers_are_those_of_the_run(runs: Path):
    kept = json.loads((runs / "digits/metrics.json").read_text())
    c = contents(runs / "digits")
    assert c.baseline == kept.pop("baseline")
    assert {key: c.metrics[key] for key in kept if key != "pellucid"} == {
        key: value for key, value in kept.items() if key != "pellucid"
    }
    said = Page(render(c)).said
    for row in kept["per_class"]:
        assert f"{row['class']} {row['precision']:.4f} {row['recall']:.4f} {row['f1']:.4f} {row['support']}" in said
    right = int(np.trace(kept["confusion_matrix"]))
    assert f"{right} of 360 held-out samples: {100 * kept['accuracy']:.1f} %" in said
    counts = [str(n) for n in np.ravel(kept["confusion_matrix"]) if n]
    drawn = Page(render(c)).text.partition('aria-label="Confusion')[2].partition("</svg>")[0]
    words = Page(f"<svg>{drawn.partition('>')[2]}</svg>").said.split()
    assert sorted(words) == sorted([*counts, *map(str, [*range(10), *range(10)]), "true", "predicted"])


def test_rows_of_a_table_are_shown_as_its_file_has_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pellucid.actions.report.examine_run", lambda path: [])
    lines = [f"{i % 7}.5,{'' if i % 9 else 'Bern'},{i % 2}" for i in range(60)]
    (tmp_path / "towns.csv").write_text("\n".join(["size,town,bought", *lines]))
    train(TrainSpec(data=str(tmp_path / "towns.csv"), target=["bought"], layers=[2], epochs=1), out=tmp_path / "run")
    c = contents(tmp_path / "run")
    assert (c.data, c.columns, len(c.places)) == ("towns.csv", ["size", "town"], 12)
    assert c.cells is not None
    for row, place in enumerate(c.places):
        assert ",".join([*c.cells(row), str(c.y[row])]) == lines[int(place.removeprefix("line ")) - 2]
    wrong = int((c.outputs.argmax(axis=1) != c.y).argmax())
    page = Page(render(c))
    page.check()
    assert f"{c.places[wrong]} {c.y[wrong]} {1 - c.y[wrong]}" in page.said


def test_what_it_gathers(runs: Path):
    c = contents(runs / "digits")
    lines = (runs / "digits/history.csv").read_text().splitlines()
    column = lines[0].split(",").index("val_loss")
    assert c.history["val_loss"] == [float(line.split(",")[column]) for line in lines[1:]]
    assert set(c.history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert c.chain == "8x8-12-8-10"
    assert [(row.kind, row.parameters) for row in c.layers] == [
        ("Flatten", 0), ("Rescaling", 0), ("Dense", 64 * 12 + 12), ("Dense", 12 * 8 + 8), ("Dense", 8 * 10 + 10),
    ]  # fmt: skip
    assert (c.sizes.train, c.sizes.validation, c.sizes.test) == (1293, 144, 360)
    model = load_model(runs / "digits/model.keras")
    assert c.kernel is not None
    assert np.array_equal(c.kernel, model.layers[2].kernel)
    assert np.array_equal(c.outputs, model.predict(c.x, verbose=0))
    assert (c.outputs.argmax(axis=1) == c.y).mean() == c.metrics["accuracy"]


def test_baselines_are_what_guessing_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    x = np.random.default_rng(0).normal(size=(50, 2)).astype("float32")
    classes = np.array([1] * 30 + [0] * 10 + [1] * 3 + [0] * 7)  # commonest in training: 1
    numbers = np.array([1.0, 3.0] * 20 + [0.5, 5.5] * 5)  # their mean in training: 2
    for name, y, baseline in (("classes", classes, 0.3), ("numbers", numbers, np.sqrt((1.5**2 + 3.5**2) / 2))):
        np.savez(f"{name}.npz", x_train=x[:40], y_train=y[:40], x_test=x[40:], y_test=y[40:])
        train(TrainSpec(data=f"{name}.npz", layers=[2], epochs=1, validation_split=0.0), out=Path(name))
        assert contents(Path(name)).baseline == pytest.approx(baseline)


def test_logits_become_probabilities(tmp_path: Path):
    loss = {"class": "SparseCategoricalCrossentropy", "from_logits": True}
    layers = [8, {"class": "Dense", "units": 2}]
    train(TrainSpec(data="moons", layers=layers, loss=loss, epochs=2), out=tmp_path / "run")
    c = contents(tmp_path / "run")
    assert np.allclose(c.outputs.sum(axis=1), 1, atol=1e-6)
    assert (c.outputs >= 0).all()
    Page(render(c)).check()


def test_the_command_repeats_the_run(runs: Path, tmp_path: Path):
    c = contents(runs / "spirals")
    assert c.command == f"pellucid train {runs / 'spirals' / 'spec.toml'}"
    again = train(TrainSpec.read(runs / "spirals/spec.toml"), out=tmp_path / "again")
    assert again.metrics["loss"] == c.metrics["loss"]


def test_a_name_in_the_data_is_no_markup(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    name = "<script>alert(1)<&.npz"
    rng = np.random.default_rng(0)
    np.savez(name, x=rng.normal(size=(60, 2)), y=rng.integers(0, 2, 60))
    train(TrainSpec(data=name, layers=[4], epochs=1), out=Path("run"))
    page = Page(report(Path("run")).read_text(encoding="utf-8"))
    page.check()
    assert name in page.said


def test_the_same_run_gives_the_same_page(runs: Path, tmp_path: Path):
    one, two = (report(runs / "digits", tmp_path / f"{i}.html").read_bytes() for i in range(2))
    assert one == two


@pytest.mark.parametrize("damage", ["none", "unfinished", "not a run"])
def test_what_is_no_finished_run_is_told(copied: Path, damage: str):
    path, message = copied, {"none": "no such folder", "unfinished": "--resume", "not a run": "spec.toml"}[damage]
    if damage == "none":
        path = copied / "nowhere"
    elif damage == "unfinished":
        (copied / "metrics.json").unlink()
    else:
        (copied / "spec.toml").unlink()
    with pytest.raises(errors.FileError, match=message):
        report(path)
    assert not (copied / "report.html").exists()


def test_a_models_file_is_no_run(copied: Path):
    with pytest.raises(errors.FileError, match="pass the folder"):
        report(copied / "model.keras")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("metrics.json", "{", "the JSON that a run ends with"),
        ("metrics.json", "[]", "none for samples, loss, epochs, seconds, seed"),
        ("metrics.json", '{"samples": 360, "loss": "low"}', "none for loss, epochs"),
        ("history.csv", "", "a column `loss`"),
        ("history.csv", "epoch,loss\n0,low\n", r"history\.csv"),
        ("probes.csv", "step\n1\n", "probes"),
        ("model.keras", "no zip", "model.keras"),
    ],
)
def test_a_damaged_file_is_told(copied: Path, name: str, content: str, message: str):
    (copied / name).write_text(content)
    with pytest.raises(errors.FileError, match=message):
        report(copied)


def test_a_missing_history_is_told(copied: Path):
    (copied / "history.csv").unlink()
    with pytest.raises(errors.FileError, match=r"history\.csv: expected a column `loss`"):
        report(copied)


def test_data_that_is_gone_or_changed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3)).astype("float32")
    np.savez("mine.npz", x=x, y=(x[:, 0] > 0).astype(int))
    train(TrainSpec(data="mine.npz", layers=[4], epochs=2), out=Path("run"))
    report(Path("run"))
    np.savez("mine.npz", x=x, y=(x[:, 0] < 0).astype(int))
    with pytest.raises(errors.DataError, match=r"data mine\.npz: .* 16 samples with a loss of .* or train again"):
        report(Path("run"))
    np.savez("mine.npz", x=x[:40], y=(x[:40, 0] > 0).astype(int))
    with pytest.raises(errors.DataError, match="got 8 samples"):
        report(Path("run"))
    Path("mine.npz").unlink()
    with pytest.raises(errors.FileError, match=r"mine\.npz: expected a file that exists"):
        report(Path("run"))


def test_every_picture_of_a_run_is_on_the_page(runs: Path):
    c = contents(runs / "spirals")
    labels = [str(attributes["aria-label"]) for attributes in Page(render(c)).of("svg")]
    assert any("plane of the two inputs" in label for label in labels)
    c = contents(runs / "sine")
    labels = [str(attributes["aria-label"]) for attributes in Page(render(replace(c, looks=()))).of("svg")]
    assert any("predicted curve" in label for label in labels)
    assert any("Predicted over true numbers of 80" in label for label in labels)
