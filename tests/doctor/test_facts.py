"""What the doctor computes by itself, against another computation of the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from doctor.cases import data, digits, model_for, moons, sine, trained
from pellucid import Model, Sequential, layers, losses, ops
from pellucid.doctor import Case, facts, inside
from pellucid.doctor.copies import drawn, fresh, rates, without_noise
from pellucid.doctor.inside import gradient_error
from pellucid.doctor.rules.duplicates_in_validation import hashes, repeated
from pellucid.doctor.rules.linear_stack import affine
from pellucid.doctor.rules.validation_differs import ks
from pellucid.optimizers import Adam
from pellucid.optimizers.schedules import CosineDecay

numbers = st.lists(st.integers(-5, 5), min_size=1, max_size=12)


@settings(deadline=None)
@given(numbers, numbers)
def test_the_distance_of_two_samples(a: list[int], b: list[int]):
    at = range(-6, 7)
    brute = max(abs(np.mean([v <= t for v in a]) - np.mean([v <= t for v in b])) for t in at)
    assert np.isclose(ks(np.array(a, float), np.array(b, float)), brute)


@settings(deadline=None)
@given(numbers, numbers)
def test_a_whole_weight_counts_as_so_many_rows(a: list[int], b: list[int]):
    weights = [1 + abs(v) for v in a]
    spelled_out = np.repeat(np.array(a, float), weights)
    assert np.isclose(
        ks(np.array(a, float), np.array(b, float), np.array(weights, float)), ks(spelled_out, np.array(b, float))
    )


def test_equal_rows_have_equal_hashes():
    x = np.array([[0.0, 1.0], [-0.0, 1.0], [2.0, 1.0], [0.0, 1.0]])
    found = hashes(x)
    assert found[0] == found[1] == found[3] != found[2]
    assert repeated(found) == 0.75


def test_units_of_layers_whose_channels_come_first_are_their_channels():
    conv = layers.Conv2D(2, 3, activation="relu", data_format="channels_first", name="conv")
    model = Sequential([layers.Input((1, 6, 5)), conv, layers.Flatten(), layers.Dense(2, "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    conv.p["bias"][0] = -100.0
    x = np.random.default_rng(0).normal(size=(20, 1, 6, 5)).astype("float32")
    y = dict(model.walk(model.p, x, training=False, rng=model.key))["conv"]
    assert facts.dead(facts.units_last(Case(model, x, np.arange(20) % 2), "conv", y)) == 0.5


def test_the_standing_of_a_classifier():
    case = moons(epochs=3)
    x_held, y_held = data("moons")[2]
    found = facts.stand(case, case.model, x_held, y_held)
    p = case.model.predict(x_held, verbose=0).astype("float64")
    assert np.isclose(found.loss, -np.log(p[np.arange(len(p)), y_held]).mean(), rtol=1e-4)
    assert found.score == (p.argmax(axis=1) == y_held).mean()
    share = np.bincount(y_held) / len(y_held)
    assert np.isclose(found.dummy_loss, -(share * np.log(share)).sum(), rtol=1e-5)
    assert found.recalls[0] == (p.argmax(axis=1)[y_held == 0] == 0).mean()
    assert np.isclose(found.skill, 1 - found.loss / found.dummy_loss)


def test_the_standing_of_a_regression():
    case = sine(epochs=5)
    _, _, (x_held, t) = data("sine")
    y = case.model.predict(x_held, verbose=0)[:, 0].astype("float64")
    found = facts.stand(case, case.model, x_held, t)
    assert np.isclose(found.score, 1 - ((t - y) ** 2).sum() / ((t - t.mean()) ** 2).sum(), rtol=1e-4)
    assert np.isclose(found.link, np.corrcoef(t, y)[0, 1] ** 2, rtol=1e-4)
    assert np.isclose(found.dummy_loss, t.var(), rtol=1e-4)


def test_a_column_that_hardly_varies_decides_nothing():
    """As the border of a picture, in an autoencoder: R² is pooled over the columns."""
    random = np.random.default_rng(0)
    t = np.hstack([random.normal(size=(200, 3)), 1e-7 * random.normal(size=(200, 5))])
    y = np.hstack([t[:, :3] + 0.5 * random.normal(size=(200, 3)), 0.1 * random.normal(size=(200, 5))])
    r2, link = facts.fit_of(t, y)
    assert np.isclose(r2, 1 - ((t - y) ** 2).sum() / ((t - t.mean(axis=0)) ** 2).sum())
    assert 0.6 < r2 < link < 1
    one = t[:, :1], y[:, :1]
    assert np.isclose(facts.fit_of(*one)[1], np.corrcoef(t[:, 0], y[:, 0])[0, 1] ** 2)


@settings(deadline=None)
@given(st.integers(0, 100), st.integers(1, 6), st.floats(0.1, 100), st.floats(-50, 50))
def test_laws_of_the_pooled_r2(seed: int, columns: int, scale: float, shift: float):
    """It is 1 - (sum of squared errors) / (sum of squared deviations) over all numbers; so it knows no unit common to
    all columns, nor their order, nor how often they are there, and is 0 for the means and 1 for the targets."""
    random = np.random.default_rng(seed)
    t = random.normal(size=(30, columns)) * random.uniform(0.1, 10, columns)
    y = t + random.normal(size=t.shape)
    found = np.array(facts.fit_of(t, y))
    assert np.isclose(found[0], 1 - ((t - y) ** 2).sum() / ((t - t.mean(axis=0)) ** 2).sum())
    order = random.permutation(columns)
    for same in (
        (scale * t + shift, scale * y + shift), (t[:, order], y[:, order]), (np.hstack([t, t]), np.hstack([y, y])),
        (t.reshape(30, columns, 1), y.reshape(30, columns, 1)),
    ):  # fmt: skip
        np.testing.assert_allclose(facts.fit_of(*same), found, rtol=1e-6, atol=1e-9)
    assert np.isclose(facts.fit_of(t, np.broadcast_to(t.mean(axis=0), t.shape))[0], 0)
    assert facts.fit_of(t, t)[0] == 1


@pytest.mark.parametrize(("outputs", "found"), [(np.full((5, 2), 7.0), 1.0), (np.zeros((5, 2)), 0.0)])
def test_of_targets_that_are_all_the_same(outputs: np.ndarray, found: float):
    assert facts.fit_of(np.full((5, 2), 7.0), outputs) == (found, found)


@pytest.mark.parametrize(
    ("loss", "end", "out", "y", "kind"),
    [
        ("sparse_categorical_crossentropy", "softmax", 3, [0, 1, 2, 0], ("classes", 3)),
        ("categorical_crossentropy", "softmax", 3, np.eye(3)[[0, 1, 2, 0]], ("classes", 3)),
        ("mse", "softmax", 3, np.eye(3)[[0, 1, 2, 0]], ("classes", 3)),
        ("binary_crossentropy", "sigmoid", 1, [0, 1, 1, 0], ("binary", 2)),
        (losses.BinaryCrossentropy(from_logits=True), None, 1, [0, 1, 1, 0], ("binary", 2)),
        ("hinge", None, 1, [-1, 1, 1, -1], ("binary", 2)),
        ("mse", "sigmoid", 1, [0, 1, 1, 0], ("binary", 2)),
        ("mse", None, 1, [0, 1, 1, 0], ("numbers", 0)),
        ("mae", None, 1, [0.5, 1.5, 2.0, 3.0], ("numbers", 0)),
    ],
)
def test_what_the_task_is(loss, end, out, y, kind):
    y = np.array(y)
    x = np.arange(8.0).reshape(4, 2)
    assert facts.task(Case(model_for((x, y, (x, y)), (4,), out, end, loss), x, y)) == kind


def test_a_fresh_copy_is_what_training_began_with():
    given = data("moons")
    hidden = (layers.Dense(8), layers.BatchNormalization(), layers.Dense(8, "relu"))
    model = model_for(given, hidden, 2)
    first = {name: value.copy() for name, value in model.p.items()}
    case = trained(model, given, 2)
    for name, value in fresh(case).p.items():
        np.testing.assert_array_equal(value, first[name])
    for name, value in drawn(case).items():
        np.testing.assert_array_equal(value, first[name])
    assert not np.array_equal(model.p["dense/kernel"], first["dense/kernel"])


def test_noise_is_switched_off_in_the_copy_alone():
    case = moons((layers.Dense(8, "relu"), layers.Dropout(0.5)), 1)
    twin = fresh(case)
    without_noise(twin)
    assert [layer.rate for _, layer in twin.leaves() if isinstance(layer, layers.Dropout)] == [0.0]
    assert [layer.rate for _, layer in case.model.leaves() if isinstance(layer, layers.Dropout)] == [0.5]


def test_the_rates_of_a_run():
    case = digits(epochs=2, optimizer=Adam(CosineDecay(0.01, 90)))
    played = rates(case)
    np.testing.assert_allclose(played, [0.005 * (1 + np.cos(np.pi * t / 90)) for t in range(90)], rtol=1e-6)


@pytest.mark.parametrize(
    ("layer", "straight"),
    [
        (layers.Dense(4), True), (layers.Dense(4, "relu"), False), (layers.Activation("tanh"), False),
        (layers.Flatten(), True), (layers.BatchNormalization(), True), (layers.LeakyReLU(), False),
        (layers.LayerNormalization(), False), (layers.Dropout(0.5), True), (layers.PReLU(), True),
        (layers.Softmax(), False),
    ],
)  # fmt: skip
def test_which_layers_are_straight(layer, straight):
    """A fresh PReLU with slope 0 bends; what is straight depends on its slope."""
    model = Sequential([layers.Input((4,)), layer])
    if isinstance(layer, layers.PReLU):
        layer.set_weights([np.ones(4)])
    assert affine(model.wiring.steps[0], model) is straight


@pytest.mark.parametrize(
    ("layer", "straight"),
    [
        (layers.LSTM(3), False), (layers.LSTM(3, activation="linear"), False), (layers.GRU(3), False),
        (layers.SimpleRNN(3), False), (layers.SimpleRNN(3, activation="linear"), True),
    ],
)  # fmt: skip
def test_which_recurrent_layers_are_straight(layer, straight):
    model = Sequential([layers.Input((4, 2)), layer])
    assert affine(model.wiring.steps[0], model) is straight


@pytest.mark.parametrize(
    ("join", "straight"),
    [
        (lambda a, b: a + b, True), (lambda a, b: a * b, False), (lambda a, b: ops.maximum(a, b), False),
        (lambda a, b: layers.Concatenate()([a, b]), True), (lambda a, b: layers.Multiply()([a, b]), False),
        (lambda a, b: layers.Average()([a, b]), True), (lambda a, b: ops.square(a), False), (lambda a, b: a * 2, True),
    ],
)  # fmt: skip
def test_which_steps_of_a_graph_are_straight(join, straight):
    a, b = layers.Input((4,)), layers.Input((4,))
    model = Model([a, b], [join(a, b), b])
    assert affine(model.wiring.steps[-1], model) is straight


@pytest.mark.parametrize("activation", ["relu", "tanh", "softplus", "gelu"])
def test_the_library_s_own_gradients_are_right(activation: str):
    assert gradient_error(digits((16, 16), 1, activation=activation))[1] < 1e-4


def test_a_gradient_is_checked_on_no_more_rows_than_it_takes(monkeypatch: pytest.MonkeyPatch):
    rows, alone = [], inside.loss_alone
    monkeypatch.setattr(
        inside, "loss_alone", lambda m, p, x, *more, **by: (rows.append(len(x)), alone(m, p, x, *more, **by))[1]
    )
    for steps, least in ((64, 2), (16, 4), (1, 64)):
        recurrent = layers.SimpleRNN(3, return_sequences=True)
        model = Sequential([layers.Input((steps, 2)), recurrent, layers.Dense(1)], seed=0)
        model.compile("adam", "mse")
        x = np.random.default_rng(0).normal(size=(90, steps, 2)).astype("float32")
        assert gradient_error(Case(model, x, x[:, :, :1]))[1] < 1e-4
        assert {*rows} == {least}
        rows.clear()


def test_a_sequence_that_is_answered_step_by_step_has_many_answers_in_a_row():
    x = np.zeros((5000, 40, 2), "float32")
    steps, last = (layers.SimpleRNN(3, "softmax", return_sequences=many) for many in (True, False))
    for layer, rows in ((steps, 100), (last, 2000)):
        model = Sequential([layers.Input((40, 2)), layer])
        model.compile("sgd", "sparse_categorical_crossentropy")
        case = Case(model, x, np.arange(5000 * 40).reshape(5000, 40)[:, : 40 if rows == 100 else 1] % 3)
        assert len(facts.sample(case)[0]) == rows
        assert facts.enough(case, case.y, 64, 8) == (8 if rows == 100 else 64)
