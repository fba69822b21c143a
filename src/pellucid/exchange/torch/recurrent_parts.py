"""The recurrent layer that PyTorch lacks, which stands alone as those of `parts.py` do."""

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
