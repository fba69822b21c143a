"""Rows of `rows.py` for the ops that came later: windows, losses, linear algebra, and more of Keras's names."""

from __future__ import annotations

from typing import Any

import numpy as np

from ops.values import B, N, P, Row, U, X

METHODS = ("linear", "lower", "higher", "midpoint", "nearest")
FIRST = {"data_format": "channels_first"}


def more() -> list[Row]:
    """All of them."""
    return [*_windows(), *_judging(), *_linear(), *_further(), *_counting(), *_pieces(), *_bits()]


def _windows() -> list[Row]:
    return [
        Row("conv", (X(B, 5, 2), X(3, 2, 3, seed=1))),
        Row("conv", (X(B, 5, 2), X(2, 2, 2, seed=1)), {"padding": "same", "dilation_rate": 2}),
        Row("conv", (X(B, 4, 5, 2), X(2, 3, 2, 2, seed=1)), {"strides": (2, 1), "padding": "same"}),
        Row("conv", (X(B, 4, 4, 4), X(2, 2, 2, 4, seed=1))),  # two groups
        Row("conv", (X(B, 2, 4, 3), X(2, 2, 2, 1, seed=1)), FIRST),
        Row("conv", (X(B, 2, 3, 2, 1), X(2, 2, 1, 1, 2, seed=1))),
        Row("depthwise_conv", (X(B, 5, 2), X(3, 2, 1, seed=1))),
        Row("depthwise_conv", (X(B, 4, 4, 2), X(2, 2, 2, 2, seed=1)), {"strides": 2, "padding": "same"}),
        Row("separable_conv", (X(B, 5, 2), X(3, 2, 2, seed=1), X(1, 4, 3, seed=2))),
        Row("separable_conv", (X(B, 3, 4, 2), X(2, 2, 2, 1, seed=1), X(1, 1, 2, 3, seed=2)), {"padding": "same"}),
        Row("conv_transpose", (X(B, 3, 2), X(2, 3, 2, seed=1)), {"strides": 2}),
        Row("conv_transpose", (X(B, 3, 2, 2), X(3, 3, 1, 2, seed=1)), {"strides": 2, "padding": "same"}),
        Row("max_pool", (X(B, 6, 2), (2,))),
        Row("max_pool", (X(B, 4, 5, 2),), {"pool_size": (2, 3), "strides": 2, "padding": "same"}),
        Row("max_pool", (X(B, 2, 4, 4), (2, 2)), FIRST),
        Row("average_pool", (X(B, 6, 2), 2), {"strides": 1}),
        Row("average_pool", (X(B, 4, 5, 2), (2, 2)), {"strides": (2, 2), "padding": "same"}),
        Row("adaptive_max_pool", (X(B, 5, 2), 2)),
        Row("adaptive_average_pool", (X(B, 4, 5, 1), (2, 3))),
    ]


def _judging() -> list[Row]:
    shares = np.array([[0.2, 0.5, 0.3], [0.7, 0.1, 0.2], [0.1, 0.1, 0.8], [0.3, 0.3, 0.4]])
    hot = np.eye(3)[[1, 0, 2, 2]]
    return [
        Row("binary_crossentropy", (hot, shares)),
        Row("binary_crossentropy", (hot, X(B, 3)), {"from_logits": True}),
        Row("categorical_crossentropy", (hot, shares * 2)),
        Row("categorical_crossentropy", (hot, X(B, 3)), {"from_logits": True}),
        Row("categorical_crossentropy", (P(B, 3, 2), P(B, 3, 2, seed=1)), {"axis": 1}),
        Row("sparse_categorical_crossentropy", (N(B), shares), batch="none"),  # as steps: in test_windows.py
        Row("sparse_categorical_crossentropy", (N(B, 1), X(B, 3)), {"from_logits": True}, batch="none"),
        Row("batch_normalization", (X(B, 3), X(3, seed=1), P(3), -1)),
        Row(
            "batch_normalization", (X(B, 2, 3), X(2), P(2), 1), {"offset": X(2, seed=2), "scale": P(2), "epsilon": 0.1}
        ),
        Row("psnr", (X(B, 3), X(B, 3, seed=1), 2.0), batch="whole"),
    ]


