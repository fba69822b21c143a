"""Recurrence: h_t = step(x_t, h_{t-1}), one step of a sequence after another.     x (B, T, I)   h (B, H)

What recurrent layers share: the loop over the steps and, under it, backpropagation through time; which steps count; and
which of the states are given and come back. What one step computes, `lstm.py`, `gru.py` and `simple_rnn.py` say.

Source: Goodfellow, Bengio & Courville, Deep Learning (2016), section 10.2.2; Werbos, "Backpropagation through time:
what it does and how to do it", Proc. IEEE 78 (1990).
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple, Unpack

import numpy as np

from .. import checks
from ..activations import activations
from ..arrays import Array, Arrays, Shape, rows
from ..errors import InvalidArgument, ShapeError, Told
from ..rng import Key, own_seed
from ..wiring import Tensor
from .base import LayerOptions
from .gated import Kept, drawn, product, product_grad, where
from .holding import Parameter
from .noise import noise_key
from .remembering import Remembering, for_batches

States = tuple[Array, ...]  # h, or h and c
Gradients = dict[str, Array]


class RecurrentOptions(LayerOptions, total=False):
    """Arguments that every recurrent layer takes."""

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    stateful: bool
    unroll: bool
    zero_output_for_mask: bool


class Step(NamedTuple):
    """One step's cache, and which samples it counted for (B, 1, ...), if not for all."""

    cache: Any
    counts: Array | None


@dataclass(frozen=True)
class Unrolled:
    """What backward needs of all steps."""

    x: Array
    nothing: Array  # a state of zeros
    kept: tuple[Kept, Kept]  # dropout of x and of h
    steps: Sequence[Step]  # in the order in which they were taken
    given: int  # how many states the call was given
    begun: States  # those with which the first step began
    last: States  # and those after the last one


def keep_going(
    layer: Any, return_sequences: bool, return_state: bool, go_backwards: bool, stateful: bool, unroll: bool,
    zero_output_for_mask: bool,
) -> None:  # fmt: skip
    """Keep the arguments that say how a layer goes through a sequence, and what it gives."""
    layer.return_sequences, layer.return_state = bool(return_sequences), bool(return_state)
    layer.go_backwards, layer.unroll, layer.stateful = bool(go_backwards), bool(unroll), bool(stateful)
    layer.zero_output_for_mask = bool(zero_output_for_mask)


