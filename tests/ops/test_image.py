"""Patches of pictures: which pixels stand in which, on every way in which they are cut."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import layers as L
from pellucid import ops
from pellucid.errors import PellucidError
from pellucid.training.engine import engine_of

X = np.random.default_rng(0).normal(size=(3, 7, 6, 2)).astype("float32")
WAYS: list[dict[str, Any]] = [
    {"size": 2},
    {"size": (3, 2)},
    {"size": 3, "strides": (1, 2)},
    {"size": 3, "padding": "same"},
    {"size": 2, "strides": 1, "dilation_rate": 2, "padding": "same"},
    {"size": (2, 3), "strides": (3, 1)},
]


def cut(x: Any, size: Any, strides: Any = None, dilation_rate: int = 1, padding: str = "valid") -> Any:
    """The patches, pixel by pixel."""
    h, w = size if isinstance(size, tuple) else (size, size)
    down, right = (h, w) if strides is None else strides if isinstance(strides, tuple) else (strides, strides)
    tall, wide = (h - 1) * dilation_rate + 1, (w - 1) * dilation_rate + 1
    if padding == "same":
        lacking = [
            max((-(-n // s) - 1) * s + r - n, 0) for n, s, r in ((x.shape[1], down, tall), (x.shape[2], right, wide))
        ]
        x = np.pad(x, [(0, 0), *((n // 2, n - n // 2) for n in lacking), (0, 0)])
    rows = [
        [x[:, i : i + tall : dilation_rate, j : j + wide : dilation_rate].reshape(len(x), -1)
         for j in range(0, x.shape[2] - wide + 1, right)]
        for i in range(0, x.shape[1] - tall + 1, down)
    ]  # fmt: skip
    return np.stack([np.stack(row, 1) for row in rows], 1)


@pytest.mark.parametrize("way", WAYS)
def test_patches_hold_their_pixels_row_by_row(way: dict[str, Any]) -> None:
    expected = cut(X, **way)
    np.testing.assert_array_equal(ops.image.extract_patches(X, **way), expected)
    np.testing.assert_array_equal(ops.image.extract_patches(X[1], **way), expected[1])
    first = ops.image.extract_patches(X.transpose(0, 3, 1, 2), **way, data_format="channels_first")
    np.testing.assert_array_equal(first, expected.transpose(0, 3, 1, 2))
    x = L.Input(X.shape[1:])
    y = ops.image.extract_patches(x, **way)
    assert y.shape == (None, *expected.shape[1:])
    np.testing.assert_array_equal(pellucid.Model(x, y).predict(X, verbose=0), expected)


def test_a_network_of_patches_learns_on_both_engines(tmp_path: Path) -> None:
    def network() -> Any:
        x = L.Input(X.shape[1:])
        model = pellucid.Model(x, L.Dense(2)(ops.image.extract_patches(x, 2)), seed=1)
        model.compile("adam", "mse")
        return model

    both_engines(network, X, np.ones((3, 3, 3, 2)))
    model = network()
    model.save(tmp_path / "patches.keras")
    again = pellucid.models.load_model(tmp_path / "patches.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert not engine_of(model).refusal


@pytest.mark.parametrize(
    ("x", "options", "told"),
    [
        (X[0, 0], {"size": 2}, r"images: expected \(B, H, W, C\)"),
        (X, {"size": 8}, "pictures of at least 8 × 8"),
        (X, {"size": 0}, "size: expected .* at least 1"),
        (X, {"size": (1, 2, 3)}, "size: expected a whole number, or two"),
        (X, {"size": 2, "padding": "full"}, "padding: expected"),
    ],
)
def test_what_cannot_be_cut_is_refused(x: Any, options: dict[str, Any], told: str) -> None:
    with pytest.raises(PellucidError, match=f"ops.image.extract_patches.*{told}"):
        ops.image.extract_patches(x, **options)
