"""Networks to begin with."""

from __future__ import annotations

from typing import Any

from ..actions.spec import TrainSpec

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
]  # fmt: skip
STARTS = [
    {"id": number, "title": title, "help": told, "spec": TrainSpec.of(spec).model_dump(exclude_unset=True)}
    for number, title, told, spec in _DESCRIBED
]