class Recurrent(Remembering):
    """A layer that goes through a sequence, and gives its last output or all of them."""

    supports_masking = takes_mask = consumes_mask = True
    saved_below = "cell"
    tensor_arguments = ("initial_state",)
    letters: ClassVar = {"kernel": "W", "recurrent_kernel": "U", "bias": "b"}
    switches: ClassVar = {"bias": "use_bias"}
    gates: ClassVar[int]  # columns of W for each unit
    carried: ClassVar[int] = 1  # states

    return_sequences: bool
    return_state: bool
    go_backwards: bool
    zero_output_for_mask: bool
    units: int
    activation: Any
    use_bias: bool
    dropout: float
    recurrent_dropout: float
    seed: int | None

    def __init__(
        self,
        return_sequences: bool = False,
        return_state: bool = False,
        go_backwards: bool = False,
        stateful: bool = False,
        unroll: bool = False,
        zero_output_for_mask: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        keep_going(self, return_sequences, return_state, go_backwards, stateful, unroll, zero_output_for_mask)
        self.gives_many = self.return_state

    def keep_units(
        self, units: int, activation: Any, use_bias: bool, dropout: float, recurrent_dropout: float, seed: Any
    ) -> None:
        """Keep what the constructors of all recurrent layers take."""
        self.units = checks.integer(self.where("units"), units, minimum=1)
        self.activation = activations.get(activation, self.where("activation"))
        self.use_bias = bool(use_bias)
        self.dropout = checks.number(self.where("dropout"), dropout, minimum=0, maximum=1)
        self.recurrent_dropout = checks.number(self.where("recurrent_dropout"), recurrent_dropout, minimum=0, maximum=1)
        self.seed = own_seed(self.where("seed"), seed)

    # One step ----------------------------------------------------------------------------------------------------

    @abstractmethod
    def step(self, p: Arrays, a: Array, states: States, kept: Kept) -> tuple[States, Any]:
        """(the states after a step, cache) from what its inputs give to the gates, a = xW + b (B, G·H)."""

    @abstractmethod
    def step_grad(self, p: Arrays, dstates: States, cache: Any, kept: Kept) -> tuple[Array, States, Gradients]:
        """(da, dL/d of the states before, gradients of what the states are multiplied by)."""

    # The inputs of all steps at once -----------------------------------------------------------------------------

    def of_inputs(self, p: Arrays, x: Array, kept: Kept) -> Array:
        """a = xW + b (B, T, G·H)."""
        a, b = product(x, p["kernel"], kept), self.input_bias(p)
        return a if b is None else a + b

    def of_inputs_grad(self, p: Arrays, da: Array, x: Array, kept: Kept) -> tuple[Array, Array]:
        """(dx, dW)"""
        return product_grad(da, x, p["kernel"], kept)

    # Shapes and parameters ---------------------------------------------------------------------------------------

    def output_shape_for(self, shape: Shape, *states: Shape) -> Any:
        if len(shape) != 2:
            raise ShapeError(
                f"layer {self.name!r}, input", "shape (batch, steps, features)", (None, *shape),
                "Rows of numbers become sequences by Reshape((steps, features))." if len(shape) == 1 else "",
            )  # fmt: skip
        return self.given_shapes(shape[0], (self.units,), states)

    def given_shapes(self, steps: int, state: Shape, given: Sequence[Shape]) -> Any:
        """The outputs' shapes, for states of this shape."""
        if steps == 0:
            raise ShapeError(f"layer {self.name!r}, input", "at least one step", Told("none"), "Leave such rows out.")
        if given and tuple(given) != (state,) * self.carried:
            raise ShapeError(
                f"layer {self.name!r}, initial_state", f"{self.carried} of shape {(None, *state)}",
                [(None, *one) for one in given],
            )  # fmt: skip
        y = (steps, *state) if self.return_sequences else state
        return (y, *(state,) * self.carried) if self.return_state else y

    def parameters(self, shape: Shape, *states: Shape) -> Sequence[Parameter]:
        I, H, G = shape[-1], self.units, self.gates
        kernel = self.described("kernel", (I, G * H))
        recurrent = self.described("recurrent_kernel", (H, G * H), "recurrent")
        return [kernel, recurrent, self.described_bias()] if self.use_bias else [kernel, recurrent]

    def described_bias(self) -> Parameter:
        """The bias of the gates."""
        return self.described("bias", (self.gates * self.units,))

    def input_bias(self, p: Arrays) -> Array | None:
        """What is added to xW."""
        return p.get("bias")

    def bias_gradient(self, db: Array, of_steps: Gradients) -> Array:
        """The gradient of the bias, from that of `input_bias` and what the steps gave."""
        return db

    # Through time ------------------------------------------------------------------------------------------------

    def forward(
        self, p: Arrays, x: Array, *initial: Array, training: bool, rng: Key, mask: Any = None
    ) -> tuple[Any, Unrolled]:
        T = x.shape[1]
        kept = self._kept(x, rng) if training else (None, None)
        a = self.of_inputs(p, x, kept[0])
        mask = mask[0] if isinstance(mask, list) else mask
        if mask is not None and np.shape(mask) != x.shape[:2]:
            raise ShapeError(f"layer {self.name!r}, mask", f"shape {x.shape[:2]}", np.shape(mask))
        nothing = np.zeros((*a[:, 0].shape[:-1], self.units), a.dtype)
        begun: States = tuple(initial) or self.remembered(len(x)) or (nothing,) * self.carried
        states = begun
        y, ys, steps = nothing, [], []
        for t in self.in_order(T):
            new, cache = self.step(p, a[:, t], states, kept[1])
            counts = None if mask is None else np.asarray(mask[:, t], bool).reshape(-1, *[1] * (nothing.ndim - 1))
            y = where(counts, new[0], nothing if self.zero_output_for_mask else y)
            states = tuple(where(counts, s, before) for s, before in zip(new, states, strict=True))
            ys.append(y)
            steps.append(Step(cache, counts))
        out = np.stack(ys, axis=1) if self.return_sequences else y
        cache = Unrolled(x, nothing, kept, steps, len(initial), begun, states)
        return (out, *states) if self.return_state else out, cache

    def backward(self, p: Arrays, cache: Unrolled, *back: Any) -> tuple[Any, Gradients]:
        """The steps taken back, the last one first: what a state gives to the steps after it comes back from them."""
        T, nothing = len(cache.steps), cache.nothing
        dy, dstates = back[0], tuple(nothing if d is None else d for d in back[1:]) or (nothing,) * self.carried
        da = np.zeros((len(nothing), T, *nothing.shape[1:-1], self.gates * self.units), nothing.dtype)
        repeated = nothing if dy is None or self.return_sequences else dy  # dL/dy of an output that steps repeat
        found: Gradients = {}
        for t, (n, step) in zip(reversed(self.in_order(T)), reversed(list(enumerate(cache.steps))), strict=True):
            dout = repeated + dy[:, n] if self.return_sequences and dy is not None else repeated
            here = [where(step.counts, d, nothing) for d in dstates]  # where it counted, else the state passed through
            here[0] = here[0] + where(step.counts, dout, nothing)
            da[:, t], before, of_step = self.step_grad(p, tuple(here), step.cache, cache.kept[1])
            past = [nothing if step.counts is None else np.where(step.counts, 0, d) for d in (*dstates, dout)]
            dstates = tuple(b + d for b, d in zip(before, past[:-1], strict=True))
            repeated = nothing if self.zero_output_for_mask else past[-1]
            found = {name: found.get(name, 0) + g for name, g in of_step.items()}
        dx, dW = self.of_inputs_grad(p, da, cache.x, cache.kept[0])
        gradients = {
            "kernel": dW,
            "recurrent_kernel": found.get("recurrent_kernel", np.zeros_like(p["recurrent_kernel"])),
        }
        if self.use_bias:
            gradients["bias"] = self.bias_gradient(rows(da).sum(axis=0), found)
        return ((dx, *dstates) if cache.given else dx), gradients

    def remember(self, cache: Unrolled) -> None:
        self.keep_states(cache.last)

    def in_order(self, T: int) -> range:
        """The steps in the order in which they are taken."""
        return range(T)[::-1] if self.go_backwards else range(T)

    def _kept(self, x: Array, rng: Key) -> tuple[Kept, Kept]:
        """Dropout of x and of h, the same at every step; with that of h, each gate has its own, as in Keras."""
        of_x, of_h = (0 < rate < 1 for rate in (self.dropout, self.recurrent_dropout))
        if not of_x and not of_h:
            return None, None
        key, dtype = noise_key(rng, self.seed), x.dtype.name
        each = [key.fold("inputs", g) for g in range(self.gates)] if of_h else [key]
        states = [key.fold("states", g) for g in range(self.gates)]
        return (
            drawn(each, (len(x), 1, x.shape[-1]), self.dropout, dtype) if of_x else None,
            drawn(states, (len(x), self.units), self.recurrent_dropout, dtype) if of_h else None,
        )

    # Calls -------------------------------------------------------------------------------------------------------

    def masks_output(self, masked: Sequence[bool]) -> bool:
        return self.return_sequences and any(masked[:1])

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the outputs, where there is one for each step; with states, a list of which theirs are None."""
        masks = previous_mask if isinstance(previous_mask, list | tuple) else [previous_mask]
        mask = masks[0] if self.return_sequences else None
        return [mask, *[None] * self.carried] if self.return_state else mask

    @property
    def passes_mask(self) -> bool:
        return True

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments; which kernels of a graphics card's to use is no part of it, as in Keras."""
        config = super().get_config()
        config.pop("use_cudnn", None)
        return config

    def __call__(  # type: ignore[override]
        self, sequences: Any, initial_state: Any = None, mask: Any = None, training: bool | None = None
    ) -> Any:
        """y for a batch of sequences (B, T, I), and with return_state the last states. initial_state: those with which
        it begins, one or a list; zeros unless given. mask (B, T): which steps count."""
        if initial_state is None:
            self._meet(False)
            return super().__call__(sequences, training, mask)
        states = list(initial_state) if isinstance(initial_state, list | tuple) else [initial_state]
        self._meet(True)
        told = None if mask is None else [mask, *[None] * len(states)]
        return super().__call__([sequences, *states], training, told)

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        self._meet(len(tensors) > 1)
        return super().called_on(tensors, training)

    def _meet(self, given: bool) -> None:
        """A layer is called with states, or without, as in its first call."""
        if given != self.takes_many and (self._nodes or self.built):
            raise InvalidArgument(
                f"layer {self.name!r}, argument initial_state",
                "states in every call of a layer, or in none", Told("states" if given else "none"),
                "Begin with zeros where there are no states yet.",
            )  # fmt: skip
        self.takes_many = given

    def attached(self, tensors: Sequence[Tensor], mask: Any) -> list[Tensor]:
        """The mask is that of the sequences."""
        self._meet(len(tensors) > 1)
        masks = list(mask) if isinstance(mask, list | tuple) else [mask, *[None] * (len(tensors) - 1)]
        return super().attached(tensors, masks if len(tensors) > 1 else masks[0])  # type: ignore[no-any-return]

    def saved_mask(self, masks: Sequence[Any]) -> Any:
        return masks[0]

    def saved_call(self, tensors: list[Any]) -> dict[str, Any]:
        states = {"initial_state": tensors[1:]} if len(tensors) > 1 else {}
        return {"args": tensors[:1], "kwargs": states}

    def build_config(self) -> dict[str, Any]:
        return for_batches({"input_shape": [None, *self.sample_shapes[0]]}, self.samples)
