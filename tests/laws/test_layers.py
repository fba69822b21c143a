"""The laws that every layer keeps, one row per layer and shape. A new layer is one more row."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from laws.graphs import ATTENDING, JOINING
from pellucid import layers as L
from pellucid.errors import PellucidError, ShapeError
from pellucid.layers.base import layers
from pellucid.layers.checking import to_check
from pellucid.layers.encoding import Encoding
from pellucid.rng import Key

Row = tuple[Callable[[], L.Layer], tuple[int, ...]]

ROWS: list[Row] = [
    (lambda: L.Dense(3), (4,)),
    (lambda: L.Dense(2, activation="tanh", use_bias=False), (3, 4)),
    (lambda: L.Dense(3, activation="softmax"), (2, 3, 4)),
    (lambda: L.Embedding(5, 3), (4,)),
    (lambda: L.Embedding(7, 2, mask_zero=True, embeddings_initializer="normal"), (2, 3)),
    (lambda: L.PositionEmbedding(4), (3, 2)),
    (lambda: L.PositionEmbedding(3, "normal"), (2, 3, 4)),
    (lambda: L.SinePositionEncoding(max_wavelength=100), (4, 3)),
    (lambda: L.RotaryEmbedding(), (3, 4)),
    (lambda: L.RotaryEmbedding(100, 2.0, sequence_axis=2), (2, 3, 4)),
    (lambda: L.RotaryEmbedding(sequence_axis=-1, feature_axis=1), (4, 2, 3)),
    (lambda: L.EinsumDense("ab,bc->abc", (None, 2), bias_axes="bc", activation="tanh"), (4,)),
    (lambda: L.EinsumDense("abc,bcd->abd", (3, 2), bias_axes="d"), (3, 4)),
    (lambda: L.EinsumDense("...x,xy->...y", 3, bias_axes="y"), (2, 3, 4)),
    (lambda: L.EinsumDense("ab...,bc->ac...", 5), (2, 3)),
    (lambda: L.Conv1D(2, 3), (5, 3)),
    (lambda: L.Conv1D(3, 2, padding="causal", dilation_rate=2, activation="tanh"), (5, 2)),
    (lambda: L.Conv1D(4, 3, strides=2, padding="same", groups=2, data_format="channels_first"), (4, 5)),
    (lambda: L.Conv2D(2, (2, 3)), (3, 4, 2)),
    (lambda: L.Conv2D(3, 3, strides=(2, 1), padding="same", activation="softmax"), (4, 3, 1)),
    (lambda: L.Conv2D(4, 2, strides=3, groups=2, use_bias=False), (5, 6, 2)),
    (lambda: L.Conv2D(2, (2, 1), dilation_rate=(2, 3), data_format="channels_first"), (2, 4, 3)),
    (lambda: L.Conv3D(2, (1, 2, 2), strides=(1, 2, 1), padding="same", activation="tanh"), (2, 3, 2, 2)),
    (lambda: L.DepthwiseConv1D(2, depth_multiplier=2, activation="tanh"), (4, 2)),
    (lambda: L.DepthwiseConv1D(3, strides=2, padding="same", data_format="channels_first"), (2, 5)),
    (lambda: L.DepthwiseConv2D((2, 3), use_bias=False), (3, 4, 2)),
    (lambda: L.DepthwiseConv2D(2, strides=2, dilation_rate=(1, 2), padding="same", activation="softmax"), (3, 4, 2)),
    (lambda: L.SeparableConv1D(3, 2, depth_multiplier=2, activation="tanh"), (4, 2)),
    (lambda: L.SeparableConv2D(2, 2, padding="same", strides=2, use_bias=False), (3, 4, 2)),
    (lambda: L.SeparableConv2D(2, (1, 2), dilation_rate=2, data_format="channels_first"), (2, 2, 4)),
    (lambda: L.Conv1DTranspose(2, 3), (4, 3)),
    (lambda: L.Conv1DTranspose(3, 2, strides=3, activation="tanh", data_format="channels_first"), (2, 3)),
    (lambda: L.Conv2DTranspose(2, (2, 3), strides=2, padding="same"), (2, 3, 2)),
    (lambda: L.Conv2DTranspose(2, 3, strides=(2, 3), output_padding=(1, 0), use_bias=False), (2, 2, 2)),
    (lambda: L.Conv2DTranspose(2, 3, padding="same", strides=2, output_padding=1, activation="softmax"), (2, 3, 1)),
    (lambda: L.Conv2DTranspose(2, 2, dilation_rate=(2, 1), padding="same"), (2, 3, 2)),
    (lambda: L.Conv3DTranspose(2, (1, 2, 2), strides=(1, 2, 1)), (2, 1, 2, 2)),
    (lambda: L.MaxPooling1D(), (5, 3)),
    (lambda: L.MaxPooling2D(3, strides=2, padding="same"), (4, 5, 2)),
    (lambda: L.MaxPooling2D((2, 1), strides=1, data_format="channels_first"), (2, 3, 3)),
    (lambda: L.MaxPooling3D(2, strides=(1, 2, 1)), (2, 3, 3, 2)),
    (lambda: L.AveragePooling1D(3, strides=1, padding="same"), (5, 3)),
    (lambda: L.AveragePooling2D(), (4, 5, 2)),
    (lambda: L.AveragePooling2D((3, 2), strides=(2, 3), padding="same", data_format="channels_first"), (2, 4, 5)),
    (lambda: L.AveragePooling3D((1, 2, 2)), (2, 3, 2, 2)),
    (lambda: L.GlobalMaxPooling1D(), (5, 3)),
    (lambda: L.GlobalMaxPooling2D(keepdims=True), (2, 3, 2)),
    (lambda: L.GlobalMaxPooling3D(data_format="channels_first"), (2, 2, 3, 2)),
    (lambda: L.GlobalAveragePooling1D(keepdims=True, data_format="channels_first"), (3, 5)),
    (lambda: L.GlobalAveragePooling2D(), (2, 3, 2)),
    (lambda: L.GlobalAveragePooling3D(keepdims=True, data_format="channels_first"), (2, 2, 3, 2)),
    (lambda: L.AdaptiveMaxPooling1D(2), (5, 3)),
    (lambda: L.AdaptiveMaxPooling2D((2, 3), data_format="channels_first"), (2, 3, 5)),
    (lambda: L.AdaptiveMaxPooling3D((1, 2, 3)), (2, 3, 2, 2)),
    (lambda: L.AdaptiveAveragePooling1D(3, data_format="channels_first"), (3, 5)),
    (lambda: L.AdaptiveAveragePooling2D((3, 2)), (5, 3, 2)),
    (lambda: L.AdaptiveAveragePooling3D(2), (2, 3, 1, 2)),
    (lambda: L.ZeroPadding1D((0, 2)), (3, 2)),
    (lambda: L.ZeroPadding2D(((1, 0), (2, 1))), (2, 3, 2)),
    (lambda: L.ZeroPadding2D((0, 1), data_format="channels_first"), (2, 3, 2)),
    (lambda: L.ZeroPadding3D(), (1, 2, 1, 2)),
    (lambda: L.Cropping1D((1, 0)), (3, 2)),
    (lambda: L.Cropping2D(((1, 0), (0, 2)), data_format="channels_first"), (2, 3, 4)),
    (lambda: L.Cropping2D(), (2, 3, 2)),
    (lambda: L.Cropping3D((0, 1, (0, 1))), (1, 3, 2, 2)),
    (lambda: L.UpSampling1D(3), (3, 2)),
    (lambda: L.UpSampling2D((1, 3), data_format="channels_first"), (2, 3, 2)),
    (lambda: L.UpSampling2D(3, interpolation="bilinear"), (2, 3, 2)),
    (lambda: L.UpSampling2D((2, 3), interpolation="bicubic"), (3, 2, 2)),
    (lambda: L.UpSampling2D(2, interpolation="lanczos3"), (3, 4, 1)),
    (lambda: L.UpSampling3D((1, 2, 2)), (2, 1, 2, 2)),
    (lambda: L.SimpleRNN(3), (4, 2)),
    (lambda: L.SimpleRNN(2, "relu", use_bias=False, return_sequences=True, go_backwards=True), (3, 2)),
    (lambda: L.LSTM(3), (4, 2)),
    (lambda: L.LSTM(2, return_sequences=True, recurrent_activation="hard_sigmoid", unit_forget_bias=False), (3, 2)),
    (lambda: L.LSTM(2, dropout=0.3, use_bias=False, go_backwards=True), (3, 2)),
    (lambda: L.GRU(3), (4, 2)),
    (lambda: L.Resizing(3, 2), (2, 4, 2)),
    (lambda: L.Resizing(2, 3, "bicubic", antialias=True, data_format="channels_first"), (2, 5, 4)),
    (lambda: L.Resizing(2, 2, "nearest", crop_to_aspect_ratio=True), (3, 5, 1)),
    (lambda: L.CenterCrop(2, 3), (3, 5, 2)),
    (lambda: L.CenterCrop(4, 2, data_format="channels_first"), (2, 3, 3)),
    (lambda: L.Activation("sigmoid"), (4,)),
    (lambda: L.Activation("softmax"), (3, 4)),
    (lambda: L.Activation("linear"), ()),
    (lambda: L.ReLU(), (4,)),
    (lambda: L.ReLU(max_value=0.7, negative_slope=0.1, threshold=0.1), (3, 4)),
    (lambda: L.LeakyReLU(), (4,)),
    (lambda: L.LeakyReLU(0.0), (2, 3, 4)),
    (lambda: L.PReLU(), (4,)),
    (lambda: L.PReLU(shared_axes=[1]), (3, 4)),
    (lambda: L.PReLU(shared_axes=[1, 2]), (2, 3, 4)),
    (lambda: L.ELU(), (4,)),
    (lambda: L.ELU(alpha=0.5), (3, 4)),
    (lambda: L.Softmax(), (4,)),
    (lambda: L.Softmax(axis=1), (3, 4)),
    (lambda: L.Softmax(axis=(1, -1)), (2, 3, 4)),
    (lambda: L.Masking(), (3, 4)),
    (lambda: L.Masking(mask_value=-1.5), (2, 3, 4)),
    (lambda: L.Dropout(0.5), (4,)),
    (lambda: L.Dropout(0.3, noise_shape=(None, 1, 4), seed=7), (3, 4)),
    (lambda: L.Dropout(1.0), (4,)),
    (lambda: L.Dropout(0.0), (4,)),
    (lambda: L.SpatialDropout1D(0.5), (3, 4)),
    (lambda: L.SpatialDropout2D(0.3, data_format="channels_first", seed=7), (4, 2, 3)),
    (lambda: L.SpatialDropout3D(0.4), (2, 1, 2, 4)),
    (lambda: L.GaussianNoise(0.5), (3, 4)),
    (lambda: L.GaussianDropout(0.4, seed=3), (3, 4)),
    (lambda: L.AlphaDropout(0.4), (4,)),
    (lambda: L.AlphaDropout(0.4, noise_shape=[None, 1, None]), (3, 4)),
    (lambda: L.BatchNormalization(), (4,)),
    (lambda: L.BatchNormalization(center=False), (3, 4)),
    (lambda: L.BatchNormalization(axis=1, scale=False), (2, 3, 4)),
    (lambda: L.BatchNormalization(axis=2, center=False, scale=False, momentum=0.5, epsilon=0.1), (2, 3, 4)),
    (lambda: L.BatchNormalization(trainable=False), (4,)),
    (lambda: L.LayerNormalization(), (4,)),
    (lambda: L.LayerNormalization(axis=1), (3, 4)),
    (lambda: L.LayerNormalization(axis=[1, -1], epsilon=1e-5), (2, 3, 4)),
    (lambda: L.LayerNormalization(axis=(1, 2, 3), center=False, scale=False), (2, 3, 4)),
    (lambda: L.BatchNormalization(renorm=True, trainable=False), (4,)),
    (lambda: L.GroupNormalization(groups=2), (4,)),
    (lambda: L.GroupNormalization(groups=3, axis=1, epsilon=1e-5, center=False), (6, 2)),
    (lambda: L.GroupNormalization(groups=-1, scale=False), (2, 3, 2)),
    (lambda: L.GroupNormalization(groups=1, axis=-2), (2, 4, 3)),
    (lambda: L.RMSNormalization(), (4,)),
    (lambda: L.RMSNormalization(axis=[2, 1]), (3, 4)),
    (lambda: L.UnitNormalization(), (4,)),
    (lambda: L.UnitNormalization(axis=(1, 2)), (2, 3, 4)),
    (lambda: L.Flatten(), ()),
    (lambda: L.Flatten(), (4,)),
    (lambda: L.Flatten(data_format="channels_first"), (2, 3, 4)),
    (lambda: L.Reshape((2, -1)), (4,)),
    (lambda: L.Reshape((12,)), (3, 4)),
    (lambda: L.Permute((2, 1)), (3, 4)),
    (lambda: L.Permute((3, 1, 2)), (2, 3, 4)),
    (lambda: L.RepeatVector(3), (4,)),
    (lambda: L.Rescaling(1 / 255, offset=-0.5), (3, 4)),
    (lambda: L.Rescaling([0.5, 2.0, 3.0, 4.0], offset=[[0.0], [1.0], [2.0]]), (3, 4)),
    (lambda: L.Normalization(), (4,)),
    (lambda: L.Normalization(axis=(1, 2), invert=True), (3, 4)),
    (lambda: L.Normalization(axis=None), (3,)),
    (lambda: L.Normalization(mean=[1.0, 2.0], variance=[0.5, 4.0]), (3, 2)),
    (lambda: L.Identity(), (2, 3, 4)),
    (lambda: L.ActivityRegularization(l1=0.1, l2=0.2), (4,)),
    (lambda: L.InputLayer((4,)), (4,)),
]


# Made of the steps of other layers, or on the definition alone
APART: list[Row] = [
    (lambda: L.Resizing(2, 4, pad_to_aspect_ratio=True, fill_value=0.5), (3, 2, 1)),
    (lambda: L.RandomCrop(2, 3), (4, 5, 2)),
    (lambda: L.RandomCrop(4, 2, seed=3, data_format="channels_first"), (2, 3, 3)),
    (lambda: L.RandomFlip(), (2, 3, 2)),
    (lambda: L.RandomFlip("vertical", seed=2, data_format="channels_first"), (2, 3, 2)),
    (lambda: L.RandomRotation(0.2), (3, 4, 2)),
    (lambda: L.RandomRotation((0.1, 0.3), "constant", "nearest", fill_value=0.5, seed=1), (3, 4, 1)),
    (lambda: L.RandomTranslation((-0.5, 0.2), 0.4, "wrap", data_format="channels_first"), (2, 3, 4)),
    (lambda: L.RandomZoom(0.4, fill_mode="nearest"), (3, 4, 2)),
    (lambda: L.RandomZoom((0.1, 0.5), (-0.5, 0.0), "constant", seed=4), (3, 4, 1)),
    (lambda: L.RandomBrightness(0.2, value_range=(-10, 10)), (2, 3, 2)),
    (lambda: L.RandomContrast((0.5, 0.5), (-10, 10), 1, data_format="channels_first"), (2, 3, 2)),
    (lambda: L.RandomGrayscale(), (2, 3, 3)),
    (lambda: L.RandomInvert(value_range=(0, 1), data_format="channels_first"), (2, 2, 3)),
    (lambda: L.RandomSaturation((0.2, 0.9), seed=2), (2, 3, 3)),
    (lambda: L.RandomSaturation((0.8, 0.9), value_range=(0, 1), data_format="channels_first"), (3, 2, 3)),
    (lambda: L.RandomSharpness((0.1, 0.9), value_range=(-10, 10)), (3, 4, 2)),
    (lambda: L.RandomErasing(fill_value=(1, 2, 3)), (5, 4, 3)),
    (lambda: L.RandomErasing((0.5, 1.0), (0.3, 0.6), value_range=(0, 1), data_format="channels_first"), (2, 4, 5)),
    (lambda: L.RandomShear(0.3, (0.1, 0.4), seed=3), (3, 4, 2)),
    (lambda: L.RandomHue(value_range=(-2, 2), factor=0.9), (2, 3, 3)),
    (lambda: L.RandomHue((0.2, 0.6), (0, 1), "channels_first"), (3, 2, 3)),
    (lambda: L.RandomColorDegeneration(0.8, (-0.8, 0.8), seed=1), (2, 3, 3)),
    (lambda: L.RandomColorDegeneration((0.2, 0.3), (-0.8, 0.8)), (2, 3, 1)),
    (lambda: L.RandomColorJitter((-1, 1), 0.2, 0.3, (0.4, 0.8), 0.5, data_format="channels_first"), (3, 2, 3)),
    (lambda: L.RandomColorJitter((-1, 1), contrast_factor=0.5), (2, 3, 2)),
    (lambda: L.AutoContrast((0, 1)), (2, 3, 2)),
    (lambda: L.AutoContrast(data_format="channels_first"), (2, 1, 4)),
    (lambda: L.Equalization((-1, 1), bins=16), (4, 3, 2)),
    (lambda: L.Equalization(data_format="channels_first"), (1, 3, 2)),
    (lambda: L.Solarization(0.3, (0.2, 0.6), (-1, 1), data_format="channels_first"), (2, 3, 2)),
    (lambda: L.RandomPosterization(5, (-1, 1)), (2, 3, 2)),
    (lambda: L.RandomGaussianBlur(kernel_size=(3, 5), sigma=(0.5, 0.9), value_range=(-0.3, 1)), (4, 3, 2)),
    (lambda: L.RandomPerspective(scale=0.7), (4, 3, 2)),
    (lambda: L.RandomPerspective((1, 1), 1.0, "nearest", 0.5, seed=3, data_format="channels_first"), (1, 5, 4)),
    (lambda: L.RandomPerspective((1, 1)), (1, 5, 2)),
    (lambda: L.RandomElasticTransform((1, 1), (1, 1), value_range=(-0.8, 0.8)), (6, 7, 1)),
    (lambda: L.RandomElasticTransform(0.8, 0.9, "nearest", "wrap", data_format="channels_first"), (1, 6, 5)),
    (lambda: L.RandAugment((-1, 1), num_ops=3, seed=2), (4, 3, 3)),
    (lambda: L.RandAugment((-1, 1), factor=0.1, data_format="channels_first"), (1, 4, 3)),
    (lambda: L.AugMix((-1, 1), factor=(0.2, 0.4), seed=2), (4, 3, 3)),
    (lambda: L.AugMix((-1, 1), 2, 4, 0.2, 0.4, False, data_format="channels_first"), (1, 4, 3)),
    (lambda: L.Pipeline([L.RandomBrightness(0.2, (-1, 1), data_format="channels_first"), L.Rescaling(2.0)]), (2, 3, 2)),
    (lambda: L.SimpleRNN(2, dropout=0.3, recurrent_dropout=0.2), (3, 2)),
    (lambda: L.LSTM(2, dropout=0.3, recurrent_dropout=0.2, seed=3), (3, 2)),
    (lambda: L.GRU(2, reset_after=False, return_sequences=True), (3, 2)),
    (lambda: L.GRU(2, reset_after=False, recurrent_dropout=0.2), (3, 2)),
    (lambda: L.GRU(2, dropout=0.3, recurrent_dropout=0.2, go_backwards=True), (3, 2)),
    (lambda: L.Bidirectional(L.LSTM(2)), (3, 2)),
    (lambda: L.Bidirectional(L.GRU(2, return_sequences=True), merge_mode="mul"), (3, 2)),
    (lambda: L.RNN(L.LSTMCell(2), return_sequences=True, go_backwards=True), (3, 2)),
    (lambda: L.RNN([L.SimpleRNNCell(2), L.GRUCell(2, reset_after=False)]), (3, 2)),
    (lambda: L.ConvLSTM1D(2, 2, padding="same", return_sequences=True), (3, 4, 2)),
    (lambda: L.ConvLSTM2D(1, (2, 1), strides=(1, 2), dropout=0.2, recurrent_dropout=0.3), (2, 3, 3, 2)),
    (lambda: L.ConvLSTM2D(2, 2, dilation_rate=2, go_backwards=True, use_bias=False), (2, 3, 3, 1)),
    (lambda: L.ConvLSTM3D(1, 2), (2, 2, 2, 3, 1)),
    (lambda: L.ConvLSTM2D(2, (1, 2), dropout=0.2, recurrent_dropout=0.3, data_format="channels_first"), (2, 1, 2, 3)),
    (lambda: L.TokenAndPositionEmbedding(5, 4, 3, mask_zero=True), (3,)),
    (lambda: L.SpectralNormalization(L.Dense(3, activation="tanh"), power_iterations=2), (4,)),
    (lambda: L.SpectralNormalization(L.Embedding(5, 3)), (4,)),
    (lambda: L.TimeDistributed(L.Dense(2)), (3, 2)),
    (lambda: L.TimeDistributed(L.Conv1D(2, 2, activation="tanh")), (2, 3, 2)),
]
ENCODINGS = {name for name, cls in layers.parts.items() if issubclass(cls, Encoding)}  # laws/test_encodings.py
LABELLED = {"CutMix", "MixUp"}  # tests/layers/test_mixing_pictures.py
CELLS = {"SimpleRNNCell", "LSTMCell", "GRUCell", "StackedRNNCells"}  # which read states, too


def told(row: Row) -> str:
    layer, shape = row[0](), row[1]
    return f"{layer.name}-{'x'.join(map(str, shape))}"


EVERY = [*ROWS, *APART]
every_row = pytest.mark.parametrize(("make", "shape"), EVERY, ids=[told(row) for row in EVERY])


def batch(layer: L.Layer, shape: tuple[int, ...], n: int = 3) -> np.ndarray:
    return to_check(layer, (n, *shape), Key(5))


def as_written(layer: L.Layer) -> dict[str, Any]:
    return json.loads(json.dumps(layers.serialize(layer)))


def test_every_layer_has_a_row() -> None:
    assert {type(make()).__name__ for make, _ in EVERY} == set(layers.parts) - {
        "Sequential",
        "Functional",
        "Lambda",
    } - JOINING - ATTENDING - CELLS - ENCODINGS - LABELLED


@every_row
def test_gradients_purity_shapes_and_config_hold(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    report = L.check_layer(make(), shape, batch_sizes=(1, 3))
    assert report.worst_error < 1e-6
    assert report.checks > 40


@every_row
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_call_gives_the_layers_dtype_and_shape(
    make: Callable[[], L.Layer], shape: tuple[int, ...], dtype: str
) -> None:
    layer = make()
    layer.dtype = dtype
    for training in (False, True):
        y = layer(batch(layer, shape).astype("float32"), training=training)
        assert y.dtype == dtype
        assert y.shape == (3, *layer.output_shape_for(shape)) == (3, *layer.output_shape[1:])
        assert layer.compute_output_shape((None, *shape)) == layer.output_shape
        assert np.isfinite(y).all()


@every_row
def test_lists_and_integers_are_inputs(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer = make()
    whole = np.arange(1, 1 + 2 * int(np.prod(shape)), dtype="uint8").reshape(2, *shape) % (layer.names or 255)
    y = layer(whole, training=False)
    np.testing.assert_array_equal(y, layer(whole.tolist(), training=False))
    assert y.dtype == np.float32


@every_row
def test_a_call_in_inference_changes_nothing(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer = make()
    x = batch(layer, shape)
    before = x.copy()
    first = layer(x, training=False).copy()
    weights = layer.get_weights()
    np.testing.assert_array_equal(layer(x, training=False), first)
    np.testing.assert_array_equal(x, before)
    for w, v in zip(weights, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(w, v)


@every_row
def test_the_saved_form_makes_the_same_layer(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer = make()
    layer.build((None, *shape))
    again = layers.deserialize(as_written(layer))
    again.build((None, *shape))
    again.set_weights(layer.get_weights())
    assert type(again) is type(layer)
    assert as_written(again) == as_written(layer)
    ours, theirs = (one(batch(one, shape), training=False) for one in (layer, again))
    np.testing.assert_array_equal(ours, theirs)


@every_row
def test_weights_survive_get_and_set(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer = make()
    layer.build((None, *shape))
    weights = [w + 0.25 for w in layer.get_weights()]
    layer.set_weights(weights)
    for w, v in zip(weights, layer.get_weights(), strict=True):
        np.testing.assert_array_equal(w, v)
    assert layer.count_params() == sum(w.size for w in weights)


@every_row
def test_a_built_layer_serves_another_shape_as_one_built_for_it_would_or_refuses_it(
    make: Callable[[], L.Layer], shape: tuple[int, ...]
) -> None:
    layer, other = make(), make()
    layer(batch(layer, shape))
    x = np.arange(6.0 * np.prod(shape)).reshape(3, *shape, 2) % (layer.names or np.inf)
    try:
        other.build((None, *x.shape[1:]))
        other.set_weights(layer.get_weights())
    except ShapeError:
        with pytest.raises(ShapeError, match=rf"layer '{layer.name}', input: expected shape \(None"):
            layer(x)
    else:
        np.testing.assert_array_equal(layer(x), other(x))
    with pytest.raises(ShapeError, match=layer.name):
        layer(1.0)


@every_row
def test_an_empty_batch_passes_in_inference(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer = make()
    assert layer(np.zeros((0, *shape)), training=False).shape == (0, *layer.output_shape_for(shape))


REFUSED: list[tuple[Callable[[], L.Layer], tuple[int, ...]]] = [
    (lambda: L.Dense(2), ()),
    (lambda: L.PositionEmbedding(4), (5,)),
    (lambda: L.SinePositionEncoding(), (4,)),
    (lambda: L.RotaryEmbedding(), (4, 3)),
    (lambda: L.RotaryEmbedding(feature_axis=1), (4, 4)),
    (lambda: L.LSTM(2), (4,)),
    (lambda: L.GRU(2), (4, 3, 2)),
    (lambda: L.ConvLSTM2D(2, 2), (4, 3, 2)),
    (lambda: L.PReLU(shared_axes=[2]), (4,)),
    (lambda: L.Softmax(axis=0), (4,)),
    (lambda: L.Softmax(axis=2), (4,)),
    (lambda: L.BatchNormalization(), ()),
    (lambda: L.BatchNormalization(axis=3), (2, 3)),
    (lambda: L.LayerNormalization(axis=[1, 2]), (4,)),
    (lambda: L.RMSNormalization(axis=-2), (4,)),
    (lambda: L.UnitNormalization(axis=2), (4,)),
    (lambda: L.GroupNormalization(), (4, 48)),
    (lambda: L.GroupNormalization(axis=3), (4, 32)),
    (lambda: L.SpatialDropout2D(0.5), (4, 4)),
    (lambda: L.Reshape((3, -1)), (4,)),
    (lambda: L.Reshape((3, 2)), (4,)),
    (lambda: L.Permute((2, 1)), (4,)),
    (lambda: L.RepeatVector(2), (3, 4)),
    (lambda: L.Rescaling([1.0, 2.0]), (3,)),
    (lambda: L.Rescaling(1.0, offset=[[1.0, 2.0]]), (2,)),
    (lambda: L.Normalization(), ()),
    (lambda: L.Normalization(mean=[1.0, 2.0], variance=[1.0, 1.0]), (3,)),
    (lambda: L.GlobalMaxPooling2D(), (4, 4)),
    (lambda: L.AdaptiveMaxPooling1D(2), (4, 4, 1)),
    (lambda: L.ZeroPadding2D(), (4, 4)),
    (lambda: L.Cropping1D(2), (4, 3)),
    (lambda: L.Cropping2D((0, 1)), (4, 2, 3)),
    (lambda: L.UpSampling3D(), (4, 4, 3)),
    (lambda: L.RandomCrop(2, 2), (4, 4)),
    (lambda: L.RandomFlip(), (4, 4)),
    (lambda: L.Resizing(2, 2), (4, 4)),
]


@pytest.mark.parametrize(("make", "shape"), REFUSED, ids=[told(row) for row in REFUSED])
def test_a_shape_that_does_not_fit_is_refused_by_name(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    layer = make()
    with pytest.raises(ShapeError, match=rf"layer '{layer.name}', input.*expected .*, got"):
        layer(np.ones((2, *shape)))
    with pytest.raises(ShapeError):
        layer.build((None, *shape))
    assert not layer.built


BAD_ARGUMENTS: list[tuple[type[L.Layer], dict[str, Any], str]] = [
    (L.Dense, {"units": 0}, "units"),
    (L.Dense, {"units": 2.5}, "units"),
    (L.Dense, {"units": 2, "activation": "relo"}, "relu"),
    (L.LSTM, {"units": 0}, "units"),
    (L.LSTM, {"units": 2, "recurrent_activation": "tahn"}, "tanh"),
    (L.GRU, {"units": 2, "dropout": -0.1}, "dropout"),
    (L.PositionEmbedding, {"sequence_length": 0}, "sequence_length"),
    (L.SinePositionEncoding, {"max_wavelength": 0}, "max_wavelength"),
    (L.RotaryEmbedding, {"scaling_factor": -1.0}, "scaling_factor"),
    (L.TokenAndPositionEmbedding, {"vocabulary_size": 5, "sequence_length": 4, "embedding_dim": 0}, "embedding_dim"),
    (L.Activation, {"activation": 3}, "activation"),
    (L.ReLU, {"max_value": -1.0}, "max_value"),
    (L.ReLU, {"negative_slope": None}, "negative_slope"),
    (L.LeakyReLU, {"negative_slope": -0.1}, "negative_slope"),
    (L.PReLU, {"shared_axes": [0]}, "shared_axes"),
    (L.ELU, {"alpha": "one"}, "alpha"),
    (L.Softmax, {"axis": 1.5}, "axis"),
    (L.Softmax, {"axis": []}, "axis"),
    (L.Dropout, {"rate": 1.2}, "rate"),
    (L.Dropout, {"rate": True}, "rate"),
    (L.Dropout, {"rate": 0.5, "noise_shape": (None, 0)}, "noise_shape"),
    (L.Dropout, {"rate": 0.5, "noise_shape": "all"}, "noise_shape"),
    (L.Dropout, {"rate": 0.5, "seed": "x"}, "seed"),
    (L.GaussianNoise, {"stddev": -0.5}, "stddev"),
    (L.GaussianDropout, {"rate": 1.0}, "rate"),
    (L.AlphaDropout, {"rate": -0.1}, "rate"),
    (L.BatchNormalization, {"momentum": 1.5}, "momentum"),
    (L.BatchNormalization, {"epsilon": 0.0}, "epsilon"),
    (L.BatchNormalization, {"axis": [1]}, "axis"),
    (L.BatchNormalization, {"renorm_momentum": 2.0}, "renorm_momentum"),
    (L.BatchNormalization, {"renorm": True, "renorm_clipping": 3.0}, "rmin"),
    (L.BatchNormalization, {"renorm": True, "renorm_clipping": {"dmin": 1.0}}, "dmax"),
    (L.BatchNormalization, {"renorm": True, "renorm_clipping": {"dmax": -1.0}}, "at least 0"),
    (L.BatchNormalization, {"renorm": True, "renorm_clipping": {"rmin": 2.0, "rmax": 1.0}}, "rmax"),
    (L.LayerNormalization, {"axis": "last"}, "axis"),
    (L.RMSNormalization, {"epsilon": -1.0}, "epsilon"),
    (L.UnitNormalization, {"axis": None}, "axis"),
    (L.GroupNormalization, {"groups": 0}, "groups"),
    (L.GroupNormalization, {"axis": [1]}, "axis"),
    (L.SpatialDropout1D, {"rate": 1.5}, "rate"),
    (L.SpatialDropout3D, {"rate": 0.5, "data_format": "last"}, "data_format"),
    (L.Flatten, {"data_format": "channel_last"}, "channels_last"),
    (L.Reshape, {"target_shape": (-1, -1)}, "target_shape"),
    (L.Reshape, {"target_shape": (0,)}, "target_shape"),
    (L.Reshape, {"target_shape": 4}, "target_shape"),
    (L.Permute, {"dims": (1, 3)}, "dims"),
    (L.Permute, {"dims": (0, 1)}, "dims"),
    (L.RepeatVector, {"n": 0}, "n"),
    (L.Rescaling, {"scale": "x"}, "scale"),
    (L.Rescaling, {"scale": float("nan")}, "scale"),
    (L.Normalization, {"mean": 1.0}, "together"),
    (L.Normalization, {"mean": 1.0, "variance": -1.0}, "variance"),
    (L.DepthwiseConv2D, {"kernel_size": 2, "depth_multiplier": 0}, "depth_multiplier"),
    (L.DepthwiseConv1D, {"kernel_size": (2, 2)}, "kernel_size"),
    (L.DepthwiseConv1D, {"kernel_size": 2, "padding": "causal"}, "padding"),
    (L.SeparableConv2D, {"filters": 0, "kernel_size": 2}, "filters"),
    (L.Conv1DTranspose, {"filters": 2, "kernel_size": 2, "output_padding": 1}, "below the strides"),
    (L.Conv2DTranspose, {"filters": 2, "kernel_size": 2, "strides": 2, "output_padding": (1, 1, 1)}, "output_padding"),
    (L.Conv2DTranspose, {"filters": 2, "kernel_size": 2, "strides": 2, "dilation_rate": 2}, "dilation_rate"),
    (L.GlobalMaxPooling1D, {"data_format": "first"}, "data_format"),
    (L.AdaptiveMaxPooling2D, {"output_size": (1, 2, 3)}, "output_size"),
    (L.AdaptiveMaxPooling2D, {"output_size": 0}, "output_size"),
    (L.ZeroPadding1D, {"padding": (1, 2, 3)}, "padding"),
    (L.ZeroPadding2D, {"padding": (1, 2, 3)}, "padding"),
    (L.ZeroPadding2D, {"padding": -1}, "padding"),
    (L.ZeroPadding3D, {"padding": ((1, 1), (1, 1), "a")}, "padding"),
    (L.Cropping2D, {"cropping": ((1, 1), (1, 1.5))}, "cropping"),
    (L.UpSampling1D, {"size": 0}, "size"),
    (L.UpSampling2D, {"interpolation": "cubic"}, "bicubic"),
    (L.Resizing, {"height": 0, "width": 2}, "height"),
    (L.Resizing, {"height": 2, "width": 2, "interpolation": "area"}, "interpolation"),
    (
        L.Resizing,
        {"height": 2, "width": 2, "crop_to_aspect_ratio": True, "pad_to_aspect_ratio": True},
        "pad_to_aspect_ratio",
    ),
    (L.CenterCrop, {"height": 2, "width": 2.5}, "width"),
    (L.RandomFlip, {"mode": "both"}, "horizontal_and_vertical"),
    (L.RandomRotation, {"factor": 1.5}, "factor"),
    (L.RandomRotation, {"factor": 0.1, "fill_mode": "mirror"}, "fill_mode"),
    (L.RandomTranslation, {"height_factor": (0.1, 0.2, 0.3), "width_factor": 0.1}, "height_factor"),
    (L.RandomZoom, {"height_factor": (-1, 0.5)}, "height_factor"),
    (L.RandomBrightness, {"factor": 0.1, "value_range": 255}, "value_range"),
    (L.RandomContrast, {"factor": -0.1}, "factor"),
    (L.RandomGrayscale, {"factor": 1.5}, "factor"),
    (L.RandomInvert, {"factor": -0.5}, "factor"),
    (L.RandomSaturation, {"factor": (0.1, 2.0)}, "factor"),
    (L.RandomSharpness, {"factor": 0.5, "value_range": 1}, "value_range"),
    (L.RandomErasing, {"scale": 2}, "scale"),
    (L.RandomErasing, {"fill_value": (1, 2)}, "fill_value"),
    (L.RandomShear, {"x_factor": -0.1}, "x_factor"),
    (L.RandomHue, {"factor": -0.1}, "factor"),
    (L.RandomColorJitter, {"hue_factor": 2}, "hue_factor"),
    (L.AutoContrast, {"value_range": (1, 2, 3)}, "value_range"),
    (L.Equalization, {"bins": 0}, "bins"),
    (L.Solarization, {"threshold_factor": 1.5}, "threshold_factor"),
    (L.RandomPosterization, {"factor": 0.5}, "whole number"),
    (L.RandomPosterization, {"factor": 9}, "factor"),
    (L.RandomGaussianBlur, {"kernel_size": 4}, "an odd number"),
    (L.RandomPerspective, {"scale": 2}, "scale"),
    (L.RandomElasticTransform, {"fill_mode": "mirror"}, "fill_mode"),
    (L.RandAugment, {"num_ops": -1}, "num_ops"),
    (L.AugMix, {"alpha": 0}, "alpha"),
    (L.MixUp, {"alpha": -1}, "alpha"),
    (L.CutMix, {"factor": "a"}, "factor"),
    (L.Pipeline, {"layers": L.MixUp}, "a list of layers"),
    (L.ActivityRegularization, {"l1": -1.0}, "l1"),
    (L.InputLayer, {}, "shape"),
    (L.InputLayer, {"shape": ("a", 3)}, "shape"),
    (L.InputLayer, {"shape": (3,), "batch_shape": (None, 3)}, "shape"),
    (L.InputLayer, {"shape": (3,), "dtype": "complex64"}, "dtype"),
    (L.InputLayer, {"shape": (3,), "sparse": True}, "sparse"),
    (L.Identity, {"dtype": "float16"}, "dtype"),
]


@pytest.mark.parametrize(
    ("kind", "arguments", "named"), BAD_ARGUMENTS, ids=[f"{k.__name__}-{a}" for k, a, _ in BAD_ARGUMENTS]
)
def test_a_bad_argument_is_refused_at_once(kind: type[L.Layer], arguments: dict[str, Any], named: str) -> None:
    with pytest.raises(PellucidError, match=named):
        kind(**arguments)
