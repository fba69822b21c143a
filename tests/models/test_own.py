"""Models of one's own by `call`: fitting, files, parts taken out, and what is told where they cannot be."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from pellucid import errors, ops
from pellucid import layers as L
from pellucid.models import Functional, Model, OwnModel, Sequential, clone_model, load_model
from pellucid.registry import register_keras_serializable
from pellucid.rng import Key

X, Y = Key(1).normal((40, 5)), np.arange(40) % 3


@register_keras_serializable("own")
class Net(Model):
    def __init__(self, units: int = 6, **options: Any) -> None:
        super().__init__(**options)
        self.units = units
        self.hidden = [L.Dense(units, activation="relu"), L.Dense(units, activation="tanh")]
        self.noise, self.head = L.Dropout(0.3), L.Dense(3, activation="softmax")

    def build(self, input_shape: Any) -> None:
        self.scale = self.add_weight((input_shape[-1],), "ones", name="scale")

    def call(self, x: Any, training: bool = False) -> Any:
        x = x * self.scale
        for layer in self.hidden:
            x = layer(x)
        if training:
            x = self.noise(x, training=training)
        return self.head(x)


class TwoOutputs(Model):
    def __init__(self) -> None:
        super().__init__()
        self.body, self.price, self.kind = L.Dense(4, "tanh"), L.Dense(1, name="price"), L.Dense(3, "softmax")

    def call(self, inputs: Any) -> Any:
        x = self.body(ops.concatenate([inputs["a"], inputs["b"]], axis=-1))
        return {"price": self.price(x), "kind": self.kind(x)}


def compiled(model: Any, **options: Any) -> Any:
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"], **options)
    return model


def test_it_is_a_model_like_any_other(tmp_path: Any) -> None:
    model = compiled(Net(name="net", seed=4))
    assert (model.built, model.compiled, model.weights) == (False, True, [])
    assert len(model.layers) == 4
    history = model.fit(X, Y, epochs=3, batch_size=8, validation_split=0.2, verbose=0).history
    assert set(history) == {"loss", "accuracy", "val_loss", "val_accuracy"}
    assert [v.path for v in model.weights][:3] == ["net/scale", "dense/kernel", "dense/bias"]
    np.testing.assert_allclose(model.predict(X, verbose=0), model(X), rtol=1e-5, atol=1e-6)
    assert model.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
    assert pellucid.check_gradients(model, X[:4], Y[:4]).worst_error < 1e-6


def test_the_same_seed_gives_the_same_bits_on_a_copy_and_after_a_file(tmp_path: Any) -> None:
    def trained(model: Any) -> Any:
        model.fit(X, Y, epochs=2, verbose=0)
        return model.theta.data

    first, second = (compiled(Net(seed=4)) for _ in range(2))
    np.testing.assert_array_equal(trained(first), trained(second))
    first.save(tmp_path / "net.keras")
    again, twin = load_model(tmp_path / "net.keras"), copy.deepcopy(first)
    assert again.units == 6
    for each in (first, again, twin):
        trained(each)
    np.testing.assert_array_equal(first.theta.data, again.theta.data)
    np.testing.assert_array_equal(first.theta.data, twin.theta.data)


def test_both_engines_take_the_same_steps() -> None:
    class Plain(Model):
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self.a, self.b = L.Dense(8, "relu"), L.Dense(3, "softmax")

        def call(self, x: Any) -> Any:
            return self.b(L.add([self.a(x), self.a(x)]))

    fast, slow = (compiled(Plain(seed=2), run_eagerly=eager) for eager in (False, True))
    for model in (fast, slow):
        model.fit(X, Y, epochs=3, verbose=0)
    assert not fast.engine.refusal
    np.testing.assert_allclose(fast.theta.data, slow.theta.data, rtol=1e-4, atol=1e-6)


def test_summary_before_the_input_is_known_is_as_keras_prints_it() -> None:
    lines: list[str] = []
    model = Net()
    model.summary(print_fn=lines.append, expand_nested=True)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in lines[0].splitlines() if "(D" in line]
    assert rows == [
        ["dense (Dense)", "?", "0 (unbuilt)"],
        ["dense_1 (Dense)", "?", "0 (unbuilt)"],
        ["dropout (Dropout)", "?", "0"],
        ["dense_2 (Dense)", "?", "0 (unbuilt)"],
    ]
    assert " Total params: 0 (0.00 B)" in lines[0]
    assert "dense_2 (Dense)" in model._repr_html_()
    assert not model.built


def test_several_inputs_and_outputs_by_name() -> None:
    model, data = TwoOutputs(), {"a": X[:, :3], "b": X[:, 3:]}
    model.compile("sgd", {"price": "mse", "kind": "sparse_categorical_crossentropy"}, metrics={"kind": ["accuracy"]})
    with pytest.raises(errors.InvalidArgument, match="with the keys 'price', 'kind'"):
        model.fit(data, {"prize": X[:, 0], "kind": Y}, verbose=0)
    history = model.fit(data, {"price": X[:, 0], "kind": Y}, epochs=2, verbose=0).history
    assert set(history) == {"loss", "price_loss", "kind_loss", "kind_accuracy"}
    assert {name: y.shape for name, y in model.predict(data, verbose=0).items()} == {"price": (40, 1), "kind": (40, 3)}
    assert (model.input_names, model.output_names) == (["a", "b"], ["price", "kind"])


def test_parts_are_taken_out_and_it_stands_in_other_models() -> None:
    model = Net(seed=1)
    model.build((None, 5))
    part = Model(model.input, model.get_layer("dense").output)
    assert part.predict(X, verbose=0).shape == (40, 6)
    x = L.Input((5,))
    outer = Model(x, L.Dense(2)(model(x)))
    assert outer.count_params() == model.count_params() + 8
    compiled(outer).fit(X, Y % 2, verbose=0)
    np.testing.assert_array_equal(outer.get_layer("net").get_weights()[0], model.get_weights()[0])


def test_a_clone_has_weights_of_its_own() -> None:
    model = compiled(Net(seed=1))
    model.fit(X, Y, verbose=0)
    twin = clone_model(model)
    assert [w.shape for w in twin.get_weights()] == [w.shape for w in model.get_weights()]
    assert not np.array_equal(twin.get_weights()[1], model.get_weights()[1])
    with pytest.raises(errors.InvalidArgument, match="clone_function"):
        clone_model(model, lambda layer: layer)


def test_a_graph_that_the_class_gives_to_its_base() -> None:
    class Given(Model):
        def __init__(self, width: int) -> None:
            x = L.Input((5,))
            super().__init__(x, L.Dense(width)(x), name="given")

    model = Given(2)
    assert isinstance(model, Functional)
    assert (model.name, model.predict(X, verbose=0).shape) == ("given", (40, 2))


def test_an_op_of_an_activation_is_that_activation(tmp_path: Any) -> None:
    model = compiled(Sequential([L.Input((5,)), L.Dense(4, activation=ops.relu), L.Dense(3, activation=ops.softmax)]))
    model.fit(X, Y, verbose=0)
    assert not model.engine.refusal
    model.save(tmp_path / "ops.keras")
    np.testing.assert_array_equal(load_model(tmp_path / "ops.keras").predict(X, verbose=0), model.predict(X, verbose=0))
    assert pellucid.activations.get(ops.gelu).options == {"approximate": True}  # as the op has it, and Keras's too


def test_what_could_not_be_loaded_is_not_saved(tmp_path: Any) -> None:
    model = Sequential([L.Input((5,)), L.Dense(3, activation=lambda x: x * 2.0)])
    with pytest.raises(errors.InvalidArgument, match="functions of one's own that have names, got <lambda>"):
        model.save(tmp_path / "nameless.keras")
    assert not list(tmp_path.iterdir())
    for own in ({"kernel_regularizer": lambda w: ops.sum(w)}, {"bias_constraint": lambda w: w}):
        with pytest.raises(errors.InvalidArgument, match="functions of one's own that have names, got <lambda>"):
            Sequential([L.Input((5,)), L.Dense(3, **own)]).save(tmp_path / "nameless.keras")


def test_what_a_class_is() -> None:
    assert issubclass(Net, OwnModel)
    assert not isinstance(Sequential(), OwnModel)


def test_gradients_arrive_whichever_class_frames_them() -> None:
    """The same network as a class and as a graph: the same gradients."""
    own = compiled(Net(seed=1))
    own.build((None, 5))
    x = L.Input((5,))
    scaled = L.Lambda(lambda t: t * 1.0)(x)
    h = L.Dense(6, "tanh")(L.Dense(6, "relu")(scaled))
    graph = compiled(Model(x, L.Dense(3, "softmax")(h), seed=1))
    graph.set_weights(own.get_weights()[1:])
    own.noise.rate = 0.0
    theirs = list(graph.gradients(X, Y).values())
    for mine, other in zip(list(own.gradients(X, Y).values())[1:], theirs, strict=True):
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-7)


@pytest.mark.parametrize(
    ("run", "message"),
    [
        (lambda: Net().save("never.keras"), "a model that is built"),
        (lambda: Net().fit(X, Y), "a compiled model"),
        (lambda: Net().compile("adm", "mse"), "'adm'"),
        (lambda: Net().compile("adam", "mze"), "'mze'"),
        (lambda: compiled(Net()).fit(X, Y[:5], verbose=0), "y"),
        (lambda: Net().layers[0].kernel, "no attribute 'kernel'"),
        (lambda: load_and_lie(), "architectures differ|expected"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(run: Callable[[], Any], message: str) -> None:
    with pytest.raises((errors.PellucidError, AttributeError), match=message):
        run()


def load_and_lie() -> None:
    import tempfile
    from pathlib import Path

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "net.keras"
        compiled(Net(7)).fit(X, Y, verbose=0).model.save(path)
        load_model(path, custom_objects={"Net": Sequential, "own>Net": Sequential})


def test_a_step_of_its_own_gets_the_inputs_as_call_does() -> None:
    class Stepping(TwoOutputs):
        def train_step(self, data: Any) -> dict[str, float]:
            x, y = data
            g = self.gradients(x, y)
            self.optimizer.apply(list(g.values()), self.trainable_variables)
            return {"loss": self.compute_loss(x, y, self(x, training=True)), "keys": float(len(x))}

    class Silent(TwoOutputs):
        def train_step(self, data: Any) -> dict[str, float]:
            return {metric.name: metric.result() for metric in self.metrics}

    data, target = {"a": X[:, :3], "b": X[:, 3:]}, {"price": X[:, 0], "kind": Y}
    for kind in (Stepping, Silent):
        model = kind()
        model.compile("sgd", ["mse", "sparse_categorical_crossentropy"])
        if kind is Stepping:
            assert model.fit(data, target, epochs=2, verbose=0).history["keys"] == [2.0, 2.0]
        else:
            assert model.fit(data, target, verbose=0).history == {"loss": [0.0]}  # nothing was counted, as in Keras


IN_EITHER = """
import numpy as np
class Sub(layers.Layer):
    def __init__(self, **kwargs):
        super().__init__(**kwargs); self.proj = layers.Dense(4)
    def build(self, shape):
        self.g = self.add_weight(shape=(4,), initializer="ones", name="g"); self.proj.build(shape)
    def call(self, x):
        return self.proj(x) * self.g
