"""How operators are read that go through time, and those that move the axes of what enters and leaves them: the steps
stand in front of the batch there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from ... import activations as A
from ... import layers as L
from ... import ops
from ...activations import Activation
from ...arrays import Array
from ...wiring import Tensor
from .reader import BATCH, LATE, READERS, Late, Reader, Use, reads
from .reading_ops import placed, reshaped
from .recurrence import OPS, ORDERS, USUAL
from .transposing import BY_NUMBER

KINDS: dict[str, Any] = {op: kind for kind, op in OPS.items()}
PLAIN = {"Relu": A.relu, "Sigmoid": A.sigmoid, "Softplus": A.softplus, "Softsign": A.softsign, "Tanh": A.tanh}


@reads(*KINDS)
def recurrent(use: Use) -> list[Any]:
    """[Y, Y_h] and of an LSTM Y_c, None for those that nothing reads."""
    x, H = steps_of(use), int(use.options["hidden_size"])
    ways = {b"forward": [False], b"reverse": [True], b"bidirectional": [False, True]}
    how = ways.get(use.options.get("direction", b"forward"))
    unread = [name for name, i in (("sequence_lens", 4), ("peepholes", 7)) if use.value(i) is not None]
    unread += [name for name in ("clip", "input_forget") if use.options.get(name)]
    if how is None or unread:
        use.refuse("neither sequence_lens, peepholes, clip nor input_forget", ", ".join(unread) or "another direction")
    functions = activations_of(use, len(how))
    found = [one_way(use, x, H, i, backwards, functions[i]) for i, backwards in enumerate(how)]
    together = [_beside(use, [one[i] for one in found]) for i in range(len(use.wanted))]
    layout = use.options.get("layout", 0)
    return [y if y is None or layout else Late(y, 2 - bool(i)) for i, y in enumerate(together)]


def _beside(use: Use, ys: list[Any]) -> Any:
    """What both ways give, along an axis of its own, the last but one."""
    if ys[0] is None:
        return None
    each = [use.operate(ops.expand_dims, y, axis=len(y.sample)) for y in ys]
    return each[0] if len(each) == 1 else use.layer(L.Concatenate, each, axis=-2)


def steps_of(use: Use) -> Tensor:
    """The sequences (B, T, I)."""
    x, layout = use.value(0), use.options.get("layout", 0)
    if layout:
        x = use.tensor()
    elif isinstance(x, Late) and x.batch == 1:
        x = x.x
    else:
        use.refuse("steps in front of the batch", "a batch that is fixed, or stands elsewhere")
    if len(x.sample) != 2:
        use.refuse("sequences of features", f"a shape {(None, *x.sample)}")
    found: Tensor = x
    return found


def one_way(use: Use, x: Tensor, H: int, i: int, backwards: bool, functions: list[Activation]) -> list[Tensor | None]:
    """[all outputs in the order of the steps, the last h, the last c], those that are read, of the way that is i-th."""
    weights, key = weights_of(use, H, i)
    wanted, carried = use.wanted + [False] * (3 - len(use.wanted)), 1 + (use.op == "LSTM")
    options: dict[str, Any] = {"return_sequences": wanted[0], "return_state": any(wanted[1:])}
    options |= {"go_backwards": backwards, "activation": functions[-1], "use_bias": "bias" in weights}
    if use.op != "RNN":
        options["recurrent_activation"] = functions[0]
    if use.op == "GRU":
        options["reset_after"] = bool(use.options.get("linear_before_reset", 0))
    if use.op == "LSTM" and functions[1] != functions[2]:
        use.refuse("one activation for what enters and for the state", "two")
    states = [state_of(use, 5 + n, i, H) for n in range(carried)]
    made = lambda: KINDS[use.op](H, **options, dtype=use.reading.dtype)  # noqa: E731
    layer = use.reading.weighted((use.op, key, x.sample, repr(options)), made, weights)
    given = None if all(state is None for state in states) else states
    if given and None in given:
        use.refuse("both states, or none", "one")
    found = layer(x, initial_state=given)  # type: ignore[call-arg]
    y, *ends = found if isinstance(found, list | tuple) else [found]
    if backwards and wanted[0]:
        y = use.operate(ops.flip, y, axis=1)
    ends = [*ends, None, None][:2]
    return [y if wanted[0] else None, *(end if asked else None for end, asked in zip(ends, wanted[1:], strict=True))]


def weights_of(use: Use, H: int, i: int) -> tuple[dict[str, Array], Any]:
    """(the weights of one way, as we have them; by what they are known)."""
    W, R = use.constant(1), use.constant(2)
    G, columns = len(ORDERS[use.op]), [g * H + n for g in np.argsort(ORDERS[use.op]) for n in range(H)]
    sizes = [(W.ndim == 3 and W.shape[1]), (R.ndim == 3 and R.shape[1:])]
    if sizes != [G * H, (G * H, H)] or not i < min(len(W), len(R)):
        use.refuse(f"weights of {G} gates of {H} units for each way", f"{W.shape} and {R.shape}")
    found = {"kernel": W[i].T[:, columns], "recurrent_kernel": R[i].T[:, columns]}
    given = [W, R]
    if use.value(3) is not None:
        B = use.constant(3)
        if B.shape != (len(W), 2 * G * H):
            use.refuse(f"biases {(len(W), 2 * G * H)}", str(B.shape))
        both = B[i].reshape(2, G * H)[:, columns]
        twice = use.op == "GRU" and use.options.get("linear_before_reset", 0)
        found["bias"] = both if twice else both.sum(axis=0)
        given.append(B)
    return found, (*(w.__array_interface__["data"][0] for w in given), i)


def state_of(use: Use, place: int, i: int, H: int) -> Tensor | None:
    """A state with which one way begins; None for zeros."""
    value = use.value(place)
    if value is None or (isinstance(value, np.ndarray) and not value.any()):
        return None
    if use.options.get("layout", 0) and isinstance(value, Tensor):
        value = Late(value, 1)
    if not isinstance(value, Late) or value.batch != 1 or value.x.sample[1:] != (H,) or i >= value.x.sample[0]:
        use.refuse("states that are zeros, or data", "others")
    state: Tensor = use.operate(ops.get_item, value.x, (slice(None), i))
    return state


def activations_of(use: Use, ways: int) -> list[list[Activation]]:
    """The activations of each way, those of the gates first."""
    names = [name.decode() for name in use.options.get("activations", [])] or USUAL[use.op] * ways
    alphas, betas = (iter(use.options.get(f"activation_{one}", ())) for one in ("alpha", "beta"))
    n = len(USUAL[use.op])
    if len(names) != n * ways:
        use.refuse(f"{n * ways} activations", str(len(names)))
    found = [activation_of(use, name, alphas, betas) for name in names]
    return [found[i * n : (i + 1) * n] for i in range(ways)]


def activation_of(use: Use, name: str, alphas: Any, betas: Any) -> Activation:
    """One of them, with its numbers, which are given in order to those that have some."""
    if name in PLAIN:
        return PLAIN[name]
    if name == "Elu":
        return A.elu.bound(alpha=next(alphas, 1.0))
    if name == "LeakyRelu":
        return A.leaky_relu.bound(negative_slope=next(alphas, 0.01))
    if name in ("Affine", "HardSigmoid"):
        usual, wanted = ((0.2, 0.5), (1 / 6, 0.5)) if name == "HardSigmoid" else ((1.0, 0.0), (1.0, 0.0))
        numbers = next(alphas, usual[0]), next(betas, usual[1])
        if np.allclose(numbers, wanted, rtol=1e-6):
            return A.hard_sigmoid if name == "HardSigmoid" else A.linear
        use.refuse(f"{name} with {wanted[0]:.4} and {wanted[1]}", f"{numbers[0]:.4} and {numbers[1]:.4}")
    return use.refuse(f"an activation among {', '.join([*PLAIN, 'Affine, Elu, HardSigmoid, LeakyRelu'])}", name)


# Data whose batch is not in front --------------------------------------------------------------------------------


def later(*names: str) -> Callable[[Reader], Reader]:
    """Decorator: this reads these operators on such data."""

    def register(reader: Reader) -> Reader:
        LATE.update(dict.fromkeys(names, reader))
        return reader

    return register


def late_of(use: Use, i: int = 0) -> Late:
    value = use.value(i)
    return value if isinstance(value, Late) else use.refuse("data whose batch is not in front", "others")


def settled(x: Tensor, batch: int) -> Tensor | Late:
    return Late(x, batch) if batch else x


@later("Identity", "Dropout")
def passed(use: Use) -> Any:
    return late_of(use)


@later(*(op for op in sorted(BY_NUMBER) if op in READERS))
def by_number(use: Use) -> Late:
    """What goes number by number, where the batch stands in one place in all that flows."""
    values, batch = use.reading.values, late_of(use, next(i for i in range(9) if isinstance(use.value(i), Late))).batch
    for name in use.inputs:
        value = values.get(name)
        known = isinstance(value, np.ndarray) and value.size == 1
        if name and not known and not (isinstance(value, Late) and value.batch == batch):
            use.refuse("data whose batch stands in one place, or single numbers", "others")
    inner = {name: values[name].x for name in use.inputs if isinstance(values.get(name), Late)}
    reading = replace(use.reading, values={**values, **inner})
    return Late(READERS[use.op](replace(use, reading=reading)), batch)


@later("Shape")
def shape_of(use: Use) -> Array:
    sizes = np.array(late_of(use).shape, np.int64)
    return sizes[use.options.get("start", 0) : use.options.get("end", len(sizes))]


@later("Transpose")
def transposed(use: Use) -> Tensor | Late:
    value, n = late_of(use), len(late_of(use).shape)
    order = list(use.options.get("perm", range(n)[::-1]))
    axes = [a if a < value.batch else a - 1 for a in order if a != value.batch]
    return placed(use, value.x, axes, order.index(value.batch))


@later("Squeeze")
def squeezed(use: Use) -> Tensor | Late:
    value, n = late_of(use), len(late_of(use).shape)
    gone = {a % n for a in use.whole(1, "axes", [i for i, size in enumerate(value.shape) if size == 1])}
    if any(value.shape[a] != 1 for a in gone):
        use.refuse("axes of length 1", f"{sorted(gone)} of {tuple(value.shape)}")
    rest = [size for a, size in enumerate(value.shape) if a not in gone and a != value.batch]
    return settled(reshaped(use, value.x, rest), value.batch - sum(a < value.batch for a in gone))


@later("Reshape")
def of_another_shape(use: Use) -> Tensor | Late:
    value, sizes = late_of(use), use.whole(1, "shape")
    shape = [value.shape[i] if n == 0 and i < len(value.shape) else n for i, n in enumerate(sizes)]
    whole = int(np.prod(value.x.sample))
    places = [i for i, n in enumerate(shape) if n in (BATCH, use.reading.batch) and i == value.batch]
    rest = [n for i, n in enumerate(shape) if i not in places]
    known = int(np.prod([n for n in rest if n != -1]))
    rest = [whole // known if n == -1 and known > 0 else n for n in rest]
    before = int(np.prod(shape[: value.batch])) == int(np.prod(value.shape[: value.batch]))
    if not places or not before or any(n < 1 for n in rest) or int(np.prod(rest)) != whole:
        use.refuse("a shape in which the batch stays where it is", str(sizes))
    return settled(reshaped(use, value.x, rest), value.batch)


@later("Gather")
def gathered(use: Use) -> Tensor | Late:
    value, places = late_of(use), use.constant(1)
    n = len(value.shape)
    axis = use.options.get("axis", 0) % n
    if axis == value.batch or places.ndim > 1 or (np.abs(places + 0.5) > value.shape[axis]).any():
        use.refuse(f"places along an axis of {tuple(value.shape)} that is not the batch", f"axis {axis}")
    y = use.operate(ops.take, value.x, places, axis=axis + (axis < value.batch))
    return settled(y, value.batch - (axis < value.batch and places.ndim == 0))


@later("Slice")
def part(use: Use) -> Tensor | Late:
    value, starts, stops = late_of(use), use.whole(1, "starts"), use.whole(2, "ends")
    axes = [a % len(value.shape) for a in use.whole(3, "axes", list(range(len(starts))))]
    steps = use.whole(4, "steps", [1] * len(starts))
    if value.batch in axes or any(step < 1 for step in steps):
        use.refuse("a part along other axes than the batch, forwards", str(axes))
    key = [slice(None)] * len(value.shape)
    for axis, *words in zip(axes, starts, stops, steps, strict=True):
        key[axis + (axis < value.batch)] = slice(*words)
    return Late(use.operate(ops.get_item, value.x, tuple(key)), value.batch)


@later("Concat")
def joined(use: Use) -> Tensor | Late:
    given = [late_of(use, i) for i in range(len(use.inputs))]
    axis, batch = use.options["axis"] % len(given[0].shape), given[0].batch
    if axis == batch or any(one.batch != batch for one in given):
        use.refuse("an axis that is not the batch", str(axis))
    return Late(use.layer(L.Concatenate, [one.x for one in given], axis=axis + (axis < batch)), batch)
