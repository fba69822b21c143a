"""Writes augmenting.json: what Keras's layers make of pictures when it is told what they draw.

Run: KERAS_BACKEND=jax JAX_ENABLE_X64=1 python tests/golden/make_augmenting.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

ONE = np.ones((1, 1, 1, 1))
# the layer, its arguments, and what is drawn
LAYERS: list[tuple[str, dict[str, Any], dict[str, Any] | None]] = [
    ("RandomHue", {"factor": [0.6, 0.6], "value_range": [0, 1]}, {"factor": [0.3]}),
    ("RandomHue", {"factor": [0.6, 0.6], "value_range": [-1, 2]}, {"factor": [-0.3]}),
    ("RandomColorDegeneration", {"factor": [0.7, 0.7], "value_range": [0, 1]}, {"factor": 0.7 * ONE}),
    ("RandomColorDegeneration", {"factor": [-0.9, -0.9], "value_range": [0, 1]}, {"factor": -0.9 * ONE}),
    ("AutoContrast", {"value_range": [0, 1]}, None),
    ("AutoContrast", {"value_range": [-1, 3]}, None),
    ("Equalization", {"value_range": [0, 1]}, None),
    ("Equalization", {"value_range": [0, 2], "bins": 6}, None),
    ("Solarization", {"value_range": [0, 1]}, {"additions": 0 * ONE, "thresholds": 0 * ONE}),
    (
        "Solarization",
        {"addition_factor": [0.2, 0.2], "threshold_factor": [0.7, 0.7], "value_range": [0, 1]},
        {"additions": 51 * ONE, "thresholds": 178.5 * ONE},
    ),
    ("RandomPosterization", {"factor": [3, 3], "value_range": [0, 1]}, {"shift_factor": np.array([5], "uint8")}),
    (
        "RandomGaussianBlur", {"kernel_size": [3, 5], "sigma": [0.8, 0.8], "factor": [1, 1], "value_range": [0, 1]},
        {"should_apply_blur": np.array([True]), "blur_factor": np.array([0.8, 0.8])},
    ),
    (
        "RandomColorJitter",
        {"value_range": [0, 1], "brightness_factor": [0.1, 0.1], "contrast_factor": [0, 0],
         "saturation_factor": [0.7, 0.7], "hue_factor": [0, 0]}, None,
    ),
]  # fmt: skip
CORNERS = [[[0.3, -0.2], [0.1, 0.4], [-0.2, -0.3], [0.25, -0.1]], [[0, 0], [0.13, 0], [0, -0.17], [-0.3, -0.35]]]


def plain(y: Any) -> Any:
    return np.round(np.asarray(y), 6).tolist()


def perspective(x: Any, share: Any, interpolation: str) -> Any:
    height, width = x.shape[1:3]
    edges = np.array([[0, 0], [width - 1, 0], [0, height - 1], [width - 1, height - 1]], "float64")
    return keras.ops.image.perspective_transform(
        x, edges[None], edges[None] * (1 + np.array([share])), interpolation, 0.5, data_format="channels_last"
    )


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    x = np.round(np.random.default_rng(3).uniform(0, 1, (1, 5, 4, 3)), 3)
    found = []
    for name, options, drawn in LAYERS:
        layer = getattr(keras.layers, name)(**options)
        told = None if drawn is None else {key: keras.ops.convert_to_tensor(value) for key, value in drawn.items()}
        found.append(
            [name, options, plain(layer.transform_images(keras.ops.convert_to_tensor(x), told, training=True))]
        )
    seen = [[share, how, plain(perspective(x, share, how))] for share in CORNERS for how in ("bilinear", "nearest")]
    labels, order, w = np.eye(3), [2, 0, 1], np.array([0.9, 0.3, 0.6])
    batch = np.concatenate([x, 1 - x, x / 2])
    layer, told = keras.layers.MixUp(), {"mix_weight": w, "permutation_order": np.array(order)}
    mixed = plain(layer.transform_images(batch, told)), plain(layer.transform_labels(labels, told))
    parts = {"layers": found, "seen": seen}
    text = ",\n".join(f'"{name}": [\n' + ",\n".join(map(json.dumps, part)) + "\n]" for name, part in parts.items())
    mix = json.dumps({"order": order, "w": w.tolist(), "images": mixed[0], "labels": mixed[1]})
    Path(__file__).with_name("augmenting.json").write_text(
        f'{{"x": {json.dumps(x.tolist())},\n{text},\n"mix": {mix}}}\n'
    )
