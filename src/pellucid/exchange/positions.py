"""The numbers by which layers tell where in a sequence a step is, for all forms in which a network is written."""

from __future__ import annotations

from typing import Any

import numpy as np

from .. import layers as L
from ..arrays import Array, Shape
from ..layers.position_embedding import waves


def waves_of(layer: L.SinePositionEncoding, shape: Shape) -> Array:
    """The waves (T, D) of a layer, for samples of this shape.

    >>> waves_of(L.SinePositionEncoding(), (2, 2)).round(3)
    array([[0.   , 1.   ],
           [0.841, 0.54 ]])
    """
    T, D = shape[-2:]
    return waves(T, D, layer.max_wavelength)


def turning(layer: L.RotaryEmbedding, shape: Shape) -> tuple[Array, Array, int]:
    """(c, s, axis): y = x∘c + x̃∘s, x̃ being x with its halves along this axis in each other's place. c and s go along
    with samples of this shape.

    >>> c, s, axis = turning(L.RotaryEmbedding(), (2, 2))
    >>> s.round(3), axis
    (array([[-0.   ,  0.   ],
           [-0.841,  0.841]]), 2)
    """
    angles, (_, features) = layer.angles(shape), layer._axes(shape)
    signs = np.repeat([-1.0, 1.0], shape[features - 1] // 2)
    behind: Any = (1,) * (len(shape) - features)
    return np.cos(angles), np.sin(angles) * signs.reshape(-1, *behind), features
