"""Golden values of whole training runs: what Keras and PyTorch make of the same weights, data and order in 20 steps.

Run with Keras (any backend that trains) and PyTorch installed: python tests/golden/make_training.py
Writes training.json beside this file.
"""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np
import torch

STEPS, BATCH = 20, 8
RNG = np.random.default_rng(0)
X = RNG.normal(size=(STEPS * BATCH, 4))
TARGETS = {
    "classes": RNG.integers(0, 3, size=STEPS * BATCH),
    "numbers": RNG.normal(size=(STEPS * BATCH, 3)),
    "positive": RNG.uniform(0.1, 2.0, size=(STEPS * BATCH, 3)),
    "binary": RNG.integers(0, 2, size=(STEPS * BATCH, 3)),
    "signs": RNG.integers(0, 2, size=(STEPS * BATCH, 3)) * 2 - 1,
}
TARGETS["onehot"] = np.eye(3)[TARGETS["classes"]]
TARGETS["shares"] = RNG.dirichlet(np.ones(3), size=STEPS * BATCH)
SHAPES = {"W1": (4, 6), "b1": (6,), "W2": (6, 3), "b2": (3,)}
WEIGHTS = {name: RNG.normal(size=shape) * 0.5 for name, shape in SHAPES.items()}

# name in Keras: (output activation, targets, the same of PyTorch's, from what enters the activation)
nn = torch.nn
LOSSES = {
    "mean_squared_error": ("linear", "numbers", lambda z, y: nn.functional.mse_loss(z, y)),
    "mean_absolute_error": ("linear", "numbers", lambda z, y: nn.functional.l1_loss(z, y)),
    "huber": ("linear", "numbers", lambda z, y: nn.functional.huber_loss(z, y)),
    "log_cosh": ("linear", "numbers", None),
    "mean_absolute_percentage_error": ("linear", "positive", None),
    "mean_squared_logarithmic_error": ("softplus", "positive", None),
    "poisson": (
        "softplus",
        "positive",
        lambda z, y: nn.functional.poisson_nll_loss(nn.functional.softplus(z), y, log_input=False, eps=1e-7),
    ),
    "hinge": ("linear", "signs", None),
    "squared_hinge": ("linear", "signs", None),
    "kl_divergence": (
        "softmax",
        "shares",
        lambda z, y: nn.functional.kl_div(nn.functional.log_softmax(z, 1), y, reduction="batchmean"),
    ),
    "binary_crossentropy": ("sigmoid", "binary", lambda z, y: nn.functional.binary_cross_entropy_with_logits(z, y)),
    "categorical_crossentropy": ("softmax", "onehot", lambda z, y: nn.functional.cross_entropy(z, y)),
    "sparse_categorical_crossentropy": ("softmax", "classes", lambda z, y: nn.functional.cross_entropy(z, y.long())),
}

OPTIMIZERS = {
    "SGD": ({"learning_rate": 0.1}, lambda p: torch.optim.SGD(p, 0.1)),
    "SGD momentum": ({"learning_rate": 0.1, "momentum": 0.9}, lambda p: torch.optim.SGD(p, 0.1, momentum=0.9)),
    "SGD nesterov": (
        {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
        lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True),
    ),
    "RMSprop": ({"learning_rate": 0.01}, None),
    "RMSprop centered": ({"learning_rate": 0.01, "centered": True, "momentum": 0.5}, None),
    "Adagrad": ({"learning_rate": 0.1}, None),
    "Adadelta": (
        {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6},
        lambda p: torch.optim.Adadelta(p, 1.0, rho=0.9, eps=1e-6),
    ),
    "Adam": ({"learning_rate": 0.01, "epsilon": 1e-12}, lambda p: torch.optim.Adam(p, 0.01, eps=1e-12)),
    "Adam amsgrad": ({"learning_rate": 0.01, "amsgrad": True}, None),
    "AdamW": (
        {"learning_rate": 0.01, "weight_decay": 0.1, "epsilon": 1e-12},
        lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1, eps=1e-12),
    ),
    "Adamax": ({"learning_rate": 0.01}, None),
    "Nadam": ({"learning_rate": 0.01}, None),
    "Lion": ({"learning_rate": 0.01}, None),
    "Ftrl": ({"learning_rate": 0.1}, None),
    "Lamb": ({"learning_rate": 0.01}, None),
    "Adafactor": ({"learning_rate": 0.01}, None),
}


def keras_run(loss: str, activation: str, targets: str, optimizer: str, options: dict) -> dict:
    model = keras.Sequential(
        [keras.layers.Input((4,)), keras.layers.Dense(6, "tanh"), keras.layers.Dense(3, activation)]
    )
    model.compile(optimizer=getattr(keras.optimizers, optimizer.split()[0])(**options), loss=loss)
    model.set_weights([w.astype("float32") for w in WEIGHTS.values()])
    seen = []
    for i in range(STEPS):
        rows = slice(i * BATCH, (i + 1) * BATCH)
        model.reset_metrics()
        y = TARGETS[targets][rows]
        y = y if targets == "classes" else y.astype("float32")
        seen.append(float(model.train_on_batch(X[rows].astype("float32"), y)))
    return {"losses": seen, "weights": [w.tolist() for w in model.get_weights()]}


def torch_run(loss_of, targets: str, optimizer_of) -> dict:
    p = [torch.tensor(w, requires_grad=True) for w in WEIGHTS.values()]
    optimizer = optimizer_of(p)
    seen = []
    for i in range(STEPS):
        rows = slice(i * BATCH, (i + 1) * BATCH)
        x, y = torch.tensor(X[rows]), torch.tensor(TARGETS[targets][rows]).double()
        z = torch.tanh(x @ p[0] + p[1]) @ p[2] + p[3]
        loss = loss_of(z, y)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seen.append(float(loss))
    return {"losses": seen, "weights": [w.detach().tolist() for w in p]}


def main() -> None:
    runs = []
    for loss, (activation, targets, in_torch) in LOSSES.items():
        run = {"loss": loss, "activation": activation, "targets": targets, "optimizer": "SGD momentum"}
        options, torch_optimizer = OPTIMIZERS["SGD momentum"]
        if loss == "mean_absolute_percentage_error":  # its gradients are a hundred times as large
            options = {"learning_rate": 0.0005, "momentum": 0.9}
        run["options"] = options
        run["keras"] = keras_run(loss, activation, targets, "SGD", options)
        if in_torch is not None:
            run["torch"] = torch_run(in_torch, targets, torch_optimizer)
        runs.append(run)
    for optimizer, (options, in_torch) in OPTIMIZERS.items():
        loss = "sparse_categorical_crossentropy"
        activation, targets, torch_loss = LOSSES[loss]
        run = {"loss": loss, "activation": activation, "targets": targets, "optimizer": optimizer, "options": options}
        run["keras"] = keras_run(loss, activation, targets, optimizer, options)
        if in_torch is not None:
            run["torch"] = torch_run(torch_loss, targets, in_torch)
        runs.append(run)
    data = {
        "made_with": {"keras": keras.__version__, "torch": torch.__version__},
        "x": X.tolist(),
        "targets": {name: y.tolist() for name, y in TARGETS.items()},
        "weights": [w.tolist() for w in WEIGHTS.values()],
        "runs": runs,
    }
    Path(__file__).with_suffix("").with_name("training.json").write_text(json.dumps(data) + "\n")


if __name__ == "__main__":
    main()
