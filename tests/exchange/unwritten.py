"""Layers that scripts, ONNX, C and PyTorch don't have yet: each is refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from laws.test_encodings import ROWS as ENCODED
from laws.test_encodings import TWO, graph
from laws.test_layers import EVERY
from pellucid import Sequential
from pellucid import layers as L
from pellucid.layers.base import layers
from pellucid.models import Model
from pellucid.registry import snake

MADE_OF_OTHERS = {  # they go out step by step
    "AdditiveAttention", "Attention", "Bidirectional", "EinsumDense", "Functional", "GRUCell", "GroupQueryAttention",
    "LSTMCell", "Lambda", "MultiHeadAttention", "RNN", "Sequential", "SimpleRNNCell", "SpectralNormalization",
    "StackedRNNCells", "TimeDistributed", "TokenAndPositionEmbedding",
}  # fmt: skip
UNWRITTEN = {
    "CategoryEncoding", "Discretization", "HashedCrossing", "Hashing", "IntegerLookup", "StringLookup",
    "TextVectorization",
}  # fmt: skip
WRITTEN = set(layers.parts) - UNWRITTEN - MADE_OF_OTHERS

RANDOM = {
    "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip", "RandomRotation", "RandomTranslation",
    "RandomZoom",
}  # fmt: skip


def written_by(emitters: Iterable[type]) -> set[str]:
    """The kinds of layers among those that are written; the rest stand between layers."""
    return {kind.__name__ for kind in emitters if kind in layers.parts.values()}


def unwritten() -> list[tuple[str, Callable[[], Model]]]:
    """The name of each, and a function that makes a model of it."""
    rows = {type(make()).__name__: partial(_model, make, shape) for make, shape in reversed(EVERY)}
    rows |= {type(make()).__name__: partial(graph, make(), data, dtype) for make, data, dtype in [*ENCODED, *TWO]}
    return [(snake(kind), rows[kind]) for kind in sorted(UNWRITTEN)]


def _model(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> Model:
    model = Sequential([L.Input(shape), make()], seed=0)
    model.compile("sgd", "mse")
    return model
