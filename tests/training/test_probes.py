"""Probes: what a look tells is so, on both engines, and looking changes nothing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

import pellucid
from pellucid.callbacks import BackupAndRestore, Callback, LambdaCallback, Probes
from pellucid.errors import FileError, InvalidArgument
from pellucid.layers import BatchNormalization, Dense, Dropout, Flatten
from pellucid.machine.layout import SUMMARY
from pellucid.machine.summaries import summaries
from pellucid.rng import Key
from pellucid.training.definition import loss_and_gradients
from pellucid.training.probing import COLUMNS, Look, Summary, read_looks, summary

X = Key(1).normal((70, 3, 4)).astype("float32")
Y = (X.reshape(70, -1).sum(axis=1) > 0).astype("int64")


def network(**compiled: Any) -> pellucid.Sequential:
    inner = pellucid.Sequential([Dense(9, activation="tanh"), Dropout(0.3)], name="inner")
    model = pellucid.Sequential(
        [
            Flatten(input_shape=(3, 4)),
            inner,
            BatchNormalization(),
            Dense(6, activation="relu", kernel_regularizer="l2"),
            Dense(2, activation="softmax"),
        ],
        seed=3,
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **compiled)
    return model


def looked(model: pellucid.Sequential, probes: Probes, epochs: int = 3) -> list[Look]:
    model.fit(X, Y, batch_size=16, epochs=epochs, callbacks=[probes], verbose=0)
    return probes.looks


class Witness(Callback):
    """Computes every step by the definition beforehand, from the parameters and the batch."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        model = self.model
        key = model.key.fold("shuffle", model.position.first_step).fold(0)
        rows = key.permutation(len(X))[batch * 16 : (batch + 1) * 16]
        rng = model.key.noise(model.optimizer.steps_taken)
        found = loss_and_gradients(model, model.p, X[rows], Y[rows], None, rng=rng)
        outputs = dict(model.walk(model.p, X[rows], training=True, rng=rng))
        self.steps.append({
            "loss": found.loss, "gradients": found.gradients, "outputs": outputs, "before": model.theta.data.copy(),
        })  # fmt: skip

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.steps[-1]["after"] = self.model.theta.data.copy()


@pytest.mark.parametrize("eager", [False, True])
def test_a_look_tells_what_the_step_was(eager: bool) -> None:
    model, probes, witness = network(run_eagerly=eager), Probes(every=1), Witness()
    model.fit(X, Y, batch_size=16, epochs=2, callbacks=[witness, probes], verbose=0)
    assert [look.step for look in probes.looks] == list(range(10))
    for look, step in zip(probes.looks, witness.steps, strict=True):
        assert look.epoch == look.step // 5
        assert look.loss == pytest.approx(step["loss"], rel=1e-5)
        assert list(look.outputs) == [
            "flatten",
            "inner/dense",
            "inner/dropout",
            "batch_normalization",
            "dense",
            "dense_1",
        ]
        for name, y in step["outputs"].items():
            agree(look.outputs[name], y, units=True)
        for name, g in step["gradients"].items():
            agree(look.gradients[name], g, 1e-4)
        for name, at in model.theta.slices.items():
            agree(look.weights[name], step["before"][at])
            moved = np.linalg.norm((step["after"] - step["before"])[at])
            norm = np.linalg.norm(step["before"][at])
            assert look.ratios[name] == pytest.approx(moved / norm if norm else math.nan, rel=1e-4, nan_ok=True)


def agree(found: Summary, values: Any, tolerance: float = 1e-5, units: bool = False) -> None:
    """Computed here once more, the plain way."""
    x = np.asarray(values, "float64")
    scale = max(float(np.abs(x).max()), 1e-6)
    wanted = (x.mean(), x.std(), x.min(), x.max(), np.linalg.norm(x))
    assert found.size == x.size
    assert found[1:6] == pytest.approx(wanted, rel=tolerance * 10, abs=tolerance * scale)
    assert found.zeros == pytest.approx((x == 0).mean())
    assert sum(found.counts) == x.size
    if units:
        assert found.dead == pytest.approx((x.reshape(len(x), -1) == 0).all(axis=0).mean())


def test_saturation_is_told_by_the_activation() -> None:
    looks = looked(network(), Probes(every=1))
    assert looks[0].outputs["inner/dense"].saturated >= 0
    assert math.isnan(looks[0].outputs["dense"].saturated)
    model = pellucid.Sequential([Dense(5, activation="sigmoid", kernel_initializer="ones", input_shape=(2,)), Dense(1)])
    model.compile("sgd", "mse")
    probes = Probes(every=1)
    x = np.array([[0.1, 0.1], [20.0, 20.0], [-20.0, -20.0], [0.0, 0.0]])
    model.fit(x, np.zeros(4), callbacks=[probes], verbose=0)
    assert probes.looks[0].outputs["dense"].saturated == 0.5


