"""The layers that move numbers and change none: Flatten, Reshape, Permute, RepeatVector."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pellucid import layers as L
from pellucid.rng import Key

shapes = st.lists(st.integers(1, 4), min_size=1, max_size=4).map(tuple)


def there_and_back(layer: L.Layer, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    y, cache = layer.forward({}, x, training=True, rng=Key(0))
    return y, layer.backward({}, cache, y)[0]


@settings(max_examples=40, deadline=None)
@given(shapes, st.data())
def test_moving_back_gives_x_again(shape: tuple[int, ...], data: st.DataObject) -> None:
    x = np.arange(2 * math.prod(shape), dtype="float32").reshape(2, *shape)
    order = data.draw(st.permutations(range(1, len(shape) + 1)))
    split = data.draw(st.sampled_from([n for n in range(1, math.prod(shape) + 1) if math.prod(shape) % n == 0]))
    for layer in (
        L.Flatten(), L.Flatten("channels_first"), L.Permute(order), L.Reshape((split, -1)), L.Reshape((1, *shape)),
    ):  # fmt: skip
        y, back = there_and_back(layer, x)
        assert y.shape == (2, *layer.output_shape_for(shape))
        np.testing.assert_array_equal(back, x)
        np.testing.assert_array_equal(np.sort(y, axis=None), np.sort(x, axis=None))


@pytest.mark.parametrize(
    ("layer", "shape", "out"),
    [
        (L.Flatten(), (), (1,)),
        (L.Flatten(), (28, 28), (784,)),
        (L.Reshape((28, -1)), (784,), (28, 28)),
        (L.Reshape(()), (1,), ()),
        (L.Permute((3, 1, 2)), (2, 3, 4), (4, 2, 3)),
        (L.RepeatVector(5), (3,), (5, 3)),
    ],
)
def test_output_shapes(layer: L.Layer, shape: tuple[int, ...], out: tuple[int, ...]) -> None:
    assert layer.output_shape_for(shape) == out
    assert layer(np.zeros((2, *shape))).shape == (2, *out)


def test_channels_first_gives_the_row_of_channels_last() -> None:
    x = np.arange(24.0).reshape(1, 2, 3, 4)
    np.testing.assert_array_equal(L.Flatten("channels_first")(x), L.Flatten()(np.moveaxis(x, 1, -1)))


def test_repeats_sum_their_gradients() -> None:
    layer = L.RepeatVector(3)
    dx, _ = layer.backward({}, None, np.ones((2, 3, 4)))
    assert dx.tolist() == [[3.0] * 4] * 2
