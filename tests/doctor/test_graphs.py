"""The doctor on graphs: several inputs and outputs, branches, ops, classes that write `call`. A fault in one branch is
found and named by its step; a healthy graph is not accused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pellucid import Model, initializers, layers, ops, optimizers
from pellucid.arrays import Parts
from pellucid.callbacks import Doctor
from pellucid.doctor import Case, Finding
from pellucid.doctor.examining import examine, judged, measured
from pellucid.doctor.rules import every_rule
from pellucid.doctor.several import apart
from pellucid.layers import Dense, Input, Layer

RULES = {rule.name: rule for rule in every_rule()}
N = 200


def data() -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Two inputs (N, 4) and (N, 2, 3), and what is asked of them: one of three classes, and a number."""
    r = np.random.default_rng(3)
    left, right = r.normal(size=(N, 4)).astype("float32"), r.normal(size=(N, 2, 3)).astype("float32")
    kind = (left[:, 0] > 0).astype(int) + (right[:, 0, 0] > 0)
    size = left[:, 1] + right[:, 1].sum(axis=1)
    return [left, right], [kind, size]


class Affine(Layer):
    """x·W + b, with a relu of ops."""

    def __init__(self, units: int, start: Any = "he_normal", bias: Any = "zeros", **options: Any) -> None:
        super().__init__(**options)
        self.units, self.start, self.bias_start = units, start, bias

    def build(self, input_shape: Any) -> None:
        self.w = self.add_weight((input_shape[-1], self.units), self.start, name="w")
        self.b = self.add_weight((self.units,), self.bias_start, name="b")

    def call(self, x: Any) -> Any:
        return ops.relu(x @ self.w + self.b)


def two(branch: Callable[[Any], Any] | None = None, rate: float = 0.01) -> Model:
    """Two inputs, each with a branch, and two outputs; `branch` is what stands on the right."""
    left, right = Input((4,), name="left"), Input((2, 3), name="right")
    a = Dense(16, "relu", name="of_left")(left)
    flat = layers.Flatten(name="flat")(right)
    b = Dense(16, "relu", name="of_right")(flat) if branch is None else branch(flat)
    both = layers.Concatenate(name="both")([a, b])
    model = Model([left, right], [Dense(3, "softmax", name="kind")(both), Dense(1, name="size")(both)], seed=1)
    model.compile(optimizers.Adam(rate), ["sparse_categorical_crossentropy", "mse"], metrics=[["accuracy"], ["mae"]])
    return model


def examined(model: Model, epochs: int = 8, x: Any = None, experiments: bool = False) -> Doctor:
    given, y = data()
    doctor = Doctor(verbose=0, experiments=experiments)
    with np.errstate(all="ignore"):
        model.fit(given if x is None else x, y, epochs=epochs, verbose=0, callbacks=[doctor])
    return doctor


def named(found: list[Finding], rule: str) -> Finding:
    assert rule in [one.rule for one in found], found
    return next(one for one in found if one.rule == rule)


def test_a_healthy_graph_is_not_accused() -> None:
    before = two()
    doctor = examined(before, epochs=30, experiments=True)
    assert doctor.findings == []
    assert doctor.case is not None
    asked = judged(doctor.case)
    assert {"dead_relus", "vanishing_gradient", "exploding_gradient", "frozen_parameters", "linear_stack", "non_finite",
            "unscaled_inputs", "constant_inputs", "underfitting", "wrong_gradient"} <= set(asked)  # fmt: skip


