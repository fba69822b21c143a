"""Writes seeds.json: what Keras's activations, regularizers and constraints give in float64, and how Keras saves parts.

It also shows Keras what we save, and stops where Keras reads something else.

Run: KERAS_BACKEND=torch PYTHONPATH=src python tests/golden/make_seeds.py
"""

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

import pellucid

keras.config.set_floatx("float64")

PLAIN = [
    "celu", "elu", "exponential", "gelu", "hard_shrink", "hard_sigmoid", "hard_silu", "hard_swish", "hard_tanh",
    "leaky_relu", "linear", "log_sigmoid", "mish", "relu", "relu6", "selu", "sigmoid", "silu", "soft_shrink",
    "softplus", "softsign", "sparse_plus", "sparse_sigmoid", "squareplus", "swish", "tanh", "tanh_shrink",
]  # fmt: skip
FAN_SCALED = ["GlorotNormal", "GlorotUniform", "HeNormal", "HeUniform", "LecunNormal", "LecunUniform"]
OTHERS = ["Zeros", "Ones", "Constant", "Identity", "Orthogonal", "RandomNormal", "RandomUniform"]
ELEMENTWISE: list[tuple[str, dict[str, Any]]] = [
    *[(name, {}) for name in PLAIN],
    ("relu", {"negative_slope": 0.3}),
    ("relu", {"max_value": 2.0}),
    ("relu", {"max_value": 6}),
    ("relu", {"threshold": 1.5}),
    ("relu", {"threshold": -1.0}),
    ("relu", {"negative_slope": 0.3, "max_value": 2.0, "threshold": 0.5}),
    ("leaky_relu", {"negative_slope": 0.01}),
    ("elu", {"alpha": 0.5}),
    ("celu", {"alpha": 0.5}),
    ("celu", {"alpha": 2.0}),
    ("gelu", {"approximate": True}),
    ("hard_shrink", {"threshold": 1.0}),
    ("soft_shrink", {"threshold": 1.0}),
    ("squareplus", {"b": 0.5}),
    ("threshold", {"threshold": 0.5, "default_value": -3.0}),
]
ALONG_AN_AXIS: list[tuple[str, dict[str, Any]]] = [
    ("softmax", {}),
    ("softmax", {"axis": 0}),
    ("softmax", {"axis": (0, 1)}),
    ("log_softmax", {}),
    ("log_softmax", {"axis": 0}),
    ("glu", {}),
    ("glu", {"axis": 0}),
]
REGULARIZERS: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.3}),
    ("L2", {}),
    ("L2", {"l2": 0.3}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.1, "l2": 0.2}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"factor": 0.5, "mode": "columns"}),
]
CONSTRAINTS: list[tuple[str, dict[str, Any]]] = [
    ("MaxNorm", {}),
    ("MaxNorm", {"max_value": 0.5, "axis": 1}),
    ("MaxNorm", {"max_value": 1.5, "axis": [0, 1]}),
    ("NonNeg", {}),
    ("UnitNorm", {}),
    ("UnitNorm", {"axis": 1}),
    ("MinMaxNorm", {}),
    ("MinMaxNorm", {"min_value": 1.0, "max_value": 2.0, "rate": 0.3, "axis": 1}),
]
INITIALIZERS: list[tuple[str, dict[str, Any]]] = [
    *[(name, {"seed": 3}) for name in FAN_SCALED],
    *[(name, {}) for name in OTHERS],
    ("Constant", {"value": 0.5}),
    ("Orthogonal", {"gain": 2.0, "seed": 3}),
    ("RandomNormal", {"mean": 1.0, "stddev": 2.0, "seed": 3}),
    ("RandomUniform", {"minval": -1.0, "maxval": 2.0, "seed": 3}),
    ("TruncatedNormal", {"mean": 1.0, "stddev": 2.0, "seed": 3}),
    ("VarianceScaling", {"scale": 2.0, "mode": "fan_avg", "distribution": "uniform", "seed": 3}),
    ("VarianceScaling", {"distribution": "untruncated_normal", "input_axes": [0], "output_axes": [1, 2]}),
]

