"""How the other layers of pictures read in a script: borders, copies, pools of all pixels, and convolutions of other
kinds."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from ... import layers as L
from ...arrays import Array
from ...layers.channels import LAST
from .layers import dropout
from .sliding import Slid
from .writer import At, Back, batch, writes

writes(L.SpatialDropout1D, L.SpatialDropout2D, L.SpatialDropout3D)(dropout)


def along(at: At) -> tuple[list[int], tuple[int, ...]]:
    """(the axes of a picture, its size)."""
    size, _ = at.layer.split(at.shape)
    first = 1 if at.layer.data_format == LAST else 2
    return list(range(first, first + len(size))), size


def by_axis(at: At, entries: Sequence[str], other: str) -> str:
    """What stands for each axis of x: an entry for each of the picture's, `other` for the rest."""
    axes, _ = along(at)
    texts = [other] * (len(at.shape) + 1)
    for axis, entry in zip(axes, entries, strict=True):
        texts[axis] = entry
    return ", ".join(texts)


@writes(L.ZeroPadding1D, L.ZeroPadding2D, L.ZeroPadding3D, L.Cropping1D, L.Cropping2D, L.Cropping3D)
def borders(at: At) -> tuple[str, Back]:
    out, pads = at.name("h"), isinstance(at.layer, L.ZeroPadding1D | L.ZeroPadding2D | L.ZeroPadding3D)
    _, size = along(at)
    inner = size if pads else [n - b - a for n, (b, a) in zip(size, at.layer.borders, strict=True)]
    widths = by_axis(at, [str(pair) for pair in at.layer.borders], "(0, 0)")
    parts = by_axis(at, [f"{b}:{b + n}" for n, (b, _) in zip(inner, at.layer.borders, strict=True)], ":")

    def padded(x: str) -> str:
        return f"np.pad({x}, ({widths}))"

    def cut(x: str) -> str:
        return f"{x}[{parts}]"

    at.forward(f"{out} = {padded(at.x) if pads else cut(at.x)}", batch(at.out_shape))
    return out, lambda dy, wanted: cut(dy) if pads else padded(dy)


@writes(L.UpSampling1D, L.UpSampling2D, L.UpSampling3D)
def up_sampling(at: At) -> tuple[str, Back]:
    layer, out = at.layer, at.name("h")
    axes, size = along(at)
    if layer.interpolation != "nearest":
        return resampled(at, out)
    text = at.x
    for axis, n in zip(axes, layer.sizes, strict=True):
        text = f"np.repeat({text}, {n}, axis={axis})" if n > 1 else text
    at.forward(f"{out} = {text}", batch(at.out_shape))
    shape = by_axis(at, [f"{n}, {m}" for n, m in zip(size, layer.sizes, strict=True)], "-1").split(", ")
    channels = [i for i, n in enumerate(shape) if n == "-1"][1]
    shape[0], shape[channels] = f"len({at.x})", str(at.layer.split(at.shape)[1])
    summed = tuple(axis + i + 1 for i, axis in enumerate(axes))
    return out, lambda dy, wanted: f"{dy}.reshape({', '.join(shape)}).sum(axis={summed})"


def resampled(at: At, out: str) -> tuple[str, Back]:
    """Weighted sums along height and width: A and B say by how much."""
    _, size = along(at)
    forward, back = summed(at, at.layer.matrices(size))
    at.forward(f"{out} = {forward(at.x)}", batch(at.out_shape))
    return out, lambda dy, wanted: back(dy)


def summed(at: At, matrices: Sequence[Array]) -> tuple[Callable[[str], str], Callable[[str], str]]:
    """(the weighted sums along each axis of a picture, the way back), as text."""
    names = [at.constant(f"weights_{i}", A.astype(at.layer.dtype)) for i, A in enumerate(matrices)]
    n = len(matrices)
    of = [f"{a}{b}" for a, b in zip("ijk", "hwd", strict=False)][:n]
    before, after = ("".join(pair[at] for pair in of) for at in (1, 0))
    before, after = ((f"b{one}c" if at.layer.data_format == LAST else f"bc{one}") for one in (before, after))

    def text(x: str, given: str, made: str) -> str:
        return f'np.einsum("{",".join([*of, given])}->{made}", {", ".join([*names, x])}, optimize=True)'

    return lambda x: text(x, before, after), lambda dy: text(dy, after, before)


