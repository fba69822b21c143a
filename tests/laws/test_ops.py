"""The laws that every op keeps, one row or more per op in tests/ops/rows.py. A new op is one more row."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.extra.numpy as hnp
import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

from ops.rows import IDS, ROWS, B, Row, X
from pellucid import layers as L
from pellucid import ops
from pellucid.arrays import Whole
from pellucid.errors import ShapeError
from pellucid.models import Functional, Model
from pellucid.models.functional import Functional as Graph
from pellucid.ops import Operation
from pellucid.ops.saving import COMPOSED
from pellucid.rng import Key

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "ops.json").read_text("utf-8"))
every_row = pytest.mark.parametrize("row", ROWS, ids=IDS)
SIDE_BY_SIDE = [(row, name) for row, name in zip(ROWS, IDS, strict=True) if row.batch == "rows"]
every_step = pytest.mark.parametrize("row", [row for row, _ in SIDE_BY_SIDE], ids=[name for _, name in SIDE_BY_SIDE])
AS_MODELS_SEE_IT = {"dtype", "convert_to_numpy"}  # no ops of numbers


def op(row: Row) -> Any:
    return getattr(ops, row.name)


def listed(y: Any) -> list[Any]:
    return list(y) if isinstance(y, tuple | list) else [y]


def in_dtype(value: Any, dtype: str) -> Any:
    """Arrays of numbers with decimals in this dtype; all else as it is."""
    if isinstance(value, list):
        return [in_dtype(one, dtype) for one in value]
    return value.astype(dtype) if isinstance(value, np.ndarray) and value.dtype.kind == "f" else value


def called(row: Row, dtype: str = "float64") -> Any:
    return op(row)(*in_dtype(list(row.args), dtype), **{k: in_dtype(v, dtype) for k, v in row.options.items()})


class Step:
    """A row as a graph: a tensor for every batch. front: what stands between that and the op.
    first: the number of its first tensor."""

    def __init__(
        self, row: Row, dtype: str = "float64", front: Callable[[Any], Any] = lambda x: x, first: int = 0
    ) -> None:
        self.front, self.first = front, first
        self.tensors: list[Any] = []
        self.xs: list[np.ndarray] = []
        args = [self._tensor(one, dtype) for one in row.args]
        options = {key: self._tensor(one, dtype) for key, one in row.options.items()}
        self.outputs = listed(op(row)(*args, **options))

    def _tensor(self, value: Any, dtype: str) -> Any:
        if isinstance(value, list) and any(isinstance(one, np.ndarray) for one in value):
            return [self._tensor(one, dtype) for one in value]
        if not isinstance(value, np.ndarray) or value.shape[:1] != (B,):
            return value
        self.xs.append(in_dtype(value, dtype))
        name = f"x{self.first + len(self.tensors)}"
        self.tensors.append(L.Input(value.shape[1:], dtype=self.xs[-1].dtype.name, name=name))
        return self.front(self.tensors[-1])

    def model(self) -> Graph:
        return Model(self.tensors, self.outputs, seed=0)


def run(model: Any, xs: list[np.ndarray]) -> tuple[list[np.ndarray], Any]:
    y, cache = model.forward({}, *xs, training=False, rng=Key(0))
    return listed(y), cache


def test_every_op_has_a_row() -> None:
    assert {row.name for row in ROWS} == set(ops.__all__) - AS_MODELS_SEE_IT | {"convert_to_numpy"}
    differentiable = {name for name in ops.__all__ if getattr(getattr(ops, name), "backward", None) is not None}
    assert differentiable - {"cast", "Op"} <= {row.name for row in ROWS if row.slopes}


@every_row
def test_values_are_keras_s(row: Row, request: pytest.FixtureRequest) -> None:
    if not row.keras:
        return
    wanted = GOLDEN[request.node.callspec.id]["y"]
    got = called(row)
    if not isinstance(got, tuple | list) or row.name == "shape":
        got, wanted = [got], [wanted]
    for y, z in zip(got, wanted, strict=True):
        assert np.shape(y) == np.shape(z)
        np.testing.assert_allclose(y, z, rtol=1e-6, atol=1e-7)


@every_row
def test_numbers_keep_their_kind(row: Row) -> None:
    """float32 stays float32 and float64 stays float64; nothing that is given is changed."""
    given = json.dumps(row.args, default=lambda a: a.tolist() if isinstance(a, np.ndarray) else repr(a))
    for dtype in ("float32", "float64"):
        arrays = [a for one in [*row.args, *row.options.values()] for a in listed(one) if isinstance(a, np.ndarray)]
        flowing = any(a.dtype.kind == "f" for a in arrays)
        for y in listed(called(row, dtype)) if row.name != "shape" else []:
            if isinstance(y, np.ndarray):
                allowed = (
                    {"float32", "int32", "bool"} if not flowing or dtype == "float32" else {dtype, "int32", "bool"}
                )
                assert y.dtype.name in allowed or row.name == "cast"
    assert json.dumps(row.args, default=lambda a: a.tolist() if isinstance(a, np.ndarray) else repr(a)) == given


def slope(f: Any, x: np.ndarray, eps: float = 1e-6) -> np.ndarray:
    return L.numerical_gradient(f, x, eps)


def near(got: np.ndarray, wanted: np.ndarray) -> None:
    np.testing.assert_allclose(got, wanted, rtol=0, atol=1e-6 * max(1.0, float(np.abs(wanted).max(initial=0))))


@every_row
def test_gradients_are_slopes(row: Row) -> None:
    """Of each operand that is an array of numbers with decimals; those of an op of its own, called on arrays."""
    operation = op(row)
    if not isinstance(operation, Operation) or row.name == "cast":  # which rounds to float32 where there is no model
        return
    operands, options = operation.sorted([*row.args], row.options)
    y = called(row)
    dy = np.cos(np.arange(y.size) + 1.0).reshape(y.shape)
    found = operation.gradients(dy, y, operands, operation.checked(options, np.ndim(operands[0])))
    for i, x in enumerate(operands):
        if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
            assert found[i] is None or np.ndim(x) == 0
            continue

        def loss(v: Any, i: int = i) -> Any:
            return (operation.of_arrays([*operands[:i], v, *operands[i + 1 :]], options) * dy).sum()

        dx = found[i]
        if dx is None:
            assert not row.slopes or (row.name, i) in {("where", 0)}
            continue
        assert row.slopes
        assert dx.shape == x.shape
        near(dx, slope(loss, x))


@every_step
def test_a_step_foretells_shape_and_dtype(row: Row) -> None:
    for dtype in ("float32", "float64"):
        step = Step(row, dtype)
        y, _ = run(step.model(), step.xs)
        for tensor, one, eager in zip(step.outputs, y, listed(called(row, dtype)), strict=True):
            assert tensor.shape == (None, *one.shape[1:])
            assert tensor.dtype == one.dtype.name
            flowing = [x for x in step.xs if x.dtype.kind == "f"]
            assert one.dtype.kind != "f" or one.dtype.name == (dtype if flowing else "float32")
            np.testing.assert_allclose(one, eager, rtol=1e-6, atol=1e-6)


@every_step
def test_a_batch_is_its_rows(row: Row) -> None:
    step = Step(row)
    model = step.model()
    y, _ = run(model, step.xs)
    alone = [run(model, [x[i : i + 1] for x in step.xs])[0] for i in range(B)]
    for k, whole in enumerate(y):
        np.testing.assert_allclose(np.concatenate([rows[k] for rows in alone]), whole, rtol=1e-9, atol=1e-12)


@every_step
def test_a_step_sends_slopes_back(row: Row) -> None:
    """What a model sends back is what differences say, in the dtype of what came in."""
    step = Step(row)
    model = step.model()
    y, cache = run(model, step.xs)
    dy = [np.sin(np.arange(one.size) + 1.0).reshape(one.shape) if one.dtype.kind == "f" else None for one in y]
    if all(part is None for part in dy):
        return
    back, _ = model.backward({}, cache, *dy)
    for i, (x, dx) in enumerate(zip(step.xs, listed(back), strict=True)):
        if x.dtype.kind != "f":
            assert dx is None
            continue

        def loss(v: Any, i: int = i) -> float:
            there, _ = run(model, [*step.xs[:i], v, *step.xs[i + 1 :]])
            return float(sum((d * one).sum() for d, one in zip(dy, there, strict=True) if d is not None))

        wanted = slope(loss, x)
        if row.name == "stop_gradient":
            assert dx is None
        else:
            near(np.zeros(x.shape) if dx is None else dx, wanted)
            assert not row.slopes or dx is not None
    small = Step(row, "float32")
    model = small.model()
    y, cache = run(model, small.xs)
    back, _ = model.backward({}, cache, *[None if d is None else d.astype("float32") for d in dy])
    assert {dx.dtype.name for dx in listed(back) if dx is not None} <= {"float32"}


@pytest.mark.parametrize("row", [r for r in ROWS if r.batch == "refused"], ids=lambda row: row.name)
def test_an_op_that_moves_the_batch_is_refused_on_tensors(row: Row) -> None:
    args = [[L.Input(a.shape[1:]) for a in one] if isinstance(one, list) and isinstance(one[0], np.ndarray)
            else L.Input(one.shape[1:]) if isinstance(one, np.ndarray) else one for one in row.args]  # fmt: skip
    with pytest.raises(ShapeError, match=r"^ops\.\w+.*: expected .*, got .*"):
        op(row)(*args, **row.options)


@pytest.mark.parametrize("row", [r for r in ROWS if r.batch == "whole"], ids=lambda row: row.name)
def test_a_sum_over_the_batch_has_no_batch(row: Row) -> None:
    step = Step(row)
    for tensor, y in zip(step.outputs, listed(called(row)), strict=True):
        if step.tensors:
            assert isinstance(tensor.sample, Whole)
            assert tensor.shape == y.shape


# Shapes of all kinds --------------------------------------------------------------------------------------------------


@st.composite
def stretched(draw: Any) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Two shapes that fit one another."""
    whole = draw(st.lists(st.integers(1, 3), min_size=0, max_size=4))

    def part() -> tuple[int, ...]:
        axes = whole[draw(st.integers(0, len(whole))) :]
        return tuple(1 if draw(st.booleans()) else n for n in axes)

    return part(), part()


