"""How the other layers of pictures read in C: borders, copies, pools of all pixels, and convolutions of other kinds,
which stay in floats."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ... import layers as L
from ...arrays import Array
from ...layers.borders import cut, padded
from ...layers.channels import LAST
from ...layers.up_sampling import repeated
from .activations import write_activation
from .layers import chosen
from .loops import contracted, elementwise, moved, reduced
from .products import in_floats
from .sliding import Slid, nested, strides
from .writer import At, Step, Value, reshaped, writes


@writes(L.ZeroPadding1D, L.ZeroPadding2D, L.ZeroPadding3D)
def zero_padding(at: At) -> Value:
    layer = at.layer
    return moved(at, [at.x], lambda x: layer.as_given(padded(layer.last(x), layer.borders)))


@writes(L.Cropping1D, L.Cropping2D, L.Cropping3D)
def cropping(at: At) -> Value:
    layer = at.layer
    return moved(at, [at.x], lambda x: layer.as_given(cut(layer.last(x), layer.borders)))


@writes(L.UpSampling1D, L.UpSampling2D, L.UpSampling3D)
def up_sampling(at: At) -> Value:
    layer = at.layer
    if layer.interpolation == "nearest":
        return moved(at, [at.x], lambda x: layer.as_given(repeated(layer.last(x), layer.sizes)))
    return summed(at, at.x, layer.matrices(layer.split(at.x.shape[1:])[0]))


def summed(at: At, x: Value, matrices: Sequence[Array]) -> Value:
    """Weighted sums along each axis of a picture, by how much a matrix says."""
    before, after = list("dhw"[-len(matrices) :]), list("ijk"[: len(matrices)])
    for n, A in enumerate(matrices):
        axes = [[*after[:m], *before[m:]] for m in (n, n + 1)]
        one, two = ("b" + "".join([*a, "c"] if at.layer.data_format == LAST else ["c", *a]) for a in axes)
        x = contracted(at, [at.known(A, "weights"), x], [after[n] + before[n], one], two)
    return x


def all_over(at: At, kernel: str, shape: Sequence[int] = ()) -> Value:
    """One number for all of each channel."""
    first = 1 if at.layer.data_format == LAST else 2
    return reduced(at, at.x, list(range(first, first + at.layer.axes)), kernel, shape or at.shape)


@writes(L.GlobalAveragePooling1D, L.GlobalAveragePooling2D, L.GlobalAveragePooling3D)
def global_average(at: At) -> Value:
    if at.mask is None:
        return all_over(at, "mean")
    steps = 1 if at.layer.data_format == LAST else 2
    counts = reshaped(at.mask, [at.x.shape[axis] if axis in (0, steps) else 1 for axis in range(3)])
    total = reduced(at, chosen(at, counts, at.x, 0.0), [steps], "total", at.shape)
    n = reduced(at, at.mask, [1], "count", [1] * len(at.shape))
    return elementwise(at, [total, n], "{0} / {1}")


@writes(L.AutoContrast)
def auto_contrast(at: At) -> Value:
    low, high = at.layer.value_range
    size, channels = at.layer.split(at.x.shape[1:])
    shape = (1, *at.layer.joined((1,) * len(size), channels))
    least, most = (all_over(at, kernel, shape) for kernel in ("smallest", "largest"))
    stretched = f"{at.number(low)} + {at.number(high - low)} * ({{0}} - {{1}}) / ({{2}} - {{1}})"
    return elementwise(at, [at.x, least, most], f"{{2}} > {{1}} ? {stretched} : {{0}}")


writes(L.GlobalMaxPooling1D, L.GlobalMaxPooling2D, L.GlobalMaxPooling3D)(lambda at: all_over(at, "largest"))


@writes(L.DepthwiseConv1D, L.DepthwiseConv2D)
def depthwise(at: At) -> Value:
    slid = Slid(at)
    return write_activation(at, slid.left(by_channel(at, slid, "kernel", at.layer.use_bias)), at.layer.activation)


def by_channel(at: At, slid: Slid, name: str, with_bias: bool) -> Value:
    """What filters of each channel's own make, channels last."""
    W = at.p(name)
    *taps, C, M = W.shape
    shape = slid.rows, *slid.window.places, C
    x, y, still = slid.entered(), at.new((*shape[:-1], C * M)), (0,) * (1 + len(taps))
    arrays = {
        "x": (at.named(x), (slid.row, *slid.places, 1, 0, *slid.taps)),
        "w": (at.constant(W, name), (*still, M, 1, *strides(*taps, C, M)[:-2])),
        "y": (y.memory.name, strides(*shape, M)),
    }
    bias = biased(at, arrays, (*still, M, 1)) if with_bias else ""
    lines = [f"{at.writing.type} sum = {at.number(0)};", "sum += {x} * {w};", f"{{y}} = sum{bias};"]
    return at.step(nested(at, [*shape, M], taps, arrays, lines), [x], y)


