"""Layers that join several inputs, on both engines: of one shape and stretched to fit one another, and products."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from laws.engines import both_engines
from pellucid import Model
from pellucid import layers as L
from pellucid.rng import Key

SHAPES = [
    [(5,), (5,)], [(3, 5), (5,)], [(5,), (3, 5)], [(3, 1), (1, 5)], [(3, 5), (1,)], [(2, 3, 1), (1, 5)], [(1,), (1,)],
    [(2, 1, 3, 1), (4, 1, 5)],
]  # fmt: skip
THREE = [[(4,), (3, 1), (1, 4)], [(1,), (2, 3), (2, 3)], [(4,), (4,), (3, 4)]]
KINDS = ["Add", "Average", "Multiply", "Maximum", "Minimum"]
JOINING: list[tuple[str, dict[str, Any], list[Any]]] = [
    *((kind, {}, shapes) for kind in (*KINDS, "Subtract") for shapes in SHAPES),
    *((kind, {}, shapes) for kind in KINDS for shapes in THREE),
    *(
        ("Dot", {"axes": axes, "normalize": normalize}, shapes)
        for normalize in (False, True)
        for shapes, axes in (
            ([(4,), (4,)], 1), ([(3, 4), (4,)], [2, 1]), ([(3, 4), (4, 2)], [2, 1]), ([(4, 3), (4, 2)], 1),
            ([(2, 4, 3), (5, 4)], [2, 2]), ([(3, 4), (3, 4)], -1),
        )
    ),
]  # fmt: skip


def joined(kind: str, options: dict[str, Any], shapes: list[Any]) -> Model:
    """Each input through a layer with weights, joined, and judged."""
    inputs = [L.Input(shape) for shape in shapes]
    fronts = [L.Dense(shape[-1], "tanh")(x) for x, shape in zip(inputs, shapes, strict=True)]
    y = getattr(L, kind)(**options)(fronts)
    model = Model(inputs, L.Dense(2)(L.Flatten()(y)), seed=4)
    model.compile("sgd", "mse")
    return model


def data(shapes: list[Any], n: int = 23) -> tuple[list[np.ndarray], np.ndarray]:
    return [Key(i).normal((n, *shape)) for i, shape in enumerate(shapes)], Key(9).normal((n, 2))


@pytest.mark.parametrize(("kind", "options", "shapes"), JOINING, ids=[f"{k} {o} {s}" for k, o, s in JOINING])
def test_both_engines_join_alike(kind: str, options: dict[str, Any], shapes: list[Any]) -> None:
    both_engines(lambda: joined(kind, options, shapes), *data(shapes), tolerance=1e-4)


@pytest.mark.parametrize(
    ("kind", "options", "shapes"),
    [JOINING[5], JOINING[13], ("Maximum", {}, THREE[0]), ("Average", {}, SHAPES[1]), JOINING[-1], JOINING[-4]],
    ids=str,
)
def test_one_two_and_four_threads_leave_the_same_bits(
    crew: list[int], kind: str, options: dict[str, Any], shapes: list[Any]
) -> None:
    found = []
    for threads in (1, 2, 4):
        crew[:] = threads, 1000
        model, (x, y) = joined(kind, options, shapes), data(shapes, 203)
        model.fit(x, y, batch_size=67, epochs=3, verbose=0)
        found.append(model.theta.data.tolist())
    assert found[0] == found[1] == found[2]
