"""How operators are read that are ops here, or another shape of the same numbers."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from ... import layers as L
from ... import ops
from ...arrays import Array
from ...wiring import Tensor
from .reader import BATCH, Late, Use, reads

DOTS = "0123456789"  # signs for the axes that `...` stands for

# Number by number ------------------------------------------------------------------------------------------------

ONE = {
    "Abs": ops.absolute, "Acos": ops.arccos, "Acosh": ops.arccosh, "Asin": ops.arcsin, "Asinh": ops.arcsinh,
    "Atan": ops.arctan, "Atanh": ops.arctanh, "Ceil": ops.ceil, "Cos": ops.cos, "Cosh": ops.cosh, "Erf": ops.erf,
    "Floor": ops.floor, "IsNaN": ops.isnan, "Log": ops.log, "Neg": ops.negative, "Not": ops.logical_not,
    "Reciprocal": ops.reciprocal, "Round": ops.round, "Sign": ops.sign, "Sin": ops.sin, "Sinh": ops.sinh,
    "Sqrt": ops.sqrt, "Tan": ops.tan,
}  # fmt: skip
TWO = {
    "And": ops.logical_and, "Equal": ops.equal, "Greater": ops.greater, "GreaterOrEqual": ops.greater_equal,
    "Less": ops.less, "LessOrEqual": ops.less_equal, "Or": ops.logical_or, "Pow": ops.power, "Xor": ops.logical_xor,
}  # fmt: skip


@reads(*ONE)
def one(use: Use) -> Tensor:
    return use.operate(ONE[use.op], use.tensor())


@reads(*TWO)
def two(use: Use) -> Tensor:
    return use.operate(TWO[use.op], *use.alongside())


@reads("Where")
def where(use: Use) -> Tensor:
    return use.operate(ops.where, *use.alongside())


@reads("IsInf")
def isinf(use: Use) -> Tensor:
    if not (use.options.get("detect_negative", 1) and use.options.get("detect_positive", 1)):
        use.refuse("both infinities", "one of them")
    return use.operate(ops.isinf, use.tensor())


@reads("Cast")
def cast(use: Use) -> Tensor:
    """Numbers with decimals are of the model's own precision; whole numbers and truth values become such."""
    x, to = use.tensor(), use.options["to"]
    kind, decimals = np.dtype(x.dtype).kind, np.issubdtype(to, np.floating)
    if to == np.bool_:
        return x if kind == "b" else use.operate(ops.not_equal, x, 0.0)
    if kind == "b":
        dtype = use.reading.dtype if decimals else "int32"
        return use.operate(ops.where, x, np.ones((), dtype), np.zeros((), dtype))
    if kind == "f" and not decimals:
        places = use.operate(ops.trunc, x)
        use.reading.places[id(places)] = x  # only Gather may read these
        return places
    return use.operate(ops.add, x, 0.0) if kind in "iu" and decimals else x


@reads("Identity")
def identity(use: Use) -> Tensor:
    return use.tensor()


@reads("Dropout")
def dropout(use: Use) -> Tensor:
    if use.constant(2, False).any():
        use.refuse("a network that predicts", "one that trains")
    return use.tensor()


# Along axes ------------------------------------------------------------------------------------------------------

REDUCING: dict[str, Callable[..., Tensor]] = {
    "ReduceMax": lambda use, x, **o: use.operate(ops.max, x, **o),
    "ReduceMean": lambda use, x, **o: use.operate(ops.mean, x, **o),
    "ReduceMin": lambda use, x, **o: use.operate(ops.min, x, **o),
    "ReduceProd": lambda use, x, **o: use.operate(ops.prod, x, **o),
    "ReduceSum": lambda use, x, **o: use.operate(ops.sum, x, **o),
    "ReduceLogSumExp": lambda use, x, **o: use.operate(ops.logsumexp, x, **o),
    "ReduceL1": lambda use, x, **o: use.operate(ops.sum, use.operate(ops.absolute, x), **o),
    "ReduceL2": lambda use, x, **o: use.operate(ops.sqrt, REDUCING["ReduceSumSquare"](use, x, **o)),
    "ReduceSumSquare": lambda use, x, **o: use.operate(ops.sum, use.operate(ops.square, x), **o),
}


@reads(*REDUCING)
def reduced(use: Use) -> Tensor:
    x, axes = use.tensor(), use.whole(1, "axes")
    if not axes and use.options.get("noop_with_empty_axes"):
        return x
    if not axes:
        use.refuse("axes behind the batch", "all axes")
    keepdims = bool(use.options.get("keepdims", 1))
    return REDUCING[use.op](use, x, axis=[use.axis(x, a) for a in axes], keepdims=keepdims)


