"""fit, evaluate and train_on_batch on the compiled engine: data of every kind, what is not finite, epochs in one go."""

from __future__ import annotations

import copy
import logging
import math

import numpy as np
import pytest

import pellucid
from pellucid.callbacks import Callback, LambdaCallback, TerminateOnNaN
from pellucid.errors import DataError, NonFinite
from pellucid.layers import Dense, Layer
from pellucid.rng import Key
from pellucid.training.engine import engine_of

X, Y = Key(2).normal((103, 6)), np.arange(103) % 3


def network(**options: object) -> pellucid.Sequential:
    model = pellucid.Sequential([Dense(9, activation="relu", input_shape=(6,)), Dense(3, activation="softmax")], seed=4)
    model.compile(
        pellucid.optimizers.Adam(0.01, epsilon=1e-3), "sparse_categorical_crossentropy", metrics=["accuracy"], **options
    )
    return model


def histories(fit: dict[str, object], x: np.ndarray = X, y: np.ndarray = Y) -> list[dict[str, list[float]]]:
    return [network(run_eagerly=eager).fit(x, y, verbose=0, **fit).history for eager in (False, True)]


@pytest.mark.parametrize(
    "fit",
    [
        {"epochs": 3},
        {"epochs": 3, "batch_size": 7, "shuffle": False},
        {"epochs": 3, "shuffle": "batch", "batch_size": 10},
        {"epochs": 4, "steps_per_epoch": 5},
        {"epochs": 4, "steps_per_epoch": 3, "shuffle": False},
        {"epochs": 2, "batch_size": 500},
        {"epochs": 2, "validation_split": 0.2},
        {"epochs": 2, "class_weight": {0: 3.0, 2: 0.5}},
        {"epochs": 2, "sample_weight": np.linspace(0, 2, 103)},
        {"epochs": 40, "batch_size": 40},
        {"epochs": 2, "callbacks": LambdaCallback(on_train_batch_end=lambda batch, logs: None)},
    ],
    ids=lambda fit: " ".join(fit),
)
def test_both_engines_tell_the_same_history(fit: dict[str, object]) -> None:
    machine, definition = histories(fit)
    assert machine.keys() == definition.keys()
    for name, values in definition.items():
        np.testing.assert_allclose(machine[name], values, rtol=2e-4, atol=2e-5)


@pytest.mark.parametrize("kind", ["uint8", "int16", "int64", "float16", "float64", "bool"])
def test_data_of_every_kind_train_alike(kind: str) -> None:
    x = np.abs(X * 3).astype(kind)
    machine, definition = histories({"epochs": 2}, x)
    np.testing.assert_allclose(machine["loss"], definition["loss"], rtol=1e-4)


@pytest.mark.parametrize("y", [Y.astype("uint8"), Y.astype("float32"), Y[:, None], Y.astype("int32")[::-1][::-1]])
def test_targets_of_every_kind_train_alike(y: np.ndarray) -> None:
    machine, definition = histories({"epochs": 2}, X, y)
    np.testing.assert_allclose(machine["loss"], definition["loss"], rtol=1e-4)


