"""pellucid.scratch: right derivatives, the library's own numbers, NumPy alone, and no bad input taken in silence."""

from __future__ import annotations

import ast
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import pellucid
from pellucid import scratch
from pellucid.layers import Dense
from pellucid.scratch import NeuralNetwork, cross_entropy, one_hot, softmax, train
from pellucid.training.engine import engine_of

NAMES = ("W1", "b1", "W2", "b2")


def problem(samples: int = 12, inputs: int = 5, classes: int = 3, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(size=(samples, inputs)), rng.integers(0, classes, samples)


@settings(deadline=None, max_examples=25)
@given(sizes=st.tuples(*[st.integers(1, 5)] * 4), seed=st.integers(0, 1000))
def test_the_gradients_are_those_of_the_loss(sizes: tuple[int, int, int, int], seed: int):
    samples, inputs, hidden, classes = sizes
    X, y = problem(samples, inputs, classes, seed)
    network = NeuralNetwork(inputs, hidden, classes, seed)
    for name in NAMES:  # biases off 0, so that hardly any z1 lies where relu has its corner
        getattr(network, name)[...] += np.random.default_rng(seed + 1).normal(0, 0.3, getattr(network, name).shape)
    if np.abs(network.layers(X)[0]).min() < 1e-4:
        return
    gradients = dict(zip(NAMES, network.gradients(X, y)[1:], strict=True))
    for name in NAMES:
        w, slopes = getattr(network, name), np.zeros_like(getattr(network, name))
        for place in np.ndindex(w.shape):
            before, around = w[place], []
            for nudge in (1e-6, -1e-6):
                w[place] = before + nudge
                around.append(network.gradients(X, y)[0])
            w[place], slopes[place] = before, (around[0] - around[1]) / 2e-6
        np.testing.assert_allclose(gradients[name], slopes, atol=1e-8, err_msg=name)


@pytest.mark.parametrize("eager", [True, False], ids=["definition", "compiled engine"])
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_library_gives_the_same_numbers_step_by_step(eager: bool, dtype: str):
    X, y = problem(40, 7, 4)
    mine = NeuralNetwork(7, 9, 4, seed=3)
    layers = [
        Dense(9, activation="relu", input_shape=(7,), dtype=dtype),
        Dense(4, activation="softmax", dtype=dtype),
    ]
    model = pellucid.Sequential(layers)
    model.compile(pellucid.optimizers.SGD(0.4), "sparse_categorical_crossentropy", run_eagerly=eager)
    model.set_weights([getattr(mine, name) for name in NAMES])
    tolerance = {"float64": 1e-12, "float32": 3e-6}[dtype]
    for step in range(30):
        rows = slice(step % 4 * 10, step % 4 * 10 + 10)
        loss = model.train_on_batch(X[rows], y[rows])
        np.testing.assert_allclose(loss, mine.backward(X[rows], y[rows], 0.4), rtol=1e-6, atol=tolerance)
        for name, w in zip(NAMES, model.get_weights(), strict=True):
            np.testing.assert_allclose(w, getattr(mine, name), rtol=0, atol=tolerance, err_msg=f"step {step}, {name}")
    np.testing.assert_allclose(model.predict(X, verbose=0), mine.forward(X), rtol=0, atol=tolerance)
    if dtype == "float32":
        assert eager or not engine_of(model).refusal


def test_labels_and_one_hot_rows_are_the_same():
    X, y = problem()
    losses = [
        NeuralNetwork(5, 4, 3).backward(X, given, 0.1) for given in (y, y.tolist(), y.astype(float), np.eye(3)[y])
    ]
    assert len(set(losses)) == 1


def test_it_learns_what_no_straight_line_can(capsys: pytest.CaptureFixture[str]):
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, (300, 2))
    y = (X[:, 0] * X[:, 1] > 0).astype(int)
    network = NeuralNetwork(2, 16, 2)
    train(network, X, y, epochs=100, learning_rate=0.5)
    assert (network.predict(X) == y).mean() > 0.97
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 100
    assert lines[0].startswith("Epoch 1/100, loss ")
    first, last = (float(line.split()[-1]) for line in (lines[0], lines[-1]))
    assert last < first / 4


