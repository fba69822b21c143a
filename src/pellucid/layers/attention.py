"""Attention: every step of one sequence looks at all steps of another, and takes of each what its score is worth.
Q (B, T, D)   V (B, S, E)   K (B, S, D)   y (B, T, E)"""

from __future__ import annotations

from typing import Any, Unpack

from .. import checks
from ..errors import ShapeError, Told
from .attending import band, both, op, shares
from .base import LayerOptions, layers
from .dropout import Dropout
from .traced import Traced


class Attending(Traced):
    """What attentions of one head have in common."""

    formula, formula_back = "A = softmax(scores), y = A·V", "as its steps say"
    supports_masking = True
    dropout: float
    seed: int | None

    def keep_dropout(self, dropout: float, seed: int | None) -> None:
        """Keep what the constructor was told of the shares that are left out in training."""
        self.dropout = checks.number(self.where("dropout"), dropout, minimum=0, maximum=1)
        self.seed = seed
        self.left_out = Dropout(self.dropout, seed=seed, dtype=self.dtype) if self.dropout else None

    def scores(self, query: Any, key: Any) -> Any:
        """(B, T, S) from (B, T, D) and (B, S, D)."""
        raise NotImplementedError

    def call(
        self, inputs: Any, mask: Any = None, return_attention_scores: bool = False, use_causal_mask: bool = False
    ) -> Any:
        if not isinstance(inputs, list | tuple) or len(inputs) not in (2, 3):
            raise ShapeError(
                f"layer {self.name!r}, input", "[query, value] or [query, value, key]", Told("another number of them")
            )
        query, value, key = (*inputs, inputs[1])[:3]
        of_query, of_value = ([*mask] + [None] * 2)[:2] if mask is not None else (None, None)
        scores = self.scores(query, key)
        causal = band(query, key, causal=True) if use_causal_mask else None
        of_value = None if of_value is None else op("expand_dims", of_value, 1)
        weights = shares(scores, both(of_value, causal))
        taken = weights if self.left_out is None else self.left_out(weights)
        y = op("matmul", taken, value)
        if of_query is not None:
            y = op("where", op("expand_dims", of_query, -1), y, 0.0)
        return (y, weights) if return_attention_scores else y


@layers.add()
class Attention(Attending):
    """Attend by the product of query and key: y = softmax(Q·Kᵀ)·V.

    Called on [query, value] or [query, value, key], of shapes (B, T, D), (B, S, E), (B, S, D); y (B, T, E). Without a
    key, the value is the key. use_scale: the scores are multiplied by a number that is learnt. score_mode="concat":
    scores are w·Σ tanh(scale·(q + k)). In the call: return_attention_scores=True gives (y, shares (B, T, S));
    use_causal_mask=True hides from step t the steps behind it. Masks of query and value are heeded.

    Source: Luong, Pham & Manning, "Effective approaches to attention-based neural machine translation", EMNLP (2015).

    >>> import numpy as np
    >>> Attention()([np.zeros((1, 1, 2)), np.array([[[1.0, 2.0], [3.0, 6.0]]])])
    array([[[2., 4.]]], dtype=float32)
    """

    def __init__(
        self,
        use_scale: bool = False,
        score_mode: str = "dot",
        dropout: float = 0.0,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.use_scale = bool(use_scale)
        self.score_mode = checks.one_of(self.where("score_mode"), score_mode, ("dot", "concat"))
        self.keep_dropout(dropout, seed)

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight((), "ones", name="scale") if self.use_scale else None
        concat = self.score_mode == "concat"
        self.concat_score_weight = self.add_weight((), "ones", name="concat_score_weight") if concat else None

    def scores(self, query: Any, key: Any) -> Any:
        if self.concat_score_weight is None:
            found = op("einsum", "btd,bsd->bts", query, key)
            return found if self.scale is None else found * self.scale
        each = op("expand_dims", query, -2) + op("expand_dims", key, -3)
        each = each if self.scale is None else each * self.scale
        return op("sum", op("tanh", each), axis=-1) * self.concat_score_weight


@layers.add()
class AdditiveAttention(Attending):
    """Attend by the sum of query and key: y = softmax(Σ s·tanh(q + k))·V, s learnt for each of the D numbers, or 1.

    Called as `Attention` is.

    Source: Bahdanau, Cho & Bengio, "Neural machine translation by jointly learning to align and translate", 2015.

    >>> import numpy as np
    >>> AdditiveAttention()([np.zeros((1, 1, 2)), np.array([[[1.0, 2.0], [1.0, 2.0]]])])
    array([[[1., 2.]]], dtype=float32)
    """

    def __init__(
        self,
        use_scale: bool = True,
        dropout: float = 0.0,
        seed: int | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.use_scale = bool(use_scale)
        self.keep_dropout(dropout, seed)

    def build(self, input_shape: Any) -> None:
        size = input_shape[0][-1]
        self.scale = self.add_weight((size,), "glorot_uniform", name="scale") if self.use_scale else None

    def scores(self, query: Any, key: Any) -> Any:
        each = op("tanh", op("expand_dims", query, -2) + op("expand_dims", key, -3))
        return op("sum", each if self.scale is None else each * self.scale, axis=-1)
