"""MultiOptimizer and OptimizerMap: Keras's numbers, and what becomes of all that asks an optimizer for its one rate."""

from __future__ import annotations

import copy
import json
import runpy
from pathlib import Path

import numpy as np
import pytest

import pellucid
from pellucid import callbacks, layers, optimizers
from pellucid.arrays import Flat
from pellucid.doctor import Doctor
from pellucid.errors import InvalidArgument, ShapeError, WrongType
from pellucid.optimizers import SGD, Adam, MultiOptimizer, Nadam, OptimizerMap, RMSprop

HERE = Path(__file__).parent
problem = runpy.run_path(str(HERE / "problem.py"))
golden = json.loads((HERE.parent / "golden" / "multi_optimizer.json").read_text("utf-8"))["cases"]
X = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
Y = np.random.default_rng(1).normal(size=(40, 2)).astype("float32")


def made(one):
    return getattr(optimizers, one[0])(**one[1])


def of(case):
    default, by_key, options = case
    return MultiOptimizer(OptimizerMap(made(default), {key: made(one) for key, one in by_key.items()}), **options)


def start():
    theta = Flat(problem["SHAPES"])
    theta.update(problem["start"]("float32"))
    return theta


def descend(optimizer, theta, steps):
    grad = theta.like()
    for _ in range(steps):
        for name, g in problem["gradient"](theta).items():
            grad[name] = g * np.float32(optimizer.loss_scale_factor or 1.0)
        optimizer.step(theta, grad)
    return theta


def model_with(optimizer, seed=0):
    model = pellucid.Sequential(
        [layers.Dense(4, activation="tanh", input_shape=(3,)), layers.BatchNormalization(), layers.Dense(2)], seed=seed
    )
    model.compile(optimizer, "mse")
    return model


def by_layer():
    return MultiOptimizer(OptimizerMap(SGD(0.05, momentum=0.9), {"dense/.*": Adam(0.01), "dense_1/bias": Nadam(0.02)}))


@pytest.mark.parametrize("case", golden, ids=lambda c: "+".join(k for k in c["case"][1]) or "default alone")
def test_the_weights_are_those_of_keras(case):
    optimizer, theta = of(case["case"]), start()
    descend(optimizer, theta, problem["STEPS"])
    np.testing.assert_allclose(theta.data, case["after"], rtol=0, atol=1e-5)
    sums = [float(np.sum(np.abs(v.numpy(), dtype="float64"))) for v in optimizer.variables]
    np.testing.assert_allclose(sums, case["variables"], rtol=1e-4, atol=1e-5)
    optimizer.finalize(theta)
    np.testing.assert_allclose(theta.data, case["final"], rtol=0, atol=1e-5)


@pytest.mark.parametrize("case", golden, ids=lambda c: "+".join(k for k in c["case"][1]) or "default alone")
def test_the_saved_form_is_that_of_keras(case):
    again = optimizers.deserialize(case["saved"])
    assert optimizers.serialize(again)["config"].keys() == case["saved"]["config"].keys()
    assert optimizers.serialize(again) == case["saved"]


@pytest.mark.parametrize("case", golden, ids=lambda c: "+".join(k for k in c["case"][1]) or "default alone")
def test_each_steps_its_own_as_if_it_were_alone(case):
    together, theta = of(case["case"]), start()
    one_by_one, alone = of(case["case"]), start()
    descend(together, theta, 5)
    for _ in range(5):
        g = problem["gradient"](alone)
        for one in one_by_one.optimizers:
            own = [name for name in alone if one_by_one.optimizer_map[name] is one]
            w = [alone[name].copy() for name in own]
            one.apply([g[name] * np.float32(one.loss_scale_factor or 1.0) for name in own], w) if own else None
            alone.update(dict(zip(own, w, strict=True)))
    np.testing.assert_array_equal(theta.data, alone.data)
    assert together.iterations == 5


@pytest.mark.parametrize("case", golden, ids=lambda c: "+".join(k for k in c["case"][1]) or "default alone")
@pytest.mark.parametrize("way", ["state", "saved", "set_weights", "deepcopy"])
def test_it_goes_on_from_where_it_stood(case, way):
    whole, theta = of(case["case"]), start()
    descend(whole, theta, 5)
    resumed, other = of(case["case"]), Flat(theta.shapes, data=theta.data.copy())
    resumed.build(other)
    if way == "state":
        resumed.load_state(whole.state())
    elif way == "saved":
        resumed.load_saved(other, whole.to_save(theta))
    elif way == "set_weights":
        resumed.set_weights([v.numpy() for v in whole.variables])
    else:
        resumed = copy.deepcopy(whole)
    descend(whole, theta, 4)
    descend(resumed, other, 4)
    np.testing.assert_allclose(other.data, theta.data, rtol=1e-6 if way != "state" else 0, atol=0)
    assert [one.iterations for one in resumed.optimizers] == [one.iterations for one in whole.optimizers]