def whole(at: At, how: str) -> tuple[str, str]:
    """Write a pool of all pixels; returns its name, and how its numbers stand beside x."""
    out = at.name("h")
    axes, _ = along(at)
    keep = ", keepdims=True" if at.layer.keepdims else ""
    at.forward(f"{out} = {at.x}.{how}(axis={tuple(axes)}{keep})", batch(at.out_shape))
    return out, "" if at.layer.keepdims else f"[{by_axis(at, ['None'] * len(axes), ':')}]"


@writes(L.GlobalAveragePooling1D, L.GlobalAveragePooling2D, L.GlobalAveragePooling3D)
def global_average(at: At) -> tuple[str, Back]:
    if at.mask:
        return mean_of_counting(at)
    out, beside = whole(at, "mean")
    pixels = math.prod(along(at)[1])
    return out, lambda dy, wanted: f"np.broadcast_to({dy}{beside} / {pixels}, {at.x}.shape)"


def mean_of_counting(at: At) -> tuple[str, Back]:
    """The mean of the steps that a mask lets count."""
    out, n, (axis,) = at.name("h"), at.name("n"), along(at)[0]
    counts = f"{at.mask}[..., None]" if axis == 1 else f"{at.mask}[:, None]"
    keep, beside = (", keepdims=True", "") if at.layer.keepdims else ("", f"[{by_axis(at, ['None'], ':')}]")
    at.forward(f"{n} = {counts}.sum(axis={axis}{keep}).astype(DTYPE)", "how many steps count")
    at.forward('with np.errstate(invalid="ignore"):')
    at.forward(f"    {out} = np.where({counts}, {at.x}, DTYPE(0)).sum(axis={axis}{keep}) / {n}", "NaN where none does")
    return out, lambda dy, wanted: f"np.where({counts}, ({dy} / np.maximum({n}, 1)){beside}, DTYPE(0))"


@writes(L.GlobalMaxPooling1D, L.GlobalMaxPooling2D, L.GlobalMaxPooling3D)
def global_max(at: At) -> tuple[str, Back]:
    out, beside = whole(at, "max")
    axes, here = tuple(along(at)[0]), at.name("here")

    def back(dy: str, wanted: bool) -> str | None:
        if not wanted:
            return None
        at.backward(f"{here} = ({at.x} == {out}{beside}).astype(DTYPE)", "several that are the largest share it")
        return f"{dy}{beside} * {here} / {here}.sum(axis={axes}, keepdims=True)"

    return out, back


@writes(L.DepthwiseConv1D, L.DepthwiseConv2D)
def depthwise(at: At) -> tuple[str, Back]:
    slid = Slid(at)

    def back(dc: str, wanted: bool) -> None:
        filtered_back(at, slid, dc, "kernel", "W", wanted)

    return slid.ended(
        slid.channels * at.layer.depth_multiplier, lambda c: filtered(at, slid, c, "kernel", "W"), back,
        lambda: slid.sent_back(slid.du),
    )  # fmt: skip


def filtered(at: At, slid: Slid, c: str, name: str, letter: str) -> None:
    """Write what filters of each channel's own make."""
    C, M, W = slid.channels, at.layer.depth_multiplier, at.name(letter)
    slid.entered()
    at.forward(f"{W} = {at.p(name)}", str((*at.layer.kernel_size, C, M)))
    slid.zeros(c, C * M)
    at.forward(slid.loop(("n", M)))
    at.forward(f"    {c}[..., n::{M}] += {slid.met(slid.u)} * {W}[{slid.taps}, :, n]")


