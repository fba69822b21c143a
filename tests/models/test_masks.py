"""Masks: which time steps count, from Masking through the layers to losses and metrics. Golden values are Keras's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from compat.masked import REAL, W, X, Y, cases, trained
from pellucid import Model, Sequential, losses, models, optimizers
from pellucid import layers as L
from pellucid.errors import PellucidError
from pellucid.inspection.gradients import check_gradients

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "masks.json").read_text())
CASES = cases(pellucid)


def chain(*after: Any) -> Any:
    return Sequential([L.Input((5, 3)), L.Masking(), *after])


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("name", sorted(CASES))
def test_training_is_that_of_keras(name: str, eager: bool) -> None:
    """Losses, weights and held-out metrics. In training Keras on JAX loses the mask before its metrics see it."""
    model, history = trained(pellucid, CASES[name], run_eagerly=eager)
    wanted = GOLDEN[name]
    for key in [key for key in wanted["history"] if key == "loss" or key.startswith("val_")]:
        np.testing.assert_allclose(history[key], wanted["history"][key], rtol=1e-4, err_msg=key)
    for v, w in zip(model.weights, wanted["weights"], strict=True):
        np.testing.assert_allclose(v.value, w, rtol=1e-4, atol=1e-5, err_msg=v.path)


@pytest.mark.parametrize("name", sorted(CASES))
def test_gradients_are_slopes(name: str) -> None:
    make, loss, y = CASES[name]
    model = make()
    model.compile("sgd", loss() if callable(loss) else loss)
    assert check_gradients(model, X, y).worst_error < 1e-6


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_the_loss_is_that_of_the_steps_that_count(reduction: str) -> None:
    """With sample weights, in training and in evaluation, on both engines."""
    found = []
    for eager in (False, True):
        model = chain(L.Dense(1, kernel_initializer="ones"))
        model.compile("sgd", losses.MeanSquaredError(reduction=reduction), weighted_metrics=["mae"], run_eagerly=eager)
        value, mae = model.evaluate(X, Y, sample_weight=W, batch_size=12, verbose=0)
        error = (model.predict(X, verbose=0) - Y)[..., 0]
        w = np.where(REAL, W[:, None], 0)
        over = {"sum_over_batch_size": REAL.sum(), "sum": 1.0, "mean_with_sample_weight": w.sum()}[reduction]
        np.testing.assert_allclose(value, (w * error**2).sum() / over, rtol=1e-5)
        np.testing.assert_allclose(mae, (w * abs(error)).sum() / w.sum(), rtol=1e-5)
        assert model.compute_loss(X, Y, model.predict(X, verbose=0), W) == pytest.approx(value, rel=1e-5)
        model.fit(X, Y, sample_weight=W, batch_size=5, epochs=3, shuffle=False, verbose=0)
        found.append(model.get_weights())
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_what_does_not_count_changes_nothing() -> None:
    """Other targets where nothing counts, and longer padding."""
    weights = []
    for x, y in (
        (X, Y),
        (X, np.where(REAL[..., None], Y, 9)),
        (np.pad(X, [(0, 0), (0, 2), (0, 0)]), np.pad(Y, [(0, 0), (0, 2), (0, 0)])),
    ):
        a = L.Input((None, 3))
        model = Model(a, L.Dense(1, kernel_initializer="ones")(L.Masking()(a)))
        model.compile(optimizers.SGD(0.1), "mse")
        model.fit(x, y, epochs=2, shuffle=False, verbose=0)
        weights.append(model.get_weights()[0])
    np.testing.assert_allclose(weights[1], weights[0], rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(weights[2], weights[0], rtol=1e-6, atol=1e-7)


def test_no_step_that_counts_gives_no_loss() -> None:
    for eager in (False, True):
        model = chain(L.Dense(1))
        model.compile("sgd", "mse", run_eagerly=eager)
        before = model.get_weights()
        assert model.train_on_batch(X * 0, Y) == 0
        for a, b in zip(before, model.get_weights(), strict=True):
            np.testing.assert_array_equal(a, b)


@pytest.mark.filterwarnings("ignore")  # Keras's own
def test_a_mask_beside_states_opens_in_both(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    x, m, h = L.Input((5, 3)), L.Input((5,), dtype="bool"), L.Input((2,))
    ours = Model([x, m, h], L.GRU(2, return_sequences=True)(x, initial_state=h, mask=m), seed=0)
    ours.save(tmp_path / "ours.keras")
    given = [X, REAL, X[:, 0, :2]]
    for opened in (keras.models.load_model(tmp_path / "ours.keras"), models.load_model(tmp_path / "ours.keras")):
        y = np.asarray(opened.predict(given, verbose=0))
        np.testing.assert_allclose(y[REAL], ours.predict(given, verbose=0)[REAL], atol=1e-6)


def test_masking_by_another_number() -> None:
    layer = L.Masking(mask_value=-1)
    x = np.array([[[-1.0, -1.0], [-1.0, 2.0]]])
    np.testing.assert_array_equal(layer(x), [[[0, 0], [-1, 2]]])
    np.testing.assert_array_equal(layer.compute_mask(x), [[False, True]])


@pytest.mark.filterwarnings("ignore")  # Keras's own
def test_files_open_in_both(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    k = keras.layers
    a = k.Input((5, 3))
    theirs = keras.Model(a, k.Dense(1)(k.BatchNormalization()(k.Masking()(a))))
    theirs.save(tmp_path / "theirs.keras")
    loaded: Any = models.load_model(tmp_path / "theirs.keras")
    np.testing.assert_allclose(loaded.predict(X, verbose=0), theirs.predict(X, verbose=0), atol=1e-6)
    x, m = L.Input((5,)), L.Input((5,), dtype="bool")
    ours = Model([x, m], L.Softmax()(L.Dense(5)(x), mask=m))
    ours.save(tmp_path / "ours.keras")
    for opened in (keras.models.load_model(tmp_path / "ours.keras"), models.load_model(tmp_path / "ours.keras")):
        y = opened.predict([X[..., 0], REAL], verbose=0)
        np.testing.assert_allclose(y, ours.predict([X[..., 0], REAL], verbose=0), atol=1e-6)
        assert (np.asarray(y)[~REAL] == 0).all()


def test_explain_shows_the_mask() -> None:
    model, _ = trained(pellucid, CASES["bn"])
    told = str(model.explain(X[:2], Y[:2]))
    assert "masking.mask" in told
    assert "compute_mask" in told


def test_who_loses_a_mask_is_named() -> None:
    with pytest.warns(UserWarning, match="'flatten'.*does not pass on"):
        chain(L.Flatten(), L.Dense(1)).predict(X, verbose=0)


def test_a_mask_for_who_does_not_ask_is_refused() -> None:
    with pytest.raises(PellucidError, match="argument mask"):
        L.Dense(2)(X, mask=REAL)
    with pytest.raises(PellucidError, match="mask of shape"):
        L.Softmax()(X, mask=REAL)


@pytest.mark.parametrize("eager", [False, True])
def test_lambda_has_the_mask_that_it_is_given(eager: bool) -> None:
    """That of its input, one of its own, or none, with a warning."""
    own = np.arange(5) < 2
    for mask, real in ((lambda x, m: m, REAL), (lambda x, m: np.broadcast_to(own, x.shape[:2]), own & (REAL | True))):
        model = chain(L.Lambda(lambda x: x * 2.0, mask=mask), L.Dense(1, kernel_initializer="ones"))
        model.compile("sgd", "mse", run_eagerly=eager)
        error = (model.predict(X, verbose=0) - Y)[..., 0]
        assert model.evaluate(X, Y, batch_size=12, verbose=0) == pytest.approx((error[real] ** 2).mean(), rel=1e-5)
    with pytest.raises(PellucidError, match="get_config: expected no mask"):
        model.get_config()
    with pytest.warns(UserWarning, match="does not pass on"):
        assert not chain(L.Lambda(lambda x: x * 2.0), L.Dense(1)).wiring.masked


def test_a_script_needs_no_mask_that_only_a_loss_would_ask_for(tmp_path: Path) -> None:
    chain(L.Dense(1)).to_numpy(tmp_path)
    assert "masking" in (tmp_path / "network.py").read_text()


def test_what_is_left_of_a_product_has_no_mask() -> None:
    """As in Keras: the axes of `Dot` are no longer steps, and the mask of one would not fit."""
    x = L.Input((5, 3))
    masked = L.Masking()(x)
    model = Model(x, L.LSTM(2)(L.Dot(axes=1)([masked, masked])), seed=0)
    plain = Model(x, L.LSTM(2)(L.Dot(axes=1)([x, x])), seed=0)
    np.testing.assert_array_equal(model.predict(X, verbose=0), plain.predict(X, verbose=0))


def test_of_several_outputs_the_first_has_the_mask() -> None:
    """As in Keras: the scores of an attention count all in a loss, the steps those that the mask leaves."""
    for attention in (L.MultiHeadAttention(1, 2), L.GroupQueryAttention(2, 1, 1)):
        x = L.Input((5, 3))
        masked = L.Masking()(x)
        model = Model(x, list(attention(masked, masked, return_attention_scores=True)), seed=0)
        assert [wire is not None for wire in model.wiring.masks] == [True, False]
