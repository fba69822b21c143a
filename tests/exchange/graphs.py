"""Graphs to write as scripts: every op, every layer that joins, several inputs and outputs, classes with `call`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import numpy as np

from exchange import sequences
from exchange.networks import BATCH, TARGETS, Case
from laws.graphs import dense_net, heads, residual, unjoined
from laws.test_ops import SIDE_BY_SIDE, Step
from pellucid import layers, losses, ops, optimizers
from pellucid.layers import Dense, Input, Layer
from pellucid.models import Model


def case(name: str, model: Any, loss: Any = "mse", targets: Any = None, steps: int = 3, **options: Any) -> Case:
    """The case of a graph. targets: a drawer of them; of several outputs, one for each."""
    r = np.random.default_rng(len(name))
    model.compile(options.pop("optimizer", None) or optimizers.SGD(0.02), loss, run_eagerly=True, **options)
    outputs = model.output_shapes_for(*model.sample_shapes)
    draw = targets if isinstance(targets, list) else [targets] * len(outputs)
    draw = [one or (lambda r, s: r.normal(size=s)) for one in draw]

    def batch() -> tuple[Any, Any]:
        x = [r.normal(size=(BATCH, *shape)).astype("float32") for shape in model.sample_shapes]
        y = [one(r, (BATCH, *shape)) for one, shape in zip(draw, outputs, strict=True)]
        return (x if model.takes_many else x[0]), (y if model.gives_many else y[0])

    batches = [batch() for _ in range(steps + 1)]
    model.train_on_batch(*batches[-1])
    return Case(name, model, [x for x, _ in batches[:-1]], [y for _, y in batches[:-1]])


# Ops ------------------------------------------------------------------------------------------------------------------


class Scaled(Layer):
    """y = x·w, so that something is trained in front of an op."""

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight((), "ones", name="w")

    def call(self, x: Any) -> Any:
        return x * self.w


def of_ops() -> Iterator[Case]:
    """A network for each op: all ways to call it, side by side, each on an input that is scaled by a weight."""
    for name, rows in groupby([row for row, _ in SIDE_BY_SIDE], key=lambda row: row.name):
        inputs, scaled, data = list[Any](), list[Any](), list[np.ndarray]()
        for row in rows:
            step = Step(row, "float32", lambda x: Scaled()(x) if x.dtype == "float32" else x, len(data))
            inputs += step.tensors
            data += step.xs
            scaled += step.outputs
        flat = [layers.Flatten()(y if y.dtype == "float32" else ops.cast(y, "float32")) for y in scaled]
        joined = layers.Concatenate()(flat) if len(flat) > 1 else flat[0]
        model = Model(inputs, Dense(2)(joined), seed=7)
        model.compile(optimizers.SGD(1e-4), "mse", run_eagerly=True)
        xs = data if model.takes_many else data[0]
        y = np.random.default_rng(1).normal(size=(len(data[0]), 2))
        yield Case(f"op {name}", model, [xs] * 3, [y] * 3)


# Layers that join -----------------------------------------------------------------------------------------------------


def of_joining() -> Iterator[Case]:
    joining = [layers.Add, layers.Average, layers.Multiply, layers.Maximum, layers.Minimum, layers.Subtract]
    for kind in joining:
        for i, shapes in enumerate(
            [((4,), (4,)), ((3, 4), (1, 4)), ((4,), (3, 4)), ((3, 1), (1, 4)), ((2, 3, 1), (1, 4))]
        ):
            inputs = [Input(shape) for shape in shapes]
            front = [Dense(shape[-1])(x) for x, shape in zip(inputs, shapes, strict=True)]
            yield case(f"{kind.__name__} {i}", Model(inputs, Dense(2)(layers.Flatten()(kind()(front))), seed=7))
        if kind is not layers.Subtract:
            inputs = [Input((4,)), Input((1, 4)), Input((3, 1))]
            front = [Dense(x.sample[-1])(x) for x in inputs]
            yield case(f"{kind.__name__} of three", Model(inputs, Dense(2)(kind()(front)), seed=7))
    for i, (axes, shapes) in enumerate([(1, ((3,), (3,))), ((2, 1), ((2, 3), (3, 4))), (-1, ((2, 3), (4, 3)))]):
        for normalize in (False, True):
            inputs = [Input(shape) for shape in shapes]
            front = [Dense(shape[-1])(x) for x, shape in zip(inputs, shapes, strict=True)]
            y = layers.Dot(axes, normalize)(front)
            yield case(f"Dot {i} {normalize}", Model(inputs, Dense(2)(layers.Flatten()(y)), seed=7))
    inputs = [Input((2, 3)), Input((4, 3))]
    y = layers.Concatenate(axis=1)([Dense(3)(inputs[0]), inputs[1], Dense(3)(inputs[1])])
    yield case("Concatenate along 1", Model(inputs, Dense(2)(layers.Flatten()(y)), seed=7))


# Graphs ---------------------------------------------------------------------------------------------------------------


def of_graphs() -> Iterator[Case]:
    classes = TARGETS["classes"][0]
    for make in (residual, dense_net, unjoined):
        yield case(f"graph {make.__name__}", make(), "sparse_categorical_crossentropy", classes)
    x, z = Input((4,), name="left"), Input((3,), name="right")
    shared = Dense(4, "tanh", kernel_regularizer="l2", name="shared")
    h = layers.Add()([shared(x), shared(shared(Dense(4)(z)))])
    outputs = [Dense(3, "softmax", name="kind")(h), Dense(1, name="size")(layers.Concatenate()([h, z])), h]
    yield case(
        "several outputs", Model([x, z], outputs, seed=7), ["sparse_categorical_crossentropy", "mae", None],
        [classes, None, None], loss_weights=[1.0, 0.3, None], optimizer=optimizers.Adam(0.02),
    )  # fmt: skip
    logits = Dense(3)(Input((4,), name="x"))
    yield case(
        "logits are an output, too", Model(logits.node.inputs[0], [layers.Softmax()(logits), logits, logits], seed=7),
        ["categorical_crossentropy", losses.MeanSquaredError(), "mae"], [TARGETS["one-hot"][0], None, None],
    )  # fmt: skip
    one, two = Input((4,), name="a"), Input((4,), name="b")
    named = Model({"a": one, "b": two}, {"sum": Dense(2)(one + two), "product": Dense(2)(one * two)}, seed=7)
    yield case("dicts", named, {"sum": "mse", "product": "mae"})
    yield case("one input in a list", Model([x], Dense(2)(x), seed=7))
    dead = Dense(3, name="dead")(x)
    yield case("a branch that no loss looks at", Model(x, [Dense(2)(x), Dense(2)(dead)], seed=7), ["mse", None])
    stopped = Model(x, Dense(2)(ops.stop_gradient(Dense(3)(x)) + Dense(3)(x)), seed=7)
    yield case("a branch without a way back", stopped)
    y, _, c = layers.LSTM(2, return_state=True, activity_regularizer="l2")(steps := Input((3, 4)))
    yield case("a penalty on states", Model(steps, [Dense(2)(y), c], seed=7), ["mse", "mse"])


# Classes that write call ----------------------------------------------------------------------------------------------


class Linear(Layer):
    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units

    def build(self, input_shape: Any) -> None:
        self.kernel = self.add_weight((input_shape[-1], self.units), "glorot_uniform", name="kernel", regularizer="l2")
        self.bias = self.add_weight((self.units,), "zeros", name="bias")
        self.unread = self.add_weight((2,), "ones", name="unread")

    def call(self, x: Any) -> Any:
        return ops.relu(x @ self.kernel + self.bias)


class Attention(Layer):
    """Scaled dot products of one input, with a layer and a dropout in it."""

    def __init__(self, units: int, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.q, self.k, self.v = (Dense(units) for _ in range(3))
        self.dropout = layers.Dropout(0.3, seed=3)

    def call(self, x: Any, training: Any = None) -> Any:
        scores = ops.einsum("btd,bsd->bts", self.q(x), self.k(x)) / self.units**0.5
        y = ops.einsum("bts,bsd->btd", ops.softmax(scores), self.v(x))
        return self.dropout(y, training=training)


class Phased(Layer):
    """Other numbers in training than in prediction, and averages that only prediction reads."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.norm = layers.BatchNormalization()

    def call(self, x: Any, training: bool = False) -> Any:
        h = self.norm(x)
        return h * 2.0 if training else h + 1.0