BROADCASTING = ["add", "subtract", "multiply", "divide", "maximum", "minimum", "arctan2", "where"]


@given(stretched(), st.sampled_from(BROADCASTING))
def test_operands_are_stretched_as_numpy_stretches_them(shapes: Any, name: str) -> None:
    a, b = X(*shapes[0]), X(*shapes[1], seed=1)
    operation, given_ = getattr(ops, name), [a, b]
    if name == "where":
        given_ = [X(*shapes[0], seed=2) > 0, a, b]
    y = operation(*given_)
    np.testing.assert_array_equal(y, getattr(np, name)(*given_))
    dy = np.cos(np.arange(y.size)).reshape(y.shape)
    for i, (x, dx) in enumerate(zip(given_, operation.gradients(dy, y, given_, {}), strict=True)):
        if x.dtype.kind == "f":
            assert dx.shape == x.shape

            def loss(v: Any, i: int = i) -> Any:
                return (operation.forward(*given_[:i], v, *given_[i + 1 :]) * dy).sum()

            near(dx, slope(loss, x))


@given(stretched(), st.sampled_from(BROADCASTING[:-1]), st.integers(0, 2))
def test_tensors_are_stretched_beside_constants_and_one_another(shapes: Any, name: str, kind: int) -> None:
    """(B, ...) with an array that has no batch, with the batch's axis of length 1, and with another batch."""
    x, other = X(B, *shapes[0]), X(*shapes[1], seed=1)
    if kind:
        other = np.broadcast_to(other, ((1, B)[kind - 1], *other.shape)).copy()
    try:
        wanted = getattr(np, name)(x, other)
        row = Row(name, (x, other))
        tensor = Step(row).outputs[0]
    except ValueError:  # what does not fit, and what would move the batch
        return
    assert tensor.shape == (None, *wanted.shape[1:])
    step = Step(row)
    np.testing.assert_allclose(run(step.model(), step.xs)[0][0], wanted, rtol=1e-12)


