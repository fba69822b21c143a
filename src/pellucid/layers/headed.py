"""What attentions of several heads have in common: projections into heads, shares, and the way out of them."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any, ClassVar

from .. import checks
from ..registry import plain
from ..wiring import any_of
from .attending import band, both, op, shares, steps_of
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

    def seen(self, query: Any, value: Any, masks: Sequence[Any], attention_mask: Any, causal: bool) -> Any:
        """(B or 1, T, S): what each step of the query may look at; None where that is all."""
        of_query, of_value, of_key = masks
        found = [
            None if of_query is None else op("expand_dims", of_query, -1),
            None if of_value is None else op("expand_dims", of_value, -2),
            None if of_key is None else op("expand_dims", of_key, -2),
        ]
        if causal or self.sliding_window is not None:
            T, S = steps_of(self.name, query), steps_of(self.name, value)
            found.append(band(T, S, causal=causal, width=self.sliding_window))
        if attention_mask is not None:
            found.append(op("cast", attention_mask, "bool"))
        return both(*found)

    def answer(
        self: Any, given: Sequence[Any], masks: Sequence[Any], attention_mask: Any, causal: bool, wanted: bool
    ) -> Any:
        """y (B, T, ...); (y, shares) where those are wanted."""
        query, value, key = given
        heads = self.query_dense(query), self.key_dense(value if key is None else key), self.value_dense(value)
        if self.left_out is None and not wanted and len(heads[0].shape) == 4:
            y, weights = self._in_one_step(query, value, heads, masks, attention_mask, causal), None
        else:
            y, weights = self._step_by_step(query, value, heads, masks, attention_mask, causal)
        y = self.output_dense(y if self.gate_dense is None else y * self.gate_dense(query))
        return (y, weights) if wanted else y

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
        mask = self.seen(query, value, masks, attention_mask, causal)
        if mask is not None:
            for _ in range(len(scores.shape) - len(mask.shape)):
                mask = op("expand_dims", mask, -1 - 2 * len(axes))
        weights = shares(scores, mask, len(axes))
        taken = weights if self.left_out is None else self.left_out(weights)
        return op("einsum", combining, taken, v), weights

    def _in_one_step(
        self: Any, query: Any, value: Any, heads: Sequence[Any], masks: Sequence[Any], attention_mask: Any, causal: bool
    ) -> Any:
        """Where nobody wants the shares: they are never held whole."""
        alone = causal and attention_mask is None and self.sliding_window is None and not any_of(masks)
        mask = None if alone else self.seen(query, value, masks, attention_mask, causal)
        if mask is not None and len(mask.shape) == 3:
            mask = op("expand_dims", mask, 1)
        return op("attended", [*heads, *([] if mask is None else [mask])], is_causal=alone)


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
