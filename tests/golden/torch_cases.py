"""Layers that PyTorch has, too: how each is made there and here, and how its weights there are laid out here.

Pictures have their channels first, as there. What PyTorch has no layer for is a function with parameters.
"""

# ruff: noqa: E501, the table of layers is read by its rows

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

FIRST = {"data_format": "channels_first"}
Weights = list[np.ndarray]
MASK = np.array([[1, 1, 0, 0], [1, 1, 1, 1], [1, 0, 0, 0]], bool)  # of steps; rows have 2, 4 and 1
WORDS = 5


class Case(NamedTuple):
    """there: (torch, module of functions) to a module whose call is `f(x)`; here: a layer from our layers."""

    there: Callable[[Any], Any]
    here: Callable[[Any], Any]
    shape: tuple[int, ...]
    laid_out: Callable[[Weights], Weights] = lambda ws: ws
    mask: str = ""  # as which argument our layer is given it
    call: dict[str, Any] | None = None  # options of our call
    times: int = 1  # how often our layer is given its input
    words: bool = False  # the input is whole numbers


def numbers(shape: tuple[int, ...], place: int) -> np.ndarray:
    """Numbers of a shape from -1 to 1, others for each place."""
    return np.random.default_rng(place).integers(-20, 21, shape) / 20


def given(case: Case) -> np.ndarray:
    """x; no number twice, so that each greatest one is alone: where several are, layers share out its gradient."""
    rng, n = np.random.default_rng(0), int(np.prod(case.shape))
    return (
        rng.integers(0, WORDS, case.shape) if case.words else rng.permutation(np.linspace(-1, 1, n)).reshape(case.shape)
    )


