"""How recurrent layers read in C: what the inputs give to the gates of all steps in one product, in bytes if those are
asked for; then a loop through time, in floats, whose gates are computed where that product lies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ... import layers as L
from ...activations import Activation
from ...arrays import Array
from ...layers.conv_lstm import ConvLSTM
from ..convolving import convolutions
from ..emitters import settled
from .activations import FORMULAS
from .loops import block, moved
from .products import matrix_product
from .sliding import convolved
from .writer import FORM, At, Buffer, Value, reshaped, writes


def formula(at: At, activation: Activation, x: str) -> str:
    """f(x), of one number."""
    if activation.name not in FORMULAS:
        raise FORM.refused(at.path, "a recurrent layer's activation that goes number by number", activation.name)
    text = FORMULAS[activation.name](at, **settled(activation)).format(x)
    return text if text.endswith(")") and text.count("(") == 1 else f"({text})"


@dataclass
class Loop:
    """A loop through time being written: of sample n, the gates `now` at a step, and the states h and c."""

    at: At
    a: Value  # (B, T, G·H)
    states: list[Value]  # h, or h and c, (B, H)
    within: list[Buffer] = field(default_factory=list)  # what its steps fill besides

    def __post_init__(self) -> None:
        self.B, self.T, self.width = self.a.shape
        self.H = self.width // self.at.layer.gates
        self.type = self.at.writing.type

    @cached_property
    def U(self) -> str:
        return self.at.constant(self.at.p("recurrent_kernel").T, "recurrent_kernel")

    def g(self, x: str) -> str:
        return formula(self.at, self.at.layer.activation, x)

    def s(self, x: str) -> str:
        return formula(self.at, self.at.layer.recurrent_activation, x)

    def each(self, lines: Sequence[str], size: int = 0) -> list[str]:
        """These lines, for each unit."""
        return block(f"for (size_t i = 0; i < {size or self.H}; i++)", lines)

    def gate(self, g: int) -> str:
        return f"now[{f'{g * self.H} + ' if g else ''}i]"

    def product(self, names: dict[str, int], state: str = "h[j]") -> list[str]:
        """Lines that add what the state gives to gates, each to what is called by a name."""
        rows = {name: f"({g * self.H} + i)" if g else "i" for name, g in names.items()}
        lines = [f"{name} += {state} * {self.U}[{row} * {self.H} + j];" for name, row in rows.items()]
        return block(f"for (size_t j = 0; j < {self.H}; j++)", lines)


def lstm(loop: Loop) -> list[str]:
    all_gates = [f"{loop.type} sum = now[i];", *loop.product({"sum": 0}), "now[i] = sum;"]
    i, f, k, o = (loop.gate(g) for g in range(4))
    update = [
        f"c[i] = {loop.s(f)} * c[i] + {loop.s(i)} * {loop.g(k)};",
        f"h[i] = {loop.s(o)} * {loop.g('c[i]')};",
    ]
    return [*loop.each(all_gates, 4 * loop.H), *loop.each(update)]


def gru(loop: Loop) -> list[str]:
    """With reset_after: what h gives to k is gated when it has been multiplied."""
    at, (z, r, k), one = loop.at, (loop.gate(g) for g in range(3)), loop.at.number(1)
    b = f"{at.constant(at.p('bias')[1][2 * loop.H :], 'bias')}[i]" if at.layer.use_bias else at.number(0)
    gates = [
        f"{loop.type} z = {z}, r = {r}, k = {b};",
        *loop.product({"z": 0, "r": 1, "k": 2}),
        f"{z} = {loop.s('z')};",
        f"{k} += {loop.s('r')} * k;",
        f"{k} = {loop.g(k)};",
    ]
    return [*loop.each(gates), *loop.each([f"h[i] = {z} * h[i] + ({one} - {z}) * {k};"])]


def gru_before(loop: Loop) -> list[str]:
    """Without: h is gated before it is multiplied."""
    (z, r, k), one = (loop.gate(g) for g in range(3)), loop.at.number(1)
    gates = [
        f"{loop.type} z = {z}, r = {r};", *loop.product({"z": 0, "r": 1}), f"{z} = {loop.s('z')};",
        f"{r} = {loop.s('r')} * h[i];",
    ]  # fmt: skip
    of_k = [f"{loop.type} k = {k};", *loop.product({"k": 2}, f"now[{loop.H} + j]"), f"{k} = {loop.g('k')};"]
    return [*loop.each(gates), *loop.each(of_k), *loop.each([f"h[i] = {z} * h[i] + ({one} - {z}) * {k};"])]


def simple(loop: Loop) -> list[str]:
    gates = [f"{loop.type} sum = now[i];", *loop.product({"sum": 0}), f"now[i] = {loop.g('sum')};"]
    return [*loop.each(gates), *loop.each(["h[i] = now[i];"])]


def conv_lstm(loop: Loop) -> list[str]:
    """What the convolution of h gives is added to the gates of each pixel, which lie side by side."""
    at, layer = loop.at, loop.at.layer
    F, gates = layer.filters, layer.gates * layer.filters
    before = len(at.writing.steps)
    _, of_states = convolutions(FORM, layer)
    h = reshaped(loop.states[0], (1, *layer.window(at.x.shape[2:-1]).places, F))
    u = convolved(replace(at, layer=of_states, xs=[h], title=""), at.p("recurrent_kernel"), None, in_bytes=False)
    taken = at.writing.steps[before:]
    del at.writing.steps[before:]
    loop.within += [step.fills for step in taken]
    i, f, k, o = (f"now[j + {g * F}] + more[j + {g * F}]" for g in range(4))
    update = [
        f"const size_t j = i / {F} * {gates} + i % {F};",
        f"const {loop.type} *const more = {u.memory.name};",
        f"c[i] = {loop.s(f)} * c[i] + {loop.s(i)} * {loop.g(k)};",
        f"h[i] = {loop.s(o)} * {loop.g('c[i]')};",
    ]
    return [*(line for step in taken for line in step.lines), *loop.each(update)]


def of_inputs(at: At, x: Value) -> Value:
    """What the inputs give to the gates of all steps, (B, T, G·H)."""
    if not isinstance(at.layer, ConvLSTM):
        return matrix_product(at, x, at.p("kernel"), gates_bias(at))
    convolution, _ = convolutions(FORM, at.layer)
    pictures = reshaped(x, x.shape[1:])
    a = convolved(replace(at, layer=convolution, xs=[pictures]), at.p("kernel"), gates_bias(at), at.writing.int8)
    at.title = ""
    return reshaped(a, (1, x.shape[1], a.size // x.shape[1]))


@writes(L.ConvLSTM1D, L.ConvLSTM2D, L.ConvLSTM3D, L.GRU, L.LSTM, L.SimpleRNN)
def recurrent(at: At) -> Any:
    layer = at.layer
    if isinstance(layer, ConvLSTM):
        at = replace(at, xs=[moved(at, [x], layer.last) for x in at.xs])
    x, *initial = at.xs
    a = of_inputs(at, x)
    B, H = a.shape[0], a.shape[2] // layer.gates
    states = [begun(at, (B, H), name, initial[i] if initial else None) for i, name in enumerate("hc"[: layer.carried])]
    loop = Loop(at, a, states)
    y = states[0]
    if layer.return_sequences:
        y = at.new((B, loop.T, H), "out")
    elif at.mask is not None:
        y = begun(at, (B, H), "out", None)
    lines = through_time(loop, step_of(layer)(loop), y)
    mask = [] if at.mask is None else [at.mask]
    at.step(lines, [a, *states, *mask, *([y] if mask else [])], y)
    at.writing.steps[-1].within = loop.within
    if isinstance(layer, ConvLSTM):
        y, *states = (pictures(at, one) for one in (y, *states))
    return (y, *states) if layer.return_state else y


def pictures(at: At, y: Value) -> Value:
    """Outputs or states of a ConvLSTM, whose channels are last, as the user has them."""
    layer, size = at.layer, at.x.shape[2:-1]
    shape = *y.shape[:-1], *layer.window(size).places, layer.filters
    return moved(at, [reshaped(y, shape)], layer.as_given)


def step_of(layer: Any) -> Callable[[Loop], list[str]]:
    """What writes the lines of one step."""
    kinds = {L.LSTM: lstm, L.SimpleRNN: simple, ConvLSTM: conv_lstm, L.GRU: gru}
    found = next(write for kind, write in kinds.items() if isinstance(layer, kind))
    return gru_before if found is gru and not layer.reset_after else found


def gates_bias(at: At) -> Array | None:
    """What is added to xW; of two biases both, but for what is gated."""
    if not at.layer.use_bias:
        return None
    b = at.p("bias")
    if b.ndim == 1:
        return b
    H = at.layer.units
    return np.concatenate([b[0, : 2 * H] + b[1, : 2 * H], b[0, 2 * H :]])


def begun(at: At, shape: tuple[int, int], name: str, before: Value | None) -> Value:
    """A state as it is before the first step: zeros, or what is given."""
    y = at.new(shape, name)
    value = at.number(0) if before is None else f"{at.named(before)}[i]"
    lines = block(f"for (size_t i = 0; i < {y.size}; i++)", [f"{y.memory.name}[i] = {value};"])
    return at.step(lines, [] if before is None else [before], y)


def through_time(loop: Loop, body: list[str], y: Value) -> list[str]:
    """The loop over the steps, whose body takes one."""
    at, T, H, type_ = loop.at, loop.T, loop.H, loop.type
    step = f"({T - 1} - t)" if at.layer.go_backwards else "t"
    sample = f"n * {T} + " if loop.B > 1 else ""
    place = f"({sample}{step})" if sample else step
    states = [f"{type_} *const {name} = {state.memory.name}{f' + n * {H}' if loop.B > 1 else ''};"
              for name, state in zip("hc", loop.states, strict=False)]  # fmt: skip
    lines = [f"{type_} *const now = {loop.a.memory.name} + {place} * {loop.width};"]
    out = f"{y.memory.name}[{'(' + sample + 't)' if sample else 't'} * {H} + i]"
    ends = f"{y.memory.name}[{f'n * {H} + ' if loop.B > 1 else ''}i]"
    sequences, zeroed = at.layer.return_sequences, at.layer.zero_output_for_mask
    if at.mask is not None:
        before = at.number(0) if zeroed else f"t ? {y.memory.name}[({sample}t - 1) * {H} + i] : {at.number(0)}"
        left = [f"{out} = {before};"] if sequences else [f"{ends} = {at.number(0)};"] if zeroed else []
        skipped = [*(loop.each(left) if left else []), "continue;"]
        lines += [f"if ({at.named(at.mask)}[{place}] == {at.number(0)}) {{", *(f"    {s}" for s in skipped), "}"]
    lines += body
    if sequences or at.mask is not None:
        lines += loop.each([f"{out if sequences else ends} = h[i];"])
    head = f"for (size_t n = 0; n < {loop.B}; n++)" if loop.B > 1 else ""
    return block(head, [*states, *block(f"for (size_t t = 0; t < {T}; t++)", lines)])
