"""Whole examinations: what is named first, what is left unsaid, and that nothing is touched."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given as for_all
from hypothesis import settings
from hypothesis import strategies as st

from doctor.cases import Root, both, changed, data, digits, model_for, moons, shuffled, sine, trained
from pellucid import Sequential, layers
from pellucid.doctor import Case, before_training, examine, examining
from pellucid.doctor.copies import noisy_layers
from pellucid.doctor.examining import judged
from pellucid.doctor.inside import at_start
from pellucid.doctor.rules import all_rules
from pellucid.optimizers import SGD, Adam


def rules(case: Case) -> list[str]:
    return [finding.rule for finding in examine(case)]


def without_order(given):
    """Labels dealt out at random, in training and validation."""
    return changed(given, y=shuffled, held=lambda held: (held[0], shuffled(held[1])))


def as_bytes(given):
    """Inputs from 0 to 255, in training and validation."""
    return changed(given, **both(lambda x: 255 * x))


# A fault, and the rule that must name it: first, and with no consequence of it beside it.
NAMED = {
    "a rate 100 times too high, Adam": (lambda: digits((64,), optimizer=Adam(0.1)), "learning_rate_too_high"),
    "a rate 100 times too high, SGD": (lambda: digits((64,), optimizer=SGD(10.0)), "learning_rate_too_high"),
    "a rate 100 times too high, numbers": (lambda: sine(optimizer=Adam(1.0)), "learning_rate_too_high"),
    "inputs 0 to 255": (lambda: digits((64,), given=as_bytes(data("digits"))), "unscaled_inputs"),
    "inputs 0 to 255, SGD": (
        lambda: digits((64,), given=as_bytes(data("digits")), optimizer=SGD(0.1)), "unscaled_inputs",
    ),
    "shuffled labels": (lambda: digits((64,), given=without_order(data("digits"))), "ignores_inputs"),
    "shuffled labels of points": (lambda: moons(given=without_order(data("moons"))), "ignores_inputs"),
    "50 samples on a wide network": (lambda: digits((512, 512), 60, given=data("digits", 50)), "overfitting"),
    "12 sigmoid layers": (lambda: moons((16,) * 12, activation="sigmoid"), "vanishing_gradient"),
    "a rate 100 times too low": (lambda: digits((64,), optimizer=Adam(1e-5)), "learning_rate_too_low"),
}  # fmt: skip


@pytest.mark.parametrize("name", NAMED)
def test_the_cause_is_named_and_its_consequences_are_not(name: str):
    make, rule = NAMED[name]
    (finding,) = examine(make())
    assert finding.rule == rule
    assert any(letter.isdigit() for letter in finding.evidence)


HEALTHY = {
    "digits": digits,
    "digits, dropout": lambda: digits((layers.Dense(128, "relu"), layers.Dropout(0.3)), 30),
    "digits, batch norm, momentum": lambda: digits(
        (layers.Dense(64), layers.BatchNormalization(), layers.Activation("relu")), optimizer=SGD(0.05, momentum=0.9)
    ),
    "moons": moons,
    "moons, tanh": lambda: moons((16,), 80, activation="tanh"),
    "sine": sine,
    "sine, tanh": lambda: sine((32,), 100, activation="tanh"),
    "blobs": lambda: trained(model_for(data("blobs"), (16,), 3), data("blobs"), 30),
    "spirals": lambda: trained(model_for(data("spirals"), (64, 64), 2), data("spirals"), 150),
}


@pytest.mark.parametrize("name", HEALTHY)
def test_nothing_is_said_of_a_healthy_run(name: str):
    case = HEALTHY[name]()
    assert [(f.rule, f.evidence) for f in examine(case)] == []
    assert len(judged(case)) > 15


def test_where_the_gradient_vanishes_is_told_and_the_remedy_trains_it():
    sick = moons((16,) * 12, activation="sigmoid")
    (finding,) = examine(sick)
    assert finding.where == "dense/kernel"
    assert finding.change == {"activation": "relu", "batch_norm": True}
    hidden = [
        part for _ in range(12) for part in (layers.Dense(16), layers.BatchNormalization(), layers.Activation("relu"))
    ]
    cured = moons(hidden)
    x_held, y_held = data("moons")[2]
    assert (sick.model.predict(x_held, verbose=0).argmax(axis=1) == y_held).mean() < 0.6
    assert (cured.model.predict(x_held, verbose=0).argmax(axis=1) == y_held).mean() > 0.95
    assert rules(cured) == []


def test_the_elasticity_is_what_the_definition_says():
    """‖dL/dW‖·‖W‖/L, from differences of the loss."""
    case = moons((8,) * 3, activation="tanh")
    start = at_start(case)
    name = "dense_1/kernel"
    W, g = start.parameters[name], start.gradients[name]
    assert np.isclose(start.elasticity(name), np.sqrt((g**2).sum()) * np.sqrt((W**2).sum()) / start.loss, rtol=1e-5)


def test_the_learning_rate_proposed_is_a_better_one():
    case = digits((64,), optimizer=Adam(0.3))
    (finding,) = examine(case)
    better = digits((64,), optimizer=Adam(finding.change["learning_rate"]))
    assert better.history["val_loss"][-1] < 0.5 * case.history["val_loss"][-1]
    assert rules(better) == []


def test_a_number_that_is_not_finite_is_traced():
    case = moons((layers.Dense(16, "relu"), Root()), 3)
    first = examine(case)[0]
    assert first.rule == "non_finite"
    assert "step 1" in first.evidence


def test_nothing_of_the_case_is_changed():
    case = digits((layers.Dense(32, "relu"), layers.BatchNormalization(), layers.Dropout(0.1)), 3)
    model = case.model
    arrays = [
        model.theta.data,
        model.state.data,
        model.gradient.data,
        case.x,
        case.y,
        *model.optimizer.state().values(),
    ]
    before = [np.array(a) for a in arrays]
    steps, key, config = model.optimizer.steps_taken, model.key, model.get_config()
    history = {name: list(values) for name, values in case.history.items()}
    examine(case)
    after = [model.theta.data, model.state.data, model.gradient.data, case.x, case.y, *model.optimizer.state().values()]
    for a, b in zip(before, after, strict=True):
        np.testing.assert_array_equal(a, b)
    assert (model.optimizer.steps_taken, model.key, model.get_config()) == (steps, key, config)
    assert case.history == history


def test_two_examinations_say_the_same(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PELLUCID_THREADS", "1")
    first, second = (examine(digits((64,), optimizer=Adam(0.1))) for _ in range(2))
    assert first == second


def test_before_training_needs_no_training():
    x, y, held = data("digits")
    model = model_for((x, y, held), (32,), 10)
    assert before_training(model, x, y, held) == []
    (finding,) = before_training(model, 255 * x, y, (255 * held[0], held[1]))
    assert finding.rule == "unscaled_inputs"
    assert model.optimizer.steps_taken == 0


def test_before_training_a_rehearsal_stands_for_the_run():
    x, y, held = data("digits")
    case = Case(model_for((x, y, held), (32,), 10, optimizer=Adam(1.0)), x, y, held, epochs=10)
    assert rules(case) == ["learning_rate_too_high"]


def test_a_rule_that_stumbles_counts_as_unable_to_judge(monkeypatch: pytest.MonkeyPatch):
    def stumble(case: Case) -> None:
        raise ZeroDivisionError

    broken = tuple(dataclasses.replace(rule, measure=stumble) for rule in all_rules())
    monkeypatch.setattr(examining, "all_rules", lambda: broken)
    assert examine(digits(epochs=1)) == []


@settings(max_examples=25, deadline=None)
@for_all(
    rows=st.integers(1, 40),
    columns=st.integers(1, 4),
    classes=st.integers(1, 3),
    kind=st.sampled_from(["constant", "huge", "tiny", "normal", "whole"]),
    validation=st.sampled_from([None, 1, 5]),
)
def test_odd_data_are_survived(rows: int, columns: int, classes: int, kind: str, validation: int | None):
    random = np.random.default_rng(rows)
    x = random.normal(size=(rows, columns)).astype("float32")
    x = {"constant": 0 * x + 1, "huge": 1e30 * x, "tiny": 1e-30 * x, "normal": x, "whole": x.astype("int64")}[kind]
    y = random.integers(0, classes, rows)
    model = Sequential(
        [layers.Dense(4, "relu", input_shape=(columns,)), layers.Dense(max(classes, 2), "softmax")], seed=0
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    held = None if validation is None else (x[:validation], y[:validation])
    before = model.theta.data.copy()
    examine(Case(model, x, y, held, batch_size=8, epochs=2))
    np.testing.assert_array_equal(model.theta.data, before)


@pytest.mark.parametrize(
    ("loss", "end", "out"),
    [
        ("binary_crossentropy", "sigmoid", 1), ("categorical_crossentropy", "softmax", 3), ("hinge", "tanh", 1),
        ("mae", None, 1), ("huber", None, 2), ("poisson", "exponential", 1), ("kl_divergence", "softmax", 3),
        ("squared_hinge", None, 1), ("categorical_focal_crossentropy", "softmax", 3), ("cosine_similarity", None, 3),
    ],
)  # fmt: skip
def test_every_loss_can_be_examined(loss: str, end: str | None, out: int):
    random = np.random.default_rng(0)
    x = random.normal(size=(60, 3)).astype("float32")
    k = (x[:, 0] > 0).astype(int) + (x[:, 1] > 0)
    y = np.eye(3, dtype="float32")[k] if out == 3 else np.repeat((k > 0).astype("float32")[:, None], out, axis=1)
    case = trained(model_for((x, y, (x, y)), (16,), out, end, loss), (x[:40], y[:40], (x[40:], y[40:])), 60)
    found = rules(case)
    assert "wrong_gradient" not in found
    assert len(judged(case)) > 12, found


def test_dropped_channels_are_noise_as_dropped_numbers_are():
    stack = [layers.SpatialDropout2D(0.5), layers.SpatialDropout2D(0.0), layers.Flatten(), layers.Dropout(0.1)]
    found = [layer.name for _, layer in noisy_layers(Sequential([layers.Input((4, 4, 3)), *stack]))]
    assert found == ["spatial_dropout2d", "dropout"]
