"""The normalizing layers on the compiled engine are what the definition says, whatever their axes and options."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid.errors import NonFinite
from pellucid.layers import (
    Activation,
    BatchNormalization,
    Dense,
    Dropout,
    Flatten,
    InputLayer,
    Layer,
    LayerNormalization,
    RMSNormalization,
    batch_rows,
)
from pellucid.rng import Key
from pellucid.training.engine import engine_of
from pellucid.training.lowering import lower_step

Make = Callable[[], Layer]
SCALED = {"gamma_initializer": "random_normal", "beta_initializer": "random_normal"}


def network(shape: tuple[int, ...], middle: Callable[[], list[Layer]], seed: int = 3) -> pellucid.Sequential:
    model = pellucid.Sequential([InputLayer(shape), *middle(), Flatten(), Dense(3, activation="softmax")], seed=seed)
    model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def data(batch: int, shape: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    return Key(1).normal((batch, *shape)) + 0.5, np.arange(batch) ** 2 % 3


def agree(batch: int, shape: tuple[int, ...], make: Make) -> None:
    """First in a network, where no dx is wanted, and behind a layer that wants one."""
    both_engines(lambda: network(shape, lambda: [make()]), *data(batch, shape))
    both_engines(lambda: network(shape, lambda: [Dense(shape[-1], use_bias=False), make()]), *data(batch, shape))


BATCH_NORMS: dict[str, Make] = {
    "plain": BatchNormalization,
    "scaled": lambda: BatchNormalization(**SCALED),
    "no scale": lambda: BatchNormalization(scale=False, momentum=0.5),
    "no center": lambda: BatchNormalization(center=False, epsilon=1e-2),
    "neither": lambda: BatchNormalization(center=False, scale=False),
    "first axis": lambda: BatchNormalization(axis=1, momentum=0.5, **SCALED),
    "frozen": lambda: BatchNormalization(trainable=False, moving_mean_initializer="random_normal", **SCALED),
    "frozen, first axis": lambda: BatchNormalization(axis=1, trainable=False, **SCALED),
}


CLIPPED = {"rmin": 0.5, "rmax": 1.5, "dmax": 0.3}
RENORMS: dict[str, Make] = {
    "plain": lambda: BatchNormalization(renorm=True),
    "scaled": lambda: BatchNormalization(renorm=True, momentum=0.5, renorm_momentum=0.8, **SCALED),
    "clipped": lambda: BatchNormalization(renorm=True, renorm_clipping=CLIPPED, renorm_momentum=0.5, **SCALED),
    "no scale": lambda: BatchNormalization(renorm=True, scale=False, epsilon=1e-2),
    "neither": lambda: BatchNormalization(renorm=True, center=False, scale=False),
    "first axis": lambda: BatchNormalization(renorm=True, axis=1, renorm_momentum=0.5, **SCALED),
}


@pytest.mark.parametrize("kind", RENORMS)
def test_batch_renormalization(kind: str) -> None:
    agree(7, (3, 4), RENORMS[kind])
    agree(33, (17,), RENORMS[kind])


def test_batch_renormalization_with_a_mask_runs_on_the_definition() -> None:
    hidden = [pellucid.layers.Masking(), BatchNormalization(renorm=True), pellucid.layers.GlobalAveragePooling1D()]
    model = network((3, 4), lambda: hidden)
    model.train_on_batch(*data(7, (3, 4)))
    assert "renorm and a mask" in str(engine_of(model).refusal)


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize("shape", [(5,), (3, 4), (17,)])
@pytest.mark.parametrize("kind", BATCH_NORMS)
def test_batch_normalization(kind: str, shape: tuple[int, ...], batch: int) -> None:
    agree(batch, shape, BATCH_NORMS[kind])


@pytest.mark.parametrize("axis", [1, 2, 3])
def test_batch_normalization_of_each_axis(axis: int) -> None:
    agree(7, (2, 19, 5), lambda: BatchNormalization(axis=axis, **SCALED))


def test_gamma_alone_may_be_out_of_training_with_its_layer_in_a_frozen_model() -> None:
    def frozen() -> list[Layer]:
        inner = pellucid.Sequential([BatchNormalization(momentum=0.5)])
        inner.trainable = False
        inner.layers[0].trainable = True  # normalizes by the batch, as Keras has it, but nothing trains it
        return [Dense(4, use_bias=False), inner]

    both_engines(lambda: network((5,), frozen), *data(9, (5,)))


@pytest.fixture
def by_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """As long batches are normalized, in parts of a few rows."""
    monkeypatch.setattr(batch_rows, "LONG", 1)
    monkeypatch.setattr(batch_rows, "PART", 64)


@pytest.mark.usefixtures("by_rows")
@pytest.mark.parametrize("batch", [1, 33])
@pytest.mark.parametrize("shape", [(5,), (3, 17), (67,)])
@pytest.mark.parametrize("kind", ["plain", "scaled", "no scale", "neither", "first axis"])
def test_batch_normalization_of_many_rows(kind: str, shape: tuple[int, ...], batch: int) -> None:
    agree(batch, shape, BATCH_NORMS[kind])
    if kind != "first axis":
        model = network(shape, lambda: [BATCH_NORMS[kind]()])
        code = lower_step(model, batch, *data(batch, shape), None, training=True, fused=True).code
        assert "batch_norm.joined" in [op.kernel for op in code.sections["forward"]]


@pytest.mark.usefixtures("by_rows")
@pytest.mark.parametrize("threads", [1, 2, 4])
def test_a_channel_far_from_zero_keeps_its_variance(threads: int, crew: list[int]) -> None:
    crew[0] = threads
    model = network((7, 5), lambda: [BatchNormalization(momentum=0.0)])
    x = Key(1).normal((33, 7, 5)).astype("float32") + np.float32(1000)
    model.train_on_batch(x, np.arange(33) % 3)
    np.testing.assert_allclose(model.state["batch_normalization/moving_variance"], x.var(axis=(0, 1)), rtol=1e-4)


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize(
    ("shape", "axis"), [((5,), -1), ((17,), 1), ((3, 4), -1), ((3, 4), 1), ((3, 4), (1, 2)), ((2, 3, 4), (1, 3))]
)
def test_layer_normalization(shape: tuple[int, ...], axis: int, batch: int) -> None:
    agree(batch, shape, lambda: LayerNormalization(axis=axis, **SCALED))


@pytest.mark.parametrize("center", [True, False])
@pytest.mark.parametrize("scale", [True, False])
@pytest.mark.parametrize("trainable", [True, False])
def test_layer_normalization_without_parameters(center: bool, scale: bool, trainable: bool) -> None:
    agree(7, (3, 4), lambda: LayerNormalization(center=center, scale=scale, trainable=trainable, epsilon=1e-2))


@pytest.mark.parametrize("batch", [1, 7, 33])
@pytest.mark.parametrize(
    ("shape", "axis"), [((5,), -1), ((17,), 1), ((3, 4), -1), ((3, 4), 1), ((3, 4), (1, 2)), ((2, 3, 4), (1, 3))]
)
def test_rms_normalization(shape: tuple[int, ...], axis: int, batch: int) -> None:
    agree(batch, shape, lambda: RMSNormalization(axis=axis, epsilon=1e-3))


def everything() -> list[Layer]:
    return [
        Dense(37, use_bias=False), BatchNormalization(momentum=0.8), Activation("relu"), Dropout(0.25),
        Dense(21), LayerNormalization(), RMSNormalization(),
    ]  # fmt: skip


def test_twenty_steps_of_all_together() -> None:
    both_engines(lambda: network((11,), everything), *data(33, (11,)), steps=20, tolerance=2e-4)


@pytest.mark.parametrize("long", [1, 1 << 16])
@pytest.mark.parametrize("shape", [(11,), (3, 20)])
def test_the_same_bits_from_any_number_of_threads(
    shape: tuple[int, ...], long: int, monkeypatch: pytest.MonkeyPatch, crew: list[int]
) -> None:
    monkeypatch.setattr(batch_rows, "LONG", long)
    monkeypatch.setattr(batch_rows, "PART", 64)
    found = []
    for threads in (1, 2, 4):
        crew[0] = threads
        model = network(shape, lambda: [*everything(), *([BatchNormalization(axis=1)] if len(shape) > 1 else [])])
        for _ in range(3):
            model.train_on_batch(*data(33, shape))
        found.append((model.theta.data.tobytes(), model.state.data.tobytes()))
    assert found[0] == found[1] == found[2]


def test_the_moving_averages_stay_where_a_step_is_not_finite() -> None:
    model = network((5,), lambda: [BatchNormalization(momentum=0.5)])
    x, y = data(8, (5,))
    model.train_on_batch(x, y)
    before = model.state.data.copy()
    model.theta["dense/kernel"] = 3e38
    with pytest.raises(NonFinite, match="dense"):
        model.train_on_batch(x, y)
    np.testing.assert_array_equal(model.state.data, before)
