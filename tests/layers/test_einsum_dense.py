from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pellucid import layers as L
from pellucid.errors import InvalidArgument, ShapeError


# y of Keras 3.15 for x = sin 0, sin 1, ... and each weight cos 0, cos 1, ...
@pytest.mark.parametrize(
    ("options", "shape", "weights", "y"),
    [
        (
            {"equation": "ab,bc->abc", "output_shape": [3, 2], "bias_axes": "bc", "activation": "tanh"},
            (2, 3),
            [(3, 2), (3, 2)],
            [
                0.76159, 0.49322, -0.64479, -0.94914, -0.84772, 0.49419,
                0.81479, 0.54872, -0.10086, -0.23622, -0.02684, 0.01165,
            ],
        ),
        (
            {"equation": "...ab,abc->...ac", "output_shape": [3, 2], "bias_axes": "c"},
            (1, 1, 3, 4),
            [(3, 4, 2), (2,)],
            [0.19097, 0.07158, 1.76877, 0.47294, 1.10261, 1.50633],
        ),
        (
            {"equation": "ab...,bc->ac...", "output_shape": 5},
            (1, 3, 2),
            [(3, 5)],
            [0.89294, 1.68611, 0.86973, 0.5859, 0.04689, -1.05298, -0.81906, -1.72376, -0.93197, -0.80972],
        ),
        (
            {"equation": "abc,cde->abde", "output_shape": [3, 2, 2], "bias_axes": "de", "activation": "relu"},
            (1, 3, 2),
            [(2, 2, 2), (2, 2)],
            [0.44998, 0.779, 0.39181, 0.0, 1.81706, 1.07163, 0.0, 0.0, 0.86999, 0.0, 0.0, 0.0],
        ),
    ],
    ids=["one for each number", "dots in front", "dots behind", "several outputs"],
)  # fmt: skip
def test_it_computes_what_keras_computes(
    options: dict[str, Any], shape: tuple[int, ...], weights: list[tuple[int, ...]], y: list[float]
) -> None:
    layer = L.EinsumDense(**options)
    layer.build((None, *shape[1:]))
    assert [w.shape for w in layer.weights] == weights
    layer.set_weights([np.cos(np.arange(np.prod(s))).reshape(s) for s in weights])
    np.testing.assert_allclose(layer(np.sin(np.arange(np.prod(shape))).reshape(shape)).ravel(), y, atol=2e-5)


def test_it_can_be_dense() -> None:
    x = np.random.default_rng(0).normal(size=(5, 3))
    plain, general = L.Dense(4, "relu"), L.EinsumDense("ab,bc->ac", 4, "relu", bias_axes="c")
    y = plain(x)
    general.build((None, 3))
    general.set_weights(plain.get_weights())
    np.testing.assert_allclose(general(x), y, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    "equation", ["ab,bc", "ab->ab", "aa,ab->ab", "ab,bc->ad", "ab,cd->abc", "ab,b1->a", "...a,ab->b", 7]
)
def test_letters_that_mean_nothing_are_refused(equation: Any) -> None:
    with pytest.raises(InvalidArgument, match="equation"):
        L.EinsumDense(equation, 3)


@pytest.mark.parametrize(
    ("options", "shape", "match"),
    [
        ({"equation": "ab,bc->ac", "output_shape": 3}, (2, 3), "the axes 'ab'"),
        ({"equation": "abc,cd->abd", "output_shape": (2, 3)}, (4, 5), "axis 'b'"),
        ({"equation": "ab,bc->ac", "output_shape": None}, (3,), "a size for 'c'"),
    ],
)
def test_shapes_that_do_not_fit_are_refused(options: dict[str, Any], shape: tuple[int, ...], match: str) -> None:
    with pytest.raises(ShapeError, match=match):
        L.EinsumDense(**options).build((None, *shape))


def test_a_size_is_asked_for_each_axis_and_a_bias_only_for_those_of_the_output() -> None:
    with pytest.raises(InvalidArgument, match="a size for each of 'bd'"):
        L.EinsumDense("abc,cd->abd", 3).build((None, 4, 5))
    with pytest.raises(InvalidArgument, match="bias_axes"):
        L.EinsumDense("ab,bc->ac", 3, bias_axes="b")
