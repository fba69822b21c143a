"""Layers that scripts, ONNX, C and PyTorch don't have yet: each is refused by its name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from laws.test_encodings import ROWS as ENCODED
from laws.test_encodings import TWO, graph
from laws.test_layers import EVERY
from pellucid import Sequential
from pellucid import layers as L
from pellucid.layers.base import layers
from pellucid.models import Model
from pellucid.registry import snake

MADE_OF_OTHERS = {  # they go out step by step; a step that is not written, as states of RNN, is refused by its name
    "AdditiveAttention", "Attention", "Bidirectional", "EinsumDense", "Functional", "GRUCell", "GroupQueryAttention",
    "LSTMCell", "Lambda", "MultiHeadAttention", "RNN", "Sequential", "SimpleRNNCell", "StackedRNNCells",
    "TimeDistributed",
}  # fmt: skip
UNWRITTEN = {
    *(f"Adaptive{kind}Pooling{n}D" for n in (1, 2, 3) for kind in ("Average", "Max")),
    "CategoryEncoding", "CenterCrop", "ConvLSTM1D", "ConvLSTM2D", "ConvLSTM3D", "Discretization", "HashedCrossing",
    "Hashing", "IntegerLookup", "StringLookup", "TextVectorization",
    "GRU", "GroupNormalization", "LSTM", "RandomBrightness", "RandomContrast", "RandomCrop", "RandomFlip",
    "RandomRotation", "RandomTranslation", "RandomZoom", "Resizing", "SeparableConv1D", "SeparableConv2D", "SimpleRNN",
}  # fmt: skip
WRITTEN = {kind for name, kind in layers.parts.items() if name not in UNWRITTEN | MADE_OF_OTHERS}


def unwritten() -> list[tuple[str, Callable[[], Model]]]:
    """The name of each, and a function that makes a model of it."""
    rows = {type(make()).__name__: partial(_model, make, shape) for make, shape in reversed(EVERY)}
    rows |= {type(make()).__name__: partial(graph, make(), data, dtype) for make, data, dtype in [*ENCODED, *TWO]}
    return [(snake(kind), rows[kind]) for kind in sorted(UNWRITTEN)]


def _model(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> Model:
    model = Sequential([L.Input(shape), make()], seed=0)
    model.compile("sgd", "mse")
    return model