def test_nothing_is_put_back_unless_all_fits():
    optimizer, theta = of(golden[1]["case"]), start()
    descend(optimizer, theta, 3)
    before, values = optimizer.state(), [v.numpy() for v in optimizer.variables]
    values[-1] = np.zeros(7, "float32")
    with pytest.raises(ShapeError):
        optimizer.set_weights([10 * v for v in values])
    with pytest.raises(InvalidArgument, match=r"set_weights: expected 1[0-9] arrays, got 3"):
        optimizer.set_weights(values[:3])
    for name, value in optimizer.state().items():
        np.testing.assert_array_equal(value, before[name])


def test_a_model_trains_alike_on_either_engine_and_resumes_from_its_file(tmp_path):
    one, other = model_with(by_layer()), model_with(by_layer())
    other.run_eagerly = True
    for model in (one, other):
        model.fit(X, Y, epochs=3, batch_size=8, verbose=0)
    np.testing.assert_allclose(one.theta.data, other.theta.data, atol=1e-6)
    one.save(tmp_path / "m.keras")
    loaded = pellucid.models.load_model(tmp_path / "m.keras")
    assert [o.iterations for o in loaded.optimizer.optimizers] == [15, 15, 15]
    for model in (one, loaded):
        model.fit(X, Y, epochs=2, batch_size=8, shuffle=False, verbose=0)
    np.testing.assert_allclose(loaded.theta.data, one.theta.data, atol=1e-6)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras's own
@pytest.mark.parametrize("theirs", [False, True], ids=["written here", "written by Keras"])
def test_files_go_both_ways(tmp_path, theirs):
    keras = pytest.importorskip("keras", reason="Keras is not installed")
    package, reader = (keras, pellucid) if theirs else (pellucid, keras)
    o = package.optimizers
    by_name = o.OptimizerMap(o.SGD(0.05, momentum=0.9), {".*first.*": o.Adam(0.01), ".*last/bias": o.Adam(0.02)})
    model = package.Sequential(
        [package.Input((3,)), package.layers.Dense(4, name="first"), package.layers.Dense(2, name="last")]
    )
    model.compile(o.MultiOptimizer(by_name), "mse")
    grads = [np.sin(np.arange(np.prod(w.shape), dtype="float32")).reshape(w.shape) for w in model.get_weights()]
    for _ in range(3):
        model.optimizer.apply(grads, model.trainable_variables)
    model.save(tmp_path / "m.keras")
    loaded = reader.models.load_model(tmp_path / "m.keras")
    for _ in range(2):
        for one in (model, loaded):
            one.optimizer.apply(grads, one.trainable_variables)
    assert len(loaded.optimizer.variables) == len(model.optimizer.variables)
    for a, b in zip(model.optimizer.variables, loaded.optimizer.variables, strict=True):
        np.testing.assert_allclose(np.asarray(a), np.asarray(b), atol=1e-6, err_msg=a.path)
    for a, b in zip(model.get_weights(), loaded.get_weights(), strict=True):
        np.testing.assert_allclose(a, b, atol=1e-5)


