from __future__ import annotations

import numpy as np

from pellucid.layers import Rescaling


def test_bytes_become_shares() -> None:
    y = Rescaling(1 / 255)(np.array([[0, 51, 255]], "uint8"))
    np.testing.assert_allclose(y, [[0, 0.2, 1]], rtol=1e-6)
    assert y.dtype == np.float32


def test_one_scale_per_channel() -> None:
    y = Rescaling([1.0, 10.0], offset=[0.0, 1.0])(np.ones((1, 2, 2)))
    assert y.tolist() == [[[1.0, 11.0], [1.0, 11.0]]]


def test_a_scale_saved_by_keras_as_an_array_is_read() -> None:
    saved = {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float64"}}
    layer = Rescaling.from_config({"scale": saved, "offset": 0.0})
    assert layer([[1.0, 1.0]]).tolist() == [[1.0, 2.0]]
    assert layer.get_config()["scale"] == [1.0, 2.0]
    assert Rescaling(np.array([1.0, 2.0])).get_config()["scale"] == [1.0, 2.0]
