"""Dense on the compiled engine is what the definition says, at every size."""

from __future__ import annotations

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid.layers import Dense
from pellucid.rng import Key


def network(inputs: int, units: int, **options: object) -> pellucid.Sequential:
    model = pellucid.Sequential(
        [Dense(units, input_shape=(inputs,), **options), Dense(5, activation="relu"), Dense(3, activation="softmax")],
        seed=3,
    )
    model.compile(pellucid.optimizers.Adam(epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@pytest.mark.parametrize("batch", [1, 2, 3, 5, 8, 13, 33])
@pytest.mark.parametrize("size", [1, 2, 7, 10, 16, 17, 31, 32, 33, 46, 64, 65])
def test_both_engines_agree(batch: int, size: int) -> None:
    x = Key(1).normal((batch, size))
    y = np.arange(batch) % 3
    both_engines(lambda: network(size, 66 - size), x, y, steps=2)
