"""Export as the command line does it: a run or a .keras file in, a folder out."""

from __future__ import annotations

from pathlib import Path

import pytest

import pellucid
from pellucid.actions.export import FORMS, export
from pellucid.errors import FileError, UnknownName
from pellucid.layers import Dense, Input


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
