"""HashedCrossing: one bin for what several features are together.     x₁, x₂, ... (B,) or (B, 1)   y (B,) or (B, 1)"""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np

from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..rng import Key
from .base import layers
from .hashes import WORD, crossed, fingerprint
from .hashing import Binned

START = 0xDECAFCAFFE  # as in TensorFlow


@layers.add()
class HashedCrossing(Binned):
    """A bin for each combination of categories: y = hash(x₁, x₂, ...) mod num_bins. The bins are Keras's.

    Each x is text or whole numbers. Shapes: x₁, x₂, ... (B,) or (B, 1); y the same, or (B, num_bins) with output_mode
    "one_hot".

    >>> layer = HashedCrossing(num_bins=5)
    >>> layer([["A", "B", "A", "B", "A"], [101, 101, 101, 102, 102]])
    array([1, 4, 1, 1, 3])
    """

    takes_many = True
    modes = ("int", "one_hot")

    def parameters(self, *shapes: Shape) -> Any:
        return ()

    def output_shape_for(self, *shapes: Shape) -> Shape:
        if len(shapes) < 2 or len(set(shapes)) > 1 or shapes[0] not in ((), (1,)):
            wanted = "several inputs (B,), or several (B, 1)"
            raise ShapeError(f"layer {self.name!r}, input", wanted, [(None, *shape) for shape in shapes])
        return self.shape_encoded(shapes[0])

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        features = [self.read(f"layer {self.name!r}, input", x) for x in xs]
        rows = zip(*([_number(one) for one in x.reshape(-1).tolist()] for x in features), strict=True)
        places = np.array([reduce(crossed, row, START) % self.num_bins for row in rows], "int64")
        return self.in_mode(places.reshape(features[0].shape)), None

    def places(self, x: Array) -> Array:
        return x

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return (None,) * len(self.sample_shapes), {}


def _number(value: Any) -> int:
    """64 bits: of a whole number its own, of text a hash."""
    if isinstance(value, int):
        return value & WORD
    return fingerprint(value if isinstance(value, bytes) else value.encode())
