"""One row or more for every op: how it is called. The laws of tests/laws/test_ops.py hold for each, and the values are
compared with Keras's in tests/golden/ops.json. A new op is one more row.

An array whose first axis is B long is a batch: the laws put a tensor in its place. All else is held by the op.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ops.more_rows import more
from ops.values import B, N, P, Row, U, X

__all__ = ["IDS", "ROWS", "B", "Row", "X"]


def rows() -> list[Row]:
    """All rows."""
    return [
        *_elementwise(), *_arithmetic(), *_comparing(), *_reductions(), *_ordering(), *_shaping(), *_placing(),
        *_products(), *_blocks(), *_activations(), *_made(), *more(),
    ]  # fmt: skip


def _elementwise() -> list[Row]:
    whole = [
        "exp",
        "exp2",
        "expm1",
        "square",
        "reciprocal",
        "sin",
        "cos",
        "tan",
        "arctan",
        "sinh",
        "cosh",
        "arcsinh",
        "erf",
        "absolute",
        "abs",
        "negative",
        "cbrt",
    ]
    found = [Row(name, (X(B, 3),)) for name in whole]
    found += [Row(name, (P(B, 3),)) for name in ["log", "log1p", "log2", "log10", "sqrt", "rsqrt"]]
    found += [Row(name, (U(B, 3),)) for name in ("arcsin", "arccos", "arctanh")]
    found += [Row("arccosh", (P(B, 3) + 1,)), Row("square", (N(B, 3),), slopes=False)]
    flat = [
        "sign",
        "floor",
        "ceil",
        "trunc",
        "isnan",
        "isfinite",
        "isinf",
        "zeros_like",
        "ones_like",
        "stop_gradient",
        "round",
    ]
    found += [Row(name, (X(B, 3),), slopes=False) for name in flat]
    return [
        *found,
        Row("round", (X(B, 3), 1), slopes=False),
        Row("round", (X(B, 3),), {"decimals": 2}, slopes=False),
        Row("zeros_like", (X(B, 3),), {"dtype": "int32"}, slopes=False),
        Row("ones_like", (N(B, 3),), slopes=False),
        Row("full_like", (X(B, 3), 7.0), slopes=False),
        Row("clip", (X(B, 3), -0.5, 0.4)),
        Row("clip", (X(B, 3),), {"x_min": 0, "x_max": 1}),
        Row("nan_to_num", (X(B, 3),)),
        Row("cast", (X(B, 3), "float32")),
        Row("cast", (X(B, 3), "int32"), slopes=False),
        Row("cast", (N(B, 3), "float32"), slopes=False),
        Row("cast", (X(B, 3), "bool"), slopes=False),
    ]


def _arithmetic() -> list[Row]:
    names = [
        "add",
        "subtract",
        "multiply",
        "divide",
        "true_divide",
        "maximum",
        "minimum",
        "arctan2",
        "hypot",
        "logaddexp",
        "divide_no_nan",
    ]
    found = [Row(name, (X(B, 3), X(B, 3, seed=1))) for name in names]
    for name in ("add", "subtract", "multiply", "divide", "maximum", "minimum"):
        found += [
            Row(name, (X(B, 3), X(3, seed=1))),
            Row(name, (X(3), X(B, 3, seed=1))),
            Row(name, (X(B, 3, 1), X(B, 1, 2, seed=1))),
            Row(name, (X(B, 2, 3), X(3, seed=1))),
            Row(name, (X(B, 3), X(1, 1, seed=1))),
            Row(name, (X(B, 3), 0.7)),
            Row(name, (2, X(B, 3))),
            Row(name, (X(B), X(B, seed=1))),
        ]
    return [
        *found,
        Row("add", (N(B, 3), 2), slopes=False),
        Row("subtract", (N(B, 3), N(B, 3, below=7)), slopes=False),
        Row("divide", (N(B, 3), 2), slopes=False),
        Row("power", (P(B, 3), X(B, 3, seed=1))),
        Row("power", (P(B, 3), X(3, seed=1))),
        Row("power", (X(B, 3), 2)),
        Row("power", (X(B, 3), 3.0)),
        Row("power", (2.0, X(B, 3))),
        Row("power", (N(B, 3), 3), slopes=False),
        Row("floor_divide", (X(B, 3) * 3, 0.7), slopes=False),
        Row("mod", (P(B, 3) * 3 + 0.05, P(3, seed=1))),
        Row("mod", (N(B, 3, below=7), 3), slopes=False),
    ]


def _comparing() -> list[Row]:
    two = ["equal", "not_equal", "greater", "greater_equal", "less", "less_equal"]
    found = [Row(name, (N(B, 3), N(B, 3, below=2)), slopes=False) for name in two]
    found += [Row(name, (X(B, 3), 0.0), slopes=False) for name in two]
    for name in ("logical_and", "logical_or", "logical_xor"):
        found += [Row(name, (X(B, 3) > 0, X(B, 3) > 0.3), slopes=False), Row(name, (X(B, 3) > 0, True), slopes=False)]
    return [
        *found,
        Row("logical_not", (X(B, 3) > 0,), slopes=False),
        Row("isclose", (X(B, 3), X(B, 3) * 1.000001), slopes=False),
        Row("isclose", (X(B, 3), X(B, 3) + 0.05), {"atol": 0.1}, slopes=False),
        Row("allclose", (X(B, 3), X(B, 3)), batch="whole", slopes=False),
        Row("where", (X(B, 3) > 0, X(B, 3, seed=1), X(B, 3, seed=2))),
        Row("where", (X(B, 3) > 0, X(B, 3), 0.0)),
        Row("where", (X(3) > 0, X(B, 3), X(3, seed=1))),
        Row("where", (X(B, 1) > 0, X(B, 3), X(B, 2, 3)[:, 0])),
    ]


def _reductions() -> list[Row]:
    found = []
    for name in ["sum", "mean", "var", "std", "max", "min", "amax", "amin", "prod", "logsumexp", "median"]:
        found += [
            Row(name, (X(B, 2, 3),), {"axis": 1}),
            Row(name, (X(B, 2, 3),), {"axis": -1, "keepdims": True}),
            Row(name, (X(B, 2, 3),), {"axis": (1, 2)}),
            Row(name, (X(B, 2, 3),), {"axis": (-1, 1), "keepdims": True}),
            Row(name, (X(B, 3),), batch="whole"),
            Row(name, (X(B, 3),), {"axis": 0, "keepdims": True}, batch="whole"),
        ]
    for name in ("argmax", "argmin"):
        found += [
            Row(name, (X(B, 3),), {"axis": 1}, slopes=False),
            Row(name, (X(B, 2, 3),), {"axis": -2, "keepdims": True}, slopes=False),
            Row(name, (X(B, 3),), batch="whole", slopes=False),
        ]
    for name in ("any", "all"):
        found += [
            Row(name, (X(B, 3) > 0,), {"axis": 1}, slopes=False),
            Row(name, (N(B, 3),), {"axis": -1, "keepdims": True}, slopes=False),
        ]
    for name in ("cumsum", "cumprod"):
        found += [
            Row(name, (X(B, 3),), {"axis": 1}),
            Row(name, (X(B, 2, 3),), {"axis": -2}),
            Row(name, (X(B, 3),), batch="refused"),
        ]
    return [
        *found,
        Row("sum", (N(B, 3),), {"axis": 1}, slopes=False),
        Row("sum", (X(B, 3) > 0,), {"axis": 1}, slopes=False),
        Row("mean", (N(B, 3),), {"axis": 1}, slopes=False),
        Row("prod", (X(B, 3) * (N(B, 3) > 0),), {"axis": 1}),
        Row("cumsum", (X(B, 3),), {"axis": 0}, batch="refused"),
        Row("cumprod", (X(B, 3),), {"axis": 0}, batch="refused"),
        Row("cumprod", (X(B, 3) * (N(B, 3) > 0),), {"axis": 1}),
        Row("count_nonzero", (N(B, 3),), {"axis": 1}, slopes=False),
        Row("average", (X(B, 3),), {"axis": 1}),
        Row("average", (X(B, 3), 1), {"weights": P(B, 3)}),
        Row("average", (X(B, 2, 3),), {"axis": 1, "weights": P(2)}),
        Row("moments", (X(B, 2, 3), [1])),
        Row("moments", (X(B, 2, 3), (1, 2)), {"keepdims": True}),
        Row("norm", (X(B, 3),), {"axis": -1}),
        Row("norm", (X(B, 3), 1, 1), {"keepdims": True}),
        Row("norm", (X(B, 2, 3), 2, 1)),
        *(Row("norm", (X(B, 3), order, 1)) for order in (-1, 0.5, 3, np.inf, -np.inf)),
        Row("norm", (X(B, 3), 0, 1), batch="none", slopes=False),
        *(Row("norm", (X(B, 2, 3) ** 3, order, (1, 2))) for order in ("fro", "nuc", 1, -1, 2, -2, np.inf, -np.inf)),
        *(Row("norm", (X(B, 3, 1, 2) ** 3, order, (3, -3)), {"keepdims": True}) for order in (1, "nuc")),
        Row("norm", (X(5), 3), batch="none"),
        Row("norm", (X(2, 3), "nuc"), batch="none"),
        Row("norm", (X(B, 2, 2),), {"axis": (1, 2)}, batch="none"),
        Row("normalize", (X(B, 3),)),
        Row("normalize", (X(B, 2, 3),), {"axis": 1, "order": 1}),
        Row("normalize", (X(B, 3), 1, 3)),
        Row("segment_sum", (X(B, 3), np.array([0, 1, 0, 2])), {"num_segments": 3}, batch="whole"),
        Row("segment_max", (X(B, 3), np.array([0, 1, 0, 2])), {"num_segments": 3}, batch="whole"),
    ]


def _ordering() -> list[Row]:
    return [
        Row("sort", (X(B, 3),)),
        Row("sort", (X(B, 2, 3),), {"axis": 1}),
        Row("sort", (X(B, 3),), {"axis": 0}, batch="refused"),
        Row("argsort", (X(B, 3),), slopes=False),
        Row("argsort", (X(B, 2, 3),), {"axis": -2}, slopes=False),
        Row("median", (X(B, 5),), {"axis": 1}),
        Row("take_along_axis", (X(B, 3), N(B, 2)), {"axis": 1}),
        Row("take_along_axis", (X(B, 1, 3), N(B, 2, 1)), {"axis": 2}),
        Row("top_k", (X(B, 5), 2)),
        Row("in_top_k", (N(B), X(B, 3)), {"k": 2}, slopes=False),
        Row("diff", (X(B, 4),)),
        Row("diff", (X(B, 4, 2),), {"n": 2, "axis": 1}),
    ]


def _shaping() -> list[Row]:
    keys: list[tuple[Any, str]] = [
        (0, "whole"), (-1, "whole"), (slice(None), "rows"), (slice(None, None, 2), "refused"), (slice(0, 1), "whole"),
        (slice(0, 2), "refused"), ((slice(None), 1), "rows"), ((slice(None), slice(None), -1), "rows"),
        ((Ellipsis, 0), "rows"), ((slice(None), None), "rows"), ((Ellipsis, None, slice(None, None, -1)), "rows"),
        ((slice(None), slice(1, None), slice(0, 2)), "rows"), ((slice(None), slice(-1, None, -1), 2), "rows"),
        ((0, 1), "whole"), ((0, 1, 2), "whole"), (Ellipsis, "rows"), ((None, Ellipsis), "refused"),
    ]  # fmt: skip
    found = [Row("get_item", (X(B, 2, 3), key), batch=batch) for key, batch in keys]
    for shape, batch in (((-1, 6), "rows"), ((-1, 3, 2), "rows"), ((B * 2, 3), "whole"), ((-1, 3), "refused")):
        if batch != "whole":
            found.append(Row("reshape", (X(B, 2, 3), shape), batch=batch))
    return [
        *found,
        Row("ravel", (X(B, 3),), batch="refused"),
        Row("expand_dims", (X(B, 3), 1)),
        Row("expand_dims", (X(B, 3), -1)),
        Row("expand_dims", (X(B, 3), 0), batch="refused"),
        Row("squeeze", (X(B, 1, 3), 1)),
        Row("squeeze", (X(B, 3, 1),), {"axis": -1}),
        Row("squeeze", (X(B, 1, 3),), batch="refused"),
        Row("transpose", (X(B, 2, 3),), {"axes": (0, 2, 1)}),
        Row("transpose", (X(B, 2, 3),), {"axes": (0, -1, -2)}),
        Row("transpose", (X(B, 2),), batch="refused"),
        Row("swapaxes", (X(B, 2, 3), 1, 2)),
        Row("swapaxes", (X(B, 2, 3),), {"axis1": -1, "axis2": 1}),
        Row("swapaxes", (X(B, 2, 3), 0, 1), batch="refused"),
        Row("moveaxis", (X(B, 2, 3, 1), 1, -1)),
        Row("moveaxis", (X(B, 2, 3, 1), (1, 2), (3, 1))),
        Row("flip", (X(B, 3),), {"axis": 1}),
        Row("flip", (X(B, 3),), batch="refused"),
        Row("flip", (X(B, 2, 3),), {"axis": (-1, 1)}),
        Row("broadcast_to", (X(1, 3), (2, 3)), batch="whole"),
        Row("repeat", (X(B, 3), 2), {"axis": 1}),
        Row("repeat", (X(B, 2, 3), 3, -2)),
        Row("repeat", (X(B, 3), 2, 0), batch="refused"),
        Row("repeat", (X(B, 3), 2), batch="refused"),
        Row("tile", (X(B, 3), (1, 2))),
        Row("tile", (X(B, 2, 3), 2)),
        Row("tile", (X(B, 3), (2, 1, 2)), batch="refused"),
        Row("concatenate", ([X(B, 2), X(B, 3, seed=1)],), {"axis": 1}),
        Row("concatenate", ([X(B, 2, 3), X(B, 2, 1, seed=1), X(B, 2, 2)], -1)),
        Row("concatenate", ([X(B, 3), X(B, 3)],), batch="refused"),
        Row("stack", ([X(B, 3), X(B, 3, seed=1)], 1)),
        Row("stack", ([X(B, 3), X(B, 3, seed=1)],), {"axis": -1}),
        Row("stack", ([X(B, 3), X(B, 3)],), batch="refused"),
        Row("hstack", ([X(B, 2), X(B, 3)],)),
        Row("vstack", ([X(B, 3), X(B, 3)],), batch="refused"),
        Row("take", (X(B, 3), [2, 0, 0]), {"axis": 1}),
        Row("take", (X(B, 2, 3), np.array([[1, 2], [-1, 0]])), {"axis": -1}),
        Row("take", (X(B, 3), 1), {"axis": 1}),
        Row("take", (X(5, 3), N(B, 2)), {"axis": 0}),
        Row("one_hot", (N(B), 3), slopes=False),
        Row("one_hot", (N(B, 2), 4), {"axis": 1}, slopes=False),
        Row("one_hot", (N(B), 3), {"dtype": "int32"}, slopes=False),
        Row("split", (X(B, 4), 2), {"axis": 1}),
        Row("split", (X(B, 5, 2), [1, 3], 1)),
        Row("unstack", (X(B, 3),), {"axis": 1}),
        Row("unstack", (X(B, 2, 3), 3, -1)),
    ]


def _placing() -> list[Row]:
    return [
        Row("pad", (X(B, 3), ((0, 0), (1, 2)))),
        Row("pad", (X(B, 3), ((0, 0), (1, 0))), {"constant_values": 2.0}),
        Row("pad", (X(B, 3), ((0, 0), (2, 1))), {"mode": "reflect"}),
        Row("pad", (X(B, 3), ((0, 0), (2, 1)), "symmetric")),
        Row("pad", (X(B, 3), 1), batch="refused"),
        Row("roll", (X(B, 3), 1), {"axis": 1}),
        Row("roll", (X(B, 2, 3), (1, -2), (1, 2))),
        Row("roll", (X(B, 3), 4), batch="refused"),
        Row("tril", (X(B, 3, 3),)),
        Row("tril", (X(B, 2, 3), 1)),
        Row("triu", (X(B, 3, 2),), {"k": -1}),
        Row("triu", (X(B, 3),), batch="refused"),
        Row("diag", (X(3),), batch="refused"),
        Row("diag", (X(3, 2), -1), batch="refused"),
        Row("diagonal", (X(B, 3, 3),), {"axis1": 1, "axis2": 2}),
        Row("diagonal", (X(B, 3, 2), -1, -2, -1)),
        Row("trace", (X(B, 3, 3),), {"axis1": 1, "axis2": 2}),
        Row("trace", (X(B, 2, 3), 1, 1, 2)),
        Row("slice", (X(B, 3), [0, 1], [B, 2]), batch="refused"),
        Row("slice_update", (X(B, 3), [0, 1], X(B, 2, seed=1))),
    ]


def _products() -> list[Row]:
    einsum: list[tuple[Any, ...]] = [
        ("bij,jk->bik", X(B, 2, 3), X(3, 2, seed=1)), ("bij,bjk->bik", X(B, 2, 3), X(B, 3, 2, seed=1)),
        ("...ij,...jk->...ik", X(B, 2, 3), X(3, 2, seed=1)), ("bi,bi->b", X(B, 3), X(B, 3, seed=1)),
        ("bij->bi", X(B, 2, 3)), ("bij->bji", X(B, 2, 3)), ("bi,ij,bj->b", X(B, 2), X(2, 3), X(B, 3, seed=1)),
        ("bi,bj->bij", X(B, 2), X(B, 3, seed=1)), ("bi,i", X(B, 3), X(3, seed=1)),
        ("b i, i j -> b j", X(B, 3), X(3, 2)), ("bij,ik->bjk", X(B, 2, 3), X(2, 1, seed=1)),
    ]  # fmt: skip
    return [
        *(Row("einsum", args) for args in einsum),
        Row("matmul", (X(B, 3), X(3, 2, seed=1))),
        Row("matmul", (X(B, 2, 3), X(3, 2, seed=1))),
        Row("matmul", (X(B, 2, 3), X(B, 3, 2, seed=1))),
        Row("matmul", (X(2, 3), X(B, 3, 2, seed=1))),
        Row("matmul", (X(B, 2, 3), X(3, seed=1))),
        Row("matmul", (X(3), X(B, 3, 2, seed=1))),
        Row("matmul", (X(B, 1, 2, 3), X(2, 3, 1, seed=1))),
        Row("matmul", (X(3), X(3, seed=1)), batch="whole"),
        Row("matmul", (N(B, 3), N(3, 2)), slopes=False),
        Row("dot", (X(B, 3), X(3, 2, seed=1))),
        Row("dot", (X(B, 3), 2.0)),
        Row("inner", (X(B, 3), X(2, 3, seed=1))),
        Row("vdot", (X(3), X(3, seed=1)), batch="whole"),
        Row("tensordot", (X(B, 2, 3), X(3, 2, seed=1)), {"axes": 1}),
        Row("tensordot", (X(B, 2, 3), X(2, 3, 2, seed=1))),
        Row("tensordot", (X(B, 2, 3), X(3, 2, seed=1)), {"axes": ([1, 2], [1, 0])}),
        Row("outer", (X(3), X(2, seed=1)), batch="whole"),
        Row("cross", (X(B, 3), X(B, 3, seed=1))),
        Row("cross", (X(B, 2, 3), X(3, seed=1))),
    ]


def _blocks() -> list[Row]:
    q, k, v = X(B, 2, 2, 3), X(B, 3, 2, 3, seed=1), X(B, 3, 2, 3, seed=2)
    return [
        Row("layer_normalization", (X(B, 3),)),
        Row("layer_normalization", (X(B, 3), P(3), X(3)), {"epsilon": 0.1}),
        Row("layer_normalization", (X(B, 2, 3), P(2, 3)), {"axis": (1, 2)}),
        Row("rms_normalization", (X(B, 3),)),
        Row("rms_normalization", (X(B, 2, 3), P(3)), {"epsilon": 0.1}),
        Row("dot_product_attention", (q, k, v)),
        Row("dot_product_attention", (q, k, v), {"scale": 0.7, "bias": X(2, 2, 3)}),
        Row("dot_product_attention", (q, k, v), {"mask": X(B, 1, 2, 3) > -0.6}),
        Row("dot_product_attention", (k, k, v), {"is_causal": True}),
        Row("multi_hot", (N(B, 2), 4), slopes=False),
    ]


def _activations() -> list[Row]:
    names = [
        "celu",
        "elu",
        "gelu",
        "glu",
        "hard_sigmoid",
        "hard_silu",
        "hard_swish",
        "hard_tanh",
        "leaky_relu",
        "log_sigmoid",
        "log_softmax",
        "relu",
        "relu6",
        "selu",
        "sigmoid",
        "silu",
        "softmax",
        "softplus",
        "softsign",
        "swish",
        "tanh",
        "tanh_shrink",
        "squareplus",
        "sparse_sigmoid",
        "sparse_plus",
        "hard_shrink",
        "soft_shrink",
    ]
    return [
        *(Row(name, (X(B, 4),)) for name in names),
        Row("sparsemax", (X(B, 4),), keras=False),  # Keras 3.15's do not sum to 1
        Row("softmax", (X(B, 2, 3),), {"axis": 1}),
        Row("softmax", (X(B, 3),), {"axis": 0}, batch="refused"),
        Row("log_softmax", (X(B, 2, 3),), {"axis": -2}),
        Row("glu", (X(B, 2, 3),), {"axis": 1}),
        Row("gelu", (X(B, 3),), {"approximate": False}),
        Row("leaky_relu", (X(B, 3),), {"negative_slope": 0.3}),
        Row("elu", (X(B, 3),), {"alpha": 0.5}),
        Row("celu", (X(B, 3),), {"alpha": 0.5}),
        Row("hard_shrink", (X(B, 3),), {"threshold": 0.3}),
        Row("soft_shrink", (X(B, 3),), {"threshold": 0.3}),
        Row("threshold", (X(B, 3), 0.3, 1.5)),
        Row("squareplus", (X(B, 3),), {"b": 2}),
    ]


def _made() -> list[Row]:
    """What knows no tensor: arrays made of nothing, and questions about arrays."""
    calls: list[tuple[Any, ...]] = [
        ("zeros", (2, 3)), ("ones", (2, 3)), ("full", (2, 2), 0.5), ("full", (2,), 3), ("eye", 3), ("eye", 2, 3, 1),
        ("identity", 2), ("tri", 3), ("tri", 2, 3, -1), ("arange", 4), ("arange", 1, 9, 3), ("arange", 0.5, 2.0, 0.5),
        ("linspace", 0.0, 1.0, 5), ("linspace", -1.0, 1.0, 4, False), ("array", [1.0, 2.0]),
        ("convert_to_tensor", [[1, 2]]), ("convert_to_numpy", X(2, 3)), ("meshgrid", X(2), X(3)),
    ]  # fmt: skip
    return [
        *(Row(name, args, batch="none", slopes=False) for name, *given in calls for args in [tuple(given)]),
        Row("meshgrid", (N(2), N(3)), {"indexing": "ij"}, batch="none", slopes=False),
        Row("arange", (3,), {"dtype": "float32"}, batch="none", slopes=False),
        *(Row(name, (X(2, 3),), batch="none", slopes=False) for name in ("shape", "ndim", "size")),
        Row("is_tensor", (X(2, 3),), batch="none", slopes=False, keras=False),  # to Keras, an array is none
    ]


ROWS = rows()
IDS = [f"{row.name}-{[r.name for r in ROWS[:i]].count(row.name)}" for i, row in enumerate(ROWS)]
