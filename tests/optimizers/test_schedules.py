"""Learning rate schedules: what they refuse, the user's own, and how they are saved. Their numbers: test_golden.py."""

from __future__ import annotations

import json

import pytest

from pellucid import registry
from pellucid.errors import InvalidArgument, UnknownName, WrongType
from pellucid.optimizers import SGD, schedules

ROWS = [
    schedules.ExponentialDecay(0.1, 10, 0.9, staircase=True),
    schedules.InverseTimeDecay(0.1, 10, 0.9),
    schedules.PolynomialDecay(0.1, 10, power=2.0, cycle=True),
    schedules.PiecewiseConstantDecay([10, 20], [0.1, 0.01, 0.001]),
    schedules.CosineDecay(0.1, 10, warmup_target=0.2, warmup_steps=5),
    schedules.CosineDecayRestarts(0.1, 10),
    schedules.OneCycle(0.1, 10),
]


@pytest.mark.parametrize("schedule", ROWS, ids=lambda schedule: type(schedule).__name__)
def test_saved_and_read_again(schedule):
    saved = json.loads(json.dumps(schedules.serialize(schedule)))
    again = schedules.deserialize(saved)
    assert again.get_config() == schedule.get_config()
    assert [again(step) for step in range(40)] == [schedule(step) for step in range(40)]
    optimizer = SGD.from_config(json.loads(json.dumps(SGD(schedule).get_config())))
    assert optimizer.learning_rate == schedule(0)


@pytest.mark.parametrize("schedule", ROWS, ids=lambda schedule: type(schedule).__name__)
def test_rates_are_finite_and_never_negative(schedule):
    rates = [schedule(step) for step in [*range(60), 10**6, 10**9]]
    assert all(type(rate) is float and 0 <= rate <= 0.2 for rate in rates)


def test_one_cycle_rises_then_falls_then_holds():
    schedule = schedules.OneCycle(1.0, 100)
    rates = [schedule(step) for step in range(100)]
    peak = rates.index(max(rates))
    assert peak == 29
    assert rates[:peak] == sorted(rates[:peak])
    assert rates[peak:] == sorted(rates[peak:], reverse=True)
    assert (rates[0], rates[-1]) == pytest.approx((1 / 25, 1 / 25 / 1e4))
    assert schedule(500) == rates[-1]


@pytest.mark.parametrize("pct_start", [0.0, 0.01, 0.99])
def test_one_cycle_without_a_rise_or_fall(pct_start):
    schedule = schedules.OneCycle(1.0, 2, pct_start=pct_start)
    assert 0 < schedule(1) < schedule(0) <= 1 or schedule(0) < schedule(1)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("ExponentialDecay", (0.1, 0, 0.9)),
        ("ExponentialDecay", (-0.1, 10, 0.9)),
        ("ExponentialDecay", (0.1, 10, 0.0)),
        ("InverseTimeDecay", (0.1, -1, 0.9)),
        ("PolynomialDecay", (0.1, 0)),
        ("PolynomialDecay", (0.1, 10, -1.0)),
        ("PiecewiseConstantDecay", ([10, 5], [1.0, 0.5, 0.1])),
        ("PiecewiseConstantDecay", ([10, 10], [1.0, 0.5, 0.1])),
        ("PiecewiseConstantDecay", ([10], [1.0, 0.5, 0.1])),
        ("PiecewiseConstantDecay", ([], [1.0])),
        ("CosineDecay", (0.1, 0)),
        ("CosineDecay", (0.1, 10, -0.5)),
        ("CosineDecay", ("0.1", 10)),
        ("CosineDecayRestarts", (0.1, 0)),
        ("CosineDecayRestarts", (0.1, 10, 0.5)),
        ("OneCycle", (0.1, 1)),
        ("OneCycle", (0.1, 10, 1.0)),
        ("OneCycle", (0.1, 2.5)),
    ],
)
def test_bad_arguments_are_refused(name, arguments):
    with pytest.raises((InvalidArgument, WrongType), match=name):
        getattr(schedules, name)(*arguments)


def falling(step):
    return 0.1 / (1 + step)


def test_a_function_of_ones_own():
    optimizer = SGD(falling)
    assert optimizer.learning_rate == 0.1
    saved = optimizer.get_config()
    assert saved["learning_rate"]["config"] == "falling"
    with pytest.raises(UnknownName, match="get_custom_objects"):
        SGD.from_config(saved)
    registry.get_custom_objects()["falling"] = falling
    again = SGD.from_config(saved)
    assert [again._learning_rate(step) for step in (0, 1, 9)] == [0.1, 0.05, 0.01]


def test_a_function_without_arguments_is_called_without():
    assert SGD(lambda: 0.25).learning_rate == 0.25
    with pytest.raises(WrongType, match="one argument"):
        SGD(lambda step, epoch: 0.1)


def test_a_schedule_of_ones_own():
    @registry.register_keras_serializable("mine")
    class Halving(schedules.LearningRateSchedule):
        def __init__(self, start, every=10):
            self.start, self.every = start, every

        def __call__(self, step):
            return self.start * 0.5 ** (step // self.every)

    optimizer = SGD(Halving(0.8))
    again = SGD.from_config(json.loads(json.dumps(optimizer.get_config())))
    assert again._learning_rate(25) == 0.2


def test_a_word_is_no_schedule():
    with pytest.raises(UnknownName):
        schedules.deserialize({"class_name": "CosineDecoy", "config": {}})
