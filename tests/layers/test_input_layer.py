from __future__ import annotations

import numpy as np

from pellucid import layers as L

KERAS = {
    "batch_shape": [None, 784], "dtype": "float32", "sparse": False, "ragged": False,
    "name": "input_layer", "optional": False,
}  # fmt: skip


def test_shape_and_batch_shape_are_two_ways_to_say_it() -> None:
    assert L.InputLayer((784,)).batch_shape == L.InputLayer(batch_shape=(None, 784)).batch_shape == (None, 784)
    assert L.InputLayer(shape=(2, 3), batch_size=8).batch_shape == (8, 2, 3)
    assert L.InputLayer(batch_shape=[8, 2, 3]).declared_shape == (2, 3)
    assert L.InputLayer(shape=()).batch_shape == (None,)


def test_input_gives_the_tensor_with_which_a_graph_begins() -> None:
    tensor = L.Input((3, 2), name="x")
    assert (tensor.name, tensor.shape, tensor.dtype, tensor.ndim) == ("x", (None, 3, 2), "float32", 3)
    assert L.Input(batch_shape=(8, 3)).shape == (None, 3)


def test_keras_config_is_read_and_written() -> None:
    layer = L.InputLayer.from_config(KERAS)
    assert layer.get_config() == KERAS
    assert L.InputLayer((784,)).get_config() == KERAS


def test_data_may_come_as_bytes() -> None:
    assert L.InputLayer((3,), dtype="uint8").get_config()["dtype"] == "uint8"
    assert L.InputLayer((3,), dtype=np.float64).get_config()["dtype"] == "float64"
