"""Small networks around each layer, with every argument that training heeds, for Keras and for Pellucid alike.

A layer is (name, arguments); one that stands in an argument, as in a wrapper, is written the same way.
"""

# ruff: noqa: E501, the table of networks is read by its rows

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

Told = tuple[str, dict[str, Any]]
FIRST = {"data_format": "channels_first"}
B, STEPS, RATE, MOMENTUM = 4, 20, 0.05, 0.8
KINDS = {  # what is asked of a layer's first, second and third kind of weights: all that a weight can be told
    "initializer": [("Constant", {"value": 0.25}), ("Constant", {"value": 0.5}), ("Constant", {"value": -0.5})],
    "regularizer": [("L2", {"l2": 0.03}), ("L1", {"l1": 0.02}), ("L1L2", {"l1": 0.01, "l2": 0.02})],
    "constraint": [
        ("MaxNorm", {"max_value": 0.9, "axis": 0}), ("NonNeg", {}),
        ("MinMaxNorm", {"min_value": 0.3, "max_value": 0.8, "rate": 0.5, "axis": 0}),
    ],
}  # fmt: skip


class Case(NamedTuple):
    """Input, dense where the input is numbers, `layers`, flattened, dense: see `network`."""

    shape: tuple[int, ...]
    layers: list[Told]
    call: dict[str, Any] | None = None  # options of the call of the last layer
    times: int = 1  # how often the last layer is given its input: beside it, products of it with weights of their own
    words: int = 0  # the input is whole numbers below this
    masked: bool = False  # steps at the end are 0, and left out
    channels: int = 0  # of the dense layer in front; as many as there are where 0


def every(*weights: str, activity: bool = True) -> dict[str, Any]:
    """Initializers, penalties and constraints for these kinds of weights, and a penalty of what comes out."""
    found: dict[str, Any] = {
        f"{weight}_{kind}": {"class_name": of[i][0], "config": of[i][1]}
        for i, weight in enumerate(weights)
        for kind, of in KINDS.items()
    }
    if activity:
        found["activity_regularizer"] = {"class_name": "L2", "config": {"l2": 0.02}}
    return found


CONV = every("kernel", "bias")
AWAY = {**CONV, "bias_constraint": CONV["kernel_constraint"]}  # never at 0, where JAX has another slope of |b|
DEPTH, SEPARABLE = every("depthwise", "bias"), every("depthwise", "bias", "pointwise")
RECURRENT = every("kernel", "bias", "recurrent")
OF_CELL = every("kernel", "bias", "recurrent", activity=False)  # and of SimpleRNN: Keras 3.15 overlooks its penalty
NORM = every("gamma", "beta", activity=False)
MHA: dict[str, Any] = {"num_heads": 2, "key_dim": 2}
GQA: dict[str, Any] = {"head_dim": 2, "num_query_heads": 4, "num_key_value_heads": 2}
LSTM: dict[str, Any] = {"units": 2, "return_sequences": True}

