"""How a ConvLSTM reads in a script: as an LSTM, but for its products. v(n) is the state as the window meets it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from ... import layers as L
from ...arrays import Shape
from ...layers.channels import LAST
from ...layers.lstm import lstm_step, lstm_step_grad
from ..convolving import convolutions
from .normalizing import without_option
from .recurrence import Going, both_ways
from .sliding import Slid, convolution
from .writer import FORM, At, Back, batch, writes


class Convolved(Going):
    """A ConvLSTM being written."""

    def __init__(self, at: At) -> None:
        super().__init__(at)
        (_, *size, I), flat = at.shapes[0], at.name("flat")
        self.convolution, of_states = convolutions(FORM, at.layer)
        self.pictures = replace(
            at, layer=self.convolution, xs=(flat,), shapes=((*size, I),), number=f"{at.number}_1", mask="", fused=False
        )
        self.slid = Slid(replace(at, layer=of_states, xs=(self.states[0],), shapes=(self.state,)))
        self.v, self.u = at.name("v"), self.x

    def shape_of_state(self) -> Shape:
        layer = self.at.layer
        return (*layer.window(tuple(self.at.shapes[0][1:-1])).places, layer.filters)

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        return lstm_step, lstm_step_grad

    def of_inputs(self) -> None:
        at, (flat,) = self.at, self.pictures.xs
        gates = (*self.state[:-1], at.layer.gates * self.H)
        at.forward(f"{flat} = {self.x}.reshape({', '.join(map(str, (-1, *self.pictures.shape)))})")
        self.made, self.pictures_back = convolution(self.pictures)
        at.forward(f"{self.a} = {self.made}.reshape({', '.join(map(str, (-1, self.T, *gates)))})")

    def product(self, h: str) -> tuple[str, str]:
        at, slid, z = self.at, self.slid, self.at.name("z")
        window = slid.window
        widths = ((0, 0), *zip(window.before, window.after, strict=True), (0, 0))
        at.forward(f"    {self.v} = {f'np.pad({h}, {widths})' if window.has_border else h}")
        at.forward(f"    {z} = {self.a}[:, t]", batch((*self.state[:-1], at.layer.gates * self.H)))
        at.forward(f"    {slid.loop()}")
        at.forward(f"        {z} = {z} + {slid.met(self.v)} @ {self.U}[{slid.taps}]")
        return z, self.v

    def product_back(self, dh: str, da: str, dU: str) -> None:
        at, slid, dv = self.at, self.slid, f"d{self.v}"
        at.backward(f"    {dv} = np.zeros_like(kept[0])")
        at.backward(f"    {slid.loop()}")
        at.backward(f"        {slid.met(dv)} += {da} @ {self.U}[{slid.taps}].T")
        rows = f"{slid.met('kept[0]')}.reshape(-1, {self.H}).T"
        at.backward(f"        {dU}[{slid.taps}] += {rows} @ {da}.reshape(-1, {at.layer.gates * self.H})")
        at.backward(f"    {dh} = {slid.sent_back(dv)}")

    def gradients(self, dU: str, db: str) -> None:
        if self.at.trains("recurrent_kernel"):
            self.at.gradient("recurrent_kernel", dU)

    def of_inputs_back(self, wanted: bool) -> str | None:
        self.at.backward(f"d{self.made} = d{self.a}.reshape({self.made}.shape)")
        dx = self.pictures_back(f"d{self.made}", wanted)
        return None if dx is None else f"{dx}.reshape({self.x}.shape)"


@writes(L.ConvLSTM1D, L.ConvLSTM2D, L.ConvLSTM3D)
def conv_lstm(at: At) -> tuple[Any, Back]:
    if at.layer.dropout and at.differs():
        raise without_option(at.layer, "dropout", "0", at.layer.dropout)
    return both_ways(at, Convolved(at)) if at.layer.data_format == LAST else turned(at)


def turned(at: At) -> tuple[Any, Back]:
    """A ConvLSTM whose pictures have their channels first: they are last within, and what comes out is turned back."""
    layer = copy.copy(at.layer)
    layer.data_format = LAST
    there, back_again = f"{-1 - layer.axes}, -1", f"-1, {-1 - layer.axes}"
    last = tuple(at.name(f"last_{letter}") for letter in "xsc"[: len(at.xs)])
    for name, x in zip(last, at.xs, strict=True):
        at.forward(f"{name} = np.moveaxis({x}, {there})", "channels last")
    shapes = tuple(tuple(shape[i] for i in at.layer.order(len(shape))) for shape in at.shapes)
    inner = replace(at, layer=layer, xs=last, shapes=shapes)
    found, back_within = both_ways(inner, Convolved(inner))
    made = found if isinstance(found, tuple) else (found,)
    outs = tuple(at.name(f"first_{letter}") for letter in "ysc"[: len(made)])
    for name, y in zip(outs, made, strict=True):
        at.forward(f"{name} = np.moveaxis({y}, {back_again})", "channels first")

    def back(dy: Any, wanted: Any) -> Any:
        dys = dy if isinstance(dy, tuple) else (dy,)
        for name, d in zip(made, dys, strict=True):
            if d is not None:
                at.backward(f"d{name} = np.moveaxis({d}, {there})")
        ds = tuple(None if d is None else f"d{name}" for name, d in zip(made, dys, strict=True))
        dxs = back_within(ds if isinstance(dy, tuple) else ds[0], wanted)
        turned_back = [
            None if dx is None else f"np.moveaxis({dx}, {back_again})"
            for dx in (dxs if isinstance(dxs, tuple) else (dxs,))
        ]
        return tuple(turned_back) if isinstance(dxs, tuple) else turned_back[0]

    return (outs if isinstance(found, tuple) else outs[0]), back
