"""to_c for ops, graphs with several ends, random graphs, and layers of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from exchange.c.building import Program, with_compiler
from exchange.shown import OPS_SHOWN, X3, Gated, OwnNet
from laws.graphs import CLASSES, X, built, dense_net, residual, unjoined
from laws.test_ops import Step, run
from ops.rows import IDS, ROWS
from pellucid import Sequential, ops
from pellucid import layers as L
from pellucid.errors import InvalidArgument, ShapeError
from pellucid.exchange.c.file import listing_of
from pellucid.exchange.c.spelling import number
from pellucid.models import Model
from pellucid.rng import Key
from pellucid.settings import set_floatx

pytestmark = with_compiler
# Calls that no row of the table of ops has.
MORE: dict[str, Any] = {
    "add of truths": lambda x: (x > 0) + (x < -0.5),
    "layer_normalization": lambda x: ops.layer_normalization(x, axis=(1, 2)),
    "matmul of both": lambda x: x @ ops.transpose(x, (0, 2, 1)),
    "matmul with a row": lambda x: x @ np.arange(4.0),
    "matmul behind weights": lambda x: np.ones((2, 3)) @ x,
    "nan_to_num": lambda x: ops.nan_to_num(ops.log(x), nan=2.0),
    "pad with numbers": lambda x: ops.pad(x, [[0, 0], [1, 0], [0, 1]], constant_values=2.5),
    "round to tens": lambda x: ops.round(x * 100, -1),
    "sort and turn": lambda x: ops.flip(ops.sort(ops.transpose(x, (0, 2, 1)), -1), 1),
    "swapped and added": lambda x: x[:, :, :3] + ops.swapaxes(x[:, :, :3], 1, 2),
    "take with a table": lambda x: ops.take(x, [0, 3, 1, 1, 2, 0], 2),
}
SHOWN = {**OPS_SHOWN, **MORE}
UNWRITTEN = {
    "cross", "in_top_k", "adaptive_average_pool", "adaptive_max_pool", "average_pool", "conv", "conv_transpose",
    "depthwise_conv", "max_pool", "separable_conv", "cholesky", "det", "erfinv", "inv", "solve",
}  # fmt: skip
MADE_OF_THEM = {"logdet", "solve_triangular", "svd"}
OF_SINGULAR_VALUES = ("nuc", 2, -2)  # norms of matrices, likewise
STEPS = {
    name: Step(row, "float32")
    for name, row in zip(IDS, ROWS, strict=True)
    if row.batch == "rows"
    and not (row.name == "norm" and len(row.args) > 2 and row.args[1] in OF_SINGULAR_VALUES and row.args[2] != 1)
}
ROWS_WRITTEN = {name: step for name, step in STEPS.items() if name.split("-")[0] not in UNWRITTEN | MADE_OF_THEM}


class AtOnce:
    """One network of several outputs for many ops: each op's are found by its name."""

    def __init__(self, model: Model, outputs: dict[str, int], folder: Path, xs: list[np.ndarray]) -> None:
        program = Program(folder, {"ops": model})
        with np.errstate(all="ignore"):
            wanted, _ = run(model, [x.astype(model.dtype) for x in xs])
        pairs = list(zip(program.run("ops", xs), wanted, strict=True))
        starts = np.cumsum([0, *outputs.values()])
        self.pairs = {name: pairs[a : a + n] for (name, n), a in zip(outputs.items(), starts, strict=False)}

    def agrees(self, name: str) -> None:
        for y, expected in self.pairs[name]:
            np.testing.assert_allclose(y, expected.reshape(len(y), -1), rtol=1e-5, atol=1e-6)


@pytest.fixture(scope="module", params=["float32", "float64"])
def shown(request: Any, tmp_path_factory: pytest.TempPathFactory) -> AtOnce:
    set_floatx(request.param)
    x = L.Input((3, 4))
    h = L.Rescaling(2.0)(x)
    model = Model(x, [f(h) for f in SHOWN.values()])
    set_floatx("float32")
    return AtOnce(model, dict.fromkeys(SHOWN, 1), tmp_path_factory.mktemp("ops"), [X3])


