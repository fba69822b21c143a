"""Half precision is how data and files may be stored; what is computed is computed in float32."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.errors import DataError, InvalidArgument
from pellucid.layers import Dense, Dropout, Input

X = np.linspace(-1, 1, 24).reshape(8, 3).astype("float32")


def bfloat16() -> Any:
    return pytest.importorskip("ml_dtypes", reason="NumPy has no bfloat16 of its own").bfloat16


KINDS: dict[str, Callable[[], Any]] = {"float16": lambda: np.float16, "bfloat16": bfloat16}
every_kind = pytest.mark.parametrize("kind", KINDS)


def network() -> Any:
    model = pellucid.Sequential([Input((3,)), Dense(2, "tanh"), Dense(1)], seed=1)
    model.compile("sgd", "mse")
    return model


def both(kind: str) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of this kind, and the same ones in float32."""
    stored = X.astype(KINDS[kind]())
    return stored, stored.astype("float32")


USES: dict[str, Callable[[Any, np.ndarray], Any]] = {
    "predict": lambda model, x: model.predict(x, verbose=0),
    "evaluate": lambda model, x: model.evaluate(x, x[:, :1], verbose=0),
    "fit": lambda model, x: model.fit(x, x[:, :1], epochs=2, verbose=0).history["loss"],
    "validation": lambda model, x: model.fit(X, X[:, :1], verbose=0, validation_data=(x, x[:, :1])).history["val_loss"],
    "weights": lambda model, x: model.fit(X, X[:, :1], verbose=0, sample_weight=abs(x[:, 0])).history["loss"],
    "batches": lambda model, x: model.fit(iter([(x[:4], x[:4, :1]), (x[4:], x[4:, :1])]), verbose=0).history["loss"],
    "one batch": lambda model, x: model.train_on_batch(x, x[:, :1]),
    "a call": lambda model, x: model(x),
    "a layer": lambda model, x: Dense(2, kernel_initializer="ones")(x),
    "parameters": lambda model, x: (model.layers[-2].set_weights([x[:3, :2], x[0, :2]]), model.get_weights()[0])[1],
    "a variable": lambda model, x: model.layers[-2].kernel.assign(x[:3, :2]).numpy(),
    "a loss": lambda model, x: pellucid.losses.MeanSquaredError(dtype="float32")(x, abs(x)),
    "a metric": lambda model, x: float(pellucid.metrics.MeanAbsoluteError()(x, abs(x))),
}


@every_kind
@pytest.mark.parametrize("use", USES)
def test_stored_numbers_give_what_they_give_in_float32(use: str, kind: str) -> None:
    stored, wide = both(kind)
    found, expected = (np.asarray(USES[use](network(), x)) for x in (stored, wide))
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == expected.dtype


def test_what_numpy_cannot_read_as_a_number_is_refused_as_before() -> None:
    with pytest.raises(DataError, match="numbers"):
        network().predict(np.zeros((4, 3), "V2"), verbose=0)
    with pytest.raises(InvalidArgument, match="Half precision"):
        Dense(2, dtype="float16")


# Files as Keras writes them --------------------------------------------------------------------------------------


def as_keras_writes(path: Path, policy: str, stored: Callable[[np.ndarray], np.ndarray], mark: dict[str, str]) -> Any:
    """A file of ours rewritten: the layers' dtype is the policy's, the weights are stored so, with Keras's mark."""
    h5py = pytest.importorskip("h5py")
    model = pellucid.Sequential([Input((3,)), Dense(2), Dropout(0.5)], seed=1)
    model.compile("adam", "mse")
    model.save(path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    config = json.loads(members["config.json"])
    for layer in config["config"]["layers"][1:]:
        layer["config"]["dtype"] = {"module": "keras", "class_name": "DTypePolicy", "config": {"name": policy}}
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "r+") as file:
        for name in ("0", "1"):
            place = f"layers/dense/vars/{name}"
            array = file[place][()]
            del file[place]
            file.create_dataset(place, data=stored(array)).attrs.update(mark)
    members |= {"config.json": json.dumps(config).encode(), "model.weights.h5": buffer.getvalue()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return model


def upper_half(array: np.ndarray) -> np.ndarray:
    """bfloat16 as its bare words, cut off: what HDF5 holds, a type that it has no name for."""
    return (np.ascontiguousarray(array).view("uint32") >> np.uint32(16)).astype("uint16").view("V2")


@pytest.mark.parametrize(
    ("policy", "stored", "mark", "tolerance"),
    [
        ("float16", lambda w: w.astype("float16"), {}, 2**-11),
        ("bfloat16", upper_half, {"dtype": "bfloat16"}, 2**-7),
        ("mixed_float16", lambda w: w, {}, 0.0),
        ("mixed_bfloat16", lambda w: w, {}, 0.0),
    ],
)
def test_a_file_in_half_precision_is_a_model_in_float32(
    policy: str, stored: Any, mark: dict[str, str], tolerance: float, tmp_path: Path
) -> None:
    path = tmp_path / "half.keras"
    model = as_keras_writes(path, policy, stored, mark)
    loaded = pellucid.saving.load_model(path)
    assert {layer.dtype for layer in loaded.layers} == {"float32"}
    for w, theirs in zip(loaded.get_weights(), model.get_weights(), strict=True):
        assert w.dtype == "float32"
        np.testing.assert_allclose(w, theirs, rtol=tolerance)
    loaded.fit(X, X[:, :2], verbose=0)
    model.load_weights(path)
    np.testing.assert_allclose(model.predict(X, verbose=0), pellucid.saving.load_model(path).predict(X, verbose=0))
