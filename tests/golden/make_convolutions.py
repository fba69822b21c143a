"""Golden values of small networks of convolutions and pools: what Keras, in float64, makes of the same weights, data
and order in 20 steps.

Run: JAX_ENABLE_X64=1 KERAS_BACKEND=jax python tests/golden/make_convolutions.py
Writes convolutions.json beside this file. On PyTorch, Keras's means with padding="same" are others: there the border
counts, as copies of the edge.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

keras.config.set_floatx("float64")
STEPS, BATCH, ROWS = 20, 4, 16
NETWORKS: dict[str, tuple[tuple[int, ...], list[tuple[str, dict[str, Any]]]]] = {
    "pictures": ((7, 6, 2), [
        ("Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same", "activation": "relu"}),
        ("MaxPooling2D", {"pool_size": 2}),
        ("Conv2D", {"filters": 6, "kernel_size": [2, 3], "strides": 2, "padding": "same", "activation": "tanh"}),
        ("AveragePooling2D", {"pool_size": 2, "strides": 1, "padding": "same"}),
    ]),
    "steps": ((9, 4), [
        ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2, "groups": 2}),
        ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}),
        ("Conv1D", {"filters": 3, "kernel_size": 2, "activation": "gelu", "use_bias": False}),
        ("AveragePooling1D", {"pool_size": 2}),
    ]),
    "volumes": ((4, 5, 4, 1), [
        ("Conv3D", {"filters": 3, "kernel_size": [1, 2, 2], "activation": "tanh"}),
        ("MaxPooling3D", {"pool_size": [2, 2, 1]}),
        ("AveragePooling3D", {"pool_size": [2, 1, 3]}),
    ]),
}  # fmt: skip


def trained(model: keras.Model, x: np.ndarray, y: np.ndarray) -> list[float]:
    """The losses of the steps."""
    model.compile(keras.optimizers.SGD(0.02, momentum=0.9), "sparse_categorical_crossentropy")
    seen = []
    for i in range(STEPS):
        rows = slice(i * BATCH % ROWS, i * BATCH % ROWS + BATCH)
        model.reset_metrics()
        seen.append(float(model.train_on_batch(x[rows], y[rows])))
    return seen


def main() -> None:
    found = []
    for i, (name, (shape, middle)) in enumerate(NETWORKS.items()):
        rng = np.random.default_rng(i)
        x, y = rng.normal(size=(ROWS, *shape)).round(2), rng.integers(0, 3, ROWS)
        stack = [*middle, ("Flatten", {}), ("Dense", {"units": 3, "activation": "softmax"})]
        layers = [getattr(keras.layers, kind)(**options) for kind, options in stack]
        model = keras.Sequential([keras.layers.Input(shape), *layers])
        before = [rng.normal(size=w.shape, scale=0.4).round(3) for w in model.get_weights()]
        model.set_weights(before)
        run = {"name": name, "stack": stack, "x": x.tolist(), "y": y.tolist(), "before": [w.tolist() for w in before]}
        run["losses"] = trained(model, x, y)
        run["after"] = [w.tolist() for w in model.get_weights()]
        found.append(run)
    path = Path(__file__).with_name("convolutions.json")
    path.write_text(json.dumps({"keras": keras.__version__, "batch": BATCH, "runs": found}) + "\n")


if __name__ == "__main__":
    main()