@given(hnp.array_shapes(min_dims=1, max_dims=4, max_side=3), st.data())
def test_any_axes_of_any_array(shape: tuple[int, ...], data: st.DataObject) -> None:
    x = X(*shape)
    axes = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True, min_size=1))
    axis: Any = tuple(a - len(shape) if data.draw(st.booleans()) else a for a in axes)
    axis = axis[0] if len(axis) == 1 and data.draw(st.booleans()) else axis
    keepdims = data.draw(st.booleans())
    name = data.draw(st.sampled_from(["sum", "mean", "max", "var", "prod", "logsumexp", "median"]))
    operation = getattr(ops, name)
    y = operation(x, axis, keepdims)
    if name != "logsumexp":
        np.testing.assert_allclose(y, getattr(np, name)(x, axis=axis, keepdims=keepdims), rtol=1e-12)
    dy = np.cos(np.arange(y.size)).reshape(y.shape)
    (dx,) = operation.gradients(dy, y, [x], {"axis": axis, "keepdims": keepdims})
    near(dx, slope(lambda v: (operation(v, axis, keepdims) * dy).sum(), x))


KEYS = st.one_of(
    st.integers(-2, 1), st.just(Ellipsis), st.none(),
    st.builds(slice, st.none() | st.integers(-3, 3), st.none() | st.integers(-3, 3), st.sampled_from([None, 1, 2, -1])),
)  # fmt: skip


