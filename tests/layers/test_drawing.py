"""Random numbers within `call`: new at each step and each prediction, the same for the same seed, on both engines."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import close
from pellucid import errors, ops
from pellucid import layers as L
from pellucid.random import SeedGenerator, dropout, normal, truncated_normal, uniform
from pellucid.rng import Key
from pellucid.utils import register_keras_serializable

X = Key(1).normal((20, 4))

DRAW = {
    "normal": lambda x, seed: normal(ops.shape(x), 0.5, 2.0, seed=seed),
    "uniform": lambda x, seed: uniform((None, 4), -1.0, 3.0, seed=seed),
    "truncated_normal": lambda x, seed: truncated_normal((x.shape[0], 4), seed=seed),
    "dropout": lambda x, seed: dropout(x, 0.4, seed=seed),
    "of all": lambda x, seed: normal((4,), seed=seed),
}
SEEDS = {"none": lambda: None, "generator": lambda: SeedGenerator(7), "unseeded": SeedGenerator}


@register_keras_serializable("drawing")
class Noisy(L.Layer):
    """Two draws, added to x."""

    def __init__(self, kind: str = "normal", seed: Any = None, **options: Any) -> None:
        super().__init__(**options)
        self.kind, self.seed = kind, seed

    def call(self, x: Any) -> Any:
        return x + 0.1 * DRAW[self.kind](x, self.seed) - 0.2 * DRAW[self.kind](x, self.seed)


@register_keras_serializable("drawing")
class Seeded(Noisy):
    """One with a generator of its own, as Keras's layers have it."""

    def __init__(self, seed: int, **options: Any) -> None:
        super().__init__("normal", SeedGenerator(seed), **options)

    def get_config(self) -> dict[str, Any]:
        return {"seed": self.seed.seed, "name": self.name}


def model(kind: str, seed: Any = None, eager: bool = False, of: int = 3) -> Any:
    made = pellucid.Sequential([L.Input((4,)), L.Dense(4, "tanh"), Noisy(kind, seed), L.Dense(2)], seed=of)
    made.compile(pellucid.optimizers.SGD(0.1), "mse", run_eagerly=eager)
    return made


def fitted(kind: str, **options: Any) -> Any:
    made = model(kind, **options)
    made.fit(X, X[:, :2], epochs=3, batch_size=8, verbose=0, validation_data=(X, X[:, :2]))
    return made


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", DRAW)
def test_both_engines_draw_the_same(kind: str, seed: str) -> None:
    compiled, eager = (fitted(kind, seed=SEEDS[seed](), eager=eager) for eager in (False, True))
    close("theta", compiled.theta.data, eager.theta.data)
    assert compiled.history.history["val_loss"] == pytest.approx(eager.history.history["val_loss"], rel=1e-5)
    assert not compiled.engine.refusal
    for _ in range(2):
        close("prediction", compiled.predict(X), eager.predict(X))


@pytest.mark.parametrize("kind", DRAW)
def test_each_step_and_each_prediction_draws_anew(kind: str) -> None:
    made = model(kind)
    first, second = (made.gradients(X, X[:, :2]) for _ in range(2))
    assert all(np.array_equal(first[name], second[name]) for name in first)  # of one and the same step
    made.optimizer.steps_taken += 1
    assert not np.array_equal(made.gradients(X, X[:, :2])["dense/kernel"], first["dense/kernel"])
    seen = [made.predict(X, batch_size=10) for _ in range(2)] + [np.asarray(made(X)) for _ in range(2)]
    assert all(not np.array_equal(a, b) for i, a in enumerate(seen) for b in seen[:i])
    assert made.evaluate(X, X[:, :2], verbose=0) == made.evaluate(X, X[:, :2], verbose=0)


def test_batches_of_a_prediction_draw_apart() -> None:
    same = model("normal").predict(np.ones((8, 4)), batch_size=4)
    assert not np.array_equal(same[:4], same[4:])


