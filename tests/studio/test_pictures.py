"""What a picture of a neuron costs a training, and that it is the same for all that."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid.layers import Dense
from pellucid.studio.pictures import Scene, in_bytes, neuron

DATA = np.random.default_rng(0).integers(0, 256, (40, 5, 3), dtype="uint8")


class Looking(Scene):
    """A scene that notes the shapes of what its layers answer."""

    def walk(self, *asked: Any) -> dict[str, np.ndarray]:
        found = super().walk(*asked)
        self.kept["shapes"] = {name: y.shape for name, y in found.items()}
        return found


@pytest.fixture
def scene() -> Looking:
    pellucid.utils.set_random_seed(3)
    layers = [pellucid.layers.Flatten(), Dense(6, activation="relu", name="first"), Dense(4, "softmax", name="last")]
    model = pellucid.Sequential([pellucid.Input((5, 3)), *layers])
    return Looking(model, SimpleNamespace(x_train=DATA, validation=(DATA, DATA), text="", windows=False))  # type: ignore[arg-type]


@pytest.mark.parametrize(("layer", "computed"), [("first", 1), ("last", 4)])
def test_of_a_neuron_alone_what_it_answers_is_computed_unless_others_count(scene: Looking, layer: str, computed: int):
    whole = scene.walk(DATA)[layer]
    _, arrays = neuron(scene, {"layer": layer, "unit": 2})
    assert scene.kept["shapes"][layer] == (40, computed)
    np.testing.assert_array_equal(arrays["strongest"], np.argsort(-whole[:, 2], kind="stable")[:9])
    np.testing.assert_allclose(arrays["outputs"], np.sort(whole[:, 2])[::-1][:9], rtol=1e-5)
    assert scene.walk(DATA)["last"].shape == (40, 4)  # the network has all its weights


def test_examples_that_are_bytes_are_sent_as_such(scene: Looking):
    _, arrays = neuron(scene, {"layer": "first", "unit": 0})
    assert arrays["pictures"].dtype == np.uint8
    np.testing.assert_array_equal(arrays["pictures"], DATA[arrays["strongest"]])


@pytest.mark.parametrize("largest", [np.nan, np.inf])
def test_weights_that_are_not_finite_are_drawn(largest: float):
    values = np.array([largest, -largest, 3.0, -1.0], "float32")
    np.testing.assert_array_equal(in_bytes(values, largest), 0)
