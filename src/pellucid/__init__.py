"""Pellucid: a neural-network library written from scratch, that reads like the textbook and speaks Keras.

>>> import pellucid as keras
>>> from pellucid.layers import Dense
>>> model = keras.Sequential([Dense(8, activation="tanh", input_shape=(2,)), Dense(1, activation="sigmoid")], seed=1)
>>> model.compile(optimizer=keras.optimizers.Adam(0.05), loss="binary_crossentropy", metrics=["accuracy"])
>>> x, y = [[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0]
>>> history = model.fit(x, y, epochs=200, verbose=0)
>>> model.predict(x, verbose=0).round().ravel()
array([0., 1., 1., 0.], dtype=float32)
"""

import importlib
from typing import TYPE_CHECKING, Any

from . import (
    activations,
    backend,
    callbacks,
    config,
    constraints,
    distribution,
    doctor,
    errors,
    initializers,
    layers,
    losses,
    metrics,
    models,
    ops,
    optimizers,
    plots,
    random,
    regularizers,
    saving,
    utils,
)
from .__about__ import version as __version__
from .initializers import Initializer
from .inspection.gradients import check_gradients
from .layers import Input, Layer, Variable
from .losses import Loss
from .metrics import Metric
from .models import Model, Sequential
from .optimizers import Optimizer
from .regularizers import Regularizer
from .rng import Key
from .utils import set_random_seed

__all__ = [
    "Initializer",
    "Input",
    "Key",
    "Layer",
    "Loss",
    "Metric",
    "Model",
    "Optimizer",
    "Regularizer",
    "Sequential",
    "Variable",
    "__version__",
    "activations",
    "backend",
    "callbacks",
    "check_gradients",
    "config",
    "constraints",
    "datasets",
    "distribution",
    "doctor",
    "errors",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "ops",
    "optimizers",
    "plots",
    "random",
    "regularizers",
    "saving",
    "scratch",
    "set_random_seed",
    "tables",
    "utils",
]

# Read when first asked for: most programs bring data of their own, and none needs the network that is there to be read.
if TYPE_CHECKING:
    from . import datasets, scratch, tables
else:

    def __getattr__(name: str) -> Any:
        if name in ("datasets", "scratch", "tables"):
            return importlib.import_module(f".{name}", __name__)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
