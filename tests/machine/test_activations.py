"""Activations on the compiled engine are what the definition says: every one, with its options, at every size."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from laws.lowered import by_definition, forward_and_backward
from pellucid import activations as A
from pellucid.errors import InvalidArgument, PellucidError
from pellucid.layers import Activation, Dense, Identity, Input, Softmax
from pellucid.program import CannotLower
from pellucid.rng import Key
from pellucid.training.engine import engine_of

PLAIN = [
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_tanh", "leaky_relu",
    "linear", "log_sigmoid", "log_softmax", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
    "softmax", "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "sparsemax", "squareplus", "tanh",
    "tanh_shrink",
]  # fmt: skip
WITH_OPTIONS = [
    A.celu.bound(alpha=0.4),
    A.elu.bound(alpha=1.7),
    A.gelu.bound(approximate=True),
    A.hard_shrink.bound(threshold=0.2),
    A.leaky_relu.bound(negative_slope=0.05),
    A.relu.bound(negative_slope=0.1, max_value=0.8, threshold=0.2),
    A.relu.bound(threshold=-0.5),
    A.relu.bound(max_value=1.0, threshold=-0.5),
    A.soft_shrink.bound(threshold=0.1),
    A.squareplus.bound(b=0.3),
    A.threshold.bound(threshold=0.3, default_value=-0.7),
]
ELEMENTWISE = [A.get(name) for name in PLAIN if "softm" not in name and name != "sparsemax"] + WITH_OPTIONS
OVER_AXES = [
    *(f.bound(axis=axis) for f in (A.softmax, A.log_softmax) for axis in (-1, 1, 2, (1, 2), (1, -1))),
    *(A.sparsemax.bound(axis=axis) for axis in (-1, 1)),
    *(A.glu.bound(axis=axis) for axis in (-1, 1, 2)),
]
EXTREME = [0.0, -0.0, 1e-30, -1e-30, 1.2e-38, -1.2e-38, 1.0, -1.0, 3.0, -3.0, 6.0, 88.0, -88.0, 1e4, -1e4, 3e38, -3e38]


def close(got: np.ndarray, wanted: np.ndarray, tolerance: float = 2e-6) -> None:
    """Each number to this part of itself, or of the smallest that is worth telling from zero; NaN where NaN belongs."""
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=2e-7)


def test_every_activation_has_its_row() -> None:
    names = {make().name for make in A.activations.names.values()}
    assert names == {*PLAIN, "threshold", "glu"}


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=repr)
def test_y_and_dx_over_the_whole_range(activation: A.Activation) -> None:
    x = np.array([*EXTREME, *Key(2).normal((500,)), *(20 * Key(3).normal((500,)))], "float32")[:, None]
    dy = Key(4).normal(x.shape)
    y, dx, _ = forward_and_backward(Activation(activation), x, dy)
    wanted, slope, _ = by_definition(Activation(activation), x, dy)
    close(y, wanted)
    np.testing.assert_allclose(dx, slope, rtol=1e-5, atol=2e-6)


@pytest.mark.parametrize("activation", ELEMENTWISE, ids=repr)
def test_infinities_and_nan_as_the_definition_has_them(activation: A.Activation) -> None:
    x = np.array([[np.inf], [-np.inf], [np.nan]], "float32")
    y, dx, _ = forward_and_backward(Activation(activation), x)
    wanted, slope, _ = by_definition(Activation(activation), x)
    np.testing.assert_allclose(y, wanted, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(dx, slope, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("activation", OVER_AXES, ids=repr)
def test_over_axes(activation: A.Activation) -> None:
    for batch, threads in ((1, 1), (7, 2), (33, 1)):
        x = 5 * Key(5).normal((batch, 6, 4))
        outputs, _, _ = by_definition(Activation(activation), x.astype("float64"))
        dy = Key(6).normal(outputs.shape)
        y, dx, _ = forward_and_backward(Activation(activation), x, dy, threads)
        wanted, slope, _ = by_definition(Activation(activation), x.astype("float64"), dy)
        close(y, wanted, 1e-5)
        np.testing.assert_allclose(dx, slope, rtol=1e-5, atol=3e-6)


@pytest.mark.parametrize("name", ["softmax", "log_softmax", "sparsemax"])
@pytest.mark.parametrize(
    "row", [[1e4, 0.0, -1e4], [1e4, 1e4, 0.0], [0.0, -np.inf, 0.0], [np.inf, 0.0, 1.0], [0.0, np.nan, 1.0]]
)
def test_extreme_scores(name: str, row: list[float]) -> None:
    x = np.array([row, [0.1, 0.2, 0.3]], "float32")
    y, _, _ = forward_and_backward(Activation(name), x)
    wanted, _, _ = by_definition(Activation(name), x)
    close(y, wanted)


def test_sparsemax_of_many() -> None:
    """Sums to 1 and agrees with the sorting algorithm, however many stay above zero."""
    for spread in (1e-4, 0.05, 1.0, 100.0):
        x = spread * Key(7).normal((3, 1000))
        y, _, _ = forward_and_backward(Activation("sparsemax"), x)
        np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-5)
        close(y, by_definition(Activation("sparsemax"), x.astype("float64"))[0], 1e-4)


@pytest.mark.parametrize("activation", [*(A.get(name) for name in PLAIN), *WITH_OPTIONS], ids=repr)
def test_training_agrees(activation: A.Activation) -> None:
    """In a Dense and as a layer of its own, on rows and on samples of several axes."""

    def make(shape: tuple[int, ...]) -> pellucid.Sequential:
        layers = [Dense(4, activation=activation), Activation(activation), Dense(2)]
        model = pellucid.Sequential([Input(shape), *layers], seed=3)
        model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "mse")
        return model

    for shape, batch in (((5,), 1), ((5,), 33), ((3, 4), 7)):
        x, y = Key(1).normal((batch, *shape)), Key(2).normal((batch, *shape[:-1], 2))
        both_engines(lambda shape=shape: make(shape), x, y, steps=2, tolerance=5e-5)


@pytest.mark.parametrize("layers", [
    [Dense(3, activation="softmax")],
    [Dense(3), Activation("softmax")],
    [Dense(3), Softmax()],
    [Dense(3), Softmax(axis=(1,))],
    [Dense(3, activation="softmax"), Identity()],
    [Dense(3, activation="softmax"), Activation("linear")],
    [Dense(3), Activation(A.softmax.bound(axis=-1))],
    [pellucid.Sequential([Dense(3), Activation("softmax")])],
], ids=lambda layers: "-".join(type(layer).__name__ for layer in layers))  # fmt: skip
def test_the_loss_is_taken_from_logits_where_the_definition_does(layers: list) -> None:
    """Scores so far apart that a loss taken from probabilities is clipped, and one taken from logits is not."""

    def make() -> pellucid.Sequential:
        fresh = [type(layer).from_config(layer.get_config()) for layer in layers]
        model = pellucid.Sequential([Input((4,)), *fresh], seed=3)
        model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy")
        return model

    both_engines(make, 60 * Key(1).normal((7, 4)), np.arange(7) % 3, steps=1)


def test_a_layer_behind_glu_has_the_shape_that_glu_leaves() -> None:
    def make() -> pellucid.Sequential:
        model = pellucid.Sequential([Input((3, 5)), Dense(4), Activation("glu"), Dense(2)], seed=3)
        model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "mse")
        return model

    assert make().layers[2].kernel.shape == (2, 2)
    both_engines(make, Key(1).normal((7, 3, 5)), Key(2).normal((7, 3, 2)), steps=2)


def test_what_has_no_compiled_form() -> None:
    def lowered(activation: A.Activation) -> None:
        forward_and_backward(Activation(activation), np.ones((2, 4), "float32"))

    square = A.custom(lambda x: x * x, lambda dy, x, y: 2 * dy * x, name="square")
    with pytest.raises(CannotLower, match="square"):
        lowered(square)
    with pytest.raises(CannotLower, match="over the batch"):
        lowered(A.softmax.bound(axis=0))
    with pytest.raises(CannotLower, match="within a layer"):  # Dense says that its output has 4 units
        forward_and_backward(Dense(4, activation="glu"), np.ones((2, 4), "float32"))
    with pytest.raises(InvalidArgument, match="above 0"):
        lowered(A.celu.bound(alpha=-1.0))
    with pytest.raises(PellucidError, match="axis"):
        lowered(A.softmax.bound(axis=5))


def test_a_custom_activation_runs_on_the_definition() -> None:
    square = A.custom(lambda x: x * x, lambda dy, x, y: 2 * dy * x, name="square")
    model = pellucid.Sequential([Input((4,)), Dense(3, activation=square), Dense(1)], seed=1)
    model.compile("adam", "mse")
    model.train_on_batch(np.ones((2, 4)), np.ones((2, 1)))
    assert "square" in engine_of(model).refusal
