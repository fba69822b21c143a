"""Files: what is saved comes back, here and in Keras 3; what is damaged or foreign is refused; nothing is executed."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest

import pellucid
from pellucid import errors
from pellucid.layers import BatchNormalization, Dense, Dropout, Input, LayerNormalization
from pellucid.models import clone_model, load_model, model_from_json

X = np.random.default_rng(0).normal(size=(40, 4)).astype("float32")
Y = np.random.default_rng(1).integers(0, 3, size=40)


def trained(optimizer: object = "adam") -> pellucid.Sequential:
    inner = pellucid.Sequential([Dense(6, activation="gelu"), LayerNormalization()], name="inner")
    model = pellucid.Sequential(
        [Input((4,)), Dense(8, activation="relu"), BatchNormalization(), Dropout(0.2), inner, Dense(3, "softmax")],
        seed=0,
    )
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    return model


@pytest.mark.parametrize(
    "optimizer",
    [
        "adam",
        pellucid.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        pellucid.optimizers.RMSprop(0.01, centered=True, momentum=0.5, clipnorm=1.0),
        pellucid.optimizers.AdamW(pellucid.optimizers.schedules.CosineDecay(0.01, 100), weight_decay=0.1),
        pellucid.optimizers.Adam(0.01, amsgrad=True, use_ema=True),
    ],
)
def test_a_loaded_model_predicts_the_same_and_trains_on_to_the_same_bits(tmp_path: Path, optimizer: object):
    model = trained(optimizer)
    model.save(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras")
    np.testing.assert_array_equal(model.predict(X, verbose=0), again.predict(X, verbose=0))
    assert model.evaluate(X, Y, verbose=0) == again.evaluate(X, Y, verbose=0)
    for m in (model, again):
        m.fit(X, Y, epochs=2, batch_size=8, verbose=0)
    np.testing.assert_array_equal(model.theta.data, again.theta.data)
    np.testing.assert_array_equal(model.state.data, again.state.data)


def test_the_same_model_gives_the_same_bytes(tmp_path: Path):
    for name in ("a", "b"):
        trained().save(tmp_path / f"{name}.keras")
    assert (tmp_path / "a.keras").read_bytes() == (tmp_path / "b.keras").read_bytes()
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.keras", "b.keras"]


def test_weights_alone(tmp_path: Path):
    model = trained()
    model.save_weights(tmp_path / "m.weights.h5")
    other = clone_model(model)
    assert not np.array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))
    other.load_weights(tmp_path / "m.weights.h5")
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))


def test_weights_that_fit_are_read_and_the_others_named(tmp_path: Path):
    """As Keras's skip_mismatch: a layer whose bias alone does not fit stays as it is, too."""
    model = trained()
    layers = [layer if layer.name != "dense_1" else Dense(5, "softmax") for layer in clone_model(model).layers]
    other = pellucid.Sequential([Input((4,)), *layers, Dense(2)], seed=1)
    before = [w.copy() for layer in other.layers[-2:] for w in layer.get_weights()]
    for name in ("m.weights.h5", "m.keras"):
        (model.save_weights if "weights" in name else model.save)(tmp_path / name)
        with pytest.raises(errors.PellucidError, match="dense_1"):
            other.load_weights(tmp_path / name)
        with pytest.warns(UserWarning, match=r"2 layers keep their weights: .*\(6, 3\)\. .*'dense_2'.*none"):
            other.load_weights(tmp_path / name, skip_mismatch=True)
        for mine, theirs in zip(other.layers[:-2], model.layers[:-1], strict=True):
            for w, v in zip(mine.get_weights(), theirs.get_weights(), strict=True):
                np.testing.assert_array_equal(w, v)
        kept = [w for layer in other.layers[-2:] for w in layer.get_weights()]
        assert all(np.array_equal(w, v) for w, v in zip(kept, before, strict=True))
    model.load_weights(tmp_path / "m.keras", skip_mismatch=True)  # all fit: no warning
    with pytest.raises(errors.InvalidArgument, match="by_name"):
        other.load_weights(tmp_path / "m.keras", by_name=True)
    model.save_weights(tmp_path / "m.safetensors")
    with pytest.raises(errors.InvalidArgument, match="skip_mismatch"):
        other.load_weights(tmp_path / "m.safetensors", skip_mismatch=True)


def test_json_and_config_make_the_same_architecture():
    model = trained()
    again = model_from_json(model.to_json())
    assert again.get_config() == model.get_config()
    assert pellucid.Sequential.from_config(model.get_config()).count_params() == model.count_params()


def test_overwriting_may_be_forbidden(tmp_path: Path):
    path = tmp_path / "m.keras"
    path.write_text("mine")
    with pytest.raises(errors.FileError, match="overwrite=True"):
        trained().save(path, overwrite=False)
    assert path.read_text() == "mine"


def test_a_failed_save_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    model, path = trained(), tmp_path / "m.keras"
    model.save(path)
    before = path.read_bytes()

    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(errors.FileError, match="No space left"):
        model.save(path)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.keras"]


