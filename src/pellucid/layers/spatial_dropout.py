"""Spatial dropout: y = x·m / (1 − rate), with m = 0 for a random share of the channels, else 1.
x (B, *D, C)   m (B, 1, ..., C)   y (B, *D, C)
Source: Tompson, Goroshin, Jain, LeCun & Bregler, "Efficient object localization using convolutional networks",
arXiv:1411.4280 (2014)."""

from __future__ import annotations

from typing import Any, Unpack

from ..arrays import Shape
from .base import LayerOptions, layers
from .channels import FIRST, LAST, Channels
from .dropout import Dropping


class SpatialDropout(Channels, Dropping):
    """Dropout whose noise is the same all over a channel."""

    def keep_channels(self, rate: float, data_format: str | None, seed: Any) -> None:
        """Keep the constructor's arguments."""
        self.keep_data_format(data_format)
        everywhere = (1,) * self.axes
        noise_shape = (None, None, *everywhere) if self.data_format == FIRST else (None, *everywhere, None)
        self.keep_dropping(rate, noise_shape, seed)

    def output_shape_for(self, shape: Shape) -> Shape:
        self.split(shape)
        return shape

    def get_config(self) -> dict[str, Any]:
        """As Keras writes it: without `trainable`, which its constructor does not take."""
        return {name: value for name, value in super().get_config().items() if name != "trainable"}


@layers.add()
class SpatialDropout1D(SpatialDropout):
    """In training, set a random share of the channels to 0 at all steps and scale the others by 1/(1 − rate); else pass
    x through: x (B, steps, C), y = x·m / (1 − rate), m (B, 1, C).

    rate, seed: as in `Dropout`.

    >>> import numpy as np
    >>> y = SpatialDropout1D(0.5)(np.ones((1, 4, 100)), training=True)
    >>> bool((y == y[:, :1]).all()), np.unique(y).tolist()
    (True, [0.0, 2.0])
    """

    axes = 1
    data_format = LAST

    def __init__(self, rate: float, seed: Any = None, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.keep_channels(rate, LAST, seed)


@layers.add()
class SpatialDropout2D(SpatialDropout):
    """In training, set a random share of the channels of a picture to 0 and scale the others by 1/(1 − rate); else pass
    x through: x (B, height, width, C), y = x·m / (1 − rate), m (B, 1, 1, C).

    rate, seed: as in `Dropout`.

    >>> import numpy as np
    >>> y = SpatialDropout2D(0.5)(np.ones((1, 2, 2, 100)), training=True)
    >>> bool((y == y[:, :1, :1]).all()), np.unique(y).tolist()
    (True, [0.0, 2.0])
    """

    axes = 2

    def __init__(
        self, rate: float, data_format: str | None = None, seed: Any = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.keep_channels(rate, data_format, seed)


@layers.add()
class SpatialDropout3D(SpatialDropout):
    """In training, set a random share of the channels of a volume to 0 and scale the others by 1/(1 − rate); else pass
    x through: x (B, depth, height, width, C), y = x·m / (1 − rate), m (B, 1, 1, 1, C).

    rate, seed: as in `Dropout`.

    >>> import numpy as np
    >>> y = SpatialDropout3D(0.5)(np.ones((1, 2, 2, 2, 100)), training=True)
    >>> bool((y == y[:, :1, :1, :1]).all()), np.unique(y).tolist()
    (True, [0.0, 2.0])
    """

    axes = 3

    def __init__(
        self, rate: float, data_format: str | None = None, seed: Any = None, **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.keep_channels(rate, data_format, seed)
