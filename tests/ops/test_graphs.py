"""Models with ops: trained, saved, cloned, taken apart; and files that ask for too much."""

from __future__ import annotations

import copy
import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import layers as L
from pellucid import ops
from pellucid.errors import FileError, InvalidArgument, PellucidError, ShapeError, TooLarge, UnknownName
from pellucid.inspection.gradients import check_gradients
from pellucid.models import Functional, Model, clone_model, load_model, model_from_json
from pellucid.rng import Key

X = Key(3).normal((23, 4))
Y = np.arange(23) % 3
MASK = np.array([[0.0, -np.inf, 0.0]], "float32")


def attention() -> Model:
    """A network in which ops do the work: what is learned lies in three layers."""
    x = L.Input((4,))
    h = ops.stack([L.Dense(5)(x * 0.5), L.Dense(5)(x), L.Dense(5)(ops.square(x) - ops.mean(x, 1, keepdims=True))], 1)
    scores = ops.einsum("bij,bkj->bik", h, h) / np.float32(2.0)
    mixed = ops.softmax(scores + MASK) @ h
    pooled = ops.concatenate([ops.max(mixed, axis=1), ops.sum(mixed[:, 1:], axis=1), x], axis=-1)
    model = Model(x, L.Dense(3, activation="softmax")(ops.maximum(pooled, 0.1 * pooled)), seed=4)
    model.compile(pellucid.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_axes_that_dots_stand_for_are_stretched() -> None:
    """One matrix for all samples; what was stretched gets the sum of the gradients of its copies."""
    x = L.Input((2, 3))
    whole = L.Dense(3)
    one = whole(ops.sum(x, axis=1, keepdims=True))[:, None]  # (B, 1, 1, 3), for each row
    rows = L.Dense(3)
    h = rows(x)
    model = Model(x, ops.einsum("...ij,...kj->...ik", h[:, :, None], one), seed=0)
    model.compile("sgd", "mse")
    given = Key(4).normal((5, 2, 3))
    wanted = (rows(given) * whole(given.sum(1, keepdims=True))).sum(-1)
    np.testing.assert_allclose(model(given)[..., 0, 0], wanted, rtol=1e-5, atol=1e-6)
    assert check_gradients(model, given, Key(5).normal((5, 2, 1, 1))).worst_error < 1e-6


def test_a_model_with_ops_learns_and_its_gradients_are_slopes() -> None:
    model = attention()
    assert check_gradients(model, X[:5], Y[:5], entries=20).worst_error < 1e-6
    losses = model.fit(X, Y, epochs=30, batch_size=8, verbose=0).history["loss"]
    assert losses[-1] < 0.8 * losses[0]


def test_a_choice_sends_the_gradient_the_way_that_was_taken() -> None:
    x = L.Input((4,))
    model = Model(x, L.Dense(1)(ops.where(ops.logical_and(x > 0, x < 1), x * 3.0, ops.stop_gradient(x))), seed=0)
    model.compile("sgd", "mse")
    before = [w.copy() for w in model.get_weights()]
    model.fit(X, Y, epochs=1, verbose=0)
    assert all((a != b).any() for a, b in zip(before, model.get_weights(), strict=True))
    y, cache = model.forward(dict(model.theta), X.astype("float32"), training=True, rng=Key(0))
    dx, _ = model.backward(dict(model.theta), cache, np.ones_like(y))
    kernel = model.theta["dense/kernel"].ravel()
    np.testing.assert_allclose(dx, np.where((X > 0) & (X < 1), 3 * kernel, 0), rtol=1e-6)


def test_files_copies_json_and_clones_are_the_same_network(tmp_path: Path) -> None:
    model = attention()
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "ops.keras")
    wanted = model.predict(X, verbose=0)
    loaded = load_model(tmp_path / "ops.keras")
    for twin in (loaded, copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.predict(X, verbose=0), wanted)
    for twin in (clone_model(model), model_from_json(model.to_json())):
        twin.set_weights(model.get_weights())
        np.testing.assert_array_equal(twin.predict(X, verbose=0), wanted)
    again, more = (m.fit(X, Y, epochs=2, verbose=0, shuffle=False).history for m in (model, loaded))
    assert again == more


def test_a_part_of_a_model_begins_and_ends_at_ops() -> None:
    x = L.Input((4,))
    doubled = x * 2.0
    h = L.Dense(3, name="hidden")(doubled)
    model = Model(x, ops.exp(h) + h, seed=0)
    part = Model(model.input, model.get_layer("multiply").output)
    np.testing.assert_array_equal(part.predict(X, verbose=0), (X * 2).astype("float32"))
    rest = Model(doubled, model.output)
    np.testing.assert_allclose(rest.predict(X * 2, verbose=0), model.predict(X, verbose=0), rtol=1e-6, atol=1e-7)


