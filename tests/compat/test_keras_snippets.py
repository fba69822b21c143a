"""What people wrote for Keras runs with `import pellucid as keras`, and finds what Keras finds.

What Keras left in `out` lies in golden/snippets.json; where nothing is trained, Keras itself is asked as well.
"""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from compat.snippets import SNIPPETS, run
from pellucid import errors

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "snippets.json").read_text("utf-8"))
TRAINS = (".fit(", "on_batch(")
STILL = [name for name, code in SNIPPETS.items() if not any(word in code for word in TRAINS)]

pytestmark = pytest.mark.filterwarnings("ignore")  # these programs are written as people write them


@pytest.fixture(autouse=True)
def own_seed_and_names(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a snippet registers or seeds ends with it."""
    monkeypatch.setattr("pellucid.rng._Default.root", None)
    monkeypatch.setattr("pellucid.registry._custom", {})


def differences(theirs: Any, ours: Any, path: str = "out") -> list[str]:
    """Where two results differ, by more than float32 explains; the order of a dict's keys does not count."""
    if isinstance(theirs, dict) and isinstance(ours, dict) and theirs.keys() == ours.keys():
        return [d for k in theirs for d in differences(theirs[k], ours[k], f"{path}[{k!r}]")]
    if isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        return [d for i, pair in enumerate(zip(theirs, ours, strict=True)) for d in differences(*pair, f"{path}[{i}]")]
    numbers = all(isinstance(v, int | float) and not isinstance(v, bool) for v in (theirs, ours))
    alike = math.isclose(theirs, ours, rel_tol=3e-4, abs_tol=3e-5) if numbers else theirs == ours
    return [] if alike else [f"{path}: Keras {theirs!r}, here {ours!r}"]


@pytest.mark.parametrize("name", SNIPPETS)
def test_a_program_finds_what_keras_finds(name: str) -> None:
    assert differences(GOLDEN[name], run(name, "pellucid")) == []


@pytest.mark.parametrize("name", STILL)
def test_the_golden_values_are_those_of_keras(name: str) -> None:
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    if name == "penalties_by_hand" and keras.config.backend() == "numpy":
        pytest.skip("Keras's NumPy backend sums no list, of which it makes a loss with penalties")
    assert differences(GOLDEN[name], run(name, "keras")) == []


# Programs that Keras runs too, with another result -----------------------------------------------------------------

DIFFERENT: dict[str, tuple[str, Any]] = {
    "names are counted within a model": (
        """
a, b = (keras.Sequential([keras.Input((8,)), layers.Dense(2), layers.Dense(2)]) for _ in range(2))
out = [[l.name for l in a.layers], [l.name for l in b.layers], a.name, b.name]
""",
        [["dense", "dense_1"], ["dense", "dense_1"], "sequential", "sequential"],
    ),
    "metrics_names names what evaluate returns": (
        "m = small(); m.evaluate(X, YB, verbose=0); out = [m.metrics_names, [n.name for n in m.metrics]]",
        [["loss", "accuracy"], ["loss", "accuracy"]],
    ),
    "logs begin with the loss": (
        "out = list(small().fit(X, YB, validation_data=(X, YB), **F).history)",
        ["loss", "accuracy", "val_loss", "val_accuracy"],
    ),
    "a path is a name in theta": (
        "m = small(); out = [[v.path for v in m.weights], all(np.shares_memory(v, m.theta.data) for v in m.weights)]",
        [["dense/kernel", "dense/bias", "dense_1/kernel", "dense_1/bias"], True],
    ),
    "a learning rate is a number": (
        """
m = small(opt=keras.optimizers.Adam(0.1)); kept = m.optimizer.learning_rate
kept.assign(0.05)
out = [float(kept), float(m.optimizer.learning_rate), f"{m.optimizer.learning_rate:.3f}", m.optimizer.learning_rate * 2,
       json.dumps(m.optimizer.learning_rate), float(m.optimizer.learning_rate.numpy()), m.optimizer.learning_rate.value]
""",
        [0.1, 0.05, "0.050", 0.1, "0.05", 0.05, 0.05],
    ),
    "a layer takes W = ... and += as well": (
        """
l = layers.Dense(2); l.build((None, 1)); before = l.kernel
l.kernel = [[1.0, 2.0]]; l.kernel += 1; l.bias[:] = 5
out = [l.kernel, l.bias, before.numpy(), l([[1.0]]), type(l.kernel * 2).__name__, type(l.kernel.sum()).__name__]
""",
        [[[2.0, 3.0]], [5.0, 5.0], [[2.0, 3.0]], [[7.0, 8.0]], "ndarray", "float32"],
    ),
    "generators of bare x": (
        """
def g():
    while True:
        yield X[:10]
out = small().predict(g(), steps=3, verbose=0).shape
""",
        [30, 1],
    ),
    "one metric, not in a list": (
        'm = small(); m.compile("sgd", "mse", metrics=keras.metrics.BinaryAccuracy()); '
        "out = sorted(m.fit(X, YB, **F).history)",
        ["binary_accuracy", "loss"],
    ),
    "a dict of metrics for the one output": (
        """
m = keras.Sequential([keras.Input((8,)), layers.Dense(1, activation="sigmoid", name="out")])
m.compile("adam", loss={"out": "binary_crossentropy"}, metrics={"out": ["accuracy", "mae"]})
out = sorted(m.fit(X, YB, **F).history)
""",
        ["accuracy", "loss", "mae"],
    ),
    "a metric of sums of its own goes through a checkpoint": (
        """
class Wrong(keras.metrics.Metric):
    def __init__(self, name="wrong", **kwargs):
        super().__init__(name=name, **kwargs)
        self.n = self.add_weight(name="n", initializer="zeros")
    def update_state(self, y_true, y_pred, sample_weight=None):
        self.n.assign_add((y_true.ravel() != (y_pred.ravel() > 0.5)).sum())
    def result(self):
        return self.n
m = small(metrics=[Wrong()]); h = m.fit(X, YB, epochs=2, **F).history["wrong"]
kept = m.meters.state(); m.reset_metrics(); empty = m.meters.results()["wrong"]
m.meters.load_state(kept, (YB[:1], m.predict(X[:1])))
out = [type(h[0]).__name__, h[1] == m.meters.results()["wrong"], h[1] > 0, empty, len(m.metrics[1].variables)]
""",
        ["float", True, True, 0.0, 1],
    ),
    "a loss by name is an object": (
        'out = [type(keras.losses.get("mse")).__name__, float(keras.losses.get("mse")([[0.0, 1.0]], [[1.0, 1.0]]))]',
        ["MeanSquaredError", 0.5],
    ),
    "quiet where verbose is 'auto'": (
        """
keras.utils.disable_interactive_logging(); a = keras.config.is_interactive_logging_enabled()
keras.config.enable_interactive_logging(); out = [a, keras.utils.is_interactive_logging_enabled()]
""",
        [False, True],
    ),
    "objects of every kind by one pair of functions": (
        """
made = [layers.Dense(3), keras.losses.Huber(0.5), keras.metrics.AUC(), keras.optimizers.SGD(0.1),
        keras.initializers.HeNormal(), keras.regularizers.L2(0.1), keras.constraints.MaxNorm(2)]
back = [keras.saving.deserialize_keras_object(keras.utils.serialize_keras_object(part)) for part in made]
out = [all(type(a) is type(b) for a, b in zip(made, back)), back[0].units, back[1].delta]
""",
        [True, 3, 0.5],
    ),
}


def executed(code: str) -> Any:
    SNIPPETS["here"] = code
    try:
        return run("here", "pellucid")
    finally:
        del SNIPPETS["here"]


@pytest.mark.parametrize(("code", "expected"), DIFFERENT.values(), ids=DIFFERENT)
def test_a_program_finds_something_else_on_purpose(code: str, expected: Any) -> None:
    assert differences(expected, executed(code)) == []


def test_pandas_frames_are_data() -> None:
    pandas = pytest.importorskip("pandas")
    x = pandas.DataFrame(np.random.default_rng(0).normal(size=(40, 3)), columns=list("abc"))
    x["label"] = (x["a"] > 0).astype(int)
    y = x.pop("label")
    model = pellucid.Sequential([pellucid.layers.Dense(1, "sigmoid")], seed=0)
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    history = model.fit(x, y, epochs=2, validation_split=0.25, class_weight={0: 1.0, 1: 2.0}, verbose=0).history
    assert list(pandas.DataFrame(history).columns) == ["loss", "accuracy", "val_loss", "val_accuracy"]


# What cannot work says so, and what to do instead ------------------------------------------------------------------

REFUSED = {
    "a layer that makes layers in call": (
        "class Mine(layers.Layer):\n    def call(self, x): return layers.Dense(3)(x)\nMine()(X)",
        r"layer 'mine', call: expected layers with parameters that are made in __init__.*self\.dense = Dense\(3\)",
    ),
    "control flow by the data": (
        "class Mine(keras.Model):\n    def call(self, x): return x if x[0, 0] > 0 else -x\nMine()(X)",
        r"model 'mine', call.*control flow that does not depend on the data.*ops\.where",
    ),
    "a known layer with a call of its own": (
        "class Mine(layers.Dense):\n    def call(self, x): return x\nMine(3)",
        "class Mine: expected forward and backward, got call, which Keras would call",
    ),
    "a graph": (
        "inputs = keras.Input(shape=(8,)); keras.Model(keras.Input(shape=(8,)), layers.Dense(3)(inputs))",
        r"argument inputs: expected every input that the output needs, 'input_layer' .*, got another 'input_layer'",
    ),
    "a loss of NumPy's functions": (
        "small(loss=lambda y, p: np.abs(y - p)).fit(X, YB, verbose=0)",
        r"loss '<lambda>'.*expected a layer or one of pellucid\.ops.*ops\.exp\(x\) for np\.exp",
    ),
    "a loss of half a class": (
        "class Mine(keras.losses.Loss):\n    def values(self, y, p): return (y - p) ** 2\nMine()",
        r"class Mine: expected gradient, which every loss needs.*Write call\(y_true, y_pred\)",
    ),
    "a regularizer of NumPy's methods": (
        "class Mine(keras.regularizers.Regularizer):\n    def __call__(self, w): return (w * w).sum()\n"
        "m = keras.Sequential([keras.Input((8,)), layers.Dense(1, kernel_regularizer=Mine())])\n"
        "m.compile('sgd', 'mse'); m.fit(X, YR, verbose=0)",
        r"regularizer Mine: expected .*'Tensor' object has no attribute 'sum'. Write ops\.sum\(x\)",
    ),
    "a regularizer that gives no single number": (
        "m = keras.Sequential([keras.Input((8,)), layers.Dense(1, kernel_regularizer=lambda w: w * w)])\n"
        "m.compile('sgd', 'mse'); m.fit(X, YR, verbose=0)",
        r"regularizer '<lambda>': expected one number, got \(8, 1\)\. Sum it up: ops\.sum",
    ),
    "a constraint of another shape": (
        "m = keras.Sequential([keras.Input((8,)), layers.Dense(1, kernel_constraint=lambda w: w[:2])])\n"
        "m.compile('sgd', 'mse'); m.fit(X, YR, verbose=0)",
        r"constraint '<lambda>': expected an array of shape \(8, 1\), got \(2, 1\)",
    ),
    "an optimizer with an update_step of Keras's": (
        "class Mine(keras.optimizers.Optimizer):\n    def update_step(self, g, v, lr): v.assign(v - lr * g)\nMine(0.1)",
        "class Mine: expected update, which every optimizer needs",
    ),
    "a metric that counts nothing": (
        "class Mine(keras.metrics.Metric): pass\nMine()([1], [1])",
        "metric Mine: expected added.*write update_state and result",
    ),
    "an activation of NumPy's functions": (
        "m = keras.Sequential([keras.Input((8,)), layers.Dense(1, activation=lambda z: np.tanh(z))])\n"
        "m.compile('sgd', 'mse'); m.fit(X, YR, verbose=0)",
        r"activation '<lambda>'.*expected a layer or one of pellucid\.ops",
    ),
    "a shape that does not fit": (
        "small().layers[0].kernel.assign(np.ones((1, 2)))",
        r"variable 'dense/kernel', assign: expected shape \(8, 6\), got \(1, 2\)",
    ),
}


@pytest.mark.parametrize(("code", "message"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_work_says_so(code: str, message: str) -> None:
    with pytest.raises(errors.PellucidError, match=f"(?s){message}"):
        executed(code)
