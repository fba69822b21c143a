"""Attention of several heads: each looks at the sequence in its own way.
Q (B, T, D)   V, K (B, S, D)   y (B, T, D)   in between, of each head, q (T, k), K (S, k), V (S, v)
Source: Vaswani et al., "Attention is all you need", NeurIPS (2017)."""

from __future__ import annotations

import string
from collections.abc import Sequence
from typing import Any, Unpack

from .. import checks
from ..errors import InvalidArgument, ShapeError, Told
from ..registry import arguments, plain
from .base import LayerOptions, layers
from .headed import Headed


@layers.add()
class MultiHeadAttention(Headed):
    """Attend with `num_heads` heads of `key_dim` numbers: y = concat(softmax(qᵢ·kᵢᵀ/√key_dim)·vᵢ)·W + b.

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

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        n, given = len(query_shape), [tuple(s) for s in (query_shape, value_shape, key_shape) if s is not None]
        if n < 3 or any(len(shape) != n for shape in given):
            wanted = "query, value and key of the same number of axes, (B, steps, numbers)"
            raise ShapeError(f"layer {self.name!r}, input", wanted, Told(str(given)))
        axes = range(1, n - 1) if self.attention_axes is None else self.attention_axes
        if any(not -n < a < n - 1 or a in (0, -1) for a in axes):
            wanted = f"axes between the batch, 0, and the features, {n - 1}"
            raise InvalidArgument(self.where("attention_axes"), wanted, self.attention_axes)
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

    def _penalized(self, y: Any) -> Any:
        return y  # its projections have the penalty, and it alone has none, as in Keras

    def get_config(self) -> dict[str, Any]:
        """The arguments."""
        untold = "input_shape", "input_dim", "output_shape"
        known = [name for name in arguments(MultiHeadAttention) if name not in untold]
        sizes = None if self.out_sizes is None else list(self.out_sizes)
        return {**{name: plain(getattr(self, name)) for name in known}, "output_shape": sizes}