class Net(Model):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.hidden, self.out = Linear(5), Dense(2)

    def call(self, inputs: Any) -> Any:
        a, b = inputs
        return self.out(self.hidden(a) * ops.sigmoid(self.hidden(b)))


def of_own() -> Iterator[Case]:
    yield case("own layer", Model(x := Input((4,)), Dense(2)(Linear(5, name="mine")(x)), seed=7))
    mine = Linear(4, name="mine")
    yield case("own layer twice", Model(x := Input((4,)), Dense(2)(mine(mine(x))), seed=7))
    frozen = Linear(4, name="mine", trainable=False)
    yield case("own layer frozen", Model(x := Input((4,)), Dense(2)(frozen(Dense(4)(x))), seed=7))
    yield case("attention", Model(x := Input((3, 4)), Dense(2)(layers.Flatten()(Attention(5)(x))), seed=7))
    x = Input((5, 4))
    yield case("heads", heads())
    looked = layers.Attention(use_scale=True)([Dense(4)(x), x])
    yield case("looked at", Model(x, Dense(2)(layers.AdditiveAttention()([looked, x])), seed=7))
    yield case("by phase", Model(x := Input((4,)), Dense(2)(Phased()(Dense(3)(x))), seed=7))
    net = Net(seed=7)
    net.build([(None, 4), (None, 4)])
    yield case("own model", net)
    norm, noise = layers.BatchNormalization(), layers.Dropout(0.5)
    told = noise(norm(Dense(4)(x := Input((4,))), training=False), training=False)
    yield case("told to predict", Model(x, Dense(2)(told), seed=7))
    yield case(
        "lambda", Model(x := Input((4,)), Dense(2)(layers.Lambda(lambda x: ops.tanh(x) ** 2)(Dense(3)(x))), seed=7)
    )