@pytest.mark.parametrize("eager", [False, True])
def test_looking_changes_no_bit(eager: bool) -> None:
    seen, unseen = network(run_eagerly=eager), network(run_eagerly=eager)
    history = seen.fit(X, Y, batch_size=16, epochs=4, callbacks=[Probes()], verbose=0)
    other = unseen.fit(X, Y, batch_size=16, epochs=4, verbose=0)
    assert (seen.theta.data == unseen.theta.data).all()
    assert history.history == other.history


def test_looks_grow_apart() -> None:
    probes = Probes()
    probes.on_train_begin()
    due = [step for step in range(2000) if probes.until_look(step) == 0]
    assert due[:6] == list(range(6))
    assert 30 <= len(due) <= 50
    gaps = np.diff(due)
    assert (gaps <= np.maximum(1, 0.2 * np.array(due[:-1]))).all()


@given(arrays("float32", array_shapes(min_dims=2, max_dims=3, max_side=20), elements=st.floats(-8, 8, width=32)))
def test_the_kernel_finds_what_the_definition_finds(x: np.ndarray) -> None:
    x = np.ascontiguousarray(x)
    (found,) = summaries([(x, (-2.0, 2.0), True)])
    wanted = summary(x, (-2.0, 2.0), units=True)
    np.testing.assert_allclose(found[:SUMMARY], wanted[1:9], rtol=1e-9, atol=1e-9)
    assert tuple(found[SUMMARY:]) == wanted.counts


def test_the_table_holds_the_looks(tmp_path: Path) -> None:
    probes = Probes(every=2, filename=tmp_path / "probes.csv")
    looks = looked(network(), probes)
    assert (tmp_path / "probes.csv").read_text().startswith(",".join(COLUMNS))
    for kept, look in zip(read_looks(tmp_path / "probes.csv"), looks, strict=True):
        assert repr(kept) == repr(look)  # NaN is not equal to itself


@pytest.mark.parametrize("filed", [False, True])
def test_an_interrupted_run_looks_on(tmp_path: Path, filed: bool) -> None:
    def run(folder: str, stop: int | None, epochs: int = 6) -> Probes:
        probes = Probes(filename=tmp_path / f"{folder}.csv" if filed else None)
        model = network()
        backup = BackupAndRestore(tmp_path / folder, save_freq=3, delete_checkpoint=False)

        def fail(batch: int, logs: Any) -> None:
            if model.optimizer.steps_taken == stop:
                raise KeyboardInterrupt

        callbacks = [probes, LambdaCallback(on_train_batch_end=fail), backup]
        try:
            model.fit(X, Y, batch_size=16, epochs=epochs, callbacks=callbacks, verbose=0)
        except KeyboardInterrupt:
            return run(folder, None)
        return probes

    whole, broken = run("whole", None), run("broken", 17)
    assert repr(broken.looks) == repr(whole.looks)
    if filed:
        assert (tmp_path / "broken.csv").read_bytes() == (tmp_path / "whole.csv").read_bytes()


def test_streams_and_frozen_layers_are_looked_at() -> None:
    model = network()
    model.layers[3].trainable = False
    model.compile("adam", "sparse_categorical_crossentropy")
    probes = Probes(every=1)
    batches = [(X[:16], Y[:16]), (X[16:32], Y[16:32])]
    model.fit(iter(batches * 2), epochs=2, steps_per_epoch=2, callbacks=[probes], verbose=0)
    assert [look.step for look in probes.looks] == [0, 1, 2, 3]
    assert "dense/kernel" not in probes.looks[0].gradients
    assert "dense_1/kernel" in probes.looks[0].gradients
    agree(probes.looks[0].outputs["flatten"], X[:16].reshape(16, -1), units=True)


def test_refusals(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="Probes, argument every: expected a whole number"):
        Probes(every=0)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(FileError, match="expected a table with the columns step"):
        read_looks(tmp_path / "other.csv")
    (tmp_path / "cut.csv").write_text(",".join(COLUMNS) + "\n0,0,x\n")
    with pytest.raises(FileError, match="row 2"):
        read_looks(tmp_path / "cut.csv")
    with pytest.raises(FileError, match="room and permission to write"):
        looked(network(), Probes(filename=tmp_path / "none" / "probes.csv"))