def test_an_interrupted_run_resumes_to_the_same_bits(tmp_path):
    whole, broken = model_with(by_layer()), model_with(by_layer())
    whole.fit(X, Y, epochs=4, batch_size=8, verbose=0)
    backup = {"backup_dir": tmp_path, "save_freq": 1, "delete_checkpoint": False}

    class Stop(callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            if epoch == 1:
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        broken.fit(X, Y, epochs=4, batch_size=8, verbose=0, callbacks=[callbacks.BackupAndRestore(**backup), Stop()])
    resumed = model_with(by_layer(), seed=5)
    resumed.fit(X, Y, epochs=4, batch_size=8, verbose=0, callbacks=[callbacks.BackupAndRestore(**backup)])
    np.testing.assert_array_equal(resumed.theta.data, whole.theta.data)


ONE_RATE = {
    "learning_rate": lambda m: m.optimizer.learning_rate,
    "setting it": lambda m: setattr(m.optimizer, "learning_rate", 0.1),
    "explain": lambda m: m.explain(X[:8], Y[:8]),
    "range test": lambda m: m.find_learning_rate(X, Y, steps=20),
    "to_numpy": lambda m: m.to_numpy("unwritten"),
    "Doctor": lambda m: m.fit(X, Y, verbose=0, callbacks=[Doctor(verbose=0)]),
    "ReduceLROnPlateau": lambda m: m.fit(X, Y, verbose=0, callbacks=[callbacks.ReduceLROnPlateau("loss")]),
    "LearningRateScheduler": lambda m: m.fit(
        X, Y, verbose=0, callbacks=[callbacks.LearningRateScheduler(lambda epoch: 0.1)]
    ),
}


@pytest.mark.parametrize("what", ONE_RATE)
def test_what_needs_one_rate_refuses_before_anything_is_done(what):
    model = model_with(by_layer())
    before = model.theta.data.copy()
    with pytest.raises(InvalidArgument, match=r"expected an optimizer with one learning rate, got .* each of whose"):
        ONE_RATE[what](model)
    np.testing.assert_array_equal(model.theta.data, before)
    assert not hasattr(model.optimizer, "learning_rate")  # as in Keras


def test_progress_tells_every_rate(capsys):
    model_with(by_layer()).fit(X, Y, epochs=1, verbose=2)
    assert "lr 0.01, 0.02, 0.05" in capsys.readouterr().out


def test_gradients_are_checked_and_averages_swapped():
    model = model_with(MultiOptimizer(OptimizerMap(SGD(0.05, use_ema=True), {"dense/.*": Adam(0.01)}), 4.0))
    assert all(check.right for check in pellucid.check_gradients(model, X[:8], Y[:8]).checks)
    model.fit(X, Y, epochs=2, verbose=0, callbacks=[callbacks.SwapEMAWeights()])
    average = model.optimizer.optimizers[1].memory.average
    np.testing.assert_array_equal(model.theta["dense_1/kernel"], average["dense_1/kernel"])
    assert "dense/kernel" not in model.optimizer.averages


def test_a_function_chooses_by_the_variable_and_is_not_saved(tmp_path):
    asked, one, other = [], SGD(0.1), Adam(0.01)

    def choose(variable):
        asked.append((variable.path, variable.name, tuple(variable.shape)))
        return one if variable.name == "bias" else other

    model, same = model_with(MultiOptimizer(choose)), model_with(MultiOptimizer(OptimizerMap(other, {".*bias": one})))
    same.optimizer = MultiOptimizer(OptimizerMap(Adam(0.01), {".*/bias": SGD(0.1)}))
    for m in (model, same):
        m.fit(X, Y, epochs=2, verbose=0)
    assert ("dense/kernel", "kernel", (3, 4)) in asked
    assert len(asked) == 6
    np.testing.assert_array_equal(model.theta.data, same.theta.data)
    with pytest.raises(WrongType, match="saved: expected an OptimizerMap"):
        model.save(tmp_path / "m.keras")


def test_frozen_layers_stay():
    model = model_with(by_layer())
    model.layers[0].trainable = False
    before = model.theta["dense/kernel"].copy()
    model.fit(X, Y, verbose=0)
    np.testing.assert_array_equal(model.theta["dense/kernel"], before)
    assert [one.iterations for one in model.optimizer.optimizers] == [0, 2, 2]


def test_a_map_is_a_dictionary_with_a_default():
    a, b, c = SGD(), Adam(), RMSprop()
    by_name = OptimizerMap(a, {"x/.*": b})
    by_name["x/kernel"] = c
    assert (by_name["x/kernel"], by_name["x/bias"], by_name["y"]) == (c, b, a)
    assert (list(by_name), len(by_name), "x/bias" in by_name) == (["x/.*", "x/kernel"], 2, False)
    del by_name["x/kernel"]
    assert by_name["x/kernel"] is b


WRONG = [
    (lambda: OptimizerMap(3), "default_optimizer: expected a name, a config or a part"),
    (lambda: OptimizerMap("adam", 3), "optimizer_map: expected a dictionary"),
    (lambda: OptimizerMap("adam", {3: "sgd"}), "key 3: expected a name or a regular expression"),
    (lambda: OptimizerMap("adam", {"(": "sgd"}), r"key '\(': expected a name or a regular expression"),
    (lambda: OptimizerMap("adam", {"a": MultiOptimizer(OptimizerMap("sgd"))}), "expected an optimizer that has no oth"),
    (lambda: OptimizerMap("adam", {"a.*": "sgd", ".*b": "sgd"})["ab"], "expected one key that matches it, got a"),
    (lambda: OptimizerMap("adam", {"a": "sgd"}).__setitem__("a", "sgd"), "key 'a': expected a key that it does not"),
    (lambda: MultiOptimizer(3), "expected an OptimizerMap, or a function"),
    (lambda: optimizers.get("multi_optimizer"), "expected MultiOptimizer with optimizer_map"),
    (lambda: model_with(MultiOptimizer(lambda v: "sgd")).fit(X, Y), "expected an optimizer for each variable"),
    (
        lambda: model_with(MultiOptimizer(OptimizerMap("adam", {"sequential/dense/.*": "sgd"}))).fit(X, Y),
        "expected keys that match a parameter: dense/kernel, .*got 'sequential/dense",
    ),
    (lambda: by_layer().exclude_from_weight_decay(var_names=["bias"]), "expected a call of one of its optimizers' own"),
]


@pytest.mark.parametrize(("do", "message"), WRONG, ids=lambda v: v[:40] if isinstance(v, str) else "")
def test_what_cannot_be_meant_is_refused(do, message):
    with pytest.raises((InvalidArgument, WrongType), match=message):
        do()