def filtered_back(at: At, slid: Slid, dc: str, name: str, letter: str, wanted: bool) -> None:
    """Write the way back through them."""
    M, W, axes = at.layer.depth_multiplier, at.name(letter), tuple(range(len(slid.window.places) + 1))
    of_u = f"{slid.met(slid.du)} += {dc}[..., n::{M}] * {W}[{slid.taps}, :, n]"
    of_W = f"d{W}[{slid.taps}, :, n] = ({slid.met(slid.u)} * {dc}[..., n::{M}]).sum(axis={axes})"
    slid.through(W, name, wanted, slid.du, slid.u, of_u, of_W, ("n", M))


@writes(L.SeparableConv1D, L.SeparableConv2D)
def separable(at: At) -> tuple[str, Back]:
    slid, q, O = Slid(at), at.name("q"), at.layer.filters
    I = slid.channels * at.layer.depth_multiplier
    W = f"{at.p('pointwise_kernel')}[{', '.join('0' * at.layer.axes)}]"

    def forward(c: str) -> None:
        filtered(at, slid, q, "depthwise_kernel", "V")
        at.forward(f"{c} = {q} @ {W}")

    def back(dc: str, wanted: bool) -> None:
        if at.trains("pointwise_kernel"):
            product = f"{q}.reshape(-1, {I}).T @ {dc}.reshape(-1, {O})"
            at.gradient("pointwise_kernel", f"({product}).reshape({at.p('pointwise_kernel')}.shape)")
        if wanted or at.trains("depthwise_kernel"):
            at.backward(f"d{q} = {dc} @ {W}.T")
        filtered_back(at, slid, f"d{q}", "depthwise_kernel", "V", wanted)

    return slid.ended(O, forward, back, lambda: slid.sent_back(slid.du))


@writes(L.Conv1DTranspose, L.Conv2DTranspose, L.Conv3DTranspose)
def transposed(at: At) -> tuple[str, Back]:
    """The places of the window are the numbers of x; it slides over what comes out, with a border that is cut off."""
    slid = Slid(at)
    window, O, W, x = slid.window, at.layer.filters, at.name("W"), at.x if slid.last else at.name("u")
    whole, I = at.name("whole") if window.has_border else "", slid.channels
    inner = ", ".join([":", *(f"{b}:{b + n}" for b, n in zip(window.before, window.size, strict=True))])
    widths = [(0, 0), *zip(window.before, window.after, strict=True), (0, 0)]

    def forward(c: str) -> None:
        to = whole or c
        if not slid.last:
            at.forward(f"{x} = np.moveaxis({at.x}, 1, -1)")
        at.forward(f"{W} = {at.p('kernel')}", str((*at.layer.kernel_size, O, I)))
        at.forward(f"{to} = np.zeros((len({at.x}), {', '.join(map(str, (*window.bordered, O)))}), DTYPE)")
        at.forward(slid.loop())
        at.forward(f"    {slid.met(to)} += {x} @ {W}[{slid.taps}].T")
        if whole:
            at.forward(f"{c} = {whole}[{inner}]")

    def back(dc: str, wanted: bool) -> None:
        dx, met = dx_of(wanted), slid.met(f"d{whole}" if whole else dc)
        if whole and (wanted or at.trains("kernel")):
            at.backward(f"d{whole} = np.pad({dc}, {tuple(widths)})")
        of_x = f"{dx} += {met} @ {W}[{slid.taps}]"
        of_W = f"d{W}[{slid.taps}] = {met}.reshape(-1, {O}).T @ {x}.reshape(-1, {I})"
        slid.through(W, "kernel", wanted, dx, x, of_x, of_W)

    def dx_of(wanted: bool) -> str:
        return at.dx(wanted) if slid.last else f"d{x}"

    return slid.ended(O, forward, back, lambda: dx_of(True) if slid.last else f"np.moveaxis(d{x}, -1, 1)", window.size)
