"""Writes trained.json: what Keras, in float64, makes of the networks of trained_cases.py: the weights they are made
with where an initializer says them, the answers before training, the losses of 20 steps, the weights after them.

On PyTorch; and on JAX what Keras computes in another way there than on TensorFlow and JAX.
Run it where keras, torch and jax can be imported: PYTHONPATH=tests python tests/golden/make_trained.py
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = sys.argv[1] if len(sys.argv) > 1 else "torch"
os.environ["JAX_ENABLE_X64"] = "1"

import keras
import numpy as np
from keras.src.backend.common.dtypes import BIT64_TO_BIT32_DTYPE

from golden.trained_cases import CASES, B, Case, data, network, start, trained

ON_JAX = (
    "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "AveragePooling", "UpSampling2D",
    "MultiHeadAttention, masked", "GroupQueryAttention, masked",  # whose gradients are others on PyTorch
)  # fmt: skip
BACKEND = keras.backend.backend()
keras.config.set_floatx("float64")
BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # or products of float64 come in float32


def short(a: Any) -> Any:
    return np.round(np.asarray(a, "float64"), 10).tolist()


def found(case: Case) -> dict[str, Any]:
    model = network(keras, case)
    fresh = [float(w.flat[0]) if w.size > 1 and np.ptp(w) == 0 else None for w in model.get_weights()]
    model.set_weights(start([(w.name, tuple(w.shape)) for w in model.weights]))
    y = keras.ops.convert_to_numpy(model(data(case)[0][:B], training=False))
    losses = trained(model, case)
    assert y.dtype == np.float64
    return {"fresh": fresh, "y": short(y), "losses": short(losses), "after": [short(w) for w in model.get_weights()]}


if __name__ == "__main__":
    chosen = [name for name in CASES if name.startswith(ON_JAX) == (BACKEND == "jax")]
    of_this = {name: found(CASES[name]) for name in chosen}
    if BACKEND == "jax":
        print(json.dumps(of_this))
        sys.exit()
    run = subprocess.run([sys.executable, __file__, "jax"], stdout=subprocess.PIPE, text=True, check=True)
    of_both = of_this | json.loads(run.stdout)
    lines = [f"{json.dumps(name)}:{json.dumps(of_both[name], separators=(',', ':'))}" for name in CASES]
    path = Path(__file__).with_name("trained.json")
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(path, path.stat().st_size)
