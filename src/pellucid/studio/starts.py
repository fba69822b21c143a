"""Networks to begin with."""

from __future__ import annotations

from typing import Any

from ..actions.spec import TrainSpec

_POOL: dict[str, Any] = {"class": "MaxPooling2D"}
_LOOK: dict[str, Any] = {"class": "MultiHeadAttention", "num_heads": 2, "key_dim": 8, "use_causal_mask": True}
_FLAT: dict[str, Any] = {"class": "Flatten"}


def _reshape(*shape: int) -> dict[str, Any]:
    return {"class": "Reshape", "target_shape": list(shape)}


def _conv(filters: int, size: int = 3) -> dict[str, Any]:
    return {"class": "Conv2D", "filters": filters, "kernel_size": [size], "padding": "same", "activation": "relu"}


_DESCRIBED: list[tuple[str, str, str, dict[str, Any]]] = [
    (
        "first", "A first network", "Two colours of points, and a hidden layer of eight neurons that tells them apart.",
        {"data": "moons", "layers": [8], "activation": "tanh", "learning_rate": 0.03, "epochs": 60},
    ),
    (
        "none-hidden", "None hidden", "Inputs joined straight to answers: what a straight line can tell apart.",
        {"data": "moons", "layers": [], "learning_rate": 0.03, "epochs": 60},
    ),
    (
        "deep-and-narrow", "Deep and narrow", "Six layers of four neurons: harder to train than one that is wide.",
        {"data": "spirals", "layers": [4, 4, 4, 4, 4, 4], "activation": "tanh", "learning_rate": 0.01, "epochs": 200},
    ),
    (
        "regularised", "Regularised", "Dropout and small weights keep a wide network from learning rows by heart.",
        {"data": "digits", "layers": [128, 64], "dropout": 0.3, "l2": 0.0001, "epochs": 60},
    ),
    (
        "worked-example", "The worked example", "Handwritten digits: 64 dots in, 32 neurons, ten answers.",
        {"data": "digits", "layers": [32], "epochs": 40},
    ),
    (
        "convolutional", "A small convolutional network", "Filters slide over handwritten digits and look for strokes.",
        {"data": "digits", "layers": [_reshape(8, 8, 1), _conv(8), _POOL, _conv(16), _FLAT, 32],
         "learning_rate": 0.004, "epochs": 15},
    ),
    (
        "lenet", "A convolutional network for MNIST", "70,000 digits of 28 × 28 dots, which are fetched once.",
        {"data": "mnist", "epochs": 3,
         "layers": [_reshape(28, 28, 1), _conv(8, 5), _POOL, _conv(16, 5), _POOL, _FLAT, 64]},
    ),
    (
        "line-by-line", "A digit read line by line", "A memory (LSTM) goes over a digit's eight lines in turn.",
        {"data": "digits", "layers": [_reshape(8, 8), {"class": "LSTM", "units": 24}, 16],
         "learning_rate": 0.01, "epochs": 20},
    ),
    (
        "writing", "A network that writes", "A memory (GRU) reads a novel, and learns which character comes next.",
        {"data": "austen", "layers": [128], "epochs": 5},
    ),
    (
        "readings", "Movements told from a sensor", "Filters slide along nine lines of readings: who walks, who lies?",
        {"data": "sensors", "epochs": 6},
    ),
    (
        "attention", "Lines that look at each other", "Each line of a digit looks at those above it (attention).",
        {"data": "digits", "layers": [_reshape(8, 8), 16, _LOOK, _FLAT, 32], "learning_rate": 0.004, "epochs": 20},
    ),
]  # fmt: skip
STARTS = [
    {"id": number, "title": title, "help": told, "spec": TrainSpec.of(spec).model_dump(exclude_unset=True)}
    for number, title, told, spec in _DESCRIBED
]