def test_the_same_seed_gives_the_same_bits_whatever_else_draws():
    runs = []
    for other in (1, 2):
        np.random.seed(other)
        X, y = problem()
        network = NeuralNetwork(5, 4, 3, seed=8)
        train(network, X, y, epochs=3, learning_rate=0.1, batch_size=5, verbose=False)
        runs.append(network.W1.tobytes() + network.W2.tobytes())
    assert runs[0] == runs[1]
    assert not np.array_equal(NeuralNetwork(5, 4, 3, seed=9).W1, NeuralNetwork(5, 4, 3, seed=8).W1)


def test_weights_are_as_large_as_the_width_asks():
    network = NeuralNetwork(400, 300, 100)
    assert network.W1.std() == pytest.approx((2 / 400) ** 0.5, rel=0.02)
    assert network.W2.std() == pytest.approx((2 / 400) ** 0.5, rel=0.02)
    z1, _, z2 = network.layers(np.random.default_rng(0).normal(size=(1000, 400)))
    assert 1.2 < z1.std() < 1.6
    assert 0.8 < z2.std() < 1.8


def test_no_score_overflows():
    z = np.array([[1e4, 0.0, -1e4]])
    assert softmax(z).tolist() == [[1, 0, 0]]
    assert cross_entropy(z, np.array([[0.0, 0.0, 1.0]])) == 2e4
    assert cross_entropy(np.zeros((2, 10)), np.eye(10)[:2]) == pytest.approx(np.log(10))


BAD: list[tuple[dict[str, Any], str]] = [
    ({"X": np.zeros((12, 4))}, r"X: expected samples \(N, 5\), N at least 1, got an array of shape \(12, 4\)"),
    ({"X": np.zeros(5)}, r"X: expected samples \(N, 5\).*shape \(5,\)"),
    ({"X": np.zeros((0, 5)), "y": []}, r"N at least 1"),
    ({"X": np.full((12, 5), np.nan)}, "X: expected finite numbers"),
    ({"X": [["a"] * 5] * 12}, "could not convert string to float"),
    ({"y": np.arange(1, 13) % 3 + 1}, r"from 0 to 2.*Number the classes from 0"),
    ({"y": np.full(12, 0.5)}, "neither"),
    ({"y": np.zeros((12, 1))}, r"flatten a column with y.ravel\(\)"),
    ({"y": np.full((12, 3), 1 / 3)}, "one-hot rows"),
    ({"y": ["cat"] * 12}, "expected labels"),
    ({"y": np.zeros(11, int)}, "12"),
    ({"batch_size": 0}, "batches of 1 or more"),
    ({"batch_size": -1}, "batches of 1 or more"),
]


@pytest.mark.parametrize(("change", "told"), BAD, ids=[next(iter(c)) + f"-{i}" for i, (c, _) in enumerate(BAD)])
def test_bad_input_is_told_and_changes_nothing(change: dict[str, Any], told: str):
    X, y = problem()
    network = NeuralNetwork(5, 4, 3)
    before = network.W1.copy()
    given = {"X": X, "y": y, "batch_size": 4, **change}
    with pytest.raises(ValueError, match=told):
        train(network, given["X"], given["y"], 1, 0.1, given["batch_size"], verbose=False)
    if "batch_size" not in change:
        with pytest.raises(ValueError, match=told):
            network.backward(given["X"], given["y"], 0.1)
    np.testing.assert_array_equal(network.W1, before)


def test_sizes_are_at_least_one():
    with pytest.raises(ValueError, match="sizes of 1 or more"):
        NeuralNetwork(5, 0, 3)


def test_whole_numbers_of_one_hot_rows_are_not_taken_for_labels():
    np.testing.assert_array_equal(one_hot(np.eye(3, dtype=int), 3), np.eye(3))
    np.testing.assert_array_equal(one_hot([2, 0], 3), [[0, 0, 1], [1, 0, 0]])


def test_it_imports_numpy_and_nothing_else():
    with open(scratch.__file__, encoding="utf-8") as file:
        tree = ast.parse(file.read())
    modules = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
    modules |= {"." * n.level + (n.module or "") for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert modules == {"numpy", "numpy.typing", "typing", "__future__"}


def test_the_file_alone_runs_and_the_package_offers_it():
    code = f"import runpy; n = runpy.run_path({scratch.__file__!r}); import sys; assert 'pellucid' not in sys.modules"
    subprocess.run([sys.executable, "-I", "-c", code], check=True)
    code = "import sys, pellucid; assert 'pellucid.scratch' not in sys.modules; pellucid.scratch.NeuralNetwork(2, 2, 2)"
    subprocess.run([sys.executable, "-c", code], check=True)
