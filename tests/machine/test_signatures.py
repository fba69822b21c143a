"""Every kernel does what its signature says: it reads and writes what it should, and each thread its own part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pytest

import pellucid
from machine.op_alone import Compiled
from machine.op_table import rows
from machine.signature_check import Checker
from machine.test_activations import ELEMENTWISE, OVER_AXES
from machine.test_losses import ROWS as LOSSES
from machine.test_metrics import NATIVE
from machine.test_noise_layers import LAYERS as NOISE
from machine.test_optimizers import OPTIONS, RULES
from machine.test_regularizers import CONSTRAINTS, REGULARIZERS
from machine.test_shape_layers import ROWS as SHAPES
from pellucid import layers as L
from pellucid.layers import Dense
from pellucid.machine.executable import Executable
from pellucid.machine.kernels import KERNELS
from pellucid.machine.passes.signatures import FUSED, TEXTS, signature
from pellucid.rng import Key
from pellucid.training.engine import engine_of
from pellucid.training.lowering import lower_prediction

ALONE = {"run", "permutation", "summary"}  # which Python calls; no program holds them
BATCH = 21


def test_every_kernel_has_a_signature() -> None:
    fused = {name for name in KERNELS if name.startswith(FUSED)}
    assert set(TEXTS) == set(KERNELS) - ALONE - fused
    assert all(signature(name) for name in fused)


def step_of(model: Any, x: np.ndarray, y: np.ndarray, weights: Any = None, *, fused: bool = False) -> Executable:
    """A step of a compiled model, bound to a batch."""
    stepper = engine_of(model).stepper(len(x), x, y, weights, training=True, fused=fused)
    assert stepper is not None, engine_of(model).refusal
    stepper.run(None, 0, 1, alone=True)
    return stepper.machine


def layered(layer: L.Layer, shape: tuple[int, ...], weights: bool = False, dtype: str = "float32") -> Executable:
    """A step of a network in which the layer stands behind one that wants its dx."""
    model = pellucid.Sequential([L.Input(shape), L.PReLU("uniform"), layer, L.Flatten(), Dense(3, activation="softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", "mse", L_TOP])
    model.build((None, *shape))
    x = (3 * Key(1).normal((BATCH, *shape))).astype(dtype)
    return step_of(model, x, np.arange(BATCH) % 3, np.linspace(0, 1, BATCH, dtype="float32") if weights else None)


L_TOP = pellucid.metrics.SparseTopKCategoricalAccuracy(k=2)


def ruled(optimizer: Any, *, fused: bool = False, **dense: Any) -> Executable:
    layers = [L.Input((35,)), Dense(37, activation="relu", **dense), Dense(5)]
    model = pellucid.Sequential(layers, seed=1)
    model.compile(optimizer, pellucid.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.train_on_batch(Key(1).normal((BATCH, 35)), np.arange(BATCH) % 5)
    return step_of(model, Key(1).normal((BATCH, 35)), np.arange(BATCH) % 5, fused=fused)


def judged(make: Any, options: Any, outputs: Any, targets: Any, metrics: Any = ()) -> Executable:
    """A step that ends in a loss: on outputs drawn for it."""
    model = pellucid.Sequential([L.Input((4,)), L.Identity()])
    model.compile("sgd", make(**options), metrics=list(metrics))
    return step_of(model, outputs(Key(2), (BATCH, 4)), targets(Key(3), (BATCH, 4)))


def of_ops() -> Iterator[Executable]:
    for function, domain, shapes in rows().values():
        compiled = Compiled(function, shapes, BATCH)
        for i, buffer in enumerate([*compiled.sources, compiled.dy]):
            compiled.machine.view(buffer, BATCH)[...] = domain(Key(i).normal((BATCH, *buffer.shape)))
        yield compiled.machine


def of_layers() -> Iterator[Executable]:
    yield from (layered(make(), shape) for make, shapes in SHAPES for shape in shapes[-1:])
    yield from (layered(make(), (5,)) for make in NOISE.values())
    yield from (layered(L.Activation(f), (4, 6)) for f in [*ELEMENTWISE, *OVER_AXES])
    for kind in (L.BatchNormalization, L.LayerNormalization, L.RMSNormalization):
        yield from (layered(kind(), (37,)), layered(kind(axis=1), (5, 3)))
    yield layered(L.BatchNormalization(trainable=False), (5,))
    yield layered(Dense(33, activation="relu"), (5,), weights=True)
    yield layered(L.ActivityRegularization(l1=0.1), (5,))


def of_steps() -> Iterator[Executable]:
    yield from (judged(*row) for row in LOSSES)
    yield from (ruled(make(), fused=fused) for make in RULES.values() for fused in (False, True))
    for name in ("adam", "lamb", "adafactor", "muon", "sgd, momentum"):
        yield from (ruled(RULES[name](**options)) for options in OPTIONS.values())
    yield from (ruled("sgd", kernel_regularizer=make(), bias_regularizer=L_2) for make in REGULARIZERS.values())
    yield from (ruled("sgd", kernel_constraint=make(axis)) for make in CONSTRAINTS.values() for axis in (0, 1))


L_2 = pellucid.regularizers.L2(0.1)


def test_kernels_do_what_their_signatures_say() -> None:
    checker = Checker()
    for machine in chain(of_ops(), of_layers(), of_steps()):
        checker.check(machine, BATCH)
    assert set(KERNELS) - ALONE - set(checker.tried) == set()
