"""What tells attention where in a sequence a step is: rows that are learnt, or waves.
x (B, ..., T, D)   W (N, D), N ≥ T   y (B, ..., T, D)
Sources: Gehring, Auli, Grangier, Yarats & Dauphin, "Convolutional sequence to sequence learning", ICML (2017), of rows;
Vaswani et al., "Attention is all you need", NeurIPS (2017), of waves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import ShapeError
from ..initializers import initializers
from ..program import Buffer, Program
from ..rng import Key
from .base import Layer, LayerOptions, layers
from .embedding import Embedding
from .holding import Parameter
from .merging import Add
from .operands import spread
from .traced import Traced


def waves(T: int, D: int, max_wavelength: float) -> Array:
    """(T, D): sin(t·w) at even places, cos(t·w) at odd ones, two and two of one frequency w = λ^(−2⌊i/2⌋/D)."""
    i = np.arange(D)
    angles = np.arange(T)[:, None] * float(max_wavelength) ** (-(i // 2 * 2) / D)
    found: Array = np.where(i % 2 == 0, np.sin(angles), np.cos(angles))
    return found


class Placed(Layer):
    """A layer that gives each step what depends on its place, whatever x is."""

    supports_masking = True

    def output_shape_for(self, shape: Shape) -> Shape:
        if len(shape) < 2 or shape[-1] is None:
            raise ShapeError(
                f"layer {self.name!r}, input", "shape (batch, steps, features), with a known number of features",
                (None, *shape),
            )  # fmt: skip
        return shape

    def _nothing(self, code: Program, x: Buffer, wanted: bool) -> Buffer | None:
        """Emit dx = 0."""
        return spread(code, code.constant(np.zeros(1)), x.shape) if wanted else None

    def _stretched(self, code: Program, rows: Buffer, x: Buffer) -> Buffer:
        """Emit rows (T, D), for each sample and each that stands before the steps in it."""
        y, n = code.buffer(x.shape), rows.size
        code.emit("strided", rows, y, 1, 0, 2, x.size // n, 0, n, 1)
        return y


@layers.add()
class PositionEmbedding(Placed):
    """A row for each place in a sequence, learnt: y[t] = W[t], of the shape of x. It is added to what stands there.

    sequence_length: N, the most steps that a sequence may have. Shapes: x (B, ..., T, D), embeddings W (N, D),
    y (B, ..., T, D).

    >>> layer = PositionEmbedding(sequence_length=3, initializer="identity")
    >>> layer([[[5.0, 5.0], [7.0, 7.0]]])
    array([[[1., 0.],
            [0., 1.]]], dtype=float32)

    Named as in KerasHub; its start_index and positions, with which a call begins elsewhere, are not there.
    """

    formula, formula_back = "y[t] = W[t]", "dW[t] = Σ dy[t]"
    letters: ClassVar = {"embeddings": "W"}

    def __init__(
        self, sequence_length: int, initializer: Any = "glorot_uniform", **options: Unpack[LayerOptions]
    ) -> None:
        super().__init__(**options)
        self.sequence_length = checks.integer(self.where("sequence_length"), sequence_length, minimum=1)
        self.initializer = initializers.get(initializer, self.where("initializer"))

    def _refuse_longer(self, shape: Shape) -> None:
        """A sequence of more steps than there are rows. Where a length is left open, only data show it."""
        if shape[-2] > self.sequence_length:
            wanted = f"at most {self.sequence_length} steps, as sequence_length={self.sequence_length} says"
            raise ShapeError(f"layer {self.name!r}, input", wanted, (None, *shape), "Make sequence_length larger.")

    def parameters(self, shape: Shape) -> Sequence[Parameter]:
        return [Parameter("embeddings", (self.sequence_length, shape[-1]), self.initializer)]

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        self._refuse_longer(x.shape[1:])
        return np.broadcast_to(p["embeddings"][: x.shape[-2]], x.shape).astype(x.dtype), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        dW = np.zeros_like(p["embeddings"])
        dW[: dy.shape[-2]] = dy.sum(axis=tuple(range(dy.ndim - 2)))
        return np.zeros_like(dy), {"embeddings": dW}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        self._refuse_longer(x.shape)
        W, dW, (T, D) = code.parameter("embeddings"), code.gradient("embeddings"), x.shape[-2:]

        def undo(dy: Buffer, wanted: bool) -> Buffer | None:
            if dW is not None:
                code.emit("dense.bias", dy, Buffer(dW.space, dW.offset, (T, D), dW.each), T * D, dy.size // (T * D))
                if rest := dW.size - T * D:  # rows that no step has
                    others = Buffer(dW.space, dW.offset + T * D, (rest,), dW.each)
                    code.emit("strided", code.constant(np.zeros(1)), others, 0, 1, 1, rest, 0)
            return self._nothing(code, x, wanted)

        code.back(undo)
        return self._stretched(code, Buffer(W.space, W.offset, (T, D), W.each), x)


@layers.add()
class SinePositionEncoding(Placed):
    """Waves that tell each place in a sequence, of ever longer wavelength: y[t, i] = sin(t/λ^(i/D)) for even i, cos of
    the same angle behind it, of the shape of x. It is added to what stands there.

    max_wavelength: λ. Shapes: x, y (B, ..., T, D). It has no weights, and takes sequences of any length.

    >>> SinePositionEncoding()([[[5.0, 5.0], [7.0, 7.0]]]).round(3)
    array([[[0.   , 1.   ],
            [0.841, 0.54 ]]], dtype=float32)

    Named as in KerasHub; its start_index is not there.
    """

    formula, formula_back = "y[t, i] = sin(t/λ^(i/D)) for even i, cos for odd", "dx = 0"

    def __init__(self, max_wavelength: float = 10000, **options: Unpack[LayerOptions]) -> None:
        super().__init__(**options)
        self.max_wavelength = checks.number(self.where("max_wavelength"), max_wavelength, above=0)

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        T, D = x.shape[-2:]
        return np.broadcast_to(waves(T, D, self.max_wavelength), x.shape).astype(x.dtype), None

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Array, dict[str, Array]]:
        return np.zeros_like(dy), {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        T, D = x.shape[-2:]
        code.back(lambda dy, wanted: self._nothing(code, x, wanted))
        return self._stretched(code, code.constant(waves(T, D, self.max_wavelength)), x)


@layers.add()
class TokenAndPositionEmbedding(Traced):
    """What a word is and where it stands, in one: y[t] = W[x[t]] + P[t].

    vocabulary_size: rows of W, numbers from 0 on. sequence_length: rows of P, the most steps. mask_zero: 0 stands for
    no step. Shapes: x (B, T), token_embedding W (vocabulary_size, D), position_embedding P (sequence_length, D), D the
    embedding_dim; y (B, T, D).

    >>> layer = TokenAndPositionEmbedding(5, sequence_length=3, embedding_dim=2, embeddings_initializer="ones")
    >>> layer.build((None, 3))
    >>> layer.position_embedding.set_weights([[[0.0, 0.5], [1.0, 1.5], [2.0, 2.5]]])
    >>> layer([[4, 4]])
    array([[[1. , 1.5],
            [2. , 2.5]]], dtype=float32)

    Named as in KerasHub, whose token embedding can be turned round for an output layer; this one cannot.
    """

    formula, formula_back = "y[t] = W[x[t]] + P[t]", "dW[i] = Σ dy where x = i, dP[t] = Σ dy[t]"

    def __init__(
        self,
        vocabulary_size: int,
        sequence_length: int,
        embedding_dim: int,
        embeddings_initializer: Any = "uniform",
        mask_zero: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.vocabulary_size = checks.integer(self.where("vocabulary_size"), vocabulary_size, minimum=1)
        self.sequence_length = checks.integer(self.where("sequence_length"), sequence_length, minimum=1)
        self.embedding_dim = checks.integer(self.where("embedding_dim"), embedding_dim, minimum=1)
        self.embeddings_initializer = initializers.get(embeddings_initializer, self.where("embeddings_initializer"))
        self.mask_zero = bool(mask_zero)
        self.token_embedding = Embedding(
            self.vocabulary_size, self.embedding_dim, self.embeddings_initializer, mask_zero=self.mask_zero,
            name="token_embedding", dtype=self.dtype,
        )  # fmt: skip
        self.position_embedding = PositionEmbedding(
            self.sequence_length, self.embeddings_initializer, name="position_embedding", dtype=self.dtype
        )

    @property
    def names(self) -> int:  # type: ignore[override]
        """How many whole numbers its input may hold, from 0 on."""
        return self.vocabulary_size

    def call(self, inputs: Any) -> Any:
        rows = self.token_embedding(inputs)
        return Add(dtype=self.dtype)([rows, self.position_embedding(rows)])