def test_a_model_with_ops_stands_in_another_twice(tmp_path: Path) -> None:
    z = L.Input((4,), name="z")
    inner = Model(z, ops.tanh(L.Dense(4)(z)) * z + 1.0, name="inner", seed=1)
    x = L.Input((4,), name="x")
    outer = Model(x, ops.sum(inner(inner(x)), axis=1, keepdims=True), seed=2)
    outer.save(tmp_path / "outer.keras")
    again = load_model(tmp_path / "outer.keras")
    np.testing.assert_array_equal(again.predict(X, verbose=0), outer.predict(X, verbose=0))
    twice = inner.predict(inner.predict(X, verbose=0), verbose=0).sum(1, keepdims=True)
    np.testing.assert_allclose(outer.predict(X, verbose=0), twice, rtol=1e-5, atol=1e-6)


def test_a_model_gives_something_for_each_sample() -> None:
    x = L.Input((4,))
    centred = Model(x, x - ops.mean(x, axis=0), seed=0)
    np.testing.assert_allclose(centred.predict(X, batch_size=23, verbose=0), X - X.mean(0), atol=1e-6)
    for whole in (ops.sum(x), ops.mean(x, axis=0), x[0]):
        with pytest.raises(ShapeError, match=r"Model, argument outputs: expected tensors with a batch axis"):
            Model(x, whole)
        with pytest.raises(ShapeError, match=r"Model, argument inputs: expected tensors with a batch axis"):
            Model(whole, x - whole)


def test_a_float64_model_stays_so_through_ops() -> None:
    x = L.Input((4,), dtype="float64")
    h = L.Dense(3, dtype="float64")(x * 2.0 + np.float32(1.0))
    model = Model(x, ops.cast(ops.exp(h) @ np.ones((3, 2), "float32"), "float32"), seed=0)
    assert model.predict(X, verbose=0).dtype == np.float64
    assert all(t.dtype == "float64" for t in (model.output, h, x * 2.0))


def test_an_op_that_keras_calls_twice_is_two_ops() -> None:
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    add = {
        "module": "keras.src.ops.numpy", "class_name": "Add", "name": "add", "config": {"name": "add"},
        "inbound_nodes": [{"args": [tensor, 1.0], "kwargs": {}}, {"args": [], "kwargs": {"x1": tensor, "x2": 5.0}}],
    }  # fmt: skip
    config = {"name": "m", "layers": [entry((4,)), add], "input_layers": ["x", 0, 0]}
    model = Functional.from_config({**config, "output_layers": [["add", 0, 0], ["add", 1, 0]]})
    one, five = model.predict(X, verbose=0)
    np.testing.assert_allclose([one, five], [X + 1, X + 5], rtol=1e-6)


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.array([1.0, np.nan, -np.inf, np.inf], "float32")])
def test_constants_without_a_number_in_json_are_saved(value: Any, tmp_path: Path) -> None:
    x = L.Input((4,))
    Model(x, ops.minimum(x, value), seed=0).save(tmp_path / "m.keras")
    with np.errstate(invalid="ignore"):
        wanted = np.minimum(X.astype("float32"), np.float32(value))
    np.testing.assert_array_equal(load_model(tmp_path / "m.keras").predict(X, verbose=0), wanted)


def entry(shape: tuple[int, ...]) -> dict[str, Any]:
    config = {"batch_shape": [None, *shape], "dtype": "float32", "name": "x"}
    return {"module": "keras.layers", "class_name": "InputLayer", "config": config, "name": "x", "inbound_nodes": []}


def saved_with(class_name: str, *args: Any, module: str = "keras.src.ops.numpy", **config: Any) -> dict[str, Any]:
    """A saved graph of one op on x."""
    tensor = {"class_name": "__keras_tensor__", "config": {"keras_history": ["x", 0, 0]}}
    op = {
        "module": module, "class_name": class_name, "config": {"name": "op", **config}, "name": "op",
        "inbound_nodes": [{"args": [tensor, *args], "kwargs": {}}],
    }  # fmt: skip
    return {"name": "m", "layers": [entry((4,)), op], "input_layers": ["x", 0, 0], "output_layers": ["op", 0, 0]}


