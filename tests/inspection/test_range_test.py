"""The learning rate range test: what it leaves untouched, what it reads off a curve, and when it says nothing."""

from __future__ import annotations

import copy
import math
import threading

import numpy as np
import pytest

import pellucid
from pellucid.errors import DataError, InvalidArgument, NotReady, WrongType
from pellucid.inspection.range_test import FALLEN, ExponentialSweep, judged, smooth
from pellucid.layers import BatchNormalization, Dense, Dropout, Layer
from pellucid.optimizers import SGD, Adam
from pellucid.optimizers.schedules import CosineDecay

RATES = np.geomspace(1e-5, 10, 121)  # 20 in a decade


def network(optimizer="adam", seed=0, **options):
    layers = [Dense(24), BatchNormalization(), Dense(24, "relu"), Dropout(0.2), Dense(3, "softmax")]
    model = pellucid.Sequential(layers, seed=seed)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


@pytest.fixture(scope="module")
def blobs():
    (x, y), _ = pellucid.datasets.blobs.load_data(n=600)
    return x, y


# Nothing changes ---------------------------------------------------------------------------------------------------


def everything(model):
    return {
        "theta": model.theta.data.tobytes(),
        "state": model.state.data.tobytes(),
        "gradient": model.gradient.data.tobytes(),
        **{name: value.tobytes() for name, value in model.optimizer.state().items()},
        **{name: value.tobytes() for name, value in model.meters.state().items()},
        "key": model.key,
        "history": copy.deepcopy(model.history.history),
        "stop": model.stop_training,
        "config": repr(model.get_compile_config()),
    }


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "definition"])
@pytest.mark.parametrize("rate", [0.01, CosineDecay(0.01, 200)], ids=["number", "schedule"])
def test_the_model_is_bit_for_bit_as_before(blobs, eager, rate):
    x, y = blobs
    model, twin = (network(Adam(rate, use_ema=True), run_eagerly=eager) for _ in range(2))
    for one in (model, twin):
        one.fit(x, y, epochs=3, verbose=0)
    before = everything(model)
    model.find_learning_rate(x, y, steps=60, repeats=2)
    assert everything(model) == before
    for one in (model, twin):  # and trains on as if nothing had been
        one.fit(x, y, epochs=2, verbose=0)
    assert everything(model) == everything(twin)


def test_an_unbuilt_model_stays_unbuilt(blobs):
    model = network()
    model.find_learning_rate(*blobs, steps=40, repeats=2)
    assert not model.built
    assert not model.optimizer.built


def test_the_global_seed_is_not_used_up(blobs):
    def drawn():
        pellucid.set_random_seed(5)
        model = network(seed=None)
        if looking:
            model.find_learning_rate(*blobs, steps=40, repeats=2)
        model.build((None, 2))
        return model.theta.data.copy()

    looking = False
    without = drawn()
    looking = True
    np.testing.assert_array_equal(drawn(), without)


# What it does ------------------------------------------------------------------------------------------------------


def test_both_engines_find_the_same(blobs):
    compiled, defined = (
        network(run_eagerly=eager).find_learning_rate(*blobs, steps=160, repeats=2, lowest=1e-5)
        for eager in (False, True)
    )
    np.testing.assert_allclose(compiled.losses[:, :100], defined.losses[:, :100], rtol=2e-3)
    assert compiled.suggestion == pytest.approx(defined.suggestion, rel=0.1)


