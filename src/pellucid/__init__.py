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

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import late
from .__about__ import version as __version__

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

# Each is loaded when it is first asked for: importing costs next to nothing, and a program loads what it uses.
if TYPE_CHECKING:
    from . import (
        activations,
        backend,
        callbacks,
        config,
        constraints,
        datasets,
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
        scratch,
        tables,
        utils,
    )
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
else:
    _WITHIN = {
        "Initializer": "initializers", "check_gradients": "inspection.gradients", "Input": "layers", "Layer": "layers",
        "Variable": "layers", "Loss": "losses", "Metric": "metrics", "Model": "models", "Sequential": "models",
        "Optimizer": "optimizers", "Regularizer": "regularizers", "Key": "rng", "set_random_seed": "rng",
    }  # fmt: skip

    def __getattr__(name: str) -> Any:
        if name in _WITHIN:
            globals()[name] = getattr(import_module(f".{_WITHIN[name]}", __name__), name)
        elif name in __all__:
            globals()[name] = import_module(f".{name}", __name__)
        else:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return globals()[name]

    late.told_by(lambda: import_module(".models", __name__))


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