def _linear() -> list[Row]:
    square = X(B, 3, 3) + 2 * np.eye(3)
    half = X(B, 3, 3, seed=3)
    definite = half @ half.transpose(0, 2, 1) + np.eye(3)
    known = definite[0]
    return [
        Row("det", (square,)),
        Row("inv", (square,)),
        Row("solve", (square, X(B, 3, seed=1)), keras=False),  # not of all backends
        Row("solve", (square, X(B, 3, 2, seed=1))),
        Row("solve", (square[0], X(B, 3, 2, seed=1)), keras=False),  # Keras wants as many batches of both
        Row("cholesky", (definite,)),
        Row("cholesky", (definite,), {"upper": True}),
        Row("logdet", (definite,)),
        Row("solve_triangular", (square, X(B, 3, 2, seed=1))),
        Row("solve_triangular", (square, X(B, 3, 2, seed=1)), {"lower": True}),
        Row("cholesky_inverse", (np.linalg.cholesky(known),), batch="none"),
        Row("cholesky_inverse", (np.linalg.cholesky(known).T,), {"upper": True}, batch="none"),
        *(Row(name, (known,), batch="none", slopes=False) for name in ("slogdet", "pinv", "matrix_rank")),
        Row("eigh", (known,), batch="none", slopes=False, keras=False),  # up to signs
        Row("eig", (np.diag([3.0, 2.0]),), batch="none", slopes=False, keras=False),  # complex numbers
        Row("svd", (known,), {"compute_uv": False}, batch="none", slopes=False),
        Row("svd", (X(3, 2),), {"full_matrices": False}, batch="none", slopes=False, keras=False),  # up to signs
        Row("svd", (square,), {"compute_uv": False}, slopes=False),  # of tensors with a gradient: as `norm` by "nuc"
        Row("qr", (X(3, 2),), batch="none", slopes=False, keras=False),
        Row("lstsq", (X(3, 2), X(3, seed=1)), batch="none", slopes=False),
    ]


def _further() -> list[Row]:
    holes = np.where(N(B, 5, below=4) == 1, np.nan, X(B, 5))
    found: list[Row] = []
    for name in ("nansum", "nanprod", "nanmax", "nanmin", "nanmean", "nanvar", "nanstd"):
        found += [Row(name, (holes,), {"axis": 1}, batch="none"), Row(name, (X(B, 2, 3), -1, True))]
    for method in METHODS:
        found.append(Row("quantile", (X(B, 4), 0.3), {"axis": 1, "method": method}))
    return [
        *found,
        Row("quantile", (X(3, 4), [0.1, 0.5]), batch="none"),
        Row("quantile", (X(B, 2, 3), 1.0, -1), {"keepdims": True}),
        Row("percentile", (X(B, 4), 40), {"axis": 1}),
        Row("append", (X(B, 2), X(B, 3, seed=1)), {"axis": 1}),
        Row("append", (X(3), X(2)), batch="none"),
        Row("copy", (X(B, 3),), keras=False),
        Row("array_split", (X(B, 5), 2), {"axis": 1}),
        Row("hsplit", (X(B, 4), 2)),
        Row("vsplit", (X(2, 3), 2), batch="none"),
        Row("dstack", ([X(B, 2), X(B, 2, seed=1)],)),
        Row("fliplr", (X(B, 3),)),
        Row("flipud", (X(B, 3),), batch="refused"),
        *(Row("rot90", (X(B, 2, 3), k), {"axes": (1, 2)}) for k in (1, 2, -1)),
        Row("diagflat", (X(2),), batch="none"),
        Row("depth_to_space", (X(B, 2, 1, 8), 2)),
        Row("depth_to_space", (X(B, 8, 1, 2), 2, "channels_first")),
        Row("space_to_depth", (X(B, 4, 2, 1), 2)),
        Row("space_to_depth", (X(B, 2, 4, 2), 2, "channels_first")),
        Row("erfc", (X(B, 3),)),
        Row("deg2rad", (X(B, 3),)),
        Row("rad2deg", (X(B, 3),)),
        Row("logaddexp2", (X(B, 3), X(B, 3, seed=1))),
        Row("isposinf", (X(B, 3),), slopes=False),
        Row("isneginf", (X(B, 3),), slopes=False),
        Row("select", ([X(B, 3) > 0.3, X(B, 3) < 0], [X(B, 3, seed=1), X(B, 3, seed=2)], 0.5)),
        Row("ptp", (X(B, 2, 3),), {"axis": 1}),
        Row("trapezoid", (X(B, 4),)),
        Row("trapezoid", (X(B, 5),), {"x": np.array([0.0, 1.0, 3.0, 4.5, 5.0])}),
        Row("cdist", (X(B, 2, 3), X(B, 4, 3, seed=1))),
        Row("kron", (X(2, 2), X(1, 3)), batch="none"),
        Row("corrcoef", (X(3, 5),), batch="none"),
        Row("empty_like", (X(B, 3),), slopes=False, keras=False),  # any numbers
        Row("empty", ((2, 3),), batch="none", slopes=False, keras=False),  # any numbers
        Row("logspace", (0.0, 2.0, 4), batch="none", slopes=False),
    ]


