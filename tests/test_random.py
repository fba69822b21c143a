"""Random numbers of more kinds: their laws, their seeds, what is refused, and that they are new within `call`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid import random
from pellucid.errors import PellucidError

MADE: dict[str, Callable[[Any], Any]] = {
    "randint": lambda seed: random.randint((2000,), -2, 3, seed=seed),
    "categorical": lambda seed: random.categorical(np.log([[0.1, 0.6, 0.3]]), 2000, seed=seed),
    "shuffle": lambda seed: random.shuffle(np.arange(2000), seed=seed),
    "binomial": lambda seed: random.binomial((2000,), 5, 0.3, seed=seed),
    "gamma": lambda seed: random.gamma((2000,), 3.0, seed=seed),
    "beta": lambda seed: random.beta((2000,), 2.0, 3.0, seed=seed),
}


@pytest.mark.parametrize("name", MADE)
def test_a_seed_gives_the_same_and_a_generator_others(name: str) -> None:
    make, seeds = MADE[name], random.SeedGenerator(3)
    np.testing.assert_array_equal(make(3), make(3))
    np.testing.assert_array_equal(make(seeds), make(3))
    assert (make(seeds) != make(3)).any()
    random.set_random_seed(1)
    first = make(None)
    assert (first != make(None)).any()
    random.set_random_seed(1)
    np.testing.assert_array_equal(make(None), first)


def test_they_follow_their_laws() -> None:
    counts = np.bincount(MADE["randint"](1) + 2, minlength=5)
    assert counts.sum() == 2000
    np.testing.assert_allclose(counts, 400, atol=80)
    np.testing.assert_allclose(np.bincount(MADE["categorical"](1)[0]) / 2000, [0.1, 0.6, 0.3], atol=0.04)
    np.testing.assert_array_equal(np.sort(MADE["shuffle"](1)), np.arange(2000))
    n, g, b = (MADE[name](1) for name in ("binomial", "gamma", "beta"))
    assert n.dtype == g.dtype == b.dtype == "float32"
    np.testing.assert_allclose([n.mean(), n.var(), g.mean(), g.var()], [1.5, 1.05, 3, 3], rtol=0.1)
    np.testing.assert_allclose([b.mean(), b.var()], [0.4, 0.04], rtol=0.1)
    x = np.arange(6).reshape(2, 3)
    np.testing.assert_array_equal(np.sort(random.shuffle(x, axis=1, seed=1), axis=1), x)


class Drawing(L.Layer):
    """A class drawn for each row, a number added, and the columns in another order."""

    def call(self, x: Any) -> Any:
        drawn = random.categorical(x, 1) + random.randint((None, 1), 0, 5)
        return pellucid.ops.cast(drawn, "float32") + 0.0 * random.shuffle(x, axis=1)[:, :1]


def test_within_call_they_are_new_at_each_step() -> None:
    x = L.Input((3,))
    model = pellucid.Model(x, Drawing()(x), seed=1)
    data = np.zeros((400, 3), "float32")
    y = model.predict(data, batch_size=400, verbose=0)
    assert set(np.unique(y)) == set(range(7))
    again = pellucid.Model(x, Drawing()(x), seed=1)
    np.testing.assert_array_equal(again.predict(data, batch_size=400, verbose=0), y)


class Gamma(L.Layer):
    """What cannot be drawn here."""

    def call(self, x: Any) -> Any:
        return x + random.gamma((3,), 1.0)


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda: random.randint((2,), 3, 3), "maxval: expected a whole number above 3"),
        (lambda: random.randint((2,), 0, 3, dtype="float32"), "dtype: expected a kind of whole number"),
        (lambda: random.categorical([1.0, 2.0], 1), r"logits: expected \(batch, classes\)"),
        (lambda: random.categorical([[1.0]], 0), "num_samples"),
        (lambda: random.shuffle([1, 2], axis=1), "axis"),
        (lambda: random.shuffle(L.Input((3,))), "not the batch"),
        (lambda: random.binomial((2,), 1.5, 0.5), "counts: expected whole numbers"),
        (lambda: random.binomial((2,), 1, 1.5), "probabilities: expected numbers from 0 to 1"),
        (lambda: random.gamma((2,), 0.0), "alpha: expected numbers above 0"),
        (lambda: random.beta((2,), 1.0, -1.0), "beta: expected numbers above 0"),
        (lambda: Gamma()(L.Input((3,))), "expected a use outside of call"),
    ],
)
def test_what_cannot_be_drawn_is_refused(call: Callable[[], Any], told: str) -> None:
    with pytest.raises(PellucidError, match=rf"random\.\w+.*{told}"):
        call()
