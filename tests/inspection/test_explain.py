"""`explain` shows what an engine computed, to the bit what training does; both engines agree, and nothing changes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import pellucid
from laws.engines import close
from laws.test_layers import ROWS, told
from machine import test_networks as networks
from pellucid import layers as L
from pellucid.activations import activations
from pellucid.errors import DataError, InvalidArgument, PellucidError, ShapeError, UnknownName
from pellucid.inspection.explaining.explanation import Explanation
from pellucid.inspection.explaining.formulas import meaning
from pellucid.inspection.explaining.numbers import columns
from pellucid.layers.base import layers
from pellucid.layers.checking import away_from_zero
from pellucid.losses.base import losses
from pellucid.optimizers.base import optimizers
from pellucid.rng import Key

pytestmark = pytest.mark.filterwarnings("ignore:layer .* its input has a mask")  # Flatten, behind Masking

Make = Callable[[], pellucid.Sequential]


def network(shape: tuple[int, ...], middle: list[L.Layer], optimizer: Any = None) -> pellucid.Sequential:
    """Dense, what is to be looked at, and a softmax: every layer has one below that wants its dx."""
    below = [L.Dense(shape[-1], "tanh")] if shape else []
    stack = [L.Input(shape), *below, *middle, L.Flatten(), L.Dense(3, "softmax")]
    model = pellucid.Sequential(stack, seed=3, name="net")
    model.compile(optimizer or pellucid.optimizers.Adam(0.01, epsilon=1e-3), "sparse_categorical_crossentropy")
    return model


def data(shape: tuple[int, ...], n: int = 5) -> tuple[np.ndarray, np.ndarray]:
    return away_from_zero((n, *shape), Key(5)).astype("float32"), np.arange(n) % 3


def all_of(model: pellucid.Sequential) -> dict[str, np.ndarray]:
    """Everything a step may change, and everything random it depends on."""
    kept = {"theta": model.theta.data, "state": model.state.data, "gradient": model.gradient.data}
    kept |= model.optimizer.state()
    return {name: np.array(a) for name, a in kept.items()} | {"key": np.array(model.key.seed, "uint64")}


INNER = [row for row in ROWS if not isinstance(row[0](), L.InputLayer | L.Embedding)]  # which only stand in front
ONE_STEP = [row for row in INNER if not isinstance(row[0](), L.EinsumDense)]  # which is told as the steps of its call
every_row = pytest.mark.parametrize(("make", "shape"), INNER, ids=[told(row) for row in INNER])
every_step = pytest.mark.parametrize(("make", "shape"), ONE_STEP, ids=[told(row) for row in ONE_STEP])


@every_row
@pytest.mark.parametrize("engine", ["compiled", "definition"])
def test_the_numbers_are_to_the_bit_those_of_the_step_that_training_takes(
    make: Callable[[], L.Layer], shape: tuple[int, ...], engine: str
) -> None:
    model, (x, y) = network(shape, [make()]), data(shape)
    model.run_eagerly = engine == "definition"
    for step in range(2):
        explanation = model.explain(x, y)
        assert explanation.engine == engine
        loss = model.train_on_batch(x, y)
        assert explanation.loss == pytest.approx(loss, rel=1e-12)
        assert explanation.step == step + 1
        for name, update in explanation.updates.items():
            if name in model.theta:
                np.testing.assert_array_equal(update.inputs["g"], model.gradient[name])
                np.testing.assert_array_equal(update.outputs["w"], model.theta[name])
                np.testing.assert_array_equal(update.outputs["velocity"], model.optimizer.memory.of(name)["velocity"])
            else:
                np.testing.assert_array_equal(update.outputs["w"], model.state[name])
        assert {n for n in explanation.updates if n in model.theta} == set(model.trained_names())


@every_step
def test_both_engines_tell_the_same(make: Callable[[], L.Layer], shape: tuple[int, ...]) -> None:
    model, (x, y) = network(shape, [make()]), data(shape)
    compiled, definition = model.explain(x, y), model.explain(x, y, engine="definition")
    assert compiled.loss == pytest.approx(definition.loss, rel=1e-5)
    first_trained = next(i for i, layer in enumerate(model.layers) if layer.count_params() and layer.trainable)
    unneeded = {("backward", layer.name) for layer in model.layers[:first_trained]}
    order = [(s.phase, s.name) for s in definition if (s.phase, s.name) not in unneeded]
    assert [(s.phase, s.name) for s in compiled] == order
    seen, others_of = 0, {(s.phase, s.name): s for s in definition}
    for one in compiled:
        other = others_of[one.phase, one.name]
        for arrays, others in ((one.inputs, other.inputs), (one.outputs, other.outputs)):
            for letter in arrays.keys() & others.keys():
                got, wanted = arrays[letter], others[letter]
                wanted = np.broadcast_to(wanted, got.shape) if letter == "m" else wanted.reshape(got.shape)
                close(f"{one.phase} {one.name} {letter}", got, wanted, 1e-4)
                seen += 1
        if one.phase in ("loss", "update"):
            assert (one.formula, one.inputs.keys()) == (other.formula, other.inputs.keys())
        if one.phase == "forward":
            assert one.formula == other.formula
            assert {"x", "y"} <= {*one.inputs, *one.outputs}
        if one.phase == "backward" and one.name != model.layers[first_trained].name:
            assert "dx" in one.outputs
    assert seen > 20


@every_step
@pytest.mark.parametrize("engine", ["compiled", "definition"])
def test_a_forward_pass_is_that_of_predict(make: Callable[[], L.Layer], shape: tuple[int, ...], engine: str) -> None:
    model, (x, _) = network(shape, [make()]), data(shape)
    model.run_eagerly = engine == "definition"
    explanation = model.explain(x)
    assert explanation.engine == engine
    assert explanation.loss is explanation.loss_step is explanation.step is None
    last = explanation.steps[-1]
    np.testing.assert_array_equal(last["y"], model.predict(x, verbose=0))
    for before, after in zip(explanation.steps, explanation.steps[1:], strict=False):
        np.testing.assert_array_equal(before["y"], after["x"])


@pytest.mark.parametrize("engine", ["compiled", "definition"])
def test_explaining_changes_no_bit_of_anything(engine: str) -> None:
    def trained(explained: bool) -> pellucid.Sequential:
        model = network((4,), [L.Dropout(0.3), L.BatchNormalization()], pellucid.optimizers.Adam(use_ema=True))
        x, y = data((4,), 40)
        for _ in range(3):
            model.fit(x, y, batch_size=8, epochs=1, verbose=0)
            if explained:
                before, meters = all_of(model), model.meters.state()
                model.explain(x[:3], y[:3], engine=engine)
                model.explain(x[:3], engine=engine)
                for name, value in all_of(model).items():
                    np.testing.assert_array_equal(value, before[name], err_msg=name)
                for name, value in model.meters.state().items():
                    np.testing.assert_array_equal(value, meters[name], err_msg=name)
        return model

    one, other = trained(True), trained(False)
    for name, value in all_of(one).items():
        np.testing.assert_array_equal(value, all_of(other)[name], err_msg=name)


def test_a_model_that_was_never_built_stays_so_and_is_explained_as_it_will_start() -> None:
    model = pellucid.Sequential([L.Dense(3, "relu"), L.Dense(1)], seed=4)
    model.compile("adam", "mse")
    x, y = data((2,))
    explanation = model.explain(x, y)
    assert not model.built
    assert model.optimizer.memory is None
    model.train_on_batch(x, y)
    for name, update in explanation.updates.items():
        np.testing.assert_array_equal(update.outputs["w"], model.theta[name])


@settings(max_examples=40, suppress_health_check=list(HealthCheck))
@given(
    hidden=networks.hidden, head=networks.heads, optimizer=st.sampled_from(sorted(networks.OPTIMIZERS)),
    batch=st.integers(1, 9), inputs=st.integers(1, 12), weighted=st.booleans(), eager=st.booleans(),
    seed=st.integers(0, 1000),
)  # fmt: skip
def test_whole_networks_drawn_at_random(
    hidden: list[Callable[[], L.Layer]], head: tuple[int, Any, str], optimizer: str, batch: int, inputs: int,
    weighted: bool, eager: bool, seed: int,
) -> None:  # fmt: skip
    outputs, activation, loss = head
    x, y = Key(seed).normal((batch, inputs)), networks.targets(loss, batch, outputs)
    w = Key(seed).fold("weights").uniform((batch,)) + 0.5 if weighted else None
    stack = [L.Input((inputs,)), *(make() for make in hidden), L.Dense(outputs, activation)]
    model = pellucid.Sequential(stack, seed=seed)
    model.compile(networks.OPTIMIZERS[optimizer](), loss, run_eagerly=eager)
    for _ in range(2):
        explanation = model.explain(x, y, w)
        assert explanation.engine == ("definition" if eager else "compiled")
        assert explanation.loss == pytest.approx(model.train_on_batch(x, y, w), rel=1e-12)
        for name in model.trained_names():
            np.testing.assert_array_equal(explanation.updates[name].inputs["g"], model.gradient[name])
            np.testing.assert_array_equal(explanation.updates[name].outputs["w"], model.theta[name])
            index = tuple(n - 1 for n in model.theta.shapes[name])
            scale = max(float(np.abs(model.gradient[name]).max()), 1e-3)
            assert abs(explanation.why(name, *index).sum - model.gradient[name][index]) < 1e-4 * scale
        assert max(map(columns, explanation.text(90).splitlines())) <= 90
        json.dumps(explanation.to_dict(), allow_nan=False)


# The numbers, worked out by hand -----------------------------------------------------------------------------------


def by_hand(W1: np.ndarray, b1: np.ndarray, W2: np.ndarray, b2: np.ndarray, x: np.ndarray, k: np.ndarray) -> Any:
    """A step of x → relu(xW₁ + b₁)W₂ + b₂ → softmax → cross-entropy in float64, as the textbook writes it."""
    z1 = x @ W1 + b1
    y1 = np.maximum(z1, 0)
    z2 = y1 @ W2 + b2
    p = np.exp(z2) / np.exp(z2).sum(axis=1, keepdims=True)
    dz2 = (p - np.eye(p.shape[1])[k]) / len(x)
    dy1 = dz2 @ W2.T
    dz1 = dy1 * (z1 > 0)
    return {
        ("forward", "dense"): {"x": x, "W": W1, "b": b1, "z": z1, "y": y1},
        ("forward", "dense_1"): {"x": y1, "W": W2, "b": b2, "z": z2, "y": p},
        ("loss", "sparse_categorical_crossentropy"): {
            "z": z2, "t": k, "ℓ": -np.log(p[np.arange(len(k)), k]), "dz": dz2,
            "L": np.array(-np.log(p[np.arange(len(k)), k]).mean()),
        },
        ("backward", "dense_1"): {"dz": dz2, "dW": y1.T @ dz2, "db": dz2.sum(axis=0), "dx": dy1},
        ("backward", "dense"): {"dy": dy1, "dz": dz1, "dW": x.T @ dz1, "db": dz1.sum(axis=0)},
        ("update", "dense/kernel"): {"w": W1 - 0.5 * (x.T @ dz1)},
    }  # fmt: skip


@pytest.mark.parametrize("engine", ["compiled", "definition"])
def test_a_network_of_two_layers_is_as_worked_out_by_hand(engine: str) -> None:
    model = pellucid.Sequential([L.Dense(6, "relu", input_shape=(4,)), L.Dense(3, "softmax")], seed=2)
    model.compile(pellucid.optimizers.SGD(0.5), "sparse_categorical_crossentropy")
    x, k = data((4,), 7)
    explanation = model.explain(x, k, engine=engine)
    steps = {(s.phase, s.name): s for s in explanation}
    given = [np.asarray(w, "float64") for w in model.get_weights()]
    for at, arrays in by_hand(*given, x.astype("float64"), k).items():
        for letter, wanted in arrays.items():
            close(f"{at} {letter}", steps[at][letter], wanted)


def test_the_mask_of_dropout_is_the_one_that_was_drawn() -> None:
    model, (x, y) = network((8,), [L.Dropout(0.4)]), data((8,))
    compiled, definition = model.explain(x, y), model.explain(x, y, engine="definition")
    m = compiled.forward["dropout"]["m"]
    np.testing.assert_array_equal(m, definition.forward["dropout"]["m"])
    assert set(np.unique(m)) == {0.0, 1.0}
    close("y", compiled.forward["dropout"]["y"], compiled.forward["dropout"]["x"] * m / 0.6, 1e-6)
    close("dx", compiled.backward["dropout"]["dx"], compiled.backward["dropout"]["dy"] * m / 0.6, 1e-6)
    key = model.key.fold("noise", 0).fold(1)  # the step's, then the second layer's
    np.testing.assert_array_equal(m, key.uniform((5, 8)) >= 0.4)
    assert not np.array_equal(m, _after_a_step(model, x, y).forward["dropout"]["m"])
    assert model.explain(x).forward["dropout"].formula == "y = x"


def _after_a_step(model: pellucid.Sequential, x: np.ndarray, y: np.ndarray) -> Explanation:
    model.train_on_batch(x, y)
    return model.explain(x, y)


@pytest.mark.parametrize("layer", [L.GaussianNoise(0.3), L.GaussianDropout(0.3), L.AlphaDropout(0.3)])
def test_noise_is_shown(layer: L.Layer) -> None:
    step = network((8,), [layer]).explain(*data((8,))).forward[layer.name]
    if isinstance(layer, L.AlphaDropout):
        assert (step["y"][step["m"] == 0] == step["y"][step["m"] == 0][0]).all()
    else:
        close("y", step["y"], step["x"] + step["n"] if layer.name == "gaussian_noise" else step["x"] * step["n"], 1e-6)


# Everything that an update is made of ------------------------------------------------------------------------------

OPTIMIZERS: dict[str, Callable[[], Any]] = {
    **{name: (lambda cls=cls: cls(0.01)) for name, cls in optimizers.parts.items() if name != "MultiOptimizer"},
    "clipvalue": lambda: pellucid.optimizers.Adam(clipvalue=0.01),
    "clipnorm": lambda: pellucid.optimizers.Adam(clipnorm=0.1, weight_decay=0.1),
    "global_clipnorm": lambda: pellucid.optimizers.SGD(0.1, global_clipnorm=0.1),
    "nesterov": lambda: pellucid.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
    "average": lambda: pellucid.optimizers.Adam(use_ema=True, ema_momentum=0.9),
    "scaled": lambda: pellucid.optimizers.Adam(loss_scale_factor=64.0),
    "accumulated": lambda: pellucid.optimizers.Adam(gradient_accumulation_steps=2, clipnorm=0.1),
    "averaged": lambda: pellucid.optimizers.Adam(gradient_accumulation_steps=2),
    "scheduled": lambda: pellucid.optimizers.SGD(pellucid.optimizers.schedules.ExponentialDecay(0.5, 1, 0.5)),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_shown_as_it_steps(name: str) -> None:
    def make(eager: bool) -> pellucid.Sequential:
        stack = [
            L.Input((4,)),
            L.Dense(5, "tanh", kernel_regularizer="l2", kernel_constraint=pellucid.constraints.MaxNorm(1.0)),
            L.Dense(3, "softmax", bias_regularizer="l1"),
        ]
        model = pellucid.Sequential(stack, seed=3)
        model.compile(OPTIMIZERS[name](), "sparse_categorical_crossentropy", run_eagerly=eager)
        return model

    x, y = data((4,))
    machine, definition = make(False), make(True)
    for step in range(3):
        rate = float(machine.optimizer.learning_rate)
        one, other = machine.explain(x, y), definition.explain(x, y)
        assert (one.engine, other.engine) == ("compiled", "definition")
        assert one.learning_rate == rate
        for model, explanation in ((machine, one), (definition, other)):
            before = model.theta["dense/kernel"].copy()
            model.train_on_batch(x, y)
            update = explanation.updates["dense/kernel"]
            np.testing.assert_array_equal(update.inputs["w"], before)
            np.testing.assert_array_equal(update.outputs["w"], model.theta["dense/kernel"])
            np.testing.assert_array_equal(update.inputs["g"], model.gradient["dense/kernel"])
            for what, slot in model.optimizer.memory.of("dense/kernel").items():
                np.testing.assert_array_equal(update.outputs[what], slot)
            assert "MaxNorm" in update.formula
        for path, update in one.updates.items():
            used = update.inputs.get("g used")
            wanted = other.updates[path].inputs.get("g used")
            assert (used is None) == (wanted is None), (step, path)
            if used is not None and wanted is not None:
                close(f"step {step}, {path}, g used", used, wanted, 1e-4)
    if name == "clipnorm":
        g = one.updates["dense/kernel"].inputs
        close("clipped", g["g used"], g["g"] * 0.1 / np.sqrt((g["g"] ** 2).sum()))
        assert "g is clipped by clipnorm = 0.1" in one.updates["dense/kernel"].notes
        assert one.updates["dense/kernel"].formula.startswith("w ← w − lr·decay·w, ")


def test_a_step_that_only_accumulates_says_so() -> None:
    model = network((4,), [], OPTIMIZERS["accumulated"]())
    x, y = data((4,))
    for engine in ("compiled", "definition"):
        update = model.explain(x, y, engine=engine).updates["dense/kernel"]
        assert "no update yet" in " ".join(update.notes)
        assert update.notes[0].endswith(", t = 1")
        np.testing.assert_array_equal(update.inputs["w"], update.outputs["w"])
        assert "g used" not in update.inputs


@pytest.mark.parametrize("engine", ["compiled", "definition"])
def test_penalties_are_shown_apart(engine: str) -> None:
    hidden = L.Dense(5, "tanh", kernel_regularizer=pellucid.regularizers.L2(0.1), activity_regularizer="l1")
    model = pellucid.Sequential([L.Input((4,)), hidden, L.Dense(3, "softmax")], seed=3)
    model.compile("sgd", "sparse_categorical_crossentropy")
    x, y = data((4,))
    explanation = model.explain(x, y, engine=engine)
    back, forward = explanation.backward["dense"], explanation.forward["dense"]
    close("dR/dW", back["dR/dW"], 0.2 * model.theta["dense/kernel"])
    close("dW", back["dW"], forward["x"].T @ back["dz"] + 0.2 * model.theta["dense/kernel"])
    loss = explanation.loss_step
    assert loss is not None
    penalty = 0.1 * (model.theta["dense/kernel"] ** 2).sum() + 0.01 * np.abs(forward["y"]).sum() / 5
    assert float(loss["L"]) == pytest.approx(float(loss["ℓ"].mean() + penalty), rel=1e-5)
    assert f"R = {penalty:.4g}"[:9] in " ".join(loss.notes)
    above = explanation.backward["dense_1"]["dx"] + 0.01 * np.sign(forward["y"]) / 5
    close("dy", back["dy"], above)  # with the activity's share


@pytest.mark.parametrize("engine", ["compiled", "definition"])
@pytest.mark.parametrize("name", sorted(name for name, cls in losses.parts.items() if cls.by_rows))
def test_every_loss_is_shown(name: str, engine: str) -> None:
    loss = losses.get(name)
    classes = loss.targets == "classes"
    model = pellucid.Sequential([L.Dense(4, "tanh", input_shape=(4,)), L.Dense(3, "softmax")], seed=3)
    model.compile("sgd", loss)
    x, k = data((4,))
    y = k if classes else np.eye(3, dtype="float32")[k]
    w = np.linspace(0.5, 2.0, 5)
    step = model.explain(x, y, w, engine=engine).loss_step
    assert step is not None
    close("ℓ", step["ℓ"], loss.values(*loss.check(y, model.predict(x))), 1e-4)
    close("L", step["L"], (step["ℓ"] * w).mean())
    _, dy = loss.value_and_gradient(y, model.predict(x, verbose=0), w)
    if "dy" in step.outputs:
        close("dy", step["dy"], dy, 1e-4)
    else:
        p = model.predict(x, verbose=0)
        close("dz", step["dz"], activations.get("softmax").grad(dy, step["z"], p), 1e-4)
        assert "in one go" in " ".join(step.notes)
    assert step.formula.startswith(f"ℓ = {type(loss).formula}")


SPARSE = pellucid.losses.SparseCategoricalCrossentropy
HEADS: dict[str, tuple[list[L.Layer], Any, str, str, str]] = {
    "in the layer": ([L.Dense(3, "softmax")], SPARSE(), "z", "L = Σ ℓ / N", "dW = xᵀ·dz, db = Σ dz"),
    "an activation": ([L.Dense(3), L.Activation("softmax")], SPARSE(), "z", "y = softmax(z)", "dx = dz, since z is x"),
    "a softmax": ([L.Dense(3), L.Softmax()], SPARSE(), "z", "(softmax(z) − one_hot(t)) / N", "dx = dz, since z is x"),
    "logits": ([L.Dense(3)], SPARSE(from_logits=True), "z", "dz = (softmax(z) − one_hot(t)) / N", "dz = dy, dW"),
    "looked through": ([L.Dense(3, "softmax"), L.Identity()], SPARSE(), "y", "dy = dℓ/dy / N", "dx = dy"),
    "a sum": ([L.Dense(3, "softmax")], SPARSE(reduction="sum"), "z", "L = Σ ℓ, dz = (softmax(z) − one_hot(t))", "dW"),
    "numbers": ([L.Dense(3, "tanh")], "mse", "y", "ℓ = mean (y − t)², L = Σ ℓ / N, dy = dℓ/dy / N", "dz = dy·tanh′(z)"),
}


@pytest.mark.parametrize("engine", ["compiled", "definition"])
@pytest.mark.parametrize("name", HEADS)
def test_what_the_loss_looks_at_and_how_the_way_back_begins(name: str, engine: str) -> None:
    stack, loss, letter, formula, back = HEADS[name]
    model = pellucid.Sequential([L.Input((4,)), *stack], seed=3)
    model.compile("sgd", loss)
    x, y = data((4,))
    explanation = model.explain(x, y if loss != "mse" else np.eye(3)[y], engine=engine)
    step, last = explanation.loss_step, explanation.backward[model.layers[-1].name]
    assert step is not None
    assert formula in step.formula
    assert last.formula.startswith(back)
    np.testing.assert_array_equal(step[f"d{letter}"], next(iter(last.inputs.values())))
    z = explanation.forward[model.layers[0].name]["z"]
    wanted = z if letter == "z" else explanation.steps[len(model.layers) - 1]["y"]
    np.testing.assert_array_equal(step[letter], wanted)
    if isinstance(loss, SPARSE):
        p = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True)
        parts = 1 if loss.reduction == "sum" else 5
        close("dz", explanation.backward[model.layers[0].name]["dz"], (p - np.eye(3)[y]) / parts)


def test_models_within_models_are_shown_by_their_paths() -> None:
    inner = pellucid.Sequential([L.Dense(4, "relu"), L.Dropout(0.2)], name="inner")
    model = pellucid.Sequential([L.Input((3,)), inner, L.Dense(2, "softmax")], seed=1)
    model.compile("adam", "sparse_categorical_crossentropy")
    x, y = data((3,))
    y = y % 2
    explanation = model.explain(x, y)
    assert list(explanation.forward) == ["inner/dense", "inner/dropout", "dense"]
    other = model.explain(x, y, engine="definition")
    for name, step in explanation.backward.items():
        for letter in step.outputs.keys() & other.backward[name].outputs.keys():
            close(f"{name} {letter}", step[letter], other.backward[name][letter], 1e-4)
    assert explanation.why("inner/dense/kernel", 0, 1).sum == pytest.approx(
        float(explanation.backward["inner/dense"]["dW"][0, 1]), rel=1e-4, abs=1e-7
    )


def test_frozen_layers_have_no_update() -> None:
    model = network((4,), [L.Dense(4, "relu", trainable=False)])
    for engine in ("compiled", "definition"):
        explanation = model.explain(*data((4,)), engine=engine)
        assert "dense_1/kernel" not in explanation.updates
        assert "dW" not in explanation.backward["dense_1"].outputs
        assert "dW" not in explanation.backward["dense_1"].formula
        assert "not trained" in str(explanation.why("dense_1/kernel", 0, 0))


def test_a_step_that_is_not_finite_is_shown_as_far_as_it_went() -> None:
    model, (x, y) = network((4,), []), data((4,))
    model.layers[0].kernel = np.full((4, 4), np.inf)
    explanation = model.explain(x, y)
    assert explanation.engine == "definition"  # which traces what is not finite
    assert not explanation.updates
    assert "finite" in explanation.notes[0]
    assert "nan" in str(explanation) or "not finite" in str(explanation)
    json.dumps(explanation.to_dict(), allow_nan=False)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], np.inf)


# Formulas ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", [layers, losses, optimizers], ids=["layers", "losses", "optimizers"])
def test_every_part_declares_its_formula(family: Any) -> None:
    bare = [name for name, cls in family.parts.items() if name not in ("Sequential", "Functional") and not cls.formula]
    assert not bare


def test_every_activation_s_formula_is_read_from_its_docstring() -> None:
    for name in {make().name for make in activations.names.values()} - {"linear"}:
        assert meaning(activations.get(name)).startswith(f"{name}: y = "), name


def test_what_a_layer_lacks_is_not_in_its_formula() -> None:
    model = network((4,), [L.Dense(4, use_bias=False), L.BatchNormalization(scale=False)])
    explanation = model.explain(*data((4,)))
    assert explanation.forward["dense_1"].formula == "z = xW, y = z"
    assert explanation.backward["dense_1"].formula == "dz = dy, dW = xᵀ·dz, dx = dz·Wᵀ"
    assert explanation.forward["batch_normalization"].formula.endswith("y = x̂ + β")
    assert "dγ" not in explanation.backward["batch_normalization"].formula


FORMULAS: dict[str, tuple[Any, str, str]] = {
    "amsgrad": (pellucid.optimizers.Adam(amsgrad=True), "v̂ ← max(v̂, v)", "β₁ = 0.9, β₂ = 0.999, ε = 1e-07"),
    "centered": (pellucid.optimizers.RMSprop(centered=True), "√(v − a² + ε)", "ρ = 0.9, μ = 0, ε = 1e-07"),
    "momentum": (pellucid.optimizers.SGD(momentum=0.9), "m ← μm − lr·g, w ← w + m", "μ = 0.9"),
    "nesterov": (pellucid.optimizers.SGD(momentum=0.9, nesterov=True), "w ← w + μm − lr·g", "μ = 0.9"),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_an_optimizer_s_options_are_in_its_formula(name: str) -> None:
    optimizer, formula, numbers = FORMULAS[name]
    step = network((4,), [], optimizer).explain(*data((4,))).updates["dense/kernel"]
    assert formula in step.formula
    assert numbers in step.notes


def test_a_layer_s_numbers_are_told_and_frozen_statistics_do_not_move() -> None:
    layers = [L.Dropout(0.3), L.BatchNormalization(epsilon=0.01, trainable=False), L.Rescaling(0.5, offset=2.0)]
    explanation = network((4,), layers).explain(*data((4,)))
    assert explanation.forward["dropout"].notes == ("rate = 0.3",)
    assert explanation.forward["rescaling"].notes == ("scale = 0.5, offset = 2",)
    assert explanation.forward["batch_normalization"].notes[0] == "ε = 0.01"
    back = explanation.backward["batch_normalization"]
    assert back.formula == "g = dy·γ, dx = r·g"
    close("dx", back["dx"], back["dy"] / np.sqrt(1.01))


class Twice(L.Dense):
    """A layer derived from one of ours, of which its formula is not true."""

    def forward(self, p: Any, x: np.ndarray, *, training: bool, rng: Key) -> tuple[np.ndarray, Any]:
        y, cache = super().forward(p, x, training=training, rng=rng)
        return 2 * y, cache

    def backward(self, p: Any, cache: Any, dy: np.ndarray) -> tuple[np.ndarray, dict[str, np.ndarray]]:
        return super().backward(p, cache, 2 * dy)


def test_a_layer_of_the_user_s_is_shown_as_what_it_is() -> None:
    model, (x, y) = network((4,), [Twice(3, name="twice")]), data((4,))
    explanation = model.explain(x, y)
    assert explanation.engine == "definition"
    step = explanation.forward["twice"]
    assert step.formula == "y = Twice(x)"
    assert step.kind == "Twice"
    gradient = explanation.updates["twice/kernel"].inputs["g"]
    for i, j in ((0, 0), (2, 1), (3, 2)):
        why = explanation.why("twice/kernel", i, j)
        assert len(why.terms) == 5  # one for each sample
        assert why.sum == pytest.approx(float(gradient[i, j]), rel=1e-4, abs=1e-7)


# Where a number comes from -----------------------------------------------------------------------------------------


@every_row
@pytest.mark.parametrize("engine", ["compiled", "definition"])
def test_every_gradient_is_the_sum_of_its_terms(
    make: Callable[[], L.Layer], shape: tuple[int, ...], engine: str
) -> None:
    model, (x, y) = network(shape, [make()]), data(shape)
    explanation = model.explain(x, y, engine=engine)
    for name, update in explanation.updates.items():
        g = update.inputs.get("g", np.empty(0))
        scale = max(float(np.abs(g).max(initial=0.0)), 1e-3)
        for index in list(np.ndindex(g.shape))[:8]:
            why = explanation.why(name, *index)
            assert why.value == float(g[index])
            assert abs(why.sum - why.value) < 1e-4 * scale, (name, index)
            assert [abs(t.value) for t in why.terms] == sorted((abs(t.value) for t in why.terms), reverse=True)
            assert why.update[0] == ("w", float(update.inputs["w"][index]), float(update.outputs["w"][index]))


@every_step
@pytest.mark.parametrize("engine", ["compiled", "definition"])
def test_every_array_can_be_asked_for(make: Callable[[], L.Layer], shape: tuple[int, ...], engine: str) -> None:
    explanation = network(shape, [make()]).explain(*data(shape), engine=engine)
    asked = 0
    for steps in (explanation.forward, explanation.backward):
        for name, step in steps.items():
            for letter in {*step.outputs, "x"} if step.phase == "forward" else step.outputs.keys() & {"dx", "dz"}:
                a = step[letter]
                why = explanation.why(f"{name}/{letter}", *(n - 1 for n in a.shape))
                assert why.value == pytest.approx(float(a.reshape(-1)[-1]), nan_ok=True)
                assert str(why)
                json.dumps(why.to_dict(), allow_nan=False)
                if why.terms:
                    assert why.sum == pytest.approx(why.value, rel=1e-4, abs=1e-5)
                asked += 1
    assert asked > 6


def test_a_sum_lists_its_products() -> None:
    model = network((4,), [L.Dense(6, "relu", kernel_regularizer="l2")])
    explanation = model.explain(*data((4,)))
    step, back = explanation.forward["dense_1"], explanation.backward["dense_1"]
    why = explanation.why("dense_1/kernel", 3, 5)
    products = {f"x[{b}, 3]·dz[{b}, 5]": float(step["x"][b, 3]) * float(back["dz"][b, 5]) for b in range(5)}
    penalty = 0.02 * float(model.theta["dense_1/kernel"][3, 5])
    assert {t.label: t.value for t in why.terms} == pytest.approx({**products, "dR/dW[3, 5]": penalty})
    assert why.formula == "dW[3, 5] = Σ x[b, 3]·dz[b, 5] + dR/dW"
    z = explanation.why("dense_1/z", 2, 1)
    assert len(z.terms) == 5
    assert z.sum == pytest.approx(float(step["z"][2, 1]), rel=1e-5)
    assert explanation.why("dense_1", 2, 1).inputs == {"z": float(step["z"][2, 1])}
    dz = explanation.why("dense_2/dz", 4, 0)
    assert dz.value == pytest.approx((dz.inputs["y"] - (dz.inputs["t"] == 0)) / 5, rel=1e-5)


def test_the_scale_of_the_loss_is_a_factor_of_every_term() -> None:
    model = network((4,), [L.BatchNormalization()], pellucid.optimizers.SGD(0.1, loss_scale_factor=8.0))
    for engine in ("compiled", "definition"):
        explanation = model.explain(*data((4,)), engine=engine)
        for name in ("dense/kernel", "batch_normalization/gamma"):
            g = explanation.updates[name].inputs["g"]
            index = (0,) * g.ndim
            assert explanation.why(name, *index).sum == pytest.approx(float(g[index]), rel=1e-3)


# Errors ------------------------------------------------------------------------------------------------------------


def compiled() -> pellucid.Sequential:
    return network((4,), [])


X, Y = data((4,))

MISTAKES: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "shape": (lambda: compiled().explain(X[:, :3], Y), ShapeError, r"explain, x.*\(None, 4\)"),
    "one sample": (lambda: compiled().explain(X[0], Y[0]), PellucidError, "explain"),
    "lengths": (lambda: compiled().explain(X, Y[:2]), PellucidError, "explain"),
    "labels": (lambda: compiled().explain(X, Y + 7), DataError, "explain, y"),
    "engine": (lambda: compiled().explain(X, Y, engine="gpu"), InvalidArgument, "argument engine.*definition"),
    "refused": (
        lambda: network((4,), [Twice(3)]).explain(X, Y, engine="compiled"), InvalidArgument, "'twice'.*compiled form",
    ),
    "refused pass": (
        lambda: network((4,), [Twice(3)]).explain(X, engine="compiled"), InvalidArgument, "'twice'.*compiled form",
    ),
    "name": (lambda: compiled().explain(X, Y).why("dense/kernal", 0, 0), UnknownName, "dense/kernel"),
    "letter": (lambda: compiled().explain(X, Y).why("dense/q", 0, 0), UnknownName, "dense/z"),
    "too few": (lambda: compiled().explain(X, Y).why("dense/kernel", 0), InvalidArgument, "2 numbers, below 4, 4"),
    "beyond": (lambda: compiled().explain(X, Y).why("dense/kernel", 4, 0), InvalidArgument, "at most 3"),
    "no index": (lambda: compiled().explain(X, Y).why("dense/kernel", 0.5, 0), PellucidError, "whole number"),
    "step": (lambda: compiled().explain(X, Y).forward["dense"]["q"], UnknownName, "forward of 'dense'"),
    "no model": (lambda: pellucid.Sequential([]).explain(X), PellucidError, "layer"),
    "empty": (lambda: compiled().explain(X[:0], Y[:0]), PellucidError, "explain"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_in_one_sentence(mistake: str) -> None:
    act, kind, said = MISTAKES[mistake]
    with pytest.raises(kind, match=said):
        act()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_the_definition_explains_what_the_engine_does_not_run(dtype: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pellucid.config.set_floatx(dtype)
    monkeypatch.setenv("PELLUCID_ENGINE", "definition" if dtype == "float32" else "")
    model = network((4,), [])
    assert model.explain(X, Y).engine == model.explain(X).engine == "definition"
    assert model.explain(X, Y).forward["dense"]["y"].dtype == dtype
    with pytest.raises(InvalidArgument, match="engine"):
        model.explain(X, Y, engine="compiled")


def test_a_model_that_is_not_compiled_shows_its_forward_pass() -> None:
    model = pellucid.Sequential([L.Dense(3, "relu", input_shape=(4,))], seed=0)
    explanation = model.explain(X, Y)
    assert [s.phase for s in explanation] == ["forward"]
    assert "the forward pass on 5 samples" in str(explanation)
    np.testing.assert_array_equal(explanation.forward["dense"]["y"], model.predict(X, verbose=0))
    assert "forward pass" in str(explanation.why("dense/kernel", 0, 0))


def test_pixels_and_lists_are_inputs() -> None:
    stack = [L.Input((2, 2)), L.Flatten(), L.Rescaling(1 / 255), L.Dense(3, "softmax")]
    model = pellucid.Sequential(stack, seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.array([[[0, 255], [51, 102]]], "uint8")
    for explanation in (model.explain(x, [1]), model.explain(x.tolist(), [1]), model.explain(x)):
        assert explanation.engine == "compiled"
        np.testing.assert_array_equal(explanation.forward["flatten"]["y"], [[0, 255, 51, 102]])
        close("y", explanation.forward["rescaling"]["y"], [[0, 1, 0.2, 0.4]])
