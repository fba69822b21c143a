"""Export as the command line does it: a run or a .keras file in, a folder out."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest

import pellucid
from pellucid.actions.export import FORMS, export
from pellucid.actions.in_c import InC
from pellucid.errors import FileError, InvalidArgument, UnknownName
from pellucid.layers import Dense, Input
from pellucid.models import load_model


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    model = pellucid.Sequential([Input((3,)), Dense(2, "relu")], seed=1)
    model.compile("adam", "mse")
    model.save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_a_keras_file_becomes_a_script(saved: Path, tmp_path: Path):
    path = export(saved, "numpy", tmp_path / "out")
    assert path == tmp_path / "out" / "network.py"
    assert "def backward" in path.read_text("utf-8")


def test_every_form_refuses_a_folder_of_others(saved: Path, tmp_path: Path):
    for form in FORMS:
        with pytest.raises(FileError, match=r"model\.keras"):
            export(saved, form, tmp_path)
        export(saved, form, tmp_path, force=True)
        assert saved.exists()


def test_an_unknown_form_is_told_the_nearest(saved: Path, tmp_path: Path):
    with pytest.raises(UnknownName, match="Did you mean 'numpy'"):
        export(saved, "nunpy", tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_an_onnx_file_predicts_what_the_model_does(saved: Path, tmp_path: Path):
    path = export(saved, "onnx", tmp_path / "out")
    assert path == tmp_path / "out" / "network.onnx"
    x = np.arange(6, dtype="float32").reshape(2, 3)
    (y,) = onnxruntime.InferenceSession(str(path)).run(None, {"input_layer": x})
    np.testing.assert_allclose(y, load_model(saved).predict(x, verbose=0), rtol=1e-5, atol=1e-6)


def test_a_keras_file_is_the_model(saved: Path, tmp_path: Path):
    path = export(saved, "keras", tmp_path / "out")
    for found, wanted in zip(load_model(path).get_weights(), load_model(saved).get_weights(), strict=True):
        np.testing.assert_array_equal(found, wanted)


@pytest.mark.parametrize("form", ["c", "keras", "onnx"])
def test_a_file_is_written_where_it_is_asked_for_and_replaced_by_force_alone(saved: Path, tmp_path: Path, form: str):
    path = tmp_path / "new" / f"mine.{form}"
    assert export(saved, form, path) == path
    before = path.read_bytes()
    with pytest.raises(FileError, match="a path that is free"):
        export(saved, form, path)
    assert export(saved, form, path, force=True).read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == [path.name]
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(FileError, match=rf"a folder, or a path that ends in \.{form}"):
        export(saved, form, tmp_path / "notes.txt", force=True)


@pytest.mark.parametrize("form", FORMS)
def test_names_of_classes_go_along_and_an_earlier_export_is_replaced(saved: Path, tmp_path: Path, form: str):
    (tmp_path / "classes.json").write_text('["no", "yes"]')
    (tmp_path / "spec.toml").write_text("")
    for _ in range(2):
        path = export(saved, form, tmp_path / "out")
        assert json.loads((path.parent / "classes.json").read_text()) == ["no", "yes"]
    if form == "onnx":
        assert onnx.load(path).metadata_props[0].value == '["no", "yes"]'


def test_what_is_asked_of_c_is_done_and_of_no_other_form(saved: Path, tmp_path: Path):
    np.savez(tmp_path / "rows.npz", x=np.ones((4, 3)))
    asked = InC("net", header=True, int8=True, data=str(tmp_path / "rows.npz"))
    for _ in range(2):
        path = export(saved, "c", tmp_path / "out", in_c=asked)
    assert "static const int8_t" in path.read_text()
    assert "int net_predict(const float *x, float *y);" in (tmp_path / "out" / "network.h").read_text()
    (tmp_path / "mine.h").write_text("mine")
    with pytest.raises(FileError, match=r"mine\.h: expected a path that is free"):
        export(saved, "c", tmp_path / "mine.c", in_c=asked)
    with pytest.raises(InvalidArgument, match=r"a data set's name or an \.npz file"):
        export(saved, "c", tmp_path / "other", in_c=InC(int8=True))
    with pytest.raises(InvalidArgument, match="expected --to c beside them, got --to onnx"):
        export(saved, "onnx", tmp_path / "other", in_c=asked)