def test_many_short_epochs_in_one_go_are_the_same_as_one_by_one() -> None:
    class Looking(Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            pass

    together, apart = network(), network()
    for model in (together, apart):
        model.fit(X, Y, epochs=2, verbose=0)  # so that the time of a step is known
    wanted = apart.fit(X, Y, epochs=300, verbose=0, callbacks=[Looking()])
    got = together.fit(X, Y, epochs=300, verbose=0)
    assert got.history == wanted.history
    assert got.epoch == wanted.epoch
    np.testing.assert_array_equal(together.theta.data, apart.theta.data)
    assert together.optimizer.steps_taken == apart.optimizer.steps_taken


def test_a_nan_is_traced_and_changes_nothing() -> None:
    model = network()
    model.fit(X, Y, epochs=2, verbose=0)
    before = model.theta.data.copy()
    model.layers[1].kernel.assign(np.full((9, 3), 1e38))
    broken = model.theta.data.copy()
    with pytest.raises(NonFinite, match="dense_1"):
        model.fit(X * 1e3, Y, epochs=1, verbose=0)
    np.testing.assert_array_equal(model.theta.data, broken)
    assert not np.array_equal(before, broken)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("layer", [0, 1])
def test_planted_numbers_are_found_in_their_layer(layer: int, bad: float) -> None:
    model = network()
    model.fit(X, Y, epochs=1, verbose=0)
    kernel = model.layers[layer].kernel.numpy().copy()
    kernel[0, 0] = bad
    model.layers[layer].kernel.assign(kernel)
    steps = model.optimizer.steps_taken
    with pytest.raises(NonFinite, match=model.layers[layer].name):
        model.fit(X, Y, epochs=50, verbose=0)
    assert model.optimizer.steps_taken == steps


def test_divergence_ends_at_the_same_step_on_both_engines() -> None:
    found = []
    for eager in (False, True):
        model = pellucid.Sequential([Dense(5, input_shape=(6,)), Dense(1)], seed=1)
        model.compile(pellucid.optimizers.SGD(50.0), "mse", run_eagerly=eager)
        with pytest.raises(NonFinite) as problem:
            model.fit(X, Y.astype("float32"), epochs=500, batch_size=50, verbose=0)
        found.append((model.optimizer.steps_taken, str(problem.value).split(":")[0]))
    assert found[0] == found[1]


def test_terminate_on_nan_ends_training_quietly() -> None:
    model = pellucid.Sequential([Dense(5, input_shape=(6,)), Dense(1)], seed=1)
    model.compile(pellucid.optimizers.SGD(50.0), "mse")
    history = model.fit(X, Y.astype("float32"), epochs=500, verbose=0, callbacks=[TerminateOnNaN()])
    assert len(history.history["loss"]) < 500


def test_a_changed_part_is_compiled_anew() -> None:
    machine, definition = network(), network(run_eagerly=True)
    for model in (machine, definition):
        model.fit(X, Y, epochs=1, verbose=0)
        model.optimizer.beta_1 = 0.5
        model.optimizer.learning_rate = 0.03
        model.layers[0].activation = pellucid.activations.get("tanh")
        model.fit(X, Y, epochs=1, verbose=0)
        model.layers[0].trainable = False
        model.fit(X, Y, epochs=1, verbose=0)
    np.testing.assert_allclose(machine.theta.data, definition.theta.data, atol=2e-4)


def test_a_copy_trains_on_its_own() -> None:
    model = network()
    model.fit(X, Y, epochs=1, verbose=0)
    other = copy.deepcopy(model)
    before = model.theta.data.copy()
    other.fit(X, Y, epochs=1, verbose=0)
    np.testing.assert_array_equal(model.theta.data, before)
    assert not np.array_equal(other.theta.data, before)


def test_a_callback_told_of_every_batch_sees_its_gradient() -> None:
    seen: list[list[np.ndarray]] = []
    for eager in (False, True):
        model, found = network(run_eagerly=eager), []
        look = LambdaCallback(on_train_batch_end=lambda batch, logs, m=model, f=found: f.append(m.gradient.data.copy()))
        model.fit(X, Y, epochs=2, batch_size=40, verbose=0, callbacks=[look])
        seen.append(found)
    assert len(seen[0]) == len(seen[1]) == 6
    np.testing.assert_allclose(seen[0], seen[1], atol=2e-6)
    assert all(np.abs(g).max() > 0 for g in seen[0])


def test_generators_are_trained_on_batch_by_batch() -> None:
    def batches() -> object:
        while True:
            for i in range(0, 100, 20):
                yield X[i : i + 20], Y[i : i + 20]

    losses = []
    for eager in (False, True):
        model = network(run_eagerly=eager)
        losses.append(model.fit(batches(), steps_per_epoch=5, epochs=3, verbose=0).history["loss"])
        assert bool(engine_of(model).step_programs) is not eager
    np.testing.assert_allclose(*losses, rtol=1e-4)


def test_a_network_with_a_layer_of_ones_own_says_that_it_runs_on_the_definition(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Halving(Layer):
        def forward(self, p, x, *, training, rng):
            return x / 2, None

        def backward(self, p, cache, dy):
            return dy / 2, {}

    model = pellucid.Sequential(
        [Dense(4, input_shape=(6,)), Halving(name="my_halving"), Dense(3, activation="softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    with caplog.at_level(logging.WARNING, "pellucid"):
        model.fit(X, Y, epochs=2, verbose=0)
        model.evaluate(X, Y, verbose=0)
        model.predict(X, verbose=0)
    told = [record.getMessage() for record in caplog.records if "definition" in record.getMessage()]
    assert len(told) == 1
    assert "my_halving" in told[0]


@pytest.mark.parametrize(
    "optimizer", ["sgd", "adam", "rmsprop", "nadam", "lion", "ftrl", "adadelta", "adamax", "adagrad"]
)
@pytest.mark.parametrize("widths", [(9,), (40, 130), (600, 300)])
def test_an_update_joined_with_its_gradient_gives_the_same_bits(optimizer: str, widths: tuple[int, ...]) -> None:
    """`fit` writes no gradients where nobody can look at them, `train_on_batch` does."""
    batch = 250 if len(widths) > 1 else 30  # a narrow layer's gradient is joined where the rows are few
    x, y = np.tile(X, (6, 1))[: 12 * batch // 5], np.tile(Y, 6)[: 12 * batch // 5]
    models = []
    for _ in range(2):
        stack = [Dense(width, activation="relu") for width in widths]
        model = pellucid.Sequential([pellucid.Input((6,)), *stack, Dense(3, activation="softmax")], seed=4)
        model.compile(optimizer, "sparse_categorical_crossentropy")
        models.append(model)
    joined, apart = models
    joined.fit(x, y, batch_size=batch, shuffle=False, epochs=2, verbose=0)
    for _ in range(2):
        for i in range(0, len(x), batch):
            apart.train_on_batch(x[i : i + batch], y[i : i + batch])
    (step_program,) = engine_of(joined).step_programs.values()
    assert any(op.kernel.startswith("dense.weights.") for op in step_program.machine.ops)
    np.testing.assert_array_equal(joined.theta.data, apart.theta.data)


def test_numbers_too_small_to_be_normal_slow_nothing_down_and_are_taken_for_zero() -> None:
    model = pellucid.Sequential([Dense(1, input_shape=(1,), use_bias=False, kernel_initializer="ones")])
    tiny = np.full((4, 1), 1e-40, "float32")
    assert tiny[0, 0] > 0
    assert model.predict(tiny, verbose=0).max() == 0
    assert np.full(3, 1e-40, "float32").sum() > 0  # outside the engine nothing has changed


def test_evaluating_says_which_outputs_a_loss_does_not_take() -> None:
    model = pellucid.Sequential([Dense(1, kernel_initializer="ones", input_shape=(1,))])
    model.compile("sgd", "poisson")
    with pytest.raises(DataError, match=r"expected rates of 0 or more, got -1\.0 at row 0"):
        model.evaluate(-np.ones((4, 1)), np.ones(4), verbose=0)
    assert math.isfinite(model.evaluate(np.ones((4, 1)), np.ones(4), verbose=0))
