"""Golden values of a model with several inputs and outputs: what Keras makes of the same weights and data in 20 steps.

Run with Keras on a backend that trains: KERAS_BACKEND=jax python tests/golden/make_several.py
Writes several.json beside this file.
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
from keras import layers

STEPS, BATCH = 20, 8
RNG = np.random.default_rng(0)
N = STEPS * BATCH
DATA = {
    "x": [RNG.normal(size=(N, 4)), RNG.normal(size=(N, 3))],
    "y": [RNG.integers(0, 3, size=N), RNG.normal(size=(N, 1))],
    "weights": [RNG.uniform(0.5, 2.0, size=N), RNG.uniform(0.0, 1.0, size=N)],
}


def network() -> keras.Model:
    a, b = layers.Input((4,), name="a"), layers.Input((3,), name="b")
    h = layers.Dense(6, activation="tanh", name="h")(a)
    g = layers.Dense(6, activation="tanh", name="g")(b)
    inner = keras.Model([a, b], [layers.Add(name="add")([h, g]), h], name="inner")
    u, v = layers.Input((4,), name="u"), layers.Input((3,), name="v")
    both, first = inner([u, v])
    joined = layers.Concatenate(name="joined")([both, v])
    kind = layers.Dense(3, activation="softmax", name="kind")(joined)
    size = layers.Dense(1, name="size")(first)
    return keras.Model([u, v], [kind, size])


def trained(sample_weight: list[np.ndarray] | None) -> dict[str, object]:
    model = network()
    before = [w.tolist() for w in model.get_weights()]
    model.compile(
        keras.optimizers.Adam(0.01),
        ["sparse_categorical_crossentropy", "mse"],
        loss_weights=[1.0, 0.3],
        metrics={"kind": ["accuracy"], "size": ["mae"]},
    )
    history = model.fit(
        DATA["x"], DATA["y"], batch_size=BATCH, epochs=1, shuffle=False, verbose=0, sample_weight=sample_weight
    ).history
    found = model.evaluate(DATA["x"], DATA["y"], verbose=0, return_dict=True)
    return {
        "before": before,
        "after": [w.tolist() for w in model.get_weights()],
        "logs": {name: float(values[0]) for name, values in history.items()},
        "evaluate": {name: float(value) for name, value in found.items()},
        "config": json.loads(model.to_json())["config"],
    }


if __name__ == "__main__":
    runs = {"plain": trained(None), "weighted": trained(DATA["weights"])}
    data = {name: [array.tolist() for array in arrays] for name, arrays in DATA.items()}
    Path(__file__).with_name("several.json").write_text(json.dumps({"data": data, "runs": runs}) + "\n")