grid = [-1e4, -100.0, -30.0, -8.0, *np.arange(-4, 4.25, 0.25).tolist(), 8.0, 30.0, 100.0, 1e4]
rng = np.random.default_rng(4)
scores = [*np.round(rng.normal(size=(2, 4)) * 3, 3).tolist(), [1e4, -1e4, 0.0, 5.0], [-1e4, 7.0, 7.0, 7.0]]
w = np.round(rng.normal(size=(4, 3)), 3)


def arrays(f: Any, x: Any) -> Any:
    return keras.ops.convert_to_numpy(f(keras.ops.convert_to_tensor(np.asarray(x)))).tolist()


def table(rows: list[tuple[str, dict[str, Any]]], make: Any, x: Any) -> list[dict[str, Any]]:
    return [{"name": name, "options": options, "y": arrays(make(name, options), x)} for name, options in rows]


def activation(name: str, options: dict[str, Any]) -> Any:
    return lambda x: getattr(keras.activations, name)(x, **options)


def saved(module: str, rows: list[tuple[str, dict[str, Any]]]) -> list[Any]:
    """Keras's saved forms, each seen to be read again by Keras after us."""
    theirs, ours = getattr(keras, module), getattr(pellucid, module)
    forms = [theirs.serialize(getattr(theirs, name)(**options)) for name, options in rows]
    for form in forms:
        back = theirs.serialize(theirs.deserialize(ours.serialize(ours.deserialize(form))))
        assert back == form, (form, back)
    return forms


def read_ours() -> None:
    """Keras reads our activations: by name, as a layer where they have options, and never with the options lost."""
    x = np.linspace(-2, 2, 8).reshape(2, 4)
    for name, options in ELEMENTWISE + ALONG_AN_AXIS:
        mine = getattr(pellucid.activations, name).bound(**options)
        form = pellucid.activations.serialize(mine)
        try:
            theirs = keras.activations.get(form)
        except (ValueError, TypeError):
            assert form["module"] == "pellucid.activations" or options.get("threshold", 0) < 0, form
            continue
        np.testing.assert_allclose(theirs(x), mine(x), rtol=1e-7, atol=1e-12, err_msg=str(form))
    layer = keras.layers.Dense(2, activation=keras.layers.ReLU(negative_slope=0.5))
    assert pellucid.layers.Dense.from_config(layer.get_config()).activation.options["negative_slope"] == 0.5


read_ours()
layers = keras.layers
form_of = keras.activations.serialize
golden = {
    "grid": grid,
    "elementwise": table(ELEMENTWISE, activation, grid),
    "scores": scores,
    "along_an_axis": table(ALONG_AN_AXIS, activation, scores),
    "w": w.tolist(),
    "regularizers": table(REGULARIZERS, lambda name, o: getattr(keras.regularizers, name)(**o), w),
    "constraints": table(CONSTRAINTS, lambda name, o: getattr(keras.constraints, name)(**o), w),
    "saved": {
        "initializers": saved("initializers", INITIALIZERS),
        "regularizers": saved("regularizers", REGULARIZERS),
        "constraints": saved("constraints", CONSTRAINTS),
        "activations": [
            *[
                form_of(getattr(keras.activations, name))
                for name in [*PLAIN, "softmax", "log_softmax", "sparsemax", "glu"]
            ],
            form_of(layers.ReLU(negative_slope=0.5, max_value=3.0)),
            form_of(layers.LeakyReLU(negative_slope=0.1)),
            form_of(layers.ELU(alpha=0.5)),
            form_of(layers.Softmax(axis=0)),
        ],
    },
    "seed_generator": keras.initializers.serialize(
        keras.initializers.GlorotUniform(seed=keras.random.SeedGenerator(5))
    ),
    "array": keras.initializers.serialize(keras.initializers.Constant(np.array([1.0, 2.0]))),
}
Path(__file__).with_name("seeds.json").write_text(json.dumps(golden) + "\n")
