"""Models that are graphs: Model(inputs, outputs)."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given

from laws.engines import both_engines, close
from laws.graphs import CLASSES, X, built, compiled, dense_net, graphs, residual, unjoined
from pellucid import errors
from pellucid import layers as L
from pellucid.inspection.gradients import check_gradients
from pellucid.models import Functional, Model, Sequential, clone_model, load_model, model_from_json
from pellucid.rng import Key
from pellucid.training.engine import engine_of

MAKERS = pytest.mark.parametrize("make", [residual, dense_net, unjoined])


@MAKERS
def test_the_engines_agree(make: Any) -> None:
    both_engines(make, X, CLASSES, steps=5)
    both_engines(make, X, CLASSES, np.linspace(0, 1, len(X)), steps=2)


@MAKERS
def test_gradients_are_the_slopes_of_the_loss(make: Any) -> None:
    report = check_gradients(make(), X[:5], CLASSES[:5], entries=20)
    assert report.worst_error < 1e-6
    assert {c.engine for c in report.checks} == {"definition", "compiled"}


@MAKERS
def test_one_and_two_threads_give_the_same_bits(make: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    found = []
    for threads in (1, 2):
        monkeypatch.setattr("pellucid.training.engine.Crew.plan", lambda self, steps, n=threads: (n, max(1, steps)))
        monkeypatch.setattr("pellucid.training.engine.Crew.ran", lambda self, threads, steps, seconds: None)
        model = make()
        model.fit(X, CLASSES, epochs=3, batch_size=8, verbose=0)
        assert not engine_of(model).refusal
        found.append(model.get_weights())
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@MAKERS
def test_files_and_copies_are_the_same_model(make: Any, tmp_path: Any) -> None:
    model = make()
    model.fit(X, CLASSES, epochs=2, verbose=0)
    expected = model.predict(X, verbose=0)
    model.save(tmp_path / "graph.keras")
    loaded = load_model(tmp_path / "graph.keras")
    for twin in (loaded, copy.deepcopy(model)):
        np.testing.assert_array_equal(twin.predict(X, verbose=0), expected)
        assert [layer.name for layer in twin.layers] == [layer.name for layer in model.layers]
    for twin in (loaded, model):
        twin.fit(X, CLASSES, epochs=2, verbose=0)
    np.testing.assert_array_equal(loaded.predict(X, verbose=0), model.predict(X, verbose=0))
    model.save_weights(tmp_path / "graph.weights.h5")
    for twin in (clone_model(model), model_from_json(model.to_json()), Functional.from_config(model.get_config())):
        twin.load_weights(tmp_path / "graph.weights.h5")
        np.testing.assert_array_equal(twin.predict(X, verbose=0), model.predict(X, verbose=0))


@MAKERS
@pytest.mark.filterwarnings("ignore")  # Keras's own
def test_keras_and_we_open_each_other_s_graphs(make: Any, tmp_path: Any) -> None:
    keras = pytest.importorskip("keras")
    model = make()
    model.fit(X, CLASSES, epochs=1, verbose=0)
    model.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    close("Keras predicts", theirs.predict(X, verbose=0), model.predict(X, verbose=0))
    assert [layer.name for layer in theirs.layers] == [layer.name for layer in model.layers]
    theirs.save(tmp_path / "theirs.keras")
    close("we predict", load_model(tmp_path / "theirs.keras").predict(X, verbose=0), model.predict(X, verbose=0))


def test_a_chain_is_the_sequential_model_bit_for_bit() -> None:
    def stack() -> list[L.Layer]:
        return [L.Dense(8, activation="relu"), L.Dropout(0.4), L.BatchNormalization(), L.Dense(3, activation="softmax")]

    x = y = L.Input((4,))
    for layer in stack():
        y = layer(y)
    graph, chain = compiled(Model(x, y, seed=7)), compiled(Sequential([L.Input((4,)), *stack()], seed=7))
    histories = [m.fit(X, CLASSES, epochs=3, batch_size=5, verbose=0).history for m in (graph, chain)]
    assert histories[0] == histories[1]
    for one, other in zip(graph.get_weights(), chain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@given(graphs())
def test_any_graph_holds(steps: list[tuple[str, list[int]]]) -> None:
    both_engines(lambda: built(steps), X, CLASSES, steps=2)
    model = built(steps)
    assert check_gradients(model, X[:4], CLASSES[:4], entries=5).worst_error < 1e-6
    json.dumps(model.get_config())
    twin = Functional.from_config(model.get_config())
    twin.set_weights(model.get_weights())
    close("made anew", twin.predict(X, verbose=0), model.predict(X, verbose=0))
    close("row by row", np.concatenate([model.predict(x[None], verbose=0) for x in X]), model.predict(X, verbose=0))


def test_a_part_of_a_model_is_a_model_that_shares_its_layers() -> None:
    model = residual()
    part = Model(model.input, model.get_layer("add").output)
    before = part.predict(X, verbose=0)
    model.fit(X, CLASSES, epochs=1, verbose=0)
    after = part.predict(X, verbose=0)
    assert np.abs(after - before).max() > 1e-4
    outputs = dict(model.walk(model.p, X, training=False, rng=model.key))
    close("the part", after, outputs["add"])
    chain = Sequential([L.Dense(5, activation="relu", input_shape=(4,), name="low"), L.Dense(2)], seed=0)
    low = Model(chain.inputs, chain.get_layer("low").output)
    np.testing.assert_allclose(low.predict(X, verbose=0), chain.layers[0](X), rtol=1e-6, atol=1e-7)


def test_models_are_called_like_layers() -> None:
    model, x = residual(), L.Input((4,))
    twice = Model(x, L.Add()([model(x), model(L.Rescaling(2.0)(x))]))
    close("both", twice.predict(X, verbose=0), model.predict(X, verbose=0) + model.predict(2 * X, verbose=0))
    assert len(twice.get_weights()) == len(model.get_weights())
    close("on an array", model(X), model.predict(X, verbose=0))


def test_several_inputs_are_called_with_a_list() -> None:
    a, b = L.Input((4,), name="a"), L.Input((2,), name="b")
    model = Model([a, b], L.Dense(3)(L.Concatenate()([a, b])), seed=0)
    assert model.input_shape == [(None, 4), (None, 2)]
    y = model([X, X[:, :2]])
    assert y.shape == (23, 3)
    W, bias = model.get_weights()
    close("y", y, np.concatenate([X, X[:, :2]], 1) @ W + bias)
    with pytest.raises(errors.ShapeError, match="one size"):
        model([X, X[:5, :2]])


def test_summary_says_what_is_connected_to_what(capsys: pytest.CaptureFixture[str]) -> None:
    residual().summary()
    shown = capsys.readouterr().out
    assert "Connected to" in shown
    assert "shared#2, dense" in shown
    Sequential([L.Dense(2, input_shape=(3,))]).summary()
    assert "Connected to" not in capsys.readouterr().out


def test_explain_walks_the_graph() -> None:
    model = residual()
    for engine in ("compiled", "definition"):
        explanation = model.explain(X[:2], CLASSES[:2], engine=engine)
        forward = explanation.forward
        np.testing.assert_array_equal(forward["add"]["x1"], forward["shared#2"]["y"])
        np.testing.assert_array_equal(forward["add"]["x2"], forward["dense"]["y"])
        why = explanation.why("dense/dy", 0, 1)
        close("what readers send back", why.sum, why.value)
        assert len(why.terms) == 3
        why = explanation.why("shared/kernel", 0, 1)
        close("over both uses", why.sum, why.value)
        assert any(term.label.startswith("shared#2: ") for term in why.terms)
        assert "the y of shared#2" in explanation.why("add/x1", 0, 0).formula


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda x: Model(x, 3), "outputs: expected a tensor"),
        (lambda x: Model(X, x), "inputs: expected a tensor"),
        (lambda x: Model(x, L.Dense(2)(L.Add()([x, L.Input((4,), name="forgotten")]))), "forgotten"),
        (lambda x: Model([x, x], L.Dense(2)(x)), "each input once"),
        (lambda x: L.Add()([x, L.Input((3,))]), "shapes that fit"),
        (lambda x: L.Subtract()([x, x, x]), "2 inputs"),
        (lambda x: L.Concatenate()([x, L.Input((3, 4))]), "differ along axis -1 alone"),
        (lambda x: L.Dot(axes=1)([x, L.Input((3,))]), "as many places"),
        (lambda x: L.Dense(2)([x, x]), "one tensor"),
        (lambda x: L.Add()([x, X]), "tensors alone"),
        (lambda x: np.exp(x), r"ops\.exp"),
        (lambda x: np.add.reduce(x), r"pellucid\.ops"),
        (lambda x: list(x), "control flow that does not depend on the data"),
        (lambda x: float(x), "control flow that does not depend on the data"),
        (lambda x: x if x > 0 else -x, "control flow that does not depend on the data"),
        (lambda x: Sequential([L.Add()]), "layers with one input"),
        (lambda x: L.check_layer(L.Add()), "check_gradients"),
        (lambda x: type("Mine", (Model,), {})(), "argument inputs: expected a tensor, or a list"),
        (lambda x: Model(x, L.Dense(2, name="a")(L.Dense(2, name="a")(x))), "layers of different names"),
        (lambda x: L.Dense(2)(x).node.layer.input_shape, "a layer that is built"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(build: Any, message: str) -> None:
    with pytest.raises(errors.PellucidError, match=message):
        build(L.Input((4,)))


def test_a_layer_of_one_s_own_may_use_plain_names_for_itself() -> None:
    class Many(L.Layer):
        def __init__(self) -> None:
            super().__init__()
            self.nodes, self.calls, self.shapes, self.many = 3, 7, "square", 2

        def forward(self, p: Any, x: np.ndarray, *, training: bool, rng: Key) -> tuple[np.ndarray, None]:
            return x * self.nodes, None

        def backward(self, p: Any, cache: None, dy: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
            return dy * self.nodes, {}

    layer, x = Many(), L.Input((4,))
    np.testing.assert_array_equal(Model(x, layer(x)).predict(X, verbose=0), layer(X, training=True))
    assert (layer.nodes, layer.calls, layer.shapes, layer.many) == (3, 7, "square", 2)


def test_a_shared_layer_serves_one_size() -> None:
    layer = L.Dense(3)
    x = L.Input((4,))
    with pytest.raises(errors.ShapeError, match="serves"):
        Model(x, layer(layer(x)))


def check_slopes(layer: L.Layer, xs: list[np.ndarray], found: list[np.ndarray], dy: np.ndarray) -> None:
    for i, dx in enumerate(found):

        def loss(x: np.ndarray, i: int = i) -> float:
            y, _ = layer.forward({}, *xs[:i], x, *xs[i + 1 :], training=False, rng=Key(0))
            return float((y * dy).sum())

        np.testing.assert_allclose(dx, L.numerical_gradient(loss, xs[i]), atol=1e-6)


@pytest.mark.parametrize("normalize", [False, True])
@pytest.mark.parametrize(
    ("shapes", "axes"), [([(4,), (4,)], 1), ([(3, 4), (4,)], [2, 1]), ([(3, 4), (4, 2)], (2, 1)), ([(4, 3), (4, 2)], 1)]
)
def test_dot(shapes: Any, axes: Any, normalize: bool) -> None:
    keras = pytest.importorskip("keras")
    layer = L.Dot(axes, normalize)
    a, b = (Key(i).normal((5, *s)).astype("float64") for i, s in enumerate(shapes))
    y, cache = layer.forward({}, a, b, training=False, rng=Key(0))
    close("y", y, keras.layers.Dot(axes, normalize)([a.astype("float32"), b.astype("float32")]))
    dy = Key(3).normal(y.shape)
    (da, db), _ = layer.backward({}, cache, dy)
    check_slopes(layer, [a, b], [da, db], dy)


@pytest.mark.parametrize("kind", ["Add", "Subtract", "Multiply", "Average", "Maximum", "Minimum"])
@pytest.mark.parametrize("shapes", [[(4,), (4,)], [(3, 4), (4,)], [(3, 1), (1, 4)], [(3, 4), (1,)]])
def test_inputs_that_stretch(kind: str, shapes: Any) -> None:
    keras = pytest.importorskip("keras")
    layer = getattr(L, kind)()
    a, b = (Key(i).normal((5, *s)).astype("float64") for i, s in enumerate(shapes))
    y, cache = layer.forward({}, a, b, training=False, rng=Key(0))
    assert y.shape[1:] == layer.output_shape_for(*shapes)
    close("y", y, getattr(keras.layers, kind)()([a.astype("float32"), b.astype("float32")]))
    dy = Key(3).normal(y.shape)
    (da, db), _ = layer.backward({}, cache, dy)
    check_slopes(layer, [a, b], [da, db], dy)


def test_equal_inputs_share_the_gradient() -> None:
    for layer in (L.Maximum(), L.Minimum()):
        x = np.ones((2, 3))
        _, cache = layer.forward({}, x, x, training=False, rng=Key(0))
        (da, db), _ = layer.backward({}, cache, x)
        np.testing.assert_array_equal(da, 0.5)
        np.testing.assert_array_equal(db, 0.5)
