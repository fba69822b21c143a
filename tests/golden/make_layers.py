"""Writes layers.json: what Keras (on PyTorch, float64) computes for each layer, forward, backward and after.

Run it where keras, torch and this library can be imported:  python tests/golden/make_layers.py
The tests read layers.json only.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

from pellucid import layers

BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # Keras would compute float64 in float32 on PyTorch
CASES: list[tuple[str, dict[str, Any], tuple[int, ...]]] = [
    ("Dense", {"units": 3, "activation": "softmax"}, (2, 4)),
    ("Dense", {"units": 2, "use_bias": False}, (3, 2, 4)),
    ("Activation", {"activation": "tanh"}, (2, 3)),
    ("ReLU", {}, (3, 4)),
    ("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.25}, (3, 5)),
    ("LeakyReLU", {}, (3, 4)),
    ("PReLU", {}, (3, 4)),
    ("PReLU", {"shared_axes": [1]}, (2, 3, 2)),
    ("ELU", {"alpha": 0.7}, (3, 4)),
    ("Softmax", {}, (2, 5)),
    ("Softmax", {"axis": 1}, (2, 3, 2)),
    ("Softmax", {"axis": [1, 2]}, (2, 3, 2)),
    ("Dropout", {"rate": 0.4, "noise_shape": [None, 1], "seed": 3}, (2, 3)),
    ("GaussianNoise", {"stddev": 0.4}, (2, 3)),
    ("GaussianDropout", {"rate": 0.4}, (2, 3)),
    ("AlphaDropout", {"rate": 0.4}, (2, 3)),
    ("BatchNormalization", {}, (5, 3)),
    ("BatchNormalization", {}, (1, 2, 3)),
    ("BatchNormalization", {"axis": 1, "momentum": 0.8, "epsilon": 0.01, "scale": False}, (3, 2, 4)),
    ("BatchNormalization", {"center": False, "trainable": False}, (4, 3)),
    ("LayerNormalization", {}, (3, 4)),
    ("LayerNormalization", {"axis": [1, 2], "epsilon": 1e-5}, (2, 3, 4)),
    ("LayerNormalization", {"center": False}, (2, 3, 4)),  # Keras on PyTorch fails on axis 1 alone
    ("RMSNormalization", {}, (3, 4)),
    ("RMSNormalization", {"axis": [1, 2], "epsilon": 0.01}, (2, 3, 4)),
    ("UnitNormalization", {}, (3, 4)),
    ("UnitNormalization", {"axis": [1, 2]}, (2, 3, 4)),
    ("Flatten", {}, (2, 3, 2)),
    ("Flatten", {"data_format": "channels_first"}, (2, 2, 3, 2)),
    ("Reshape", {"target_shape": [2, -1]}, (2, 6)),
    ("Permute", {"dims": [3, 1, 2]}, (2, 2, 3, 4)),
    ("RepeatVector", {"n": 3}, (2, 4)),
    ("Rescaling", {"scale": 0.5, "offset": -1.0}, (2, 3)),
    ("Rescaling", {"scale": [0.5, 2.0, 3.0], "offset": [1.0, 0.0, -1.0]}, (2, 3)),
    ("Normalization", {}, (3, 4)),
    ("Normalization", {"axis": [1, 2], "invert": True}, (3, 2, 2)),
    ("Normalization", {"axis": None, "mean": 0.5, "variance": 4.0}, (3, 2)),
    ("Normalization", {"mean": [0.5, 1.0], "variance": [4.0, 0.25]}, (2, 3, 2)),
    ("Identity", {}, (2, 3)),
    ("ActivityRegularization", {"l1": 0.1, "l2": 0.2}, (2, 3)),
    ("Conv1D", {"filters": 2, "kernel_size": 3, "padding": "causal", "dilation_rate": 2}, (2, 5, 2)),
    ("Conv1D", {"filters": 2, "kernel_size": 2, "strides": 2, "data_format": "channels_first"}, (2, 3, 4)),
    ("Conv2D", {"filters": 2, "kernel_size": [2, 3], "activation": "tanh"}, (2, 3, 4, 2)),
    ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": [2, 1], "padding": "same", "groups": 2}, (1, 4, 3, 2)),
    ("Conv2D", {"filters": 1, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}, (2, 4, 3, 1)),
    ("Conv3D", {"filters": 2, "kernel_size": [1, 2, 2], "padding": "same"}, (1, 2, 3, 2, 1)),
    ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same"}, (2, 5, 2)),
    ("MaxPooling2D", {}, (1, 4, 5, 2)),
    ("MaxPooling2D", {"pool_size": [2, 1], "strides": 1, "data_format": "channels_first"}, (1, 2, 3, 3)),
    ("MaxPooling3D", {"pool_size": [1, 2, 2]}, (1, 2, 3, 4, 1)),
    ("AveragePooling1D", {"pool_size": 2}, (2, 5, 2)),
    (
        "AveragePooling2D",
        {"pool_size": [2, 3], "strides": 1},
        (1, 4, 5, 1),
    ),  # on PyTorch, "same" would count the border
    ("AveragePooling2D", {"pool_size": 2, "data_format": "channels_first"}, (1, 2, 3, 4)),
    ("AveragePooling3D", {"pool_size": [1, 2, 2], "strides": [1, 1, 2]}, (1, 2, 3, 4, 1)),
]
RANDOM = ("Dropout", "GaussianNoise", "GaussianDropout", "AlphaDropout")


def numbers(rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Away from 0 and short to write."""
    return (rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 1.5, shape)).round(2)


