"""Attention whose heads share keys and values, several of the query's to one of theirs.
Q (B, T, D)   V, K (B, S, D)   y (B, T, D)
Source: Ainslie et al., "GQA: training generalized multi-query transformer models", EMNLP (2023)."""

from __future__ import annotations

from typing import Any, ClassVar, Unpack

from .. import checks
from ..errors import InvalidArgument, ShapeError, Told
from .base import LayerOptions, layers
from .headed import Headed


@layers.add("GroupedQueryAttention")
class GroupQueryAttention(Headed):
    """Attend with `num_query_heads` heads of `head_dim` numbers, which share `num_key_value_heads` keys and values.

    Called as `MultiHeadAttention` is, on (query, value) or (query, value, key) of shapes (B, T, D), (B, S, E) and
    (B, S, F); y (B, T, D). With one key and value for all it is what is called multi-query attention.

    >>> import numpy as np
    >>> x = np.ones((1, 3, 4))
    >>> GroupQueryAttention(head_dim=8, num_query_heads=4, num_key_value_heads=2)(x, x).shape
    (1, 3, 4)
    """

    class_in_file = "GroupedQueryAttention"
    names_in_file: ClassVar = {
        f"{name}_dense": f"_{name}_dense" for name in ("query", "key", "gate", "value", "output")
    }

    def __init__(
        self,
        head_dim: int,
        num_query_heads: int,
        num_key_value_heads: int,
        dropout: float = 0.0,
        use_bias: bool = True,
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
        self.head_dim = checks.integer(self.where("head_dim"), head_dim, minimum=1)
        self.num_query_heads = checks.integer(self.where("num_query_heads"), num_query_heads, minimum=1)
        where = self.where("num_key_value_heads")
        self.num_key_value_heads = checks.integer(where, num_key_value_heads, minimum=1)
        if self.num_query_heads % self.num_key_value_heads:
            raise InvalidArgument(
                where, f"a number that divides the {num_query_heads} heads of the query", self.num_key_value_heads
            )
        self.keep_common(told)

    def build(self, query_shape: Any, value_shape: Any, key_shape: Any = None) -> None:  # type: ignore[override]
        given = [tuple(shape) for shape in (query_shape, value_shape, key_shape) if shape is not None]
        if any(len(shape) != 3 for shape in given):
            raise ShapeError(f"layer {self.name!r}, input", "sequences of shape (B, steps, numbers)", Told(str(given)))
        into = "btd,dhk->bthk"
        many, few = ([None, heads, self.head_dim] for heads in (self.num_query_heads, self.num_key_value_heads))
        self.query_dense = self.projection("query", into, many, "hk")
        self.key_dense = self.projection("key", into, few, "hk")
        self.gate_dense = self.projection("gate", into, many, "hk", "sigmoid") if self.use_gate else None
        self.value_dense = self.projection("value", into, few, "hk")
        self.output_dense = self.projection("attention_output", "bthk,hkd->btd", [None, query_shape[-1]], "d")