def _counting() -> list[Row]:
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
        ("nonzero", (N(2, 3),), {}),
        ("unique", (N(7),), {"return_index": True, "return_inverse": True, "return_counts": True}),
        ("unique", (N(7),), {"size": 5, "fill_value": 9}),
        ("bincount", (N(7),), {"minlength": 5}),
        ("bincount", (N(2, 5),), {"weights": P(2, 5)}),
        ("histogram", (U(9),), {"bins": 3}),
        ("searchsorted", (np.array([1.0, 3.0, 5.0]), X(5) * 4), {}),
        ("searchsorted", (np.array([1, 3, 5]), np.array([3, 5])), {"side": "right"}),
        ("digitize", (X(5), np.array([-0.5, 0.0, 0.5])), {}),
        ("isin", (N(6), np.array([1])), {}),
        ("isin", (N(6), np.array([1])), {"invert": True}),
        ("unravel_index", (np.array([5, 0]), (2, 3)), {}),
        ("scatter", (np.array([[0, 1], [1, 0], [1, 0]]), X(3), (2, 2)), {}),
        ("scatter_update", (X(3, 2), np.array([[0], [2]]), X(2, 2, seed=1)), {}),
        ("scatter_update", (X(3), np.array([[0], [0]]), X(2, seed=1)), {"reduction": "max"}),
    ]
    return [Row(name, args, options, batch="none", slopes=False) for name, args, options in calls]


def _pieces() -> list[Row]:
    holes = np.where(N(B, 5, below=4) == 1, np.nan, X(B, 5))
    return [
        Row("fabs", (X(B, 3),)),
        Row("sinc", (X(B, 3),)),
        Row("heaviside", (X(B, 3), np.array([0.5, 1.0, 2.0])), slopes=False),
        Row("fmax", (X(B, 3), X(B, 3, seed=1))),
        Row("fmax", (holes, 0.0), batch="none"),
        Row("fmin", (X(B, 3), X(B, 3, seed=1))),
        Row("fmin", (holes, 0.0), batch="none"),
        Row("fmod", (X(B, 3) * 3, P(B, 3))),
        Row("ldexp", (X(B, 3), np.array([1, 0, 2])), keras=False),  # of JAX in 32 bits
        Row("isreal", (X(B, 3),), slopes=False),
        Row("saturate_cast", (X(2, 3) * 2e9, "int32"), batch="none", slopes=False),
        Row("dsplit", (X(B, 2, 4), 2)),
        Row("segment_min", (X(B, 3), np.array([0, 1, 0, 2])), {"num_segments": 3}, batch="whole"),
        Row("unfold", (X(B, 2, 3, 4), 2)),
        Row("unfold", (X(B, 1, 4, 4), (2, 1)), {"dilation": 2, "padding": 1, "stride": (1, 2)}),
        Row("nancumsum", (holes, 1), batch="none"),
        Row("nancumprod", (X(B, 3), 1)),
        Row("nanargmax", (holes, 1), batch="none", slopes=False),
        Row("nanargmin", (X(B, 3), 1), slopes=False),
        Row("nanmedian", (holes, 1), batch="none"),
        Row("nanmedian", (X(B, 2, 3), -1, True)),
        *(Row("nanquantile", (holes, 0.3), {"axis": 1, "method": method}, batch="none") for method in METHODS),
        *(Row("nanquantile", (X(B, 5), 0.4), {"axis": 1, "method": method}) for method in METHODS),
        Row("nanquantile", (holes, [0.1, 0.5]), batch="none"),
        Row("nanpercentile", (X(B, 4), 40), {"axis": 1}),
        Row("segment_prod", (X(B, 3), np.array([0, 1, 0, 2])), {"num_segments": 4}, batch="whole"),
        Row("erfinv", (U(B, 3),)),
        Row("fold", (X(B, 8, 6), (3, 4), 2)),
        Row("fold", (X(B, 2, 12), 4, (2, 1)), {"dilation": 2, "padding": 1, "stride": (1, 2)}),
        Row("extract_sequences", (X(B, 2, 7), 3, 2)),
    ]


def _bits() -> list[Row]:
    two = np.array([6, 12, 40], "int32"), np.array([3, 2, 1], "int32")
    names = (
        "bitwise_and", "bitwise_or", "bitwise_xor", "bitwise_left_shift", "bitwise_right_shift", "left_shift",
        "right_shift", "gcd", "lcm",
    )  # fmt: skip
    calls: list[tuple[str, tuple[Any, ...]]] = [
        *((name, two) for name in names), ("bitwise_not", two[:1]), ("bitwise_invert", two[:1]), ("signbit", (X(5),)),
        ("nextafter", (X(3), P(3))), ("vander", (X(3),)), ("vander", (X(3), 4, True)), ("argpartition", (X(5), 2)),
        ("correlate", (X(5), X(3))), ("correlate", (X(5), X(2), "same")), ("correlate", (X(4), X(2), "full")),
        ("geomspace", (1.0, 8.0, 4)), ("kaiser", (5, 2.0)),
        *((name, (5,)) for name in ("bartlett", "blackman", "hamming", "hanning")),
    ]  # fmt: skip
    return [Row(name, args, batch="none", slopes=False) for name, args in calls]