CASES: dict[str, Case] = {
    "Dense": Case((3,), [("Dense", {"units": 4, "activation": "tanh", **CONV})]),
    "EinsumDense": Case((3, 2), [
        ("EinsumDense", {"equation": "abc,bcde->ade", "output_shape": [2, 3], "bias_axes": "e", "activation": "elu", **CONV}),
    ]),
    "Embedding": Case((3,), [("Embedding", {"input_dim": 5, "output_dim": 3, **every("embeddings", activity=False)})], words=5),
    "Embedding, masked": Case((4,), [
        ("Embedding", {"input_dim": 5, "output_dim": 3, "mask_zero": True}), ("GRU", {"units": 3}),
    ], words=5, masked=True),
    "Conv1D": Case((6, 2), [
        ("Conv1D", {"filters": 4, "kernel_size": 3, "padding": "causal", "dilation_rate": 2, "groups": 2, "activation": "tanh", **CONV}),
    ]),
    "Conv1D, channels first": Case((2, 5), [("Conv1D", {"filters": 3, "kernel_size": 2, "strides": 2, "use_bias": False, **FIRST})]),
    "Conv2D": Case((5, 4, 2), [
        ("Conv2D", {"filters": 4, "kernel_size": [3, 2], "strides": [2, 1], "padding": "same", "groups": 2, "activation": "elu", **CONV}),
    ]),
    "Conv2D, channels first": Case((2, 4, 5), [("Conv2D", {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "use_bias": False, **FIRST})]),
    "Conv3D": Case((2, 3, 4, 2), [
        ("Conv3D", {"filters": 2, "kernel_size": 2, "strides": [1, 2, 1], "padding": "same", "groups": 2, "activation": "tanh", **CONV}),
    ]),
    "Conv3D, channels first": Case((1, 3, 4, 3), [("Conv3D", {"filters": 2, "kernel_size": 2, "dilation_rate": [1, 2, 1], "use_bias": False, **FIRST})]),
    "Conv1DTranspose": Case((3, 2), [
        ("Conv1DTranspose", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "output_padding": 1, "activation": "tanh", **AWAY}),
    ]),
    "Conv1DTranspose, dilated": Case((2, 3), [("Conv1DTranspose", {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "use_bias": False, **FIRST})]),
    "Conv2DTranspose": Case((2, 3, 2), [
        ("Conv2DTranspose", {"filters": 2, "kernel_size": [3, 2], "strides": 2, "padding": "same", "output_padding": 1, "activation": "tanh", **AWAY}),
    ]),
    "Conv2DTranspose, dilated": Case((2, 2, 3), [("Conv2DTranspose", {"filters": 2, "kernel_size": 2, "dilation_rate": [2, 1], "use_bias": False, **FIRST})]),
    "Conv3DTranspose": Case((2, 1, 2, 2), [
        ("Conv3DTranspose", {"filters": 2, "kernel_size": 2, "strides": [1, 2, 1], "padding": "same", "output_padding": [0, 1, 0], "activation": "tanh", **AWAY}),
    ]),
    "Conv3DTranspose, dilated": Case((1, 2, 2, 2), [("Conv3DTranspose", {"filters": 2, "kernel_size": [1, 2, 2], "dilation_rate": [1, 2, 1], "use_bias": False, **FIRST})]),
    "DepthwiseConv1D": Case((5, 2), [("DepthwiseConv1D", {"kernel_size": 3, "strides": 2, "padding": "same", "depth_multiplier": 2, "activation": "tanh", **DEPTH})]),
    "DepthwiseConv1D, dilated": Case((2, 5), [("DepthwiseConv1D", {"kernel_size": 2, "dilation_rate": 2, "use_bias": False, **FIRST})]),
    "DepthwiseConv2D": Case((4, 3, 2), [("DepthwiseConv2D", {"kernel_size": 2, "strides": 2, "padding": "same", "depth_multiplier": 2, "activation": "tanh", **DEPTH})]),
    "DepthwiseConv2D, dilated": Case((2, 4, 3), [("DepthwiseConv2D", {"kernel_size": 2, "dilation_rate": [2, 1], "use_bias": False, **FIRST})]),
    "SeparableConv1D": Case((5, 2), [
        ("SeparableConv1D", {"filters": 3, "kernel_size": 3, "strides": 2, "padding": "same", "depth_multiplier": 2, "activation": "tanh", **SEPARABLE}),
    ]),
    "SeparableConv1D, dilated": Case((2, 5), [("SeparableConv1D", {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "use_bias": False, **FIRST})]),
    "SeparableConv2D": Case((4, 3, 2), [
        ("SeparableConv2D", {"filters": 3, "kernel_size": 2, "strides": 2, "padding": "same", "depth_multiplier": 2, "activation": "tanh", **SEPARABLE}),
    ]),
    "SeparableConv2D, dilated": Case((2, 4, 3), [("SeparableConv2D", {"filters": 2, "kernel_size": 2, "dilation_rate": 2, "use_bias": False, **FIRST})]),
    "ZeroPadding and Cropping, 1": Case((4, 2), [("ZeroPadding1D", {"padding": [1, 2]}), ("Cropping1D", {"cropping": [2, 0]})]),
    "ZeroPadding and Cropping, 2": Case((2, 3, 4), [
        ("ZeroPadding2D", {"padding": [[1, 0], [0, 2]], **FIRST}), ("Cropping2D", {"cropping": [[0, 2], [1, 0]], **FIRST}),
    ]),
    "ZeroPadding and Cropping, 3": Case((1, 2, 3, 2), [
        ("ZeroPadding3D", {"padding": [1, 0, [0, 2]], **FIRST}), ("Cropping3D", {"cropping": [[0, 1], [1, 0], [1, 1]], **FIRST}),
    ]),
    "UpSampling1D": Case((3, 2), [("UpSampling1D", {"size": 3}), ("Activation", {"activation": "tanh"})]),
    "UpSampling2D": Case((1, 2, 3), [("UpSampling2D", {"size": [3, 2], "interpolation": "bilinear", **FIRST})]),
    "UpSampling3D": Case((1, 2, 1, 2), [("UpSampling3D", {"size": [1, 2, 3], **FIRST})]),
    "Resizing": Case((3, 4, 2), [("Resizing", {"height": 5, "width": 3}), ("CenterCrop", {"height": 3, "width": 2})]),
    "SimpleRNN": Case((4, 2), [("SimpleRNN", {"units": 3, "activation": "elu", **OF_CELL})]),
    "SimpleRNN, masked": Case((4, 2), [("SimpleRNN", {"units": 3, "return_sequences": True, "use_bias": False}), ("SimpleRNN", {"units": 2})], masked=True),
    "LSTM": Case((4, 2), [("LSTM", {"units": 2, "activation": "softsign", "recurrent_activation": "hard_sigmoid", "unit_forget_bias": False, **RECURRENT})]),
    "LSTM, masked": Case((4, 2), [("LSTM", LSTM), ("LSTM", {"units": 2, "go_backwards": True, "use_bias": False})], masked=True),
    "GRU": Case((4, 2), [("GRU", {"units": 2, "activation": "softsign", "recurrent_activation": "hard_sigmoid", **RECURRENT})]),
    "GRU, before": Case((4, 2), [("GRU", {"units": 2, "reset_after": False, "return_sequences": True, "zero_output_for_mask": True})], masked=True),
    "GRU, masked": Case((4, 2), [("GRU", {"units": 2, "return_sequences": True, "go_backwards": True}), ("GRU", {"units": 2, "use_bias": False})], masked=True),
    "Bidirectional": Case((3, 2), [("Bidirectional", {"layer": ("LSTM", LSTM), "merge_mode": "mul"}), ("Bidirectional", {"layer": ("GRU", {"units": 2})})], masked=True),
    "TimeDistributed": Case((3, 4, 2), [("TimeDistributed", {"layer": ("Conv1D", {"filters": 2, "kernel_size": 2, "activation": "tanh"})})]),
    "RNN of cells": Case((3, 2), [
        ("RNN", {"cell": [
            ("SimpleRNNCell", {"units": 2, "activation": "elu", **OF_CELL}),
            ("LSTMCell", {"units": 2, "activation": "elu", "recurrent_activation": "hard_sigmoid", "unit_forget_bias": False, **OF_CELL}),
            ("GRUCell", {"units": 2, "activation": "elu", "recurrent_activation": "hard_sigmoid", **OF_CELL}),
        ], "return_sequences": True}),
        ("RNN", {"cell": [("SimpleRNNCell", {"units": 2, "use_bias": False}), ("GRUCell", {"units": 2, "use_bias": False, "reset_after": False})]}),
    ], masked=True),
    "ConvLSTM1D": Case((3, 4, 2), [
        ("ConvLSTM1D", {"filters": 2, "kernel_size": 3, "strides": 2, "padding": "same", "activation": "softsign", "recurrent_activation": "hard_sigmoid",
                        "unit_forget_bias": False, "return_sequences": True, "go_backwards": True, **RECURRENT}),
    ]),
    "ConvLSTM1D, dilated": Case((3, 4, 1), [("ConvLSTM1D", {"filters": 1, "kernel_size": 2, "dilation_rate": 2, "use_bias": False})]),
    "ConvLSTM2D": Case((2, 3, 3, 1), [
        ("ConvLSTM2D", {"filters": 2, "kernel_size": [1, 2], "strides": [2, 1], "padding": "same", "activation": "softsign",
                        "recurrent_activation": "hard_sigmoid", "unit_forget_bias": False, "return_sequences": True, "go_backwards": True, **RECURRENT}),
    ]),
    "ConvLSTM2D, dilated": Case((2, 3, 3, 1), [("ConvLSTM2D", {"filters": 1, "kernel_size": 2, "dilation_rate": [2, 1], "use_bias": False})]),
    "ConvLSTM3D": Case((2, 2, 2, 2, 1), [
        ("ConvLSTM3D", {"filters": 1, "kernel_size": [1, 2, 1], "strides": [2, 1, 1], "padding": "same", "activation": "softsign",
                        "recurrent_activation": "hard_sigmoid", "unit_forget_bias": False, "return_sequences": True, "go_backwards": True, **RECURRENT}),
    ]),
    "ConvLSTM3D, dilated": Case((2, 3, 2, 2, 1), [("ConvLSTM3D", {"filters": 1, "kernel_size": 2, "dilation_rate": [2, 1, 1], "use_bias": False})]),
    "MultiHeadAttention": Case((3, 4), [("MultiHeadAttention", {**MHA, "value_dim": 3, "output_shape": 2, **CONV})], times=2, call={"use_causal_mask": True}),
    "MultiHeadAttention, masked": Case((4, 3), [("MultiHeadAttention", {**MHA, "use_bias": False})], times=3, masked=True),
    "GroupQueryAttention": Case((3, 4), [("GroupQueryAttention", {**GQA, **CONV})], times=2),
    "GroupQueryAttention, masked": Case((4, 3), [("GroupQueryAttention", {**GQA, "use_bias": False})], times=2, masked=True, call={"use_causal_mask": True}),
    "Attention": Case((3, 2), [("Attention", {"use_scale": True, "score_mode": "concat"})], times=3, call={"use_causal_mask": True}),
    "Attention, masked": Case((4, 2), [("Attention", {"use_scale": True})], times=2, masked=True),
    "AdditiveAttention": Case((3, 2), [("AdditiveAttention", {})], times=2, masked=True),
    "BatchNormalization": Case((2, 3), [("BatchNormalization", {
        "axis": 1, "momentum": 0.7, "epsilon": 0.02, "moving_mean_initializer": {"class_name": "Constant", "config": {"value": 0.3}},
        "moving_variance_initializer": {"class_name": "Constant", "config": {"value": 2.0}}, **NORM,
    })]),
    "BatchNormalization, masked": Case((4, 3), [("BatchNormalization", {"center": False, "scale": False})], masked=True),
    "LayerNormalization": Case((3, 2), [("LayerNormalization", {"axis": [1, 2], "epsilon": 0.02, **NORM})]),
    "LayerNormalization, bare": Case((3, 2), [("LayerNormalization", {"center": False, "scale": False})]),
    "LayerNormalization, of deviations": Case((3, 4), [("LayerNormalization", {"rms_scaling": True, "epsilon": 0.5})]),
    "GroupNormalization": Case((3, 4), [("GroupNormalization", {"groups": 2, "epsilon": 0.02, **NORM})]),
    "GroupNormalization, bare": Case((4, 2), [("GroupNormalization", {"groups": 2, "axis": 1, "center": False, "scale": False})]),
    "RMSNormalization": Case((3, 2), [("RMSNormalization", {"axis": [1, 2], "epsilon": 0.02}), ("UnitNormalization", {"axis": 1})]),
    "PReLU": Case((2, 3), [("PReLU", {"shared_axes": [1], **every("alpha", activity=False)})]),
    "ReLU": Case((3, 2), [("ReLU", {"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}), ("LeakyReLU", {"negative_slope": 0.2})]),
    "ELU": Case((3, 2), [("ELU", {"alpha": 0.7}), ("Softmax", {"axis": 1}), ("ActivityRegularization", {"l1": 0.02, "l2": 0.03})]),
    "Reshape": Case((2, 3), [
        ("Reshape", {"target_shape": [3, -1]}), ("Permute", {"dims": [2, 1]}), ("Flatten", {}), ("RepeatVector", {"n": 2}),
        ("Rescaling", {"scale": 0.5, "offset": 0.1}), ("Identity", {}), ("Dense", {"units": 2, "activation": "tanh"}),
    ]),
    "Normalization": Case((2, 3), [("Normalization", {"axis": 1, "mean": [0.1, 0.3], "variance": [0.5, 2.0]})]),
    "Concatenate": Case((2, 3), [("Concatenate", {"axis": 1})], times=3),
    "Dot": Case((2, 3), [("Dot", {"axes": [2, 2], "normalize": True})], times=2),
}  # fmt: skip
for _dims, _shape in ((1, (5, 2)), (2, (4, 5, 2)), (3, (2, 3, 4, 1))):
    _first = (_shape[-1], *_shape[:-1])
    for _kind in ("Max", "Average"):
        _name = f"{_kind}Pooling{_dims}D"
        CASES[_name] = Case(_shape, [(_name, {"pool_size": 3, "strides": 2, "padding": "same"})])
        CASES[f"{_name}, channels first"] = Case(_first, [(_name, {"pool_size": 2, "strides": 1, **FIRST})])
        _name = f"Global{_kind}Pooling{_dims}D"
        CASES[_name] = Case(_first, [(_name, {"keepdims": True, **FIRST})])
        _name = f"Adaptive{_kind}Pooling{_dims}D"
        CASES[_name] = Case(_first, [(_name, {"output_size": 2 if _dims < 3 else [1, 2, 2], **FIRST})])
CASES["GlobalAveragePooling1D, masked"] = Case((4, 2), [("GlobalAveragePooling1D", {})], masked=True)
for _name in ("Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"):
    CASES[_name] = Case((2, 3), [(_name, {})], times=2 if _name == "Subtract" else 3)
JOINED = {"Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", "Dot"} | {
    "Attention", "AdditiveAttention",
}  # fmt: skip  # which are given a list


def numbers(shape: tuple[int, ...], place: int) -> np.ndarray:
    """Numbers of a shape from -1 to 1, others for each place."""
    return np.random.default_rng(place).integers(-20, 21, shape) / 20


def made(L: Any, told: Any) -> Any:
    """The layer of a library that is told, and those inside it."""
    if isinstance(told, list) and told and all(isinstance(one, tuple) for one in told):
        return [made(L, one) for one in told]
    if not isinstance(told, tuple):
        return told
    name, arguments = told
    return getattr(L, name)(**{key: made(L, value) for key, value in arguments.items()})


def network(lib: Any, case: Case) -> Any:
    """The whole network, from the module keras or pellucid, compiled."""
    L = lib.layers
    x = h = L.Input(case.shape)
    if not case.words:
        h = L.Dense(h.shape[-1])(L.Masking()(h) if case.masked else h)
    *front, last = case.layers
    for told in front:
        h = made(L, told)(h)
    given = [h, *(L.Dense(h.shape[-1], use_bias=False)(h) for _ in range(case.times - 1))]
    layer = made(L, last)
    options = case.call or {}
    y = layer(given, **options) if last[0] in JOINED else layer(*given, **options)
    model = lib.Model(x, L.Dense(2)(L.Flatten()(y) if len(y.shape) > 2 else y))
    model.compile(lib.optimizers.SGD(RATE, momentum=MOMENTUM), "mse")
    return model


def data(case: Case) -> tuple[np.ndarray, np.ndarray]:
    """(x, y) of all steps."""
    n = B * STEPS
    x = (
        np.random.default_rng(1).integers(1, case.words, (n, *case.shape))
        if case.words
        else numbers((n, *case.shape), 1)
    )
    if case.masked:
        lengths = np.arange(n) % case.shape[0] + 1
        x[np.arange(case.shape[0]) >= lengths[:, None]] = 0
    return x, numbers((n, 2), 2)


def start(weights: list[tuple[str, tuple[int, ...]]]) -> list[np.ndarray]:
    """Weights to begin with, from their names and shapes; what is a variance is positive."""
    found = [numbers(shape, 10 + i) * 0.6 for i, (_, shape) in enumerate(weights)]
    return [np.abs(w) + 0.1 if "variance" in name else w for w, (name, _) in zip(found, weights, strict=True)]


def trained(model: Any, case: Case) -> list[float]:
    """The loss of each step, after the weights that `start` says."""
    model.set_weights(start([(w.name, tuple(w.shape)) for w in model.weights]))
    x, y = data(case)
    losses = []
    for at in range(0, len(x), B):
        model.reset_metrics()
        found = model.train_on_batch(x[at : at + B], y[at : at + B])
        losses.append(float(found[0] if isinstance(found, list | tuple) else found))
    return losses
