"""Weights as safetensors: PyTorch's names and layout, files that PyTorch wrote, and files that lie."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from safetensors import safe_open
from safetensors.numpy import load_file, save_file

from exchange.networks import Case, predicted
from laws.graphs import X, residual
from pellucid import Sequential
from pellucid import layers as L
from pellucid.errors import FileError, PellucidError, ShapeError
from pellucid.models import Model, clone_model

GOLDEN = Path(__file__).parents[1] / "golden" / "torch"
PREDICTED = json.loads((GOLDEN / "predictions.json").read_text("utf-8"))
CASES = [case for case in predicted() if not case.name.startswith("activation")]  # which are layers of the same weights


def dense() -> Model:
    return Sequential([L.Input((4,)), L.Dense(2)], seed=1)


NETWORKS = {  # by the golden file: the same network, made here
    "sequential": lambda: Sequential(
        [L.Input((4,)), L.Dense(6, "relu"), L.BatchNormalization(), L.Dense(3, "softmax")], seed=0
    ),
    "named": lambda: Sequential(
        [
            L.Input((4,)), L.Dense(5, name="first"), L.LayerNormalization(name="norm"), L.Activation("tanh"),
            L.Dense(2, use_bias=False, name="last"),
        ],
        seed=0,
    ),
    "half": dense,
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_files_that_pytorch_wrote_are_read(name: str):
    model = NETWORKS[name]()
    model.load_weights(GOLDEN / f"{name}.safetensors")
    y = model.predict(np.asarray(PREDICTED["x"], "float32"), verbose=0)
    np.testing.assert_allclose(y, PREDICTED[name], rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
def test_every_layer_goes_into_a_file_and_back(case: Case, tmp_path: Path):
    path = tmp_path / "x.safetensors"
    case.model.save_weights(path)
    fresh = clone_model(case.model)
    fresh.load_weights(path)
    for found, wanted in zip(fresh.get_weights(), case.model.get_weights(), strict=True):
        np.testing.assert_array_equal(found, wanted)
    before = path.read_bytes()
    case.model.save_weights(path)
    assert path.read_bytes() == before


def test_names_and_layout_are_pytorch_s(tmp_path: Path):
    inner = Sequential([L.Dense(3, name="train"), L.LayerNormalization(), L.PReLU()], name="inner")
    model = Sequential([L.Input((4,)), inner, L.BatchNormalization(name="my norm"), L.RMSNormalization()], seed=0)
    model.save_weights(tmp_path / "x.safetensors")
    found = load_file(tmp_path / "x.safetensors")
    assert {name: array.shape for name, array in found.items()} == {
        "inner.train_.weight": (3, 4), "inner.train_.bias": (3,), "inner.layer_normalization.weight": (3,),
        "inner.layer_normalization.bias": (3,), "inner.p_re_lu.weight": (3,), "my_norm.weight": (3,),
        "my_norm.bias": (3,), "my_norm.running_mean": (3,), "my_norm.running_var": (3,),
        "rms_normalization.weight": (3,),
    }  # fmt: skip
    np.testing.assert_array_equal(found["inner.train_.weight"].T, model.p["inner/train/kernel"])
    with safe_open(tmp_path / "x.safetensors", "np") as file:
        about = json.loads(file.metadata()["pellucid"])["parameters"]
    assert about["inner.train_.weight"] == {"path": "inner/train/kernel", "transposed": True}


def test_graphs_with_shared_layers_keep_each_weight_once(tmp_path: Path):
    model, twin = residual(), residual(seed=4)
    model.save_weights(tmp_path / "x.safetensors")
    twin.load_weights(tmp_path / "x.safetensors")
    np.testing.assert_array_equal(twin.predict(X, verbose=0), model.predict(X, verbose=0))


@pytest.mark.parametrize(
    ("arrays", "error", "told"),
    [
        ({"dense.weight": np.zeros((2, 4), "f4")}, FileError, "expected an array 'dense.bias', got dense.weight"),
        ({"dense.weight": np.zeros((4, 2), "f4"), "dense.bias": np.zeros(2, "f4")}, ShapeError, r"shape \(2, 4\)"),
        ({f"dense.{n}": np.zeros(1, "f4") for n in ("weight", "bias", "more")}, FileError, "'dense.more', too"),
        ({"dense.weight": np.zeros((2, 4), "i4"), "dense.bias": np.zeros(2, "f4")}, FileError, "expected numbers of"),
        ({"0.weight": np.zeros((2, 4), "f4"), "2.weight": np.zeros((2, 4), "f4")}, FileError, "another network"),
    ],
)
def test_a_file_of_another_network_is_told_and_changes_nothing(arrays, error, told, tmp_path: Path):
    model = dense()
    before = model.get_weights()
    save_file(arrays, tmp_path / "x.safetensors")
    with pytest.raises(error, match=told):
        model.load_weights(tmp_path / "x.safetensors")
    for found, wanted in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(found, wanted)


@given(data=st.data())
def test_damaged_files_are_one_sentence(data, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.getbasetemp() / "damaged.safetensors"
    model = dense()
    model.save_weights(path)
    content = bytearray(path.read_bytes())
    header = 8 + int.from_bytes(content[:8], "little")
    for _ in range(data.draw(st.integers(1, 3))):
        content[data.draw(st.integers(0, header - 1))] = data.draw(st.integers(0, 255))
    path.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    with contextlib.suppress(PellucidError):
        model.load_weights(path)


def test_numbered_modules_go_by_their_numbers_not_by_their_letters(tmp_path: Path):
    model = Sequential([L.Input((1,)), *[L.Dense(1, use_bias=False) for _ in range(11)]], seed=0)
    save_file({f"net.{2 * i}.weight": np.full((1, 1), i, "f4") for i in range(11)}, tmp_path / "x.safetensors")
    model.load_weights(tmp_path / "x.safetensors")
    assert [float(w[0, 0]) for w in model.get_weights()] == list(range(11))
