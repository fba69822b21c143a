"""Ops on the compiled engine: what the definition says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pellucid
from laws.engines import both_engines, close
from machine import op_table
from machine.op_alone import Compiled, by_definition, with_weight
from machine.op_table import NOT_LOWERED, REFUSED, rows
from pellucid import Model, ops
from pellucid import layers as L
from pellucid.machine.asked import WIDTHS
from pellucid.machine.layout import SCRATCH_FLOATS
from pellucid.ops import operations
from pellucid.ops.attending import attended
from pellucid.ops.lowering import attending
from pellucid.rng import Key
from pellucid.training.engine import engine_of
from pellucid.wiring import Graph

ROWS = rows()
BATCHES = (256, 1, 2, 7, 33)


def drawn(domain: Any, shapes: Any, batch: int) -> list[np.ndarray]:
    return [domain(Key(i + 1).normal((batch, *shape))) for i, shape in enumerate(shapes)]


def near(got: np.ndarray, wanted: np.ndarray, tolerance: float) -> None:
    """Relative to each number; to 1 where it is smaller, or to the usual size where that is larger: sums may cancel."""
    usual = float(np.sqrt(np.mean(np.square(wanted, dtype="float64"))))
    np.testing.assert_allclose(got, wanted, rtol=tolerance, atol=tolerance * max(1.0, usual))


@pytest.mark.parametrize("name", ROWS)
def test_alone(name: str) -> None:
    """As the definition in float64, within a few units in the last place of float32; 1, 2 and 4 threads, the same
    bits."""
    function, domain, shapes = ROWS[name]
    compiled = Compiled(function, shapes, 256)
    for batch in BATCHES:
        xs = drawn(domain, shapes, batch)
        dy = Key(9).normal((batch, *compiled.y.shape))
        y, dxs = compiled(xs, dy)
        wanted, expected = by_definition(function, [x.astype("float64") for x in xs], dy)
        near(y, wanted, 2e-6)
        for dx, slope in zip(dxs, expected, strict=True):
            assert (dx is None) == (slope is None)
            if dx is not None:
                near(dx, slope, 5e-6)
        for threads in (2, 4) if batch in (7, 256) else ():
            again, others = compiled(xs, dy, threads)
            np.testing.assert_array_equal(again, y)
            for dx, other in zip(dxs, others, strict=True):
                np.testing.assert_array_equal(dx, other)


LONG: dict[str, tuple[Any, tuple[tuple[int, ...], ...]]] = {
    "self": (lambda x: ops.dot_product_attention(x, x, x), ((71, 2, 5),)),
    "causal": (lambda x: ops.dot_product_attention(x, x, x, is_causal=True), ((97, 1, 5),)),
    "causal, past its end": (lambda q, k: attended([q, k, k], is_causal=True), ((70, 1, 5), (99, 1, 5))),
    "groups, other values": (lambda q, k, v: attended([q, k, v]), ((9, 4, 5), (65, 2, 5), (65, 2, 3))),
    "behind a mask": (lambda q, k, m: attended([q, k, k, m > 0]), ((40, 2, 5), (80, 2, 5), (2, 40, 80))),
    "causal, behind a mask": (
        lambda q, m: attended([q, q, q, m > 0], is_causal=True), ((80, 1, 5), (1, 80, 80)),
    ),
    "all of a block hidden": (lambda q: attended([q, q, q, np.arange(80) >= 40]), ((80, 2, 5),)),
}  # fmt: skip


def test_a_thread_has_the_room_that_attention_counts_on() -> None:
    assert (attending.ROOM + 3) * 2 * max(WIDTHS) <= SCRATCH_FLOATS  # with three for the panel itself


@pytest.mark.parametrize("name", LONG)
def test_attention_over_more_keys_than_there_is_room_for(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """20 keys at a time: as the definition, and as with all of them at once; 1, 2 and 4 threads, the same bits."""
    function, shapes = LONG[name]
    xs = drawn(lambda x: 2 * x, shapes, 5)
    at_once = Compiled(function, shapes, 5)
    monkeypatch.setattr(attending, "MOST", 20)
    in_blocks = Compiled(function, shapes, 5)
    dy = Key(9).normal((5, *at_once.y.shape))
    (y, dxs), (same, others) = in_blocks(xs, dy), at_once(xs, dy)
    wanted, expected = by_definition(function, [x.astype("float64") for x in xs], dy)
    near(y, wanted, 2e-6)
    near(y, same, 2e-6)
    for dx, slope, other in zip(dxs, expected, others, strict=True):
        if dx is not None:
            near(dx, slope, 2e-5)
            near(dx, other, 2e-5)
    for threads in (2, 4):
        again, found = in_blocks(xs, dy, threads)
        np.testing.assert_array_equal(again, y)
        for dx, one in zip(dxs, found, strict=True):
            np.testing.assert_array_equal(dx, one)


def test_every_op_is_lowered_and_tried_or_there_is_a_reason() -> None:
    tried = set()
    for function, _, shapes in ROWS.values():
        inputs = [L.Input(shape) for shape in shapes]
        graph = Graph.between("a row", inputs, [function(*inputs)])
        tried |= {call.layer.operation.name for call in graph.calls}
    reasons = {name for names in NOT_LOWERED.values() for name in names.split()}
    every = {made.operation.name for made in operations.parts.values()}
    assert tried & reasons == set()
    assert tried | reasons == every


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_engine_cannot_is_named(name: str) -> None:
    function, shape, told = REFUSED[name]
    x = L.Input(shape)
    model = Model(x, function(x))
    data = Key(1).normal((6, *shape))
    expected = model.forward({}, data, training=False, rng=Key(0))[0]
    np.testing.assert_array_equal(model.predict(data, verbose=0), expected)
    assert told in engine_of(model).refusal


WEIGHTS = {
    "matmul": (ops.matmul, (4,), (4, 5)),
    "matmul of rows": (ops.matmul, (3, 4), (4, 5)),
    "matmul by a vector": (ops.matmul, (3, 4), (4,)),
    "a weight by x": (lambda x, w: ops.matmul(w, x), (4, 3), (5, 4)),
    "einsum by groups": (lambda x, w: ops.einsum("bhi,hij->bhj", x, w), (2, 4), (2, 4, 3)),
    "einsum, turned": (lambda x, w: ops.einsum("bij,kj->bik", x, w), (3, 4), (5, 4)),
    "add": (ops.add, (3, 4), (4,)),
    "add, stretched both ways": (ops.add, (3, 1), (1, 4)),
    "subtract": (lambda x, w: ops.subtract(w, x), (4,), (4,)),
    "multiply": (ops.multiply, (3, 4), (3, 4)),
    "multiply by one number": (ops.multiply, (3, 4), ()),
    "with an axis for the batch": (ops.multiply, (3, 4), (1, 1, 4)),
    "maximum": (ops.maximum, (3, 4), (3, 1)),
    "conv": (lambda x, w: ops.conv(x, w, padding="same"), (5, 4, 3), (3, 2, 3, 4)),
    "conv, channels first": (lambda x, w: ops.conv(x, w, data_format="channels_first"), (3, 5), (2, 3, 4)),
    "depthwise_conv": (ops.depthwise_conv, (5, 4, 3), (2, 2, 3, 2)),
    "conv_transpose": (lambda x, w: ops.conv_transpose(x, w, 2), (3, 2), (3, 4, 2)),
    "separable_conv, pointwise": (lambda x, w: ops.separable_conv(x, np.ones((2, 3, 1)), w), (5, 3), (1, 3, 2)),
}


@pytest.mark.parametrize("name", WEIGHTS)
def test_a_weight_gets_the_sum_over_the_batch(name: str) -> None:
    function, shape, weight = WEIGHTS[name]
    for batch in (1, 7, 33):
        (y, dxs), (wanted, expected) = with_weight(function, Key(1).normal((batch, *shape)), Key(2).normal(weight))
        close("y", y, wanted, 1e-6)
        for dx, slope in zip(dxs, expected, strict=True):
            close("dx", dx, slope, 5e-6)


@pytest.mark.parametrize("name", ["by places", "by flat places"])
def test_a_table_gets_the_sums_of_the_rows_that_were_taken(name: str) -> None:
    axis = {"by places": 0, "by flat places": None}[name]
    for batch in (1, 7, 33):
        i = op_table.places(Key(1).normal((batch, 5))).astype("int32")
        (y, dxs), (wanted, expected) = with_weight(lambda i, w: ops.take(w, i, axis=axis), i, Key(2).normal((4, 3)))
        np.testing.assert_array_equal(y, wanted)
        assert sum(dx is None for dx in dxs) == 1
        for dx, slope in zip(dxs, expected, strict=True):
            if slope is not None:
                close("dx", dx, slope, 5e-6)


def attention(seed: int = 3) -> Model:
    """Self-attention over four places, a normalization and a mixture, all of ops."""
    x = L.Input((4, 6))
    q, k, v = (L.Dense(6, use_bias=False)(x) for _ in range(3))
    q, k, v = (ops.transpose(ops.reshape(one, (-1, 4, 2, 3)), (0, 2, 1, 3)) for one in (q, k, v))
    scores = ops.matmul(q, ops.swapaxes(k, -1, -2)) / np.sqrt(3.0)
    mask = np.tril(np.ones((4, 4), "bool"))
    y = ops.matmul(ops.softmax(ops.where(mask, scores, -1e9)), v)
    y = x + ops.reshape(ops.transpose(y, (0, 2, 1, 3)), (-1, 4, 6))
    y = (y - ops.mean(y, -1, keepdims=True)) * ops.rsqrt(ops.var(y, -1, keepdims=True) + 1e-3)
    left, right = ops.split(L.Dense(8)(y), 2, axis=-1)
    y = ops.concatenate([left * ops.sigmoid(right), ops.stop_gradient(y)], -1)
    y = ops.logsumexp(y, axis=1) + ops.max(y, axis=1) * ops.cast(ops.max(y, axis=1) > 0.5, "float32")
    model = Model(x, L.Dense(3, activation="softmax")(y), seed=seed)
    model.compile(pellucid.optimizers.Adam(0.01, epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_a_network_of_ops_trains_alike_on_both_engines() -> None:
    both_engines(attention, Key(1).normal((23, 4, 6)), np.arange(23) % 3, steps=20, tolerance=1e-4)


def test_explain_reads_every_op_from_the_engine() -> None:
    model = attention()
    x, y = Key(1).normal((5, 4, 6)), np.arange(5) % 3
    compiled, definition = model.explain(x, y), model.explain(x, y, engine="definition")
    assert (compiled.engine, definition.engine) == ("compiled", "definition")
    others, seen = {(step.phase, step.name): step for step in definition}, set()
    for step in compiled:
        other = others[step.phase, step.name]
        assert step.formula == other.formula or step.phase == "backward"  # the engine leaves out what nobody needs
        for mine, theirs in ((step.inputs, other.inputs), (step.outputs, other.outputs)):
            for letter in mine.keys() & theirs.keys():
                close(f"{step.phase} {step.name} {letter}", mine[letter], theirs[letter], 1e-4)
                seen.add((step.phase, step.name, letter))
    for step in model.wiring.steps:
        assert ("forward", step.label, "y") in seen


def test_a_parameter_to_which_nothing_flows_back_has_its_penalty_alone() -> None:
    def network() -> Model:
        x = L.Input((4,))
        stopped = ops.stop_gradient(L.Dense(5, kernel_regularizer="l2")(x))
        model = Model(x, L.Dense(3)(ops.concatenate([stopped, x], -1)), seed=1)
        model.compile(pellucid.optimizers.Adam(0.01, epsilon=1e-3), "mse")
        return model

    both_engines(network, Key(1).normal((7, 4)), Key(2).normal((7, 3)), steps=4)


EXTREME = np.array([np.inf, -np.inf, np.nan, 0.0, 1e30, -1e30, 1e-30, -1.0, 1.0, 2.0, 0.5, -3.5], "float32")
EDGES: dict[str, Any] = {
    "exp": ops.exp, "log": ops.log, "log2": ops.log2, "sqrt": ops.sqrt, "rsqrt": ops.rsqrt, "tanh": ops.tanh,
    "reciprocal": ops.reciprocal, "erf": ops.erf, "arctan": ops.arctan, "cbrt": ops.cbrt, "sinh": ops.sinh,
    "clip": lambda x: ops.clip(x, -2.0, 2.0), "power": lambda x: x**2.0, "roots": lambda x: ops.abs(x) ** 0.5,
    "divide": lambda x: 1.0 / x, "maximum": lambda x: ops.maximum(x, 0.5), "minimum": lambda x: ops.minimum(0.5, x),
    "where": lambda x: ops.where(x > 0, x, 0.0), "max": lambda x: ops.max(ops.reshape(x, (-1, 4, 3)), 2),
    "min": lambda x: ops.min(ops.reshape(x, (-1, 4, 3)), 2), "sum": lambda x: ops.sum(ops.reshape(x, (-1, 6, 2)), 1),
    "logsumexp": lambda x: ops.logsumexp(ops.reshape(x, (-1, 6, 2)), 2),
}  # fmt: skip


@pytest.mark.parametrize("name", EDGES)
def test_infinities_and_nan_as_the_definition_has_them(name: str) -> None:
    x = np.stack([EXTREME, EXTREME[::-1]])
    compiled = Compiled(EDGES[name], [(12,)], 2)
    dy = np.ones((2, *compiled.y.shape), "float32")
    y, (dx,) = compiled([x], dy)
    wanted, (slope,) = by_definition(EDGES[name], [x], dy)
    assert dx is not None
    np.testing.assert_allclose(y, wanted, rtol=2e-6, atol=1e-30)
    np.testing.assert_allclose(dx, slope, rtol=1e-5, atol=1e-30)


# Graphs drawn at random, on wires of (3, 4): what each op makes of one or two of them --------------------------------

SQUARE, PLACES = Key(4).normal((4, 4)) / 2, np.linspace(-1, 1, 12, dtype="float32").reshape(3, 4)
ONE: dict[str, Any] = {
    "exp": lambda x: ops.exp(-ops.square(x)), "log1p": lambda x: ops.log1p(ops.abs(x)), "sin": lambda x: ops.sin(2 * x),
    "rsqrt": lambda x: x * ops.rsqrt(1 + x * x), "tanh": ops.tanh, "clip": lambda x: ops.clip(x, -1.0, 1.0),
    "power": lambda x: (1.5 + ops.cos(x)) ** 1.5, "array": lambda x: PLACES - x * PLACES, "erf": ops.erf,
    "where": lambda x: ops.where(x > 0.3, x, 0.5 * x), "mask": lambda x: ops.cast(x < 0.7, "float32") * x,
    "sum": lambda x: x - ops.sum(x, axis=1, keepdims=True) / 3,
    "mean": lambda x: x * ops.mean(x, axis=(1, 2), keepdims=True),
    "max": lambda x: x - ops.max(x, axis=-1, keepdims=True), "var": lambda x: x / (1 + ops.var(x, -1, keepdims=True)),
    "logsumexp": lambda x: x - ops.logsumexp(x, axis=1, keepdims=True), "softmax": lambda x: ops.softmax(x, axis=1),
    "matmul": lambda x: ops.matmul(x, SQUARE), "turned": lambda x: ops.einsum("bij,kj->bik", x, SQUARE),
    "transpose": lambda x: ops.reshape(ops.transpose(x, (0, 2, 1)), (-1, 3, 4)), "flip": lambda x: ops.flip(x, (1, 2)),
    "parts": lambda x: ops.concatenate([x[:, 1:], 0.5 * x[:, :1]], 1), "take": lambda x: ops.take(x, [2, 0, 0], 1),
    "stop": lambda x: x - 0.5 * ops.stop_gradient(x), "dense": lambda x: L.Dense(4)(x),
}  # fmt: skip
BOTH: dict[str, Any] = {
    "add": ops.add, "subtract": ops.subtract, "multiply": ops.multiply, "divide": lambda x, y: x / (1 + y * y),
    "maximum": ops.maximum, "minimum": ops.minimum, "stretched": lambda x, y: x[:, :1] * y[..., 1:2],
    "attention": lambda x, y: ops.matmul(ops.softmax(ops.matmul(x, ops.swapaxes(y, 1, 2))), y),
    "where": lambda x, y: ops.where(x > 0.2, x, y), "stack": lambda x, y: ops.mean(ops.stack([x, y], 1), axis=1),
}  # fmt: skip
step = st.one_of(
    st.tuples(st.sampled_from(sorted(ONE)), st.tuples(st.integers(0, 20))),
    st.tuples(st.sampled_from(sorted(BOTH)), st.tuples(st.integers(0, 20), st.integers(0, 20))),
)


def drawn_model(steps: list[tuple[str, tuple[int, ...]]]) -> Model:
    """Each step reads some of the wires before it; the last wires are read by the output."""
    wires: list[Any] = [L.Input((3, 4))]
    wires.append(L.Dense(4)(wires[0]))
    for name, places in steps:
        given = [wires[place % len(wires)] for place in places]
        wires.append((ONE if len(given) == 1 else BOTH)[name](*given))
    y = ops.tanh(ops.add(wires[-1], wires[-2]))
    model = Model(wires[0], L.Dense(3, activation="softmax")(ops.reshape(y, (-1, 12))), seed=1)
    model.compile(pellucid.optimizers.Adam(0.01, epsilon=1e-2), "sparse_categorical_crossentropy")
    return model


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(step, min_size=1, max_size=8), batch=st.integers(1, 34))
def test_graphs_of_ops_train_alike_on_both_engines(steps: list[tuple[str, tuple[int, ...]]], batch: int) -> None:
    both_engines(lambda: drawn_model(steps), Key(1).normal((batch, 3, 4)), np.arange(batch) % 3, tolerance=2e-4)