class Table(Layer):
    """A row of a table for each whole number."""

    def build(self, input_shape: Any) -> None:
        self.table = self.add_weight((7, 3), "uniform", name="table")

    def call(self, x: Any) -> Any:
        return ops.take(self.table, x, axis=0)


def of_whole_numbers() -> Iterator[Case]:
    """Inputs of whole numbers, and numbers that become so on the way."""
    r = np.random.default_rng(2)
    words, numbers = Input((4,), dtype="int32", name="words"), Input((3,), name="numbers")
    read = layers.Flatten()(Table(name="table")(words))
    largest = ops.argmax(Dense(3)(numbers), axis=1)  # whole: a Dense takes it as DTYPE, and no gradient comes back
    joined = layers.Concatenate()([read, Dense(2)(numbers), Dense(2)(ops.expand_dims(largest, 1))])
    model = Model([words, numbers], Dense(2)(joined), seed=7)
    model.compile(optimizers.Adam(0.02), "mse", run_eagerly=True)
    x = [r.integers(0, 7, (BATCH, 4)), r.normal(size=(BATCH, 3)).astype("float32")]
    yield Case("whole numbers", model, [x] * 3, [r.normal(size=(BATCH, 2)) for _ in range(3)])
    alone = Model(words, Dense(2)(layers.Flatten()(Table(name="table")(words))), seed=7)
    alone.compile(optimizers.SGD(0.05), "mse", run_eagerly=True)
    yield Case("whole numbers alone", alone, [x[0]] * 3, [r.normal(size=(BATCH, 2)) for _ in range(3)])


def of_sequences() -> Iterator[Case]:
    """Networks that go through sequences, with masks that no loss is told."""
    for name, make in {**sequences.PLAIN, **sequences.MASKED, **sequences.STEPPED}.items():
        model, r = make(), np.random.default_rng(5)
        if model.wiring.masked:
            continue
        model.compile(optimizers.SGD(0.02), "mse", run_eagerly=True)
        xs = [x.astype("float32") for x in sequences.inputs(model, BATCH)]
        ys = [r.normal(size=(BATCH, *shape)) for shape in model.output_shapes_for(*model.sample_shapes)]
        x, y = (one if len(one) > 1 else one[0] for one in (xs, ys))
        model.train_on_batch(x, y)
        yield Case(name, model, [x] * 3, [y] * 3)


def every_graph() -> Iterator[Case]:
    for cases in (of_ops, of_joining, of_graphs, of_own, of_whole_numbers, of_sequences):
        yield from cases()