@writes(L.SeparableConv1D, L.SeparableConv2D)
def separable(at: At) -> Value:
    slid, W = Slid(at), at.p("pointwise_kernel")
    u = by_channel(at, slid, "depthwise_kernel", with_bias=False)
    z = in_floats(at, u, W.reshape(W.shape[-2:]), at.p("bias") if at.layer.use_bias else None)
    return write_activation(at, slid.left(z), at.layer.activation)


def biased(at: At, arrays: dict[str, tuple[str, tuple[int, ...]]], steps: tuple[int, ...]) -> str:
    """Give the loops the bias, if there is one; returns what is added."""
    if at.layer.use_bias:
        arrays["b"] = at.constant(at.p("bias"), "bias"), steps
    return " + {b}" if at.layer.use_bias else ""


@writes(L.Conv1DTranspose, L.Conv2DTranspose, L.Conv3DTranspose)
def transposed(at: At) -> Value:
    """What each number of x lays around its place is summed up; the border is cut off then."""
    slid, W = Slid(at), at.p("kernel")
    window, (*taps, O, I) = slid.window, W.shape
    x = moved(at, [at.x], lambda x: x if slid.last else np.moveaxis(x, 1, -1))
    y, still = at.new((slid.rows, *window.bordered, O)), (0,) * (1 + len(taps))
    row, *apart, _ = strides(1, *window.bordered, O)
    of_places, of_taps = (tuple(s * n for s, n in zip(apart, each, strict=True)) for each in
                          (window.strides, window.dilation))  # fmt: skip
    arrays = {
        "x": (at.named(x), (*strides(1, *window.places, I)[:-1], *still[1:], 0, 1)),
        "w": (at.constant(W, "kernel"), (*still, *strides(*taps, O, I))),
        "y": (y.memory.name, (row, *of_places, *of_taps, 1)),
    }
    first = at.constant(at.p("bias") if at.layer.use_bias else np.zeros(O), "bias")
    pixels = slid.rows * math.prod(window.bordered)
    fill = nested(at, [pixels, O], [1], {"y": (y.memory.name, (O, 1)), "b": (first, (0, 1))}, ["", "{y} = {b};"])
    lines = [f"{at.writing.type} sum = {at.number(0)};", "sum += {x} * {w};", "{y} += sum;"]
    step = Step(
        [*filled(fill), *nested(at, [slid.rows, *window.places, *taps, O], [I], arrays, lines)], [x.memory], y.memory
    )
    step.title, at.title = at.title, ""
    at.writing.steps.append(step)

    def inner(y: Array) -> Array:
        y = window.without_border(y)
        return y if slid.last else np.moveaxis(y, -1, 1)

    return write_activation(at, moved(at, [y], inner), at.layer.activation)


def filled(lines: list[str]) -> list[str]:
    return [line for line in lines if line.strip()]