@given(st.lists(KEYS, max_size=4))
def test_any_key_takes_what_numpy_takes(keys: list[Any]) -> None:
    x, key = X(3, 2, 4), tuple(keys)
    try:
        wanted = x[key]
    except IndexError:
        with pytest.raises(ShapeError, match=r"^ops\.get_item: expected"):
            ops.get_item(x, key)
        return
    np.testing.assert_array_equal(ops.get_item(x, key), wanted)
    dy = np.cos(np.arange(wanted.size)).reshape(wanted.shape)
    dx = ops.get_item.gradients(dy, wanted, [x, key], {})[0]
    near(dx, slope(lambda v: (v[key] * dy).sum(), x))
    (tensor,) = Step(Row("get_item", (X(B, 3, 2, 4), (slice(None), *key)))).outputs
    assert tensor.shape == (None, *X(B, 3, 2, 4)[(slice(None), *key)].shape[1:])


@given(st.permutations([2, 3, 4]), st.sampled_from([None, -1]), st.integers(0, 2))
def test_a_shape_may_leave_one_size_open(sizes: list[int], left: Any, place: int) -> None:
    x = L.Input((24,))
    asked = [None, *sizes]
    assert ops.reshape(x, asked).shape == (None, *sizes)
    assert ops.reshape(x, [-1, *sizes]).shape == (None, *sizes)
    sizes[place], n = -1 if left is None else left, sizes[place]
    y = ops.reshape(X(B, 24), [B, *sizes])
    assert y.shape == (B, *[n if i == place else s for i, s in enumerate(sizes)])


