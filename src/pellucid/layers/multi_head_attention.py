"""Attention of several heads: each looks at the sequence in its own way.
Q (B, T, D)   V, K (B, S, D)   y (B, T, D)   in between, of each head, q (T, k), K (S, k), V (S, v)
Source: Vaswani et al., "Attention is all you need", NeurIPS (2017)."""

from __future__ import annotations

import math
import string
from collections.abc import Sequence
from typing import Any, Unpack

from .. import checks
from ..errors import ShapeError, Told
from ..registry import plain
from .attending import band, both, op, shares, steps_of
from .base import LayerOptions, layers
from .dropout import Dropout
from .einsum_dense import EinsumDense
from .holding import OPTIONS
from .traced import Traced


class Headed(Traced):
    """What attentions of several heads have in common: projections into heads, shares, and the way out of them."""

    formula, formula_back = "A = softmax(q·kᵀ/√k), y = (A·v)·W", "as its steps say"
    supports_masking = True

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
        self.left_out = Dropout(self.dropout, seed=self.seed) if self.dropout else None

    def projection(
        self, name: str, equation: str, sizes: Sequence[int], axes: str, activation: Any = None
    ) -> EinsumDense:
        """x (..., D) into heads, or out of them."""
        told = [f"{of}_{option}" for of in ("kernel", "bias") for option in OPTIONS]
        options = {kept: plain(getattr(self, kept)) for kept in told}
        bias = axes if self.use_bias else None
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


@layers.add()
class MultiHeadAttention(Headed):
    """Look with `num_heads` heads of `key_dim` numbers: y = concat(softmax(qᵢ·kᵢᵀ/√key_dim)·vᵢ)·W + b.

    Called on (query, value), or (query, value, key), of shapes (B, T, D), (B, S, E), (B, S, F); without a key the value
    is the key. y (B, T, D), or (B, T, *output_shape). In the call: attention_mask (B, T, S), true where to look;
    use_causal_mask=True hides what lies behind a step; return_attention_scores=True gives (y, shares (B, heads, T, S)).
    Masks of query, value and key are heeded. attention_axes: the axes along which it looks, all but the batch and the
    last by itself. sliding_window: only places fewer away than this. use_gate: what the heads give is multiplied by
    sigmoid(query·G) on the way out. flash_attention is taken for Keras's sake.

    >>> import numpy as np
    >>> x = np.ones((1, 3, 4))
    >>> MultiHeadAttention(num_heads=2, key_dim=8)(x, x).shape
    (1, 3, 4)

    Its weights are Keras's: query, key and value (D, heads, key_dim), attention_output (heads, value_dim, D).
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: int | None = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: int | Sequence[int] | None = None,
        attention_axes: int | Sequence[int] | None = None,
        sliding_window: int | None = None,
        flash_attention: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        use_gate: bool = False,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        told = dict(locals())
        super().__init__(**options)
        self.num_heads = checks.integer(self.where("num_heads"), num_heads, minimum=1)
        self.key_dim = checks.integer(self.where("key_dim"), key_dim, minimum=1)
        self.value_dim = self.key_dim if value_dim is None else checks.integer(self.where("value_dim"), value_dim, 1)
        self.out_sizes = None if output_shape is None else checks.shape(self.where("output_shape"), output_shape)
        axes = [attention_axes] if isinstance(attention_axes, int) else attention_axes
        where = self.where("attention_axes")
        self.attention_axes = None if axes is None else tuple(checks.integer(where, a) for a in axes)
        self.keep_common(told)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:
        n, given = len(query_shape), [tuple(s) for s in (query_shape, value_shape, key_shape) if s is not None]
        if n < 3 or any(len(shape) != n for shape in given):
            wanted = "query, value and key of the same number of axes, (B, steps, numbers)"
            raise ShapeError(f"layer {self.name!r}, input", wanted, Told(str(given)))
        axes = range(1, n - 1) if self.attention_axes is None else self.attention_axes
        self.attention_axes = tuple(a % n for a in axes)
        heads, into = self.num_heads, "...d,dhk->...hk"
        self.query_dense = self.projection("query", into, [heads, self.key_dim], "hk")
        self.key_dense = self.projection("key", into, [heads, self.key_dim], "hk")
        self.gate_dense = None
        if self.use_gate:
            self.gate_dense = self.projection("gate", into, [heads, self.value_dim], "hk", "sigmoid")
        self.value_dense = self.projection("value", into, [heads, self.value_dim], "hk")
        sizes = self.out_sizes or (query_shape[-1],)
        out = string.ascii_lowercase[-len(sizes) :]
        self.output_dense = self.projection("attention_output", f"...hk,hk{out}->...{out}", sizes, out)

    def call(
        self, query: Any, value: Any, key: Any = None, query_mask: Any = None, value_mask: Any = None,
        key_mask: Any = None, attention_mask: Any = None, return_attention_scores: bool = False,
        use_causal_mask: bool = False,
    ) -> Any:  # fmt: skip
        key = value if key is None else key
        products, combining = _equations(len(query.shape), self.attention_axes)
        q, k, v = self.query_dense(query), self.key_dense(key), self.value_dense(value)
        scores = op("einsum", products, q * (1 / math.sqrt(self.key_dim)), k)
        mask = self.seen(query, value, (query_mask, value_mask, key_mask), attention_mask, use_causal_mask)
        if mask is not None:
            lacking = len(scores.shape) - len(mask.shape)
            for _ in range(lacking):
                mask = op("expand_dims", mask, -1 - 2 * len(self.attention_axes))
        weights = shares(scores, mask, len(self.attention_axes))
        y = op("einsum", combining, weights if self.left_out is None else self.left_out(weights), v)
        y = self.output_dense(y if self.gate_dense is None else y * self.gate_dense(query))
        return (y, weights) if return_attention_scores else y

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        config = super().get_config()
        return config | {"output_shape": None if self.out_sizes is None else list(self.out_sizes)}


def _equations(n: int, axes: Sequence[int]) -> tuple[str, str]:
    """How q and k, of n + 1 axes with the heads' behind, give scores, and shares and v what each step takes.

    >>> _equations(3, (1,))
    ('abyz,acyz->aybc', 'aybc,acyz->abyz')
    """
    letters = iter(string.ascii_lowercase)
    of_query = [next(letters) for _ in range(n - 1)]
    of_key = [next(letters) if i in axes else letter for i, letter in enumerate(of_query)]
    shared = "".join(letter for i, letter in enumerate(of_query) if i not in axes)
    scores = f"{shared}y{''.join(of_query[a] for a in axes)}{''.join(of_key[a] for a in axes)}"
    q, k = f"{''.join(of_query)}yz", f"{''.join(of_key)}yz"
    return f"{q},{k}->{scores}", f"{scores},{k}->{q}"
