"""What attentions of several heads have in common: projections into heads, shares, and the way out of them."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any, ClassVar

from .. import checks
from ..errors import InvalidArgument, ShapeError, Told
from ..registry import plain
from ..wiring import any_of
from .attending import band, both, op, shares
from .dropout import Dropout
from .einsum_dense import EinsumDense
from .holding import OPTIONS
from .traced import Traced


class Headed(Traced):
    """What attentions of several heads have in common: projections into heads, shares, and the way out of them."""

    formula, formula_back = "A = softmax(q·kᵀ/√k), y = (A·v)·W", "as its steps say"
    supports_masking = True
    names_in_file: ClassVar = {"gate_dense": "_gate_dense"}

    def keep_common(self, told: dict[str, Any]) -> None:
        """Keep the arguments that all of them take."""
        self.dropout = checks.number(self.where("dropout"), told["dropout"], minimum=0, maximum=1)
        self.use_bias, self.use_gate = bool(told["use_bias"]), bool(told["use_gate"])
        width = told["sliding_window"]
        where = self.where("sliding_window")
        self.sliding_window = None if width is None else checks.integer(where, width, minimum=1)
        self.seed, self.flash_attention = told["seed"], told["flash_attention"]
        for name in ("kernel", "bias"):
            self.keep_options(name, *(told[f"{name}_{option}"] for option in OPTIONS))
        self.left_out = Dropout(self.dropout, seed=self.seed, dtype=self.dtype) if self.dropout else None

    def projection(
        self, name: str, equation: str, sizes: Sequence[int | None], axes: str, activation: Any = None
    ) -> EinsumDense:
        """x (..., D) into heads, or out of them."""
        told = [f"{of}_{option}" for of in ("kernel", "bias") for option in OPTIONS]
        options = {kept: plain(getattr(self, kept)) for kept in told}
        bias = axes if self.use_bias else None
        options["activity_regularizer"] = plain(self.activity_regularizer)
        return EinsumDense(equation, list(sizes), activation, bias, name=name, dtype=self.dtype, **options)

    def seen(
        self, query: Any, value: Any, masks: Sequence[Any], attention_mask: Any, causal: bool, axes: Sequence[int]
    ) -> Any:
        """(B or 1, ..., T, S), with the axes of scores: what a step may look at; None where that is all."""
        found = [op("expand_dims", mask, -1 if i == 0 else -2) for i, mask in enumerate(masks) if mask is not None]
        banded = causal or self.sliding_window is not None
        of_mask = next((at for mask in found if tuple(axes) != (at := len(mask.shape) - 2,)), None)
        if of_mask is not None or (banded and len(axes) > 1):
            wanted = (
                f"{of_mask}, of whose steps there is a mask" if of_mask else "one axis, for a causal mask or window"
            )
            fix = "Say in attention_mask what each step may look at."
            raise InvalidArgument(self.where("attention_axes"), wanted, list(axes), fix)
        if banded:
            found.append(band(query, value, causal=causal, width=self.sliding_window, axis=axes[0]))
        if attention_mask is not None:
            found.append(fitting(self.name, op("cast", attention_mask, "bool"), query, value, axes))
        return both(*(spread(mask, len(query.shape), len(axes)) for mask in found))

    def call(
        self: Any, query: Any, value: Any, key: Any = None, query_mask: Any = None, value_mask: Any = None,
        key_mask: Any = None, attention_mask: Any = None, return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:  # fmt: skip
        """y (B, T, ...); (y, shares) where those are wanted."""
        masks = query_mask, value_mask, key_mask
        heads = self.query_dense(query), self.key_dense(value if key is None else key), self.value_dense(value)
        if self.left_out is None and not return_attention_scores and len(heads[0].shape) == 4:
            y, weights = self._in_one_step(query, value, heads, masks, attention_mask, use_causal_mask), None
        else:
            y, weights = self._step_by_step(query, value, heads, masks, attention_mask, use_causal_mask)
        y = self.output_dense(y if self.gate_dense is None else y * self.gate_dense(query))
        return (y, weights) if return_attention_scores else y

    def _step_by_step(
        self: Any, query: Any, value: Any, heads: Sequence[Any], masks: Sequence[Any], attention_mask: Any, causal: bool
    ) -> tuple[Any, Any]:
        """(what each head takes, the shares)."""
        q, k, v = heads
        repeats = q.shape[-2] // k.shape[-2]
        k, v = (x if repeats == 1 else op("repeat", x, repeats, axis=-2) for x in (k, v))
        axes = getattr(self, "attention_axes", None) or (1,)
        products, combining = equations(len(q.shape) - 1, axes)
        scores = op("einsum", products, q * (1 / math.sqrt(q.shape[-1])), k)
        weights = shares(scores, self.seen(query, value, masks, attention_mask, causal, axes), len(axes))
        taken = weights if self.left_out is None else self.left_out(weights)
        return op("einsum", combining, taken, v), weights

    def _in_one_step(
        self: Any, query: Any, value: Any, heads: Sequence[Any], masks: Sequence[Any], attention_mask: Any, causal: bool
    ) -> Any:
        """Where nobody wants the shares: they are never held whole."""
        alone = causal and attention_mask is None and self.sliding_window is None and not any_of(masks)
        mask = None if alone else self.seen(query, value, masks, attention_mask, causal, (1,))
        return op("attended", [*heads, *([] if mask is None else [mask])], is_causal=alone)


def fitting(layer: str, mask: Any, query: Any, value: Any, axes: Sequence[int]) -> Any:
    """An attention_mask, refused unless its last axes are the steps of the query and those of the value."""
    steps = [x.shape[a] for x in (query, value) for a in axes]
    given = tuple(mask.shape)
    pairs = zip(given[-len(steps) :], steps, strict=False)
    if len(given) < len(steps) or not all(one in (1, None, n) or n is None for one, n in pairs):
        wanted = f"the shape (B, {', '.join(map(str, steps))}), true where a step of the query may look"
        raise ShapeError(f"layer {layer!r}, attention_mask", wanted, Told(str(given)))
    return mask


def spread(mask: Any, n: int, k: int) -> Any:
    """A mask with the axes of scores, of k axes of steps in an input of n: of length 1 where it has none."""
    for _ in range(n + k - len(mask.shape)):
        mask = op("expand_dims", mask, -1 - 2 * k)
    return mask


def equations(n: int, axes: Sequence[int]) -> tuple[str, str]:
    """How q and k, of n + 1 axes with the heads' behind, give scores, and shares and v what each step takes.

    >>> equations(3, (1,))
    ('abyz,acyz->aybc', 'aybc,acyz->abyz')
    """
    letters = iter(string.ascii_lowercase)
    of_query = [next(letters) for _ in range(n - 1)]
    of_key = [next(letters) if i in axes else letter for i, letter in enumerate(of_query)]
    shared = "".join(letter for i, letter in enumerate(of_query) if i not in axes)
    scores = f"{shared}y{''.join(of_query[a] for a in axes)}{''.join(of_key[a] for a in axes)}"
    q, k = f"{''.join(of_query)}yz", f"{''.join(of_key)}yz"
    return f"{q},{k}->{scores}", f"{scores},{k}->{q}"