def test_the_losses_are_those_of_training_at_these_rates(blobs):
    """The sweep, written out: full batches without noise, so that nothing depends on the order of the rows."""
    x, y = blobs

    def plain():
        model = pellucid.Sequential([Dense(8, "tanh"), Dense(3, "softmax")], seed=1)
        model.compile(SGD(0.5), "sparse_categorical_crossentropy")
        model.build((None, 2))
        return model

    found = plain().find_learning_rate(x, y, batch_size=len(x), lowest=1e-4, highest=1.0, steps=30, repeats=2)
    by_hand, losses = plain(), []
    for t in range(30):
        by_hand.optimizer.learning_rate = 1e-4 * 1e4 ** (t / 29)
        losses.append(by_hand.train_on_batch(x, y))
    np.testing.assert_allclose(found.losses, [losses, losses], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(found.rates, np.geomspace(1e-4, 1.0, 30))


def test_the_same_model_gives_the_same_test_and_another_seed_another(blobs):
    first, again, other = (network(seed=seed).find_learning_rate(*blobs, steps=60) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.losses, again.losses)
    assert first.reason == again.reason
    assert not np.array_equal(first.losses, other.losses)


def test_repeats_see_other_batches(blobs):
    losses = network().find_learning_rate(*blobs, steps=40, repeats=3).losses
    assert len({row.tobytes() for row in losses}) == 3


def test_weights_count(blobs):
    x, y = blobs
    model = network()
    plain = model.find_learning_rate(x, y, steps=40, repeats=2)
    by_class = model.find_learning_rate(x, y, steps=40, repeats=2, class_weight={0: 0.0, 1: 0.0})
    by_sample = model.find_learning_rate(x, y, steps=40, repeats=2, sample_weight=(y == 2).astype("float32"))
    np.testing.assert_array_equal(by_class.losses, by_sample.losses)
    assert by_class.losses[:, 0].max() < plain.losses[:, 0].min()


@pytest.mark.parametrize("rate", [1.0, 0.3])
def test_the_suggestion_scales_with_the_problem(rate):
    """Inputs and targets times c need a rate of 1/c²: SGD on squares is linear in the scale of both."""
    x = np.random.default_rng(0).normal(size=(400, 5)).astype("float32")
    y = x @ np.arange(1.0, 6.0, dtype="float32")
    found = []
    for c in (1.0, 1 / math.sqrt(rate)):
        model = pellucid.Sequential([Dense(1, kernel_initializer="zeros", use_bias=False)], seed=0)
        model.compile(SGD(), "mse")
        found.append(model.find_learning_rate(c * x, c * y))
    assert found[1].suggestion / found[0].suggestion == pytest.approx(rate, rel=0.15)


def test_real_digits_train_well_with_what_was_found():
    (x, y), (x_test, y_test) = pellucid.datasets.digits.load_data()
    x, x_test = x.reshape(-1, 64) / 16, x_test.reshape(-1, 64) / 16
    for optimizer in (SGD(), SGD(momentum=0.9), Adam()):
        model = pellucid.Sequential([Dense(32, "relu"), Dense(10, "softmax")], seed=0)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        found = model.find_learning_rate(x, y)
        assert found.suggestion is not None, found.reason
        model.optimizer.learning_rate = found.suggestion
        model.fit(x, y, epochs=10, verbose=0)
        assert model.evaluate(x_test, y_test, verbose=0)[1] > 0.95


# Reading a curve ---------------------------------------------------------------------------------------------------


def valley(shift=0.0, depth=1.0):
    """Flat, down to 2 − depth about the rate 10^(shift − 2), and up again: (S,)."""
    at = np.log10(RATES) - shift
    return 2 - depth / (1 + np.exp(-4 * (at + 2.5))) + np.exp(4 * (at + 0.5))


def read(*curves, noise=0.0):
    still = 2 + noise * np.random.default_rng(0).normal(size=(len(curves), len(RATES)))
    return judged(RATES, np.array(curves) - 2 + still, still)


def test_a_clear_valley():
    found = read(valley(), valley(0.1), valley(-0.1))
    curve = valley()[: int(valley().argmin()) + 1]
    assert found.lowest == pytest.approx(RATES[valley().argmin()], rel=0.3)
    assert found.steepest == pytest.approx(10**-2.5, rel=0.3)
    made = RATES[np.argmax(2 - curve >= FALLEN * (2 - curve.min()))]
    assert found.suggestion == pytest.approx(made, rel=0.3)
    for number in (found.suggestion, found.steepest, found.lowest):
        assert f"{number:.2g}" in found.reason


def test_hard_and_easy_batches_cancel():
    assert read(valley(), valley(), noise=0.5).suggestion == read(valley(), valley()).suggestion


@pytest.mark.parametrize(
    ("curves", "said"),
    [
        ((np.full(121, 2.0),) * 3, "so flat"),
        ((valley(depth=0.1),) * 3, "so flat"),
        ((valley(), valley(1.2), valley(-0.5)), "disagree"),
        ((2 - np.linspace(0, 1.5, 121),) * 3, "still falls at the highest rate"),
        ((np.where(RATES > 1e-2, np.nan, 2.0),) * 3, "shoots up before it falls"),
        ((np.full(121, np.nan),) * 3, "not finite"),
    ],
    ids=["flat", "nearly flat", "disagreeing", "monotone", "diverging", "never finite"],
)
def test_a_curve_that_supports_no_suggestion_says_so(curves, said):
    found = read(*curves)
    assert found.suggestion is None
    assert found.reason.startswith("No suggestion: ")
    assert said in found.reason
    assert found.reason.count(".\n") == 0


def test_a_loss_of_zero_leaves_nothing_to_learn():
    zeros = np.zeros((2, 121))
    assert "0 from the start" in judged(RATES, zeros, zeros).reason


def test_a_loss_of_either_sign_is_read_alike():
    assert (
        judged(RATES, np.array([valley() - 4] * 2), np.full((2, 121), -2.0)).suggestion
        == read(*[valley()] * 2).suggestion
    )


def test_smoothing_keeps_a_straight_line_and_halves_no_step():
    line = np.arange(50.0)
    np.testing.assert_allclose(smooth(line, 2.0)[10:-10], line[10:-10], rtol=1e-6)
    step = (line >= 25).astype(float)
    assert smooth(step, 2.0)[24] + smooth(step, 2.0)[25] == pytest.approx(1.0)


def test_the_sweep_is_geometric():
    sweep = ExponentialSweep(1e-4, 1.0, steps=9, first=100)
    np.testing.assert_allclose([sweep(100 + t) for t in range(9)], np.geomspace(1e-4, 1.0, 9))


# Trouble in training -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("eager", [False, True], ids=["compiled", "definition"])
def test_inputs_out_of_all_scale(blobs, eager):
    x, y = blobs
    model = pellucid.Sequential([Dense(8, "exponential"), Dense(3, "softmax")], seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy", run_eagerly=eager)
    found = model.find_learning_rate(1e4 * x, y, steps=40, repeats=2)
    assert found.suggestion is None
    assert "not finite" in found.reason


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"lowest": 0}, InvalidArgument, "argument lowest"),
        ({"lowest": "low"}, WrongType, "argument lowest"),
        ({"highest": 1e-8}, InvalidArgument, "argument highest: expected a number above 1e-07"),
        ({"highest": math.inf}, InvalidArgument, "argument highest"),
        ({"steps": 5}, InvalidArgument, "argument steps: expected a whole number at least 20"),
        ({"steps": 2.5}, WrongType, "argument steps"),
        ({"repeats": 1}, InvalidArgument, "argument repeats"),
        ({"batch_size": 0}, InvalidArgument, "argument batch_size"),
        ({"class_weight": {7: 1.0}}, InvalidArgument, "class_weight"),
        ({"y": None}, NotReady, "targets"),
        ({"y": [0, 1]}, DataError, "find_learning_rate, y"),
        ({"x": []}, DataError, "find_learning_rate, x"),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_wrong_arguments_are_told(blobs, change, error, said):
    x, y = blobs
    with pytest.raises(error, match=said):
        network().find_learning_rate(**{"x": x, "y": y, "steps": 40, "repeats": 2, **change})


def test_streams_are_refused_in_words(blobs):
    x, y = blobs
    with pytest.raises(WrongType, match="a stream"):
        network().find_learning_rate(iter([(x[:9], y[:9])]), None)


def test_not_compiled():
    with pytest.raises(NotReady, match="compile"):
        pellucid.Sequential([Dense(1)]).find_learning_rate([[1.0]], [1.0])


class Locked(Layer):
    """A layer that no copy can be made of."""

    def __init__(self):
        super().__init__()
        self.lock = threading.Lock()

    def forward(self, p, x, *, training, rng):
        return x, None

    def backward(self, p, cache, dy):
        return dy, {}


def test_a_layer_that_cannot_be_copied(blobs):
    model = pellucid.Sequential([Locked(), Dense(3, "softmax")], seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(InvalidArgument, match="parts can be copied"):
        model.find_learning_rate(*blobs)
