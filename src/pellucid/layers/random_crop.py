"""RandomCrop: a part of each picture.     x (B, height, width, C)   y (B, *size, C)
Source: Krizhevsky, Sutskever & Hinton, "ImageNet classification with deep convolutional neural networks", NeurIPS
(2012)."""

from __future__ import annotations

from typing import Any, Unpack

import numpy as np

from ..arrays import Array, Arrays, Shape
from ..program import Buffer, Program
from ..rng import Key, own_seed
from .base import LayerOptions, layers
from .noise import noise_key, noise_path
from .resizing import NONE, Fit, Fitting, centred


@layers.add()
class RandomCrop(Fitting):
    """In training, a part of the pictures that lies anywhere, in one place for the whole batch, as in Keras:
    x (B, height, width, C), y (B, self.height, self.width, C) = x from a row and a column on.

    In prediction, and where a picture is no higher or no wider, the largest part in the middle that has the shape asked
    for, resized to it, as Keras describes it (its code passes pictures through in prediction). seed: as in `Dropout`.
    The places are of the same law as Keras's, and others.

    >>> x = [[[[0.0], [1.0], [2.0]], [[3.0], [4.0], [5.0]]]]
    >>> RandomCrop(1, 2)(x, training=False).ravel(), RandomCrop(1, 2, seed=1)(x).ravel()
    (array([0.25, 1.75], dtype=float32), array([0., 1.], dtype=float32))
    """

    augments = True

    def __init__(
        self, height: int, width: int, seed: Any = None, data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:  # fmt: skip
        super().__init__(**options)
        self.keep_size(height, width, data_format)
        self.seed = own_seed(self.where("seed"), seed)

    def fit(self, size: Shape) -> Fit:
        return centred(size, self.height, self.width, "bilinear")

    def _anywhere(self, size: Shape, key: Key) -> Fit:
        """A part that lies where two random numbers say."""
        if size[0] <= self.height or size[1] <= self.width:
            return self.fit(size)
        over = size[0] - self.height, size[1] - self.width
        first = [min(int(u * (n + 1)), n) for u, n in zip(key.uniform((2,)).tolist(), over, strict=True)]
        cutting = tuple((b, n - b) for b, n in zip(first, over, strict=True))
        return Fit(cutting, NONE, (np.eye(self.height), np.eye(self.width)))

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        x = self.last(x)
        size = x.shape[1:-1]
        fit = self._anywhere(size, noise_key(rng, self.seed)) if training else self.fit(size)
        return self.as_given(fit(x)), fit

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return self.as_given(cache.grad(self.last(dy))), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        x = self.lower_last(code, x)
        size = x.shape[:-1]
        if not code.trains or size[0] <= self.height or size[1] <= self.width:
            return self.lower_as_given(code, self.fit(size).lower(code, x))
        y = code.buffer((self.height, self.width, x.shape[-1]))
        how = *x.shape, *y.shape[:2], *noise_path(code, self.name, self.seed)

        def undo(dy: Buffer, wanted: bool) -> Buffer | None:
            dx = code.buffer(x.shape) if wanted else None
            if dx is not None:
                code.emit("cropped.grad", dy, dx, *how)
            return dx

        code.emit("cropped", x, y, *how)
        code.back(undo)
        return self.lower_as_given(code, y)
