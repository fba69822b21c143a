"""Layers that ONNX, C and PyTorch cannot hold: each is refused by its name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from laws.test_encodings import ROWS as ENCODED
from laws.test_encodings import TWO, graph
from pellucid.exchange import ours
from pellucid.layers.base import layers
from pellucid.models import Model
from pellucid.registry import snake

MADE_OF_OTHERS = {  # they go out step by step; CutMix and MixUp stand in no network
    "AdditiveAttention", "Attention", "Bidirectional", "CutMix", "EinsumDense", "Functional", "GRUCell",
    "GroupQueryAttention", "LSTMCell", "Lambda", "MixUp", "MultiHeadAttention", "Pipeline", "RNN", "Sequential",
    "SimpleRNNCell", "SpectralNormalization", "StackedRNNCells", "TimeDistributed", "TokenAndPositionEmbedding",
}  # fmt: skip
UNWRITTEN: dict[str, set[str]] = {  # by the form
    "c": {"HashedCrossing", "Hashing", "StringLookup", "TextVectorization"}, "numpy": set(),
    "onnx": {"HashedCrossing", "Hashing", "TextVectorization"},
    "torch": {"HashedCrossing", "Hashing", "StringLookup", "TextVectorization"},
}  # fmt: skip
WRITTEN = {form: set(layers.parts) - kinds - MADE_OF_OTHERS for form, kinds in UNWRITTEN.items()}

RANDOM = {kind.__name__ for kind in ours.RANDOM} | {"RandomCrop"}


def written_by(emitters: Iterable[type]) -> set[str]:
    """The kinds of layers among those that are written; the rest stand between layers."""
    return {kind.__name__ for kind in emitters if kind in layers.parts.values()}


def unwritten(form: str) -> list[tuple[str, Callable[[], Model]]]:
    """The name of each, and a function that makes a model of it."""
    rows = {type(make()).__name__: partial(graph, make(), data, dtype) for make, data, dtype in [*ENCODED, *TWO]}
    return [(snake(kind), rows[kind]) for kind in sorted(UNWRITTEN[form])]
