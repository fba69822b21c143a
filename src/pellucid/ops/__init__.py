"""Operations on arrays and on tensors, with Keras 3's names and meanings: `keras.ops`.

Called on arrays they give arrays. Called where one operand is a tensor, they give a tensor, and are steps of the graph,
each with its gradient; so do Python's operators on tensors.

>>> from pellucid.layers import Input
>>> x = Input((3,))
>>> (x * 2.0 + 1.0).shape, matmul(x, [[1.0], [2.0], [3.0]]).shape
((None, 3), (None, 1))

- Arithmetic: add arctan2 divide divide_no_nan floor_divide hypot maximum minimum mod multiply power subtract
  true_divide
- Number by number: abs absolute arccos arccosh arcsin arcsinh arctan arctanh cast cbrt ceil clip cos cosh erf
  erfinv exp exp2 expm1 floor full_like isfinite isinf isnan log log10 log1p log2 nan_to_num negative ones_like
  reciprocal round rsqrt sign sin sinh sqrt square stop_gradient tan trunc zeros_like
- Comparing and choosing: equal greater greater_equal isclose less less_equal logical_and logical_not logical_or
  logical_xor not_equal where
- Activations: celu elu gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh leaky_relu log_sigmoid
  log_softmax relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus sparse_sigmoid
  sparsemax squareplus swish tanh tanh_shrink threshold
- Along axes: all amax amin any argmax argmin count_nonzero cumprod cumsum logsumexp max mean min prod std sum var
- In order: argsort in_top_k median sort take_along_axis
- Shapes: broadcast_to concatenate expand_dims flip get_item moveaxis one_hot ravel repeat reshape squeeze stack
  swapaxes take tile transpose
- Places: cross diag diagonal outer pad roll segment_max segment_prod segment_sum slice slice_update trace tril triu
- Products: einsum matmul
- Of networks, made of ops: layer_normalization rms_normalization dot_product_attention multi_hot
- Convolutions and pools: adaptive_average_pool adaptive_max_pool average_pool conv conv_transpose depthwise_conv
  max_pool separable_conv
- Losses and what stands beside them: batch_normalization binary_crossentropy categorical_crossentropy psnr
  sparse_categorical_crossentropy
- Linear algebra, of matrices along the last two axes: cholesky cholesky_inverse det eig eigh inv logdet lstsq
  matrix_rank pinv qr slogdet solve solve_triangular svd
- More names, made of ops: append array_split cdist copy corrcoef deg2rad depth_to_space diagflat dstack empty
  empty_like erfc fliplr flipud hsplit isneginf isposinf kron logaddexp2 logspace nanmax nanmean nanmin nanprod
  nanstd nansum nanvar percentile ptp quantile rad2deg rot90 select space_to_depth trapezoid vsplit
- Of arrays alone: bincount digitize histogram isin nonzero scatter scatter_update searchsorted unique unravel_index
- Bits and divisors, of arrays alone: argpartition bitwise_and bitwise_invert bitwise_left_shift bitwise_not
  bitwise_or bitwise_right_shift bitwise_xor correlate gcd lcm left_shift nextafter right_shift signbit vander
- In pieces, and without what is not a number: dsplit extract_sequences fabs fmax fmin fmod fold heaviside isreal
  ldexp nanargmax nanargmin nancumprod nancumsum nanmedian nanpercentile nanquantile saturate_cast segment_min sinc
  unfold
- Made of several ops: allclose array average convert_to_numpy convert_to_tensor diff dot dtype hstack inner
  is_tensor logaddexp moments ndim norm normalize shape size split tensordot top_k unstack vdot vstack
- Arrays made of nothing: arange bartlett blackman eye full geomspace hamming hanning identity kaiser linspace
  meshgrid ones tri zeros

`ops.image` has those of pictures: crop_images extract_patches gaussian_blur hsv_to_rgb pad_images resize
rgb_to_grayscale rgb_to_hsv. `ops.nn`, `ops.numpy` and `ops.linalg` have the others once more, as Keras has them.

`help(ops.multiply)` tells more of each. The classes behind them are in `pellucid.ops.base`.
"""

from __future__ import annotations

from typing import Any

from ..wiring import OF_LAYERS, OPERATORS, OPS
from . import image as image
from . import linalg as linalg
from . import lowering  # noqa: F401  # tells the ops how they are lowered
from . import nn as nn
from . import numpy as numpy
from .base import Op as Op
from .base import Operation as Operation
from .base import operations as operations
from .elsewhere import UnknownOp

