"""Convolutions and pools on the engine: what the definition says, and the same bits on any number of threads."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from laws.engines import both_engines
from laws.lowered import agrees, alike_in_any_batch, forward_and_backward
from pellucid import Sequential
from pellucid import layers as L
from pellucid.program import CannotLower
from pellucid.rng import Key

CASES: list[tuple[Callable[[], L.Layer], tuple[int, ...]]] = [
    (lambda: L.Conv1D(3, 3), (7, 5)),
    (lambda: L.Conv1D(40, 4, padding="same", activation="relu"), (9, 3)),
    (lambda: L.Conv1D(4, 3, padding="causal", dilation_rate=3, activation="tanh"), (11, 2)),
    (lambda: L.Conv1D(6, 2, strides=3, groups=3), (11, 6)),
    (lambda: L.Conv2D(5, 3), (6, 7, 1)),
    (lambda: L.Conv2D(33, (3, 2), activation="relu"), (5, 6, 17)),
    (lambda: L.Conv2D(8, 3, padding="same", strides=2), (6, 5, 4)),
    (lambda: L.Conv2D(8, 2, strides=3, use_bias=False), (8, 7, 4)),
    (lambda: L.Conv2D(4, 1, strides=2), (5, 5, 3)),
    (lambda: L.Conv2D(6, 3, padding="same", dilation_rate=2, groups=2, activation="softmax"), (5, 6, 4)),
    (lambda: L.Conv2D(40, 3, groups=2), (4, 5, 6)),
    (lambda: L.Conv2D(4, 3, data_format="channels_first", activation="relu"), (2, 5, 6)),
    (lambda: L.Conv2D(3, (5, 1), padding="same", data_format="channels_first", activation="tanh"), (2, 4, 3)),
    (lambda: L.Conv3D(4, 2), (3, 4, 3, 2)),
    (lambda: L.Conv3D(5, (1, 3, 2), strides=(2, 1, 2), padding="same", activation="elu"), (3, 4, 5, 2)),
    (lambda: L.Conv3D(2, 2, dilation_rate=2, data_format="channels_first"), (2, 3, 4, 3)),
    (lambda: L.DepthwiseConv1D(3, depth_multiplier=2, activation="tanh"), (7, 5)),
    (lambda: L.DepthwiseConv1D(4, padding="same", activation="relu"), (9, 33)),
    (lambda: L.DepthwiseConv2D((2, 5), use_bias=False), (6, 7, 17)),
    (lambda: L.DepthwiseConv2D(3, strides=2, padding="same"), (6, 5, 3)),
    (lambda: L.DepthwiseConv2D(2, strides=3, depth_multiplier=3), (8, 7, 4)),
    (lambda: L.DepthwiseConv2D(3, dilation_rate=(1, 2), data_format="channels_first", activation="relu"), (2, 5, 6)),
    (lambda: L.DepthwiseConv2D(2, strides=2, dilation_rate=3, padding="same"), (5, 6, 4)),
    (lambda: L.SeparableConv1D(6, 3, activation="relu"), (7, 5)),
    (lambda: L.SeparableConv2D(5, 3, depth_multiplier=2, strides=2, padding="same"), (6, 5, 3)),
    (lambda: L.SeparableConv2D(3, (2, 1), use_bias=False, data_format="channels_first", activation="elu"), (2, 5, 6)),
    (lambda: L.Conv1DTranspose(33, 3, activation="relu"), (6, 5)),
    (lambda: L.Conv1DTranspose(3, 2, strides=3, activation="tanh", data_format="channels_first"), (4, 5)),
    (lambda: L.Conv2DTranspose(5, (2, 3), strides=2, padding="same"), (3, 4, 17)),
    (lambda: L.Conv2DTranspose(2, 3, strides=(2, 3), output_padding=(1, 0), use_bias=False), (3, 2, 4)),
    (lambda: L.Conv2DTranspose(3, 4, strides=2, padding="same", output_padding=1, activation="relu"), (3, 3, 2)),
    (lambda: L.Conv2DTranspose(4, 2, dilation_rate=(2, 3), padding="same"), (3, 4, 3)),
    (lambda: L.Conv3DTranspose(3, (1, 2, 2), strides=(1, 2, 1), data_format="channels_first"), (2, 3, 2, 3)),
    (L.MaxPooling1D, (7, 19)),
    (lambda: L.MaxPooling2D(3, strides=2, padding="same"), (6, 5, 3)),
    (lambda: L.MaxPooling2D(2, strides=1, data_format="channels_first"), (3, 4, 5)),
    (lambda: L.MaxPooling3D(2, strides=(1, 2, 1)), (3, 4, 3, 5)),
    (lambda: L.AveragePooling1D(3, strides=1, padding="same"), (7, 19)),
    (L.AveragePooling2D, (5, 6, 3)),
    (lambda: L.AveragePooling3D((1, 2, 2), strides=1, padding="same", data_format="channels_first"), (3, 2, 3, 4)),
    (L.GlobalMaxPooling1D, (7, 19)),
    (lambda: L.GlobalMaxPooling2D(keepdims=True, data_format="channels_first"), (3, 4, 5)),
    (L.GlobalMaxPooling3D, (2, 3, 2, 3)),
    (L.GlobalAveragePooling1D, (7, 19)),
    (L.GlobalAveragePooling2D, (5, 6, 33)),
    (lambda: L.GlobalAveragePooling3D(keepdims=True), (2, 3, 2, 3)),
    (lambda: L.AdaptiveMaxPooling1D(4), (7, 19)),
    (lambda: L.AdaptiveMaxPooling2D((3, 1)), (5, 6, 3)),
    (lambda: L.AdaptiveMaxPooling3D(2, data_format="channels_first"), (3, 3, 2, 5)),
    (lambda: L.AdaptiveAveragePooling1D(9), (7, 3)),
    (lambda: L.AdaptiveAveragePooling2D(3, data_format="channels_first"), (3, 5, 7)),
    (lambda: L.AdaptiveAveragePooling3D((1, 3, 2)), (3, 2, 5, 2)),
    (lambda: L.ZeroPadding1D((0, 2)), (5, 19)),
    (lambda: L.ZeroPadding2D(((1, 0), (2, 1)), data_format="channels_first"), (2, 3, 5)),
    (L.ZeroPadding3D, (1, 2, 1, 3)),
    (L.Cropping1D, (5, 19)),
    (lambda: L.Cropping2D(((1, 0), (0, 2)), data_format="channels_first"), (2, 3, 5)),
    (L.Cropping2D, (2, 3, 5)),
    (L.Cropping3D, (3, 4, 3, 2)),
    (lambda: L.UpSampling1D(3), (3, 19)),
    (lambda: L.UpSampling2D((1, 3), data_format="channels_first"), (2, 3, 4)),
    (lambda: L.UpSampling2D((3, 2), interpolation="bilinear"), (2, 3, 5)),
    (lambda: L.UpSampling2D(2, interpolation="bicubic", data_format="channels_first"), (2, 6, 5)),
    (lambda: L.UpSampling2D(2, interpolation="lanczos5"), (7, 3, 2)),
    (L.UpSampling3D, (2, 1, 2, 3)),
    (lambda: L.Resizing(4, 7), (5, 6, 3)),
    (lambda: L.Resizing(2, 3, "bicubic", antialias=True, data_format="channels_first"), (2, 5, 7)),
    (lambda: L.Resizing(3, 2, "nearest", crop_to_aspect_ratio=True), (4, 7, 2)),
    (lambda: L.Resizing(2, 6, pad_to_aspect_ratio=True), (5, 3, 2)),
    (lambda: L.CenterCrop(2, 3), (5, 6, 19)),
    (lambda: L.CenterCrop(6, 2, data_format="channels_first"), (2, 4, 5)),
    (lambda: L.GroupNormalization(groups=3), (5, 6, 33)),
    (lambda: L.GroupNormalization(groups=2, axis=1, epsilon=1e-5, center=False), (6, 2, 3)),
    (lambda: L.GroupNormalization(groups=-1, scale=False), (4, 5, 6)),
    (lambda: L.GroupNormalization(groups=7, gamma_initializer="uniform", beta_initializer="uniform"), (35,)),
]


def told(value: object) -> str:
    return value().__class__.__name__ if callable(value) else str(value)


@pytest.mark.parametrize(("make", "shape"), CASES, ids=told)
def test_alone(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    agrees(make(), shape, (1, 7))


@pytest.mark.parametrize(("make", "shape"), CASES, ids=told)
def test_a_row_is_the_same_in_any_batch(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    alike_in_any_batch(make(), shape)


@pytest.mark.parametrize("data_format", ["channels_last", "channels_first"])
def test_a_network_of_them_learns_the_same(data_format: str) -> None:
    """The first of them, to whose input no gradient goes, among them."""
    where: dict[str, Any] = {"data_format": data_format}
    shape = (8, 7, 2) if data_format == "channels_last" else (2, 8, 7)

    def make() -> Sequential:
        stack = [
            L.Conv2D(5, 3, padding="same", activation="relu", **where), L.MaxPooling2D(2, **where),
            L.Conv2D(4, 2, activation="tanh", **where), L.AveragePooling2D(2, **where),
            L.Flatten(), L.Dense(3, "softmax"),
        ]  # fmt: skip
        model = Sequential([L.Input(shape), *stack], seed=4)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    both_engines(make, Key(1).normal((13, *shape)), np.arange(13) % 3)


@pytest.mark.parametrize(
    ("make", "shape"),
    [
        (lambda: L.Conv3D(1, (129, 129, 1)), (130, 130, 2, 1)),
        (lambda: L.Conv3D(1, (1, 1, 2)), (130, 130, 2, 1)),
        (lambda: L.DepthwiseConv2D(129), (130, 130, 1)),
    ],
    ids=told,
)
def test_what_a_kernel_s_tables_have_no_room_for_runs_on_the_definition(
    make: Callable[[], L.Layer], shape: tuple[int, ...]
) -> None:
    with pytest.raises(CannotLower, match="window of"):
        forward_and_backward(make(), np.zeros((1, *shape), "float32"))
