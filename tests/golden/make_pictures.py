"""Writes pictures.json: what Keras computes in float64 for the layers for pictures, forward and backward.

On PyTorch; and on JAX what PyTorch has not, or has in another way than TensorFlow and JAX.
Run it where keras, torch, jax and this library can be imported:  python tests/golden/make_pictures.py
The tests read pictures.json only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

Case = tuple[str, dict[str, Any], tuple[int, ...]]
FIRST = {"data_format": "channels_first"}
ON_TORCH: list[Case] = [
    ("Conv1D", {"filters": 2, "kernel_size": 3}, (2, 5, 2)),
    ("Conv1D", {"filters": 2, "kernel_size": 2, "padding": "causal", "dilation_rate": 2}, (1, 5, 2)),
    ("Conv1D", {"filters": 4, "kernel_size": 3, "strides": 2, "padding": "same", "groups": 2, **FIRST}, (1, 4, 5)),
    ("Conv2D", {"filters": 2, "kernel_size": [2, 3], "activation": "tanh"}, (1, 3, 4, 2)),
    ("Conv2D", {"filters": 2, "kernel_size": 3, "strides": [2, 1], "padding": "same"}, (1, 4, 3, 1)),
    ("Conv2D", {"filters": 4, "kernel_size": 2, "strides": 3, "groups": 2, "use_bias": False}, (1, 5, 5, 2)),
    ("Conv2D", {"filters": 1, "kernel_size": 2, "dilation_rate": [2, 1], "padding": "same", **FIRST}, (1, 2, 4, 3)),
    ("Conv3D", {"filters": 2, "kernel_size": [1, 2, 2], "strides": [1, 2, 1], "padding": "same"}, (1, 2, 3, 2, 2)),
    ("Conv3D", {"filters": 1, "kernel_size": 2, "dilation_rate": 2, **FIRST}, (1, 2, 3, 4, 3)),
    ("DepthwiseConv1D", {"kernel_size": 2, "depth_multiplier": 2, "activation": "tanh"}, (1, 4, 2)),
    ("DepthwiseConv1D", {"kernel_size": 3, "strides": 2, "padding": "same", **FIRST}, (1, 2, 5)),
    ("DepthwiseConv2D", {"kernel_size": [2, 3], "use_bias": False}, (1, 3, 4, 2)),
    ("DepthwiseConv2D", {"kernel_size": 2, "dilation_rate": [1, 2], "padding": "same"}, (1, 3, 4, 2)),
    ("SeparableConv1D", {"filters": 2, "kernel_size": 2, "depth_multiplier": 2, "activation": "tanh"}, (1, 4, 2)),
    ("SeparableConv1D", {"filters": 1, "kernel_size": 2, "dilation_rate": 2, "use_bias": False}, (1, 4, 2)),
    ("SeparableConv2D", {"filters": 2, "kernel_size": 2, "padding": "same", "strides": 2}, (1, 3, 4, 2)),
    ("SeparableConv2D", {"filters": 1, "kernel_size": [1, 2], **FIRST}, (1, 2, 2, 3)),
    ("MaxPooling1D", {}, (2, 5, 2)),
    ("MaxPooling1D", {"pool_size": 3, "strides": 2, "padding": "same", **FIRST}, (1, 2, 6)),
    ("MaxPooling2D", {"pool_size": 3, "strides": 2, "padding": "same"}, (1, 4, 5, 2)),
    ("MaxPooling2D", {"pool_size": [2, 1], "strides": 1, **FIRST}, (1, 2, 3, 3)),
    ("MaxPooling3D", {"pool_size": 2, "strides": [1, 2, 1]}, (1, 2, 3, 3, 2)),
    ("AveragePooling1D", {"pool_size": 3, "strides": 1, "padding": "same"}, (1, 5, 2)),
    ("AveragePooling2D", {"pool_size": 2}, (1, 4, 5, 2)),
    ("AveragePooling3D", {"pool_size": [1, 2, 2]}, (1, 2, 3, 2, 2)),
    ("GlobalMaxPooling1D", {}, (2, 4, 2)),
    ("GlobalMaxPooling2D", {"keepdims": True, **FIRST}, (2, 2, 3, 2)),
    ("GlobalMaxPooling3D", {"keepdims": True}, (1, 2, 3, 2, 2)),
    ("GlobalAveragePooling1D", {"keepdims": True, **FIRST}, (2, 2, 4)),
    ("GlobalAveragePooling2D", {}, (2, 3, 2, 2)),
    ("GlobalAveragePooling3D", FIRST, (1, 2, 2, 3, 2)),
    ("AdaptiveMaxPooling1D", {"output_size": 2}, (2, 5, 2)),
    ("AdaptiveMaxPooling2D", {"output_size": [3, 2], **FIRST}, (1, 2, 5, 3)),
    ("AdaptiveMaxPooling3D", {"output_size": 2}, (1, 3, 2, 3, 2)),
    ("AdaptiveAveragePooling1D", {"output_size": 3, **FIRST}, (1, 2, 5)),
    ("AdaptiveAveragePooling2D", {"output_size": [3, 2]}, (1, 5, 3, 2)),
    ("AdaptiveAveragePooling3D", {"output_size": [1, 2, 2]}, (1, 3, 2, 3, 2)),
    ("ZeroPadding1D", {"padding": [0, 2]}, (1, 3, 2)),
    ("ZeroPadding2D", {"padding": [[1, 0], [2, 1]]}, (1, 2, 2, 2)),
    ("ZeroPadding2D", {"padding": [0, 1], **FIRST}, (1, 2, 2, 2)),
    ("ZeroPadding3D", {}, (1, 1, 2, 1, 2)),
    ("Cropping1D", {}, (1, 4, 2)),
    ("Cropping2D", {"cropping": [[1, 0], [0, 2]], **FIRST}, (1, 2, 3, 4)),
    ("Cropping3D", {"cropping": [0, 1, [0, 1]]}, (1, 1, 3, 2, 2)),
    ("UpSampling1D", {"size": 3}, (1, 2, 2)),
    ("UpSampling2D", {"size": [1, 3], **FIRST}, (1, 2, 2, 2)),
    ("UpSampling2D", {"size": [3, 2], "interpolation": "bilinear"}, (1, 2, 3, 2)),
    ("UpSampling3D", {"size": [1, 2, 2]}, (1, 2, 1, 2, 2)),
    ("Resizing", {"height": 4, "width": 3}, (1, 3, 5, 1)),
    ("Resizing", {"height": 2, "width": 4, "interpolation": "nearest", **FIRST}, (1, 1, 5, 3)),
    ("Resizing", {"height": 3, "width": 2, "crop_to_aspect_ratio": True}, (1, 4, 7, 1)),
    ("Resizing", {"height": 2, "width": 4, "pad_to_aspect_ratio": True, "fill_value": 0.5}, (1, 5, 3, 1)),
    ("CenterCrop", {"height": 2, "width": 3}, (1, 3, 6, 1)),
    ("CenterCrop", {"height": 4, "width": 2, **FIRST}, (1, 1, 3, 3)),
    ("SpatialDropout1D", {"rate": 0.4, "seed": 3}, (1, 2, 2)),
    ("SpatialDropout2D", {"rate": 0.4, **FIRST}, (1, 2, 2, 1)),
    ("SpatialDropout3D", {"rate": 0.4}, (1, 1, 2, 1, 2)),
    ("GroupNormalization", {"groups": 2}, (2, 3, 4)),
    ("GroupNormalization", {"groups": 3, "axis": 1, "epsilon": 1e-5, "center": False}, (2, 6, 2)),
    ("GroupNormalization", {"groups": 1, "axis": -2, "scale": False}, (1, 2, 4, 3)),
]
ON_JAX: list[Case] = [
    ("Resizing", {"height": 2, "width": 3, "interpolation": "bicubic", "antialias": True}, (1, 5, 4, 1)),
    ("Resizing", {"height": 2, "width": 7, "interpolation": "lanczos3", "antialias": True}, (1, 5, 4, 1)),
    ("Conv1DTranspose", {"filters": 2, "kernel_size": 3}, (1, 4, 2)),
    ("Conv1DTranspose", {"filters": 1, "kernel_size": 2, "strides": 3, "activation": "tanh", **FIRST}, (1, 2, 3)),
    ("Conv2DTranspose", {"filters": 2, "kernel_size": [2, 3], "strides": 2, "padding": "same"}, (1, 2, 3, 1)),
    (
        "Conv2DTranspose",
        {"filters": 1, "kernel_size": 3, "strides": [2, 3], "output_padding": [1, 0], "use_bias": False},
        (1, 2, 2, 2),
    ),
    (
        "Conv2DTranspose",
        {"filters": 1, "kernel_size": [3, 2], "strides": 2, "padding": "same", "output_padding": 1},
        (1, 2, 3, 1),
    ),
    ("Conv2DTranspose", {"filters": 1, "kernel_size": 2, "dilation_rate": [2, 1], "padding": "same"}, (1, 2, 3, 2)),
    ("Conv3DTranspose", {"filters": 1, "kernel_size": [1, 2, 2], "strides": [1, 2, 1]}, (1, 2, 1, 2, 2)),
    ("AveragePooling2D", {"pool_size": [3, 2], "strides": [2, 3], "padding": "same", **FIRST}, (1, 2, 4, 5)),
    ("UpSampling2D", {"size": [2, 3], "interpolation": "bicubic"}, (1, 3, 2, 1)),
    ("UpSampling2D", {"size": 2, "interpolation": "lanczos3", **FIRST}, (1, 1, 4, 3)),
    ("UpSampling2D", {"size": [1, 2], "interpolation": "lanczos5"}, (1, 1, 7, 1)),
]


def on_torch() -> list[dict[str, Any]]:
    from make_layers import case

    return [case(i, *c, training=False) for i, c in enumerate(ON_TORCH)]


def on_jax() -> list[dict[str, Any]]:
    os.environ["KERAS_BACKEND"] = "jax"
    import jax
    import keras
    import numpy as np
    from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

    BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # Keras would compute some of it in float32
    jax.config.update("jax_enable_x64", True)
    found = []
    for i, (kind, arguments, shape) in enumerate(ON_JAX):
        rng = np.random.default_rng(i)
        layer = getattr(keras.layers, kind)(**arguments, dtype="float64")
        layer.build((None, *shape[1:]))
        x = away_from_zero(rng, shape)
        layer.set_weights([away_from_zero(rng, w.shape) for w in layer.get_weights()])
        values = [variable.value for variable in layer.trainable_variables]

        def call(values: Any, x: Any, layer: Any = layer) -> Any:
            return layer.stateless_call(values, [], x)[0]

        y, back = jax.vjp(call, values, x)
        dy = away_from_zero(rng, y.shape)
        gradients, dx = back(jax.numpy.asarray(dy))
        names = [variable.name for variable in layer.trainable_variables]
        found.append({
            "class_name": kind, "config": layer.get_config(), "x": x.tolist(), "dy": dy.tolist(),
            "weights": [np.asarray(w).tolist() for w in values], "names": names,
            "inference": {
                "y": np.asarray(y).tolist(), "dx": np.asarray(dx).tolist(),
                "gradients": {n: np.asarray(g).tolist() for n, g in zip(names, gradients, strict=True)},
            },
        })  # fmt: skip
    return found


def warps() -> list[dict[str, Any]]:
    """Pictures turned, moved and stretched at once, as the random layers do, beyond all edges."""
    import jax
    import keras
    import numpy as np

    x = away_from_zero(np.random.default_rng(0), (1, 3, 4, 1))
    transform = [0.8, -1.1, 1.35, 0.9, 1.2, -3.25, 0.0, 0.0]  # no pixel half-way between two
    found = []
    for mode in ("reflect", "wrap", "constant", "nearest"):
        for interpolation in ("bilinear", "nearest"):
            told = {"interpolation": interpolation, "fill_mode": mode, "fill_value": 0.5}

            def call(x: Any, told: Any = told) -> Any:
                return keras.ops.image.affine_transform(x, jax.numpy.asarray([transform]), **told)

            y, back = jax.vjp(call, jax.numpy.asarray(x))
            dx = np.asarray(back(y)[0]).tolist()
            found.append({**told, "transform": transform[:6], "x": x.tolist(), "y": np.asarray(y).tolist(), "dx": dx})
    return found


def away_from_zero(rng: Any, shape: Any) -> Any:
    """Numbers that are short to write."""
    return (rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 1.5, shape)).round(2)


def short(value: Any) -> Any:
    """Floats of twelve digits, without the weights after a step, which are those before."""
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items() if k != "after"}
    if isinstance(value, list):
        return [short(v) for v in value]
    return float(f"{value:.12g}") if isinstance(value, float) else value


if __name__ == "__main__":
    if sys.argv[1:] == ["jax"]:
        print(json.dumps({"cases": on_jax(), "warps": warps()}))
        sys.exit()
    cases = on_torch()
    run = subprocess.run([sys.executable, __file__, "jax"], capture_output=True, text=True, check=True)
    of_jax = json.loads(run.stdout)
    parts = {"cases": cases + of_jax["cases"], "warps": of_jax["warps"]}
    written = [
        f'"{name}":[\n' + ",\n".join(json.dumps(short(one), separators=(",", ":")) for one in part) + "\n]"
        for name, part in parts.items()
    ]
    path = Path(__file__).with_name("pictures.json")
    path.write_text("{" + ",\n".join(written) + "}\n")
    print(path, path.stat().st_size)