@reads("ArgMax", "ArgMin")
def place(use: Use) -> Tensor:
    x, keepdims = use.tensor(), bool(use.options.get("keepdims", 1))
    if use.options.get("select_last_index"):
        use.refuse("the first of several places", "the last")
    operation = ops.argmax if use.op == "ArgMax" else ops.argmin
    return use.operate(operation, x, axis=use.axis(x, use.options.get("axis", 0)), keepdims=keepdims)


@reads("TopK")
def largest(use: Use) -> Tensor:
    """The values alone."""
    if use.wanted[1:] == [True]:
        use.refuse("a sorting whose values alone are read", "one whose places are, as of a mask in front of recurrence")
    x = use.tensor()
    axis, k = use.axis(x, use.options.get("axis", -1)), int(use.number(1))
    if not 0 < k <= x.sample[axis - 1]:
        use.refuse(f"a number up to {x.sample[axis - 1]}", str(k))
    y = use.operate(ops.sort, x, axis=axis)
    y = use.operate(ops.flip, y, axis=axis) if use.options.get("largest", 1) else y
    return y if k == x.sample[axis - 1] else use.operate(ops.get_item, y, (*[slice(None)] * axis, slice(k)))


@reads("CumSum")
def cumsum(use: Use) -> Tensor:
    if use.options.get("exclusive") or use.options.get("reverse"):
        use.refuse("sums up to each place", "exclusive or reverse ones")
    return use.operate(ops.cumsum, use.tensor(), axis=use.axis(use.tensor(), int(use.number(1))))


@reads("Einsum")
def einsum(use: Use) -> Tensor:
    equation, given = use.options["equation"].decode(), use.values()
    terms, _, out = equation.replace(" ", "").partition("->")
    shapes = [(1, *x.sample) if isinstance(x, Tensor) else x.shape for x in given]
    spelled = [(_spelled(term, len(shape)), shape) for term, shape in zip(terms.split(","), shapes, strict=True)]
    sizes = dict(pair for pairs in spelled for pair in zip(*pairs, strict=True))
    dots = max((set(term) & set(DOTS) for term, _ in spelled), key=len)
    use.fits([sizes[a] for a in [*out.replace("...", ""), *(dots if "..." in out else ())]])
    y: Tensor = ops.einsum(equation, *given)
    return y


def _spelled(term: str, rank: int) -> str:
    """An operand's axes, each by a sign of its own: those that `...` stands for by digits, the last one by the last."""
    return term.replace("...", DOTS[len(DOTS) - rank + len(term) - 3 :]) if "..." in term else term


# Shapes ----------------------------------------------------------------------------------------------------------


def reshaped(use: Use, x: Tensor, shape: Sequence[int]) -> Tensor:
    shape = tuple(shape)
    if shape == x.sample:
        return x
    if x.dtype != use.reading.dtype:
        return use.operate(ops.reshape, x, newshape=(-1, *shape))
    return use.layer(L.Flatten, x) if len(shape) == 1 else use.layer(L.Reshape, x, target_shape=shape)


@reads("Flatten")
def flatten(use: Use) -> Tensor:
    x = use.tensor()
    if use.options.get("axis", 1) % (len(x.sample) + 1) != 1 % (len(x.sample) + 1):
        use.refuse("axis = 1", str(use.options["axis"]))
    return reshaped(use, x, (int(np.prod(x.sample)),))