def module(torch: Any, shapes: list[tuple[int, ...]], call: Callable[..., Any]) -> Any:
    """A function of x and of parameters of these shapes, as a module."""

    class Function(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.all = torch.nn.ParameterList([torch.zeros(shape) for shape in shapes])

        def forward(self, x: Any) -> Any:
            return call(x, *self.all)

    return Function()


def begun(case: Case, names: list[str], shapes: list[tuple[int, ...]]) -> Weights:
    """The weights there."""
    one = case.laid_out is not CASES["GRU, of lengths"].laid_out
    return [
        np.zeros(shape) if one and "bias_hh" in name else numbers(shape, 10 + i)
        for i, (name, shape) in enumerate(zip(names, shapes, strict=True))
    ]


# How weights are laid out ----------------------------------------------------------------------------------------


def turned(ws: Weights) -> Weights:
    """Matrices and kernels with their axes the other way round; but those of the space keep their order."""
    return [w.transpose([*range(2, w.ndim), 1, 0]) if w.ndim > 1 else w for w in ws]


def depthwise(inputs: int) -> Callable[[Weights], Weights]:
    """(I·M, 1, *kernel) as (*kernel, I, M), and a bias."""

    def laid_out(ws: Weights) -> Weights:
        w = ws[0].reshape(inputs, -1, *ws[0].shape[2:])
        return [w.transpose([*range(2, w.ndim), 0, 1]), *ws[1:]]

    return laid_out


def separable(inputs: int) -> Callable[[Weights], Weights]:
    return lambda ws: [*depthwise(inputs)(ws[:1]), *turned(ws[1:])]


def gates(count: int) -> Callable[[Weights], Weights]:
    """Gates in our order; the second bias, which is 0, only of the GRU, where it is another."""

    def one(w: np.ndarray) -> np.ndarray:
        parts = np.split(w, count)
        return np.concatenate([parts[1], parts[0], parts[2]] if count == 3 else parts).T

    def laid_out(ws: Weights) -> Weights:
        kernel, recurrent, b, b2 = map(one, ws)
        return [kernel, recurrent, np.stack([b, b2]) if count == 3 else b]

    return laid_out


def two_ways(ws: Weights) -> Weights:
    return [w for part in (ws[:4], ws[4:]) for w in gates(4)(part)]


def heads(ws: Weights) -> Weights:
    """What nn.MultiheadAttention has, as kernels and biases of query, key, value and of the way out; 2 heads of 2."""
    into, b, out, b_out = ws
    parts = [
        w
        for W, c in zip(np.split(into, 3), np.split(b, 3), strict=True)
        for w in (W.T.reshape(4, 2, 2), c.reshape(2, 2))
    ]
    return [*parts, out.T.reshape(2, 2, 4), b_out]


# The table -------------------------------------------------------------------------------------------------------


def pooled(name: str, *told: Any, **options: Any) -> Callable[[Any], Any]:
    return lambda torch: getattr(torch.nn, name)(*told, **options)


def packed(kind: str, **options: Any) -> Callable[[Any], Any]:
    """A recurrent layer of sequences of which each has a length of its own; behind it, outputs are 0."""

    def make(torch: Any) -> Any:
        class Packed(getattr(torch.nn, kind)):  # type: ignore[misc]
            def forward(self, x: Any) -> Any:
                rnn = torch.nn.utils.rnn
                lengths = torch.tensor(MASK.sum(axis=1))
                of_all = rnn.pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
                return rnn.pad_packed_sequence(super().forward(of_all)[0], batch_first=True)[0]

        return Packed(2, 3, batch_first=True, **options)

    return make


def attention(torch: Any) -> Any:
    class Attention(torch.nn.MultiheadAttention):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            later = torch.ones(4, 4, dtype=torch.bool).triu(1)
            return super().forward(x, x, x, key_padding_mask=torch.tensor(~MASK), attn_mask=later)[0]

    return Attention(4, 2, batch_first=True)


def grouped(torch: Any) -> Any:
    def call(x: Any, q: Any, k: Any, v: Any, out: Any) -> Any:
        of_heads = [torch.einsum("btd,dhk->bhtk", x, w) for w in (q, k, v)]
        y = torch.nn.functional.scaled_dot_product_attention(*of_heads, is_causal=True, enable_gqa=True)
        return torch.einsum("bhtk,hkd->btd", y, out)

    return module(torch, [(4, 4, 2), (4, 2, 2), (4, 2, 2), (4, 2, 4)], call)


def by_function(call: Callable[[Any, Any], Any], *shapes: tuple[int, ...]) -> Callable[[Any], Any]:
    return lambda torch: module(torch, list(shapes), lambda x, *ws: call(torch, x, *ws))


CASES: dict[str, Case] = {
    "Dense": Case(lambda t: t.nn.Linear(4, 3), lambda L: L.Dense(3), (2, 3, 4), turned),
    "EinsumDense": Case(
        by_function(lambda t, x, w, b: t.einsum("abc,bcde->ade", x, w) + b, (3, 4, 2, 3), (3,)),
        lambda L: L.EinsumDense("abc,bcde->ade", (2, 3), bias_axes="e"), (2, 3, 4),
    ),
    "Embedding": Case(lambda t: t.nn.Embedding(WORDS, 3), lambda L: L.Embedding(WORDS, 3), (3, 4), words=True),
    "Conv1D": Case(lambda t: t.nn.Conv1d(4, 6, 3, stride=2, groups=2), lambda L: L.Conv1D(6, 3, strides=2, groups=2, **FIRST), (2, 4, 7), turned),
    "Conv2D": Case(
        lambda t: t.nn.Conv2d(2, 3, (3, 5), padding="same", dilation=(2, 1)),
        lambda L: L.Conv2D(3, (3, 5), padding="same", dilation_rate=(2, 1), **FIRST), (2, 2, 4, 5), turned,
    ),
    "Conv2D, strides": Case(lambda t: t.nn.Conv2d(2, 3, (3, 2), stride=(2, 1)), lambda L: L.Conv2D(3, (3, 2), strides=(2, 1), **FIRST), (2, 2, 5, 4), turned),
    "Conv3D": Case(
        lambda t: t.nn.Conv3d(2, 4, 2, stride=(1, 2, 1), groups=2, bias=False),
        lambda L: L.Conv3D(4, 2, strides=(1, 2, 1), groups=2, use_bias=False, **FIRST), (1, 2, 3, 4, 2), turned,
    ),
    "Conv1DTranspose": Case(lambda t: t.nn.ConvTranspose1d(2, 3, 3, stride=2, output_padding=1), lambda L: L.Conv1DTranspose(3, 3, strides=2, output_padding=1, **FIRST), (2, 2, 3), turned),
    "Conv2DTranspose": Case(lambda t: t.nn.ConvTranspose2d(2, 3, (3, 2), dilation=(1, 2)), lambda L: L.Conv2DTranspose(3, (3, 2), dilation_rate=(1, 2), **FIRST), (2, 2, 3, 2), turned),
    "Conv3DTranspose": Case(
        lambda t: t.nn.ConvTranspose3d(1, 2, 2, stride=(1, 2, 1), bias=False),
        lambda L: L.Conv3DTranspose(2, 2, strides=(1, 2, 1), use_bias=False, **FIRST), (1, 1, 2, 2, 2), turned,
    ),
    "DepthwiseConv1D": Case(lambda t: t.nn.Conv1d(2, 4, 3, dilation=2, groups=2), lambda L: L.DepthwiseConv1D(3, depth_multiplier=2, dilation_rate=2, **FIRST), (2, 2, 6), depthwise(2)),
    "DepthwiseConv2D": Case(lambda t: t.nn.Conv2d(2, 4, (3, 2), stride=2, groups=2), lambda L: L.DepthwiseConv2D((3, 2), strides=2, depth_multiplier=2, **FIRST), (2, 2, 5, 4), depthwise(2)),
    "SeparableConv1D": Case(
        lambda t: t.nn.Sequential(t.nn.Conv1d(2, 4, 3, groups=2, bias=False), t.nn.Conv1d(4, 3, 1)),
        lambda L: L.SeparableConv1D(3, 3, depth_multiplier=2, **FIRST), (2, 2, 5), separable(2),
    ),
    "SeparableConv2D": Case(
        lambda t: t.nn.Sequential(t.nn.Conv2d(2, 4, 3, padding="same", groups=2, bias=False), t.nn.Conv2d(4, 3, 1)),
        lambda L: L.SeparableConv2D(3, 3, padding="same", depth_multiplier=2, **FIRST), (2, 2, 3, 4), separable(2),
    ),
    "MaxPooling1D": Case(pooled("MaxPool1d", 3, 2), lambda L: L.MaxPooling1D(3, 2, **FIRST), (2, 2, 6)),
    "MaxPooling2D": Case(pooled("MaxPool2d", 3, 2, padding=1), lambda L: L.MaxPooling2D(3, 2, padding="same", **FIRST), (2, 2, 5, 3)),
    "MaxPooling3D": Case(pooled("MaxPool3d", (1, 2, 2), 1), lambda L: L.MaxPooling3D((1, 2, 2), 1, **FIRST), (1, 2, 2, 3, 4)),
    "AveragePooling1D": Case(pooled("AvgPool1d", 2), lambda L: L.AveragePooling1D(2, **FIRST), (2, 2, 5)),
    "AveragePooling2D": Case(
        pooled("AvgPool2d", 3, 2, padding=1, count_include_pad=False),
        lambda L: L.AveragePooling2D(3, 2, padding="same", **FIRST), (2, 2, 5, 3),
    ),
    "AveragePooling3D": Case(pooled("AvgPool3d", 2, (1, 2, 1)), lambda L: L.AveragePooling3D(2, (1, 2, 1), **FIRST), (1, 2, 3, 4, 2)),
    "ZeroPadding1D": Case(pooled("ZeroPad1d", (1, 2)), lambda L: L.ZeroPadding1D((1, 2), **FIRST), (2, 2, 3)),
    "ZeroPadding2D": Case(pooled("ZeroPad2d", (1, 0, 2, 1)), lambda L: L.ZeroPadding2D(((2, 1), (1, 0)), **FIRST), (2, 2, 3, 2)),
    "ZeroPadding3D": Case(pooled("ZeroPad3d", 1), lambda L: L.ZeroPadding3D(1, **FIRST), (1, 2, 1, 2, 1)),
    "Cropping1D": Case(
        by_function(lambda t, x: t.nn.functional.pad(x.mT, (-1, -2)).mT), lambda L: L.Cropping1D((1, 2)), (2, 5, 2),
    ),
    "Cropping2D": Case(pooled("ZeroPad2d", (-1, 0, 0, -2)), lambda L: L.Cropping2D(((0, 2), (1, 0)), **FIRST), (2, 2, 3, 4)),
    "Cropping3D": Case(pooled("ZeroPad3d", -1), lambda L: L.Cropping3D(1, **FIRST), (1, 2, 3, 3, 4)),
    "UpSampling1D": Case(
        by_function(lambda t, x: t.nn.functional.interpolate(x.mT, scale_factor=3).mT), lambda L: L.UpSampling1D(3), (2, 3, 2),
    ),
    "UpSampling2D": Case(pooled("Upsample", scale_factor=(2, 3)), lambda L: L.UpSampling2D((2, 3), **FIRST), (2, 2, 3, 2)),
    "UpSampling2D, bilinear": Case(
        pooled("Upsample", scale_factor=(2, 3), mode="bilinear"),
        lambda L: L.UpSampling2D((2, 3), interpolation="bilinear", **FIRST), (2, 2, 3, 2),
    ),
    "UpSampling3D": Case(pooled("Upsample", scale_factor=2), lambda L: L.UpSampling3D(2, **FIRST), (1, 2, 2, 1, 2)),
    "SimpleRNN, of lengths": Case(packed("RNN"), lambda L: L.SimpleRNN(3, return_sequences=True, zero_output_for_mask=True), (3, 4, 2), gates(1), mask="mask"),
    "LSTM, of lengths": Case(packed("LSTM"), lambda L: L.LSTM(3, return_sequences=True, zero_output_for_mask=True), (3, 4, 2), gates(4), mask="mask"),
    "GRU, of lengths": Case(packed("GRU"), lambda L: L.GRU(3, return_sequences=True, zero_output_for_mask=True), (3, 4, 2), gates(3), mask="mask"),
    "Bidirectional, of lengths": Case(
        packed("LSTM", bidirectional=True),
        lambda L: L.Bidirectional(L.LSTM(3, return_sequences=True, zero_output_for_mask=True)), (3, 4, 2), two_ways, mask="mask",
    ),
    "TimeDistributed": Case(
        by_function(lambda t, x, w, b: t.nn.functional.conv1d(x.flatten(0, 1), w, b).unflatten(0, x.shape[:2]), (3, 2, 2), (3,)),
        lambda L: L.TimeDistributed(L.Conv1D(3, 2, **FIRST)), (2, 3, 2, 4), turned,
    ),
    "MultiHeadAttention": Case(attention, lambda L: L.MultiHeadAttention(2, 2), (3, 4, 4), heads, mask="value_mask", call={"use_causal_mask": True}, times=2),
    "GroupQueryAttention": Case(
        grouped, lambda L: L.GroupQueryAttention(2, 4, 2, use_bias=False), (2, 3, 4), call={"use_causal_mask": True}, times=2,
    ),
    "Attention": Case(
        by_function(lambda t, x, s: t.nn.functional.scaled_dot_product_attention(x * s, x, x, scale=1.0), ()),
        lambda L: L.Attention(use_scale=True), (2, 3, 4), times=2,
    ),
    "AdditiveAttention": Case(
        by_function(lambda t, x, s: ((s * (x[:, :, None] + x[:, None]).tanh()).sum(-1)).softmax(-1) @ x, (4,)),
        lambda L: L.AdditiveAttention(), (2, 3, 4), times=2,
    ),
    "LayerNormalization": Case(lambda t: t.nn.LayerNorm((3, 4), eps=0.01), lambda L: L.LayerNormalization((1, 2), epsilon=0.01), (2, 3, 4)),
    "GroupNormalization": Case(lambda t: t.nn.GroupNorm(2, 4, eps=0.01), lambda L: L.GroupNormalization(2, axis=1, epsilon=0.01), (2, 4, 3)),
    "BatchNormalization": Case(lambda t: t.nn.BatchNorm1d(2, eps=0.01), lambda L: L.BatchNormalization(axis=1, epsilon=0.01), (3, 2, 4)),
    "RMSNormalization": Case(lambda t: t.nn.RMSNorm((4,), eps=0.01), lambda L: L.RMSNormalization(epsilon=0.01), (2, 3, 4)),
    "UnitNormalization": Case(by_function(lambda t, x: t.nn.functional.normalize(x, dim=1)), lambda L: L.UnitNormalization(axis=1), (2, 3, 4)),
    "PReLU": Case(lambda t: t.nn.PReLU(3), lambda L: L.PReLU(shared_axes=[2]), (2, 3, 4), lambda ws: [w.reshape(3, 1) for w in ws]),
    "LeakyReLU": Case(pooled("LeakyReLU", 0.2), lambda L: L.LeakyReLU(0.2), (2, 3)),
    "ELU": Case(pooled("ELU", 0.7), lambda L: L.ELU(0.7), (2, 3)),
    "ReLU": Case(pooled("ReLU6"), lambda L: L.ReLU(6.0), (2, 3)),
    "Softmax": Case(pooled("Softmax", 1), lambda L: L.Softmax(1), (2, 3, 2)),
}  # fmt: skip
for _n, _shape in ((1, (2, 2, 5)), (2, (2, 2, 5, 3)), (3, (1, 2, 3, 2, 4))):
    for _kind, _theirs in (("Max", "Max"), ("Average", "Avg")):
        CASES[f"Adaptive{_kind}Pooling{_n}D"] = Case(
            pooled(f"Adaptive{_theirs}Pool{_n}d", 2),
            lambda L, name=f"Adaptive{_kind}Pooling{_n}D": getattr(L, name)(2, **FIRST), _shape,  # type: ignore[misc]
        )  # fmt: skip
        CASES[f"Global{_kind}Pooling{_n}D"] = Case(
            pooled(f"Adaptive{_theirs}Pool{_n}d", 1),
            lambda L, name=f"Global{_kind}Pooling{_n}D": getattr(L, name)(keepdims=True, **FIRST), _shape,  # type: ignore[misc]
        )  # fmt: skip
