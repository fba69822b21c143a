"""The threads meet wherever one would read what another writes, and hardly anywhere else."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid.layers import Dense, Dropout
from pellucid.machine.passes.barriers import meetings, races
from pellucid.program import Buffer, Op, Program
from pellucid.rng import Key
from pellucid.training.lowering import lower_prediction, lower_step


def step_of(
    model: Any, x: Any, y: Any, weights: Any = None, *, training: bool = True, fused: bool = False
) -> tuple[Program, list[Op]]:
    model.train_on_batch(x, y)
    code = lower_step(model, 8, x, y, weights, training=training, fused=fused).code
    return code, [op for section in code.sections.values() for op in section]


def classifier(widths: list[int], hidden: str = "relu", dropout: float = 0.0, **compiled: Any) -> pellucid.Sequential:
    inputs, *hiddens, outputs = widths
    layers: list[L.Layer] = [L.Input((inputs,))]
    for width in hiddens:
        layers += [Dense(width, activation=hidden), *([Dropout(dropout)] if dropout else [])]
    model = pellucid.Sequential([*layers, Dense(outputs, activation="softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy", **compiled)
    return model


# How many barriers a step had when they were placed by hand.
BY_HAND = {
    "784-128-10": ([784, 128, 10], {}, 7),
    "784-64-dropout-10": ([784, 64, 10], {"dropout": 0.2}, 10),
    "30-64-64-3": ([30, 64, 64, 3], {}, 9),
    "2-8-2, tanh": ([2, 8, 2], {"hidden": "tanh"}, 9),
}


@pytest.mark.parametrize("fused", [False, True])
@pytest.mark.parametrize("name", BY_HAND)
def test_no_more_barriers_than_a_careful_hand_places(name: str, fused: bool) -> None:
    widths, options, by_hand = BY_HAND[name]
    code, ops = step_of(classifier(widths, **options), Key(1).normal((8, widths[0])), np.arange(8) % 2, fused=fused)
    assert sum(meetings(ops, code.batch)) <= by_hand


def residual() -> pellucid.Model:
    """With whatever has a barrier for a reason of its own."""
    a, b = L.Input((6,), name="a"), L.Input((4,), name="b")
    y = L.Concatenate()([Dense(6, activation="relu", kernel_regularizer="l2")(a), b])
    y = L.Add()([L.BatchNormalization()(y), Dense(10, activation="tanh", kernel_constraint="max_norm")(y)])
    y = L.Dropout(0.3)(L.LayerNormalization()(y))
    model = pellucid.Model([a, b], [Dense(3, activation="softmax")(y), Dense(1, activity_regularizer="l1")(y)], seed=1)
    model.compile(
        pellucid.optimizers.Lamb(0.01, global_clipnorm=1.0, use_ema=True), ["sparse_categorical_crossentropy", "mse"],
        metrics=[["accuracy"], ["mae"]],
    )  # fmt: skip
    return model


RESIDUAL = [Key(1).normal((8, 6)), Key(2).normal((8, 4))], [np.arange(8) % 3, Key(3).normal((8, 1))]


def programs() -> dict[str, tuple[Program, list[Op]]]:
    x, y = Key(1).normal((8, 7)), np.arange(8) % 3
    plain = classifier([7, 9, 3], metrics=["accuracy"], weighted_metrics=["accuracy"])
    model = residual()
    model.train_on_batch(*RESIDUAL)
    parts = pellucid.arrays.Parts(map(np.asarray, RESIDUAL[0])), pellucid.arrays.Parts(map(np.asarray, RESIDUAL[1]))
    code = lower_step(model, 8, *parts, None, training=True).code
    predicting = lower_prediction(model, 8, [(6,), (4,)]).code
    return {
        "fused": step_of(plain, x, y, fused=True),
        "weighted": step_of(plain, x, y, np.ones(8, "float32")),
        "evaluated": step_of(plain, x, y, training=False),
        "residual": (code, [op for section in code.sections.values() for op in section]),
        "predicted": (predicting, [op for section in predicting.sections.values() for op in section]),
    }


PROGRAMS = programs()


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_missing_barrier_is_found(name: str) -> None:
    """With all of them there is no race; without any one of them there is."""
    code, ops = PROGRAMS[name]
    meets = meetings(ops, code.batch)
    assert list(races(ops, code.batch, meets)) == []
    for i in np.flatnonzero(meets):
        if not ops[i].decides:
            without = [there and place != i for place, there in enumerate(meets)]
            assert i in {before for before, _ in races(ops, code.batch, without)}, ops[i].kernel


def ops_of(*written: tuple[str, tuple[Any, ...]], decides: int | None = None) -> list[Op]:
    return [Op(kernel, operands, decides=i == decides) for i, (kernel, operands) in enumerate(written)]


def places(*sizes: int) -> list[Buffer]:
    starts = np.cumsum([0, *(64 * size for size in sizes)]).tolist()
    return [Buffer("work", start, (size,)) for start, size in zip(starts, sizes, strict=False)]


def test_what_is_shared_out_alike_needs_no_barrier() -> None:
    a, b, c, d = places(20, 20, 20, 20)
    chain = [("tanh", (x, y, 20, 0.0, 0.0, 0.0)) for x, y in pairwise((a, b, c, d))]
    assert sum(meetings(ops_of(*chain), 64)) == 1  # once a step, to agree whether to stop
    rows = [("softmax", (b, c, 1, 20))]
    assert meetings(ops_of(chain[0], *rows, chain[2]), 64) == [True, True, False]


def test_the_next_step_does_not_overwrite_what_this_one_reads() -> None:
    """The batch that is gathered next may be smaller: its parts are others."""
    a, b = places(20, 20)
    ops = ops_of(("noise.normal", (a, 20, 0.0, 1.0, 1, 0)), ("tanh", (a, b, 20, 0.0, 0.0, 0.0)))
    assert meetings(ops, 64) == [False, True]


def test_a_step_in_which_threads_would_never_meet_has_one_barrier() -> None:
    assert meetings(ops_of(("constraint.non_neg", (20, Buffer("theta", 0, (20,), False)))), 64) == [True]
