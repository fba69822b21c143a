"""Writes spectral.json: what Keras (on PyTorch) computes with SpectralNormalization, in a call and in training.

On JAX, `fit` forgets the kernel that a step overwrites; calls by hand give the same there.
Run it where keras and torch can be imported:  python tests/golden/make_spectral.py
The tests read spectral.json only.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np

CASES: list[tuple[str, dict[str, Any], int, tuple[int, ...]]] = [
    ("Dense", {"units": 3, "activation": "tanh"}, 1, (4,)),
    ("Conv2D", {"filters": 2, "kernel_size": 2, "use_bias": False}, 3, (3, 3, 2)),
    ("EinsumDense", {"equation": "abc,cd->abd", "output_shape": [None, 2], "bias_axes": "d"}, 2, (2, 3)),
    ("Embedding", {"input_dim": 5, "output_dim": 3}, 1, (4,)),
]


def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    return rng.uniform(-1.5, 1.5, shape).round(2).astype("float32")


def listed(a: Any) -> Any:
    return np.asarray(keras.ops.convert_to_numpy(a)).astype("float64").round(7).tolist()


def case(i: int, kind: str, arguments: dict[str, Any], iterations: int, shape: tuple[int, ...]) -> dict[str, Any]:
    rng = np.random.default_rng(i)
    layer = keras.layers.SpectralNormalization(getattr(keras.layers, kind)(**arguments), power_iterations=iterations)
    model = keras.Sequential([keras.Input(shape), layer])
    weights = [numbers(rng, tuple(w.shape)) for w in layer.layer.get_weights()]
    u = numbers(rng, tuple(layer.vector_u.shape))
    layer.layer.set_weights(weights)
    layer.vector_u.assign(u)
    x = rng.integers(0, 5, (3, *shape)).astype("float32") if kind == "Embedding" else numbers(rng, (3, *shape))
    called = listed(layer(x, training=True))
    y = numbers(rng, np.shape(called))
    after = [listed(w) for w in [*layer.layer.weights, layer.vector_u]]
    model.compile(keras.optimizers.SGD(0.1, momentum=0.5), "mse")
    losses = [float(model.train_on_batch(x, y)) for _ in range(5)]
    return {
        "layer": kind, "arguments": arguments, "power_iterations": iterations, "x": x.tolist(), "target": y.tolist(),
        "weights": [w.tolist() for w in weights], "u": u.tolist(), "called": called, "after": after, "losses": losses,
        "trained": [listed(w) for w in [*layer.layer.weights, layer.vector_u]],
        "predicted": listed(model.predict(x, verbose=0)),
    }  # fmt: skip


if __name__ == "__main__":
    found = [case(i, *one) for i, one in enumerate(CASES)]
    Path(__file__).with_name("spectral.json").write_text(json.dumps(found) + "\n")