@pytest.mark.parametrize("name", SHOWN)
def test_every_op_predicts_the_same(name: str, shown: AtOnce):
    shown.agrees(name)


@pytest.fixture(scope="module")
def of_rows(tmp_path_factory: pytest.TempPathFactory) -> AtOnce:
    tensors = [L.Input(t.sample, dtype=t.dtype) for step in ROWS_WRITTEN.values() for t in step.tensors]
    rest, ends = iter(tensors), dict[str, list[Any]]()
    for name, step in ROWS_WRITTEN.items():
        y = step.model()([next(rest) for _ in step.tensors] if len(step.tensors) > 1 else next(rest))
        ends[name] = list(y) if isinstance(y, list) else [y]
    model = Model(tensors, [y for some in ends.values() for y in some])
    xs = [x for step in ROWS_WRITTEN.values() for x in step.xs]
    return AtOnce(model, {name: len(some) for name, some in ends.items()}, tmp_path_factory.mktemp("rows"), xs)


@pytest.mark.parametrize("name", ROWS_WRITTEN)
def test_every_row_of_the_table_of_ops_predicts_the_same(name: str, of_rows: AtOnce):
    of_rows.agrees(name)


@pytest.mark.parametrize("name", sorted(UNWRITTEN))
def test_an_op_that_is_not_written_is_refused_by_name(name: str):
    with pytest.raises(InvalidArgument, match=rf"to_c, layer '{name}.*got y = {name}\("):
        listing_of(STEPS[f"{name}-0"].model())


def of_places() -> Model:
    x = L.Input((4,))
    return Model(x, ops.take(np.arange(6.0).reshape(3, 2), ops.cast(x, "int32"), 0))


def masked() -> Model:
    return Sequential([L.Input((3, 4)), L.Masking(0.5), L.BatchNormalization(), L.Dense(2)], seed=0)


