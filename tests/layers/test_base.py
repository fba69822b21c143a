from __future__ import annotations

from inspect import signature

import numpy as np
import pytest

from pellucid import layers as L
from pellucid.errors import DataError, NotReady, ShapeError
from pellucid.layers.shapes import along, axes_of, must_fit


def test_axes_are_counted_with_the_batch() -> None:
    assert axes_of("x", -1, (3, 4)) == (2,)
    assert axes_of("x", (2, 1), (3, 4)) == (1, 2)
    assert axes_of("x", (-1, 2), (3, 4)) == (2,)
    assert axes_of("x", (), (3,)) == ()
    for axis in (0, 3, -3, -4):
        with pytest.raises(ShapeError, match="layer 'x', input"):
            axes_of("x", axis, (3, 4))


def test_along_and_must_fit() -> None:
    assert along(np.ones((3,)), (1,), 3).shape == (1, 3, 1)
    must_fit("x", "scale", (1, 4), (3, 4), (3, 4))
    for size in ((3,), (1, 3, 4), (2, 4)):
        with pytest.raises(ShapeError, match="scale of shape"):
            must_fit("x", "scale", size, (3, 4), (3, 4))


def test_words_and_ragged_rows_are_refused() -> None:
    layer = L.Dense(2, name="mine")
    with pytest.raises(DataError, match=r"layer 'mine', input: expected numbers, got an array of <U"):
        layer([["a", "b"]])
    with pytest.raises(DataError, match="rows of different lengths"):
        layer([[1.0], [1.0, 2.0]])
    assert not layer.built


def test_weights_need_a_built_layer_and_the_right_shapes() -> None:
    layer = L.Dense(2)
    assert layer.get_weights() == []
    with pytest.raises(NotReady, match="a layer that is built"):
        layer.set_weights([])
    layer.build((None, 3))
    before = layer.get_weights()
    with pytest.raises(ShapeError, match=r"set_weights, bias: expected shape \(2,\), got \(3,\)"):
        layer.set_weights([np.ones((3, 2)), np.ones(3)])
    np.testing.assert_array_equal(layer.get_weights()[0], before[0])


def test_layers_answer_to_keras_names() -> None:
    assert isinstance(L.get("batch_normalization"), L.BatchNormalization)
    assert isinstance(L.get({"class_name": "ReLU", "config": {}}), L.ReLU)
    keras = {"ReLU": "re_lu", "PReLU": "p_re_lu", "LeakyReLU": "leaky_re_lu", "RMSNormalization": "rms_normalization"}
    for kind, name in keras.items():
        assert getattr(L, kind)().name == name


@pytest.mark.parametrize("build", [False, True])
@pytest.mark.parametrize(
    ("layer", "off"),
    [
        (lambda: L.Dense(2, use_bias=False), ["bias"]),
        (lambda: L.BatchNormalization(center=False, scale=False), ["gamma", "beta"]),
        (lambda: L.LayerNormalization(center=False, scale=False), ["gamma", "beta"]),
    ],
)
def test_a_parameter_that_is_switched_off_is_none(layer, off, build):
    made = layer()
    if build:
        made.build((None, 3))
    assert [getattr(made, name) for name in off] == [None] * len(off)


# In Keras, which says so itself; none of them passes masks on there.
NEED_TENSORFLOW = {"HashedCrossing", "Hashing", "IntegerLookup", "StringLookup", "TextVectorization"}


@pytest.mark.filterwarnings("ignore")  # Keras's own
def test_supports_masking_is_keras_s():
    keras = pytest.importorskip("keras")
    needed = {
        "activation": "relu", "axes": 1, "cell": keras.layers.LSTMCell(2), "cells": [keras.layers.LSTMCell(2)],
        "dims": (1,), "equation": "ab,bc->ac",
        "factor": 0.1, "filters": 2, "function": abs, "head_dim": 2, "height": 2, "height_factor": 0.1, "input_dim": 3,
        "kernel_size": 2, "key_dim": 2, "layer": keras.layers.LSTM(2), "layers": [], "n": 2, "num_bins": 3,
        "num_heads": 2, "num_key_value_heads": 1, "num_query_heads": 2, "output_dim": 2, "output_shape": 4,
        "output_size": 2, "pool_size": 2, "rate": 0.5, "scale": 2.0, "shape": (3,), "stddev": 0.5, "target_shape": (4,),
        "units": 2, "width": 2, "width_factor": 0.1,
    }  # fmt: skip
    for name, cls in L.layers.parts.items():
        if name not in ("Sequential", "Functional") and hasattr(keras.layers, name):  # some are KerasHub's
            kind = getattr(keras.layers, name)
            told = {a: needed[a] for a, p in signature(kind).parameters.items() if a in needed and p.default is p.empty}
            told |= {"InputLayer": {"shape": (3,)}, "CategoryEncoding": {"num_tokens": 3}}.get(name, {})
            told |= {"Discretization": {"num_bins": 3}, "RandomPosterization": {"factor": 4}}.get(name, {})
            if name in NEED_TENSORFLOW:
                assert not cls.supports_masking
                continue
            theirs = kind(**told)
            assert cls.supports_masking == theirs.supports_masking, name
