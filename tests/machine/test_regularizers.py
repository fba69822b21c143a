"""Penalties and constraints on parameters: the compiled engine adds, and puts back, what the definition does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines, close
from pellucid import constraints, regularizers
from pellucid.arrays import Flat
from pellucid.constraints import MaxNorm, MinMaxNorm, NonNeg, UnitNorm
from pellucid.layers import Dense
from pellucid.machine.executable import Executable
from pellucid.machine.layout import LOSS
from pellucid.optimizers import SGD, Adam
from pellucid.program import Buffer, CannotLower, Program
from pellucid.regularizers import L1, L1L2, L2, OrthogonalRegularizer
from pellucid.rng import Key
from pellucid.training.engine import engine_of

INPUTS, UNITS, CLASSES, SAMPLES = 67, 131, 5, 24
DATA = Key(1).normal((SAMPLES, INPUTS)), np.arange(SAMPLES) % CLASSES

REGULARIZERS: dict[str, Callable[[], Any]] = {
    "l1": lambda: L1(0.02),
    "l2": lambda: L2(0.03),
    "l1_l2": lambda: L1L2(0.02, 0.03),
    "none": lambda: regularizers.Regularizer(),
    "neither": lambda: L1L2(),
    "orthogonal rows": lambda: OrthogonalRegularizer(0.5),
    "orthogonal columns": lambda: OrthogonalRegularizer(0.5, "columns"),
}

CONSTRAINTS: dict[str, Callable[..., Any]] = {
    "max_norm": lambda axis: MaxNorm(0.9, axis),
    "unit_norm": lambda axis: UnitNorm(axis),
    "min_max_norm": lambda axis: MinMaxNorm(0.8, 1.1, 1.0, axis),
    "min_max_norm, half the way": lambda axis: MinMaxNorm(0.8, 1.1, 0.5, axis),
    "non_neg": lambda axis: NonNeg(),
}


def network(
    kernel: Any = None, bias: Any = None, constraint: Any = None, *, frozen: bool = False, optimizer: Any = None
) -> pellucid.Sequential:
    model = pellucid.Sequential(
        [
            Dense(
                UNITS, activation="tanh", input_shape=(INPUTS,), name="first", trainable=not frozen,
                kernel_regularizer=kernel, bias_regularizer=bias, kernel_constraint=constraint,
            ),
            Dense(9, activation="tanh", kernel_regularizer=kernel, kernel_constraint=constraint),
            Dense(CLASSES),
        ],
        seed=3,
    )  # fmt: skip
    loss = pellucid.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer or Adam(0.01, epsilon=1e-3), loss, metrics=["accuracy"])
    return model


@pytest.mark.parametrize("frozen", [False, True])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_penalties_on_both_engines(name: str, frozen: bool) -> None:
    bias = None if "orthogonal" in name else REGULARIZERS[name]()
    both_engines(lambda: network(REGULARIZERS[name](), bias, frozen=frozen), *DATA, steps=5, tolerance=5e-5)


def test_a_penalty_is_in_the_loss_and_in_the_gradient() -> None:
    plain, given = network(), network(L2(0.1))
    penalty = sum(0.1 * float((given.theta[name] ** 2).sum()) for name in ("first/kernel", "dense/kernel"))
    assert penalty > 1
    for model in (plain, given):
        model.train_on_batch(*DATA)
    w = network().theta["first/kernel"]
    close("gradient", given.gradient["first/kernel"] - plain.gradient["first/kernel"], 0.2 * w)
    got, wanted = (model.evaluate(*DATA, verbose=0)[0] for model in (network(L2(0.1)), network()))
    assert got - wanted == pytest.approx(penalty, rel=1e-6)


def test_weights_that_are_zero_have_a_slope_of_zero() -> None:
    model = network(L1(0.5))
    model.layers[1].set_weights([np.zeros((UNITS, 9)), np.zeros(9)])
    without = network()
    without.layers[1].set_weights([np.zeros((UNITS, 9)), np.zeros(9)])
    for each in (model, without):
        each.train_on_batch(*DATA)
    np.testing.assert_array_equal(model.gradient["dense/kernel"], without.gradient["dense/kernel"])


def test_a_penalty_that_overflows_is_found_before_the_update() -> None:
    model = network(L2(1.0))
    before = model.theta.data.copy()
    model.theta["first/kernel"][0, 0] = 1e30  # its square is no float32, but the penalty a float64
    model.layers[0].kernel_regularizer.l2 = 1e300
    kept = model.theta.data.copy()
    with pytest.raises(pellucid.errors.NonFinite):
        model.train_on_batch(*DATA)
    np.testing.assert_array_equal(model.theta.data, kept)
    assert (before != kept).sum() == 1


@pytest.mark.parametrize("axis", [0, 1, -1, (0, 1)])
@pytest.mark.parametrize("name", CONSTRAINTS)
def test_constraints_on_both_engines(name: str, axis: Any) -> None:
    both_engines(lambda: network(constraint=CONSTRAINTS[name](axis)), *DATA, steps=5)


def projected(constraint: Any, w: np.ndarray, threads: int) -> np.ndarray:
    theta = Flat({"w": w.shape})
    theta["w"] = w
    code = Program(1, theta, Flat({}))
    constraint.lower(code, Buffer("theta", 0, w.shape, False))
    machine = Executable(code, {"theta": theta.data})
    machine.set(samples=1, batch=1)
    machine.run(1, threads)
    return theta["w"].copy()


@pytest.mark.parametrize("name", CONSTRAINTS)
@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((37,), 0), ((1, 5), 0), ((1, 5), 1), ((300, 3), 0), ((3, 300), 1), ((7, 3, 2, 21), (0, 1, 2)), ((4, 5, 6), 1),
        ((4, 5, 6), (0, 2)), ((4, 5, 6), -3), ((2, 3, 4, 5, 6), (1, 3)),
    ],
)  # fmt: skip
def test_a_norm_along_any_axes(name: str, shape: tuple[int, ...], axis: Any) -> None:
    w = Key(2).normal(shape)
    w.reshape(-1)[::7] = 0
    constraint = CONSTRAINTS[name](axis)
    one = projected(constraint, w, 1)
    close(name, one, constraint(w), 1e-6)
    for threads in (2, 3, 4):
        np.testing.assert_array_equal(projected(constraint, w, threads), one)


@pytest.mark.parametrize("name", CONSTRAINTS)
def test_nan_stays_nan_and_nothing_stays_nothing(name: str) -> None:
    w = np.array([[np.nan, 0, 1], [1, 0, 2]], "float32")
    got, wanted = projected(CONSTRAINTS[name](0), w, 1), CONSTRAINTS[name](0)(w)
    np.testing.assert_allclose(got, wanted, rtol=1e-6, atol=1e-7)
    assert np.isnan(got[0, 0])


def test_axes_in_too_many_turns_are_left_to_the_definition() -> None:
    with pytest.raises(CannotLower, match="axis"):
        projected(MaxNorm(1.0, (0, 2, 4)), np.ones((2, 2, 2, 2, 2), "float32"), 1)


@pytest.mark.parametrize("shape", [(131, 67), (67, 131), (3, 5)])
@pytest.mark.parametrize("name", REGULARIZERS)
def test_all_thread_counts_leave_the_same_bits(name: str, shape: tuple[int, int]) -> None:
    def penalised(threads: int) -> tuple[float, np.ndarray]:
        theta = Flat({"w": shape})
        theta["w"] = Key(2).normal(shape)
        gradient = theta.like()
        code = Program(1, theta, Flat({}), trained=frozenset({"w"}))
        sums = REGULARIZERS[name]().lower(code, code.parameter("w"), code.gradient("w"))
        code.emit("penalty.total", sums, sums.size // 2)
        machine = Executable(code, {"theta": theta.data, "gradient": gradient.data})
        machine.set(samples=1, batch=1)
        machine.run(1, threads)
        return float(machine.shared.view("float64")[LOSS]), gradient["w"]

    w, regularizer = Key(2).normal(shape), REGULARIZERS[name]()
    penalty, gradient = penalised(1)
    assert penalty == pytest.approx(regularizer(w), rel=1e-6)
    close("gradient", gradient, regularizer.grad(w))
    for threads in (2, 3, 4):
        again, its_gradient = penalised(threads)
        assert again == penalty
        np.testing.assert_array_equal(its_gradient, gradient)


class Halved(MaxNorm):
    """A projection of a user's own, on top of one that has a compiled form."""

    def __call__(self, w: Any) -> Any:
        return 0.5 * w


