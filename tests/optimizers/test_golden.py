"""Optimizers against Keras and PyTorch: the same weights after 20 steps down the same hill. See problem.py."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest

from pellucid import optimizers
from pellucid.arrays import Flat
from pellucid.optimizers import schedules

HERE = Path(__file__).parent
problem = runpy.run_path(str(HERE / "problem.py"))
golden = json.loads((HERE.parent / "golden" / "optimizers.json").read_text("utf-8"))
TOLERANCE = {"float32": 1e-5, "float64": 1e-12}
ROUNDED = {"Adafactor": 1e-6, "Muon": 1e-8}  # where Keras computes a part in float32 though all it is given is float64


def descend(optimizer, dtype, steps=problem["STEPS"], theta=None):
    """The weights as a vector, after some steps."""
    if theta is None:
        theta = Flat(problem["SHAPES"], dtype)
        for name, w in problem["start"](dtype).items():
            theta[name] = w
    grad = theta.like()
    for _ in range(steps):
        for name, g in problem["gradient"](theta).items():
            grad[name] = g
        optimizer.step(theta, grad)
    return theta


def error(actual, expected):
    """The largest difference, relative to the largest entry."""
    expected = np.asarray(expected)
    return np.max(np.abs(actual - expected)) / max(np.max(np.abs(expected)), 1e-30)


def label(case):
    return case["optimizer"] + "".join(f" {k}={v}" for k, v in case["arguments"].items() if k != "learning_rate")


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("case", golden["keras"], ids=label)
def test_weights_are_those_of_keras(case, dtype):
    optimizer = getattr(optimizers, case["optimizer"])(**case["arguments"])
    tolerance = max(TOLERANCE[dtype], ROUNDED.get(case["optimizer"], 0))
    theta = descend(optimizer, dtype)
    assert theta.data.dtype == dtype
    assert error(theta.data, case[dtype]) < tolerance
    optimizer.finalize(theta)
    assert error(theta.data, case.get(f"{dtype} final", case[dtype])) < tolerance


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    ("case", "ours"),
    list(zip(golden["torch"], problem["TORCH"], strict=True)),
    ids=lambda x: label(x) if isinstance(x, dict) else "",
)
def test_weights_are_those_of_pytorch(case, ours, dtype):
    name, theirs, mine, arguments, tolerance = ours
    assert (case["optimizer"], json.dumps(case["arguments"])) == (name, json.dumps(theirs))
    theta = descend(getattr(optimizers, mine)(**arguments), dtype)
    assert error(theta.data, case[dtype]) < (tolerance if dtype == "float64" else 1e-5)


@pytest.mark.parametrize("case", golden["keras"], ids=label)
def test_variables_are_saved_as_keras_saves_them(case):
    optimizer = getattr(optimizers, case["optimizer"])(**case["arguments"])
    theta = descend(optimizer, "float32")
    mine = [v for _, v in optimizer.saved_variables(theta)]
    expected = case["variables"]
    assert [(list(v.shape), v.dtype.name) for v in mine] == [(v["shape"], v["dtype"]) for v in expected]
    for v, e in zip(mine, expected, strict=True):
        assert error(v.ravel(), e["values"]) < 1e-4


@pytest.mark.parametrize("case", golden["keras"], ids=label)
def test_training_goes_on_from_what_keras_saved(case):
    whole = getattr(optimizers, case["optimizer"])(**case["arguments"])
    theta = descend(whole, "float32")
    resumed = getattr(optimizers, case["optimizer"])(**{**case["arguments"], "learning_rate": 0.7})
    other = Flat(theta.shapes, data=np.array(case["float32"], "float32"))
    saved = [np.array(v["values"], v["dtype"]).reshape(v["shape"]) for v in case["variables"]]
    resumed.load_saved_variables(other, saved)
    assert (resumed.steps_taken, resumed.iterations) == (whole.steps_taken, whole.iterations)
    assert resumed.learning_rate == pytest.approx(whole.learning_rate, rel=1e-6)
    descend(whole, "float32", 5, theta)
    descend(resumed, "float32", 5, other)
    assert error(other.data, theta.data) < 2e-5


@pytest.mark.parametrize("case", golden["schedules"], ids=lambda case: case["schedule"])
def test_rates_are_those_of_keras_and_pytorch(case):
    if "saved" in case:
        schedule = schedules.deserialize(case["saved"])
        steps, rates = problem["AT"], case["rates"]
        assert schedules.serialize(schedule) == case["saved"]
    else:
        schedule = schedules.OneCycle(**case["arguments"])
        rates = case["all rates"]
        steps = range(len(rates))
    mine = [schedule(step) for step in steps]
    assert all(type(rate) is float for rate in mine)
    rounded = "Cosine" in case["schedule"]  # Keras rounds π and the cosine to float32
    np.testing.assert_allclose(mine, rates, rtol=1e-12, atol=1e-8 if rounded else 1e-17)


@pytest.mark.parametrize("saved", golden["saved"], ids=lambda saved: saved["class_name"])
def test_forms_that_keras_saved_are_read_and_written_alike(saved):
    optimizer = optimizers.deserialize(saved)
    assert type(optimizer) is getattr(optimizers, saved["class_name"])
    assert optimizers.serialize(optimizer) == saved
    assert json.loads(json.dumps(optimizers.serialize(optimizer))) == saved
