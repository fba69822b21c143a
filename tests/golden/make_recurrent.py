"""Golden values of recurrent layers: Keras's outputs, states and gradients in float64, PyTorch's nn.LSTM, nn.GRU and
nn.RNN, and 20 steps of a small classifier.

Run with Keras and PyTorch installed; writes recurrent.json beside this file. Where a mask leaves out the first steps of
a call that is given states, PyTorch and TensorFlow let their outputs be 0, JAX the states:
KERAS_BACKEND=torch PYTHONPATH=tests python tests/golden/make_recurrent.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import torch
from keras.src.backend.common import dtypes

from golden.recurrent_cases import CASES, DROPPED, MASK, B, Case, H, I, T, dropping, numbers


def short(x: Any) -> Any:
    """Numbers with eleven digits behind the point."""
    return np.round(np.asarray(x.detach() if hasattr(x, "detach") else x, "float64"), 11).tolist()


def of_keras(case: Case) -> dict[str, Any]:
    layer = case.make(keras.layers)
    x = torch.tensor(numbers((B, *case.shape), 0), requires_grad=True)
    states = [torch.tensor(numbers((B, *case.state), 1 + i), requires_grad=True) for i in range(case.states)]
    options: dict[str, Any] = {"mask": torch.tensor(MASK)} if case.mask else {}
    if states:
        options["initial_state"] = states
    layer.build(x.shape)
    layer.set_weights([numbers(w.shape, 10 + i) for i, w in enumerate(layer.get_weights())])
    found = layer(x, **options)
    ys = list(found) if isinstance(found, list | tuple) else [found]
    sum((y * torch.tensor(numbers(tuple(y.shape), 30 + i))).sum() for i, y in enumerate(ys)).backward()
    return {
        "layer": keras.layers.serialize(layer),
        "y": [short(y) for y in ys],
        "dx": [short(one.grad) for one in (x, *states)],
        "gradients": [short(w.value.grad) for w in layer.trainable_weights],
    }


def dropped() -> dict[str, Any]:
    """Means and deviations over samples alike."""
    layer = dropping(keras.layers)
    x = np.repeat(numbers((1, T, 3, I), 0), DROPPED, axis=0).astype("float32")
    layer.build(x.shape)
    layer.set_weights([numbers(w.shape, 10 + i) for i, w in enumerate(layer.get_weights())])
    y = layer(x, training=True).detach().numpy()
    return {"mean": short(y.mean(axis=0)), "deviation": short(y.std(axis=0))}


def of_torch(name: str) -> dict[str, Any]:
    """All outputs, and gradients of the weights, from dL/dy; weights are those of `numbers` in PyTorch's own layout."""
    net = getattr(torch.nn, name)(I, H, batch_first=True, dtype=torch.float64)
    for i, w in enumerate(net.parameters()):
        w.data = torch.tensor(numbers(tuple(w.shape), 10 + i))
    x = torch.tensor(numbers((B, T, I), 0), requires_grad=True)
    y, _ = net(x)
    (y * torch.tensor(numbers(tuple(y.shape), 30))).sum().backward()
    assert x.grad is not None
    return {"y": short(y), "dx": short(x.grad), "gradients": [short(w.grad) for w in net.parameters()]}


def trained() -> dict[str, Any]:
    L = keras.layers
    model = keras.Sequential([L.Input((T, I)), L.LSTM(H), L.Dense(3, activation="softmax")])
    model.compile(keras.optimizers.Adam(0.05), "sparse_categorical_crossentropy", jit_compile=False)
    model.set_weights([numbers(w.shape, 10 + i) for i, w in enumerate(model.get_weights())])
    losses = [
        float(model.train_on_batch(numbers((8, T, I), 50 + step).astype("float32"), np.arange(8) % 3))
        for step in range(20)
    ]
    return {"losses": losses, "weights": [short(w) for w in model.get_weights()]}


if __name__ == "__main__":
    found: dict[str, Any] = {"trained": trained(), "dropped": dropped()}
    keras.config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"  # or products of float64 come in float32
    found |= {
        "keras": {name: of_keras(case) for name, case in CASES.items()},
        "torch": {name: of_torch(name) for name in ("RNN", "LSTM", "GRU")},
    }
    Path(__file__).with_name("recurrent.json").write_text(json.dumps(found))
