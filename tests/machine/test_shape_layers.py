"""Layers that move, scale or rectify numbers, on the compiled engine: what the definition says."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from laws.lowered import by_definition, forward_and_backward
from pellucid import layers as L
from pellucid.machine.passes.fuse import fuse
from pellucid.rng import Key
from pellucid.training.lowering import lower_network

SHAPES = [(5,), (3, 4), (2, 3, 4)]
ROWS: list[tuple[Callable[[], L.Layer], list[tuple[int, ...]]]] = [
    (L.Identity, SHAPES),
    (lambda: L.Activation("tanh"), SHAPES),
    (L.ReLU, SHAPES),
    (lambda: L.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.2), SHAPES),
    (L.LeakyReLU, SHAPES),
    (lambda: L.ELU(alpha=0.5), SHAPES),
    (L.Softmax, SHAPES),
    (lambda: L.Softmax(axis=1), SHAPES),
    (lambda: L.Softmax(axis=(1, 3)), [(2, 3, 4)]),
    (lambda: L.PReLU("uniform"), SHAPES),
    (lambda: L.PReLU("uniform", shared_axes=1), SHAPES),
    (lambda: L.PReLU("uniform", shared_axes=[1, 2]), [(3, 4), (2, 3, 4)]),
    (lambda: L.PReLU("uniform", shared_axes=[2]), [(3, 4), (2, 3, 4)]),
    (lambda: L.PReLU("uniform", shared_axes=[3, 1]), [(2, 3, 4)]),
    (lambda: L.PReLU("uniform", trainable=False), [(3, 4)]),
    (L.Flatten, SHAPES),
    (lambda: L.Flatten(data_format="channels_first"), SHAPES),
    (lambda: L.Reshape((2, -1)), [(4,), (3, 4), (2, 3, 4)]),
    (lambda: L.Permute((2, 1)), [(3, 4), (3, 1)]),
    (lambda: L.Permute((3, 1, 2)), [(2, 3, 4), (1, 3, 1)]),
    (lambda: L.Permute((1, 3, 2)), [(2, 3, 4)]),
    (lambda: L.RepeatVector(3), [(5,), (40,)]),
    (lambda: L.Rescaling(0.25, offset=-0.5), SHAPES),
    (lambda: L.Rescaling([0.5, 2.0, 3.0, 4.0], offset=[[0.0], [1.0], [2.0]]), [(3, 4), (2, 3, 4)]),
    (lambda: L.Rescaling(2.0, offset=[1.0, 2.0, 3.0, 4.0]), [(3, 4)]),
    (L.Normalization, SHAPES),
    (lambda: L.Normalization(axis=1), SHAPES),
    (lambda: L.Normalization(axis=(1, -1), invert=True), [(3, 4), (2, 3, 4)]),
    (lambda: L.Normalization(axis=None), SHAPES),
    (lambda: L.Normalization(axis=1, mean=[1.0, 2.0], variance=[0.5, 4.0]), [(2,), (2, 3, 4)]),
    (lambda: L.Normalization(mean=0.3, variance=2.0, invert=True), SHAPES),
    (L.RotaryEmbedding, [(3, 4), (4, 2, 6)]),
    (lambda: L.RotaryEmbedding(50, 2.0, sequence_axis=-1, feature_axis=1), [(6, 3), (4, 2, 3)]),
    (L.UnitNormalization, SHAPES),
    (lambda: L.UnitNormalization(axis=1), SHAPES),
    (lambda: L.UnitNormalization(axis=(1, 3)), [(2, 3, 4)]),
]
CASES = [(make, shape) for make, shapes in ROWS for shape in shapes]


def told(value: object) -> str:
    return value().__class__.__name__ if callable(value) else str(value)


def filled(layer: L.Layer, shape: tuple[int, ...]) -> L.Layer:
    """The layer built, its statistics, if any, taken from data."""
    if isinstance(layer, L.Normalization) and layer.input_mean is None:
        layer.adapt(3 * Key(8).normal((20, *shape)) + 1)
    return layer


@pytest.mark.parametrize(("make", "shape"), CASES, ids=told)
def test_alone(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer = filled(make(), shape)
    for batch, threads in ((1, 1), (7, 2), (33, 1)):
        x = Key(1).normal((batch, *shape))
        x[0].flat[:2] = 0.0, -0.0
        dy = Key(2).normal((batch, *layer.output_shape_for(shape)))
        y, dx, gradients = forward_and_backward(layer, x, dy, threads)
        wanted, slope, expected = by_definition(layer, x, dy)
        np.testing.assert_allclose(y, wanted, rtol=2e-6, atol=1e-6)
        np.testing.assert_allclose(dx, slope, rtol=1e-5, atol=1e-5)
        assert gradients.keys() == (expected.keys() if layer.trainable else set())
        for name, g in gradients.items():
            np.testing.assert_allclose(g, expected[name], rtol=1e-5, atol=2e-5)


@pytest.mark.parametrize(("make", "shape"), CASES, ids=told)
def test_within_a_network(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    """First on the data, and again behind a layer that trains."""

    def network() -> pellucid.Sequential:
        first, second = filled(make(), shape), filled(make(), shape)
        stack = [first, L.Flatten(), L.Dense(int(np.prod(shape))), L.Reshape(shape), second, L.Flatten(), L.Dense(2)]
        model = pellucid.Sequential([L.Input(shape), *stack], seed=4)
        model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "mse")
        return model

    both_engines(network, Key(1).normal((7, *shape)), Key(2).normal((7, 2)), steps=2, tolerance=5e-5)


@pytest.mark.parametrize("make", [L.PReLU, L.Normalization, L.UnitNormalization], ids=told)
def test_infinities_and_nan_as_the_definition_has_them(make: Callable[[], L.Layer]) -> None:
    x = np.array([[np.inf, 1.0], [-np.inf, 1.0], [np.nan, 1.0], [0.0, 0.0], [1e-30, 0.0]], "float32")
    layer = make()
    y, dx, _ = forward_and_backward(layer, x)
    wanted, slope, _ = by_definition(layer, x)
    np.testing.assert_allclose(y, wanted, rtol=1e-6)
    np.testing.assert_allclose(dx, slope, rtol=1e-6)


def test_a_model_within_a_model() -> None:
    def network() -> pellucid.Sequential:
        inner = pellucid.Sequential([L.Dense(6), L.PReLU(), pellucid.Sequential([L.Dense(4), L.Activation("tanh")])])
        model = pellucid.Sequential([L.Input((5,)), inner, L.Dense(3), pellucid.Sequential([L.Softmax()])], seed=2)
        model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    both_engines(network, Key(1).normal((9, 5)), np.arange(9) % 3)


@pytest.mark.parametrize("layers", [[L.Rescaling], [L.Flatten, L.Rescaling]], ids=["first", "flat"])
def test_bytes_are_scaled_while_they_are_gathered(layers: list[Callable[..., L.Layer]]) -> None:
    def network() -> pellucid.Sequential:
        made = [f(1 / 255, -0.5) if f is L.Rescaling else f() for f in layers]
        model = pellucid.Sequential([L.Input((4, 4)), *made, L.Flatten(), L.Dense(3, activation="softmax")], seed=2)
        model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy")
        return model

    x = (255 * Key(3).uniform((9, 4, 4))).astype("uint8")
    both_engines(network, x, np.arange(9) % 3)
    code, _ = lower_network(network(), 9, [(4, 4)], training=True, judged=True)
    fuse(code)
    assert [op.kernel for op in code.sections["forward"]] == ["dense", "softmax"]


def test_a_second_scaling_has_an_operation_of_its_own() -> None:
    model = pellucid.Sequential([L.Input((4,)), L.Rescaling(2.0), L.Rescaling(3.0, 1.0), L.ReLU(), L.Rescaling(0.5)])
    code, _ = lower_network(model, 9, [(4,)], training=False, judged=False)
    fuse(code)
    assert [op.kernel for op in code.sections["forward"]] == ["rescaling", "relu", "rescaling"]


def test_flattening_and_reshaping_move_nothing() -> None:
    model = pellucid.Sequential([L.Input((4, 6)), L.Flatten(), L.Reshape((3, 8)), L.Identity(), L.Permute((1, 2))])
    code, (y,) = lower_network(model, 9, [(4, 6)], training=True, judged=True)
    assert [op.kernel for op in code.sections["forward"]] == []
    assert y.shape == (3, 8)


def test_a_constant_feature_becomes_zero() -> None:
    y, _, _ = forward_and_backward(
        L.Normalization(mean=[3.0, 1.0], variance=[0.0, 4.0]), np.full((2, 2), 3.0, "float32")
    )
    np.testing.assert_array_equal(y, [[0, 1], [0, 1]])


def test_adapting_after_compiling_is_seen() -> None:
    layer = L.Normalization()
    model = pellucid.Sequential([L.Input((2,)), layer])
    model.compile("adam", "mse")
    x = np.array([[0.0, 10.0], [2.0, 30.0]], "float32")
    np.testing.assert_allclose(model.predict(x, verbose=0), x, rtol=1e-6)
    layer.adapt(x)
    np.testing.assert_allclose(model.predict(x, verbose=0), [[-1, -1], [1, 1]], rtol=1e-5, atol=1e-6)
