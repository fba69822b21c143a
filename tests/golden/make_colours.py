"""Writes colours.json: what Keras's ops on pictures give, and its layers that change colours at random, their chances
settled by bounds that are equal.

Run: KERAS_BACKEND=torch python tests/golden/make_colours.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

OPS: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("rgb_to_hsv", [], {}),
    ("hsv_to_rgb", [], {}),
    ("rgb_to_grayscale", [], {}),
    ("gaussian_blur", [(3, 5), (1.0, 0.7)], {}),
    ("resize", [(2, 5)], {}),
    ("resize", [(2, 2)], {"crop_to_aspect_ratio": True}),
    ("crop_images", [], {"top_cropping": 1, "bottom_cropping": 0, "left_cropping": 1, "target_width": 2}),
    ("pad_images", [], {"top_padding": 1, "target_height": 5, "left_padding": 0, "right_padding": 2}),
]
LAYERS: list[tuple[str, dict[str, Any]]] = [
    ("RandomGrayscale", {"factor": 1.0}),
    ("RandomInvert", {"factor": [1.0, 1.0], "value_range": [0, 1]}),
    ("RandomSaturation", {"factor": [0.3, 0.3], "value_range": [0, 1]}),
    ("RandomSaturation", {"factor": [0.7, 0.7], "value_range": [0, 1]}),
    ("RandomSharpness", {"factor": [0.1, 0.1], "value_range": [0, 1]}),
    ("RandomSharpness", {"factor": [0.9, 0.9], "value_range": [0, 1]}),
    ("RandomShear", {"x_factor": [0.3, 0.3], "y_factor": [0.2, 0.2]}),
]


def plain(y: Any) -> Any:
    return np.round(np.asarray(y), 6).tolist()


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    x = np.round(np.random.default_rng(3).uniform(0, 1, (1, 3, 4, 3)), 3)
    found = [[name, args, options, plain(getattr(keras.ops.image, name)(x, *args, **options))]
             for name, args, options in OPS]  # fmt: skip
    drawn = [[name, options, plain(getattr(keras.layers, name)(**options, seed=1)(x, training=True))]
             for name, options in LAYERS]  # fmt: skip
    lines = [json.dumps(one) for one in found], [json.dumps(one) for one in drawn]
    text = ',\n"ops": [\n{}\n],\n"layers": [\n{}\n]'.format(*(",\n".join(part) for part in lines))
    Path(__file__).with_name("colours.json").write_text(f'{{"x": {json.dumps(x.tolist())}{text}}}\n')
