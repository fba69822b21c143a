"""Operations become one where what passes between them has one reader, and only there; the bits stay."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid.layers import Dense, Rescaling, batch_rows
from pellucid.machine.passes import fuse as passes
from pellucid.program import Program
from pellucid.rng import Key
from pellucid.training import lowering
from pellucid.training.lowering import lower_prediction, lower_step

X, Y = Key(1).normal((24, 6)), np.arange(24) % 3


def chain(*layers: L.Layer, optimizer: Any = "adam") -> pellucid.Model:
    model = pellucid.Sequential([L.Input((6,)), *layers, Dense(3, activation="softmax")], seed=1)
    model.compile(optimizer, "sparse_categorical_crossentropy")
    return model


def forked(make: Callable[[Any], Any]) -> pellucid.Model:
    x = L.Input((6,))
    model = pellucid.Model(x, Dense(3, activation="softmax")(make(x)), seed=1)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def kernels(code: Program, *sections: str) -> list[str]:
    return [op.kernel for section in sections for op in code.sections[section]]


def step(model: pellucid.Model, *, fused: bool = True) -> Program:
    model.train_on_batch(X, Y)
    return lower_step(model, 24, X.astype("float32"), Y, None, training=True, fused=fused).code


def test_numbers_are_scaled_while_they_are_gathered() -> None:
    model = chain(Rescaling(0.5, 1.0), Dense(4))
    assert "rescaling" not in kernels(step(model), "gather", "forward")
    code = lower_prediction(model, 5, [(6,)]).code
    assert kernels(code, "gather", "forward") == [
        "gather.float32",
        "finite.rows",
        "dense",
        "dense",
        "softmax",
        "scatter",
    ]
    gather, finite = code.sections["gather"]
    assert gather.operands[4:] == (0.5, 1.0)
    assert finite.operands[0] == gather.operands[3]


def test_not_where_somebody_else_reads_them_as_they_are() -> None:
    model = forked(lambda x: L.Add()([Rescaling(0.5)(x), x]))
    assert "rescaling" in kernels(step(model), "forward")
    twice = forked(lambda x: L.Add()([Rescaling(0.5)(x), Rescaling(2.0)(x)]))
    assert kernels(step(twice), "forward").count("rescaling") == 2


def test_dx_goes_through_relu_in_the_product_that_made_it() -> None:
    assert "dense.relu.grad" not in kernels(step(chain(Dense(5, activation="relu"))), "backward")

    def fork(x: Any) -> Any:
        y = Dense(5, activation="relu")(x)
        return L.Add()([Dense(5)(y), Dense(5)(y)])  # what comes back is a sum

    assert kernels(step(forked(fork)), "backward").count("dense.relu.grad") == 1


@pytest.mark.parametrize(
    ("relu", "fused"),
    [(L.ReLU, True), (lambda: L.Activation("relu"), True), (lambda: L.ReLU(max_value=6.0), False)],
    ids=["ReLU", "Activation", "bounded"],
)
def test_what_is_normalized_is_rectified_at_once(
    relu: Callable[[], L.Layer], fused: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batch_rows, "LONG", 1)

    def trained() -> np.ndarray:
        model = chain(Dense(33), L.BatchNormalization(beta_initializer="random_normal"), relu(), Dense(5))
        model.fit(X, Y, batch_size=7, epochs=3, verbose=0)
        return model.theta.data

    code = step(chain(Dense(33), L.BatchNormalization(), relu()))
    assert ("relu" not in kernels(code, "forward")) == ("relu.grad" not in kernels(code, "backward")) == fused
    wanted = trained()
    monkeypatch.setattr(lowering, "fuse", lambda code, **_: None)
    np.testing.assert_array_equal(trained(), wanted)


def test_not_where_somebody_else_reads_what_is_normalized(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch_rows, "LONG", 1)

    def fork(x: Any) -> Any:
        z = L.BatchNormalization()(Dense(5)(x))
        return L.Add()([L.ReLU()(z), z])

    code = step(forked(fork))
    assert "relu" in kernels(code, "forward")
    assert "relu.grad" in kernels(code, "backward")


def test_a_gradient_that_nobody_sees_is_written_nowhere() -> None:
    model = chain(Dense(5))
    assert kernels(step(model), "update") == ["dense.weights.adam", "adam", "dense.weights.adam", "adam"]
    assert kernels(step(model, fused=False), "update") == ["adam"]


@pytest.mark.parametrize(
    "make",
    [
        lambda: chain(Dense(5, kernel_regularizer="l2")),
        lambda: chain(Dense(5), optimizer=pellucid.optimizers.Adam(clipnorm=1.0)),
        lambda: chain(Dense(5), optimizer=pellucid.optimizers.Adam(amsgrad=True)),
    ],
    ids=["a penalty adds to it", "it is clipped", "a rule of three slots"],
)
def test_a_gradient_that_somebody_reads_is_written(make: Callable[[], pellucid.Model]) -> None:
    code = step(make())
    assert "dense.weights" in kernels(code, "backward")
    assert "loss.finite" in kernels(code, "backward")


def test_a_layer_used_twice_has_its_gradient_added_up_first() -> None:
    shared = Dense(6)
    code = step(forked(lambda x: shared(shared(x))))
    assert kernels(code, "backward").count("dense.weights") == 2


def compare_fused(trained: Callable[[], list[np.ndarray]], monkeypatch: pytest.MonkeyPatch) -> None:
    wanted = trained()
    monkeypatch.setattr(lowering, "fuse", lambda code, **_: None)
    for a, b in zip(trained(), wanted, strict=True):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "rmsprop", "ftrl"])
def test_the_same_bits_fused_and_not(optimizer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def trained() -> list[np.ndarray]:
        model = chain(
            Rescaling(0.5, 0.1), Dense(33, activation="relu"), Dense(5, activation="relu"), optimizer=optimizer
        )
        model.fit(X, Y, batch_size=7, epochs=3, verbose=0)
        return [model.theta.data, model.predict(X, verbose=0)]

    compare_fused(trained, monkeypatch)


def transformer() -> pellucid.Model:
    entry = L.Input((6,))
    x = L.Reshape((3, 2))(entry)
    x = L.Flatten()(L.MultiHeadAttention(2, 5, seed=1)(x, x))
    model = pellucid.Model(entry, Dense(3, activation="softmax")(x), seed=1)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def test_a_bias_is_added_to_the_product_while_that_is_in_registers() -> None:
    fused = step(transformer())
    assert "op.add" not in kernels(fused, "forward")
    assert kernels(fused, "forward").count("dense") == 5
    assert kernels(step(transformer(), fused=False), "forward").count("op.add") == 4  # somebody may look at the product


def test_the_same_bits_with_the_bias_in_the_product_and_not(monkeypatch: pytest.MonkeyPatch) -> None:
    def trained() -> list[np.ndarray]:
        model = transformer()
        for layer in model.layers[2:3]:
            layer.set_weights([Key(i).normal(w.shape) for i, w in enumerate(layer.get_weights())])
        model.fit(X, Y, batch_size=7, epochs=3, verbose=0)
        return [model.theta.data, model.predict(X, verbose=0)]

    compare_fused(trained, monkeypatch)


def test_nothing_is_fused_where_everything_is_kept() -> None:
    code = Program(4, chain().theta, chain().state)
    code.keeps = True
    with code.within("gather"):
        code.emit("gather.float32", code.buffer((3,)), 0, 3, code.buffer((3,)), 1.0, 0.0)
    code.emit("rescaling", code.sections["gather"][0].operands[3], code.buffer((3,)), 3, 0.5, 0.0, 0.0)
    passes.fuse(code)
    assert kernels(code, "gather", "forward") == ["gather.float32", "rescaling"]
    code.keeps = False
    passes.fuse(code)
    assert kernels(code, "gather", "forward") == ["gather.float32"]
