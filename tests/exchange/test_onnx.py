"""to_onnx: a file that ONNX Runtime predicts with as the model does, for every layer, activation and kind of graph."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import onnx
import onnx.checker
import onnxruntime
import pytest
from hypothesis import given, settings

from exchange import encodings, sequences, unwritten
from exchange.networks import Case, predicted
from exchange.shown import ALGEBRA, JOINED, OPS_SHOWN, X3, Gated, OwnNet, rows_for
from exchange.torch_cases import MORE_OPS
from laws.graphs import CLASSES, JOINING, X, built, dense_net, graphs, heads, residual, unjoined
from pellucid import Sequential, activations, ops
from pellucid import layers as L
from pellucid.errors import FileError, InvalidArgument, MissingExtra, NotReady, PellucidError
from pellucid.exchange.onnx.activations import WRITTEN
from pellucid.exchange.onnx.network import NEWEST, OLDEST, model_proto
from pellucid.exchange.onnx.ops import OPS
from pellucid.exchange.onnx.writer import EMITTERS
from pellucid.models import Model, from_onnx
from pellucid.rng import Key
from pellucid.settings import set_floatx

CASES = predicted()
ENCODINGS = encodings.written("onnx")
SEQUENCES = sequences.PLAIN | sequences.MASKED | sequences.STEPPED | sequences.RANDOM
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])


def run(proto: onnx.ModelProto, xs: list[np.ndarray]) -> list[np.ndarray]:
    """What ONNX Runtime makes of these inputs, after the checker has seen the model."""
    onnx.checker.check_model(proto, full_check=True)
    session = onnxruntime.InferenceSession(proto.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, dict(zip([given.name for given in session.get_inputs()], xs, strict=True)))


def agrees(model: Any, xs: list[np.ndarray], **options: Any) -> onnx.ModelProto:
    """Checks predictions for a batch, for one row and, where ONNX Runtime has kernels for that, for none."""
    proto = model_proto(model, **options)
    of_rows = {"GRU", "GroupNormalization", "LSTM"} & {node.op_type for node in proto.graph.node}
    assert [given.name for given in proto.graph.input] == model.input_names
    for rows in (len(xs[0]), 1) if of_rows else (len(xs[0]), 1, 0):
        given = [x[:rows] for x in xs]
        wanted = model.predict(given if len(given) > 1 else given[0], verbose=0)
        wanted = wanted if isinstance(wanted, list) else [wanted]
        found = run(proto, given)
        assert [y.dtype for y in found] == [model.dtype] * len(wanted)
        for y, expected in zip(found, wanted, strict=True):
            assert y.shape == expected.shape
            np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)
    return proto


@every_case
def test_every_layer_activation_and_nest_predicts_the_same(case: Case):
    proto = agrees(case.model, [case.x[0].astype(case.model.dtype)])
    assert [y.name for y in proto.graph.output] == case.model.output_names
    assert proto.opset_import[0].version == NEWEST


@pytest.mark.parametrize("f", [a for a in WRITTEN if a not in ("threshold", "glu")])
def test_activations_of_double_precision(f: str):
    model = Sequential([L.Input((4,)), L.Dense(6, f, dtype="float64")], seed=1)
    x = Key(1).normal((9, 4), "float64", stddev=3.0)
    agrees(model, [x])
    np.testing.assert_allclose(run(model_proto(model), [x])[0], model.predict(x, verbose=0), rtol=1e-6, atol=1e-7)


UNWRITTEN = {
    "cumprod": lambda x: ops.cumprod(x, 1),
    "cross": MORE_OPS["cross"],
    **ALGEBRA,
}
MADE = [name for name in MORE_OPS if name.split(" ")[0] in OPS]


@pytest.mark.parametrize("name", [*OPS_SHOWN, *MADE])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_every_op_predicts_the_same(name: str, dtype: str):
    set_floatx(dtype)
    x = L.Input((3, 4))
    model = Model(x, (OPS_SHOWN | MORE_OPS)[name](L.Rescaling(2.0)(x)))
    given = X3.astype(dtype)
    wanted = model.predict(given, verbose=0)
    (y,) = run(model_proto(model), [given])
    assert (y.dtype, y.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_allclose(y, wanted, rtol=1e-5, atol=1e-6)


def test_every_op_that_is_written_is_shown():
    assert set(OPS) - set(OPS_SHOWN) - set(MORE_OPS) <= {
        "cast", "concatenate", "dot_product_attention", "outer", "ravel", "broadcast_to",
    }  # fmt: skip


class OfWeights(L.Layer):
    """Ops of weights, which have no batch."""

    def build(self, shape: Any) -> None:
        self.w = self.add_weight(shape=(4,), name="w")

    def call(self, x: Any) -> Any:
        return x + ops.ravel(ops.outer(self.w, self.w))[:4] + ops.broadcast_to(self.w, (3, 4))


def test_ops_of_weights_predict_the_same():
    agrees(Model(x := L.Input((3, 4)), OfWeights()(x), seed=1), [X3])


@pytest.mark.parametrize("name", UNWRITTEN)
def test_an_op_that_is_not_written_is_refused_by_name(name: str):
    x = L.Input((3, 4))
    with pytest.raises(InvalidArgument, match=rf"to_onnx, layer '\w+': .*got y = {name.split()[0]}\("):
        model_proto(Model(x, UNWRITTEN[name](x)))


def test_every_layer_and_activation_is_written():
    assert unwritten.written_by(EMITTERS) == unwritten.WRITTEN["onnx"]
    assert set(WRITTEN) == {make().name for make in activations.activations.names.values()}
    shown = {type(step.layer).__name__ for case in CASES for step in case.model.wiring.steps}
    made = [*SEQUENCES.values(), *(make for make, _ in ENCODINGS.values())]
    shown |= {type(step.layer).__name__ for make in made for step in make().wiring.steps}
    assert shown | JOINING | {"InputLayer", "ByPhase"} >= {kind.__name__ for kind in EMITTERS}


@pytest.mark.parametrize(("name", "make"), unwritten.unwritten("onnx"))
def test_a_layer_that_is_not_written_is_refused_by_name(name: str, make: Callable[[], Model]):
    with pytest.raises(
        InvalidArgument, match=f"to_onnx, layer '{name}': expected a kind of layer.*(behind|in front of) that"
    ):
        model_proto(make())


@pytest.mark.parametrize("make", [residual, dense_net, unjoined])
def test_graphs_predict_the_same_at_every_opset(make: Callable[[], Model]):
    model = make()
    model.fit(X, CLASSES, epochs=1, verbose=0)
    for opset in range(OLDEST, NEWEST + 1):
        assert agrees(model, [X], opset=opset).opset_import[0].version == opset


@settings(max_examples=25)
@given(graphs())
def test_any_graph_predicts_the_same(steps: list[tuple[str, list[int]]]):
    model = built(steps)
    model.fit(X, CLASSES, epochs=1, verbose=0)
    agrees(model, [X])


@settings(max_examples=25)
@given(st.data())
def test_any_ends_of_a_graph_predict_the_same(data: Any):
    """Outputs in the middle, outputs that are inputs, one output twice, inputs that nothing reads."""
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    found = [a, b]
    for _ in range(data.draw(st.integers(0, 3))):
        one, other = (data.draw(st.sampled_from(found)) for _ in range(2))
        found.append(L.Dense(4, activation="tanh")(L.Add()([one, other])))
    model = Model([a, b], data.draw(st.lists(st.sampled_from(found), min_size=2, max_size=3)), seed=1)
    proto = agrees(model, [X, -X])
    for name, kept in zip([y.name for y in proto.graph.output], model.output_names, strict=True):
        assert name == kept or (kept in model.input_names and name.startswith(f"{kept}_"))


@pytest.mark.parametrize("name", JOINED)
def test_layers_that_join_predict_the_same(name: str):
    model = JOINED[name]()
    agrees(model, rows_for(model))


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_and_their_masks_predict_the_same(name: str):
    model = SEQUENCES[name]()
    agrees(model, sequences.inputs(model))


@pytest.mark.parametrize("name", ENCODINGS)
def test_categories_and_words_predict_the_same(name: str):
    make, xs = ENCODINGS[name]
    model = make()
    wanted = model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
    (y,) = run(model_proto(model), xs)
    assert (y.dtype, y.shape) == (wanted.dtype, wanted.shape)
    np.testing.assert_array_equal(y, wanted) if y.dtype == object else np.testing.assert_allclose(y, wanted, rtol=1e-6)


@pytest.mark.parametrize("mode", encodings.BEYOND)
def test_a_number_beyond_a_table_makes_its_vector_nan(mode: str):
    make, xs = encodings.one(encodings.BEYOND[mode], [[1, 4], [2, 3], [-1, 0]])
    (y,) = run(model_proto(make()), xs)
    beyond = (xs[0] < 0) | (xs[0] > 3) if mode == "one_hot" else np.array([True, False, True])
    np.testing.assert_array_equal(np.isnan(y), np.broadcast_to(beyond[..., None], y.shape))
    np.testing.assert_array_equal(y[1], encodings.BEYOND[mode]()(xs[0][1:2])[0])


@pytest.mark.parametrize("form", ["onnx", "c", "torch"])
def test_places_that_a_hash_chooses_and_lookups_that_stop_are_refused_by_name(form: str, tmp_path: Path):
    if form == "torch":
        pytest.importorskip("torch")
    for options, told in (({"num_oov_indices": 2, "oov_method": "farmhash"}, "num_oov_indices=1, or oov_method"),
                          ({"num_oov_indices": 0}, "num_oov_indices of 1 at least")):  # fmt: skip
        model = encodings.one(lambda options=options: L.IntegerLookup(vocabulary=[5, 2], **options))[0]()
        with pytest.raises(InvalidArgument, match=f"to_{form}, layer 'integer_lookup': expected {told}"):
            model.to_torch() if form == "torch" else getattr(model, f"to_{form}")(tmp_path / f"it.{form}")


def test_a_recurrent_layer_of_double_precision_predicts_in_single():
    set_floatx("float64")
    model = sequences.MASKED["lstm masked state"]()
    agrees(model, sequences.inputs(model))


def test_both_ways_of_a_sequence_turn_it_around_once():
    kinds = [node.op_type for node in model_proto(sequences.PLAIN["bidirectional concat sequences"]()).graph.node]
    assert kinds.count("LSTM") == 2
    assert "Slice" not in kinds


def test_an_activation_that_no_recurrent_operator_has_is_refused_by_name():
    model = Sequential([L.Input((3, 2)), L.LSTM(2, activation="gelu")])
    with pytest.raises(InvalidArgument, match=r"layer 'lstm': expected a recurrent layer's activation among.*got gelu"):
        model_proto(model)


def test_attention_of_several_heads():
    agrees(heads(), [Key(2).normal((9, 5, 4))])


def test_a_border_between_recurrent_layers_has_its_axis_where_the_runtime_moves_it():
    x = L.Input((5, 4))
    h = L.ZeroPadding1D((1, 2))(L.LSTM(3, return_sequences=True)(x))
    agrees(Model(x, L.GRU(2)(h), seed=1), [Key(2).normal((9, 5, 4))])


def test_pictures_turn_their_channels_first_once_and_back_once():
    x = L.Input((8, 9, 2))
    h = L.MaxPooling2D(2, padding="same")(L.Conv2D(4, 3, activation="silu", padding="same")(x))
    g = L.Activation("relu")(L.BatchNormalization()(L.Conv2D(4, 3, padding="same")(L.Dropout(0.5)(h))))
    h = L.Add()([L.Concatenate()([g, h, g]), L.Conv2D(12, 1, activation="relu6")(h)])
    model = Model(x, L.Dense(3)(L.Flatten()(L.AveragePooling2D(3, padding="same")(h))), seed=0)
    given = Key(2).normal((9, 8, 9, 2))
    model.compile("adam", "mse")
    model.fit(given, np.zeros((9, 3)), epochs=2, verbose=0)
    proto = agrees(model, [given])
    turned = [list(node.attribute[0].ints) for node in proto.graph.node if node.op_type == "Transpose"]
    assert turned == [[0, 3, 1, 2], [0, 2, 3, 1]]
    assert sorted(list(array.dims) for array in proto.graph.initializer if len(array.dims) == 4) == [
        [4, 2, 3, 3], [4, 4, 3, 3], [12, 4, 1, 1],
    ]  # fmt: skip


def test_pictures_whose_channels_are_first_are_not_turned():
    where: Any = {"data_format": "channels_first"}
    stack = [L.Conv2D(4, 3, activation="relu", **where), L.MaxPooling2D(**where), L.AveragePooling2D(2, 1, **where)]
    model = Sequential([L.Input((2, 8, 9)), *stack], seed=0)
    proto = agrees(model, [Key(2).normal((9, 2, 8, 9))])
    assert [node.op_type for node in proto.graph.node] == ["Conv", "Relu", "MaxPool", "AveragePool"]


def test_turning_that_is_asked_for_stays():
    x = L.Input((3, 4))
    turned = L.Permute((2, 1))(x)
    model = Model(
        x, [turned, L.Permute((2, 1))(L.ReLU()(turned)), L.Permute((2, 1))(turned), L.Dense(2)(turned)], seed=0
    )
    agrees(model, [X3])


def test_names_are_kept_and_shared_weights_are_kept_once():
    a, b = L.Input((4,), name="left"), L.Input((4,), name="right")
    shared = L.Dense(3, activation="relu", name="shared")
    model = Model({"l": a, "r": b}, {"sum": L.Add()([shared(a), shared(b)]), "l": shared(a)}, seed=0)
    proto = model_proto(model)
    assert [x.name for x in proto.graph.input] == ["l", "r"]
    assert [y.name for y in proto.graph.output] == ["sum", "l_1"]  # ONNX wants a name of its own for each
    assert sorted(array.name for array in proto.graph.initializer) == ["shared/bias", "shared/kernel"]
    assert {node.name for node in proto.graph.node} >= {"shared/Gemm", "shared#2/Gemm"}
    wanted = model.predict({"l": X, "r": -X}, verbose=0)
    for y, name in zip(run(proto, [X, -X]), ["sum", "l"], strict=True):
        np.testing.assert_allclose(y, wanted[name], rtol=1e-5, atol=1e-6)


def test_a_chain_begins_at_the_input_that_its_user_named():
    model = Sequential([L.Input((4,), name="rows"), L.Dense(2, name="kind")], seed=0)
    assert (model.input_names, model.output_names) == (["rows"], ["kind"])
    assert [x.name for x in agrees(model, [X]).graph.input] == ["rows"]


def test_no_name_of_ours_is_a_user_s():
    x = L.Input((4,), name="x")
    model = Model({"dense/kernel": x}, {"dense/MatMul": L.Dense(2, use_bias=False)(x)}, seed=0)
    wanted = model.predict({"dense/kernel": X}, verbose=0)["dense/MatMul"]
    np.testing.assert_allclose(run(model_proto(model), [X])[0], wanted, rtol=1e-5, atol=1e-6)


def test_whole_numbers_come_as_they_are_declared():
    model = Sequential([L.Rescaling(1 / 255), L.Flatten(), L.Dense(3)], seed=0)
    whole = Model(x := L.Input((2, 2), dtype="uint8"), model(x))
    agrees(whole, [np.arange(12, dtype="uint8").reshape(3, 2, 2)])


def test_a_file_says_who_made_it_and_which_classes_there_are(tmp_path: Path):
    model = Sequential([L.Input((4,)), L.Dense(3, "softmax")], name="kinds", seed=0)
    path = model.to_onnx(tmp_path / "new" / "kinds.onnx", classes=["rose", "lily", "Öl"])
    proto = onnx.load(path)
    assert (proto.producer_name, proto.graph.name) == ("pellucid", "kinds")
    assert json.loads({p.key: p.value for p in proto.metadata_props}["classes"]) == ["rose", "lily", "Öl"]
    shape = proto.graph.input[0].type.tensor_type.shape
    assert (shape.dim[0].dim_param, shape.dim[1].dim_value) == ("batch", 4)
    before = path.read_bytes()
    model.to_onnx(path, classes=["rose", "lily", "Öl"])
    assert path.read_bytes() == before
    assert [file.name for file in path.parent.iterdir()] == ["kinds.onnx"]


def test_layers_and_models_of_one_s_own_that_write_call_predict_the_same():
    x = L.Input((4,))
    graph = Model(x, L.Lambda(lambda h: h * 2.0)(Gated(3)(Gated(4)(x))), seed=0)
    own = OwnNet()
    own(X)
    for model in (graph, own):
        model.compile("adam", "mse")
        model.fit(X, np.zeros((23, model.output_shape[-1])), epochs=2, verbose=0)
        proto = agrees(model, [X])
        assert all("drop" not in node.name for node in proto.graph.node)
    assert {"gated/scale", "gated/shift", "own/offset"} <= {array.name for array in proto.graph.initializer}


class Own(L.Dense):
    def forward(self, p: Any, x: np.ndarray, *, training: bool, rng: Key) -> Any:
        return super().forward(p, 2 * x, training=training, rng=rng)


class OwnModel(Sequential):
    def forward(self, p: Any, *xs: np.ndarray, training: bool, rng: Key) -> Any:
        return super().forward(p, *xs, training=training, rng=rng)


SQUARE = activations.custom(lambda x: x * x, lambda dy, x, y: dy * 2 * x, name="square")
REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: Sequential([L.Input((4,)), Own(2, name="mine")]), r"to_onnx, layer 'mine': expected a part of the"),
    (lambda: Sequential([L.Input((4,)), Sequential([Own(2, name="mine")])]), "layer 'mine'"),
    (lambda: Sequential([L.Input((4,)), L.Dense(2, activation=SQUARE)]), r"layer 'dense', activation.*'square'"),
    (lambda: Sequential([L.Input((4,)), L.Activation(SQUARE)]), "'square'"),
    (lambda: OwnModel([L.Input((4,)), L.Dense(2)], name="own"), "model 'own'"),
]


@pytest.mark.parametrize(("make", "told"), REFUSED)
def test_a_part_of_one_s_own_is_refused_by_name(make: Callable[[], Any], told: str, tmp_path: Path):
    with pytest.raises(InvalidArgument, match=told):
        make().to_onnx(tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_is_told_in_a_sentence(tmp_path: Path):
    model = Sequential([L.Input((4,)), L.Dense(2)])
    with pytest.raises(InvalidArgument, match=f"opset: expected a whole number from {OLDEST} to {NEWEST}, got 17"):
        model.to_onnx(tmp_path / "x.onnx", opset=17)
    noisy = Model(x := L.Input((4,)), L.Dropout(0.5)(x, training=True))
    with pytest.raises(InvalidArgument, match="layer 'dropout': expected a layer that predicts, got one called with"):
        noisy.to_onnx(tmp_path / "x.onnx")
    with pytest.raises(NotReady, match="a model that is built"):
        Sequential([L.Dense(2)]).to_onnx(tmp_path / "x.onnx")
    (tmp_path / "file").write_text("mine")
    with pytest.raises(FileError, match="room and permission"):
        model.to_onnx(tmp_path / "file" / "x.onnx")
    with pytest.raises(PellucidError, match="a path"):
        model.to_onnx(3)
    with pytest.raises(PellucidError, match=r"classes: expected texts or whole numbers, got \[1.5"):
        model.to_onnx(tmp_path / "x.onnx", classes=np.array([1.5, 2.5]))
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_without_the_package_the_error_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    path = Sequential([L.Input((4,)), L.Dense(2)]).to_onnx(tmp_path / "x.onnx")
    monkeypatch.setitem(sys.modules, "onnx", None)
    for attempt in (lambda: Sequential([L.Input((4,)), L.Dense(2)]).to_onnx(path), lambda: from_onnx(path)):
        with pytest.raises(MissingExtra, match=r"_onnx: expected the package onnx.*pip install 'pellucid\[onnx\]'"):
            attempt()


def test_a_file_that_the_checker_refuses_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: Any, **__: Any) -> None:
        raise onnx.checker.ValidationError("no")

    monkeypatch.setattr(onnx.checker, "check_model", refuse)
    with pytest.raises(InvalidArgument, match="a network that onnx's checker passes, got no"):
        Sequential([L.Input((4,)), L.Dense(2)]).to_onnx(tmp_path / "x.onnx")
    assert not list(tmp_path.iterdir())


def test_masking_is_written_and_a_mask_that_only_the_loss_asks_for_is_not(tmp_path, monkeypatch):
    x = np.random.default_rng(0).normal(size=(4, 5, 3)).astype("float32")
    x[:, 3:] = 0
    a = L.Input((5, 3))
    model = Model(a, L.Dense(1)(L.BatchNormalization()(L.Masking()(a))))
    session = onnxruntime.InferenceSession(model.to_onnx(tmp_path / "m.onnx"))
    (y,) = session.run(None, {session.get_inputs()[0].name: x})
    np.testing.assert_allclose(y, model.predict(x, verbose=0), atol=1e-6)
    monkeypatch.setattr("pellucid.exchange.form.READS_MASK", ())  # as of a layer that no form has learnt yet
    b = L.Input((5,))
    with pytest.raises(PellucidError, match=r"no mask is told"):
        Model([b, m := L.Input((5,), dtype="bool")], L.Softmax()(b, mask=m)).to_onnx(tmp_path / "n.onnx")
