"""TimeDistributed: a layer for each step of a sequence by itself.     x (B, T, ...)   y (B, T, ...)"""

from __future__ import annotations

from typing import Any, Unpack

from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, Told, WrongType
from ..program import Buffer, Program
from ..rng import Key
from .activation import Activation
from .base import Layer, LayerOptions, layers
from .batch_normalization import BatchNormalization
from .dense import Dense
from .dropout import Dropout
from .elu import ELU
from .embedding import Embedding
from .identity import Identity
from .layer_normalization import LayerNormalization
from .leaky_relu import LeakyReLU
from .relu import ReLU
from .rms_normalization import RMSNormalization
from .softmax import Softmax
from .traced import Traced
from .unit_normalization import UnitNormalization

# which do for steps what they do for rows: to each number by itself, or along the last axis
ALONG_THE_LAST_AXIS = (Activation, Dense, ELU, Embedding, Identity, LeakyReLU, ReLU)
ALONG_AN_AXIS = (BatchNormalization, LayerNormalization, RMSNormalization, Softmax, UnitNormalization)


def goes_along(layer: Layer, masked: bool) -> bool:
    """Whether a layer does to all steps (T, ...) at once what it does to each by itself, with the same parameters.

    masked: whether some steps do not count, which is not the layer's concern."""
    if isinstance(layer, Dropout):
        return type(layer) is Dropout and layer.noise_shape is None
    if isinstance(layer, ALONG_AN_AXIS):
        last = layer.axis in (-1, (-1,), [-1])
        return type(layer) in ALONG_AN_AXIS and last and not (masked and layer.takes_mask)
    return type(layer) in ALONG_THE_LAST_AXIS


class Apart(Layer):
    """Each step a sample: (B, T, ...) becomes (B·T, ...)."""

    formula, formula_back = "y = x, each step a sample", "dx = dy, as they were"
    is_layer = False

    def output_shape_for(self, shape: Shape) -> Shape:
        return shape[1:]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x.reshape(len(x) * x.shape[1], *x.shape[2:]), x.shape

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy.reshape(cache), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        if code.ranks > 1:
            raise self.cannot_lower(", over several processes,")
        code.back(lambda dy, wanted: dy.joined(x.shape[0]) if wanted else None)
        return x.apart()


class InSteps(Layer):
    """The samples steps again: (B·T, ...) becomes (B, T, ...)."""

    formula, formula_back = "y = x, T samples a sequence", "dx = dy, as they were"
    is_layer = False

    def __init__(self, steps: int, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.steps = steps

    def output_shape_for(self, shape: Shape) -> Shape:
        return (self.steps, *shape)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        return x.reshape(len(x) // self.steps, self.steps, *x.shape[1:]), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return dy.reshape(-1, *dy.shape[2:]), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        code.back(lambda dy, wanted: dy.apart())
        return x.joined(self.steps)


@layers.add()
class TimeDistributed(Traced):
    """Apply a layer, or a model, to each step of a sequence: y[:, t] = layer(x[:, t]), with the same weights.

    Shapes: x (B, T, ...), y (B, T, *what the layer gives for one step). A mask passes through. What goes by the batch,
    as BatchNormalization does, goes by the steps of all samples together; Keras takes the steps one after another.

    >>> layer = TimeDistributed(Dense(2, kernel_initializer="ones"))
    >>> layer([[[1.0], [3.0]]])
    array([[[1., 1.],
            [3., 3.]]], dtype=float32)
    """

    supports_masking = True
    formula, formula_back = "y[t] = layer(x[t])", "as its layer goes back"

    def __init__(self, layer: Any, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.layer = layers.get(layer, self.where("layer"))
        if not isinstance(self.layer, Layer):
            raise WrongType(self.where("layer"), "a layer", layer)

        if self.layer.memory is not None:
            raise InvalidArgument(self.where("layer"), "a layer with stateful=False", Told("one with stateful=True"))

    def call(self, inputs: Any, mask: Any = None) -> Any:
        """The layer's outputs, step by step; it is told what counts within a step, not which steps do."""
        along = goes_along(self.layer, mask is not None)
        if len(inputs.shape) < 3 or (inputs.shape[1] is None and not along):
            raise ShapeError(
                f"layer {self.name!r}, input", "shape (batch, steps, features, ...), with a known number of steps",
                inputs.shape,
            )  # fmt: skip
        if along:
            return self.layer(inputs)
        apart = Apart(dtype=self.dtype)
        within = {"mask": apart(mask)} if mask is not None and len(mask.shape) > 2 and self.layer.takes_mask else {}
        y = self.layer(apart(inputs), **within)
        return InSteps(inputs.shape[1], dtype=self.dtype)(y)
