"""Each rule: a training in which it speaks up, and one in which it does not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from doctor.cases import (
    BatchMean,
    Climbing,
    Data,
    NoMask,
    Root,
    Steps,
    WrongSign,
    both,
    changed,
    data,
    digits,
    model_for,
    moons,
    shuffled,
    sine,
    trained,
    without,
)
from pellucid import Model, Sequential, datasets, layers, losses, regularizers
from pellucid.actions.building import stack
from pellucid.actions.data import prepare
from pellucid.actions.spec import TrainSpec
from pellucid.doctor import Case, examine
from pellucid.doctor.base import Signal
from pellucid.doctor.blaming import lost_gain, strengths
from pellucid.doctor.consequences import STRENGTHS
from pellucid.doctor.examining import measured
from pellucid.doctor.experiments import Trial
from pellucid.doctor.facts import Standing
from pellucid.doctor.rules import all_rules
from pellucid.doctor.rules.duplicates_in_validation import nearly
from pellucid.doctor.rules.trained_too_long import lost_accuracy
from pellucid.initializers import Constant, RandomNormal, RandomUniform
from pellucid.optimizers import SGD, Adam

LOGITS = losses.SparseCategoricalCrossentropy(from_logits=True)
Make = Callable[[], Case]
RULES = {rule.name: rule for rule in all_rules()}


def copied(held: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Validation data of which half are training rows."""
    x, y, _ = data("digits")
    n = len(held[0]) // 2
    return np.concatenate([held[0][n:], x[:n]]), np.concatenate([held[1][n:], y[:n]])


