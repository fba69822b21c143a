from __future__ import annotations

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


@pytest.mark.filterwarnings("ignore")  # Keras's own
def test_supports_masking_is_keras_s():
    keras = pytest.importorskip("keras")
    arguments = {
        "Dense": (2,), "Dropout": (0.5,), "AlphaDropout": (0.5,), "GaussianDropout": (0.5,), "GaussianNoise": (0.5,),
        "Activation": ("relu",), "RepeatVector": (2,), "Reshape": ((4,),), "Permute": ((1,),), "Rescaling": (2.0,),
        "Dot": (1,), "InputLayer": ((3,),), "Lambda": (abs,), "EinsumDense": ("ab,bc->ac", 4), "Embedding": (3, 2),
        "MultiHeadAttention": (2, 3), "GroupQueryAttention": (2, 2, 1), "LSTM": (2,), "GRU": (2,), "SimpleRNN": (2,),
        "Bidirectional": (keras.layers.LSTM(2),), "TimeDistributed": (keras.layers.Dense(2),), "Resizing": (2, 2),
        "CenterCrop": (2, 2), "RandomCrop": (2, 2), "RandomRotation": (0.1,), "RandomTranslation": (0.1, 0.1),
        "RandomZoom": (0.1,), "RandomBrightness": (0.1,), "RandomContrast": (0.1,),
    }  # fmt: skip
    for n in (1, 2, 3):
        arguments |= {f"{kind}{n}D": (2, 1) for kind in ("Conv", "SeparableConv")} | {f"Conv{n}DTranspose": (2, 1)}
        arguments |= {f"{kind}{n}D": (2,) for kind in ("DepthwiseConv", "AveragePooling", "MaxPooling")}
        arguments |= {f"{kind}{n}D": (2,) for kind in ("AdaptiveAveragePooling", "AdaptiveMaxPooling")}
        arguments |= {f"SpatialDropout{n}D": (0.5,)}
    for name, cls in L.layers.parts.items():
        if name not in ("Sequential", "Functional"):
            theirs = getattr(keras.layers, name)(*arguments.get(name, ()))
            assert cls.supports_masking == theirs.supports_masking, name