def test_two_uses_and_two_layers_draw_apart() -> None:
    zero = L.Input((4,))
    shared = SeedGenerator(7)
    a, b = (Noisy("normal", shared)(zero) for _ in range(2))
    found = pellucid.Model(zero, [a, b], seed=1).predict(np.zeros((3, 4)))
    assert np.abs(found[0]).min() > 0  # 0.1 z − 0.2 z', and z is not z'
    assert not np.allclose(found[0], found[1])


def test_the_seed_of_the_model_says_it_all() -> None:
    a, b, other = fitted("normal"), fitted("normal"), fitted("normal", of=4)
    assert np.array_equal(a.theta.data, b.theta.data)
    assert not np.array_equal(a.theta.data, other.theta.data)
    assert np.array_equal(a.predict(X), b.predict(X))


def test_a_generator_with_a_seed_needs_no_other() -> None:
    """The models differ in their seed, not in their weights."""
    first, second = (model("normal", seed=SeedGenerator(7), of=of) for of in (3, 4))
    second.set_weights(first.get_weights())
    assert np.array_equal(first.predict(X), second.predict(X))


def test_a_whole_number_gives_the_same_numbers_each_time() -> None:
    made = model("normal", seed=5)
    assert np.array_equal(made.predict(X), made.predict(X))
    close("both engines", fitted("uniform", seed=5).theta.data, fitted("uniform", seed=5, eager=True).theta.data)


def test_a_resumed_run_is_the_whole_one(tmp_path: Path) -> None:
    options: dict[str, Any] = {"batch_size": 8, "verbose": 0, "validation_data": (X, X[:, :2])}
    whole, parts = (pellucid.Sequential([L.Input((4,)), Seeded(7), Noisy(), L.Dense(2)], seed=1) for _ in range(2))
    for one in (whole, parts):
        one.compile("adam", "mse")
    whole.fit(X, X[:, :2], epochs=4, **options)
    parts.fit(X, X[:, :2], epochs=2, **options)
    parts.save(tmp_path / "m.keras")
    again = pellucid.models.load_model(tmp_path / "m.keras")
    again.key = parts.key
    again.fit(X, X[:, :2], epochs=4, initial_epoch=2, **options)
    assert np.array_equal(whole.theta.data, again.theta.data)
    assert whole.history.history["val_loss"][2:] == again.history.history["val_loss"]


def test_gradients_flow_around_what_is_drawn() -> None:
    class Sampling(L.Layer):
        def call(self, inputs: Any) -> Any:
            mean, logvar = inputs
            return mean + ops.exp(0.5 * logvar) * normal(ops.shape(mean))

    x = L.Input((4,))
    made = pellucid.Model(x, L.Dense(2)(Sampling()([L.Dense(3)(x), L.Dense(3)(x)])), seed=2)
    made.compile("sgd", "mse")
    assert pellucid.check_gradients(made, X, X[:, :2]).worst_error < 1e-6


def test_a_copy_draws_what_the_model_draws() -> None:
    made = fitted("normal", seed=SeedGenerator(7))
    assert np.array_equal(copy.deepcopy(made).predict(X), made.predict(X))


@pytest.mark.parametrize("shape", [(None, None), (3, None), (0,), (2.5,), "ab"])
def test_a_shape_that_is_none_is_told(shape: Any) -> None:
    with pytest.raises(errors.PellucidError, match=r"random\.normal, argument shape"):
        L.Lambda(lambda x: x + normal(shape))(X)


def test_outside_of_a_call_numbers_come_at_once() -> None:
    with pytest.raises(errors.PellucidError, match=r"random\.normal, argument shape"):
        normal((None, 3))
    generator = SeedGenerator(1)
    assert not np.array_equal(uniform((5,), seed=generator), uniform((5,), seed=generator))
    assert np.array_equal(normal((5,), 1.0, 2.0, "float64", seed=1), Key(1).normal((5,), "float64", 1.0, 2.0))
    assert np.mean(dropout(np.ones((10, 100)), 0.3, seed=2) == 0) == pytest.approx(0.3, abs=0.05)
