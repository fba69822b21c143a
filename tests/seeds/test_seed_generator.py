"""Seeds one after another, and where they may stand; what Keras does with them is in the names of the tests."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import initializers
from pellucid.errors import WrongType
from pellucid.layers import AlphaDropout, Dense, Dropout, Flatten, GaussianDropout, GaussianNoise, Layer
from pellucid.random import SeedGenerator
from pellucid.rng import Key

NOISY = [Dropout, AlphaDropout, GaussianDropout, GaussianNoise]
every_kind = pytest.mark.parametrize("kind", NOISY)
X = np.ones((4, 16), "float32")


def drawn(layer: Layer, times: int = 2) -> np.ndarray:
    return np.stack([layer(X, training=True) for _ in range(times)])


@every_kind
def test_layers_of_one_seed_draw_the_same_call_by_call_whatever_their_names(kind: Any) -> None:
    one, two = drawn(kind(0.5, seed=1337, name="one")), drawn(kind(0.5, seed=1337, name="two"))
    np.testing.assert_array_equal(one, two)
    assert (one[0] != one[1]).any()
    assert (one != drawn(kind(0.5, seed=1338))).any()
    assert (drawn(kind(0.5)) != drawn(kind(0.5))).any()


def test_another_process_draws_the_same() -> None:
    code = (
        "import numpy as np; from pellucid.layers import Dropout\n"
        "print(Dropout(0.5, seed=1337)(np.ones((4, 16)), training=True).tolist())"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(told.stdout) == drawn(Dropout(0.5, seed=1337))[0].tolist()


@every_kind
@pytest.mark.parametrize("eagerly", [False, True], ids=["compiled", "definition"])
def test_a_training_draws_by_step_and_seed_wherever_the_layer_stands(kind: Any, eagerly: bool) -> None:
    """With seeded noise alone, neither the model's seed nor what stands in front changes a bit of what is learned."""

    def trained(seed: int, *front: Layer) -> list[Any]:
        dense = Dense(1, kernel_initializer="ones")
        model = pellucid.Sequential([pellucid.Input((16,)), *front, kind(0.5, seed=-7), dense], seed=seed)
        model.compile("sgd", "mse", run_eagerly=eagerly)
        return [model.train_on_batch(X, X[:, :1]) for _ in range(3)] + [dense.get_weights()[0].tolist()]

    one = trained(1)
    assert one == trained(2, Flatten(), pellucid.Sequential([Flatten()]))
    assert len({str(loss) for loss in one[:3]}) == 3


@every_kind
def test_the_compiled_noise_is_that_of_the_definition(kind: Any) -> None:
    losses = []
    for eagerly in (False, True):
        model = pellucid.Sequential([pellucid.Input((16,)), kind(0.5, seed=3), kind(0.5, seed=3)], seed=1)
        model.compile("sgd", "mse", run_eagerly=eagerly)
        losses.append([model.train_on_batch(X, X) for _ in range(3)])
    np.testing.assert_allclose(*losses, rtol=1e-6)


def test_a_model_called_by_itself_counts_its_calls_as_a_layer_does() -> None:
    model = pellucid.Sequential([pellucid.Input((16,)), Dropout(0.5, seed=5)], seed=1)
    np.testing.assert_array_equal([model(X, training=True) for _ in range(2)], drawn(Dropout(0.5, seed=5)))


def test_the_state_is_the_seed_and_a_count() -> None:
    generator = SeedGenerator(5)
    assert [generator.next().tolist() for _ in range(3)] == [[5, 0], [5, 1], [5, 2]]
    assert generator.state.tolist() == [5, 3]
    assert SeedGenerator(9).take() == 9
    assert len({generator.take() for _ in range(20)}) == 20
    assert SeedGenerator().take() != SeedGenerator().take()


def test_an_initializer_with_a_generator_draws_anew_and_one_with_a_number_does_not() -> None:
    drawing, fixed = initializers.HeNormal(seed=SeedGenerator(5)), initializers.HeNormal(seed=5)
    draws = [drawing((3, 4)) for _ in range(3)]
    np.testing.assert_array_equal(draws[0], fixed((3, 4)))
    np.testing.assert_array_equal(fixed((3, 4)), fixed((3, 4)))
    assert (draws[0] != draws[1]).any()
    assert (draws[1] != draws[2]).any()
    again = initializers.HeNormal(seed=SeedGenerator(5))
    np.testing.assert_array_equal(draws, [again((3, 4)) for _ in range(3)])


def test_an_initializer_is_saved_as_keras_saves_it() -> None:
    saved = json.loads(json.dumps(initializers.serialize(initializers.HeNormal(seed=SeedGenerator(5, name="g")))))
    assert saved["config"]["seed"] == {
        "module": "keras.random", "class_name": "SeedGenerator", "config": {"seed": 5, "name": "g"},
        "registered_name": None,
    }  # fmt: skip
    np.testing.assert_array_equal(initializers.get(saved)((3, 4)), initializers.HeNormal(seed=5)((3, 4)))


@every_kind
def test_layers_that_share_a_generator_differ_and_keep_what_they_took(kind: Any) -> None:
    generator = SeedGenerator(5)
    one, two = kind(0.5, seed=generator), kind(0.5, seed=generator)
    assert one.seed == 5
    assert (drawn(one) != drawn(two)).any()
    again = kind.from_config(json.loads(json.dumps(two.get_config())))
    np.testing.assert_array_equal(drawn(again), drawn(kind(0.5, seed=two.seed)))


@pytest.mark.parametrize(
    "make", [lambda s: Dropout(0.5, seed=s), lambda s: initializers.HeNormal(seed=s), SeedGenerator]
)
@pytest.mark.parametrize("seed", [1.5, "1337", [1]])
def test_what_is_no_seed_is_refused(make: Any, seed: Any) -> None:
    with pytest.raises(WrongType, match="argument seed"):
        make(seed)


def test_a_key_knows_the_step_whose_noise_it_is_of() -> None:
    key = Key(3).noise(4).fold(0, 1)
    assert key.step == 4
    assert key == Key(3).fold("noise", 4, 0, 1)