class Quartic(L2):
    """A penalty of a user's own, likewise."""

    def __call__(self, w: Any) -> float:
        return float((w**4).sum())

    def grad(self, w: Any) -> Any:
        return 4 * w**3


@pytest.mark.parametrize("scale", [None, 64.0])
def test_a_constraint_of_ones_own_keeps_the_step_in_python(scale: float | None) -> None:
    def make() -> pellucid.Sequential:
        return network(constraint=Halved(), optimizer=SGD(0.1, momentum=0.9, loss_scale_factor=scale))

    both_engines(make, *DATA, compiled_update=False)


def test_a_regularizer_of_ones_own_keeps_the_network_on_the_definition() -> None:
    model, definition = network(Quartic()), network(Quartic())
    definition.run_eagerly = True
    assert model.train_on_batch(*DATA) == definition.train_on_batch(*DATA)
    assert "Quartic" in engine_of(model).refusal


def test_every_part_is_in_the_tables() -> None:
    def kinds(room: Any, base: type) -> set[type]:
        return {p for p in vars(room).values() if isinstance(p, type) and issubclass(p, base)} - {
            base,
            room.FromFunction,
        }

    known = {regularizers.Regularizer, *kinds(regularizers, regularizers.Regularizer)}
    assert {type(make()) for make in REGULARIZERS.values()} == known
    assert {type(make(0)) for make in CONSTRAINTS.values()} == kinds(constraints, constraints.Constraint)
