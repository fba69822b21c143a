"""Optimizers on the compiled engine: every rule with every option does what the definition does."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines, close
from pellucid import optimizers
from pellucid.constraints import MaxNorm
from pellucid.layers import Dense, Flatten, LayerNormalization, Reshape
from pellucid.optimizers import schedules
from pellucid.rng import Key
from pellucid.training.checkpoint import Position, load_checkpoint, save_checkpoint

# Sizes that fill no vector, and more than one block of 4096 numbers.
INPUTS, UNITS, CLASSES, SAMPLES = 67, 131, 5, 24

# Rules that divide a gradient by its own size turn a gradient that is nothing but rounding (1e-9, say) into a whole
# step, of either sign. An epsilon well above such noise makes the comparison one of the rules.
EPSILON = 1e-3

RULES: dict[str, Callable[..., optimizers.Optimizer]] = {
    "sgd": lambda **o: optimizers.SGD(0.1, **o),
    "sgd, momentum": lambda **o: optimizers.SGD(0.1, momentum=0.9, **o),
    "sgd, nesterov": lambda **o: optimizers.SGD(0.1, momentum=0.9, nesterov=True, **o),
    "rmsprop": lambda **o: optimizers.RMSprop(0.01, epsilon=EPSILON, **o),
    "rmsprop, momentum": lambda **o: optimizers.RMSprop(0.01, momentum=0.9, epsilon=EPSILON, **o),
    "rmsprop, centered": lambda **o: optimizers.RMSprop(0.01, centered=True, epsilon=EPSILON, **o),
    "rmsprop, both": lambda **o: optimizers.RMSprop(0.01, momentum=0.9, centered=True, epsilon=EPSILON, **o),
    "adam": lambda **o: optimizers.Adam(0.01, epsilon=EPSILON, **o),
    "adam, amsgrad": lambda **o: optimizers.Adam(0.01, amsgrad=True, epsilon=EPSILON, **o),
    "adamw": lambda **o: optimizers.AdamW(0.01, epsilon=EPSILON, **{"weight_decay": 0.3} | o),
    "adadelta": lambda **o: optimizers.Adadelta(1.0, epsilon=EPSILON, **o),
    "adagrad": lambda **o: optimizers.Adagrad(0.1, **o),
    "adamax": lambda **o: optimizers.Adamax(0.01, epsilon=EPSILON, **o),
    "nadam": lambda **o: optimizers.Nadam(0.01, epsilon=EPSILON, **o),
    "ftrl": lambda **o: optimizers.Ftrl(0.1, **o),
    "ftrl, all": lambda **o: optimizers.Ftrl(
        0.1, l1_regularization_strength=0.01, l2_regularization_strength=0.1,
        l2_shrinkage_regularization_strength=0.05, beta=0.2, **o,
    ),
    "ftrl, power": lambda **o: optimizers.Ftrl(0.1, learning_rate_power=-0.7, **o),
    "ftrl, power 0": lambda **o: optimizers.Ftrl(0.1, learning_rate_power=0.0, **o),
    "ftrl, rate 0": lambda **o: optimizers.Ftrl(0.0, **o),
    "lion": lambda **o: optimizers.Lion(0.001, **o),
    "lamb": lambda **o: optimizers.Lamb(0.01, epsilon=EPSILON, **o),
    "adafactor": lambda **o: optimizers.Adafactor(0.01, epsilon_1=EPSILON**2, **o),
    "adafactor, clipped": lambda **o: optimizers.Adafactor(
        0.5, beta_2_decay=-0.5, epsilon_1=EPSILON**2, epsilon_2=0.1, clip_threshold=0.3, **o
    ),
    "muon": lambda **o: optimizers.Muon(0.01, epsilon=EPSILON, **o),
    "muon, plain": lambda **o: optimizers.Muon(
        0.01, epsilon=EPSILON, nesterov=False, rms_rate=None, adam_lr_ratio=0.5, ns_steps=2, exclude_layers=["last"],
        **o,
    ),
    "schedule free": lambda **o: optimizers.ScheduleFreeAdamW(0.01, epsilon=EPSILON, **o),
    "schedule free, warmup": lambda **o: optimizers.ScheduleFreeAdamW(0.01, epsilon=EPSILON, warmup_steps=3, **o),
}  # fmt: skip

OPTIONS: dict[str, dict[str, Any]] = {
    "weight_decay": {"weight_decay": 0.2},
    "clipvalue": {"clipvalue": 0.003},
    "clipnorm": {"clipnorm": 0.05},
    "global_clipnorm": {"global_clipnorm": 0.05},
    "loss_scale_factor": {"loss_scale_factor": 1000.0},
    "use_ema": {"use_ema": True, "ema_momentum": 0.7},
    "ema_overwrite_frequency": {"use_ema": True, "ema_momentum": 0.7, "ema_overwrite_frequency": 2},
    "gradient_accumulation_steps": {"gradient_accumulation_steps": 3},
    "together": {
        "weight_decay": 0.1, "global_clipnorm": 0.05, "loss_scale_factor": 8.0, "use_ema": True,
        "ema_overwrite_frequency": 2, "gradient_accumulation_steps": 2,
    },
}  # fmt: skip

SCHEDULES: dict[str, Any] = {
    "cosine": lambda: schedules.CosineDecay(0.1, 4, alpha=0.1, warmup_target=0.2, warmup_steps=2),
    "restarts": lambda: schedules.CosineDecayRestarts(0.1, 2),
    "exponential": lambda: schedules.ExponentialDecay(0.1, 3, 0.5),
    "inverse time": lambda: schedules.InverseTimeDecay(0.1, 3, 0.5, staircase=True),
    "piecewise": lambda: schedules.PiecewiseConstantDecay([1, 3], [0.1, 0.05, 0.01]),
    "polynomial": lambda: schedules.PolynomialDecay(0.1, 4, 0.01, power=2.0),
    "one cycle": lambda: schedules.OneCycle(0.2, 6),
    "function": lambda: lambda step: 0.1 / (1 + step),
}


def data() -> tuple[np.ndarray, np.ndarray]:
    return Key(1).normal((SAMPLES, INPUTS)), np.arange(SAMPLES) % CLASSES


def network(optimizer: optimizers.Optimizer, *, constraint: Any = None, frozen: bool = False) -> pellucid.Sequential:
    model = pellucid.Sequential(
        [
            Dense(UNITS, activation="tanh", input_shape=(INPUTS,), name="first", kernel_constraint=constraint),
            Dense(7, activation="tanh", name="middle", trainable=not frozen),
            Dense(CLASSES, name="last"),
        ],
        seed=3,
    )
    model.compile(optimizer, pellucid.losses.SparseCategoricalCrossentropy(from_logits=True))
    return model


def agree(make: Callable[[], pellucid.Sequential], *, steps: int = 6, tolerance: float = 2e-5, **options: Any) -> None:
    both_engines(make, *data(), steps=steps, tolerance=tolerance, **options)


def tolerance_of(rule: str) -> float:
    """Newton and Schulz steps multiply small singular values, and their rounding, by 3.4 each. Lion's steps have one
    length for all gradients: rounding may turn the sign of a small one. The others only repeat the definition."""
    return 2e-3 if "muon" in rule or "lion" in rule else 5e-5


@pytest.mark.parametrize("rule", RULES)
def test_both_engines_agree(rule: str) -> None:
    agree(lambda: network(RULES[rule]()), tolerance=tolerance_of(rule))


@pytest.mark.parametrize("option", OPTIONS)
@pytest.mark.parametrize("rule", ["sgd, momentum", "adam", "lamb", "adafactor", "muon", "rmsprop, both"])
def test_with_what_all_share(rule: str, option: str) -> None:
    agree(lambda: network(RULES[rule](**OPTIONS[option])), tolerance=tolerance_of(rule))


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_with_schedules(schedule: str) -> None:
    agree(lambda: network(optimizers.Adam(SCHEDULES[schedule](), epsilon=EPSILON)))
    agree(lambda: network(optimizers.SGD(SCHEDULES[schedule](), gradient_accumulation_steps=2)))


@pytest.mark.parametrize("rule", ["adamw", "lamb", "muon", "adafactor"])
def test_frozen_layers_stay(rule: str) -> None:
    shared = {"use_ema": True, "global_clipnorm": 0.05}
    agree(lambda: network(RULES[rule](**shared), frozen=True), tolerance=tolerance_of(rule))
    model = network(RULES[rule](**shared), frozen=True)
    model.train_on_batch(*data())
    before = model.theta.data.copy()
    model.train_on_batch(*data())
    moved = {name for name, now in model.theta.items() if (now.reshape(-1) != before[model.theta.slices[name]]).any()}
    assert moved == {"first/kernel", "first/bias", "last/kernel", "last/bias"}


def test_what_is_frozen_while_gradients_are_accumulated_is_forgotten() -> None:
    machine, definition = (network(optimizers.SGD(0.1, gradient_accumulation_steps=3)) for _ in range(2))
    definition.run_eagerly = True
    for step in range(9):
        for model in (machine, definition):
            model.get_layer("middle").trainable = step not in (1, 2, 3, 4)
            model.train_on_batch(*data())
        got, wanted = (model.optimizer.memory.accumulated.data for model in (machine, definition))
        close(f"step {step}, accumulated", got, wanted)
        close(f"step {step}", machine.theta.data, definition.theta.data)


def test_weight_decay_with_exclusions() -> None:
    def make() -> pellucid.Sequential:
        optimizer = optimizers.AdamW(0.05, weight_decay=2.0, epsilon=EPSILON)
        optimizer.exclude_from_weight_decay(var_names=["bias", "middle"])
        return network(optimizer)

    agree(make)


@pytest.mark.parametrize("rule", RULES)
def test_all_thread_counts_leave_the_same_bits(rule: str, crew: list[int]) -> None:
    def trained(**options: Any) -> list[np.ndarray]:
        model = network(RULES[rule](**options), constraint=MaxNorm(0.9))
        model.fit(*data(), batch_size=7, epochs=3, verbose=0)
        return [model.theta.data, model.gradient.data, *model.optimizer.memory.vectors().values()]

    for options in ({}, OPTIONS["together"], {"clipnorm": 0.05}):
        crew[:] = [1, 3]
        wanted = trained(**options)
        for threads in (2, 3, 4):
            crew[0] = threads
            for a, b in zip(trained(**options), wanted, strict=True):
                np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("rule", RULES)
def test_a_resumed_run_goes_on_with_the_same_bits(rule: str, tmp_path: Path) -> None:
    def make() -> pellucid.Sequential:
        return network(RULES[rule](**OPTIONS["together"]))

    through, first, second = make(), make(), make()
    for _ in range(7):
        through.train_on_batch(*data())
    for _ in range(3):
        first.train_on_batch(*data())
    saved = save_checkpoint(tmp_path / "run", first, Position())
    second.train_on_batch(*data())  # another state, to be overwritten
    load_checkpoint(saved, second)
    for _ in range(4):
        second.train_on_batch(*data())
    np.testing.assert_array_equal(second.theta.data, through.theta.data)
    for name, vector in through.optimizer.memory.vectors().items():
        np.testing.assert_array_equal(second.optimizer.memory.vectors()[name], vector)


@pytest.mark.parametrize("rule", RULES)
def test_engines_may_change_places(rule: str) -> None:
    changing, definition = (network(RULES[rule](**OPTIONS["together"])) for _ in range(2))
    definition.run_eagerly = True
    for step in range(8):
        changing.run_eagerly = step % 4 > 1
        for model in (changing, definition):
            model.train_on_batch(*data())
        close(f"step {step}", changing.theta.data, definition.theta.data, tolerance_of(rule))
        for name, vector in definition.optimizer.memory.vectors().items():
            close(f"step {step}, {name}", changing.optimizer.memory.vectors()[name], vector, tolerance_of(rule))
    assert changing.optimizer.iterations == definition.optimizer.iterations == 4


def test_the_average_takes_the_weights_place_at_the_end_of_fit() -> None:
    machine, definition = (network(optimizers.Adam(0.05, use_ema=True, ema_momentum=0.8)) for _ in range(2))
    definition.run_eagerly = True
    for model in (machine, definition):
        model.fit(*data(), batch_size=7, epochs=3, verbose=0)
        np.testing.assert_array_equal(model.theta.data, model.optimizer.memory.average.data)
    close("theta", machine.theta.data, definition.theta.data, 1e-4)


class Quarter(optimizers.SGD):
    """A rule of a user's own, on top of one that has a compiled form."""

    def update(self, w: Any, g: Any, s: Any, lr: float, t: int) -> Any:
        return w - 0.25 * g, {}


