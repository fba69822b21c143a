"""Models with several inputs and several outputs."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given

import pellucid
from laws.engines import both_engines, close
from pellucid import errors
from pellucid import layers as L
from pellucid.inspection.gradients import check_gradients
from pellucid.models import Functional, Model, load_model
from pellucid.rng import Key
from pellucid.training.engine import engine_of

GOLDEN = json.loads((Path(__file__).parents[1] / "golden" / "several.json").read_text())
X = [Key(1).normal((23, 4)), Key(2).normal((23, 2))]
Y = [np.arange(23) % 3, Key(3).normal((23, 1)), Key(4).normal((23, 5)) > 0]
W = [np.linspace(0, 1, 23), None, np.linspace(2, 1, 23)]
LOSSES = ["sparse_categorical_crossentropy", "mse", "binary_crossentropy"]


def tensors() -> tuple[list[Any], list[Any]]:
    a, b = L.Input((4,), name="a"), L.Input((2,), name="b")
    h = L.Dense(6, activation="tanh", kernel_regularizer="l2")(a)
    inner = Model([h, b], [L.Dense(6)(h), L.BatchNormalization()(L.Concatenate()([h, b]))], name="inner", seed=9)
    first, second = inner([h, b])
    joined = L.Add()([first, L.Dropout(0.2)(h)])
    shared = L.Dense(6, activation="elu")
    kind = L.Dense(3, activation="softmax", name="kind")(shared(joined))
    size = L.Dense(1, name="size")(second)
    marks = L.Dense(5, activation="sigmoid", name="marks")(L.Concatenate()([kind, shared(h)]))  # reads an output
    return [a, b], [kind, size, marks]


def several(**options: Any) -> Model:
    model = Model(*tensors(), seed=3)
    metrics = {"kind": "accuracy", "size": ["mae", pellucid.metrics.R2Score()]}
    given = {"loss_weights": [1.0, 0.3, 2.0], "metrics": metrics, "weighted_metrics": {"kind": ["accuracy"]}, **options}
    model.compile(pellucid.optimizers.Adam(0.01, epsilon=1e-3), given.pop("loss", LOSSES), **given)
    return model


@pytest.mark.parametrize("weights", [None, W, W[0]], ids=["plain", "by output", "one for all"])
def test_the_engines_agree(weights: Any) -> None:
    both_engines(several, X, Y, weights, steps=5)


def test_gradients_are_the_slopes_of_the_loss() -> None:
    x, y = [part[:5] for part in X], [part[:5] for part in Y]
    report = check_gradients(several(), x, y, entries=20)
    assert report.worst_error < 1e-6
    assert {c.engine for c in report.checks} == {"definition", "compiled"}


@given(st.data())
def test_any_ends_of_a_graph_hold(data: Any) -> None:
    """Outputs in the middle, outputs that are inputs, one output twice, inputs that nothing reads."""
    a, b = L.Input((4,)), L.Input((4,))
    found = [a, b]
    for _ in range(data.draw(st.integers(0, 3))):
        one, other = (data.draw(st.sampled_from(found)) for _ in range(2))
        found.append(L.Dense(4, activation="tanh")(L.Add()([one, other])))
    outputs = data.draw(st.lists(st.sampled_from(found), min_size=2, max_size=3))
    x = [Key(5).normal((6, 4)), Key(6).normal((6, 4))]
    y = [Key(7 + i).normal((6, 4)) for i in range(len(outputs))]
    model = Model([a, b], outputs, seed=1)
    model.compile("sgd", "mse", loss_weights=[0.5 + i for i in range(len(outputs))])
    values = [np.square(got - wanted).mean() for got, wanted in zip(model(x), y, strict=True)]
    expected = sum((0.5 + i) * value for i, value in enumerate(values))
    got = model.evaluate(x, y, verbose=0)
    close("loss", got[0], expected)
    close("each", got[1:], values)
    assert not engine_of(model).refusal
    if model.count_params():
        assert check_gradients(model, x, y, entries=5).worst_error < 1e-6


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize("name", sorted(GOLDEN["runs"]))
def test_it_trains_as_in_keras(name: str, eager: bool) -> None:
    run, data = GOLDEN["runs"][name], {kind: [np.array(a) for a in arrays] for kind, arrays in GOLDEN["data"].items()}
    model = Functional.from_config(run["config"])
    model.set_weights([np.array(w) for w in run["before"]])
    model.compile(
        pellucid.optimizers.Adam(0.01), ["sparse_categorical_crossentropy", "mse"], loss_weights=[1.0, 0.3],
        metrics={"kind": ["accuracy"], "size": ["mae"]}, run_eagerly=eager,
    )  # fmt: skip
    weights = data["weights"] if name == "weighted" else None
    options: dict[str, Any] = {"batch_size": 8, "shuffle": False, "verbose": 0, "sample_weight": weights}
    logs = model.fit(data["x"], data["y"], **options).history
    assert sorted(logs) == sorted(run["logs"])
    for log, value in run["logs"].items():
        close(log, logs[log][0], value, 1e-5)
    for got, wanted in zip(model.get_weights(), run["after"], strict=True):
        close("weights", got, wanted, 1e-5)
    found = model.evaluate(data["x"], data["y"], verbose=0, return_dict=True)
    assert sorted(found) == sorted(run["evaluate"])
    for log, value in run["evaluate"].items():
        close(log, found[log], value, 1e-5)


def test_data_come_by_name_in_lists_and_in_batches() -> None:
    options: dict[str, Any] = {"batch_size": 8, "epochs": 2, "shuffle": False, "verbose": 0}
    by_name = {"x": {"b": X[1], "a": X[0]}, "y": dict(zip(["kind", "size", "marks"], Y, strict=True))}
    ways: list[Callable[[Model], Any]] = [
        lambda m: m.fit(X, Y, validation_data=(X, Y), **options),
        lambda m: m.fit(tuple(X), tuple(Y), validation_data=(by_name["x"], by_name["y"]), **options),
        lambda m: m.fit(**by_name, validation_data=(X, by_name["y"]), **options),
        lambda m: m.fit(Batches(), epochs=2, shuffle=False, verbose=0, validation_data=Batches()),
    ]
    found = []
    for way in ways:
        model = several()
        logs = way(model).history
        found.append((model.get_weights(), logs))
    for weights, logs in found[1:]:
        assert logs.keys() == found[0][1].keys()
        for name, values in logs.items():
            close(name, values, found[0][1][name])
        for got, wanted in zip(weights, found[0][0], strict=True):
            close("weights", got, wanted)


def test_a_single_input_comes_by_its_name_or_in_a_list() -> None:
    x = L.Input((4,), name="a")
    model = Model(x, L.Dense(1)(x), seed=0)
    model.compile("sgd", "mse")
    named, plain = {"a": X[0]}, model.predict(X[0], verbose=0)
    for got in (
        model.predict(named, verbose=0), model.predict_on_batch(named), model(named), model([X[0]]),
        model.predict(iter([(named,)]), verbose=0),
    ):  # fmt: skip
        close("outputs", got, plain)
    assert model([X[0].tolist()]).shape == (1, 23, 1)  # a list of rows, as ever
    assert model.fit(named, Y[1], validation_data=(named, Y[1]), verbose=0).history["val_loss"]
    with pytest.raises(errors.InvalidArgument, match=r"fit, x: expected a dict with the keys 'a', got the keys 'b'"):
        model.fit({"b": X[0]}, Y[1])


class Batches(pellucid.utils.PyDataset):
    """Three batches of tuples."""

    def __init__(self) -> None:
        super().__init__()

    def __len__(self) -> int:
        return 3

    def __getitem__(self, i: int) -> Any:
        rows = slice(8 * i, 8 * i + 8)
        return tuple(x[rows] for x in X), {name: y[rows] for name, y in zip(["kind", "size", "marks"], Y, strict=True)}


def test_outputs_come_as_the_model_was_made() -> None:
    inputs, outputs = tensors()
    forms = [outputs, tuple(outputs), dict(zip("pqr", outputs, strict=True))]
    plain = Model(inputs, outputs, seed=0).predict(X, verbose=0)
    for form in forms:
        model = Model({"u": inputs[0], "v": inputs[1]}, form)
        assert model.output_names == (list("pqr") if isinstance(form, dict) else ["kind", "size", "marks"])
        for given_x in (X, {"u": X[0], "v": X[1]}):
            for found in (model.predict(given_x, verbose=0), model(given_x), model.predict_on_batch(given_x)):
                assert type(found) is type(form)
                arrays = found.values() if isinstance(found, dict) else found
                for got, wanted in zip(arrays, plain, strict=True):
                    close("outputs", got, wanted)
    (only,) = Model(inputs[0], {"h": L.Dense(2)(inputs[0])}).predict(X[0], verbose=0).items()
    assert only[0] == "h"
    assert [part.shape for part in model.predict([x[:0] for x in X], verbose=0).values()] == [(0, 3), (0, 1), (0, 5)]


@pytest.mark.parametrize("form", [list, dict])
def test_files_and_copies_are_the_same_model(form: Any, tmp_path: Path) -> None:
    inputs, outputs = tensors()
    model = Model(dict(zip("uv", inputs, strict=True)), dict(zip("pqr", outputs, strict=True)), seed=3)
    if form is list:
        model = Model(inputs, outputs, seed=3)
    names = model.output_names
    model.compile("adam", dict(zip(names, LOSSES, strict=True)), {names[1]: 0.5}, {names[0]: ["accuracy"]})
    model.fit(X, Y, epochs=2, verbose=0)
    model.save(tmp_path / "several.keras")
    loaded = load_model(tmp_path / "several.keras")
    twin = copy.deepcopy(model)
    for other in (loaded, twin):
        assert other.evaluate(X, Y, verbose=0) == model.evaluate(X, Y, verbose=0)
        assert other.metrics_names == model.metrics_names
        assert other.input_names == model.input_names
        assert other.output_names == names
    for other in (loaded, twin, model):
        other.fit(X, Y, epochs=2, verbose=0)
    for got, also, wanted in zip(loaded.get_weights(), twin.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
        np.testing.assert_array_equal(also, wanted)


@pytest.mark.filterwarnings("ignore")  # Keras's own
def test_keras_and_we_open_each_other_s_files(tmp_path: Path) -> None:
    keras = pytest.importorskip("keras")
    model = several()
    model.fit(X, Y, verbose=0)
    model.save(tmp_path / "ours.keras")
    theirs = keras.models.load_model(tmp_path / "ours.keras")
    expected = model.predict(X, verbose=0)
    for got, wanted in zip(theirs.predict(X, verbose=0), expected, strict=True):
        close("Keras predicts", got, wanted)
    theirs.save(tmp_path / "theirs.keras")
    for got, wanted in zip(load_model(tmp_path / "theirs.keras").predict(X, verbose=0), expected, strict=True):
        close("we predict", got, wanted)


def test_an_output_without_a_loss_is_looked_at_only() -> None:
    def partly() -> Model:
        return several(loss={"size": "mse"}, loss_weights=None, metrics={"kind": "sparse_categorical_accuracy"},
                       weighted_metrics=None)  # fmt: skip

    both_engines(partly, X, Y, steps=3)
    model = partly()
    assert list(model.evaluate(X, Y, verbose=0, return_dict=True)) == ["loss", "kind_sparse_categorical_accuracy"]
    before = model.get_layer("marks").get_weights()
    model.fit(X, [Y[0], Y[1], None], verbose=0)
    for got, wanted in zip(model.get_layer("marks").get_weights(), before, strict=True):
        np.testing.assert_array_equal(got, wanted)


def test_a_step_is_explained_with_the_loss_of_each_output() -> None:
    x, y = [part[:4] for part in X], [part[:4] for part in Y]
    machine, definition = (several().explain(x, y, W[0][:4], engine=engine) for engine in ("compiled", "definition"))
    for got, wanted in zip(machine.steps, definition.steps, strict=True):
        assert (got.phase, got.name) == (wanted.phase, wanted.name)
        for mine, theirs in ((got.inputs, wanted.inputs), (got.outputs, wanted.outputs)):
            for letter in set(mine) & set(theirs):
                close(f"{got.phase}, {got.name}, {letter}", mine[letter], theirs[letter])
    losses = [step for step in machine.steps if step.phase == "loss"]
    assert [step.name for step in losses] == ["kind_loss", "size_loss", "marks_loss"]
    logs = several().test_on_batch(x, y, return_dict=True)
    assert set(logs) >= {step.name for step in losses}
    why = str(machine.why("kind/dy", 0, 1))
    assert "the dy of the loss" in why
    assert "the dx1 of concatenate" in why
    assert machine.forward["size"]["y"].shape == (4, 1)
    assert several().explain(x).heading.startswith("Model 'functional': the forward pass on 4 samples")


def test_a_loss_of_weight_0_is_told() -> None:
    weightless, plain = several(loss_weights=[1.0, 0.0, 1.0]), several()
    got, wanted = (model.evaluate(X, Y, verbose=0, return_dict=True) for model in (weightless, plain))
    close("size_loss", got["size_loss"], wanted["size_loss"])
    weightless.fit(X, Y, verbose=0)
    close("size", weightless.get_layer("size").get_weights()[0], plain.get_layer("size").get_weights()[0])


def test_class_weights_by_output() -> None:
    weighted, by_hand = several(), several()
    weighted.fit(X, Y, class_weight={"kind": {0: 3.0, 2: 0.5}}, verbose=0)
    by_hand.fit(X, Y, sample_weight=[np.array([3.0, 1.0, 0.5])[Y[0]], None, None], verbose=0)
    for got, wanted in zip(weighted.get_weights(), by_hand.get_weights(), strict=True):
        close("weights", got, wanted)


def test_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Path) -> None:
    whole, broken = several(), several()
    whole.fit(X, Y, epochs=4, batch_size=8, verbose=0)
    backup = lambda: pellucid.callbacks.BackupAndRestore(tmp_path / "run", save_freq=2)  # noqa: E731

    class Stop(pellucid.callbacks.Callback):
        def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
            if self.model.optimizer.steps_taken == 8:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.fit(X, Y, epochs=4, batch_size=8, verbose=0, callbacks=[backup(), Stop()])
    resumed = several()
    logs = resumed.fit(X, Y, epochs=4, batch_size=8, verbose=0, callbacks=[backup()]).history
    for got, wanted in zip(resumed.get_weights(), whole.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)
    for name, values in logs.items():
        close(name, values[-1], whole.history.history[name][-1])


def test_an_output_s_own_numbers_are_watched() -> None:
    model = several()
    stop = [pellucid.callbacks.EarlyStopping(f"val_{name}", patience=1) for name in ("kind_loss", "size_mae")]
    rise = pellucid.callbacks.EarlyStopping("size_r2_score", patience=50)
    model.fit(X, Y, epochs=3, validation_data=(X, Y), callbacks=[*stop, rise], verbose=0)
    assert [callback.growing for callback in (*stop, rise)] == [False, False, True]


def test_what_overflows_is_nan_everywhere() -> None:
    model = several()
    model.compile(pellucid.optimizers.SGD(1e30), LOSSES, metrics={"size": "mae"})
    with pytest.raises(errors.NonFinite):
        model.fit(X, Y, epochs=3, verbose=0)
    logs = model.fit(X, Y, epochs=3, verbose=0, callbacks=[pellucid.callbacks.TerminateOnNaN()]).history
    assert all(np.isnan(values[-1]) for values in logs.values())


@pytest.mark.parametrize(
    ("act", "message"),
    [
        (lambda m: m.fit(X[0], Y), "fit, x: expected 2 arrays, in a list or by name: a, b"),
        (lambda m: m.fit(X[:1], Y), "2 arrays"),
        (lambda m: m.fit({"a": X[0]}, Y), "a dict with the keys 'a', 'b'"),
        (lambda m: m.fit({"a": X[0], "b": X[1], "c": X[1]}, Y), "the keys 'a', 'b', 'c'"),
        (lambda m: m.fit([X[0], X[1][:5]], Y), "as many rows each"),
        (lambda m: m.fit([X[1], X[0]], Y), "fit, x, 'a'"),
        (lambda m: m.fit(X, Y[0]), "fit, y: expected 3 arrays"),
        (lambda m: m.fit(X, [Y[0], Y[1], None]), "y, output 'marks': expected targets"),
        (lambda m: m.fit(X, [Y[0], Y[1][:5], Y[2]]), "y, 'size': expected 23 rows"),
        (lambda m: m.fit(X, [Y[0] + 1, Y[1], Y[2]]), "y, output 'kind'"),
        (lambda m: m.fit(X, Y, sample_weight=[W[0]]), "sample_weight: expected 3 arrays"),
        (lambda m: m.fit(X, Y, class_weight={0: 2.0}), "a dict with the keys 'kind', 'size', 'marks'"),
        (lambda m: m.predict(X[0]), "predict, x"),
        (lambda m: m(X[:1]), "model 'functional', input: expected 2 arrays, .*: a, b, got a list of 1"),
        (lambda m: m.compile("adam", ["mse", "mse"]), "loss: expected one entry for each of the outputs"),
        (lambda m: m.compile("adam", {"what": "mse"}), "names of outputs, 'kind', 'size', 'marks'"),
        (lambda m: m.compile("adam", [None, None, None]), "a loss for some output"),
        (lambda m: m.compile("adam", "mse", metrics=["accuracy"]), "metrics: expected one entry for each"),
        (lambda m: m.compile("adam", "mse", metrics="accuracy"), "metrics: expected one entry for each"),
        (lambda m: m.compile("adam", "mse", loss_weights=[1.0, -1.0, 1.0]), "output 'size'"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(act: Any, message: str) -> None:
    with pytest.raises(errors.PellucidError, match=message):
        act(several())