@pytest.mark.parametrize("save", ["save", "save_weights", "to_numpy"])
def test_a_folder_that_is_not_there_is_made(tmp_path: Path, save: str):
    name = {"save": "m.keras", "save_weights": "m.weights.h5", "to_numpy": "script"}[save]
    path = tmp_path / "new" / "folder" / name
    model = trained()
    getattr(model, save)(path)
    assert path.exists()
    if save == "save":
        np.testing.assert_array_equal(load_model(path).predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(errors.FileError, match="Not a directory"):
        trained().save(tmp_path / "file" / "m.keras")


def test_a_failed_save_leaves_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(errors.FileError, match="No space left"):
        trained().save(tmp_path / "new" / "folder" / "m.keras")
    assert not list(tmp_path.iterdir())


def test_every_truncation_is_refused(tmp_path: Path):
    trained().save(tmp_path / "m.keras")
    whole = (tmp_path / "m.keras").read_bytes()
    for n in [*range(0, 40), *range(40, len(whole), 997), len(whole) - 1]:
        path = tmp_path / "cut.keras"
        path.write_bytes(whole[:n])
        with pytest.raises(errors.FileError):
            load_model(path)


def test_flipped_bytes_are_refused_or_harmless(tmp_path: Path):
    model = trained()
    model.save(tmp_path / "m.keras")
    outputs = model.predict(X, verbose=0)
    whole = bytearray((tmp_path / "m.keras").read_bytes())
    rng = np.random.default_rng(0)
    for i in rng.integers(0, len(whole), size=150):
        altered = whole.copy()
        altered[i] ^= 0xFF
        (tmp_path / "bad.keras").write_bytes(altered)
        with contextlib.suppress(errors.PellucidError):
            np.testing.assert_array_equal(load_model(tmp_path / "bad.keras").predict(X, verbose=0), outputs)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "an empty file"),
        (b"not a model at all", "begins with"),
        (b"\x89HDF\r\n\x1a\n....", "Keras 2"),
        (b"PK\x03\x04rubbish", "damaged"),
    ],
)
def test_foreign_files_are_named(tmp_path: Path, content: bytes, message: str):
    (tmp_path / "x.keras").write_bytes(content)
    with pytest.raises(errors.FileError, match=message):
        load_model(tmp_path / "x.keras")


def test_a_file_of_onnx_is_told_its_reader(tmp_path: Path):
    (tmp_path / "x.onnx").write_bytes(b"\x08\x07")
    with pytest.raises(errors.FileError, match=r"models\.from_onnx"):
        load_model(tmp_path / "x.onnx")


def test_a_missing_file_is_named(tmp_path: Path):
    with pytest.raises(errors.FileError, match="No such file"):
        load_model(tmp_path / "none.keras")


def altered(source: Path, target: Path, change) -> None:
    """A copy of a .keras file whose config went through `change`."""
    with zipfile.ZipFile(source) as old, zipfile.ZipFile(target, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                change(config)
                content = json.dumps(config).encode()
            new.writestr(name, content)


def test_code_in_a_config_is_not_run(tmp_path: Path):
    trained().save(tmp_path / "m.keras")

    def evil(config):
        config["config"]["layers"][1] = {
            "module": "os", "class_name": "system", "config": {"command": "touch owned"}, "registered_name": "os>system"
        }  # fmt: skip

    altered(tmp_path / "m.keras", tmp_path / "evil.keras", evil)
    with pytest.raises(errors.UnknownName, match="system"):
        load_model(tmp_path / "evil.keras")


def test_links_out_of_the_file_are_refused(tmp_path: Path):
    trained().save(tmp_path / "m.keras")
    with zipfile.ZipFile(tmp_path / "m.keras") as old:
        members = {name: old.read(name) for name in old.namelist()}
    buffer = io.BytesIO(members["model.weights.h5"])
    with h5py.File(buffer, "a") as file:
        del file["layers/dense/vars/0"]
        file["layers/dense/vars/0"] = h5py.ExternalLink("/etc/hostname", "x")
    members["model.weights.h5"] = buffer.getvalue()
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as new:
        for name, content in members.items():
            new.writestr(name, content)
    with pytest.raises(errors.FileError, match="a link"):
        load_model(tmp_path / "m.keras")


@pytest.mark.parametrize(
    "change",
    [
        lambda c: c["config"]["layers"][1]["config"].update(units=9),
        lambda c: c["config"]["layers"][1]["config"].update(units="many"),
        lambda c: c["config"]["layers"][1]["config"].update(surprise=1),
        lambda c: c["config"].update(layers=3),
        lambda c: c.update(config=None),
        lambda c: c["config"]["layers"].pop(),
        lambda c: c["config"]["layers"].append(c["config"]["layers"][1]),
        lambda c: c["compile_config"].update(optimizer="nonesuch"),
    ],
)
def test_configs_that_do_not_hold_together_are_refused(tmp_path: Path, change):
    trained().save(tmp_path / "m.keras")
    altered(tmp_path / "m.keras", tmp_path / "bad.keras", change)
    with pytest.raises(errors.PellucidError):
        load_model(tmp_path / "bad.keras")


def test_a_users_own_layer_comes_back(tmp_path: Path):
    class Double(pellucid.Layer):
        def forward(self, p, x, *, training, rng):
            return 2 * x, None

        def backward(self, p, cache, dy):
            return 2 * dy, {}

    model = pellucid.Sequential([Input((4,)), Double(), Dense(2)], seed=0)
    model.save(tmp_path / "m.keras")
    with pytest.raises(errors.UnknownName, match="custom_objects"):
        load_model(tmp_path / "m.keras")
    again = load_model(tmp_path / "m.keras", custom_objects={"Double": Double})
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