def noisy(held: tuple[np.ndarray, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    noise = np.random.default_rng(0).normal(0, 0.4, held[0].shape).astype("float32")
    return held[0] + noise, held[1]


def one_class_lost(y: np.ndarray) -> np.ndarray:
    """The labels of class 3 are those of class 8."""
    return np.where(y == 3, 8, y)


def batch_norm(size: int, momentum: float = 0.99) -> Case:
    given = data("moons", 120)
    hidden = [layers.Dense(16), layers.BatchNormalization(momentum=momentum), layers.Activation("relu")]
    return trained(model_for(given, hidden, 2), given, 3, size)


def far_off(momentum: float, dropout: float = 0.0) -> Case:
    """Inputs about 100 with deviation 30, which batch normalization alone brings to one scale, for 60 steps."""
    given = changed(data("moons", 240), **both(lambda x: 30 * x + 100))
    first = [layers.BatchNormalization(momentum=momentum), layers.Dense(32, "relu"), layers.Dropout(dropout)]
    return trained(model_for(given, first, 2, optimizer=Adam(0.02)), given, 4, 16)


def noisy_moons(epochs: int) -> Case:
    """A quarter of all labels is random."""
    random = np.random.default_rng(0)

    def some(y: np.ndarray) -> np.ndarray:
        return np.where(random.random(len(y)) < 0.25, random.integers(0, 2, len(y)), y)

    given = changed(data("moons", 120), y=some, held=lambda held: (held[0], some(held[1])))
    return moons((128, 128), epochs, given)


def sequences(layer: layers.Layer, place: int, steps: int = 40, rows: int = 800, epochs: int = 6) -> Case:
    """Whether the first number of the step at this place was above 0, all else being noise."""
    x = np.random.default_rng(0).normal(size=(rows, steps, 2)).astype("float32")
    y, kept = (x[:, place, 0] > 0).astype(int), rows * 3 // 4
    model = Sequential([layers.Input((steps, 2)), layer, layers.Dense(2, "softmax")], seed=0)
    model.compile(Adam(0.01), "sparse_categorical_crossentropy")
    return trained(model, (x[:kept], y[:kept], (x[kept:], y[kept:])), epochs)


# rule: (where it speaks up, where it must not)
CASES: dict[str, tuple[Make, Make]] = {
    "constant_inputs": (lambda: digits(given=changed(data("digits"), **both(lambda x: 0 * x + 0.5))), digits),
    "unscaled_inputs": (lambda: digits(given=changed(data("digits"), **both(lambda x: 255 * x))), digits),
    "unscaled_targets": (lambda: sine(given=changed(data("sine"), y=lambda y: 1000 * y + 4000)), sine),
    "softmax_and_logits": (lambda: moons(loss=LOGITS), lambda: moons(end=None, loss=LOGITS)),
    "missing_output_activation": (lambda: moons(end=None), moons),
    "unreachable_targets": (
        lambda: sine(end="sigmoid"),
        lambda: sine(end="tanh", given=changed(data("sine"), y=lambda y: y / 2)),
    ),
    "wrong_output_width": (lambda: digits(out=12), digits),
    "batch_norm_batch_of_one": (lambda: batch_norm(1), lambda: batch_norm(8)),
    "unsettled_averages": (lambda: far_off(0.99), lambda: far_off(0.7)),
    "linear_stack": (lambda: moons(activation="linear"), lambda: moons((layers.Dense(16), layers.PReLU()))),
    "duplicates_in_validation": (lambda: digits(given=changed(data("digits"), held=copied)), digits),
    "validation_differs": (lambda: digits(given=changed(data("digits"), held=noisy)), digits),
    "frozen_parameters": (lambda: moons(trainable=False), moons),
    "exploding_gradient": (
        lambda: digits((64,) * 4, kernel_initializer=RandomNormal(stddev=1.0)),
        lambda: digits((64,) * 4),
    ),
    "vanishing_gradient": (lambda: moons((16,) * 12, activation="sigmoid"), lambda: moons((16,), activation="sigmoid")),
    "exploding_through_time": (
        lambda: sequences(layers.SimpleRNN(8, "relu", recurrent_initializer=RandomNormal(stddev=1.0)), -1, epochs=1),
        lambda: sequences(layers.SimpleRNN(8, "relu"), -1, epochs=1),
    ),
    "vanishing_through_time": (
        lambda: sequences(layers.SimpleRNN(8), 0),
        lambda: sequences(layers.SimpleRNN(8), -1),
    ),
    "learning_rate_too_high": (lambda: moons(optimizer=Adam(1.0)), moons),
    "non_finite": (lambda: moons((layers.Dense(16, "relu"), Root()), epochs=3), moons),
    "saturated": (
        lambda: digits(activation="tanh", kernel_initializer=RandomNormal(stddev=8.0)),
        lambda: digits(activation="tanh"),
    ),
    "dead_relus": (lambda: moons(bias_initializer=Constant(-20.0)), moons),
    "wrong_initial_loss": (
        lambda: digits((layers.Dense(32, "relu", kernel_initializer=RandomNormal(stddev=3.0)),)),
        digits,
    ),
    "learning_rate_too_low": (lambda: digits(optimizer=SGD(1e-4)), digits),
    "cannot_overfit_20_samples": (lambda: moons((layers.Dense(16, "relu"), BatchMean()), epochs=5), moons),
    "wrong_gradient": (
        lambda: moons((layers.Dense(16), WrongSign()), epochs=5),
        lambda: moons((layers.Dense(16), layers.PReLU()), epochs=5),
    ),
    "dropout_too_strong": (
        lambda: digits((layers.Dense(32, "relu"), layers.Dropout(0.95))),
        lambda: digits((layers.Dense(64, "relu"), layers.Dropout(0.2))),
    ),
    "regularization_too_strong": (
        lambda: digits(kernel_regularizer=regularizers.L2(1.0)),
        lambda: digits(kernel_regularizer=regularizers.L2(1e-5)),
    ),
    "ignores_inputs": (
        lambda: moons(given=changed(data("moons"), y=shuffled, held=lambda held: (held[0], shuffled(held[1])))),
        moons,
    ),
    "class_imbalance": (lambda: digits(given=without(data("digits"), 3, 4)), digits),
    "one_class_always_wrong": (lambda: digits(given=changed(data("digits"), y=one_class_lost)), digits),
    "stopped_too_early": (lambda: digits(epochs=1, optimizer=Adam(0.001)), lambda: digits(epochs=30)),
    "trained_too_long": (lambda: noisy_moons(300), lambda: noisy_moons(15)),
    "overfitting": (lambda: digits((512, 512), 60, given=data("digits", 50)), digits),
    "underfitting": (lambda: digits((2,), 40), digits),
}


def test_every_rule_has_its_cases():
    assert sorted(CASES) == sorted(RULES)


@pytest.mark.parametrize("name", RULES)
def test_a_rule_speaks_up_where_it_should_and_only_there(name: str):
    rule = RULES[name]
    wrong, right = (make() for make in CASES[name])
    with np.errstate(all="ignore"):
        signal, silent = rule.measure(wrong), rule.measure(right)
        remedy = rule.remedy(wrong, signal)
    assert signal is not None
    assert signal.value > rule.threshold, signal
    assert silent is None or silent.value < rule.threshold, silent
    assert any(letter.isdigit() for letter in signal.evidence) or name in (
        "softmax_and_logits",
        "missing_output_activation",
    )
    assert remedy.words.endswith(".")


@pytest.mark.parametrize("name", RULES)
def test_a_rule_says_what_it_is(name: str):
    rule = RULES[name]
    assert np.isfinite(rule.threshold)
    assert rule.explains <= set(RULES) - {name}
    assert rule.title
    assert rule.title[0].isupper()
    assert not rule.title.endswith(".")
    assert rule.meaning.endswith(".")
    assert rule.source
    assert rule.measure.__doc__


# Mechanisms ----------------------------------------------------------------------------------------------------------


def value(name: str, case: Case) -> float | None:
    with np.errstate(all="ignore"):
        signal = RULES[name].measure(case)
    return None if signal is None else signal.value


def test_a_signal_that_fades_is_told_from_units_that_are_dead():
    faded = moons((32,) * 6, 20, optimizer=SGD(0.01, momentum=0.9), kernel_initializer=RandomUniform(-0.03, 0.03))
    drowned = moons((16,) * 20, 1, kernel_initializer=RandomNormal(stddev=0.001))  # less than a float can be, at last
    for case in (faded, drowned):
        assert [finding.rule for finding in examine(case)][:1] == ["vanishing_gradient"]
    assert value("dead_relus", drowned) == 1.0
    dead = moons((16, 16), 1, bias_initializer=Constant(-20.0))
    assert value("vanishing_gradient", dead) is None
    assert [finding.rule for finding in examine(dead)][:1] == ["dead_relus"]


def test_a_rare_class_is_missed_only_where_others_are_found():
    few = without(data("digits"), 3, 4)
    assert value("class_imbalance", digits(given=few)) > RULES["class_imbalance"].threshold
    untrained = value("class_imbalance", digits(given=few, epochs=1, optimizer=SGD(1e-7)))
    assert untrained < RULES["class_imbalance"].threshold


def test_averages_that_few_steps_moved_are_named_with_a_momentum_that_settles_or_more_steps():
    wrong = far_off(0.99, dropout=0.3)
    (found,) = examine(wrong)
    assert found.rule == "unsettled_averages"
    assert "After 60 steps, moving averages of momentum 0.99 hold 45.3% of what batches had" in found.evidence
    assert "momentum=0.89" in found.remedy
    assert found.change == {"epochs": 46}  # 688 steps
    table: dict[str, object] = {"class": "BatchNormalization"}
    wrong.spec = {"layers": [table, 32, {"class": "Residual", "layers": [table]}]}
    settled = {**table, "momentum": 0.89}
    signal = RULES["unsettled_averages"].measure(wrong)
    assert signal is not None
    change = RULES["unsettled_averages"].remedy(wrong, signal).change
    assert change == {"layers": [settled, 32, {"class": "Residual", "layers": [settled]}]}
    assert "unsettled_averages" not in [finding.rule for finding in examine(far_off(0.89, dropout=0.3))]
    before = {name: value.copy() for name, value in wrong.model.p.items()}
    RULES["unsettled_averages"].measure(wrong)
    assert all(np.array_equal(wrong.model.p[name], value) for name, value in before.items())


@pytest.mark.parametrize("name", ["stopped_too_early", "learning_rate_too_low"])
def test_a_rare_class_is_no_consequence_of_slow_learning(name: str):
    assert "class_imbalance" not in RULES[name].explains


def test_a_few_samples_more_are_not_held_against_a_run():
    def trial(right: int) -> Trial:
        """Of 200 samples, 190 of the frequent class."""
        standing = Standing(0.1, right / 200, (right - 190) / 10, 0.2, 0.95, 200, {0: 1.0, 1: 0.0}, {0: 190, 1: 10})
        return Trial(standing, standing, False, 100)

    assert lost_gain(trial(190), trial(193)) == 0.0
    assert lost_gain(trial(190), trial(196)) == 1.0


def test_a_gradient_is_checked_along_more_than_one_direction():
    wrong = moons((layers.Dense(16), NoMask()), epochs=2)
    assert value("wrong_gradient", wrong) > RULES["wrong_gradient"].threshold
    assert value("wrong_gradient", moons((16, 16, 16), epochs=2)) < 0.01


def test_a_loss_too_rough_for_differences_is_no_wrong_gradient():
    """Gates with wide kernels: the gradient is right, and so large that no step is short enough to see it."""
    wide = RandomNormal(stddev=30.0)
    lstm = layers.LSTM(16, kernel_initializer=wide, recurrent_initializer=wide)
    assert value("wrong_gradient", sequences(lstm, 0, steps=24, rows=80, epochs=1)) < RULES["wrong_gradient"].threshold


def test_places_in_a_table_lie_on_no_line():
    """An embedding is asked with the numbers of its rows alone, and layers with several inputs have a width, too."""
    x = np.random.default_rng(0).integers(0, 9, (40, 6))
    y = (x[:, 0] > 4).astype(int)
    h = layers.Embedding(9, 12)(inputs := layers.Input((6,)))
    h = layers.GlobalAveragePooling1D()(layers.MultiHeadAttention(2, 4)(h, h))
    model = Model(inputs, layers.Dense(2, "softmax")(h), seed=0)
    model.compile(Adam(0.01), "sparse_categorical_crossentropy")
    case = trained(model, (x, y, (x, y)), 2)
    assert value("linear_stack", case) < RULES["linear_stack"].threshold
    assert value("cannot_overfit_20_samples", case) is not None


def test_wrong_labels_do_not_make_inputs_differ():
    """A third of the training rows are of a class that is labelled as one of two others."""
    random = np.random.default_rng(0)
    (x, y), validation = datasets.blobs.load_data(n=2000)
    y = np.where(y == 2, random.integers(0, 2, len(y)), y)
    given = x, y, validation
    case = Case(model_for(given, (8,), 3), x, y, validation)
    assert value("validation_differs", case) < RULES["validation_differs"].threshold
    moved = Case(model_for(given, (8,), 3), x, y, (validation[0] + 1, validation[1]))
    assert value("validation_differs", moved) > RULES["validation_differs"].threshold
    lacking = Case(model_for(given, (8,), 3), x, y, (x[y < 1], y[y < 1]), names=("a", "b", "c"))
    assert "Class 'b' makes" in measured(RULES["validation_differs"], lacking).evidence


def a_little_off(x: np.ndarray) -> np.ndarray:
    return (x + np.random.default_rng(1).normal(0, 0.01, x.shape)).astype("float32")


def unseen(given: Data) -> Case:
    """Before any training."""
    x, y, held = given
    return Case(model_for(given, (8,), int(y.max()) + 1), x, y, held)


def test_rows_that_are_nearly_copies_are_found_out():
    x, y, _ = data("digits")
    threshold = RULES["duplicates_in_validation"].threshold
    assert value("duplicates_in_validation", unseen((x, y, (a_little_off(x[:200]), y[:200])))) > threshold
    many, labels = a_little_off(np.repeat(x[:300], 4, axis=0)), np.repeat(y[:300], 4)  # all of them, then split
    order = np.random.default_rng(0).permutation(len(many))
    train, held = order[:900], order[900:]
    split = many[train], labels[train], (many[held], labels[held])
    assert value("duplicates_in_validation", unseen(split)) > threshold


def test_of_large_pictures_some_columns_are_looked_at_and_named_rightly():
    random = np.random.default_rng(0)
    x, x_held = (random.integers(0, 255, (n, 96, 96), "uint8") for n in (300, 100))
    y, y_held = np.arange(300) % 3, np.arange(100) % 3
    assert value("duplicates_in_validation", unseen((x, y, (x[:100], y[:100])))) > 0.9
    empty = x_held.copy()
    empty.reshape(100, -1)[:, 9215] = 0  # the last pixel, which is among the columns that are compared
    signal = RULES["validation_differs"].measure(unseen((x, y, (empty, y_held))))
    assert signal.where == "column 9215"
    assert signal.value > RULES["validation_differs"].threshold
    named = replace(unseen((x, y, (empty, y_held))), columns=[f"pixel {i}" for i in range(9216)])
    assert "Of the inputs, pixel 9215 has the" in RULES["validation_differs"].measure(named).evidence


@pytest.mark.parametrize("name", ["digits", "moons", "sine", "blobs"])
def test_neighbours_are_no_copies(name: str):
    x, _, (x_held, _) = data(name)
    assert nearly(x, x_held).value < RULES["duplicates_in_validation"].threshold / 2


def test_a_class_under_another_name_is_not_rare():
    x, y, held = data("digits")
    nearly_all = np.where((y == 3) & (np.arange(len(y)) % 30 > 0), 8, y)
    assert [finding.rule for finding in examine(digits(given=(x, nearly_all, held)))] == ["one_class_always_wrong"]


def test_inputs_that_are_lost_for_one_class_are_its_own_fault():
    x, y, held = data("digits")
    empty = np.where((y == 4)[:, None, None], 0, x)
    assert [finding.rule for finding in examine(digits(given=(empty, y, held)))] == ["one_class_always_wrong"]


def test_bytes_that_are_0_or_1_do_not_make_lost_pixels_categories():
    x, y, held = data("digits")
    lost = np.arange(64) % 10 > 0

    def without_most(a: np.ndarray) -> np.ndarray:
        return np.where(lost, 0, 16 * a.reshape(len(a), 64)).round()

    case = unseen((without_most(x), y, (without_most(held[0]), held[1])))
    assert value("constant_inputs", case) > RULES["constant_inputs"].threshold


def test_units_that_a_wrong_bias_saturates_are_a_consequence():
    given = data("sine")
    model = Sequential([layers.Dense(16, "tanh"), layers.Dense(1, bias_initializer=Constant(-30.0))], seed=0)
    model.build((None, *given[0].shape[1:]))
    model.compile(Adam(0.01), "mse")
    assert [finding.rule for finding in examine(trained(model, given, 3))][:1] == ["wrong_initial_loss"]


def test_accuracy_that_was_lost_counts_where_the_loss_forgives():
    k = np.arange(400) % 10
    falling = np.array([0.1, 0.6, 0.9, 0.9, 0.85, 0.75, 0.7, 0.7])
    assert np.isclose(lost_accuracy(falling, k), (0.2 - 0.015) / 0.8)
    assert lost_accuracy(np.sort(falling), k) < 0
    assert lost_accuracy(falling / 10, k) == 0.0  # never better than a dummy


@pytest.mark.parametrize("kind", ["class_weight", "sample_weight"])
def test_copies_are_trained_with_the_weights_of_the_run(kind: str):
    """Whose loss is small, as the class that it does not know weighs nothing."""
    x, y, held = data("blobs")
    weights = np.where(y == 1, 0.0, 1.0)
    case = trained(
        model_for((x, y, held), (16,), 3), (x, y, held), 20,
        **{kind: {1: 0.0} if kind == "class_weight" else weights},
    )  # fmt: skip
    case.sample_weight = weights
    (finding,) = examine(case)
    assert (finding.rule, finding.where) == ("one_class_always_wrong", "class 1")
    assert "weigh nothing" in finding.evidence
    assert "class_weight" in finding.remedy
    (called,) = examine(replace(case, names=("red", "sky blue", "green"), notes={}))
    assert called.where == "class 'sky blue'"
    assert called.where in called.evidence
    assert called.remedy == finding.remedy.replace("class 1", called.where)


def test_weights_that_penalties_alone_move_do_not_learn():
    hidden = (layers.Dense(16, kernel_regularizer=regularizers.L2(1e-3)), Steps())
    case = moons(hidden, epochs=3)
    assert value("frozen_parameters", case) == 0.5
    assert value("frozen_parameters", moons((16,), epochs=3, kernel_regularizer=regularizers.L2(1e-3))) == 0.0


def test_the_gradient_of_any_parameter_of_one_s_own_layer_is_checked():
    wrong = moons((layers.Dense(16, "relu"), Climbing()), epochs=2)
    (found,) = [finding for finding in examine(wrong) if finding.rule == "wrong_gradient"]
    assert found.where == "climbing/scale"


def test_a_layer_that_gives_one_number_is_not_called_linear():
    hidden = (layers.Dense(16, "relu"), layers.Dense(1), layers.LayerNormalization(), layers.Dense(8, "relu"))
    assert value("linear_stack", moons(hidden, epochs=1)) == 0.0


@pytest.mark.parametrize(
    ("end", "targets", "reached"),
    [("softsign", 0.9, True), ("softsign", 1.1, False), ("log_sigmoid", -3.0, True), ("log_sigmoid", 0.1, False),
     ("elu", -0.9, True), ("elu", -1.1, False), ("gelu", -0.1, True), ("gelu", -0.5, False), (None, 1e6, True)],
)  # fmt: skip
def test_what_an_output_activation_can_give(end: str | None, targets: float, reached: bool):
    x, y, held = data("sine")
    case = Case(model_for((x, y, held), (8,), 1, end, "mse"), x, np.full_like(y, targets), held)
    signal = value("unreachable_targets", case)
    assert signal == (0.0 if reached else 1.0)


def test_noise_is_to_blame_rather_than_the_rate_at_which_it_is_averaged():
    case = digits((layers.Dense(32, "relu"), layers.Dropout(0.97)), optimizer=Adam(0.03))
    assert strengths(case) > 0.1
    assert [finding.rule for finding in examine(case)] == ["dropout_too_strong"]


def test_weight_decay_in_the_optimizer_is_lowered_there():
    rule = RULES["regularization_too_strong"]
    case = moons(epochs=1)
    case.spec = {"l2": 0.5, "optimizer": {"class": "AdamW", "weight_decay": 30.0}}
    change = rule.remedy(case, Signal(1.0, "")).change
    assert change == {"l2": 0.001, "optimizer": {"class": "AdamW", "weight_decay": 0.3}}


def test_noise_and_penalties_are_lowered_in_the_blocks_where_they_stand():
    case = moons(epochs=1)
    quiet = {"class": "Dense", "units": 8}
    case.spec = {"dropout": 0.4, "layers": [
        16, {"class": "Residual", "layers": [quiet, {"class": "Dropout", "rate": 0.9}]},
        {"class": "GaussianNoise", "stddev": 0.4, "seed": 1},
    ]}  # fmt: skip
    change = RULES["dropout_too_strong"].remedy(case, Signal(1.0, "")).change
    assert change == {"dropout": 0.1, "layers": [
        16, {"class": "Residual", "layers": [quiet, {"class": "Dropout", "rate": 0.2}]},
        {"class": "GaussianNoise", "stddev": 0.1, "seed": 1},
    ]}  # fmt: skip

    own = {**quiet, "kernel_regularizer": {"class": "L1L2", "l1": 0.0, "l2": 0.05}, "bias_regularizer": "l1"}
    case.spec = {"layers": [{"class": "Sequential", "layers": [own]}, quiet]}
    change = RULES["regularization_too_strong"].remedy(case, Signal(1.0, "")).change
    lower = {"class": "L1L2", "l1": 0.0, "l2": 0.0005}, {"class": "L1", "l1": 1e-4}
    mild = {**quiet, "kernel_regularizer": lower[0], "bias_regularizer": lower[1]}
    assert change == {"layers": [{"class": "Sequential", "layers": [mild]}, quiet]}
    data = prepare(TrainSpec(data="moons"))
    row = next(layer for i, layer in stack(TrainSpec(data="moons", **change), data) if i == 0)
    first = row.layers[-1]
    assert (first.kernel_regularizer.l2, first.bias_regularizer.l1) == (0.0005, 1e-4)

    case.spec = {"layers": [quiet]}
    assert all(RULES[name].remedy(case, Signal(1.0, "")).change == {} for name in STRENGTHS)
