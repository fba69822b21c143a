"""How PyTorch's recurrent layers become layers: one for each of theirs, and one for each way that they go.

Their two biases are added up, but for those of a GRU, which has two here, too. The last states are a list, where
PyTorch has them along an axis in front of the batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from ... import activations as A
from ... import layers as L
from ... import ops
from ...layers.channels import FIRST, LAST
from ...wiring import Tensor
from ..sliding import POOLED, by_axes, padding_of
from .reader import Use, reads
from .reading_modules import BOUND, PLAIN

KINDS = {"GRU": L.GRU, "LSTM": L.LSTM, "RNN_TANH": L.SimpleRNN, "RNN_RELU": L.SimpleRNN}


@reads("nn.GRU", "nn.LSTM", "nn.RNN")
def recurrent(use: Use, x: Tensor, hx: Any = None) -> Any:
    """(all outputs of the last layer, the last states of each)."""
    m, ways, lstm = use.module, range(1 + use.module.bidirectional), use.told == "nn.LSTM"
    if not m.batch_first or getattr(m, "proj_size", None):
        use.refuse("batch_first=True, and no proj_size", f"batch_first={m.batch_first}")
    given = list(zip(*hx, strict=True)) if lstm and hx is not None else [(one,) for one in hx or ()]
    ends = []
    for n in range(m.num_layers):
        outputs = []
        for way in ways:
            place = n * len(ways) + way
            states = list(given[place]) if given else None
            apart = replace(use, path=f"{use.path}_{place}") if m.num_layers * len(ways) > 1 else use
            suffix = f"l{n}_reverse" if way else f"l{n}"
            y, *last = one_way(apart, x, suffix, states, bool(way))
            outputs.append(y)
            ends.append(last)
        x = outputs[0] if len(outputs) == 1 else ops.concatenate([outputs[0], ops.flip(outputs[1], 1)], axis=-1)
        if m.dropout and n + 1 < m.num_layers:
            x = replace(use, path=f"{use.path}_dropout_{n}").layer(L.Dropout, x, rate=m.dropout)
    found = tuple(list(one) for one in zip(*ends, strict=True))
    return x, found if lstm else (found[0] if found else None)


def one_way(use: Use, x: Tensor, suffix: str, states: Any, backwards: bool) -> Sequence[Tensor]:
    """(all outputs, the last states where they are read) of one layer, which goes one way."""
    m = use.module
    told = {"activation": "relu"} if m.mode == "RNN_RELU" else {}
    ended = use.parts is None or 1 in use.parts
    options = {"return_sequences": True, "return_state": ended, "go_backwards": backwards, **told}
    return called(use, plain(m), x, weights_of(use, suffix), states, None, **options)


def weights_of(use: Use, suffix: str) -> dict[str, Any]:
    """The weights of one layer, as we have them."""
    m, gru = use.module, use.module.mode == "GRU"

    def ordered(name: str) -> list[Any]:
        """The parts of an array, gate by gate; a GRU of PyTorch's has them as r, z, n."""
        array = getattr(m, f"{name}_{suffix}")
        each = array.split(m.hidden_size)
        return [each[1], each[0], each[2]] if gru else list(each)

    W, U = (_side_by_side([w.T for w in ordered(name)]) for name in ("weight_ih", "weight_hh"))
    if not m.bias:
        return {"kernel": W, "recurrent_kernel": U}
    first, second = (_side_by_side(ordered(name)) for name in ("bias_ih", "bias_hh"))
    if gru and not getattr(m, "before", False):
        b = _side_by_side([first[:, None], second[:, None]]).T
    else:
        b = first if gru else first + second
    return {"kernel": W, "recurrent_kernel": U, "bias": b}


def _side_by_side(parts: Sequence[Any]) -> Any:
    import torch

    return torch.cat(list(parts), -1)


def plain(m: Any) -> Callable[..., L.Layer]:
    """What makes the layer of a module that has nn.RNN's weights."""
    more = {"reset_after": not getattr(m, "before", False)} if m.mode == "GRU" else {}
    return partial(KINDS[m.mode], m.hidden_size, use_bias=m.bias, **more)


def called(
    use: Use, kind: Callable[..., L.Layer], x: Tensor, weights: dict[str, Any], states: Any, mask: Any, **options: Any
) -> Sequence[Tensor]:
    """The outputs of a recurrent layer with these weights; of a module used twice it is the same layer."""
    layer = use.reading.layers.get(use.path)
    if layer is None:
        layer = kind(name=use.path, dtype=use.reading.dtype, **options)
        use.keep(layer, weights, [use.tensor(x)])
        use.reading.layers[use.path] = layer
    y = layer(x, initial_state=states, mask=mask)  # type: ignore[call-arg]
    return y if isinstance(y, list | tuple) else [y]


@reads("Recurrence")
def step_by_step(use: Use, x: Tensor, mask: Any = None, *states: Tensor) -> Any:
    return through_time(use, plain(use.module), x, weights_of(use, "l0"), mask, states)


@reads("ConvRecurrence")
def convolved(use: Use, x: Tensor, mask: Any = None, *states: Tensor) -> Any:
    m, axes = use.module, len(use.module.kernel)
    first = getattr(m, "first", False)
    padding = padding_of(
        x.sample[2:] if first else x.sample[1:-1], m.kernel, m.stride, m.dilation, (m.before, m.after), POOLED
    )
    if padding is None:
        use.refuse("the border of padding='same', or none", f"{m.before} before and {m.after} after")
    kind = partial(
        by_axes("ConvLSTM{}D")[axes], len(m.weight_hh) // 4, m.kernel, m.stride, padding,
        data_format=FIRST if first else LAST, dilation_rate=m.dilation, use_bias=m.bias is not None,
    )  # fmt: skip
    order = (*range(2, axes + 2), 1, 0)
    weights = {"kernel": m.weight_ih.permute(order), "recurrent_kernel": m.weight_hh.permute(order)}
    weights |= {} if m.bias is None else {"bias": m.bias}
    return through_time(use, kind, x, weights, mask, states)


def through_time(
    use: Use, kind: Callable[..., L.Layer], x: Tensor, weights: dict[str, Any], mask: Any, states: Sequence[Tensor]
) -> list[Tensor]:
    """All outputs, the last one, and the last states, by a layer."""
    m, read = use.module, use.parts or {0, 1, 2, 3}
    options = {
        "return_sequences": 0 in read, "return_state": bool(read - {0, 1}), "go_backwards": m.backwards,
        "zero_output_for_mask": m.zero_output, "activation": activation_of(use, m.activation),
        "dropout": m.of_inputs, "recurrent_dropout": m.of_states,
    }  # fmt: skip
    if getattr(m, "mode", "LSTM") in ("GRU", "LSTM"):
        options["recurrent_activation"] = activation_of(use, m.gate)
    y, *ends = called(use, kind, x, weights, list(states) or None, mask, **options)
    last = ops.get_item(y, (slice(None), -1)) if {0, 1} <= read else y
    return [y, last, *ends]


def activation_of(use: Use, module: Any) -> Any:
    """The activation that a module is."""
    kind = f"nn.{type(module).__name__}" if type(module).__module__.startswith("torch.nn") else type(module).__name__
    if kind == "nn.Identity":
        return A.linear
    if kind not in PLAIN and kind not in BOUND:
        use.refuse("an activation that goes number by number", kind)
    return PLAIN[kind] if kind in PLAIN else BOUND[kind](module)