# isort: off
# fmt: off
from .activations import (
    celu, elu, gelu, glu, hard_shrink, hard_sigmoid, hard_silu, hard_swish, hard_tanh, leaky_relu, log_sigmoid,
    log_softmax, relu, relu6, selu, sigmoid, silu, soft_shrink, softmax, softplus, softsign, sparse_plus,
    sparse_sigmoid, sparsemax, squareplus, swish, tanh, tanh_shrink, threshold,
)
from .arithmetic import (
    add, arctan2, divide, divide_no_nan, floor_divide, hypot, maximum, minimum, mod, multiply, power, subtract,
)
from .attending import attended
from .blocks import (
    dot_product_attention, layer_normalization, multi_hot, rms_normalization,
)
from .comparing import (
    equal, greater, greater_equal, isclose, less, less_equal, logical_and, logical_not, logical_or, logical_xor,
    not_equal, where,
)
from .composed import (
    allclose, array, average, convert_to_numpy, convert_to_tensor, diff, dot, dtype, hstack, inner, is_tensor,
    logaddexp, moments, ndim, shape, size, split, tensordot, top_k, unstack, vdot, vstack,
)
from .elementwise import (
    abs, absolute, arccos, arccosh, arcsin, arcsinh, arctan, arctanh, cast, cbrt, ceil, clip, cos, cosh, erf, erfinv,
    exp, exp2, expm1, floor, full_like, isfinite, isinf, isnan, log, log10, log1p, log2, nan_to_num, negative,
    ones_like, reciprocal, round, rsqrt, sign, sin, sinh, sqrt, square, stop_gradient, tan, trunc, zeros_like,
)
from .linear import (
    einsum, matmul,
)
from .making import (
    arange, bartlett, blackman, eye, full, geomspace, hamming, hanning, identity, kaiser, linspace, meshgrid,
    ones, tri, zeros,
)
from .norms import (
    norm, normalize,
)
from .ordering import (
    argsort, in_top_k, median, sort, take_along_axis,
)
from .placing import (
    cross, diag, diagonal, outer, pad, roll, segment_max, segment_prod, segment_sum, slice, slice_update, trace, tril,
    triu,
)
from .reductions import (
    all, any, argmax, argmin, count_nonzero, cumprod, cumsum, logsumexp, max, mean, min, prod, std, sum, var,
)
from .shaping import (
    broadcast_to, concatenate, expand_dims, flip, get_item, moveaxis, one_hot, ravel, repeat, reshape, squeeze,
    stack, swapaxes, take, tile, transpose,
)
from .bits import (
    argpartition, bitwise_and, bitwise_invert, bitwise_left_shift, bitwise_not, bitwise_or, bitwise_right_shift,
    bitwise_xor, correlate, gcd, lcm, left_shift, nextafter, right_shift, signbit, vander,
)
from .counting import (
    bincount, digitize, histogram, isin, nonzero, scatter, scatter_update, searchsorted, unique, unravel_index,
)
from .decomposing import (
    cholesky, cholesky_inverse, det, eig, eigh, inv, logdet, lstsq, matrix_rank, pinv, qr, slogdet, solve,
    solve_triangular, svd,
)
from .further import (
    append, array_split, cdist, copy, corrcoef, deg2rad, depth_to_space, diagflat, dstack, empty, erfc, fliplr,
    flipud, hsplit, isneginf, isposinf, kron, logaddexp2, logspace, nanmax, nanmean, nanmin, nanprod, nanstd,
    nansum, nanvar, percentile, ptp, quantile, rad2deg, rot90, select, space_to_depth, trapezoid, vsplit,
)
from .piecewise import (
    dsplit, extract_sequences, fabs, fmax, fmin, fmod, fold, heaviside, isreal, ldexp, nanargmax, nanargmin, nancumprod,
    nancumsum, nanmedian, nanpercentile, nanquantile, saturate_cast, segment_min, sinc, unfold,
)
from .judging import (
    batch_normalization, binary_crossentropy, categorical_crossentropy, psnr, sparse_categorical_crossentropy,
)
from .windows import (
    adaptive_average_pool, adaptive_max_pool, average_pool, conv, conv_transpose, depthwise_conv, max_pool,
    separable_conv,
)

