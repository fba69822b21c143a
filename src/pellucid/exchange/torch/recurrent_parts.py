"""The recurrent layers that PyTorch lacks, which stand alone as those of `parts.py` do."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Recurrence(nn.RNNBase):
    """An nn.LSTM, nn.GRU or nn.RNN taken step by step, with activations of its own, dropout that is the same at all
    steps, and a mask (B, T) of the steps that count. before: whether a GRU gates h before it is multiplied. Returns all
    outputs, the last one, and the last states."""

    def __init__(
        self, mode: str, inputs: int, units: int, activation: nn.Module, gate: nn.Module | None, bias: bool = True,
        dropout: float = 0.0, of_states: float = 0.0, backwards: bool = False, zero_output: bool = False,
        before: bool = False,
    ) -> None:  # fmt: skip
        super().__init__(mode, inputs, units, bias=bias, batch_first=True)
        self.activation, self.gate = activation, gate or nn.Identity()
        self.of_inputs, self.of_states = dropout, of_states
        self.backwards, self.zero_output, self.before = backwards, zero_output, before

    def forward(self, x: Tensor, mask: Tensor | None = None, *states: Tensor) -> tuple[Tensor, ...]:
        gates, T = len(self.weight_hh_l0) // self.hidden_size, x.shape[1]
        kept = self.drawn(x[:, :1], self.of_inputs, gates if self.of_states else 1)
        a = self.product(x, self.weight_ih_l0, kept, self.bias_ih_l0 if self.bias else None)
        nothing = a.new_zeros(len(x), self.hidden_size)
        kept = self.drawn(nothing, self.of_states, gates)
        states = states or (nothing,) * (2 if self.mode == "LSTM" else 1)
        y, outputs = nothing, []
        for t in reversed(range(T)) if self.backwards else range(T):
            new = self.step(a[:, t], states, kept)
            if mask is None:
                y, states = new[0], new
            else:
                counts = mask[:, t, None]
                y = torch.where(counts, new[0], nothing if self.zero_output else y)
                states = tuple(torch.where(counts, one, before) for one, before in zip(new, states, strict=True))
            outputs.append(y)
        return torch.stack(outputs, 1), y, *states

    def step(self, a: Tensor, states: tuple[Tensor, ...], kept: list[Tensor] | None) -> tuple[Tensor, ...]:
        h, U, b = states[0], self.weight_hh_l0, self.bias_hh_l0 if self.bias else None
        if self.mode == "LSTM":
            i, f, k, o = (a + self.product(h, U, kept, b)).chunk(4, -1)
            c = self.gate(f) * states[1] + self.gate(i) * self.activation(k)
            return self.gate(o) * self.activation(c), c
        if self.mode != "GRU":
            return (self.activation(a + self.product(h, U, kept, b)),)
        a_r, a_z, a_k = a.chunk(3, -1)
        if self.before:
            n = 2 * self.hidden_size
            r, z = self.gate(torch.cat([a_r, a_z], -1) + self.product(h, U[:n], kept and kept[:2])).chunk(2, -1)
            k = self.activation(a_k + self.product(r * h, U[n:], kept and kept[2:]))
        else:
            u_r, u_z, u_k = self.product(h, U, kept, b).chunk(3, -1)
            r, z = self.gate(a_r + u_r), self.gate(a_z + u_z)
            k = self.activation(a_k + r * u_k)
        return (z * h + (1 - z) * k,)

    def drawn(self, x: Tensor, rate: float, gates: int) -> list[Tensor] | None:
        """What a share of x is multiplied by in training, for each gate by itself."""
        if not self.training or not 0 < rate < 1:
            return None
        return [nn.functional.dropout(torch.ones_like(x), rate) for _ in range(gates)]

    def product(self, x: Tensor, W: Tensor, kept: list[Tensor] | None, b: Tensor | None = None) -> Tensor:
        if kept is None:
            return nn.functional.linear(x, W, b)
        y = torch.cat([(x * m) @ w.T for m, w in zip(kept, W.chunk(len(kept)), strict=True)], -1)
        return y if b is None else y + b


class ConvRecurrence(nn.Module):
    """An LSTM whose products are convolutions, of pictures x (B, T, *D, C), taken step by step. before, after: the
    border that is laid around x; around: the same of h; first: whether pictures and states have their channels first.
    All else as in Recurrence."""

    def __init__(
        self, channels: int, filters: int, kernel: tuple[int, ...], activation: nn.Module, gate: nn.Module,
        before: tuple[int, ...], after: tuple[int, ...], around: tuple[tuple[int, ...], tuple[int, ...]],
        stride: tuple[int, ...], dilation: tuple[int, ...], bias: bool = True, dropout: float = 0.0,
        of_states: float = 0.0, backwards: bool = False, zero_output: bool = False, first: bool = False,
    ) -> None:  # fmt: skip
        super().__init__()
        self.weight_ih = nn.Parameter(torch.zeros(4 * filters, channels, *kernel))
        self.weight_hh = nn.Parameter(torch.zeros(4 * filters, filters, *kernel))
        self.bias = nn.Parameter(torch.zeros(4 * filters)) if bias else None
        self.activation, self.gate, self.kernel, self.stride, self.dilation = activation, gate, kernel, stride, dilation
        self.before, self.after, self.around = before, after, around
        self.of_inputs, self.of_states = dropout, of_states
        self.backwards, self.zero_output, self.first = backwards, zero_output, first

    def forward(self, x: Tensor, mask: Tensor | None = None, *states: Tensor) -> tuple[Tensor, ...]:
        x, T, steps = x if self.first else x.movedim(-1, 2), x.shape[1], []
        still = (1,) * len(self.kernel)
        kept = self.drawn(x[:, 0], self.of_inputs)
        for t in range(T):
            border = self.before, self.after
            steps.append(self.product(x[:, t], self.weight_ih, kept, border, self.stride, self.dilation, self.bias))
        nothing = torch.zeros_like(steps[0].chunk(4, 1)[0])
        kept = self.drawn(nothing, self.of_states)
        states = states if self.first else tuple(one.movedim(-1, 1) for one in states)
        h, c = states or (nothing, nothing)
        y, outputs = nothing, []
        for t in reversed(range(T)) if self.backwards else range(T):
            z = steps[t] + self.product(h, self.weight_hh, kept, self.around, still, still)
            i, f, k, o = z.chunk(4, 1)
            memory = self.gate(f) * c + self.gate(i) * self.activation(k)
            new = self.gate(o) * self.activation(memory)
            if mask is None:
                y, h, c = new, new, memory
            else:
                counts = mask[:, t].reshape(-1, *[1] * (x.ndim - 2))
                y = torch.where(counts, new, nothing if self.zero_output else y)
                h, c = torch.where(counts, new, h), torch.where(counts, memory, c)
            outputs.append(y)
        found = (torch.stack(outputs, 1), y, h, c)
        return found if self.first else tuple(one.movedim(-1 - len(self.kernel), -1) for one in found)

    def drawn(self, x: Tensor, rate: float) -> list[Tensor] | None:
        """What a share of x is multiplied by in training, for each gate by itself."""
        if not self.training or not 0 < rate < 1:
            return None
        return [nn.functional.dropout(torch.ones_like(x), rate) for _ in range(4)]

    def product(
        self, x: Tensor, W: Tensor, kept: list[Tensor] | None, border: tuple[tuple[int, ...], tuple[int, ...]],
        stride: tuple[int, ...], dilation: tuple[int, ...], b: Tensor | None = None,
    ) -> Tensor:  # fmt: skip
        F = nn.functional
        conv = {1: F.conv1d, 2: F.conv2d, 3: F.conv3d}[len(self.kernel)]
        widths = [n for both in zip(border[0][::-1], border[1][::-1], strict=True) for n in both]
        if kept is None:
            return conv(F.pad(x, widths), W, b, stride, 0, dilation)
        each = zip(kept, W.chunk(4), strict=True)
        y = torch.cat([conv(F.pad(x * m, widths), w, None, stride, 0, dilation) for m, w in each], 1)
        return y if b is None else y + b.reshape(-1, *[1] * len(self.kernel))
