"""The same weights, data and order give, over 20 steps, the losses and weights that Keras and PyTorch give."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.layers import Dense

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "training.json").read_text())
PICTURES = json.loads((Path(__file__).parents[1] / "golden" / "convolutions.json").read_text())
BATCH, TOLERANCE = 8, 1e-5
RUNS = [
    pytest.param(run, peer, id=f"{run['loss']}, {run['optimizer']}, {peer}")
    for run in GOLDEN["runs"]
    for peer in ("keras", "torch")
    if peer in run
]


def relative_error(ours: Any, theirs: Any) -> float:
    """The largest difference, relative to the largest number."""
    ours, theirs = np.asarray(ours, "float64"), np.asarray(theirs, "float64")
    return float(np.abs(ours - theirs).max() / np.abs(theirs).max())


@pytest.mark.parametrize(("run", "peer"), RUNS)
def test_twenty_steps(run: dict[str, Any], peer: str):
    dtype = "float32" if peer == "keras" else "float64"  # Keras was run in float32, PyTorch in float64
    pellucid.config.set_floatx(dtype)
    model = pellucid.Sequential(
        [Dense(6, activation="tanh", input_shape=(4,)), Dense(3, activation=run["activation"])], seed=0
    )
    optimizer = getattr(pellucid.optimizers, run["optimizer"].split()[0])(**run["options"])
    model.compile(optimizer=optimizer, loss=run["loss"])
    model.set_weights(GOLDEN["weights"])
    x, y = np.array(GOLDEN["x"]), np.array(GOLDEN["targets"][run["targets"]])
    losses = []
    for start in range(0, len(x), BATCH):
        model.reset_metrics()
        losses.append(model.train_on_batch(x[start : start + BATCH], y[start : start + BATCH]))

    assert relative_error(losses, run[peer]["losses"]) < TOLERANCE
    for ours, theirs in zip(model.get_weights(), run[peer]["weights"], strict=True):
        assert relative_error(ours, theirs) < TOLERANCE


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("run", PICTURES["runs"], ids=[run["name"] for run in PICTURES["runs"]])
def test_twenty_steps_of_convolutions_and_pools(run: dict[str, Any], dtype: str):
    pellucid.config.set_floatx(dtype)  # float32 on the compiled engine, float64 by the definition
    x, y, n = np.array(run["x"]), np.array(run["y"]), PICTURES["batch"]
    stack = [getattr(pellucid.layers, kind)(**options) for kind, options in run["stack"]]
    model = pellucid.Sequential([pellucid.layers.Input(x.shape[1:]), *stack])
    model.compile(pellucid.optimizers.SGD(0.02, momentum=0.9), "sparse_categorical_crossentropy")
    model.set_weights(run["before"])
    losses = []
    for i in range(len(run["losses"])):
        model.reset_metrics()
        start = i * n % len(x)
        losses.append(model.train_on_batch(x[start : start + n], y[start : start + n]))

    assert relative_error(losses, run["losses"]) < TOLERANCE
    for ours, theirs in zip(model.get_weights(), run["after"], strict=True):
        assert relative_error(ours, theirs) < TOLERANCE