@pytest.mark.parametrize("options", [{}, {"loss_scale_factor": 16.0}, {"gradient_accumulation_steps": 2}])
def test_a_rule_of_ones_own_steps_in_python(options: dict[str, Any]) -> None:
    agree(lambda: network(Quarter(**options)), compiled_update=False)


def test_nadam_long_after_its_momentum_has_settled() -> None:
    """From update 1000 on the product of its momenta is a power of beta_1."""
    optimizer = {name: optimizers.Nadam(0.01, beta_1=0.999, epsilon=EPSILON) for name in "ab"}
    machine, definition = (network(rule) for rule in optimizer.values())
    definition.run_eagerly = True
    for taken in (5, 998, 999, 1000, 1001, 2500):
        for model in (machine, definition):
            model.optimizer.steps_taken = taken
            model.train_on_batch(*data())
        close(f"update {taken + 1}", machine.theta.data, definition.theta.data)


@pytest.mark.parametrize("rule", ["adafactor", "lamb", "muon", "adam"])
def test_parameters_of_more_axes(rule: str) -> None:
    """Adafactor keeps a row and a column for each matrix within them; Muon leaves them to Adam."""
    shape = (3, 4, 5)

    def make() -> pellucid.Sequential:
        layers = [Reshape(shape, input_shape=(60,)), LayerNormalization(axis=(1, 2, 3)), Flatten(), Dense(CLASSES)]
        model = pellucid.Sequential(layers, seed=3)
        model.compile(RULES[rule](), pellucid.losses.SparseCategoricalCrossentropy(from_logits=True))
        return model

    assert shape in [w.shape for w in make().weights]
    x, y = Key(1).normal((SAMPLES, 60)), np.arange(SAMPLES) % CLASSES
    both_engines(make, x, y, steps=5, tolerance=tolerance_of(rule))


def test_every_rule_is_in_the_table() -> None:
    kinds = {type(make()) for make in RULES.values()}
    rules = {p for p in vars(optimizers).values() if isinstance(p, type) and issubclass(p, optimizers.Optimizer)}
    assert kinds == rules - {optimizers.Optimizer, optimizers.MultiOptimizer}  # which steps in NumPy
