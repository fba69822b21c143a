"""How convolutions and pools read in a script: a loop over the taps of the window, which slide all places at once.

u(n) is what enters layer n as the window meets it, with its channels last and its border; c(n) what comes out of it,
its channels last. i, j, k count the taps along the axes, n the groups of channels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import layers as L
from ...arrays import Shape
from ...layers.channels import LAST
from ...layers.pooling import met
from ...layers.sliding import Window
from .writer import At, Back, batch, writes

TAPS = "ijk"


@dataclass
class Slid:
    """A layer whose window slides over its input, being written."""

    at: At
    fill: str = "0"  # what its border is made of

    def __post_init__(self) -> None:
        size, self.channels = self.at.layer.split(self.at.shape)
        self.window: Window = self.at.layer.window(size)
        self.last = self.at.layer.data_format == LAST
        self.u = self.at.x if self.last and not self.window.has_border else self.at.name("u")

    @property
    def taps(self) -> str:
        return ", ".join(TAPS[: len(self.window.kernel)])

    def entered(self) -> None:
        """Write u."""
        text = self.at.x if self.last else f"np.moveaxis({self.at.x}, 1, -1)"
        window = self.window
        if window.has_border:
            widths = [(0, 0), *zip(window.before, window.after, strict=True), (0, 0)]
            value = "" if self.fill == "0" else f", constant_values={self.fill}"
            text = f"np.pad({text}, {tuple(widths)}{value})"
        if text != self.u:
            self.at.forward(f"{self.u} = {text}", batch((*window.bordered, self.channels)))

    def met(self, array: str, *channels: str) -> str:
        """The numbers of all places that one tap meets, of an array like u."""
        window, parts = self.window, [":"]
        for tap, d, s, n in zip(TAPS, window.dilation, window.strides, window.places, strict=False):
            start = tap if d == 1 else f"{d} * {tap}"
            parts.append(f"{start} : {start} + {(n - 1) * s + 1}" + (f" : {s}" if s > 1 else ""))
        return f"{array}[{', '.join([*parts, *channels])}]"

    def loop(self, *more: tuple[str, int]) -> str:
        """The head of the loop over the taps, and over more."""
        letters = ", ".join([self.taps, *(letter for letter, _ in more)])
        sizes = [*self.window.kernel, *(n for _, n in more)]
        if len(sizes) == 1:
            return f"for {letters} in range({sizes[0]}):"
        return f"for {letters} in np.ndindex({', '.join(map(str, sizes))}):"

    def left(self, c: str, out: str, channels: int) -> None:
        """Write what leaves, its channels where the user has them."""
        if out != c:
            self.at.forward(f"{out} = np.moveaxis({c}, -1, 1)", batch((channels, *self.window.places)))

    @property
    def du(self) -> str:
        """The name of dL/du."""
        return self.at.dx(wanted=True) if self.u == self.at.x else f"d{self.u}"

    def back_at(self, dy: str, c: str) -> str:
        """Write dL/dc, from that of what left; returns its name."""
        if self.last:
            return dy
        self.at.backward(f"d{c} = np.moveaxis({dy}, 1, -1)")
        return f"d{c}"

    def sent_back(self, du: str) -> str:
        """dL/dx, from that of u."""
        axes = zip(self.window.before, self.window.size, strict=True)
        inner = ", ".join([":", *(f"{b}:{b + n}" for b, n in axes)])
        text = f"{du}[{inner}]" if self.window.has_border else du
        return text if self.last else f"np.moveaxis({text}, -1, 1)"

    def ended(
        self, filters: int, forward: Callable[[str], None], back: Callable[[str, bool], None],
        dx: Callable[[], str], places: Shape = (),
    ) -> tuple[str, Back]:  # fmt: skip
        """Write a convolution's forward, whose lines make c, with its bias and activation; and the way back, whose
        lines know dc. dx: dL/dx, as text. places: the size of what comes out."""
        at, layer = self.at, self.at.layer
        linear, places = layer.activation.name == "linear", places or self.window.places
        z = at.name("z") if not linear or at.fused else at.name("h")
        c = z if self.last else at.name("c")
        forward(c)
        if layer.use_bias:
            at.forward(f"{c} = {c} + {at.p('bias')}", batch((*places, filters)))
        if z != c:
            at.forward(f"{z} = np.moveaxis({c}, -1, 1)", batch((filters, *places)))
        out = z
        if not linear and not at.fused:
            out = at.name("h")
            at.forward(f"{out} = {at.script.activation(layer.activation, z)}")

        def backward(dy: str, wanted: bool) -> str | None:
            if out != z:
                at.backward(f"d{z} = {at.script.slope(layer.activation, dy, z, out)}")
            dc = self.back_at(f"d{z}", c)
            back(dc, wanted)
            if layer.use_bias and at.trains("bias"):
                at.gradient("bias", f"{dc}.sum(axis={tuple(range(len(places) + 1))})")
            return dx() if wanted else None

        return out, backward

    def through(self, W: str, name: str, wanted: bool, du: str, u: str, of_u: str, of_W: str, *more: Any) -> None:
        """Write the loop back over the taps, and over more: `of_u` is its line that gives du where that is wanted,
        `of_W` the one that gives dW where the parameter of this name is trained."""
        at, trains = self.at, self.at.trains(name)
        found = [(du, u, of_u)] * wanted + [(f"d{W}", W, of_W)] * trains
        for d, like, _ in found:
            at.backward(f"{d} = np.zeros_like({like})")
        if found:
            at.backward(self.loop(*more))
        for *_, line in found:
            at.backward(f"    {line}")
        if trains:
            at.gradient(name, f"d{W}")

    def zeros(self, name: str, channels: int, start: str = "zeros") -> None:
        """Write an array with a number for each place and channel."""
        sizes = ", ".join(map(str, (*self.window.places, channels)))
        more = "-np.inf, " if start == "full" else ""
        self.at.forward(f"{name} = np.{start}((len({self.at.x}), {sizes}), {more}DTYPE)")


@writes(L.Conv1D, L.Conv2D, L.Conv3D)
def convolution(at: At) -> tuple[str, Back]:
    layer, slid, W = at.layer, Slid(at), at.name("W")
    I, O = slid.channels // layer.groups, layer.filters // layer.groups
    mine, theirs, groups, every = shares(slid.channels, layer.filters, layer.groups)

    def forward(c: str) -> None:
        slid.entered()
        at.forward(f"{W} = {at.p('kernel')}", str((*layer.kernel_size, I, layer.filters)))
        slid.zeros(c, layer.filters)
        at.forward(slid.loop(*groups))
        at.forward(f"    {part(c, *theirs)} += {slid.met(slid.u, *mine)} @ {W}[{slid.taps}{every}]")

    def back(dc: str, wanted: bool) -> None:
        of_u = f"{slid.met(slid.du, *mine)} += {part(dc, *theirs)} @ {W}[{slid.taps}{every}].T"
        rows = f"{slid.met(slid.u, *mine)}.reshape(-1, {I}).T"
        of_W = f"d{W}[{slid.taps}{every}] = {rows} @ {part(dc, *theirs)}.reshape(-1, {O})"
        slid.through(W, "kernel", wanted, slid.du, slid.u, of_u, of_W, *groups)

    return slid.ended(layer.filters, forward, back, lambda: slid.sent_back(slid.du))


def shares(I: int, O: int, groups: int) -> tuple[list[str], list[str], list[tuple[str, int]], str]:
    """(which channels come in, which go out, the loop over groups, those of W), of the group n; all of one group."""
    if groups == 1:
        return [], [], [], ""
    mine, theirs = f"{of(I // groups)} : {of(I // groups, 1)}", f"{of(O // groups)} : {of(O // groups, 1)}"
    return [mine], [theirs], [("n", groups)], f", :, {theirs}"


def of(size: int, more: int = 0) -> str:
    """Where group n begins; more = 1: where it ends."""
    start = "n" if size == 1 else f"{size} * n"
    return f"{start} + {size}" if more else start


def part(array: str, *channels: str) -> str:
    return f"{array}[..., {channels[0]}]" if channels else array


@writes(L.MaxPooling1D, L.MaxPooling2D, L.MaxPooling3D)
def max_pooling(at: At) -> tuple[str, Back]:
    slid, out = Slid(at, "-np.inf"), at.name("h")
    c = out if slid.last else at.name("c")
    slid.entered()
    slid.zeros(c, slid.channels, "full")
    at.forward(slid.loop())
    at.forward(f"    {c} = np.maximum({c}, {slid.met(slid.u)})", batch((*slid.window.places, slid.channels)))
    slid.left(c, out, slid.channels)

    def back(dy: str, wanted: bool) -> str | None:
        if not wanted:
            return None
        dc, du, left = slid.back_at(dy, c), slid.du, at.name("left")
        at.backward(f"{du}, {left} = np.zeros_like({slid.u}), {dc}")
        at.backward(slid.loop())
        text = f"    taken = np.where({slid.met(slid.u)} == {c}, {left}, DTYPE(0))"
        at.backward(text, "the first of several that are the largest takes it all")
        at.backward(f"    {slid.met(du)} += taken")
        at.backward(f"    {left} = {left} - taken")
        return slid.sent_back(du)

    return out, back


@writes(L.AveragePooling1D, L.AveragePooling2D, L.AveragePooling3D)
def average_pooling(at: At) -> tuple[str, Back]:
    slid, out = Slid(at), at.name("h")
    c = out if slid.last else at.name("c")
    slid.entered()
    slid.zeros(c, slid.channels)
    at.forward(slid.loop())
    at.forward(f"    {c} += {slid.met(slid.u)}")
    count = counted(at, slid.window)
    at.forward(f"{c} = {c} / {count}", batch((*slid.window.places, slid.channels)))
    slid.left(c, out, slid.channels)

    def back(dy: str, wanted: bool) -> str | None:
        if not wanted:
            return None
        du, each = slid.du, at.name("each")
        at.backward(f"{du}, {each} = np.zeros_like({slid.u}), {slid.back_at(dy, c)} / {count}")
        at.backward(slid.loop())
        at.backward(f"    {slid.met(du)} += {each}")
        return slid.sent_back(du)

    return out, back


def counted(at: At, window: Window) -> str:
    """How many numbers each place has the mean of: the border does not count."""
    if not window.has_border:
        return str(math.prod(window.kernel))
    return at.constant("counts", met(window, np.zeros(0, at.layer.dtype))[0])