FAULTS: dict[str, tuple[Callable[[Any], Any], str, str]] = {
    "a layer of dead units": (
        lambda x: Dense(16, "relu", bias_initializer=initializers.Constant(-50.0), name="of_right")(x),
        "dead_relus", "of_right",
    ),
    "dead units of an op": (
        lambda x: Affine(16, bias=initializers.Constant(-50.0), name="own")(x), "dead_relus", "own/relu",
    ),
    "dead units, as the larger of x and 0": (
        lambda x: ops.maximum(Dense(16, bias_initializer=initializers.Constant(-50.0))(x), 0.0),
        "dead_relus", "maximum",
    ),
    "saturated units": (
        lambda x: Dense(16, "tanh", kernel_initializer=initializers.RandomNormal(0.0, 40.0), name="of_right")(x),
        "saturated", "of_right",
    ),
    "saturated units of an op": (
        lambda x: ops.tanh(Dense(16, kernel_initializer=initializers.RandomNormal(0.0, 8.0))(x)), "saturated", "tanh",
    ),
    "a branch that explodes": (
        lambda x: Dense(16, kernel_initializer=initializers.RandomNormal(0.0, 30.0), name="second")(
            Dense(16, "relu", kernel_initializer=initializers.RandomNormal(0.0, 30.0), name="first")(x)
        ),
        "exploding_gradient", "second",
    ),
    "own weights that explode": (
        lambda x: Affine(16, initializers.RandomNormal(0.0, 30.0), name="late")(
            Affine(16, initializers.RandomNormal(0.0, 30.0), name="early")(x)
        ),
        "exploding_gradient", "late/matmul",
    ),
    "a branch that is frozen": (
        lambda x: Dense(16, "relu", trainable=False, name="of_right")(x), "frozen_parameters", "of_right/kernel",
    ),
    "a branch that no gradient comes back to": (
        lambda x: ops.stop_gradient(Dense(16, "relu", name="of_right")(x)), "frozen_parameters", "of_right/kernel",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_one_branch_is_found_and_named(name: str) -> None:
    branch, rule, where = FAULTS[name]
    doctor = examined(two(branch), epochs=3)
    found = named(doctor.findings, rule)
    assert found.where == where
    assert where.partition("/")[0] in found.evidence
    assert "Output" not in found.evidence  # both outputs hang on it


def test_a_step_that_gives_what_is_not_finite_is_named() -> None:
    doctor = examined(two(lambda x: ops.log(Dense(16, name="of_right")(x))), epochs=2)
    assert doctor.case is not None
    assert doctor.case.stopped is not None
    assert "'log'" in named(doctor.findings, "non_finite").evidence


def test_a_fault_of_one_output_is_told_with_its_name() -> None:
    left, right = Input((4,), name="left"), Input((2, 3), name="right")
    both = layers.Concatenate()([Dense(16, "relu")(left), Dense(16, "relu")(layers.Flatten()(right))])
    bare = Model([left, right], [Dense(3, name="kind")(both), Dense(1, name="size")(both)], seed=1)
    bare.compile("adam", ["sparse_categorical_crossentropy", "mse"])
    found = named(examined(bare, epochs=2).findings, "missing_output_activation")
    assert found.evidence.startswith("Output 'kind': ")


def test_a_column_is_named_by_its_input() -> None:
    (left, right), _ = data()
    doctor = examined(two(), epochs=2, x=[left, right * 500])
    found = named(doctor.findings, "unscaled_inputs")
    assert found.where.startswith("column ")
    assert found.where.endswith("of input 'right'")
    (left, right), _ = data()
    left[:, 2] = 7.0
    assert "1 of 10" in named(examined(two(), epochs=2, x=[left, right]).findings, "constant_inputs").evidence


def test_layers_without_a_bend_are_told_in_any_branch() -> None:
    x = Input((4,))
    straight = layers.Add()([Dense(8, name="a")(x), Dense(8, name="b")(Dense(8, name="c")(x))])
    model = Model(x, Dense(3, "softmax")(straight), seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    (left, _), (kind, _) = data()
    signal = measured(RULES["linear_stack"], Case(model, left, kind))
    assert signal is not None
    assert signal.value == 1.0
    bent = Model(x, Dense(3)(ops.relu(Dense(8)(x)) + Dense(8)(ops.square(Dense(8)(x)))), seed=0)
    bent.compile("adam", "mse")
    signal = measured(RULES["linear_stack"], Case(bent, left, kind))
    assert signal is not None
    assert signal.value == pytest.approx(1 / 3)  # the layer that the sum adds to the relu


def test_the_end_of_a_graph_that_nobody_knows_is_not_judged() -> None:
    x = Input((4,))
    shares = layers.Average()([Dense(3, "softmax")(x), Dense(3, "softmax")(Dense(8, "relu")(x))])
    (left, _), (kind, _) = data()
    ended = {
        "unknown": shares, "softmax": ops.softmax(Dense(3)(x)), "a layer": layers.Flatten()(Dense(3, "softmax")(x)),
        "linear": Dense(3)(x),
    }  # fmt: skip
    for name, tensor in ended.items():
        model = Model(x, tensor, seed=0)
        model.compile("adam", "sparse_categorical_crossentropy")
        signal = measured(RULES["missing_output_activation"], Case(model, left, kind))
        assert (None if signal is None else signal.value) == {"unknown": None, "linear": 1.0}.get(name, 0.0), name


def test_one_output_alone_is_what_the_model_gives() -> None:
    model, (x, y) = two(), data()
    model.fit(x, y, epochs=1, verbose=0)
    before = {name: value.copy() for name, value in model.p.items()}
    case = Case(model, Parts(x), Parts(y), validation=(Parts(x), Parts(y)), history={
        "loss": [9.0], "kind_loss": [1.0], "size_loss": [8.0], "val_kind_accuracy": [0.5], "learning_rate": [0.1],
    })  # fmt: skip
    wanted = model.predict(x, verbose=0)
    parts = apart(case)
    assert [name for name, _ in parts] == ["kind", "size"]
    for (_, one), y_pred, target in zip(parts, wanted, y, strict=True):
        np.testing.assert_allclose(one.model.predict(one.x, verbose=0), y_pred, atol=1e-6)
        np.testing.assert_array_equal(one.y, target)
        assert set(one.model.p) <= set(model.p)
        one.model.fit(one.x, one.y, epochs=1, verbose=0)
    assert parts[0][1].history == {"loss": [1.0], "val_accuracy": [0.5], "learning_rate": [0.1]}
    for name, value in model.p.items():
        np.testing.assert_array_equal(value, before[name])


def test_a_copy_begins_where_the_run_began() -> None:
    from pellucid.doctor.copies import fresh

    model, (x, y) = two(), data()
    begun = {name: value.copy() for name, value in model.p.items()}
    model.fit(x, y, epochs=1, verbose=0)
    for _, one in apart(Case(model, Parts(x), Parts(y))):
        for name, value in fresh(one).p.items():
            np.testing.assert_array_equal(value, begun[name])


def test_streams_of_several_are_kept() -> None:
    x, y = data()
    batches = [([part[i : i + 20] for part in x], [part[i : i + 20] for part in y]) for i in range(0, 100, 20)]
    model, doctor = two(), Doctor(verbose=0, experiments=False)
    model.fit(iter(batches), steps_per_epoch=5, verbose=0, callbacks=[doctor])
    assert doctor.case is not None
    assert len(doctor.case.x) == 100
    np.testing.assert_array_equal(doctor.case.x.arrays[1], x[1][:100])


class Net(Model):
    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.hidden, self.out = Affine(16, name="hidden"), Dense(3, "softmax", name="out")

    def call(self, x: Any) -> Any:
        return self.out(self.hidden(x))


def test_a_model_of_one_s_own_is_examined() -> None:
    (left, _), (kind, _) = data()
    for bias, wanted in (("zeros", []), (initializers.Constant(-50.0), ["hidden/relu"])):
        net = Net(seed=0)
        net.hidden.bias_start = bias
        net.compile(optimizers.Adam(0.01), "sparse_categorical_crossentropy")
        net.fit(left, kind, epochs=2, verbose=0)
        case = Case(net, left, kind, history={"loss": [1.0, 0.9]}, experiments=False)
        assert [one.where for one in examine(case) if one.rule == "dead_relus"] == wanted


def test_open_lengths_and_whole_numbers_are_examined() -> None:
    r = np.random.default_rng(0)
    words, series = Input((5,), dtype="int32", name="words"), Input((None, 3), name="series")
    hot = ops.mean(ops.one_hot(words, 4), axis=1)
    joined = layers.Concatenate()([Dense(8, "relu")(hot), Dense(8, "relu")(ops.mean(series, axis=1))])
    model = Model([words, series], Dense(1)(joined), seed=0)
    model.compile(optimizers.Adam(0.01), "mse")
    doctor = Doctor(verbose=0, experiments=False)
    x = [r.integers(0, 4, (60, 5)), r.normal(size=(60, 6, 3)).astype("float32")]
    y = x[0].mean(axis=1) / 4 + x[1].mean(axis=(1, 2))
    other = [x[0], x[1][:, :4]]
    model.fit(x, y, epochs=3, verbose=0, validation_data=(other, y), callbacks=[doctor])
    assert doctor.case is not None
    assert {"dead_relus", "constant_inputs", "exploding_gradient"} <= set(judged(doctor.case))
    ((_, alone),) = apart(doctor.case)
    np.testing.assert_allclose(alone.model.predict(alone.x, verbose=0), model.predict(x, verbose=0), atol=1e-6)
    assert alone.validation is None
