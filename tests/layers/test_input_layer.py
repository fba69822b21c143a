from __future__ import annotations

import numpy as np

from pellucid import layers as L

KERAS = {
    "batch_shape": [None, 784], "dtype": "float32", "sparse": False, "ragged": False,
    "name": "input_layer", "optional": False,
}  # fmt: skip


def test_shape_and_batch_shape_are_two_ways_to_say_it() -> None:
    assert L.Input((784,)).batch_shape == L.Input(batch_shape=(None, 784)).batch_shape == (None, 784)
    assert L.Input(shape=(2, 3), batch_size=8).batch_shape == (8, 2, 3)
    assert L.Input(batch_shape=[8, 2, 3]).declared_shape == (2, 3)
    assert L.Input(shape=()).batch_shape == (None,)
    assert L.Input((3,), name="x").name == "x"


def test_keras_config_is_read_and_written() -> None:
    layer = L.InputLayer.from_config(KERAS)
    assert layer.get_config() == KERAS
    assert L.InputLayer((784,)).get_config() == KERAS


def test_data_may_come_as_bytes() -> None:
    assert L.Input((3,), dtype="uint8").get_config()["dtype"] == "uint8"
    assert L.Input((3,), dtype=np.float64).get_config()["dtype"] == "float64"
