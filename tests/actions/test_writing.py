"""Texts: a model of their characters, trained, judged and reported like any other, and what it writes."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from actions.power_cut import cut_short
from pellucid import errors
from pellucid.actions import apply
from pellucid.actions.data import prepare
from pellucid.actions.explain import explain
from pellucid.actions.export import export
from pellucid.actions.report import report
from pellucid.actions.runs import open_model
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import resume, train
from pellucid.actions.writing import Looking, Stepping, write
from pellucid.layers import GRU, LSTM, Conv1D, Dense, Dropout, Embedding
from pellucid.models import Sequential, load_model

VERSE = "one two three four five six seven eight nine ten\n"


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("texts")
    (folder / "book.txt").write_text(VERSE * 60, encoding="utf-8")
    spec = TrainSpec(data=str(folder / "book.txt"), layers=[24], window=32, epochs=30, batch_size=8, learning_rate=0.02)
    return train(spec, out=folder / "run").run.path


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="a file that nobody can read from its beginning")
def test_a_text_that_cannot_be_read_is_refused_as_such(tmp_path: Path):
    (tmp_path / "book.txt").symlink_to("/proc/self/mem")
    with pytest.raises(errors.FileError, match=r"reading .*book\.txt: expected a readable file"):
        TrainSpec.of({"data": str(tmp_path / "book.txt")})


def test_it_learns_and_says_how_well(trained: Path):
    metrics = apply.evaluate(trained, None)
    assert metrics["accuracy"] > 0.9
    assert metrics["bits_per_character"] == pytest.approx(metrics["loss"] / np.log(2))
    assert metrics["bits_per_character"] < 0.6
    spec = open_model(trained)[1]
    assert spec is not None
    assert [entry["class"] for entry in spec.layers] == ["Embedding", "GRU", "Dense"]
    data = prepare(spec)
    assert metrics["samples"] == data.x_test.size
    assert data.names == tuple(sorted(set(VERSE)))


def test_the_test_is_the_end_of_the_text(tmp_path: Path):
    text = "".join(chr(97 + i % 26) for i in range(1001))
    (tmp_path / "a.txt").write_text(text)
    data = prepare(TrainSpec(data=str(tmp_path / "a.txt"), window=10, validation_split=0.2))
    assert data.validation is not None
    whole = np.concatenate([data.x_train, data.validation[0], data.x_test])
    assert (whole.ravel() == np.arange(1000) % 26).all()
    assert (len(data.x_train), len(data.validation[0]), len(data.x_test)) == (72, 18, 10)
    assert (data.y_train[:, :-1] == data.x_train[:, 1:]).all()


def test_it_writes(trained: Path):
    assert "".join(write(trained, "one two", length=60, temperature=0)) == (VERSE * 2)[: 7 + 60]
    first, again, other = ("".join(write(trained, "one", length=80, temperature=2.0, seed=s)) for s in (1, 1, 2))
    assert first == again != other
    assert "".join(write(trained / "model.keras", length=3, temperature=0)) == "\none"
    assert "".join(write(trained, "ten", length=0)) == "ten"


def test_what_it_cannot_write_is_said(trained: Path, tmp_path: Path):
    with pytest.raises(errors.InvalidArgument, match=r"--start: expected characters of the text .*, got Ä, é"):
        write(trained, "éÄ")
    with pytest.raises(errors.InvalidArgument, match="--start: expected one character at least"):
        write(trained, "")
    with pytest.raises(errors.InvalidArgument, match="temperature"):
        write(trained, temperature=-1)
    moons = train(TrainSpec(data="moons", layers=[2], epochs=1), out=tmp_path / "moons").run.path
    with pytest.raises(errors.DataError, match="expected a model that was trained on a text, got another"):
        write(moons)
    with pytest.raises(errors.InvalidArgument, match="pellucid write RUN"):
        apply.predict(trained, None)


@pytest.mark.long
def test_a_report_shows_what_it_writes(trained: Path, tmp_path: Path):
    page = report(trained, tmp_path / "report.html").read_text(encoding="utf-8")
    assert "held-out characters" in page
    assert "seven eight" in page  # what it writes


def test_the_rest_takes_it_like_any_run(trained: Path, tmp_path: Path):
    explanation, names = explain(trained, None, [0])
    assert names[0] == "\n"
    assert "GRU" in explanation.text()
    other = tmp_path / "other.txt"
    other.write_text("one two thrÉe four five six\n" * 9, encoding="utf-8")
    with pytest.warns(UserWarning, match=r"É did not occur in training"):
        assert apply.evaluate(trained, str(other))["samples"] == 128


def test_a_run_that_was_killed_goes_on_to_the_same_bits(tmp_path: Path):
    (tmp_path / "book.txt").write_text(VERSE * 20)
    spec = TrainSpec(data=str(tmp_path / "book.txt"), network="lstm", layers=[6], dropout=0.1, window=16, epochs=3)
    whole = train(spec, out=tmp_path / "whole")

    cut_short(spec, tmp_path / "cut", epoch=1)
    resumed = resume(tmp_path / "cut")
    assert resumed.run.model.read_bytes() == whole.run.model.read_bytes()
    assert [type(layer).__name__ for layer in load_model(whole.run.model).layers] == [
        "Embedding", "LSTM", "Dropout", "Dense",
    ]  # fmt: skip


@pytest.mark.parametrize("layers", [[GRU(5, return_sequences=True)], [LSTM(4, return_sequences=True), Dropout(0.5)]])
def test_stepping_says_what_the_whole_says(layers: list):
    model = Sequential([Embedding(7, 3), *layers, Dense(7, "softmax")], seed=1)
    model.build((None, None))
    x = np.random.default_rng(0).integers(0, 7, 12)
    whole = model.predict(x[None], verbose=0)[0]
    reader = Stepping(model)
    assert np.allclose(reader.read(x[:4].tolist()), whole[3], atol=1e-6)
    assert all(np.allclose(reader.read([int(x[t])]), whole[t], atol=1e-6) for t in range(4, 12))


def test_looking_reads_no_more_than_its_window():
    model = Sequential([Embedding(7, 3), Conv1D(7, 3, padding="causal", activation="softmax")], seed=1)
    model.build((None, None))
    x = np.random.default_rng(0).integers(0, 7, 9)
    reader = Looking(model, 5)
    assert np.allclose(reader.read(x.tolist()), model.predict(x[None], verbose=0)[0, -1], atol=1e-6)
    assert reader.seen == x[-5:].tolist()


def test_a_text_too_short_or_without_letters_is_said(tmp_path: Path):
    path = tmp_path / "a.txt"
    for text, said in (("ab cd\n" * 10, "windows of 128 characters"), ("a" * 9000, "a text of different characters")):
        path.write_text(text + "\n" * ("b" in text))
        with pytest.raises(errors.DataError, match=said):
            prepare(TrainSpec(data=str(path)))
    path.write_text(VERSE * 90)
    with pytest.raises(errors.InvalidArgument, match="spec, target: expected a table as data"):
        prepare(TrainSpec(data=str(path), target=["a"]))
    with pytest.raises(errors.InvalidArgument, match="spec, layers: expected an output of"):
        train(TrainSpec(data=str(path), layers=[{"class": "Embedding", "input_dim": 30, "output_dim": 3}]))
    with pytest.raises(errors.InvalidArgument, match="spec, window: expected a table or a text as data"):
        prepare(TrainSpec(data="moons", window=3))


def test_it_is_taken_out_for_windows_of_its_own_length(trained: Path, tmp_path: Path):
    onnxruntime = pytest.importorskip("onnxruntime", reason="runs ONNX files")
    data = prepare(open_model(trained)[1] or TrainSpec())
    session = onnxruntime.InferenceSession(export(trained, "onnx", tmp_path / "text.onnx"))
    (given,) = session.get_inputs()
    assert given.shape[1:] == [32]
    wanted = open_model(trained)[0].predict(data.x_test, verbose=0)
    (found,) = session.run(None, {given.name: data.x_test.astype("float32")})
    np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=1e-6)
    again = load_model(export(trained, "keras", tmp_path / "text.keras"))
    assert again.input_shape == (None, None)  # which leaves the length open
    export(trained, "numpy", tmp_path / "script")
    export(trained, "c", tmp_path / "text.c")