def test_one_operand_used_twice_gets_both_gradients() -> None:
    x = L.Input((3,), dtype="float64")
    model = Model(x, x * x + x / x - ops.maximum(x, x), seed=0)
    given_ = X(B, 3)
    y, cache = model.forward({}, given_, training=False, rng=Key(0))
    dx, _ = model.backward({}, cache, np.ones_like(y))
    np.testing.assert_allclose(dx, 2 * given_ - 1, atol=1e-12)


# Files ----------------------------------------------------------------------------------------------------------------


def ops_of(config: dict[str, Any]) -> list[dict[str, Any]]:
    return [layer for layer in config["layers"] if layer["class_name"] != "InputLayer"]


@every_step
def test_a_saved_graph_is_the_same_graph(row: Row) -> None:
    step = Step(row, "float32")
    model = step.model()
    config = json.loads(json.dumps(model.get_config(), allow_nan=False))
    again = Functional.from_config(config)
    for one, other in zip(run(model, step.xs)[0], run(again, step.xs)[0], strict=True):
        np.testing.assert_array_equal(one, other)
    assert ops_of(json.loads(json.dumps(again.get_config()))) == ops_of(config)


WITH_KERAS = [(row, name) for row, name in SIDE_BY_SIDE if "saved" in GOLDEN[name]]
KERAS_HAS = pytest.mark.parametrize(("row", "name"), WITH_KERAS, ids=[name for _, name in WITH_KERAS])


@KERAS_HAS
def test_a_graph_that_keras_has_saved_is_the_same_graph(row: Row, name: str) -> None:
    step = Step(row)
    saved = GOLDEN[name]["saved"]
    outputs = [[saved[-1]["name"], 0, i] for i in range(len(step.outputs))]
    inputs = [layer for layer in step.model().get_config()["layers"] if layer["class_name"] == "InputLayer"]
    config = {
        "name": "from_keras", "layers": [*inputs, *saved], "output_layers": outputs,
        "input_layers": [[f"x{i}", 0, 0] for i in range(len(step.xs))],
    }  # fmt: skip
    model = Functional.from_config(config)
    wanted = GOLDEN[name]["y"] if isinstance(called(row), tuple | list) else [GOLDEN[name]["y"]]
    for y, z in zip(run(model, step.xs)[0], wanted, strict=True):
        np.testing.assert_allclose(y, z, rtol=1e-6, atol=1e-7)


@KERAS_HAS
def test_what_is_saved_is_what_keras_would_save(row: Row, name: str) -> None:
    """Of ops that are one op in both: the class, where it is, options that Keras knows, operands in their places."""
    mine = ops_of(json.loads(json.dumps(Step(row).model().get_config())))
    theirs = GOLDEN[name]["saved"]
    if len(mine) != 1 or theirs[0]["class_name"] in COMPOSED:
        return
    (one,), (other,) = mine, theirs
    assert (one["module"], one["class_name"]) == (other["module"], other["class_name"])
    assert set(one["config"]) <= set(other["config"])
    for key, value in one["config"].items():
        if key != "name":
            assert value == other["config"][key] or np.allclose(value, other["config"][key])
    calls = [node[0] for node in (one["inbound_nodes"], other["inbound_nodes"])]
    mine_at, theirs_at = kinds(calls[0]["args"]), kinds(calls[1]["args"])
    assert mine_at == theirs_at or mine_at == theirs_at[: len(mine_at)]
    assert set(calls[0]["kwargs"]) <= set(getattr(op(row), "in_call", ()))


def kinds(saved: Any) -> Any:
    """Where in the arguments of a call tensors stand, by the layer that gives them."""
    if isinstance(saved, dict):
        if saved["class_name"] == "__keras_tensor__":
            return saved["config"]["keras_history"]
        return "constant"
    if isinstance(saved, list) and any(
        isinstance(one, dict) and one["class_name"] == "__keras_tensor__" for one in saved
    ):
        return [kinds(one) for one in saved]
    return "constant"