@reads("Reshape")
def reshape(use: Use) -> Tensor:
    x, sizes = use.tensor(), use.whole(1, "shape")
    size = int(np.prod(x.sample))
    if not use.options.get("allowzero"):
        kept = dict(enumerate((BATCH, *x.sample)))
        sizes = [n or kept.get(i, 0) for i, n in enumerate(sizes)]
    first, *rest = sizes or [0]
    known = int(np.prod([n for n in rest if n != -1]))
    if rest.count(-1) == 1 and known > 0:
        rest = [size // known if n == -1 else n for n in rest]
    if first not in (BATCH, use.reading.batch) or any(n < 1 for n in rest) or int(np.prod(rest)) != size:
        use.refuse(f"a shape (batch, ...) of {size} numbers for each row", str(sizes))
    return reshaped(use, x, rest)


@reads("Squeeze")
def squeeze(use: Use) -> Tensor:
    x = use.tensor()
    gone = {use.axis(x, a) for a in use.whole(1, "axes", [i + 1 for i, n in enumerate(x.sample) if n == 1])}
    if any(x.sample[a - 1] != 1 for a in gone):
        use.refuse("axes of length 1", f"{sorted(gone)} of {(None, *x.sample)}")
    return reshaped(use, x, [n for a, n in enumerate(x.sample, start=1) if a not in gone])


@reads("Unsqueeze")
def unsqueeze(use: Use) -> Tensor | Late:
    x, axes = use.tensor(), use.whole(1, "axes")
    n = len(x.sample) + 1 + len(axes)
    places = {a % n for a in axes}
    if len(places) != len(axes) or not all(-n <= a < n for a in axes):
        use.refuse("different axes behind the batch", str(axes))
    if places == {0}:
        return Late(use.operate(ops.expand_dims, x, axis=1), 1)
    if 0 in places:
        use.refuse("different axes behind the batch", str(axes))
    rest = iter(x.sample)
    return reshaped(use, x, [1 if a in places else next(rest) for a in range(1, n)])


@reads("Transpose")
def transpose(use: Use) -> Tensor | Late:
    x, n = use.tensor(), len(use.tensor().sample) + 1
    order = use.options.get("perm", range(n)[::-1])
    if sorted(order) != list(range(n)):
        use.refuse(f"an order of {n} axes", str(list(order)))
    return placed(use, x, [a - 1 for a in order if a], list(order).index(0))


def placed(use: Use, x: Tensor, axes: Sequence[int], batch: int) -> Tensor | Late:
    """Samples with their axes in this order, and the batch in this place."""
    order = [0, *(a + 1 for a in axes)]
    if isinstance(before := x.node.layer, L.Permute):  # two in a row are one, or none
        x, order = x.node.inputs[0], [0, *(before.dims[i - 1] for i in order[1:])]
    x = x if list(order) == sorted(order) else use.layer(L.Permute, x, dims=tuple(order[1:]))
    return Late(x, batch) if batch else x


@reads("Expand")
def expand(use: Use) -> Tensor:
    x = use.tensor()
    sizes = use.whole(1, "shape")
    shape = sizes[1:] if len(sizes) == len(x.sample) + 1 else sizes
    if len(shape) > len(x.sample) or (len(shape) < len(sizes) and sizes[0] not in (1, BATCH, use.reading.batch)):
        use.refuse("sizes behind the batch", str(sizes))
    return use.operate(ops.multiply, x, np.ones(use.small(shape), use.reading.dtype))


@reads("Tile")
def tile(use: Use) -> Tensor:
    times = use.whole(1, "repeats")
    if times[:1] != [1] or len(times) != len(use.tensor().sample) + 1 or any(n < 1 for n in times):
        use.refuse("repeats behind the batch", str(times))
    use.fits([*use.tensor().sample, *times])
    return use.operate(ops.tile, use.tensor(), repeats=tuple(times))


@reads("Slice")
def part(use: Use) -> Tensor:
    x, starts, stops = use.tensor(), use.whole(1, "starts"), use.whole(2, "ends")
    axes = use.whole(3, "axes", list(range(len(starts))))
    steps = use.whole(4, "steps", [1] * len(starts))
    key = [slice(None)] * (len(x.sample) + 1)
    for axis, start, stop, step in zip(axes, starts, stops, steps, strict=True):
        if step == 0:
            use.refuse("steps other than 0", "0")
        axis = use.axis(x, axis)
        size = x.sample[axis - 1]
        if step < 0 and stop < -size:  # beyond the first: all of them
            key[axis] = slice(start, None, step)
        else:
            key[axis] = slice(start, stop, step)
    return use.operate(ops.get_item, x, tuple(key))


@reads("Split")
def split(use: Use) -> list[Tensor]:
    x = use.tensor()
    axis = use.axis(x, use.options.get("axis", 0))
    size, n = x.sample[axis - 1], use.options.get("num_outputs", use.outputs)
    each = -(-size // n)
    sizes = use.whole(1, "split", [*[each] * (n - 1), size - each * (n - 1)])
    if sum(sizes) != size or min(sizes) < 1 or len(sizes) != use.outputs:
        use.refuse(f"{use.outputs} parts of {size}", str(sizes))
    ends = np.cumsum(sizes).tolist()
    front = [slice(None)] * axis
    return [use.operate(ops.get_item, x, (*front, slice(b - n, b))) for b, n in zip(ends, sizes, strict=True)]


def _rows(use: Use, table: Array) -> Tensor:
    """An embedding: rows of a table that is known."""
    x = use.tensor(1)
    if table.ndim != 2 or table.dtype.kind != "f" or use.options.get("axis", 0) != 0:
        use.refuse("rows of a table of numbers", f"{table.dtype} {table.shape}, axis {use.options.get('axis', 0)}")
    N, D = table.shape
    x = use.reading.places.get(id(x), x)
    return use.weighted(L.Embedding, x, {"embeddings": table}, input_dim=N, output_dim=D)


@reads("Gather")
def gather(use: Use) -> Tensor:
    if not isinstance(table := use.value(0), Tensor):
        return _rows(use, np.asarray(table))
    x = use.tensor()
    axis = use.axis(x, use.options.get("axis", 0))
    places, size = use.constant(1), x.sample[axis - 1]
    if places.dtype.kind not in "iu" or (np.abs(places + 0.5) > size).any():
        use.refuse(f"places of {size}", str(places.tolist())[:60])
    use.fits([*x.sample[: axis - 1], *places.shape, *x.sample[axis:]])
    return use.operate(ops.take, x, places, axis=axis)
