"""from_onnx: what others write and what `to_onnx` writes, read as models that predict the same; and files that lie."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import onnx
import onnx.numpy_helper
import onnx.parser
import onnxruntime
import pytest
from hypothesis import given, settings

from exchange.networks import Case, predicted
from exchange.shown import OPS_SHOWN, X3
from laws.graphs import CLASSES, X, built, dense_net, graphs, residual, unjoined
from pellucid import Sequential
from pellucid import layers as L
from pellucid.errors import FileError, PellucidError
from pellucid.models import Model, from_onnx
from pellucid.rng import Key
from pellucid.settings import set_floatx

GOLDEN = Path(__file__).parents[1] / "golden" / "onnx"
ABOUT = json.loads((GOLDEN / "about.json").read_text())


def outputs(model: Model, xs: list[np.ndarray]) -> list[np.ndarray]:
    y = model.predict(xs if len(xs) > 1 else xs[0], verbose=0)
    return y if isinstance(y, list) else [y]


def read_again(model: Model, folder: Path, xs: list[np.ndarray]) -> Model:
    """Writes, reads and compares."""
    again = from_onnx(model.to_onnx(folder / "model.onnx"))
    for wanted, found in zip(outputs(model, xs), outputs(again, xs), strict=True):
        assert found.shape == wanted.shape
        np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-6)
    return again


# What others write -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ABOUT)
def test_what_others_write_predicts_what_they_do(name: str):
    model, about = from_onnx(GOLDEN / f"{name}.onnx"), ABOUT[name]
    found = outputs(model, [np.array(x, "float32") for x in about["x"]])
    for y, wanted in zip(found, about["y"], strict=True):
        np.testing.assert_allclose(y, np.array(wanted).reshape(y.shape), rtol=1e-5, atol=1e-6)


def test_networks_of_others_are_layers_with_their_weights_that_train():
    model = from_onnx(GOLDEN / "torchscript_mlp.onnx")
    kinds = [type(layer).__name__ for layer in model.layers]
    assert kinds == [
        "InputLayer", "Dense", "BatchNormalization", "Activation", "Dense", "Activation", "Dense", "Softmax",
    ]  # fmt: skip
    assert (model.input_names, model.count_params()) == (["in0"], 4 * 8 + 8 + 4 * 8 + 8 * 6 + 6 + 6 * 3 + 3)
    model.compile("adam", "sparse_categorical_crossentropy")
    losses = model.fit(X, CLASSES, epochs=40, verbose=0).history["loss"]
    assert losses[-1] < 0.95 * losses[0]


def test_weights_that_are_shared_stay_shared():
    model = from_onnx(GOLDEN / "torch_several.onnx")
    assert sum(isinstance(layer, L.Dense) for layer in model.layers) == 4
    assert len(model.outputs) == 2


def test_of_a_classifier_its_probabilities_are_read():
    for name in ("classes", "names", "binary", "multilabel", "pipeline"):
        model = from_onnx(GOLDEN / f"sklearn_{name}.onnx")
        assert not model.gives_many
        assert 2 <= model.output_shape[-1] <= 3


# What we write ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", predicted(), ids=[case.name for case in predicted()])
def test_what_we_write_is_read_again(case: Case, tmp_path: Path):
    again = read_again(case.model, tmp_path, [case.x[0].astype(case.model.dtype)])
    assert again.input_names == case.model.input_names
    if again.wiring.steps:
        assert again.output_names == case.model.output_names
        assert again.dtype == case.model.dtype


LIKE = {"ones_like", "zeros_like"}


@pytest.mark.parametrize("name", [name for name in OPS_SHOWN if name not in LIKE])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ops_that_we_write_are_read_again(name: str, dtype: str, tmp_path: Path):
    set_floatx(dtype)
    x = L.Input((3, 4))
    read_again(Model(x, OPS_SHOWN[name](L.Rescaling(2.0)(x))), tmp_path, [X3.astype(dtype)])


@pytest.mark.parametrize("name", sorted(LIKE))
def test_a_constant_for_each_row_is_refused_by_its_operator(name: str, tmp_path: Path):
    x = L.Input((3, 4))
    path = Model(x, OPS_SHOWN[name](L.Rescaling(2.0)(x))).to_onnx(tmp_path / "x.onnx")
    with pytest.raises(FileError, match=r"node '\w+(/\w+)?' \(\w+\): expected"):
        from_onnx(path)


@pytest.mark.parametrize("make", [residual, dense_net, unjoined])
def test_graphs_are_read_again_and_train(make: Callable[[], Model], tmp_path: Path):
    model = make()
    model.fit(X, CLASSES, epochs=1, verbose=0)
    again = read_again(model, tmp_path, [X])
    again.compile("adam", "sparse_categorical_crossentropy")
    again.fit(X, CLASSES, epochs=1, verbose=0)
    assert np.isfinite(again.evaluate(X, CLASSES, verbose=0))


@settings(max_examples=25)
@given(graphs())
def test_any_graph_is_read_again(tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[str, list[int]]]):
    model = built(steps)
    model.fit(X, CLASSES, epochs=1, verbose=0)
    read_again(model, tmp_path_factory.mktemp("graph"), [X])


def test_several_inputs_and_outputs_keep_their_names(tmp_path: Path):
    a, b = L.Input((4,), name="a"), L.Input((2,), name="b")
    h = L.Dense(3, name="h")(a)
    model = Model([a, b], [L.Dense(2, "softmax", name="kind")(L.Concatenate()([h, b])), h, L.Dot(1)([h, h])], seed=0)
    again = read_again(model, tmp_path, [X, X[:, :2]])
    assert again.input_names == ["a", "b"]
    assert again.output_names[:2] == ["kind", "h"]


def test_half_precision_is_read_in_single(tmp_path: Path):
    proto = onnx.load(Sequential([L.Input((4,)), L.Dense(3)], seed=0).to_onnx(tmp_path / "x.onnx"))
    wanted = {array.name: onnx.numpy_helper.to_array(array).astype("float16") for array in proto.graph.initializer}
    for array in proto.graph.initializer:
        array.CopyFrom(onnx.numpy_helper.from_array(wanted[array.name], array.name))
    for end in (*proto.graph.input, *proto.graph.output):
        end.type.tensor_type.elem_type = onnx.TensorProto.FLOAT16
    onnx.save(proto, tmp_path / "half.onnx")
    again = from_onnx(tmp_path / "half.onnx")
    assert again.dtype == "float32"
    np.testing.assert_array_equal(again.get_weights()[0], wanted["dense/kernel"].astype("float32"))


# Operators by themselves -----------------------------------------------------------------------------------------

# The body of a graph that makes y (B, ...) of x (B, 4), and what NumPy makes of it.
READ: dict[str, tuple[str, Callable[[np.ndarray], np.ndarray]]] = {
    "Gemm scaled": (
        "w = Constant<value = float[4, 2] {1,2,3,4,5,6,7,8}>() b = Constant<value = float[1, 2] {1, -1}>()"
        " y = Gemm<alpha = 0.5, beta = 2.0>(x, w, b)",
        lambda x: 0.5 * x @ np.arange(1, 9).reshape(4, 2) + [2, -2],
    ),
    "HardSigmoid of its own": ("y = HardSigmoid(x)", lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "Swish": ("y = Swish<alpha = 2.0>(x)", lambda x: x / (1 + np.exp(-2 * x))),
    "ThresholdedRelu": ("y = ThresholdedRelu<alpha = 0.3>(x)", lambda x: np.where(x > 0.3, x, 0)),
    "Clip": ("a = Constant<value_float = -0.3>() b = Constant<value_float = 0.4>() y = Clip(x, a, b)",
             lambda x: np.clip(x, -0.3, 0.4)),
    "Clip above": ("a = Constant<value_float = -0.3>() y = Clip(x, a)", lambda x: np.maximum(x, -0.3)),
    "Mean": ("z = Neg(x) y = Mean(x, z, x)", lambda x: x / 3),
    "Sum": ("z = Exp(x) y = Sum(x, z, x)", lambda x: 2 * x + np.exp(x)),
    "Max with a number": ("c = Constant<value_float = 0.1>() y = Max(x, c)", lambda x: np.maximum(x, 0.1)),
    "Sub from": ("c = Constant<value_float = 1.0>() y = Sub(c, x)", lambda x: 1 - x),
    "Div into": ("c = Constant<value_float = 1.0>() z = Exp(x) y = Div(c, z)", lambda x: np.exp(-x)),
    "Pow": ("c = Constant<value_float = 3.0>() y = Pow(x, c)", lambda x: x**3),
    "ReduceL2": (
        "a = Constant<value_ints = [1]>() y = ReduceL2(x, a)", lambda x: np.sqrt((x * x).sum(1, keepdims=True)),
    ),
    "ReduceL1": ("a = Constant<value_ints = [-1]>() y = ReduceL1<keepdims = 0>(x, a)", lambda x: np.abs(x).sum(1)),
    "ReduceSumSquare": (
        "a = Constant<value_ints = [1]>() y = ReduceSumSquare(x, a)", lambda x: (x * x).sum(1, keepdims=True),
    ),
    "Reduce nothing": ("y = ReduceSum<noop_with_empty_axes = 1>(x)", lambda x: x),
    "Squeeze": ("a = Constant<value_ints = [1, 3]>() z = Unsqueeze(x, a) b = Constant<value_ints = [3]>()"
                " y = Squeeze(z, b)", lambda x: x[:, None]),
    "Reshape by Shape": (
        "s = Shape(x) i = Constant<value_int = 0>() n = Gather(s, i) a = Constant<value_ints = [0]>()"
        " m = Unsqueeze(n, a) r = Constant<value_ints = [2, -1]>() t = Concat<axis = 0>(m, r) y = Reshape(x, t)",
        lambda x: x.reshape(-1, 2, 2),
    ),
    "Split": (
        "s = Constant<value_ints = [1, 3]>() a, b = Split<axis = 1>(x, s) y = Mul(a, b)",
        lambda x: x[:, :1] * x[:, 1:],
    ),
    "Slice backwards": (
        "s = Constant<value_ints = [3]>() e = Constant<value_ints = [-100]>() a = Constant<value_ints = [1]>()"
        " t = Constant<value_ints = [-2]>() y = Slice(x, s, e, a, t)",
        lambda x: x[:, ::-2],
    ),
    "Gather": ("i = Constant<value_ints = [2, -1]>() y = Gather<axis = 1>(x, i)", lambda x: x[:, [2, -1]]),
    "Expand": (
        "a = Constant<value_ints = [1]>() z = Unsqueeze(x, a) s = Constant<value_ints = [1, 3, 4]>() y = Expand(z, s)",
        lambda x: np.repeat(x[:, None], 3, 1),
    ),
    "folded": (
        "w = Constant<value = float[2, 4] {1,2,3,4,5,6,7,8}>() t = Transpose(w) c = Constant<value_float = 2.0>()"
        " u = Mul(t, c) y = MatMul(x, u)",
        lambda x: 2 * x @ np.arange(1, 9).reshape(2, 4).T,
    ),
    "ArgMax": ("z = ArgMax<axis = 1, keepdims = 0>(x) y = Cast<to = 1>(z)", lambda x: x.argmax(1).astype(float)),
    "TopK": ("k = Constant<value_ints = [2]>() y, i = TopK(x, k)", lambda x: np.sort(x, 1)[:, :1:-1]),
    "truths": ("c = Constant<value_float = 0.0>() z = Greater(x, c) y = Cast<to = 1>(z)", lambda x: (x > 0) * 1.0),
    "Dropout": ("y = Dropout(x)", lambda x: x),
    "Einsum": ('y = Einsum<equation = "bi,bj->bij">(x, x)', lambda x: x[:, :, None] * x[:, None]),
    "Einsum of rows and matrices": (
        "w = Constant<value = float[1, 4] {1,2,3,4}>()"
        ' z = Einsum<equation = "bi,bj->bij">(x, x) v = Einsum<equation = "bij,bj->bi">(z, x)'
        ' y = Einsum<equation = "bi,oi->bo">(v, w)',
        lambda x: (x * (x * x).sum(1, keepdims=True)) @ np.arange(1, 5)[:, None],
    ),
    "PRelu of one": ("s = Constant<value = float[1] {0.3}>() y = PRelu(x, s)", lambda x: np.where(x > 0, x, 0.3 * x)),
    "LpNormalization": ("y = LpNormalization<axis = 1>(x)", lambda x: x / np.sqrt((x * x).sum(1, keepdims=True))),
}  # fmt: skip


def written(body: str, path: Path, ends: str = "float[batch, 4] x) => (float[n] y", opset: int = 24) -> Path:
    """A file with a graph of this body."""
    proto = onnx.parser.parse_model(f'<ir_version: 10, opset_import: ["" : {opset}]> g ({ends}) {{ {body} }}')
    path.write_bytes(proto.SerializeToString())
    return path


@pytest.mark.parametrize("name", READ)
def test_an_operator_is_read(name: str, tmp_path: Path):
    body, wanted = READ[name]
    y = from_onnx(written(body, tmp_path / "x.onnx")).predict(X, verbose=0)
    np.testing.assert_allclose(y, wanted(X.astype("float64")), rtol=1e-5, atol=1e-6)


# On x (B, 2, 5, 6), beside what ONNX Runtime makes of it. The first as tf2onnx writes a layer of Keras's.
K = "w = Constant<value = float[3, 2, 2, 3] {" + ",".join(str(n % 7 - 3) for n in range(36)) + "}>()"
SLIDING: dict[str, str] = {
    "Conv of turned pictures": (
        "s = Constant<value_ints = [-1, 6, 5, 2]>() h = Reshape(x, s) z = Transpose<perm = [0, 3, 1, 2]>(h)"
        f' {K} c = Conv<auto_pad = "SAME_UPPER", strides = [2, 2]>(z, w)'
        " b = Constant<value = float[1, 3, 1, 1] {1,2,3}>() d = Add(c, b) y = Transpose<perm = [0, 2, 3, 1]>(d)"
    ),
    "Conv with a border": f"{K} b = Constant<value = float[3] {{1,2,3}}>() y = Conv<pads = [1, 1, 1, 1]>(x, w, b)",
    "Conv with little before": f'{K} y = Conv<auto_pad = "SAME_LOWER", strides = [1, 2]>(x, w)',
    "Conv with gaps": f'{K} y = Conv<auto_pad = "VALID", dilations = [2, 2]>(x, w)',
    "Conv in groups": (
        "w = Constant<value = float[4, 1, 1, 2] {1,-2,3,-4,5,-6,7,-8}>() y = Conv<group = 2, pads = [0, 0, 0, 1]>(x, w)"
    ),
    "Conv along one axis": (
        "s = Constant<value_ints = [-1, 2, 30]>() h = Reshape(x, s) w = Constant<value = float[1, 2, 2] {1,-2,3,-4}>()"
        " y = Conv<pads = [3, 0], dilations = [3]>(h, w)"
    ),
    "ConvTranspose": (
        "w = Constant<value = float[2, 1, 3, 2] {1,-2,3,-4,5,-6,7,-8,9,1,2,3}>()"
        " y = ConvTranspose<strides = [2, 1], pads = [1, 0, 0, 1], output_padding = [1, 0]>(x, w)"
    ),
    "Resize": (
        "s = Constant<value = float[4] {1,1,2,3}>()"
        ' y = Resize<coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">(x, , s)'
    ),
    "Resize by means": 's = Constant<value = float[4] {1,1,2,3}>() y = Resize<mode = "linear">(x, , s)',
    "MaxPool": "y = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(x)",
    "MaxPool with a border": "y = MaxPool<kernel_shape = [3, 3], strides = [2, 2], pads = [1, 1, 1, 1]>(x)",
    "MaxPool up to the edge": "y = MaxPool<kernel_shape = [2, 2], strides = [2, 2], ceil_mode = 1>(x)",
    "AveragePool": 'y = AveragePool<kernel_shape = [3, 2], strides = [2, 2], auto_pad = "SAME_UPPER">(x)',
    "AveragePool of a border": "y = AveragePool<kernel_shape = [3, 2], pads = [1, 1, 1, 0], count_include_pad = 1>(x)",
    "GlobalAveragePool": "y = GlobalAveragePool(x)",
    "GlobalMaxPool": "y = GlobalMaxPool(x)",
    "Pad": "p = Constant<value_ints = [0, 0, 1, 0, 0, 0, 2, 3]>() v = Constant<value_float = 7.0>() y = Pad(x, p, v)",
    "Pad mirrored": 'p = Constant<value_ints = [0, 0, 1, 2, 0, 0, 2, 3]>() y = Pad<mode = "reflect">(x, p)',
    "Pad of the edge": 'p = Constant<value_ints = [0, 0, 1, 2, 0, 0, 2, 0]>() y = Pad<mode = "edge">(x, p)',
    "Pad of the edge, then MaxPool": (
        'p = Constant<value_ints = [0, 0, 0, 0, 0, 0, 1, 0]>() h = Pad<mode = "edge">(x, p)'
        " y = MaxPool<kernel_shape = [2, 2], strides = [2, 2]>(h)"
    ),
    "Pad of computed numbers": (
        "v = Constant<value_ints = [1, 1]>() s = Shape(v) n = Constant<value_ints = [4]>() m = Add(s, n)"
        " z = ConstantOfShape<value = int64[1] {0}>(m) p = Concat<axis = 0>(z, v) y = Pad(x, p)"
    ),
    "Pad of an axis, then Conv": (
        "p = Constant<value_ints = [0, 1]>() a = Constant<value_ints = [-2]>() v = Constant<value_float = 0.0>()"
        f" h = Pad(x, p, v, a) {K} y = Conv<pads = [0, 1, 0, 1]>(h, w)"
    ),
}

BORDERED = (  # those whose border no padding has
    "Conv with a border", "Conv with little before", "MaxPool with a border", "AveragePool of a border", "Pad",
    "Pad mirrored", "Pad of computed numbers",
)  # fmt: skip


@pytest.mark.parametrize("name", SLIDING)
def test_what_slides_over_pictures_is_read(name: str, tmp_path: Path):
    path = written(SLIDING[name], tmp_path / "x.onnx", "float[batch, 2, 5, 6] x) => (float[n] y")
    proto = onnx.load(path)
    proto.graph.output[0].type.tensor_type.ClearField("shape")
    x = Key(3).normal((4, 2, 5, 6))
    (wanted,) = onnxruntime.InferenceSession(proto.SerializeToString()).run(None, {"x": x})
    model = from_onnx(path)
    np.testing.assert_allclose(model.predict(x, verbose=0), wanted, rtol=1e-5, atol=1e-5)
    padded = {type(step.layer).__name__ for step in model.wiring.steps} & {"Pad"}
    assert bool(padded) == (name in BORDERED)


REFUSED: dict[str, tuple[str, str]] = {
    "a kernel of other channels": (
        "s = Constant<value_ints = [-1, 2, 2]>() h = Reshape(x, s) w = Constant<value = float[1, 3, 1] {1,2,3}>()"
        " y = Conv(h, w)", "a kernel for 2 channels in 1 groups",
    ),
    "a great border": (
        "s = Constant<value_ints = [-1, 2, 2]>() h = Reshape(x, s)"
        " y = MaxPool<kernel_shape = [2], pads = [0, 1000000000]>(h)", "rows of 4,194,304 numbers at most",
    ),
    "a great border by itself": (
        "s = Constant<value_ints = [0, 0, 0, 9000000000000000000]>() y = Pad(x, s)", "rows of 4,194,304 numbers",
    ),
    "borders of other axes": ("s = Constant<value_ints = [1, 0]>() y = Pad(x, s)", "two numbers for each of 2 axes"),
    "a border of the batch": ("s = Constant<value_ints = [1, 0, 0, 0]>() y = Pad(x, s)", "a border around samples"),
    "a window that is larger": (
        "s = Constant<value_ints = [-1, 2, 2]>() h = Reshape(x, s) y = AveragePool<kernel_shape = [3]>(h)",
        "windows within 2 numbers, got 3",
    ),
    "pools of rows": ("y = MaxPool<kernel_shape = [2]>(x)", "samples of channels and up to three axes"),
    "an operator that nothing is": ("y = Det(x)", r"node 'y' \(Det\): expected an operator that is a layer or an op"),
    "places of the largest": (
        "k = Constant<value_ints = [2]>() v, i = TopK(x, k) y = Cast<to = 1>(i)",
        "values alone are read",
    ),
    "another domain": ("y = com.example.Relu(x)", "Relu"),
    "a loop": (
        "c = Constant<value = bool {1}>()"
        " y = If(c) <then_branch = g1 () => (float[n] z) { z = Constant<value_float = 1.0>() },"
        " else_branch = g2 () => (float[n] z) { z = Constant<value_float = 1.0>() }>", "If",
    ),
    "the batch transposed": ("y = Transpose(x)", "a batch that is the first axis"),
    "the batch summed": ("a = Constant<value_ints = [0]>() y = ReduceSum(x, a)", "an axis behind the batch"),
    "rows in other rows": ("s = Constant<value_ints = [-1, 2]>() y = Reshape(x, s)", r"a shape \(batch, ...\) of 4"),
    "the batch stretched": (
        "a = Constant<value_ints = [1]>() z = Unsqueeze(x, a) y = Add(x, z)",
        r"as many axes each, got \(None, 4\), \(None, 1, 4\)",
    ),
    "dropout that trains": (
        "r = Constant<value_float = 0.5>() t = Constant<value = bool {1}>() y = Dropout(x, r, t)", "that predicts",
    ),
    "softmax of the batch": ("y = Softmax<axis = 0>(x)", "an axis behind the batch"),
    "a matrix that does not fit": ("w = Constant<value = float[3, 2] {1,2,3,4,5,6}>() y = MatMul(x, w)", "a matrix of"),
    "a bias that does not fit": (
        "w = Constant<value = float[4, 1] {1,2,3,4}>() b = Constant<value = float[3] {1,2,3}>() y = Gemm(x, w, b)",
        "1 biases",
    ),
    "rows that differ": ("c = Constant<value = float[2, 4] {1,2,3,4,5,6,7,8}>() y = Add(x, c)", "same for every row"),
    "a batch that trains": (
        "w = Constant<value = float[4] {1,2,3,4}>()"
        " y, m, v = BatchNormalization<training_mode = 1>(x, w, w, w, w)", "a network that predicts",
    ),
    "averages that do not fit": (
        "w = Constant<value = float[3] {1,2,3}>() y = BatchNormalization(x, w, w, w, w)", r"arrays \(4,\)",
    ),
    "a great expansion": (
        "a = Constant<value_ints = [1]>() z = Unsqueeze(x, a) s = Constant<value_ints = [1, 1000000000, 4]>()"
        " y = Expand(z, s)", "as many as the file holds",
    ),
    "a great sum": (
        "a = Constant<value = float[1, 2] {1,2}>() s = Constant<value_ints = [9000000000000000000, 1]>()"
        " c = Reshape(a, s) y = Add(x, c)", "damaged or foreign",
    ),
    "a great outer sum": (
        "a0 = Neg(x)" + "".join(f" a{n + 1} = Concat<axis = 1>(a{n}, a{n})" for n in range(11))
        + " l = Constant<value_ints = [1]>() u = Unsqueeze(a11, l) j = Constant<value_ints = [2]>()"
        " v = Unsqueeze(a11, j) y = Less(u, v)", "rows of 4,194,304 numbers at most",
    ),
    "data that double and double": (
        "a0 = Neg(x)" + "".join(f" a{n + 1} = Concat<axis = 1>(a{n}, a{n})" for n in range(40)) + " y = Neg(a40)",
        "rows of 4,194,304 numbers at most",
    ),
    "constants that double and double": (
        "a0 = Constant<value = float[2] {1,2}>()"
        + "".join(f" a{n + 1} = Concat<axis = 0>(a{n}, a{n})" for n in range(40)) + " y = Add(x, a40)",
        "as many as the file holds",
    ),
    "a great product": (
        'y = Einsum<equation = "bi,bj,bk,bl,bm,bn,bo,bp,bq,br,bs,bt->bijklmnopqrst">' f"({', '.join('x' * 12)})",
        "rows of 4,194,304 numbers at most",
    ),
    "a great tile": ("s = Constant<value_ints = [1, 100000000000]>() y = Tile(x, s)", "rows of 4,194,304 numbers"),
    "a place that is not there": ("i = Constant<value_ints = [4]>() y = Gather<axis = 1>(x, i)", "places of 4"),
    "parts that do not fill": ("s = Constant<value_ints = [1, 1]>() y, z = Split<axis = 1>(x, s)", "2 parts of 4"),
    "a step of nothing": (
        "s = Constant<value_ints = [0]>() y = Slice(x, s, s, s, s)", "steps other than 0",
    ),
    "a constant alone": ("y = Constant<value_float = 1.0>()", "an output that depends on the inputs"),
    "texts": ('y = Constant<value_string = "x">()', "expected numbers, got value_string"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_is_refused_by_name(name: str, tmp_path: Path):
    body, told = REFUSED[name]
    path = written(body, tmp_path / "x.onnx")
    if "com.example" in body:
        proto = onnx.load(path)
        proto.opset_import.append(onnx.helper.make_opsetid("com.example", 1))
        onnx.save(proto, path)
    with pytest.raises(FileError, match=told) as problem:
        from_onnx(path)
    assert str(problem.value).startswith(f"loading {path}")
    assert "\n" not in str(problem.value)


@pytest.mark.parametrize(
    ("ends", "told"),
    [
        ("float[batch, n] x) => (float[n] y", "sizes that are known"),
        ("float[batch, 0] x) => (float[n] y", "sizes that are known"),
        ("float x) => (float[n] y", "a batch axis in front"),
        ("seq(float[2]) x) => (seq(float[2]) y", "an output of numbers"),
    ],
)
def test_inputs_that_are_no_rows_are_refused(ends: str, told: str, tmp_path: Path):
    with pytest.raises(FileError, match=told):
        from_onnx(written("y = Identity(x)", tmp_path / "x.onnx", ends))


def test_a_batch_of_fixed_size_is_any_batch(tmp_path: Path):
    body = "s = Constant<value_ints = [5, 2, 2]>() y = Reshape(x, s)"
    model = from_onnx(written(body, tmp_path / "x.onnx", "float[5, 4] x) => (float[5, 2, 2] y"))
    np.testing.assert_array_equal(model.predict(X, verbose=0), X.reshape(-1, 2, 2))


# Files that lie --------------------------------------------------------------------------------------------------


def sentence(path: Path) -> str:
    """What is told of a file that cannot be read; empty where it can."""
    told = ""
    try:
        from_onnx(path)
    except PellucidError as problem:
        told = str(problem)
    assert not told or (str(path) in told and "\n" not in told)
    return told


def test_what_is_no_such_file_is_one_sentence(tmp_path: Path):
    (tmp_path / "empty.onnx").write_bytes(b"")
    (tmp_path / "text.onnx").write_text("a network")
    Sequential([L.Input((4,)), L.Dense(3)]).save(tmp_path / "model.keras")
    for name in ("absent", "empty.onnx", "text.onnx", "model.keras", "."):
        assert sentence(tmp_path / name)
    assert "a set of operators from 13" in sentence(written("y = Relu(x)", tmp_path / "old.onnx", opset=9))


def test_a_graph_of_a_great_many_nodes_is_one_sentence(tmp_path: Path):
    body = "a0 = Neg(x) " + " ".join(f"a{n + 1} = Neg(a{n})" for n in range(10_000)) + " y = Neg(a10000)"
    assert "10,000 nodes at most, got 10,002" in sentence(written(body, tmp_path / "x.onnx"))


def test_a_file_cut_short_anywhere_is_one_sentence(tmp_path: Path):
    content = (GOLDEN / "torchscript_mlp.onnx").read_bytes()
    path = tmp_path / "cut.onnx"
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        assert sentence(path)


@settings(max_examples=300)
@given(
    st.sampled_from(sorted(ABOUT)), st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), min_size=1, max_size=4)
)
def test_a_file_with_bytes_changed_is_a_model_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, name: str, changes: list[tuple[float, int]]
):
    content = bytearray((GOLDEN / f"{name}.onnx").read_bytes())
    for place, byte in changes:
        content[int(place * (len(content) - 1))] = byte
    path = tmp_path_factory.mktemp("changed") / "x.onnx"
    path.write_bytes(content)
    sentence(path)


def test_sizes_are_not_believed(tmp_path: Path):
    path = tmp_path / "x.onnx"
    for dims in ([1 << 40, 3], [4, 1 << 62], [-4, -3], [4], [3, 3]):
        proto = onnx.load(Sequential([L.Input((4,)), L.Dense(3)]).to_onnx(path))
        proto.graph.initializer[0].ClearField("dims")
        proto.graph.initializer[0].dims.extend(dims)
        path.write_bytes(proto.SerializeToString())
        assert sentence(path), dims
    proto = onnx.load(Sequential([L.Input((4,)), L.Rescaling(2.0)]).to_onnx(path))
    proto.graph.input[0].type.tensor_type.shape.dim[1].dim_value = 1 << 50
    path.write_bytes(proto.SerializeToString())
    assert "rows of 4,194,304 numbers at most" in sentence(path)


@pytest.fixture
def apart(tmp_path: Path) -> Callable[..., Path]:
    """A model whose kernel lies in a file of its own, as these entries say."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "x.bin").write_bytes(np.arange(16, dtype="float32").tobytes())
    (tmp_path / "secret").write_bytes(bytes(64))
    (folder / "link").symlink_to(tmp_path / "secret")

    def make(**entries: Any) -> Path:
        proto = onnx.load(Sequential([L.Input((4,)), L.Dense(3, use_bias=False)]).to_onnx(folder / "x.onnx"))
        kernel = proto.graph.initializer[0]
        kernel.ClearField("raw_data")
        kernel.data_location = onnx.TensorProto.EXTERNAL
        for key, value in entries.items():
            kernel.external_data.add(key=key, value=str(value))
        (folder / "x.onnx").write_bytes(proto.SerializeToString())
        return folder / "x.onnx"

    return make


def test_arrays_in_a_file_beside_the_model_are_read(apart: Callable[..., Path]):
    for entries in ({"offset": 16, "length": 48}, {"offset": 16}, {}):
        start = entries.get("offset", 0) // 4
        (kernel,) = from_onnx(apart(location="x.bin", **entries)).get_weights()
        np.testing.assert_array_equal(kernel, np.arange(start, start + 12).reshape(4, 3))


@pytest.mark.parametrize(
    "entries",
    [
        {"location": "../secret"}, {"location": "/etc/hostname"}, {"location": "link"}, {"location": ""}, {},
        {"location": "."}, {"location": "absent"}, {"location": "x.bin", "offset": 17},
        {"location": "x.bin", "length": 64}, {"location": "x.bin", "offset": -4},
        {"location": "x.bin", "offset": "one"}, {"location": "x.bin", "length": 1 << 60},
    ],
)  # fmt: skip
def test_no_other_place_is_looked_at(apart: Callable[..., Path], entries: dict[str, Any]):
    assert sentence(apart(**entries))
