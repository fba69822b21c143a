"""SpectralNormalization: W ← W / σ before each step of training, σ the largest singular value of a layer's kernel.
W (..., O) taken as a matrix (I, O)   u (1, O)   v (1, I)
Source: Miyato, Kataoka, Koyama & Yoshida, "Spectral normalization for generative adversarial networks", ICLR (2018)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape, Whole
from ..errors import InvalidArgument, Told, WrongType
from ..initializers import TruncatedNormal
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .holding import Parameter
from .lending import Guest
from .traced import Traced

NOTHING = 1e-6  # as in Keras: a vector shorter than this is not made longer


def unit(a: Array) -> Array:
    """A vector of length 1 in the direction of a."""
    length: Array = a / np.maximum(np.sqrt((a * a).sum()), a.dtype.type(NOTHING))
    return length


def by_power_iteration(W: Array, u: Array, iterations: int) -> tuple[Array, Array]:
    """(W/σ, u): v = uWᵀ/‖uWᵀ‖, u = vW/‖vW‖, again and again, and σ = vWuᵀ. A kernel of zeros is left alone."""
    if not W.any():
        return W, u
    rows = W.reshape(-1, W.shape[-1])
    for _ in range(iterations):
        v = unit(u @ rows.T)
        u = unit(v @ rows)
    return W / (v @ rows @ u.T), u


class Overwrite(NamedTuple):
    """What a step of training overwrites: the kernel, by its name."""

    name: str
    kernel: Array


class Spectral(Guest):
    """A step that overwrites the kernel of the layer behind it in training, passes x on, and gives u after it."""

    formula = "v = uWᵀ/‖uWᵀ‖, u ← vW/‖vW‖, W ← W/(vWuᵀ) in training, y = x"
    formula_back = "dx = dy"
    gives_many = takes_many = takes_whole = True

    def __init__(self, layer: Layer, kernel: str, iterations: int) -> None:
        super().__init__(dtype=layer.dtype)
        self.belongs_to = holder(layer)
        self.kernel, self.iterations = kernel, iterations
        self.overwritten = (kernel,)

    @property
    def likeness(self) -> Any:
        return type(self).__name__, id(self.belongs_to)

    def output_shape_for(self, *shapes: Shape) -> Any:
        return shapes[0], Whole(shapes[1])

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        return ()

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Any, Overwrite | None]:
        x, u = xs
        if not training:
            return (x, u), None
        kernel, after = by_power_iteration(p[self.kernel], u, self.iterations)
        return (x, after), Overwrite(self.kernel, kernel)

    def backward(self, p: Arrays, cache: Any, *dy: Array | None) -> tuple[Any, dict[str, Array]]:
        return (dy[0], None), {}

    def state_after(self, p: Arrays, cache: Overwrite | None) -> dict[str, Array]:
        return {} if cache is None else {cache.name: cache.kernel}

    def lower(self, code: Program, *xs: Buffer) -> Any:
        if code.trains:
            raise self.cannot_lower(", in training")
        code.back(lambda dys, wanted: (dys[0], None))
        return xs[0], xs[1]


def holder(layer: Layer) -> Layer:
    """What has the layer's own weights."""
    return layer.own_weights if isinstance(layer, Traced) else layer


class KernelToo:
    """The arrays that Keras has in the group of the wrapper: the kernel once more, and vector_u."""

    def __init__(self, wrapper: SpectralNormalization) -> None:
        self.kernel, self.own = wrapper.kernel, wrapper.own_weights

    @property
    def built(self) -> bool:
        """Whether they exist."""
        return self.own.built

    def get_weights(self) -> list[Array]:
        """Copies of both."""
        return [self.kernel.value, *self.own.get_weights()]

    def set_weights(self, arrays: list[Array]) -> None:
        """Overwrite vector_u; the kernel comes with its layer."""
        self.own.set_weights(arrays[1:])


@layers.add()
class SpectralNormalization(Traced):
    """Keep a layer's kernel at spectral norm 1: W ← W/σ(W) before each step of training, so that the layer makes no
    difference of its inputs larger. Discriminators of adversarial networks train more steadily with it.

    layer: one with a `kernel` or `embeddings`. power_iterations: how often v = uWᵀ/‖uWᵀ‖, u = vW/‖vW‖ is computed in a
    step; σ = vWuᵀ. vector_u (1, O) is a weight that is not trained, and goes on from step to step.

    >>> from pellucid.layers import Dense
    >>> layer = SpectralNormalization(Dense(2, kernel_initializer="identity"), power_iterations=50)
    >>> layer.build((None, 2))
    >>> layer.layer.kernel = [[0.0, 4.0], [2.0, 0.0]]
    >>> layer([[1.0, 1.0]], training=True).round(3)
    array([[0.5, 1. ]], dtype=float32)

    The kernel itself is overwritten, and what the step adds to it, gradient and optimizer tell for the new one: as in
    Keras on TensorFlow and PyTorch, so that predictions are made with the kernel that was trained. Keras on JAX forgets
    the overwritten kernel after each step of `fit`. A kernel_regularizer sees the kernel as it was before the step.
    `check_layer` takes no differences of the kernel in training. Networks with it train on the definition, and predict
    on the engine.
    """

    formula, formula_back = "W ← W/σ(W) in training, y = layer(x)", "as its layer goes back"

    def __init__(self, layer: Any, power_iterations: int = 1, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.layer = layers.get(layer, self.where("layer"))
        if not isinstance(self.layer, Layer):
            raise WrongType(self.where("layer"), "a layer", layer)
        self.power_iterations = checks.integer(self.where("power_iterations"), power_iterations, minimum=1)

    @property
    def names(self) -> int:  # type: ignore[override]
        """How many whole numbers its input may hold, where its layer is a table."""
        return self.layer.names

    def build(self, input_shape: Any) -> None:
        sample = tuple(input_shape[1:])
        self.layer.output_shapes_for(sample)
        held = holder(self.layer)
        found = {spec.name: spec.shape for spec in held.specs_for(sample)}
        name = next((one for one in ("kernel", "embeddings") if one in found), None)
        if name is None:
            raise InvalidArgument(
                self.where("layer"), "a layer with a kernel or embeddings", Told(repr(type(self.layer).__name__)),
                "Dense, EinsumDense, the convolutions and Embedding have one.",
            )  # fmt: skip
        self.kernel_name = name
        self.vector_u = self.add_weight(
            (1, found[name][-1]), TruncatedNormal(stddev=0.02), None, False, name="vector_u"
        )
        self.own_weights.behind = held, name

    def call(self, inputs: Any) -> Any:
        x, u = Spectral(self.layer, self.kernel_name, self.power_iterations).called_on([inputs, self.vector_u])
        self.vector_u.assign(u)
        return self.layer(x)

    @property
    def kernel(self) -> Any:
        """The weight that is normalized, once there is one."""
        return getattr(self.layer, self.kernel_name)

    @property
    def in_file(self) -> Any:
        return KernelToo(self) if self.built else None