def listed(a: Any) -> Any:
    return np.asarray(a.detach().numpy() if isinstance(a, torch.Tensor) else a, "float64").tolist()


def built(kind: str, arguments: dict[str, Any], shape: tuple[int, ...], rng: np.random.Generator) -> Any:
    layer = getattr(keras.layers, kind)(**arguments, dtype="float64")
    config = layer.get_config()
    layer.build((None, *shape[1:]))
    layer.set_weights([np.abs(numbers(rng, w.shape)) if w.ndim else w for w in layer.get_weights()])
    if kind == "Normalization":
        layer.finalize_state()
    return layer, config


def passed(layer: Any, x: np.ndarray, dy: np.ndarray, training: bool) -> dict[str, Any]:
    before = layer.get_weights()
    for v in layer.trainable_variables:
        v.value.grad = None
    tensor = torch.tensor(x, requires_grad=True)
    y = layer(tensor, training=training) if "training" in layer._call_signature.parameters else layer(tensor)
    assert y.dtype == torch.float64, layer
    (y * torch.tensor(dy)).sum().backward()
    gradients = {v.name: listed(v.value.grad) for v in layer.trainable_variables}
    after = [listed(w) for w in layer.get_weights()]
    layer.set_weights(before)
    return {"y": listed(y), "dx": listed(tensor.grad), "gradients": gradients, "after": after}


def case(
    i: int, kind: str, arguments: dict[str, Any], shape: tuple[int, ...], *, training: bool = True
) -> dict[str, Any]:
    rng = np.random.default_rng(i)
    layer, config = built(kind, arguments, shape, rng)
    x = numbers(rng, shape)
    dy = numbers(rng, tuple(layer.compute_output_shape(shape)))
    found = {"class_name": kind, "config": config, "x": listed(x), "dy": listed(dy)}
    found |= {"weights": [listed(w) for w in layer.get_weights()], "names": [w.name for w in layer.weights]}
    found["inference"] = passed(layer, x, dy, training=False)
    if training and kind not in RANDOM:
        found["training"] = passed(layer, x, dy, training=True)
    ours = layers.deserialize({"class_name": kind, "config": json.loads(json.dumps(config))})
    again = keras.layers.deserialize(layers.serialize(ours))  # Keras takes the config that we write
    assert type(again) is type(layer), kind
    return found


def several_batches() -> dict[str, Any]:
    """Batch normalization's moving averages along five batches."""
    rng = np.random.default_rng(99)
    layer = keras.layers.BatchNormalization(momentum=0.9, dtype="float64")
    batches = [numbers(rng, (b, 3)) for b in (4, 4, 1, 7, 2)]
    averages = []
    for x in batches:
        layer(x, training=True)
        averages.append([listed(w) for w in layer.get_weights()[2:]])
    return {"batches": [listed(x) for x in batches], "averages": averages}


def adapted() -> dict[str, Any]:
    """Normalization's statistics from an array and from batches."""
    data = numbers(np.random.default_rng(98), (7, 2, 3)) * 10
    found = []
    for axis in (-1, [1, 2], None):
        layer = keras.layers.Normalization(axis=axis, dtype="float64")
        layer.adapt(data)
        found.append({"axis": axis, "weights": [listed(w) for w in layer.get_weights()[:2]], "y": listed(layer(data))})
    return {"data": listed(data), "found": found}


if __name__ == "__main__":
    cases = [case(i, *c) for i, c in enumerate(CASES)]
    whole = {"keras": keras.__version__, "cases": cases, "several_batches": several_batches(), "adapted": adapted()}
    path = Path(__file__).with_name("layers.json")
    lines = ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases)
    head = {k: v for k, v in whole.items() if k != "cases"}
    path.write_text(json.dumps(head, separators=(",", ":"))[:-1] + ',"cases":[\n' + lines + "\n]}\n")
    print(path, path.stat().st_size)
