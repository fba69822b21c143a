"""An optimizer's state under Keras's names: `variables`, `set_weights`, `assign`."""

from __future__ import annotations

import copy

import numpy as np
import pytest

import pellucid
from pellucid import layers, optimizers
from pellucid.errors import InvalidArgument, NotReady, ShapeError, WrongType

W, B = np.array([[1.0, -2.0], [0.5, 3.0]], "float32"), np.array([0.25, -0.5], "float32")
GRADS = [(W * k - 1, B + k) for k in (0.5, 1.0, -0.25)]

# (optimizer, arguments): every shape that a list of variables can have
KINDS = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9}),
    ("Adam", {"learning_rate": 0.1}),
    ("Adam", {"learning_rate": 0.1, "amsgrad": True, "use_ema": True, "gradient_accumulation_steps": 2}),
    ("Nadam", {"learning_rate": 0.1, "name": "mine"}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adafactor", {}),
    ("Ftrl", {}),
    ("Lion", {}),
]

UNNAMED = ("kernel_r", "kernel_c", "bias_r", "bias_c")  # Adafactor's, for which Keras has the parameter's name alone


def stepped(package, variable, kind, arguments):
    """The optimizer after three steps on a matrix and a vector of these names."""
    optimizer = getattr(package.optimizers, kind)(**arguments)
    with_paths = [variable(W, "kernel"), variable(B, "bias")]
    optimizer.build(with_paths)
    for grads in GRADS:
        optimizer.apply(list(grads), with_paths)
    return optimizer


def ours(kind, arguments):
    return stepped(pellucid, lambda w, name: layers.Variable(w, name=name), kind, arguments)


@pytest.mark.parametrize(("kind", "arguments"), KINDS, ids=lambda v: v if isinstance(v, str) else ",".join(v))
def test_they_are_those_of_keras(kind, arguments):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    theirs = stepped(keras, lambda w, name: keras.Variable(w, name=name), kind, {"name": "opt", **arguments})
    mine = ours(kind, {"name": "opt", **arguments})
    assert len(mine.variables) == len(theirs.variables)
    for v, expected in zip(mine.variables, theirs.variables, strict=True):
        assert (v.shape, v.dtype.name) == (tuple(expected.shape), expected.dtype)
        assert v.name == expected.name or v.name in UNNAMED
        assert v.path == f"{mine.name}/{v.name}"
        np.testing.assert_allclose(v.numpy(), np.asarray(expected), rtol=2e-5, atol=1e-7, err_msg=v.name)


@pytest.mark.parametrize(("kind", "arguments"), KINDS, ids=lambda v: v if isinstance(v, str) else ",".join(v))
def test_weights_of_one_make_another_go_on_as_it_would(kind, arguments):
    one, w = ours(kind, arguments), [np.array(W), np.array(B)]
    other, v = getattr(optimizers, kind)(**arguments), copy.deepcopy(w)
    other.build(v)
    other.set_weights([x.numpy() for x in one.variables])
    one.apply(GRADS[0], w)
    other.apply(GRADS[0], v)
    for a, b in zip([*w, *one.variables], [*v, *other.variables], strict=True):
        np.testing.assert_array_equal(np.asarray(a), np.asarray(b))


def test_a_new_optimizer_has_its_numbers_only():
    assert [v.path for v in optimizers.Adam().variables] == ["adam/iteration", "adam/learning_rate"]
    scheduled = optimizers.Adam(optimizers.schedules.CosineDecay(0.1, 10))
    assert [v.name for v in scheduled.variables] == ["iteration"]


def test_writing_into_one_changes_the_optimizer():
    optimizer = ours("SGD", {"momentum": 0.9, "learning_rate": 0.5})
    steps, rate, kernel, bias = optimizer.variables
    steps.assign(7)
    rate.assign_sub(0.25)
    optimizer.assign(kernel, np.zeros((2, 2)))
    optimizer.assign_add(bias, [1.0, 2.0])
    before = bias.numpy()
    bias *= 2
    assert (optimizer.iterations, optimizer.learning_rate) == (7, 0.25)
    optimizer.learning_rate = 0.1  # seen by a variable that was kept, as in Keras
    assert float(rate) == np.float32(0.1)
    np.testing.assert_array_equal(optimizer.variables[3], 2 * before)
    w = [np.array(W), np.array(B)]
    optimizer.apply([np.zeros_like(W), np.zeros_like(B)], w)
    np.testing.assert_array_equal(w[0], W)  # no velocity is left
    np.testing.assert_allclose(w[1], B + 0.9 * 2 * before, rtol=1e-6)
    assert int(optimizer.variables[0]) == 8


