"""What is true of SpectralNormalization only: the kernel that a step overwrites, as Keras does it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid.errors import InvalidArgument
from pellucid.layers.spectral_normalization import by_power_iteration
from pellucid.models import Sequential, load_model
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "spectral.json").read_text())
RNG = Key(3)


def made(case: dict[str, Any]) -> tuple[Sequential, Any]:
    inner = getattr(L, case["layer"])(**case["arguments"])
    layer = L.SpectralNormalization(inner, power_iterations=case["power_iterations"])
    model = Sequential([L.Input(np.shape(case["x"])[1:]), layer], seed=0)
    inner.set_weights([np.array(w, "float32") for w in case["weights"]])
    layer.vector_u.assign(case["u"])
    return model, layer


def held(layer: Any) -> list[np.ndarray]:
    return [*layer.layer.get_weights(), layer.vector_u.numpy()]


@pytest.mark.parametrize("case", GOLDEN, ids=[case["layer"] for case in GOLDEN])
def test_a_call_and_steps_of_training_are_kerass(case: dict[str, Any]) -> None:
    model, layer = made(case)
    np.testing.assert_allclose(layer(case["x"], training=True), case["called"], atol=2e-6)
    for mine, wanted in zip(held(layer), case["after"], strict=True):
        np.testing.assert_allclose(mine, wanted, atol=2e-6)
    model.compile(pellucid.optimizers.SGD(0.1, momentum=0.5), "mse", run_eagerly=True)
    losses = [model.train_on_batch(np.array(case["x"]), np.array(case["target"])) for _ in range(5)]
    np.testing.assert_allclose(losses, case["losses"], rtol=1e-5, atol=1e-6)
    for mine, wanted in zip(held(layer), case["trained"], strict=True):
        np.testing.assert_allclose(mine, wanted, atol=1e-5)
    np.testing.assert_allclose(model.predict(case["x"], verbose=0), case["predicted"], atol=1e-5)


def test_a_step_has_the_gradients_of_the_layer_with_the_new_kernel() -> None:
    layer = L.SpectralNormalization(L.Dense(3, activation="tanh"), power_iterations=2, dtype="float64")
    layer.layer.dtype = "float64"
    layer.build((None, 4))
    x, dy = RNG.normal((5, 4), "float64"), RNG.fold("dy").normal((5, 3), "float64")
    _, cache = layer.forward(layer.p, x, training=True, rng=RNG)
    dx, found = layer.backward(layer.p, cache, dy)
    inner, p = layer.layer, {**layer.layer.p}
    p["kernel"], _ = by_power_iteration(p["kernel"], layer.vector_u.numpy(), 2)
    _, cache = inner.forward(p, x, training=True, rng=RNG)
    wanted, gradients = inner.backward(p, cache, dy)
    np.testing.assert_array_equal(dx, wanted)
    np.testing.assert_array_equal(found["dense/kernel"], gradients["kernel"])
    np.testing.assert_array_equal(found["dense/bias"], gradients["bias"])


def test_the_spectral_norm_is_1_after_many_iterations_and_a_kernel_of_zeros_stays() -> None:
    W, u = RNG.normal((6, 4), "float64"), RNG.normal((1, 4), "float64")
    assert np.isclose(np.linalg.svd(by_power_iteration(W, u, 200)[0], compute_uv=False)[0], 1)
    kernel, after = by_power_iteration(W * 0, u, 3)
    assert not kernel.any()
    np.testing.assert_array_equal(after, u)


def test_a_file_has_its_arrays_where_keras_has_them(tmp_path: Path) -> None:
    h5py = pytest.importorskip("h5py")
    model, layer = made(GOLDEN[0])
    model.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        own, inner = (file[f"layers/spectral_normalization/{name}vars"] for name in ("", "layer/"))
        np.testing.assert_array_equal(own["0"], inner["0"])
        np.testing.assert_array_equal(own["1"], layer.vector_u.numpy())
    model.save(tmp_path / "a.keras")
    again = load_model(tmp_path / "a.keras")
    for mine, other in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, other)


def test_it_predicts_on_the_engine_and_trains_on_the_definition() -> None:
    model, layer = made(GOLDEN[0])
    x = np.array(GOLDEN[0]["x"])
    model.compile("sgd", "mse")
    fast = model.predict(x, verbose=0)
    model.compile("sgd", "mse", run_eagerly=True)
    np.testing.assert_allclose(model.predict(x, verbose=0), fast, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(layer.layer(x), fast, rtol=1e-5, atol=1e-6)


def test_a_layer_without_a_kernel_is_refused_by_name() -> None:
    with pytest.raises(InvalidArgument, match="a layer with a kernel or embeddings, got 'Flatten'"):
        L.SpectralNormalization(L.Flatten())(np.zeros((1, 2, 3)))
    with pytest.raises(InvalidArgument, match="power_iterations"):
        L.SpectralNormalization(L.Dense(2), power_iterations=0)


def test_weights_are_listed_as_keras_lists_them_by_itself_and_in_a_model() -> None:
    model = Sequential([L.Input((4,)), L.Dense(3), L.SpectralNormalization(L.Dense(2)), L.Dense(2)])
    last, layer = ["dense_1/kernel", "dense_1/bias"], model.layers[1]
    inside = [f"spectral_normalization/{name}" for name in ("dense/kernel", "vector_u", "dense/bias")]
    assert [w.path for w in model.weights] == ["dense/kernel", "dense/bias", *inside, *last]
    given = [RNG.fold(i).normal(shape) for i, shape in enumerate([(3, 2), (1, 2), (2,)])]
    layer.set_weights(given)
    for mine, wanted in zip(layer.get_weights(), given, strict=True):
        np.testing.assert_array_equal(mine, wanted)
    np.testing.assert_array_equal(layer.layer.kernel.numpy(), given[0])
    assert [v.name for v in layer.trainable_weights] == ["kernel", "bias"]


@pytest.mark.parametrize("inner", [L.TimeDistributed(L.Dense(3)), Sequential([L.Dense(3)]), L.ReLU()])
def test_a_layer_without_a_kernel_of_its_own_is_refused(inner: Any) -> None:
    with pytest.raises(InvalidArgument, match="expected a layer with a kernel or embeddings"):
        L.SpectralNormalization(inner).build((None, 4, 2))
