"""Attention: who looks at what. The shares A of y = A·v are computed anew from q and k: no engine holds them whole."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ...arrays import Array
from ...layers import Layer
from ...ops import attending
from ...ops.base import Op
from .records import LayerRecord
from .view import View

SAYS = "Each row is a place that looks, and shares out its attention over the places of the columns; it sums to 1."


def is_attention(layer: Layer) -> bool:
    """Whether a step of the network is attention in one op."""
    return isinstance(layer, Op) and type(layer).__name__ == "DotProductAttention"


def attended(of: LayerRecord, sample: int, tokens: Sequence[str]) -> View:
    """The shares of each head (H, T, S) for one sample."""
    operands = [x[sample : sample + 1] if len(x) > sample else x for x in of.xs]
    options = of.layer.get_config()
    given = attending.told(operands, options.get("scale"), bool(options.get("is_causal")))
    given.pop("value")
    A = attending.shares(**given)
    hidden = np.zeros(A.shape, bool)
    if given["mask"] is not None or given["causal"]:
        hidden |= ~attending.seen(given["mask"], A, given["causal"])
    return looks(A[0], hidden[0], "", tokens)


def looks(A: Array, hidden: Array, letter: str, tokens: Sequence[str]) -> View:
    """Shares (T, S), or of several heads (H, T, S), as tables; what is hidden in all of them is told apart."""
    T, S = A.shape[-2:]
    heads = A.reshape(-1, T, S)
    names = {"rows": labels(T, tokens), "columns": labels(S, tokens)}
    arrays = {"heat": heads, "hidden": hidden.reshape(-1, T, S).all(axis=0).astype("float32")}
    axes = {2: (None, 1, 2), 3: (None, 0, 1, 2)}.get(A.ndim, ()) if letter else ()
    return View("heat", "Who looks at what", arrays, SAYS, letter if axes else "", axes, names)


def labels(n: int, tokens: Sequence[str]) -> list[str]:
    """What places are called: by what stands there, or by their number."""
    return list(tokens) if len(tokens) == n else [str(i + 1) for i in range(n)]
