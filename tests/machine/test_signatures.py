"""Every kernel does what its signature says: it reads and writes what it should, and each thread its own part."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.ranks import Twin
from machine import signature_check
from machine.op_alone import Compiled
from machine.op_table import rows
from machine.signature_check import Checker
from machine.test_activations import ELEMENTWISE, OVER_AXES
from machine.test_convolution import CASES as PICTURES
from machine.test_losses import ROWS as LOSSES
from machine.test_noise_layers import LAYERS as NOISE
from machine.test_optimizers import OPTIONS, RULES
from machine.test_own_graphs import NETWORKS
from machine.test_pictures import LAYERS as AUGMENTING
from machine.test_regularizers import CONSTRAINTS, REGULARIZERS
from machine.test_shape_layers import ROWS as SHAPES
from pellucid import layers as L
from pellucid.arrays import Parts
from pellucid.layers import Dense, batch_rows
from pellucid.machine.executable import Executable
from pellucid.machine.kernels import KERNELS
from pellucid.machine.layout import KINDS
from pellucid.machine.passes.signatures import FUSED, TEXTS, _read, check_operands, signature
from pellucid.program import Buffer, Op
from pellucid.rng import Key
from pellucid.training.distribution import DataParallel, share_of, together
from pellucid.training.engine import engine_of
from pellucid.training.lowering import lower_prediction

SPARSE_TOP, TOP = (getattr(pellucid.metrics, f"{kind}TopKCategoricalAccuracy")(k=2) for kind in ("Sparse", ""))
L_2 = pellucid.regularizers.L2(0.1)
ALONE = {"run", "permutation", "summary"}  # which Python calls; no program holds them
BATCH = 21


def test_every_kernel_has_a_signature() -> None:
    fused = {name for name in KERNELS if name.startswith(FUSED)}
    of_python = {name for name in TEXTS if name.startswith("ranks.")}  # training/exchange.py
    assert set(TEXTS) - of_python == set(KERNELS) - ALONE - fused
    assert all(signature(name) for name in fused)


def step_of(model: Any, x: np.ndarray, y: np.ndarray, weights: Any = None, *, fused: bool = False) -> Executable:
    """A step of a compiled model, bound to a batch."""
    step_program = engine_of(model).step_program(len(x), x, y, weights, training=True, fused=fused)
    assert step_program is not None, engine_of(model).refusal
    step_program.run(None, 0, 1, alone=True)
    return step_program.machine


def layered(layer: L.Layer, shape: tuple[int, ...], weights: bool = False) -> Executable:
    """A step of a network in which the layer stands behind one that wants its dx."""
    layers = [L.Input(shape), L.PReLU("uniform"), layer, L.Flatten(), Dense(3, activation="softmax")]
    model = pellucid.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy", SPARSE_TOP])
    model.build((None, *shape))
    x = 3 * Key(1).normal((BATCH, *shape))
    return step_of(model, x, np.arange(BATCH) % 3, np.linspace(0, 1, BATCH, dtype="float32") if weights else None)


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


def predicted(dtype: str) -> Executable:
    """A prediction from rows of another kind."""
    model = pellucid.Sequential([L.Input((5,)), Dense(3)])
    machine = Executable(lower_prediction(model, BATCH, [(5,)]).code, {"theta": model.theta.data})
    machine.bind_rows("x", (np.arange(BATCH * 5) % 2).reshape(BATCH, 5).astype(dtype))
    machine.bind("out", np.empty((BATCH, 3), "float32"))
    return machine


def of_ops() -> Iterator[Executable]:
    for function, domain, shapes in rows().values():
        compiled = Compiled(function, shapes, BATCH)
        for i, buffer in enumerate([*compiled.sources, compiled.dy]):
            compiled.machine.view(buffer, BATCH)[...] = domain(Key(i).normal((BATCH, *buffer.shape)))
        yield compiled.machine


def of_layers() -> Iterator[Executable]:
    yield from (layered(make(), shape) for make, shapes in SHAPES for shape in shapes[-1:])
    yield from (layered(make(), shape) for make, shape in PICTURES)
    yield from (layered(make(), (5,)) for make in NOISE.values())
    yield from (layered(make(), shape) for make, shape in AUGMENTING.values())
    yield from (layered(L.Activation(f), (4, 6)) for f in [*ELEMENTWISE, *OVER_AXES])
    for kind in (L.BatchNormalization, L.LayerNormalization, L.RMSNormalization):
        yield from (layered(kind(), (37,)), layered(kind(axis=1), (5, 3)))
    yield layered(L.BatchNormalization(trainable=False), (5,))
    yield layered(L.BatchNormalization(renorm=True, axis=1), (5, 3))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(batch_rows, "LONG", 1)
        patch.setattr(batch_rows, "PART", 100)
        yield layered(L.BatchNormalization(), (7, 37))
    yield layered(Dense(33, activation="relu"), (5,), weights=True)
    yield layered(L.ActivityRegularization(l1=0.1), (5,))
    yield layered(pellucid.Sequential([Dense(33, activation="relu"), L.Dropout(0.3)]), (5,))
    yield layered(L.TimeDistributed(L.GroupNormalization(2)), (3, 5, 4))


def of_calls() -> Iterator[Executable]:
    for make, x, y in NETWORKS.values():
        *xs, y = (np.resize(part, (BATCH, *part.shape[1:])) for part in [*(x if isinstance(x, list) else [x]), y])
        yield step_of(make(), Parts(xs) if isinstance(x, list) else xs[0], y)


def of_ranks() -> Iterator[Executable]:
    """Steps of a process that shares its batches with another."""
    with DataParallel(Twin()).scope(), together():
        yield from (layered(L.BatchNormalization(axis=axis), (5, 3)) for axis in (1, 2))
        yield masked(np.linspace(0, 1, BATCH, dtype="float32"))


def of_graphs() -> Iterator[Executable]:
    """Layers of several inputs, losses of several outputs, and metrics of other targets than classes."""
    kinds = (L.Add, L.Subtract, L.Multiply, L.Average, L.Maximum, L.Minimum, L.Concatenate)
    for make in kinds:
        a = L.Input((4,))
        y = make()([Dense(33)(a), Dense(33, activation="tanh")(a)])
        model = pellucid.Model(a, [Dense(3)(y), Dense(2)(y)])
        model.compile("adam", ["mse", "mae"])
        x, y = Key(1).normal((BATCH, 4)), Parts([Key(2).normal((BATCH, 3)), Key(3).normal((BATCH, 2))])
        yield step_of(model, x, y)
    hot = np.eye(3, dtype="float32")[np.arange(BATCH) % 3]
    for metrics in (["binary_accuracy"], ["categorical_accuracy", TOP]):
        model = pellucid.Sequential([L.Input((4,)), Dense(3, activation="softmax")])
        model.compile("adam", "categorical_crossentropy", metrics=metrics)
        yield step_of(model, Key(1).normal((BATCH, 4)), hot)


def masked(weights: Any, *behind: L.Layer) -> Executable:
    model = pellucid.Sequential([L.Input((5, 3)), L.PReLU("uniform"), L.Masking(), *behind, Dense(2)])
    model.compile("adam", "mse", weighted_metrics=["mae"])
    x = Key(1).normal((BATCH, 5, 3)) * (np.arange(5)[:, None] < 3)
    return step_of(model, x, Key(2).normal((BATCH, *model.output_shape[1:])), weights)


def recurrent(kind: Any, **options: Any) -> Executable:
    """A step of a recurrent layer with all that it may read and give."""
    x = L.Input((5, 3))
    given = [Dense(33)(L.Flatten()(x)) for _ in range(kind.carried)]
    y, *states = kind(33, return_state=True, dropout=0.2, **options)(L.Masking()(x), initial_state=given)
    model = pellucid.Model(x, [y, *states])
    model.compile("adam", "mse")
    data = Key(1).normal((BATCH, 5, 3)) * (np.arange(5)[:, None] < 3)
    return step_of(model, data, Parts(Key(2 + i).normal((BATCH, *t.sample)) for i, t in enumerate([y, *states])))


def of_steps() -> Iterator[Executable]:
    yield from map(predicted, sorted(KINDS))
    yield layered(L.Lambda(lambda x: x + pellucid.random.uniform((None, 37))), (37,))
    for kind, options in ((L.SimpleRNN, {}), (L.LSTM, {}), (L.GRU, {}), (L.GRU, {"reset_after": False})):
        yield recurrent(kind, zero_output_for_mask=True, recurrent_dropout=0.2, **options)
        yield layered(kind(33, return_sequences=True, **options), (4, 3))
    yield from map(masked, (None, np.linspace(0, 1, BATCH, dtype="float32")))
    yield masked(None, L.GlobalAveragePooling1D())
    yield from (judged(*row) for row in LOSSES)
    yield from (ruled(make(), fused=fused) for make in RULES.values() for fused in (False, True))
    for name in ("adam", "lamb", "adafactor", "muon", "sgd, momentum"):
        yield from (ruled(RULES[name](**options)) for options in OPTIONS.values())
    yield ruled(RULES["sgd"](gradient_accumulation_steps=3), trainable=False)
    yield from (ruled("sgd", kernel_regularizer=make(), bias_regularizer=L_2) for make in REGULARIZERS.values())
    yield from (ruled("sgd", kernel_constraint=make(axis)) for make in CONSTRAINTS.values() for axis in (0, 1))


def test_kernels_do_what_their_signatures_say() -> None:
    checker = Checker()
    for machine in chain(of_ops(), of_layers(), of_graphs(), of_calls(), of_steps()):
        checker.check(machine, BATCH)
    for machine in of_ranks():
        checker.check(machine, share_of(BATCH, 0, 2)[1])
    assert set(KERNELS) - ALONE - set(checker.tried) == set()


def test_gates_of_pictures_do_so_too() -> None:
    """Whose kernels are given no U, and a mask for each place."""
    x, counts = L.Input((3, 4, 3)), L.Input((3,), dtype="bool")
    y = L.ConvLSTM1D(3, 2, dropout=0.2, recurrent_dropout=0.2, zero_output_for_mask=True)(L.Dense(3)(x), mask=counts)
    model = pellucid.Model([x, counts], L.Flatten()(y))
    model.compile("sgd", "mse")
    data = Parts((Key(1).normal((BATCH, 3, 4, 3)), Key(2).uniform((BATCH, 3)) > 0.4))
    checker = Checker()
    checker.check(step_of(model, data, Key(3).normal((BATCH, 9))), BATCH)
    assert checker.tried["lstm"] == checker.tried["lstm.grad"] == signature_check.OFTEN


WRONG = {  # signatures that are not the kernels'
    "dense: z is read": ("dense", "x w b z I O M", "writes elsewhere"),
    "dense: W is left alone": ("dense", "x # b >y I O M", "reads more than it says"),
    "dense: y is shared out by lines": ("dense", "x w b >y:lines I O M", "beyond its part"),
    "dense: x is shared out by rows": ("dense", "x:M w b >y I:M O M", "beyond its part"),
    "dense.bias: dz is shared out by lines": ("dense.bias", "dz:lines >db:lines O M", "reads beyond its part"),
    "softmax: by lines": ("softmax", "x:lines >y:lines M N", "beyond its part"),
    "adam: w is only written": ("adam", "N Every Decay >w:lines g:lines <>a:lines <>b:lines", "reads more"),
    "adam: a is only read": ("adam", "N Every Decay <>w:lines g:lines a:lines <>b:lines", "writes elsewhere"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_wrong_signature_is_noticed(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, text, told = WRONG[name]
    monkeypatch.setattr(signature_check, "signature", lambda name: _read(text) if name == kernel else signature(name))
    machine = ruled("adam", kernel_regularizer="l2") if kernel != "softmax" else layered(L.Activation("softmax"), (37,))
    with pytest.raises(AssertionError, match=told):
        Checker().check(machine, BATCH)


def test_operands_in_another_order_are_refused() -> None:
    x, alpha, y = (Buffer(name, 0, (3,)) for name in ("x", "alpha", "y"))
    check_operands(Op("prelu", (x, alpha, y, 3)))
    for wrong in ((x, alpha, 3, y), (x, alpha, y, x), (x, 3, y, 3)):
        with pytest.raises(AssertionError, match="operand"):
            check_operands(Op("prelu", wrong))