__all__ = [  # noqa: RUF022
    "abs", "absolute", "adaptive_average_pool", "adaptive_max_pool", "add", "all", "allclose", "amax", "amin",
    "any", "append", "arange", "arccos", "arccosh", "arcsin", "arcsinh", "arctan", "arctan2", "arctanh",
    "argmax", "argmin", "argpartition", "argsort", "array", "array_split", "average", "average_pool",
    "bartlett", "batch_normalization", "binary_crossentropy", "bincount", "bitwise_and", "bitwise_invert",
    "bitwise_left_shift", "bitwise_not", "bitwise_or", "bitwise_right_shift", "bitwise_xor", "blackman",
    "broadcast_to", "cast", "categorical_crossentropy", "cbrt", "cdist", "ceil", "celu", "cholesky",
    "cholesky_inverse", "clip", "concatenate", "conv", "conv_transpose", "convert_to_numpy",
    "convert_to_tensor", "copy", "corrcoef", "correlate", "cos", "cosh", "count_nonzero", "cross", "cumprod",
    "cumsum", "deg2rad", "depth_to_space", "depthwise_conv", "det", "diag", "diagflat", "diagonal", "diff",
    "digitize", "divide", "divide_no_nan", "dot", "dot_product_attention", "dsplit", "dstack", "dtype", "eig",
    "eigh", "einsum", "elu", "empty", "empty_like", "equal", "erf", "erfc", "erfinv", "exp", "exp2",
    "expand_dims", "expm1", "extract_sequences", "eye", "fabs", "flip", "fliplr", "flipud", "floor",
    "floor_divide", "fmax", "fmin", "fmod", "fold", "full", "full_like", "gcd", "gelu", "geomspace",
    "get_item", "glu", "greater", "greater_equal", "hamming", "hanning", "hard_shrink", "hard_sigmoid",
    "hard_silu", "hard_swish", "hard_tanh", "heaviside", "histogram", "hsplit", "hstack", "hypot", "identity",
    "in_top_k", "inner", "inv", "is_tensor", "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf",
    "isposinf", "isreal", "kaiser", "kron", "layer_normalization", "lcm", "ldexp", "leaky_relu", "left_shift",
    "less", "less_equal", "linspace", "log", "log10", "log1p", "log2", "log_sigmoid", "log_softmax",
    "logaddexp", "logaddexp2", "logdet", "logical_and", "logical_not", "logical_or", "logical_xor",
    "logspace", "logsumexp", "lstsq", "matmul", "matrix_rank", "max", "max_pool", "maximum", "mean", "median",
    "meshgrid", "min", "minimum", "mod", "moments", "moveaxis", "multi_hot", "multiply", "nan_to_num",
    "nanargmax", "nanargmin", "nancumprod", "nancumsum", "nanmax", "nanmean", "nanmedian", "nanmin",
    "nanpercentile", "nanprod", "nanquantile", "nanstd", "nansum", "nanvar", "ndim", "negative", "nextafter",
    "nonzero", "norm", "normalize", "not_equal", "one_hot", "ones", "ones_like", "outer", "pad", "percentile",
    "pinv", "power", "prod", "psnr", "ptp", "qr", "quantile", "rad2deg", "ravel", "reciprocal", "relu",
    "relu6", "repeat", "reshape", "right_shift", "rms_normalization", "roll", "rot90", "round", "rsqrt",
    "saturate_cast", "scatter", "scatter_update", "searchsorted", "segment_max", "segment_min",
    "segment_prod", "segment_sum", "select", "selu", "separable_conv", "shape", "sigmoid", "sign", "signbit",
    "silu", "sin", "sinc", "sinh", "size", "slice", "slice_update", "slogdet", "soft_shrink", "softmax",
    "softplus", "softsign", "solve", "solve_triangular", "sort", "space_to_depth",
    "sparse_categorical_crossentropy", "sparse_plus", "sparse_sigmoid", "sparsemax", "split", "sqrt",
    "square", "squareplus", "squeeze", "stack", "std", "stop_gradient", "subtract", "sum", "svd", "swapaxes",
    "swish", "take", "take_along_axis", "tan", "tanh", "tanh_shrink", "tensordot", "threshold", "tile",
    "top_k", "trace", "transpose", "trapezoid", "tri", "tril", "triu", "true_divide", "trunc", "unfold",
    "unique", "unravel_index", "unstack", "vander", "var", "vdot", "vsplit", "vstack", "where", "zeros",
    "zeros_like",
]

true_divide, amax, amin, empty_like = divide, max, min, zeros_like
OPERATORS.update(
    add=add, subtract=subtract, multiply=multiply, divide=divide, floor_divide=floor_divide, mod=mod, power=power,
    matmul=matmul, less=less, less_equal=less_equal, greater=greater, greater_equal=greater_equal,
    logical_and=logical_and, logical_or=logical_or, logical_not=logical_not, get_item=get_item, negative=negative,
    abs=abs, einsum=einsum,
)
OF_LAYERS.update(
    attended=attended, cast=cast, cumsum=cumsum, expand_dims=expand_dims, ones_like=ones_like, repeat=repeat, sum=sum,
    take=take, tanh=tanh, where=where,
)
# fmt: on
OPS.update(__all__)

LOOPS = ("while_loop", "fori_loop", "cond", "switch", "scan", "associative_scan", "map", "vectorized_map", "vectorize")


def __getattr__(name: str) -> Any:
    """The error of a name that there is none of, with the nearest one, or with why there is none."""
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    fix = (
        "Steps of a graph are the same for all data: write a Python loop over a known number of steps, choose with "
        "ops.where, and let ops take whole arrays."
    )
    raise UnknownOp("pellucid.ops", name, [*__all__], fix if name in LOOPS else "")