def whole() -> Model:
    x = L.Input((4,), dtype="int32")
    y = ops.cast(x * 3 > 5, "float32") + ops.take(np.arange(9.0), x, 0)
    return Model(x, [y, x // 3, x % -3, x**2], seed=0)


def two_ends() -> Model:
    a, b = L.Input((4,), name="left"), L.Input((3, 2), name="right")
    shared = L.Dense(4, "tanh")
    h = L.Add()([shared(a), shared(L.Dense(4)(L.Flatten()(b)))])
    return Model([a, b], [h, L.Softmax()(h), a, h, L.Reshape((2, 2))(h)], seed=2)


def own() -> Model:
    net = OwnNet()
    net(X)
    return net


def random_steps(seed: int) -> list[tuple[str, list[int]]]:
    r = np.random.default_rng(seed)
    kinds = ["dense", "shared", "norm", "noise", "linear", "add", "multiply", "subtract", "maximum", "average", "join"]
    steps = []
    for i in range(int(r.integers(1, 9))):
        kind = int(r.integers(len(kinds)))
        steps.append((kinds[kind], r.integers(0, i + 1, 2 if kind >= 5 else 1).tolist()))
    return steps


def random_ends(seed: int) -> Model:
    """Outputs in the middle, outputs that are inputs, one output twice, inputs that nothing reads."""
    r = np.random.default_rng(seed)
    found = [L.Input((4,), name="a"), L.Input((4,), name="b")]
    for _ in range(int(r.integers(0, 5))):
        i, j = r.integers(0, len(found), 2)
        found.append(L.Dense(4, activation="tanh")(L.Add()([found[i], found[j]])))
    return Model(found[:2], [found[i] for i in r.integers(0, len(found), 3)], seed=1)


def trained(model: Model) -> Model:
    model.fit(X, CLASSES, epochs=1, verbose=0)
    return model


@pytest.fixture(scope="module")
def of_graphs(tmp_path_factory: pytest.TempPathFactory) -> Program:
    x = L.Input((4,))
    models = {
        "residual": trained(residual()), "dense_net": trained(dense_net()), "unjoined": trained(unjoined()),
        "two ends": two_ends(), "own": own(), "places": of_places(),
        "masked": masked(), "whole": whole(),
        "gated": Model(x, L.Lambda(lambda h: h * 2.0)(Gated(3)(Gated(4)(x))), seed=0),
        **{f"random {i}": trained(built(random_steps(i))) for i in range(25)},
        **{f"ends {i}": random_ends(i) for i in range(25)},
    }  # fmt: skip
    return Program(tmp_path_factory.mktemp("graphs"), models)


NAMES = ["residual", "dense_net", "unjoined", "own", "gated", *(f"random {i}" for i in range(25))]


@pytest.mark.parametrize("name", NAMES)
def test_graphs_predict_the_same(name: str, of_graphs: Program):
    of_graphs.agrees(name, [X])


@pytest.mark.parametrize("seed", range(25))
def test_any_ends_of_a_graph_predict_the_same(seed: int, of_graphs: Program):
    of_graphs.agrees(f"ends {seed}", [X, -X])


def test_several_inputs_and_outputs_have_names(of_graphs: Program):
    of_graphs.agrees("two ends", [X, Key(2).normal((23, 3, 2))])
    text = of_graphs.cases["two ends"].listing.declarations()
    assert "_predict(const float *x_left, const float *x_right, float *y_add, float *y_softmax" in text
    assert "_INPUTS 10\n" in text
    assert "_INPUTS_RIGHT 6\n" in text


def test_a_place_that_is_not_there_makes_nan(of_graphs: Program):
    (y,) = of_graphs.run("places", [np.array([[0, 2, -1, -3], [3, -4, np.nan, 1e30]], "f4")])
    np.testing.assert_array_equal(y[0], [0, 1, 4, 5, 4, 5, 0, 1])
    assert np.isnan(y[1]).all()


def test_masked_steps_and_whole_numbers(of_graphs: Program):
    x = Key(4).normal((9, 3, 4))
    x[:, 1] = 0.5
    x[2, 0, 1], x[3] = 0.5, 0.5
    of_graphs.agrees("masked", [x])
    of_graphs.agrees("whole", [np.arange(8, dtype="int32").reshape(2, 4)])


def test_a_mask_of_fewer_axes_than_steps_is_refused_by_name():
    x, told = L.Input((3, 1, 1)), L.Input((3,), dtype="bool")
    y = L.ConvLSTM1D(1, 1, return_sequences=True)(x, mask=told)
    with pytest.raises(ShapeError, match=r"layer 'last', mask: expected shape \(1, 3\), got \(1, 3, 1\)"):
        listing_of(Model([x, told], L.ConvLSTM1D(1, 1, name="last")(L.Concatenate()([y, y]))))


def test_an_open_length_is_refused():
    with pytest.raises(ShapeError, match="inputs of known lengths"):
        listing_of(Sequential([L.Input((None, 4)), L.Dense(2)]))


def test_memory_is_shared_by_what_is_not_needed_at_once():
    deep = Sequential([L.Input((32,)), *(L.Dense(32, "relu") for _ in range(9))], seed=0)
    assert listing_of(deep).ram == 2 * 32 * 4
    x = L.Input((8,))
    kept = [L.Dense(8)(x) for _ in range(5)]
    assert listing_of(Model(x, L.Add()(kept), seed=0)).ram <= 6 * 8 * 4


def test_what_depends_on_weights_alone_is_computed_beforehand():
    class Scaled(L.Layer):
        def build(self, input_shape: Any) -> None:
            self.scale = self.add_weight((4,), "ones", name="scale")

        def call(self, x: Any) -> Any:
            return x * ops.exp(ops.softmax(self.scale))

    x = L.Input((4,))
    listing = listing_of(Model(x, Scaled()(x)))
    assert "exp" not in listing.body
    assert number(float(np.exp(np.float32(0.25)))) in listing.source()


def test_an_op_over_the_batch_is_refused_by_name():
    x = L.Input((4,))
    with pytest.raises(InvalidArgument, match=r"to_c, layer 'sum': expected a kind of layer"):
        listing_of(Model(x, x / ops.sum(x)))
