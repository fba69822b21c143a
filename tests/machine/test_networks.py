"""Whole networks, drawn at random: twenty steps on either engine lead to the same place."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pellucid
from laws.engines import close
from pellucid import layers as L
from pellucid.rng import Key
from pellucid.training.engine import engine_of

ACTIVATIONS = ["linear", "relu", "tanh", "sigmoid", "elu", "gelu", "silu", "softplus", "leaky_relu", "selu"]
OPTIMIZERS: dict[str, Any] = {
    "sgd": lambda: pellucid.optimizers.SGD(0.05),
    "momentum": lambda: pellucid.optimizers.SGD(0.02, momentum=0.9, nesterov=True, clipnorm=1.0),
    "adam": lambda: pellucid.optimizers.Adam(0.01, epsilon=1e-2, global_clipnorm=5.0),
    "adamw": lambda: pellucid.optimizers.AdamW(0.01, epsilon=1e-2, use_ema=True, ema_momentum=0.9),
    "rmsprop": lambda: pellucid.optimizers.RMSprop(0.005, epsilon=1e-2, gradient_accumulation_steps=2),
    "scheduled": lambda: pellucid.optimizers.SGD(pellucid.optimizers.schedules.CosineDecay(0.05, 30)),
}

dense = st.builds(
    lambda units, activation, bias, l2, bound: (
        lambda: L.Dense(
            units, activation, use_bias=bias, kernel_regularizer="l2" if l2 else None,
            kernel_constraint=pellucid.constraints.MaxNorm(2.0) if bound else None,
        )
    ),
    st.integers(1, 40), st.sampled_from(ACTIVATIONS), st.booleans(), st.booleans(), st.booleans(),
)  # fmt: skip
others = st.sampled_from(
    [
        L.BatchNormalization, L.LayerNormalization, L.RMSNormalization, L.Identity, L.UnitNormalization, L.ELU,
        lambda: L.Dropout(0.3), lambda: L.GaussianNoise(0.1), lambda: L.GaussianDropout(0.2),
        lambda: L.PReLU(alpha_initializer="ones"), lambda: L.Activation("tanh"), lambda: L.Rescaling(0.5, 0.1),
        lambda: L.ActivityRegularization(l2=0.01),
    ]
)  # fmt: skip
hidden = st.lists(st.one_of(dense, others), min_size=0, max_size=5)
heads = st.sampled_from(
    [
        (1, None, "mse"), (3, None, "huber"), (1, "sigmoid", "binary_crossentropy"), (2, "softmax", "kl_divergence"),
        (4, "softmax", "sparse_categorical_crossentropy"), (3, "softmax", "categorical_crossentropy"), (2, None, "mae"),
    ]
)  # fmt: skip


def targets(loss: str, n: int, outputs: int) -> np.ndarray:
    classes = np.arange(n) % max(outputs, 2)
    if loss == "sparse_categorical_crossentropy":
        return classes
    if loss in ("categorical_crossentropy", "kl_divergence"):
        return np.eye(outputs, dtype="float32")[classes % outputs]
    return classes[:, None] * np.ones((1, outputs), "float32") * (1.0 if "binary" in loss else 0.7)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    hidden=hidden, head=heads, optimizer=st.sampled_from(sorted(OPTIMIZERS)), batch=st.integers(1, 34),
    inputs=st.integers(1, 30), weighted=st.booleans(), seed=st.integers(0, 1000),
)  # fmt: skip
def test_twenty_steps_lead_to_the_same_place(
    hidden: list[Callable[[], L.Layer]],
    head: tuple[int, Any, str],
    optimizer: str,
    batch: int,
    inputs: int,
    weighted: bool,
    seed: int,
) -> None:
    outputs, activation, loss = head
    x = Key(seed).normal((57, inputs))
    y = targets(loss, 57, outputs)
    weights = Key(seed).fold("weights").uniform((57,)) if weighted else None
    models = []
    for eager in (False, True):
        stack = [make() for make in hidden]
        model = pellucid.Sequential([L.Input((inputs,)), *stack, L.Dense(outputs, activation)], seed=seed)
        model.compile(OPTIMIZERS[optimizer](), loss, metrics=[] if outputs == 4 else ["mse"], run_eagerly=eager)
        models.append(model)
    machine, definition = models
    steps = 0
    while steps < 20:
        batches = -(-57 // batch)
        for model in models:
            model.fit(
                x, y, batch_size=batch, epochs=1, sample_weight=weights, verbose=0, steps_per_epoch=min(batches, 20)
            )
        steps += min(batches, 20)
    assert not engine_of(machine).refusal
    for name in definition.theta:
        close(name, machine.theta[name], definition.theta[name], 2e-3)
    for name in definition.state:
        close(name, machine.state[name], definition.state[name], 2e-3)
    close("predictions", machine.predict(x, verbose=0), definition.predict(x, verbose=0), 2e-3)
    history = machine.history.history
    for name, values in definition.history.history.items():
        close(name, history[name], values, 2e-3)
