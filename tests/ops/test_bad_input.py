"""What ops refuse, on arrays and on tensors: in one sentence, that says where, what was expected and what came."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from ops.rows import ROWS, B
from pellucid import layers as L
from pellucid import ops
from pellucid.errors import InvalidArgument, PellucidError, ShapeError, UnknownName, WrongType
from pellucid.ops import Operation

A = np.arange(6.0, dtype="float32").reshape(2, 3)
T = L.Input((3,), name="t")
SMALL = np.array([250], "uint8")

REFUSED: list[tuple[Callable[[], Any], type[PellucidError], str]] = [
    (lambda: ops.add(A), InvalidArgument, r"add\(x1, x2\)"),
    (lambda: ops.add(A, A, A), InvalidArgument, r"add\(x1, x2\)"),
    (lambda: ops.add(A, A, x1=A), InvalidArgument, "got 2 arguments, x1="),
    (lambda: ops.cast(A), InvalidArgument, r"cast\(x, dtype\), got 1 arguments"),
    (lambda: ops.reshape(T), InvalidArgument, r"reshape\(x, newshape\)"),
    (lambda: ops.add(A, A, out=A), UnknownName, "ops.add, its arguments"),
    (lambda: ops.add(A, np.ones(4)), ShapeError, r"ops.add: expected operands that fit, got \(2, 3\) and \(4,\)"),
    (lambda: ops.add(T, np.ones(4)), ShapeError, r"got \(None, 3\) and an array \(4,\)"),
    (lambda: T + L.Input((4,)), ShapeError, r"got \(None, 3\) and \(None, 4\)"),
    (lambda: ops.add([T, T], 1.0), WrongType, "ops.stack makes one"),
    (lambda: ops.add([[1, 2], [3]], A), WrongType, "ops.add, an operand"),
    (lambda: ops.sum(A, 5), InvalidArgument, "axes from -2 to 1, got 5"),
    (lambda: ops.sum(T, 2), InvalidArgument, "axes from -2 to 1, got 2"),
    (lambda: ops.sum(A, (0, -2)), InvalidArgument, "each axis once"),
    (lambda: ops.sum(A, 1.5), WrongType, "ops.sum, argument axis"),
    (lambda: ops.sum(A, True), WrongType, "ops.sum, argument axis"),
    (lambda: ops.sum(A, keepdims="no"), WrongType, "True or False"),
    (lambda: ops.argmax(A, (0, 1)), WrongType, "one axis"),
    (lambda: ops.cumsum(A, (0, 1)), WrongType, "one axis"),
    (lambda: ops.mean(np.zeros((0, 3)), 0), ShapeError, "at least one number"),
    (lambda: ops.median(np.zeros((3, 0)), 1), ShapeError, "at least one number"),
    (lambda: ops.max(np.zeros(0)), ShapeError, "ops.max"),
    (lambda: ops.reshape(A, (4, -1)), ShapeError, "ops.reshape"),
    (lambda: ops.reshape(A, (-1, -1)), InvalidArgument, "ops.reshape, argument newshape"),
    (lambda: ops.reshape(T, (-1, 2)), ShapeError, "ops.reshape"),
    (lambda: ops.reshape(L.Input((4,)), (-1, 2)), ShapeError, "whose first axis is the batch"),
    (lambda: ops.transpose(A, (0, 0)), InvalidArgument, "each axis once"),
    (lambda: ops.transpose(A, (0,)), ShapeError, "ops.transpose"),
    (lambda: ops.expand_dims(A, None), WrongType, "ops.expand_dims, argument axis"),
    (lambda: ops.squeeze(A, 1), ShapeError, "ops.squeeze"),
    (lambda: ops.broadcast_to(A, (5,)), ShapeError, "ops.broadcast_to"),
    (lambda: ops.repeat(A, -1), InvalidArgument, "at least 0"),
    (lambda: ops.tile(A, "x"), WrongType, "ops.tile, argument repeats"),
    (lambda: ops.concatenate([]), WrongType, "a list of tensors"),
    (lambda: ops.concatenate(T), WrongType, "a list of tensors"),
    (lambda: ops.concatenate([A, np.ones((3, 3))], 1), ShapeError, "ops.concatenate"),
    (lambda: ops.stack([T, 1.0]), ShapeError, "ops.stack"),
    (lambda: ops.concatenate([T, T]), ShapeError, "whose first axis is the batch"),
    (lambda: T[0:2], ShapeError, "whose first axis is the batch"),
    (lambda: T[[0, 1]], WrongType, "ops.take"),
    (lambda: T[T > 0], WrongType, "ops.where|ops.take"),
    (lambda: T[:, "x"], WrongType, "ops.get_item, a key"),
    (lambda: ops.get_item(A, (0, 9)), ShapeError, "out of bounds"),
    (lambda: ops.get_item(A, True), WrongType, "ops.get_item, a key"),
    (lambda: ops.take(A, [5], axis=1), ShapeError, "out of bounds"),
    (lambda: ops.take(A, [0.5], axis=1), InvalidArgument, "whole numbers, got 0.5"),
    (lambda: ops.one_hot([0.5], 3), InvalidArgument, "whole numbers, got 0.5"),
    (lambda: ops.one_hot([1], 0), InvalidArgument, "at least 1"),
    (lambda: ops.take_along_axis(A, [[9]], 1), ShapeError, "out of bounds"),
    (lambda: ops.clip(T, T, 1.0), WrongType, "ops.clip, argument x_min"),
    (lambda: ops.clip(A, "a", 1.0), WrongType, "ops.clip, argument x_min"),
    (lambda: ops.cast(A, "floot32"), UnknownName, "float32"),
    (lambda: ops.cast(A, float), WrongType, "ops.cast, argument dtype"),
    (lambda: ops.cast([300], "uint8"), InvalidArgument, "numbers that uint8 holds, got 300"),
    (lambda: ops.cast([np.nan], "int32"), InvalidArgument, "numbers that int32 holds, got nan"),
    (lambda: ops.multiply([100_000], [100_000]), InvalidArgument, "whole numbers that int32 holds, got 10000000000"),
    (lambda: ops.add(SMALL, np.array([10], "uint8")), InvalidArgument, "uint8 holds, got 260"),
    (lambda: ops.subtract(np.array([1], "uint8"), np.array([2], "uint8")), InvalidArgument, "uint8 holds, got -1"),
    (lambda: ops.negative(SMALL), InvalidArgument, "uint8 holds"),
    (lambda: ops.square(SMALL), InvalidArgument, "uint8 holds, got 62500"),
    (lambda: ops.sum(np.array([2**31 - 1, 1], "int32")), InvalidArgument, "int32 holds, got 2147483648"),
    (lambda: ops.power(np.array([10]), 30), InvalidArgument, "int64 holds"),
    (lambda: ops.power(np.array([2]), -1), ShapeError, "negative integer powers"),
    (lambda: ops.matmul(np.array([[2**30]], "int32"), np.array([[2]], "int32")), InvalidArgument, "int32 holds"),
    (lambda: ops.add(np.array([1], "int32"), 3_000_000_000), ShapeError, "out of bounds for int32"),
    (lambda: ops.add([3_000_000_000], 1), InvalidArgument, "whole numbers that int32 holds"),
    (lambda: ops.matmul(A, A), ShapeError, "ops.matmul"),
    (lambda: ops.matmul(T, 3.0), ShapeError, "ops.matmul"),
    (lambda: ops.einsum("ii->i", np.ones((2, 2))), InvalidArgument, "each letter once"),
    (lambda: ops.einsum("ij,jk->ik", A), InvalidArgument, "letters for 1 operands"),
    (lambda: ops.einsum("ij->iz", A), ShapeError, "ops.einsum"),
    (lambda: ops.einsum("ij,jk->ik", np.ones((2, 1)), np.ones((3, 2))), ShapeError, "as long in all operands"),
    (lambda: ops.einsum(A, A), InvalidArgument, "ops.einsum, argument subscripts"),
    (lambda: ops.tensordot(A, A, 9), InvalidArgument, "ops.tensordot, argument axes"),
    (lambda: ops.tensordot(A, A, ([0], [0, 1])), ShapeError, "as many of the one"),
    (lambda: ops.cross(A, np.ones(2)), ShapeError, "three numbers"),
    (lambda: ops.tril(3.0), ShapeError, "two axes"),
    (lambda: ops.pad(A, 1, "wrap"), InvalidArgument, "ops.pad, argument mode"),
    (lambda: ops.pad(A, -1), ShapeError, "ops.pad"),
    (lambda: ops.roll(A, "a"), WrongType, "ops.roll, argument shift"),
    (lambda: ops.softmax(A, 5), InvalidArgument, "ops.softmax, argument axis"),
    (lambda: ops.leaky_relu(A, "x"), WrongType, "negative_slope"),
    (lambda: ops.relu(A, 0.5), InvalidArgument, r"relu\(x\)"),
    (lambda: ops.top_k(A, 9), InvalidArgument, "from 1 to 3"),
    (lambda: ops.in_top_k([5], A[:1], 1), ShapeError, "out of bounds"),
    (lambda: ops.split(A, 2, axis=1), ShapeError, "equal parts"),
    (lambda: ops.split(T, 2), ShapeError, "equal parts"),
    (lambda: ops.split(A, [2, 1], axis=1), ShapeError, "places in order"),
    (lambda: ops.unstack(T), ShapeError, "known length"),
    (lambda: ops.norm(A, 3), InvalidArgument, "ops.norm, argument ord"),
    (lambda: ops.norm(A, "fro", 1), WrongType, "ops.norm, argument ord"),
    (lambda: ops.norm(A[None], 1), InvalidArgument, "ops.norm, argument axis: expected one axis, or two of matrices"),
    (lambda: ops.norm(A[None], None, (0, 1, 2)), InvalidArgument, "ops.norm, argument axis"),
    (lambda: ops.svd(T), WrongType, "It has no gradient here. Take the matrix apart"),
    (lambda: ops.bitwise_and([1.0], [2]), WrongType, "ops.bitwise_and, argument x: expected whole numbers"),
    (lambda: ops.gcd(T, [2]), WrongType, "ops.gcd, argument x1: expected an array"),
    (lambda: ops.lcm([1, 2], [1, 2, 3]), ShapeError, "ops.lcm: expected operands that fit"),
    (lambda: ops.vander(A), ShapeError, "ops.vander, argument x: expected one row"),
    (lambda: ops.argpartition(A, 9), InvalidArgument, "ops.argpartition, argument kth"),
    (lambda: ops.correlate([1.0], [1.0], "some"), InvalidArgument, "ops.correlate, argument mode"),
    (lambda: ops.geomspace(-1.0, 1.0), InvalidArgument, "two numbers of one sign"),
    (lambda: ops.hanning(2.5), WrongType, "ops.hanning, argument x"),
    (lambda: ops.saturate_cast(A, "int7"), UnknownName, "ops.saturate_cast, argument dtype"),
    (lambda: ops.unfold(A, 2), ShapeError, "ops.unfold, argument x: expected pictures"),
    (lambda: ops.unfold(np.ones((1, 1, 2, 2)), 3), ShapeError, "pictures that hold the window"),
    (lambda: ops.fold(np.ones((1, 6, 4)), 3, 2), ShapeError, r"windows of 4 numbers a channel, .* got .1, 6"),
    (lambda: ops.fold(np.ones((1, 4, 4)), 3, 4), ShapeError, "pictures that hold the window"),
    (lambda: ops.extract_sequences(A, 9, 1), ShapeError, "at least 9 along the last axis"),
    (lambda: ops.nanquantile(A, 1.5), InvalidArgument, "ops.nanquantile, argument q: expected shares from 0 to 1"),
    (lambda: ops.average(A, weights=[1.0]), ShapeError, "ops.average, argument weights"),
    (lambda: ops.diff(A, 9), InvalidArgument, "ops.diff, argument n"),
    (lambda: ops.moments(A, 0, synchronized=True), InvalidArgument, "synchronized"),
    (lambda: ops.segment_sum(A, [0, 5], 2), InvalidArgument, "segments from 0 to 1"),
    (lambda: ops.segment_sum(A, [0]), ShapeError, "a segment for each row"),
    (lambda: ops.slice(A, [0, 5], [1, 1]), ShapeError, r"a part of \(2, 3\)"),
    (lambda: ops.slice_update(A, [0, 2], np.ones((1, 5))), ShapeError, "a part of"),
    (lambda: ops.zeros((-1,)), InvalidArgument, "a size for each axis"),
    (lambda: ops.full((2,), "x"), WrongType, "ops.full, an operand"),
    (lambda: ops.arange(T), WrongType, "ops.arange, argument start"),
    (lambda: ops.arange(1, 5, 0), InvalidArgument, "a step that is not 0"),
    (lambda: ops.linspace(0, 1, -1), InvalidArgument, "ops.linspace, argument num"),
    (lambda: ops.meshgrid(T), WrongType, "ops.meshgrid"),
    (lambda: bool(T > 0), InvalidArgument, "ops.where"),
    (lambda: np.exp(T), InvalidArgument, "ops.exp"),
    (lambda: list(T), InvalidArgument, "control flow"),
    (lambda: ops.while_loop, UnknownName, "a Python loop over a known number of steps"),
    (lambda: ops.fori_loop, UnknownName, "ops.where"),
    (lambda: ops.concat, UnknownName, "Did you mean 'concatenate'"),
]


@pytest.mark.parametrize(("call", "kind", "words"), REFUSED, ids=range(len(REFUSED)))
def test_it_is_refused_in_a_sentence(call: Callable[[], Any], kind: type[PellucidError], words: str) -> None:
    with pytest.raises(kind, match=words) as told:
        call()
    assert "\n" not in str(told.value)
    assert ": expected " in str(told.value)


OPERATIONS = {row.name: row for row in ROWS if isinstance(getattr(ops, row.name), Operation)}
NO_NUMBERS = [None, "text", object(), [[1.0], [2.0, 3.0]], 1j, {"a": 1}, np.array(["a"]), np.array([None]), b"x"]


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_op_takes_what_is_no_number(name: str) -> None:
    row, operation = OPERATIONS[name], getattr(ops, name)
    for nothing in NO_NUMBERS:
        first = [nothing] if operation.operands == 0 else nothing
        with pytest.raises(PellucidError, match=r"^ops\.\w+.*: expected .*, got "):
            operation(first, *row.args[1:], **row.options)


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_op_takes_an_argument_that_it_has_not(name: str) -> None:
    row = OPERATIONS[name]
    with pytest.raises(UnknownName, match=f"ops.{getattr(ops, name).name}, its arguments"):
        getattr(ops, name)(*row.args, **row.options, surprise=1)


WITH_AXES = [(row, key) for row in ROWS for key in ("axis", "axis1") if key in row.options]


@pytest.mark.parametrize(("row", "key"), WITH_AXES, ids=lambda one: getattr(one, "name", one))
def test_an_axis_out_of_range_is_refused(row: Any, key: str) -> None:
    for axis in (9, -9, 0.5, "x"):
        with pytest.raises(PellucidError, match=r"^ops\.\w+.*: expected "):
            getattr(ops, row.name)(*row.args, **{**row.options, key: axis})
        tensors = [L.Input(a.shape[1:]) if isinstance(a, np.ndarray) and a.shape[:1] == (B,) else a for a in row.args]
        with pytest.raises(PellucidError, match=r"^ops\.\w+.*: expected "):
            getattr(ops, row.name)(*tensors, **{**row.options, key: axis})
