"""How recurrent layers read in ONNX: one operator that goes through time, which has the steps in front of the batch.

Steps that a mask lets not count are put behind the others, where the operator is told to stop; each output then stands
where the last step that counted left it. So any mask will do, not only one whose steps count from the first on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import layers as L
from ...activations import Activation
from .writer import FORM, At, writes

OPS = {L.GRU: "GRU", L.LSTM: "LSTM", L.SimpleRNN: "RNN"}
ORDERS = {"GRU": (0, 1, 2), "LSTM": (0, 3, 1, 2), "RNN": (0,)}  # where ONNX's gates are among ours
USUAL = {"GRU": ["Sigmoid", "Tanh"], "LSTM": ["Sigmoid", "Tanh", "Tanh"], "RNN": ["Tanh"]}  # activations
ACTIVATIONS: dict[str, Callable[..., tuple[str, list[float], list[float]]]] = {  # (operator, its alpha, its beta)
    "elu": lambda alpha=1.0: ("Elu", [alpha], []),
    "hard_sigmoid": lambda: ("HardSigmoid", [1 / 6], [0.5]),
    "leaky_relu": lambda negative_slope=0.2: ("LeakyRelu", [negative_slope], []),
    "linear": lambda: ("Affine", [1.0], [0.0]),
    "relu": lambda **_: ("Relu", [], []),
    "sigmoid": lambda: ("Sigmoid", [], []),
    "softplus": lambda: ("Softplus", [], []),
    "softsign": lambda: ("Softsign", [], []),
    "tanh": lambda: ("Tanh", [], []),
}


@dataclass
class Counting:
    """Which steps count: truths (B, T), how many they are (B,), and where they stand (B, T), those first that count."""

    truths: str
    lengths: str
    places: str


@writes(L.GRU, L.LSTM, L.SimpleRNN)
def recurrent(at: At) -> Any:
    layer, dtype = at.layer, at.writing.dtype
    op = next(op for kind, op in OPS.items() if isinstance(layer, kind))
    x, *initial = (at.cast(x, dtype, "float32") for x in at.xs)
    counted, mask = None, at.mask
    if mask is not None:
        x, mask = (at.backwards(one) if layer.go_backwards else one for one in (x, mask))
        counted = which_count(at, mask)
        x = at.op("GatherElements", x, stretched(at, counted.places, at.shape[1]), axis=1)
    states = [at.op("Unsqueeze", state, at.whole(0)) for state in initial]
    lengths = "" if counted is None else counted.lengths
    given = [at.transposed(x, [1, 0, 2]), *weights(at, op), lengths, *states]
    told = {"hidden_size": layer.units, **activated(at, op)}
    told |= {"linear_before_reset": 1} if op == "GRU" and layer.reset_after else {}
    told |= {"direction": "reverse"} if layer.go_backwards and counted is None else {}
    all_y, *ends = at.writing.node(at.label, op, given, 1 + layer.carried, **told)
    ends = [at.op("Squeeze", end, at.whole(0)) for end in ends]
    steps = at.transposed(at.op("Squeeze", all_y, at.whole(1)), [1, 0, 2]) if layer.return_sequences else ""
    if counted is not None:
        y = outputs(at, steps, counted) if steps else last_output(at, ends[0], counted)
        ends = [ended(at, end, initial[i] if initial else "", counted) for i, end in enumerate(ends)]
    else:
        y = (at.backwards(steps) if layer.go_backwards else steps) if steps else ends[0]
    found = tuple(at.cast(one, "float32", dtype) for one in ((y, *ends) if layer.return_state else (y,)))
    return found if layer.return_state else found[0]


def weights(at: At, op: str) -> list[str]:
    """W and R (1, G·H, ...), and B, the two biases of the gates one behind the other (1, 2·G·H)."""
    layer, H = at.layer, at.layer.units
    columns = np.concatenate([np.arange(g * H, (g + 1) * H) for g in ORDERS[op]])
    found = []
    for name in ("kernel", "recurrent_kernel"):
        path = f"{at.path}/{name}"
        found.append(at.writing.array(at.writing.p[path].T[None, columns], path, "float32"))
    if not layer.use_bias:
        return [*found, ""]
    path = f"{at.path}/bias"
    b = at.writing.p[path]
    both = b[:, columns] if b.ndim == 2 else np.stack([b[columns], np.zeros_like(b)])
    return [*found, at.writing.array(both.reshape(1, -1), path, "float32")]


def activated(at: At, op: str) -> dict[str, Any]:
    """What the operator is told of the activations: first that of the gates, where there are some."""
    gates = [] if op == "RNN" else [at.layer.recurrent_activation]
    found = [known(at, one) for one in (*gates, *[at.layer.activation] * at.layer.carried)]
    names = [name for name, _, _ in found]
    told: dict[str, Any] = {} if names == USUAL[op] else {"activations": names}
    for name, place in (("activation_alpha", 1), ("activation_beta", 2)):  # of those that have one, in order
        numbers = [number for one in found for number in one[place]]
        told |= {name: numbers} if numbers else {}
    return told


def known(at: At, activation: Activation) -> tuple[str, list[float], list[float]]:
    """An activation as the operators know it."""
    bent = activation.name == "relu" and any(activation.options.values())
    if activation.name not in ACTIVATIONS or bent:
        wanted = f"a recurrent layer's activation among {', '.join(ACTIVATIONS)}"
        got = f"{activation.name} with options" if bent else activation.name
        raise FORM.refused(at.path, wanted, got, "Use an RNN of cells, whose steps are written one by one.")
    return ACTIVATIONS[activation.name](**({} if activation.name == "relu" else activation.options))


# Masks -----------------------------------------------------------------------------------------------------------


def which_count(at: At, mask: str) -> Counting:
    """The steps that count before the others, each kind in its order."""
    T = at.shape[0]
    late = np.arange(T, dtype="float32")[None]
    first, then = (at.writing.array(n - late, f"{at.label}/order", "float32") for n in (2 * T, T))
    order = at.op("Where", mask, first, then)
    places = at.writing.node(at.label, "TopK", [order, at.whole(T)], 2, axis=1)[1]
    lengths = at.op("ReduceSum", at.cast(mask, "bool", "int32"), at.whole(1), keepdims=0)
    return Counting(mask, lengths, places)


def stretched(at: At, places: str, features: int) -> str:
    """Places (B, T), the same for each feature (B, T, features)."""
    return at.op("Expand", at.op("Unsqueeze", places, at.whole(2)), at.whole(1, 1, features))


def zero(at: At) -> str:
    return at.writing.array(0.0, f"{at.label}/constant", "float32")


def some(at: At, counted: Counting) -> str:
    """Whether any step of a sample counts, (B, 1)."""
    none = at.writing.array(0, f"{at.label}/none", np.int32)
    return at.op("Unsqueeze", at.op("Greater", counted.lengths, none), at.whole(1))


def ended(at: At, state: str, before: str, counted: Counting) -> str:
    """A last state; where no step counts, the one before."""
    return at.op("Where", some(at, counted), state, before or zero(at))


def last_output(at: At, y: str, counted: Counting) -> str:
    """The output of the last step: that of the last one that counts, or 0."""
    if not at.layer.zero_output_for_mask:
        return ended(at, y, "", counted)
    T = at.shape[0]
    last = at.op("Slice", counted.truths, at.whole(T - 1), at.whole(T), at.whole(1))
    return at.op("Where", last, y, zero(at))


def outputs(at: At, steps: str, counted: Counting) -> str:
    """The outputs of all steps, from those of the steps that count."""
    axis, none, one = (at.writing.array(n, f"{at.label}/axis", np.int64) for n in (1, 0, 1))
    so_far = at.op("CumSum", at.cast(counted.truths, "bool", "int64"), axis)
    places = at.op("Max", at.op("Sub", so_far, one), none)
    y = at.op("GatherElements", steps, stretched(at, places, at.layer.units), axis=1)
    shown = counted.truths if at.layer.zero_output_for_mask else at.op("Greater", so_far, none)
    return at.op("Where", at.op("Unsqueeze", shown, at.whole(2)), y, zero(at))