class Net(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.out = layers.Dense(2); self.blocks = [Sub(), Sub()]
        self.a = layers.Dense(4); self.head = {"x": layers.Dense(4)}
    def call(self, x):
        for block in [self.a, *self.blocks]:
            x = block(x)
        return self.out(self.head["x"](x))
"""


@pytest.mark.filterwarnings("ignore")
def test_files_travel_between_keras_and_here(tmp_path: Any) -> None:
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    theirs: dict[str, Any] = {"keras": keras, "layers": keras.layers}
    ours: dict[str, Any] = {"keras": pellucid, "layers": pellucid.layers}
    for names in (theirs, ours):
        exec(compile(IN_EITHER, "in_either", "exec"), names)
        names["model"] = names["Net"](name="net")
        names["model"](X)
        for i, weight in enumerate(names["model"].weights):
            weight.assign(Key(i).normal(tuple(weight.shape)))
    expected = np.asarray(theirs["model"](X))
    np.testing.assert_allclose(ours["model"](X), expected, rtol=1e-4, atol=1e-5)  # their weights are in one order
    for source, target in ((theirs, ours), (ours, theirs)):
        source["model"].save(tmp_path / "net.keras")
        source["model"].save_weights(tmp_path / "net.weights.h5")
        load, objects = target["keras"].models.load_model, {"Net": target["Net"], "Sub": target["Sub"]}
        np.testing.assert_allclose(load(tmp_path / "net.keras", objects)(X), expected, rtol=1e-4, atol=1e-5)
        fresh = target["Net"]()
        fresh(X)
        fresh.load_weights(tmp_path / "net.weights.h5")
        np.testing.assert_allclose(fresh(X), expected, rtol=1e-4, atol=1e-5)


def test_a_layer_that_no_call_uses_is_no_hindrance(tmp_path: Any) -> None:
    model = TwoOutputs()
    model.idle = L.Dense(7)
    data = {"b": X[:, 3:], "a": X[:, :3]}
    expected = model({"a": X[:, :3], "b": X[:, 3:]})["price"]
    np.testing.assert_array_equal(model(data)["price"], expected)
    model.save(tmp_path / "two.keras")
    again = load_model(tmp_path / "two.keras", custom_objects={"TwoOutputs": TwoOutputs})
    np.testing.assert_array_equal(again(data)["price"], expected)
    model.compile("adam", ["mse", "sparse_categorical_crossentropy"])
    history = model.fit(data, {"price": X[:, 0], "kind": Y}, validation_split=0.25, verbose=0).history
    assert {"val_price_loss", "val_kind_loss"} < set(history)


def test_a_fresh_model_of_several_outputs_takes_a_step() -> None:
    model = TwoOutputs()
    model.compile("sgd", ["mse", "sparse_categorical_crossentropy"])
    data = {"a": X[:, :3], "b": X[:, 3:]}
    assert len(model.train_on_batch(data, {"price": X[:, 0], "kind": Y})) == 3


def test_a_functional_class_comes_back_from_its_file(tmp_path: Any) -> None:
    class Given(Model):
        def __init__(self) -> None:
            x = L.Input((5,))
            super().__init__(inputs=x, outputs=L.Dense(2)(x))

    model = Given()
    model.save(tmp_path / "given.keras")
    again = load_model(tmp_path / "given.keras", custom_objects={"Given": Given})
    assert isinstance(again, Given)
    np.testing.assert_array_equal(again.predict(X, verbose=0), model.predict(X, verbose=0))
    assert isinstance(Model.from_config(model.get_config()), Functional)
