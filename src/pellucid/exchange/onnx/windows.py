"""How the ops that slide windows read in ONNX, kernels being operands; and determinants. What else takes matrices apart
has no operator there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..windows import Slid, slid
from .ops import OPS, first, operands, writes
from .sliding import channels_first
from .writer import EMITTERS, At


def of_the_layer(at: At, **options: Any) -> str:
    """As its layer is written, which has no weights."""
    layer = slid(at).layer
    found: str = EMITTERS[type(layer).__bases__[0]](replace(at, layer=layer))
    return found


for name in ("max_pool", "average_pool", "adaptive_max_pool", "adaptive_average_pool"):
    OPS[name] = of_the_layer


def convolved(at: At, s: Slid, x: str, W: str, groups: int) -> str:
    w = s.window
    told = {"kernel_shape": w.kernel, "strides": w.strides, "pads": (*w.before, *w.after), "dilations": w.dilation}
    return at.in_single("Conv", x, at.cast(W, at.kind, "float32"), **told, group=groups)


def written(at: At, s: Slid, write: Any) -> str:
    """What `write` makes of what enters, its channels first, and back again."""
    x, *kernels = operands(at)
    return channels_first(replace(at, layer=s.layer, xs=[x]), lambda x: write(x, *kernels))


def spread(at: At, s: Slid, W: str) -> str:
    """A kernel of each channel by itself, as ONNX has one of as many groups."""
    return at.op("Reshape", at.transposed(W, s.spread), at.whole(*s.depthwise))


@writes
def conv(at: At, **options: Any) -> str:
    s = slid(at)
    return written(at, s, lambda x, W: convolved(at, s, x, at.transposed(W, s.turned), s.groups))


@writes
def depthwise_conv(at: At, **options: Any) -> str:
    s = slid(at)
    return written(at, s, lambda x, W: convolved(at, s, x, spread(at, s, W), s.channels))


@writes
def separable_conv(at: At, **options: Any) -> str:
    s = slid(at)

    def write(x: str, V: str, W: str) -> str:
        y = convolved(at, s, x, spread(at, s, V), s.channels)
        return at.in_single("Conv", y, at.cast(at.transposed(W, s.turned), at.kind, "float32"))

    return written(at, s, write)


@writes
def conv_transpose(at: At, **options: Any) -> str:
    s = slid(at)
    w = s.window
    told: dict[str, Sequence[int]] = {
        "kernel_shape": w.kernel, "strides": w.strides, "dilations": w.dilation,
        "pads": (*w.before, *(max(0, a) for a in s.after)), "output_padding": [max(0, -a) for a in s.after],
    }  # fmt: skip

    def write(x: str, W: str) -> str:
        return at.in_single("ConvTranspose", x, at.cast(at.transposed(W, s.turned), at.kind, "float32"), **told)

    return written(at, s, write)


OPS["det"] = lambda at: at.in_single("Det", first(at))
