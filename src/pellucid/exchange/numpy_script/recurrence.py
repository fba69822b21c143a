"""How recurrent layers read in a script: a loop through time, and the same loop back. The states are s(n), and of an
LSTM c(n), what the inputs give to the gates is a(n), and steps(n) what each step keeps for the way back."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ... import layers as L
from ...arrays import Shape
from ...layers.gru import gru_step, gru_step_before, gru_step_before_grad, gru_step_grad
from ...layers.lstm import lstm_step, lstm_step_grad
from ...layers.simple_rnn import simple_step, simple_step_grad
from .layers import drawn
from .normalizing import without_option
from .writer import At, Back, batch, writes


class Going:
    """A recurrent layer being written."""

    def __init__(self, at: At) -> None:
        self.at, layer = at, at.layer
        self.T, self.I = at.shapes[0][0], at.shapes[0][-1]
        self.H, self.x = layer.units, at.xs[0]
        self.state = self.shape_of_state()
        self.U = at.p("recurrent_kernel")
        self.a, self.steps, self.ys = at.name("a"), at.name("steps"), at.name("ys")
        self.states = [at.name(letter) for letter in "sc"[: layer.carried]]
        self.lstm = layer.carried == 2
        self.twice = isinstance(layer, L.GRU) and layer.reset_after and layer.use_bias
        self.out = at.name("h") if layer.return_sequences or at.mask else self.states[0]
        self.u = at.name("u") if 0 < layer.dropout < 1 and at.differs() else self.x
        self.zeros = f"np.zeros((len({self.x}), {', '.join(map(str, self.state))}), DTYPE)"
        self.beside = ", None" * len(self.state)

    def shape_of_state(self) -> Shape:
        """Of a sample."""
        return (self.H,)

    def order(self, backwards: bool) -> str:
        """The steps in the order in which they are taken, or in reverse."""
        return f"reversed(range({self.T}))" if backwards != self.at.layer.go_backwards else f"range({self.T})"

    def parts(self) -> dict[str, Any]:
        """The activations."""
        layer = self.at.layer
        both = {"g": layer.activation}
        return both if isinstance(layer, L.SimpleRNN) else both | {"s": layer.recurrent_activation}

    def functions(self) -> tuple[Callable[..., Any], Callable[..., Any]]:
        layer = self.at.layer
        if self.lstm:
            return lstm_step, lstm_step_grad
        if isinstance(layer, L.SimpleRNN):
            return simple_step, simple_step_grad
        return (gru_step, gru_step_grad) if layer.reset_after else (gru_step_before, gru_step_before_grad)

    # Forward -----------------------------------------------------------------------------------------------------

    def forward(self) -> None:
        at, layer = self.at, self.at.layer
        self.of_inputs()
        if len(at.xs) > 1:
            for state, given in zip(self.states, at.xs[1:], strict=True):
                at.forward(f"{state} = {given}")
        else:
            at.forward(f"{' = '.join(self.states)} = {self.zeros}", batch(self.state))
        kept = [self.steps, *([self.ys] if layer.return_sequences else [])]
        at.forward(f"{', '.join(kept)} = {', '.join('[]' for _ in kept)}")
        if at.mask:
            at.forward(f"{self.out} = {self.zeros}", "the output before the first step that counts")
        at.forward(f"for t in {self.order(False)}:")
        news = [f"new_{state}" for state in self.states] if at.mask else self.states
        self.step(news)
        if at.mask:
            self.counted(news)
        if layer.return_sequences:
            at.forward(f"    {self.ys}.append({self.out if at.mask else self.states[0]})")
            at.forward(f"{self.out} = np.stack({self.ys}, axis=1)", batch((self.T, *self.state)))

    def of_inputs(self) -> None:
        """What the inputs give to the gates of all steps."""
        at, layer = self.at, self.at.layer
        bias = f" + {at.p('bias')}" + ("[0]" if self.twice else "") if layer.use_bias else ""
        if self.u != self.x:
            drawn(at, f"uniform({{key}}, (len({self.x}), 1, {self.I})) >= {layer.dropout!r}", "None")
            at.forward(f"{self.u} = {self.x} * {self.dropped()} if training else {self.x}")
        at.forward(f"{self.a} = {self.u} @ {at.p('kernel')}{bias}", batch((self.T, layer.gates * self.H)))

    def dropped(self) -> str:
        """What dropout multiplies the inputs of all steps by."""
        return f"({self.at.name('m')} * DTYPE(1 / (1 - {self.at.layer.dropout!r})))"

    def step(self, news: list[str]) -> None:
        """The lines of one step."""
        at, (function, _), h = self.at, self.functions(), self.states[0]
        if self.lstm:
            z, met = self.product(h)
            given, kept, settled = {"z": z, "c": self.states[1]}, f"({met}, entry)", {}
        else:
            given = {"a": f"{self.a}[:, t]", "h": h, "U": self.U, **self.second()}
            kept, settled = "entry", self.settled()
        call = at.call(function, given, **settled, **self.parts())
        at.forward(f"    {', '.join([*news, 'entry'])} = {call}")
        at.forward(f"    {self.steps}.append({kept})")

    def product(self, h: str) -> tuple[str, str]:
        """(the gates of a step, the name of what is multiplied), of an LSTM."""
        self.at.forward(f"    before = {h}")
        return f"{self.a}[:, t] + {h} @ {self.U}", "before"

    def second(self) -> dict[str, str]:
        """The second bias of a GRU, which its steps add."""
        return {"b": f"{self.at.p('bias')}[1]"} if self.twice else {}

    def settled(self) -> dict[str, Any]:
        """No dropout, and no second bias where there is none."""
        gru = isinstance(self.at.layer, L.GRU) and self.at.layer.reset_after
        return {"kept": None} | ({"b": None} if gru and not self.twice else {})

    def counted(self, news: list[str]) -> None:
        """What the step leaves as it was in samples in which it does not count."""
        at, old = self.at, "DTYPE(0)" if self.at.layer.zero_output_for_mask else self.out
        at.forward(f"    counts = {at.mask}[:, t{self.beside}]")
        at.forward(f"    {self.out} = np.where(counts, {news[0]}, {old})")
        for state, new in zip(self.states, news, strict=True):
            at.forward(f"    {state} = np.where(counts, {new}, {state})")

    # Backward ----------------------------------------------------------------------------------------------------

    def back(self, dys: list[str | None]) -> None:
        """The loop back: what a state gives to the steps after it comes back from them."""
        at, layer = self.at, self.at.layer
        dy, dstates = dys[0], [f"d{state}" for state in self.states]
        given = dys[1:] or [None] * layer.carried
        if self.out == self.states[0]:
            given, dy = [dy or given[0], *given[1:]], None
        for d, there in zip(dstates, given, strict=True):
            if there != d:
                at.backward(f"{d} = {self.zeros}")
        left = at.name("left")
        if at.mask:
            at.backward(f"{left} = {dy if dy and not layer.return_sequences else self.zeros}",
                        "what comes back to an output that later steps repeat")  # fmt: skip
        da, dU, db = f"d{self.a}", f"dU{at.number}", f"db{at.number}"
        at.backward(f"{da}, {dU} = np.zeros_like({self.a}), np.zeros_like({self.U})")
        if self.twice:
            at.backward(f"{db} = np.zeros_like({at.p('bias')}[1])")
        at.backward(f"for t, kept in zip({self.order(True)}, reversed({self.steps})):")
        if dy and layer.return_sequences:
            to = left if at.mask else dstates[0]
            n = f"{self.T - 1} - t" if layer.go_backwards else "t"
            at.backward(f"    {to} = {to} + {dy}[:, {n}]")
        self.step_back(dstates, left if at.mask else "", dU, db)
        self.gradients(dU, db)

    def step_back(self, dstates: list[str], left: str, dU: str, db: str) -> None:
        """The lines of one step back."""
        at, into = self.at, list(dstates)
        if left:
            at.backward(f"    here = {at.mask}[:, t{self.beside}]")
            into = [f"now_{d}" for d in dstates]
            for now, d in zip(into, dstates, strict=True):
                more = f" + {left}" if d == dstates[0] else ""
                at.backward(f"    {now} = np.where(here, {d}{more}, DTYPE(0))")
        outs = [f"back_{d}" for d in dstates] if left else dstates
        self.through(into, outs, dU, db)
        if left:
            for d, out in zip(dstates, outs, strict=True):
                at.backward(f"    {d} = {out} + np.where(here, DTYPE(0), {d})")
            if at.layer.zero_output_for_mask:
                at.backward(f"    {left} = np.zeros_like({left})")
            else:
                at.backward(f"    {left} = np.where(here, DTYPE(0), {left})")

    def through(self, into: list[str], outs: list[str], dU: str, db: str) -> None:
        """From the gradients of the states after a step those of the states before, and of the gates."""
        at, (_, function), da = self.at, self.functions(), f"d{self.a}[:, t]"
        if self.lstm:
            given = {"dh": into[0], "dc": into[1], "cache": "kept[1]"}
            at.backward(f"    {da}, {outs[1]} = {at.call(function, given, **self.parts())}")
            self.product_back(outs[0], da, dU)
            return
        given = {"dh": into[0], "cache": "kept", "U": self.U}
        call = at.call(function, given, kept=None, **self.parts())
        found = [da, outs[0], "more", *(["more_b"] if function is gru_step_grad else [])]
        at.backward(f"    {', '.join(found)} = {call}")
        at.backward(f"    {dU} += more")
        if self.twice:
            at.backward(f"    {db} += more_b")

    def product_back(self, dh: str, da: str, dU: str) -> None:
        """The way back through what h gives to the gates, of which a step keeps what was multiplied."""
        self.at.backward(f"    {dU} += kept[0].T @ {da}")
        self.at.backward(f"    {dh} = {da} @ {self.U}.T")

    def gradients(self, dU: str, db: str) -> None:
        """The gradients of the weights."""
        at, layer, da = self.at, self.at.layer, f"d{self.a}"
        if at.trains("kernel"):
            width = layer.gates * self.H
            at.gradient("kernel", f"{self.u}.reshape(-1, {self.I}).T @ {da}.reshape(-1, {width})")
        if at.trains("recurrent_kernel"):
            at.gradient("recurrent_kernel", dU)
        if layer.use_bias and at.trains("bias"):
            total = f"{da}.sum(axis=(0, 1))"
            at.gradient("bias", f"np.stack([{total}, {db}])" if self.twice else total)

    def of_inputs_back(self, wanted: bool) -> str | None:
        """dL/dx, as text."""
        dx = f"d{self.a} @ {self.at.p('kernel')}.T"
        return f"({dx}) * {self.dropped()}" if self.u != self.x else dx


@writes(L.GRU, L.LSTM, L.SimpleRNN)
def recurrent(at: At) -> tuple[Any, Back]:
    return both_ways(at, Going(at))


def both_ways(at: At, going: Going) -> tuple[Any, Back]:
    """Write the loop through time, and give the loop back."""
    layer = at.layer
    if layer.recurrent_dropout and at.differs():
        raise without_option(layer, "recurrent_dropout", "0", layer.recurrent_dropout)
    going.forward()

    def back(dy: Any, wanted: Any) -> Any:
        going.back(list(dy) if isinstance(dy, tuple) else [dy])
        dx = going.of_inputs_back(wanted[0] if isinstance(wanted, tuple) else wanted)
        return (dx, *(f"d{state}" for state in going.states)) if len(at.xs) > 1 else dx

    return ((going.out, *going.states) if layer.return_state else going.out), back
