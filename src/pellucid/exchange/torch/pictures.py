"""How the other layers of pictures are written for PyTorch: borders, copies, pools of all pixels, and convolutions of
other kinds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ... import layers as L
from ...arrays import Array
from ...layers.channels import LAST
from .layers import unusual
from .sliding import around, convolved, ended, entered, left, plain, slid
from .writer import At, writes


@writes(L.SpatialDropout1D, L.SpatialDropout2D, L.SpatialDropout3D)
def spatial_dropout(at: At) -> Any:
    if at.training is False:
        return at.x
    return at.module("Dropout", at.layer.rate, list(at.layer.noise_shape))


@writes(L.ZeroPadding1D, L.ZeroPadding2D, L.ZeroPadding3D)
def zero_padding(at: At) -> Any:
    return left(at, around(at, entered(at), at.layer.borders))


@writes(L.Cropping1D, L.Cropping2D, L.Cropping3D)
def cropping(at: At) -> Any:
    return left(at, around(at, entered(at), [(-b, -a) for b, a in at.layer.borders]))


@writes(L.UpSampling1D, L.UpSampling2D, L.UpSampling3D)
def up_sampling(at: At) -> Any:
    how = at.layer.interpolation
    if how not in ("nearest", "bilinear"):  # of which PyTorch has other numbers, or none
        size, _ = at.layer.split(at.shape)
        return summed(at, at.x, at.layer.matrices(size))
    sizes = tuple(float(n) for n in at.layer.sizes)
    return left(at, at.module("nn.Upsample", scale_factor=sizes, mode=how, xs=(entered(at),)))


def summed(at: At, x: Any, matrices: Sequence[Array]) -> Any:
    """Weighted sums along height and width, by how much A and B say."""
    A, B = map(at.constant, matrices)
    before, after = ("bhwc", "bijc") if at.layer.data_format == LAST else ("bchw", "bcij")
    return at.op("torch.einsum", f"ih,jw,{before}->{after}", A, B, x)


def adaptively(at: At, kind: str, size: Any) -> Any:
    """Maxima ("Max"), or means ("Avg"), of as many places as there are to be, channels first."""
    return at.module(f"nn.Adaptive{kind}Pool{at.layer.axes}d", size, xs=(entered(at),))


def mean_of_counting(at: At) -> Any:
    """The mean of the steps that a mask lets count."""
    steps, keepdim = (1 if at.layer.data_format == LAST else 2), at.layer.keepdims
    counts = at.op(".unsqueeze", at.mask, 3 - steps)  # beside the channels
    both = at.op("torch.where", counts, at.x, at.constant(0.0)), at.cast(counts, "bool", at.writing.dtype)
    return at.op("operator.truediv", *(at.op("torch.sum", one, [steps], keepdim=keepdim) for one in both))


def all_over(at: At, kind: str) -> Any:
    """One number for all of each channel."""
    y = adaptively(at, kind, 1)
    return left(at, y) if at.layer.keepdims else at.module("nn.Flatten", xs=(y,), suffix="_flat")


@writes(L.GlobalAveragePooling1D, L.GlobalAveragePooling2D, L.GlobalAveragePooling3D)
def global_average(at: At) -> Any:
    return all_over(at, "Avg") if at.mask is None else mean_of_counting(at)


writes(L.GlobalMaxPooling1D, L.GlobalMaxPooling2D, L.GlobalMaxPooling3D)(lambda at: all_over(at, "Max"))


@writes(L.DepthwiseConv1D, L.DepthwiseConv2D)
def depthwise(at: At) -> Any:
    _, C, _ = slid(at)
    return ended(at, convolved(at, C * at.layer.depth_multiplier, C, at.layer.use_bias))


@writes(L.SeparableConv1D, L.SeparableConv2D)
def separable(at: At) -> Any:
    layer, (axes, C, _) = at.layer, slid(at)
    u = convolved(at, C * layer.depth_multiplier, C, use_bias=False, suffix=".depthwise")
    given = C * layer.depth_multiplier, layer.filters, 1
    told = unusual({"bias": (layer.use_bias, True)})
    return ended(at, at.module(f"nn.Conv{axes}d", *given, xs=(u,), suffix=".pointwise", **told))


@writes(L.Conv1DTranspose, L.Conv2DTranspose, L.Conv3DTranspose)
def transposed(at: At) -> Any:
    """PyTorch cuts off as much after as before, or less by its output_padding; what is more is cut off behind it."""
    layer = at.layer
    axes, channels, window = slid(at)
    each = zip(window.size, window.places, window.strides, window.kernel, window.dilation, window.before, strict=True)
    after = [(n - 1) * s + (k - 1) * d + 1 - b - size for size, n, s, k, d, b in each]
    less = tuple(max(0, b - a) for b, a in zip(window.before, after, strict=True))
    more = [max(0, a - b) for b, a in zip(window.before, after, strict=True)]
    told = unusual({
        "stride": (plain(layer.strides), 1), "padding": (plain(window.before), 0), "output_padding": (plain(less), 0),
        "bias": (layer.use_bias, True), "dilation": (plain(layer.dilation_rate), 1),
    })  # fmt: skip
    given = channels, layer.filters, plain(layer.kernel_size)
    y = at.module(f"nn.ConvTranspose{axes}d", *given, xs=(entered(at),), **told)
    y = around(at, y, [(0, -n) for n in more], suffix="_cut") if any(more) else y
    return ended(at, y)
