"""Networks that are graphs, for the laws that hold for every one: three with everything, and random ones."""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
import numpy as np

import pellucid
from pellucid import layers as L
from pellucid.models import Model, Sequential
from pellucid.rng import Key
from pellucid.wiring import Tensor

# Layers that are called on a list; tests/models/test_functional.py holds them to the laws of layers.
ATTENDING = {"AdditiveAttention", "Attention", "GroupQueryAttention", "MultiHeadAttention"}  # layers/test_attention.py
JOINING = {"Add", "Average", "Concatenate", "Dot", "Maximum", "Minimum", "Multiply", "Subtract"}

X = Key(1).normal((23, 4))
CLASSES = np.arange(23) % 3


def compiled(model: Model) -> Model:
    model.compile(pellucid.optimizers.Adam(0.01, epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def residual(seed: int = 3) -> Model:
    """A network with everything: ways that part and meet, a layer used twice, a model used twice, noise, averages."""
    x = L.Input((4,))
    h = L.Dense(6, activation="relu")(x)
    shared = L.Dense(6, activation="tanh", name="shared")
    y = L.Add()([shared(shared(h)), h])
    y = L.Maximum()([y, L.Dense(6)(x)])
    y = L.BatchNormalization()(L.Concatenate()([y, x, L.Dropout(0.5)(h)]))
    inner = Sequential(
        [L.Dense(5, activation="relu"), L.Dropout(0.3), L.BatchNormalization(), L.Dense(4)], name="inner"
    )
    a, b = inner(y), inner(L.BatchNormalization()(y))
    y = L.Average()([L.Multiply()([a, b]), x, a])
    y = L.Subtract()([y, L.Minimum()([x, a])])
    return compiled(Model(x, L.Dense(3, activation="softmax")(y), seed=seed))


def dense_net(seed: int = 3) -> Model:
    """Each layer reads all before it."""
    tensors = [L.Input((4,))]
    for _ in range(4):
        given = L.Concatenate()(tensors) if len(tensors) > 1 else tensors[0]
        tensors.append(L.Dense(5, activation="elu", kernel_regularizer="l2", activity_regularizer="l1")(given))
    return compiled(Model(tensors[0], L.Dense(3, activation="softmax")(tensors[-1]), seed=seed))


def heads() -> Model:
    """Attention of several heads, causal, in groups, and behind a mask."""
    x = L.Input((5, 4))
    h = L.MultiHeadAttention(2, 3)(L.Dense(4)(x), x, use_causal_mask=True)
    return Model(x, L.GroupQueryAttention(2, 4, 2, sliding_window=3)(h, x), seed=7)


def unjoined(seed: int = 3) -> Model:
    """The output is read within the network, too, and a scaling stands beside another reader of the input."""
    x = L.Input((4,))
    scaled, flat = L.Rescaling(3.0)(x), L.Flatten()(x)
    y = L.Add()([L.Dense(3)(scaled), L.Dense(3)(L.Rescaling(-1.0)(flat)), L.Dense(3)(L.Rescaling(2.0)(flat))])
    return compiled(Model(x, L.Softmax()(y), seed=seed))


@st.composite
def graphs(draw: Any) -> list[tuple[str, list[int]]]:
    """Kinds of layers, and which of the tensors so far each reads."""
    kinds = ["dense", "shared", "norm", "noise", "linear", "add", "multiply", "subtract", "maximum", "average", "join"]
    steps = []
    for i in range(draw(st.integers(1, 7))):
        kind = draw(st.sampled_from(kinds))
        several = kind in kinds[5:]
        wires = st.integers(0, i)
        steps.append((kind, draw(st.lists(wires, min_size=2, max_size=2)) if several else [draw(wires)]))
    return steps


def built(steps: list[tuple[str, list[int]]]) -> Model:
    shared = L.Dense(4, activation="tanh", name="shared")
    makers: dict[str, Any] = {
        "dense": lambda: L.Dense(4, activation="relu"), "shared": lambda: shared, "norm": L.BatchNormalization,
        "noise": lambda: L.Dropout(0.3), "linear": lambda: L.Rescaling(0.5), "add": L.Add, "multiply": L.Multiply,
        "subtract": L.Subtract, "maximum": L.Maximum, "average": L.Average, "join": L.Concatenate,
    }  # fmt: skip
    tensors: list[Tensor] = [L.Input((4,))]
    for kind, wires in steps:
        given = [tensors[wire] for wire in wires]
        y = makers[kind]()(given if len(given) > 1 else given[0])
        tensors.append(L.Dense(4)(y) if kind == "join" else y)
    return compiled(Model(tensors[0], L.Dense(3, activation="softmax")(tensors[-1]), seed=1))
