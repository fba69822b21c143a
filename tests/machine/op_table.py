"""The ops that are lowered, each on some shapes; those that are not, and why; and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from pellucid import ops
from pellucid.ops.attending import attended
from pellucid.rng import Key

W, V, S = Key(5).normal((4, 5)), Key(6).normal((4,)), Key(7).normal((3, 4))
K2 = Key(9).normal((2, 3, 4, 6))
G, H = Key(8).normal((1, 4, 5)), Key(3).normal((2, 4, 3))


def real(x: np.ndarray) -> np.ndarray:
    return x


def positive(x: np.ndarray) -> np.ndarray:
    return np.abs(x) + np.float32(0.1)


def above(x: np.ndarray) -> np.ndarray:
    return np.abs(x) + np.float32(1.1)


def inside(x: np.ndarray) -> np.ndarray:
    return np.clip(x / 3, -0.95, 0.95)


def steps(x: np.ndarray) -> np.ndarray:
    """Halves, so that some are equal, and some 0."""
    return np.round(2 * x) / np.float32(2)


def near_one(x: np.ndarray) -> np.ndarray:
    """So that products of many neither vanish nor grow beyond all bounds."""
    return 1 + x / np.float32(100)


def places(x: np.ndarray) -> np.ndarray:
    """Whole numbers from -4 to 3: the places in a table of four rows."""
    return np.clip(np.floor(2 * x), -4, 3)


Row = tuple[Callable[..., Any], Callable[[np.ndarray], np.ndarray], tuple[tuple[int, ...], ...]]
EACH = {
    real: (
        "absolute arctan arcsinh cbrt ceil cos cosh erf exp exp2 expm1 floor negative ones_like sign sin sinh square "
        "stop_gradient tan trunc zeros_like celu elu gelu hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu "
        "log_sigmoid log_softmax relu relu6 selu sigmoid silu soft_shrink softmax softplus softsign sparse_plus "
        "sparse_sigmoid sparsemax squareplus tanh tanh_shrink"
    ),
    positive: "log log10 log1p log2 reciprocal rsqrt sqrt",
    above: "arccosh",
    inside: "arccos arcsin arctanh",
}
TWO = {
    real: "add subtract multiply maximum minimum hypot",
    positive: "divide divide_no_nan power",
    steps: "equal not_equal greater greater_equal less less_equal logical_and logical_or logical_xor maximum minimum "
    "divide_no_nan",
}
STRETCHED = (((3, 4), (3, 4)), ((4,), (1,)), ((3, 1), (1, 4)), ((1, 3, 1, 2), (5, 1, 4, 1)), ((), ()))
ALONG: tuple[tuple[tuple[int, ...], Any, bool], ...] = (
    ((4,), 1, False), ((3, 4), -1, True), ((3, 4), 1, False), ((2, 3, 4), (1, 3), False), ((2, 3, 4), (3, 2, 1), True),
    ((2, 33), 2, False),
)  # fmt: skip


def as_number(y: Any) -> Any:
    """True and false as numbers, which may leave the ops."""
    return ops.cast(y, "float32") if y.dtype == "bool" else y


def two(name: str, domain: Callable[[np.ndarray], np.ndarray]) -> dict[str, Row]:
    """An op of two operands: of two tensors that are stretched, with a number and with an array."""
    f, array, told = getattr(ops, name), np.abs(S) if domain is positive else S, f"{name}, {domain.__name__}"
    one = ((1, 4),)
    return {
        **{f"{told} {i}": (lambda a, b: as_number(f(a, b)), domain, shapes) for i, shapes in enumerate(STRETCHED)},
        f"{told}, by a number": (lambda x: as_number(f(x, 1.5)), domain, one),
        f"{told}, of a number": (lambda x: as_number(f(1.5, x)), domain, one),
        f"{told}, by an array": (lambda x: as_number(f(x, array)), domain, one),
        f"{told}, of an array": (lambda x: as_number(f(array, x)), domain, one),
    }


def along(name: str) -> dict[str, Row]:
    """An op along axes of a sample."""
    f = getattr(ops, name)

    def row(shape: tuple[int, ...], axis: Any, keepdims: bool) -> Row:
        return lambda x: f(x, axis, keepdims), real, (shape,)

    equal: Row = (lambda x: f(x, -1), steps, ((5, 4),))
    return {**{f"{name} {i}": row(*asked) for i, asked in enumerate(ALONG)}, f"{name} of equal ones": equal}


def rows() -> dict[str, Row]:
    each = {name: (getattr(ops, name), domain, ((3, 4),)) for domain, names in EACH.items() for name in names.split()}
    found: dict[str, Row] = {**each, **OTHERS}
    for domain, names in TWO.items():
        for name in names.split():
            found |= two(name, domain)
    for name in ("sum", "mean", "var", "std", "max", "min", "prod", "logsumexp"):
        found |= along(name) | through_the_batch(name)
    return found


def through_the_batch(name: str) -> dict[str, Row]:
    """An op over the batch and axes of a sample."""
    f, domain = getattr(ops, name), near_one if name == "prod" else real

    def row(axis: Any, keepdims: bool) -> Row:
        return lambda x: x * f(x, axis, keepdims), domain, ((3, 4),)

    asked = ((0, False), ((0, 2), True), ((1, 0), False), (None, False))
    return {f"{name} through the batch, {axis}": row(axis, keepdims) for axis, keepdims in asked}


def whole(x: Any) -> Any:
    return ops.cast(x, "int32")


def decimal(y: Any) -> Any:
    return ops.cast(y, "float32")


OTHERS: dict[str, Row] = {
    "isnan": (lambda x: as_number(ops.isnan(ops.log(x))), steps, ((3, 4),)),
    "isinf": (lambda x: as_number(ops.isinf(ops.log(x))), steps, ((3, 4),)),
    "isfinite": (lambda x: as_number(ops.isfinite(ops.log(x))), steps, ((3, 4),)),
    "logical_not": (lambda x: as_number(ops.logical_not(x)), steps, ((3, 4),)),
    "any": (lambda x: as_number(ops.any(x > 1.0, axis=2)), real, ((3, 4),)),
    "all": (lambda x: as_number(ops.all(x > -1.0, axis=(1, 2), keepdims=True)), real, ((3, 4),)),
    "max of truths": (lambda x: as_number(ops.max(x > 1.0, axis=1)), real, ((3, 4),)),
    "mean of truths": (lambda x: ops.mean(x > 0.0, axis=1), real, ((3, 4),)),
    "norm": (lambda x: ops.norm(x, axis=-1), real, ((3, 4),)),
    "normalize": (lambda x: ops.normalize(x, 1), real, ((3, 4),)),
    "average": (lambda x: ops.average(x, 1, weights=V), real, ((4,),)),
    "logaddexp": (ops.logaddexp, real, ((3, 4), (3, 4))),
    "layer_normalization": (lambda x: ops.layer_normalization(x, V, V, axis=-1), real, ((3, 4),)),
    "rms_normalization": (lambda x: ops.rms_normalization(x, V), real, ((3, 4),)),
    "attention": (ops.dot_product_attention, real, ((6, 2, 3), (5, 2, 3), (5, 2, 3))),
    "causal attention": (lambda x: ops.dot_product_attention(x, x, x, is_causal=True), real, ((6, 2, 3),)),
    "long causal attention": (lambda x: ops.dot_product_attention(x, x, x, is_causal=True), real, ((37, 1, 5),)),
    "attention past one's end": (
        lambda q, k: attended([q, k, k], scale=0.7, is_causal=True), real, ((40, 2, 3), (9, 2, 3))
    ),
    "attention of groups": (lambda q, k: attended([q, k, 2 * k]), real, ((19, 6, 3), (35, 2, 3))),
    "attention behind a mask": (
        lambda q, k, m: attended([q, k, k, ops.expand_dims(m, 1) > -0.5]), real, ((18, 2, 3), (5, 2, 3), (18, 5))
    ),
    "causal attention behind a mask": (
        lambda q, m: attended([q, q, q, ops.reshape(m, (-1, 2, 1, 20)) > 0.0], is_causal=True), real,
        ((20, 2, 3), (2, 20)),
    ),
    "attention with a known mask": (lambda q: attended([q, q, q, np.eye(7) < 1]), real, ((7, 2, 3),)),
    "threshold": (lambda x: ops.threshold(x, 0.3, 0.1), real, ((3, 4),)),
    "glu": (ops.glu, real, ((3, 4),)),
    "clip": (lambda x: ops.clip(x, -0.5, 0.5), steps, ((3, 4),)),
    "round": (ops.round, real, ((3, 4),)),
    "round to hundredths": (lambda x: ops.round(x, 2), real, ((3, 4),)),
    "cast": (lambda x, y: ops.cast(x > 0.5, "float32") * y, real, ((3, 4), (3, 4))),
    "full_like": (lambda x: ops.full_like(x, 2.5) * x, real, ((3, 4),)),
    "where": (lambda x, y: ops.where(x > y, x, 0.0), real, ((3, 1), (3, 4))),
    "where, an array": (lambda x: ops.where(S > 0, x, -x), real, ((3, 1),)),
    "where both": (lambda c, x, y: ops.where(ops.logical_not(c > 0.0), x, y), real, ((3, 4), (1, 4), (3, 1))),
    "where of truths": (lambda x: as_number(ops.where(x > 0.0, x > 1.0, x < -1.0)), real, ((3, 4),)),
    "a truth in a product": (lambda x: (x > 0.0) * x, real, ((3, 4),)),
    "square of one tensor": (lambda x: x * x, real, ((3, 4),)),
    "cumsum": (lambda x: ops.cumsum(x, 1), real, ((5, 3),)),
    "cumsum, last": (lambda x: ops.cumsum(x, -1), real, ((3, 40),)),
    "matmul by an array": (lambda x: ops.matmul(x, W), real, ((4,),)),
    "rows by an array": (lambda x: ops.matmul(x, W), real, ((2, 3, 4),)),
    "an array by columns": (lambda x: ops.matmul(W.T, x), real, ((2, 4, 3),)),
    "by a vector": (lambda x: ops.matmul(x, V), real, ((3, 4),)),
    "a vector by x": (lambda x: ops.matmul(V, x), real, ((4, 3),)),
    "x by a vector, a number": (lambda x: ops.matmul(x, V), real, ((4,),)),
    "by an array of three axes": (lambda x: ops.matmul(x, G), real, ((3, 4),)),
    "matmul": (ops.matmul, real, ((3, 4), (4, 5))),
    "matmul, wide": (ops.matmul, real, ((9, 70), (70, 35))),
    "matmul, stretched": (ops.matmul, real, ((2, 3, 4), (1, 4, 5))),
    "matmul, stretched left": (ops.matmul, real, ((1, 3, 4), (2, 4, 5))),
    "queries by keys": (lambda q, k: ops.einsum("bqhd,bkhd->bhqk", q, k), real, ((6, 2, 3), (5, 2, 3))),
    "scores by values": (lambda s, v: ops.einsum("bhqk,bkhd->bqhd", s, v), real, ((2, 6, 5), (5, 2, 3))),
    "rows by rows": (lambda a, b: ops.einsum("bik,bjk->bij", a, b), real, ((5, 40), (7, 40))),
    "columns by columns": (lambda a, b: ops.einsum("bki,bkj->bij", a, b), real, ((40, 5), (40, 7))),
    "einsum by an array": (lambda x: ops.einsum("bij,jk->bki", x, W), real, ((3, 4),)),
    "einsum by a turned array": (lambda x: ops.einsum("bij,kj->bik", x, W.T), real, ((3, 4),)),
    "einsum, a group and an array": (lambda x: ops.einsum("bhi,hij->bhj", x, H), real, ((2, 4),)),
    "einsum, ...": (lambda a, b: ops.einsum("...ij,...jk->...ik", a, b), real, ((2, 3, 4), (2, 4, 5))),
    "outer by letters": (lambda a, b: ops.einsum("bi,bj->bij", a, b), real, ((3,), (4,))),
    "inner by letters": (lambda a, b: ops.einsum("bi,bi->b", a, b), real, ((3,), (3,))),
    "dot": (lambda x: ops.dot(x, W), real, ((3, 4),)),
    "tensordot": (lambda x: ops.tensordot(x, W, axes=([1], [0])), real, ((4, 3),)),
    "transpose": (lambda x: ops.transpose(x, (0, 3, 1, 2)), real, ((2, 3, 4),)),
    "swapaxes": (lambda x: ops.swapaxes(x, 1, -1), real, ((2, 3, 4),)),
    "moveaxis": (lambda x: ops.moveaxis(x, 1, -1), real, ((2, 3, 4),)),
    "flip": (lambda x: ops.flip(x, 2), real, ((3, 4),)),
    "flip both": (lambda x: ops.flip(x, (1, 2)), real, ((3, 4),)),
    "reshape": (lambda x: ops.reshape(x, (-1, 6, 2)), real, ((3, 4),)),
    "expand_dims": (lambda x: ops.expand_dims(x, 1) * 2.0, real, ((3, 4),)),
    "squeeze": (lambda x: ops.squeeze(x, 2), real, ((3, 1),)),
    "repeat": (lambda x: ops.repeat(x, 3, 1), real, ((3, 4),)),
    "tile": (lambda x: ops.tile(x, (1, 2, 2)), real, ((3, 4),)),
    "roll": (lambda x: ops.roll(x, 2, 1), real, ((5, 3),)),
    "pad": (lambda x: ops.pad(x, ((0, 0), (1, 2), (0, 3))), real, ((3, 4),)),
    "pad, mirrored": (lambda x: ops.pad(x, ((0, 0), (2, 1)), "reflect"), real, ((5,),)),
    "tril": (ops.tril, real, ((4, 4),)),
    "triu": (lambda x: ops.triu(x, 1), real, ((2, 3, 4),)),
    "diagonal": (lambda x: ops.diagonal(x, 0, 1, 2), real, ((3, 4),)),
    "concatenate": (lambda *xs: ops.concatenate(xs, -1), real, ((3, 4), (3, 2), (3, 1))),
    "concatenate along the first": (lambda *xs: ops.concatenate(xs, 1), real, ((3, 4), (2, 4))),
    "stack": (lambda *xs: ops.stack(xs, 1), real, ((3, 4), (3, 4))),
    "stack of one tensor": (lambda x: ops.stack([x, x], -1), real, ((3, 4),)),
    "a part": (lambda x: x[:, 1:, ::2], real, ((3, 4),)),
    "one place": (lambda x: x[..., 0], real, ((3, 4),)),
    "a new axis": (lambda x: x[:, None] * 1.0, real, ((3, 4),)),
    "split": (lambda x: ops.split(x, 2, axis=2)[1], real, ((3, 4),)),
    "take": (lambda x: ops.take(x, [[0, 2], [2, 1]], 1), real, ((3, 4),)),
    "slice": (lambda x: ops.slice(x, [0, 1, 0], [-1, 2, 3]), real, ((3, 4),)),
    "truths moved": (lambda x: as_number(ops.transpose(x > 0.0, (0, 2, 1))), real, ((3, 4),)),
    "take, rows of a table": (lambda i: ops.take(W, whole(i), axis=0), places, ((3,),)),
    "take, rows of three axes": (lambda i: ops.take(G[0], whole(i), axis=0), places, ((2, 3),)),
    "take, out of all numbers": (lambda i: ops.take(W, whole(i), axis=None), places, ((3,),)),
    "one_hot": (lambda i: ops.one_hot(whole(i), 4), places, ((3, 2),)),
    "one_hot, first axis": (lambda i, x: ops.one_hot(whole(i), 3, axis=1) * x, places, ((2, 4), (3, 2, 4))),
    "one_hot of truths": (lambda i: as_number(ops.one_hot(whole(i), 4, dtype="bool")), places, ((3,),)),
    "argmax": (lambda x: decimal(ops.argmax(x, 1)) * x[:, 0], real, ((3, 4),)),
    "argmin of equal ones": (lambda x: decimal(ops.argmin(x, -1, keepdims=True)), steps, ((3, 4),)),
    "argmax through the batch": (lambda x: x * decimal(ops.argmax(x, 0)), real, ((3, 4),)),
    "argmin through the batch": (lambda x: x * decimal(ops.argmin(x, 0)), real, ((3, 4),)),
    "count_nonzero": (lambda x: decimal(ops.count_nonzero(x, axis=(1, 2))), steps, ((3, 4),)),
    "any through the batch": (lambda x: x * as_number(ops.any(x > 2.0, axis=0)), real, ((3, 4),)),
    "all through the batch": (lambda x: x * as_number(ops.all(x > -2.0, axis=0)), real, ((3, 4),)),
    "take_along_axis": (lambda i: ops.take_along_axis(i, whole(i) % 4, axis=2), places, ((3, 4),)),
    "take_along_axis, one place": (lambda x: ops.take_along_axis(x, ops.argmax(x, 1, True), 1), real, ((3, 4),)),
    "whole numbers": (lambda i, j: decimal((whole(i) * 3 - whole(j) + 1) * 2), places, ((3, 4), (1, 4))),
    "whole quotients": (lambda i, j: decimal(whole(i) // whole(j)), places, ((5,), (5,))),
    "whole rests": (lambda i, j: decimal(whole(i) % whole(j)), places, ((5,), (5,))),
    "whole numbers compared": (lambda i, j: as_number(ops.maximum(whole(i), 1) > whole(j)), places, ((5,), (5,))),
    "whole numbers moved": (lambda i: decimal(ops.transpose(whole(i), (0, 2, 1))[:, ::2]), places, ((3, 4),)),
    "whole numbers chosen": (lambda i: decimal(ops.where(i > 0, whole(i), 7)), places, ((3, 4),)),
    "decimals dropped": (lambda x: decimal(whole(10 * x)), real, ((3, 4),)),
    "a cast to truths": (lambda x: decimal(ops.cast(x, "bool")), steps, ((3, 4),)),
    "a truth as a whole number": (lambda x: decimal(whole(x > 0.5) + 1), real, ((3, 4),)),
    "conv": (lambda x: ops.conv(x, K2), real, ((5, 4, 4),)),
    "conv, two groups": (lambda x: ops.conv(x, K2[:, :, :2], padding="same"), real, ((5, 4, 4),)),
    "conv, channels first": (lambda x: ops.conv(x, K2, 2, data_format="channels_first"), real, ((4, 5, 4),)),
    "conv along steps": (lambda x: ops.conv(x, K2[0], dilation_rate=2), real, ((7, 4),)),
    "depthwise_conv": (lambda x: ops.depthwise_conv(x, K2[..., :2], padding="same"), real, ((5, 4, 4),)),
    "separable_conv": (lambda x: ops.separable_conv(x, K2[..., :1], K2[:1, :1, :, :3]), real, ((5, 4, 4),)),
    "conv_transpose": (lambda x: ops.conv_transpose(x, K2[:, :, :3], 2), real, ((3, 2, 6),)),
    "max_pool": (lambda x: ops.max_pool(x, 2, padding="same"), steps, ((5, 4, 3),)),
    "average_pool": (lambda x: ops.average_pool(x, 2, 1), real, ((5, 3),)),
    "adaptive_max_pool": (lambda x: ops.adaptive_max_pool(x, 2), real, ((5, 3),)),
    "adaptive_average_pool": (lambda x: ops.adaptive_average_pool(x, (2, 3)), real, ((5, 4, 2),)),
    "x less its copy that sends nothing": (lambda x: x * ops.stop_gradient(x), real, ((3, 4),)),
}  # fmt: skip

NOT_LOWERED = {
    "it takes no batch at all, or sorts its rows": "diag outer segment_max segment_prod segment_sum broadcast_to ravel",
    "numbers are put in order": "sort argsort median in_top_k",
    "it is rare in networks": "arctan2 cross cumprod erfinv isclose nan_to_num slice_update trace",
    "it solves equations, or takes matrices apart": "cholesky det inv singular_values solve",
}

REFUSED: dict[str, tuple[Callable[..., Any], tuple[int, ...], str]] = {
    "the first rows": (lambda x: x[:1000], (3,), "op 'get_item' along the batch"),
    "the first rows, by dots": (lambda x: x[..., :1000, :], (3,), "op 'get_item' along the batch"),
    "places in order": (lambda x: ops.cast(ops.argsort(x, 1), "float32"), (3,), "op 'argsort'"),
    "whole numbers as an output": (lambda x: ops.argmax(x, 1), (3,), "whole numbers leave the ops"),
    "rests with decimals": (lambda x: x % 2.0, (3,), "op 'mod' of numbers with decimals"),
    "true and false as an output": (lambda x: x > 0.0, (3,), "true and false leave the ops"),
    "true or true": (lambda x: ops.cast(ops.add(x > 0.0, x < 1.0), "float32"), (3,), "op 'add' of bool"),
    "rounding to tens": (lambda x: ops.round(x, -1), (3,), "op 'round' to tens"),
    "other numbers around": (
        lambda x: ops.pad(x, ((0, 0), (1, 1)), constant_values=2.0), (3,), "op 'pad' with another number than 0",
    ),
    "three factors": (lambda x: ops.einsum("bi,bi,bi->bi", x, x, x), (3,), "'einsum' of 3 operands"),
    "one summed alone": (lambda x: ops.einsum("bij,bk->bk", x, x[:, 0]), (3, 4), "sums one operand alone"),
}  # fmt: skip