def constant(value: Any, dtype: Any = "float32", kind: str = "__numpy__") -> dict[str, Any]:
    return {"class_name": kind, "config": {"value": value, "dtype": dtype}}


def test_what_keras_saves_for_a_tensor_made_of_one_is_read() -> None:
    """As in a graph of Embedding and Attention that Keras saved."""
    model = Functional.from_config(saved_with("ConvertToTensor", module="keras.src.ops.core", sparse=None))
    np.testing.assert_allclose(model.predict(X, verbose=0), X, rtol=1e-6)


HOSTILE: list[tuple[dict[str, Any], type[PellucidError], str]] = [
    (saved_with("Addd", 1.0), UnknownName, "Did you mean 'Add'"),
    (saved_with("System", "rm"), UnknownName, "System"),
    (saved_with("Add", "text"), PellucidError, "ops.add, an operand"),
    (saved_with("Add", None), PellucidError, "ops.add, an operand"),
    (saved_with("Add", constant([[0.0] * 1000] * 1000)), PellucidError, "ops.add: expected operands that fit"),
    (saved_with("Add", constant([1.0, [2.0]])), FileError, "inhomogeneous"),
    (saved_with("Add", constant([1.0], "object")), PellucidError, "its dtype"),
    (saved_with("Add", constant([1.0], "float32,float32")), PellucidError, "its dtype"),
    (saved_with("Add", constant("text")), FileError, "could not convert"),
    (saved_with("Add", constant({"a": 1})), FileError, "layers, each called on"),
    (saved_with("Add", constant([1.0], kind="__pickle__")), PellucidError, "got __pickle__"),
    (saved_with("Add", {"class_name": "__slice__", "config": {}}), FileError, "start"),
    (saved_with("Add"), InvalidArgument, r"add\(x1, x2\)"),
    (saved_with("Add", 1.0, 2.0, 3.0), InvalidArgument, r"add\(x1, x2\)"),
    (saved_with("Add", 1.0, surprise=True), UnknownName, "surprise"),
    (saved_with("GetItem", ["__import__"]), PellucidError, "ops.get_item, a key"),
    (saved_with("BroadcastTo", shape=[10**6, 10**6, 4]), TooLarge, "at most"),
    (saved_with("Tile", repeats=[1, 10**12]), TooLarge, "at most"),
    (saved_with("Repeat", repeats=10**12, axis=1), TooLarge, "at most"),
    (saved_with("OneHot", num_classes=10**12, module="keras.src.ops.nn"), TooLarge, "at most"),
    (saved_with("Pad", pad_width=[[0, 0], [0, 10**12]]), TooLarge, "at most"),
    (saved_with("Sum", axis=7), PellucidError, "ops.sum, argument axis"),
    (saved_with("Softmax", axis="x", module="keras.src.ops.nn"), PellucidError, "ops.softmax, argument axis"),
    (saved_with("Split", indices_or_sections=10**9, axis=1), PellucidError, "ops.split"),
]


@pytest.mark.parametrize(("config", "kind", "words"), HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_graph_is_refused_in_a_sentence(
    config: dict[str, Any], kind: type[PellucidError], words: str
) -> None:
    with pytest.raises(kind, match=words) as told:
        Functional.from_config(json.loads(json.dumps(config)))
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("name", ["Amax", "Average", "Sum", "Mean"])
def test_an_axis_of_0_in_a_file_is_an_axis(name: str) -> None:
    saved = saved_with(name, axis=0, keepdims=False) if name != "Average" else saved_with(name, axis=0)
    with pytest.raises(ShapeError, match=r"batch axis in front, got \(4,\)"):  # one for all samples, and not one number
        Functional.from_config(saved)


def test_the_same_graph_without_the_fault_is_read() -> None:
    model = Functional.from_config(saved_with("Add", constant([1.0, 2.0, 3.0, 4.0])))
    np.testing.assert_allclose(model.predict(X, verbose=0), X + np.arange(1, 5), rtol=1e-6)


def test_an_op_is_tried_once_for_each_shape_it_meets(monkeypatch: pytest.MonkeyPatch) -> None:
    x = L.Input((4,))
    model = Model(x, ops.tanh(x) * 2.0)
    model.compile("sgd", "mse")
    model.build((None, 4))
    tried = []
    made = type(model.wiring.steps[0].layer)
    monkeypatch.setattr(made, "_of_known", lambda *given: tried.append(given))
    for _ in range(2):
        model.fit(np.ones((3, 4)), np.ones((3, 4)), verbose=0)
    assert not tried