def test_it_computes_as_an_array_does():
    optimizer = ours("SGD", {"momentum": 0.9})
    bias = optimizer.variables[3]
    there = bias.numpy()
    np.testing.assert_array_equal(1 - bias, 1 - there)
    np.testing.assert_array_equal(np.sqrt(abs(bias)), np.sqrt(np.abs(there)))
    assert (bias == there).all()
    assert (list(bias), bias[1], len(bias), bias.ndim) == (list(there), there[1], 2, 1)
    assert type(bias + 1) is np.ndarray
    assert not bias.trainable
    with pytest.raises(TypeError, match="0-d"):
        list(optimizer.variables[0])


def test_a_model_lists_what_it_trains():
    model = pellucid.Sequential([layers.Dense(2, name="a"), layers.Dense(1, name="b")], seed=0)
    model.compile(optimizers.SGD(0.1, momentum=0.9), "mse")
    model.build((None, 2))
    model.layers[0].trainable = False
    model.fit(W, B, epochs=1, verbose=0)
    assert [v.name for v in model.optimizer.variables[2:]] == ["b_kernel_momentum", "b_bias_momentum"]
    model.optimizer.set_weights([np.array(5), np.array(0.5), np.ones((2, 1)), np.ones(1)])
    before = model.theta.data.copy()
    model.fit(np.zeros((1, 2)), model.predict(np.zeros((1, 2)), verbose=0), epochs=1, verbose=0)  # no gradient
    np.testing.assert_allclose(model.theta.data - before, [0, 0, 0, 0, 0, 0, 0.9, 0.9, 0.9], atol=1e-6)
    assert model.optimizer.iterations == 6


def test_arrays_without_a_gradient_are_listed_too():
    optimizer, w = optimizers.SGD(0.1, momentum=0.9), [np.array(W), np.array(B)]
    with pytest.warns(UserWarning, match="no gradient for array 1"):
        optimizer.apply([W, None], w)
    assert [v.name for v in optimizer.variables] == ["iteration", "learning_rate", "0_momentum", "1_momentum"]


ADAM = ours("Adam", {})
MISTAKES = [
    (lambda: optimizers.Adam().set_weights([]), NotReady, r"set_weights: .*built, got a new one\. Call optimizer\.b"),
    (lambda: ADAM.set_weights([1, 2.0]), InvalidArgument, "'adam', set_weights: expected 6 arrays, got 2"),
    (lambda: ADAM.set_weights([9, 0.5, B, W, B, B]), ShapeError, r"2 \(kernel_momentum\): expected shape \(2, 2\)"),
    (lambda: ADAM.variables[2].assign(B), ShapeError, r"'adam/kernel_momentum', assign: expected shape \(2, 2\)"),
    (lambda: ADAM.variables[2].assign("zero"), WrongType, "assign: expected numbers, got 'zero'"),
    (
        lambda: ADAM.variables[0].assign(1.5),
        InvalidArgument,
        r"assign: expected a number of steps, got 1\.5",
    ),
    (lambda: ADAM.variables[1].assign(-1.0), InvalidArgument, "argument learning_rate"),
    (lambda: ADAM.assign(W, B), WrongType, "'adam', assign: expected a variable"),
    (lambda: optimizers.SGD().build([]), InvalidArgument, "'sgd', build: expected at least one array"),
    (lambda: optimizers.SGD().build([[1.0]]), WrongType, "'sgd', build, array 0: expected a NumPy array"),
    (lambda: ours("Nadam", {}).variables[-1].assign(3.0), InvalidArgument, "assign: expected what 3 steps make it"),
]


@pytest.mark.parametrize(("do", "error", "message"), MISTAKES, ids=lambda v: v if isinstance(v, str) else "")
def test_mistakes_change_nothing(do, error, message):
    before = [v.numpy() for v in ADAM.variables]
    with pytest.raises(error, match=message):
        do()
    for old, v in zip(before, ADAM.variables, strict=True):
        np.testing.assert_array_equal(old, v)
