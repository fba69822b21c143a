"""Several processes that share each batch: the outcome is that of one, whatever a step is made of. Threads play the
processes here; tests/training/test_mpi.py has real ones."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import pellucid
from laws.ranks import as_ranks
from pellucid import layers, ops
from pellucid.callbacks import BackupAndRestore, Callback, CSVLogger, EarlyStopping, TerminateOnNaN
from pellucid.distribution import distribution
from pellucid.errors import InvalidArgument, NonFinite, PellucidError
from pellucid.losses import SparseCategoricalCrossentropy
from pellucid.machine.kernels.interpreter import share_samples
from pellucid.metrics import AUC
from pellucid.training.distribution import largest_share, share_of
from pellucid.training.exchange import Exchange

N = 53  # rows: batches of 20, 20 and 13, which two or three ranks share unevenly


@given(st.integers(0, 500), st.integers(1, 9))
def test_a_batch_is_cut_into_fours_of_rows_one_share_after_another(n: int, ranks: int):
    shares = [share_of(n, rank, ranks) for rank in range(ranks)]
    assert [0, *(last for _, last in shares)] == [*(first for first, _ in shares), n]
    assert all(first % 4 == 0 or first == n for first, _ in shares)
    sizes = [last - first for first, last in shares]
    assert max(sizes) - min(sizes) <= 7
    assert max(sizes) <= largest_share(n, ranks)
    assert shares == [share_samples.py_func(n, rank, ranks) for rank in range(ranks)]  # as the engine has it


def numbers(kind: str, *shape: int) -> np.ndarray:
    rng = np.random.Generator(np.random.PCG64(7))
    return rng.integers(0, 3, shape) if kind == "classes" else rng.normal(size=shape).astype("float32")


X, Y, W = numbers("x", N, 6), numbers("classes", N), np.abs(numbers("w", N)) + 0.1


def chain(*inner: Any, loss: Any = "sparse_categorical_crossentropy", optimizer: Any = "adam", **compiled: Any) -> Any:
    def build() -> Any:
        model = pellucid.Sequential(
            [layers.Dense(9, "relu", input_shape=(6,)), *(make() for make in inner), layers.Dense(3, "softmax")], seed=3
        )
        made = {name: value() if callable(value) else value for name, value in compiled.items()}  # anew for each thread
        model.compile(optimizer() if callable(optimizer) else optimizer, loss, **{"metrics": ["accuracy"], **made})
        return model

    return build


def two_outputs() -> Any:
    x = layers.Input((6,))
    hidden = layers.Dense(5, "tanh")(x)
    model = pellucid.Model(x, [layers.Dense(3, "softmax", name="a")(hidden), layers.Dense(1, name="b")(hidden)], seed=1)
    losses = [SparseCategoricalCrossentropy(ignore_class=2), "mse"]
    model.compile("sgd", losses, loss_weights=[1.0, 0.3], metrics=[["accuracy"], ["mae"]])
    return model


def masked() -> Any:
    model = pellucid.Sequential([layers.Input((4, 2)), layers.Masking(), layers.Dense(3, "softmax")], seed=1)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def masked_batches() -> Any:
    model = pellucid.Sequential(
        [layers.Input((4, 2)), layers.Masking(), layers.BatchNormalization(), layers.Dense(3, "softmax")], seed=1
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


class OwnStep(pellucid.Sequential):
    def train_step(self, data: Any) -> dict[str, Any]:
        x, y = data
        g = self.gradients(x, y)
        self.optimizer.apply([np.sign(dw) for dw in g.values()], self.trainable_variables)
        return {"loss": self.compute_loss(x, y, self(x))}


def own_step() -> Any:
    model = OwnStep([layers.Dense(3, "softmax", input_shape=(6,))], seed=0)
    model.compile("sgd", "sparse_categorical_crossentropy")
    return model


STEPS = numbers("steps", N, 4, 2)
STEPS[::3, 2:] = 0
NETWORKS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "plain": (chain(), {"x": X, "y": Y}),
    "in order": (chain(), {"x": X, "y": Y, "shuffle": False}),
    "one batch": (chain(), {"x": X[:6], "y": Y[:6], "batch_size": 3}),
    "dropout": (chain(lambda: layers.Dropout(0.5), lambda: layers.Dropout(0.2, noise_shape=(1, 9))), {"x": X, "y": Y}),
    "noise": (chain(lambda: layers.GaussianNoise(0.3)), {"x": X, "y": Y}),
    "drawn within call": (
        chain(lambda: layers.Lambda(lambda x: x + 0.1 * pellucid.random.truncated_normal((None, 9)))),
        {"x": X, "y": Y},
    ),
    "batch normalization": (chain(layers.BatchNormalization), {"x": X, "y": Y}),
    "batch normalization of what is masked": (masked_batches, {"x": STEPS, "y": numbers("classes", N, 4)}),
    "weights": (chain(weighted_metrics=["accuracy"]), {"x": X, "y": Y, "sample_weight": W}),
    "weights divided by": (
        chain(loss=SparseCategoricalCrossentropy(reduction="mean_with_sample_weight")),
        {"x": X, "y": Y, "class_weight": {0: 1.0, 1: 5.0}},
    ),
    "penalties": (
        chain(
            lambda: layers.Dense(4, kernel_regularizer="l2", kernel_constraint="max_norm"),
            lambda: layers.ActivityRegularization(0.1, 0.1),
        ),
        {"x": X, "y": Y},
    ),
    "clipped": (chain(optimizer=lambda: pellucid.optimizers.Lamb(global_clipnorm=0.5)), {"x": X, "y": Y}),
    "metric in Python": (chain(metrics=lambda: [AUC()], loss="categorical_crossentropy"), {"x": X, "y": np.eye(3)[Y]}),
    "two outputs": (two_outputs, {"x": X, "y": [Y, X[:, :1]]}),
    "masked": (masked, {"x": STEPS, "y": numbers("classes", N, 4)}),
    "a step of one's own": (own_step, {"x": X, "y": Y}),
    "labels of the whole batch": (chain(loss="hinge", metrics=[]), {"x": X, "y": np.eye(3)[Y]}),
}


def fitted(build: Callable[[], Any], data: dict[str, Any], **options: Any) -> tuple[dict[str, Any], np.ndarray]:
    """(history, all parameters) after some epochs, watched on data of their own."""
    model = build()
    held = (data["x"][:21], [y[:21] for y in data["y"]] if isinstance(data["y"], list) else data["y"][:21])
    history = model.fit(
        **{"batch_size": 20, "epochs": 3, "verbose": 0, "validation_data": held, **data, **options}
    ).history
    return history, np.concatenate([model.theta.data, model.state.data])


@pytest.mark.parametrize("name", NETWORKS)
def test_the_outcome_is_that_of_one_process_and_the_same_bits_in_all_and_again(name: str):
    build, data = NETWORKS[name]
    history, weights = fitted(build, data)
    for ranks in (2, 3):
        found, again = (as_ranks(ranks, lambda rank: fitted(build, data)) for _ in range(2))
        for logs, parameters in [*found, *again]:
            np.testing.assert_array_equal(parameters, found[0][1])
            assert logs == found[0][0]
        np.testing.assert_allclose(found[0][1], weights, rtol=2e-5, atol=2e-6)
        assert found[0][0].keys() == history.keys()
        for key, values in history.items():
            np.testing.assert_allclose(found[0][0][key], values, rtol=2e-5, atol=1e-6, err_msg=key)


def test_a_rank_computes_with_its_rows_alone(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("pellucid.training.loop.compare_fit", lambda *given, **more: None)

    def work(rank: int) -> Any:
        mine = X[:40].copy()
        for batch in (mine[:20], mine[20:]):
            first, last = share_of(20, rank, 2)
            batch[:first] = batch[last:] = 1e30  # whoever read these would find no finite loss
        model = chain()()
        model.fit(mine, Y[:40], batch_size=20, shuffle=False, verbose=0)
        return model.theta.data

    expected = chain()()
    expected.fit(X[:40], Y[:40], batch_size=20, shuffle=False, verbose=0)
    for weights in as_ranks(2, work):
        np.testing.assert_allclose(weights, expected.theta.data, rtol=2e-5, atol=2e-6)


def test_all_begin_where_rank_0_stands():
    def work(rank: int) -> Any:
        model = pellucid.Sequential([layers.Dense(3, "softmax", input_shape=(6,)), layers.Dropout(0.5)])  # no seed
        model.compile("adam", "sparse_categorical_crossentropy")
        return fitted(lambda: model, {"x": X, "y": Y})

    (_, one), (_, other) = as_ranks(2, work)
    np.testing.assert_array_equal(one, other)


class StopsInItsOwnTime(Callback):
    """As one that looks at the clock: rank 1 is the first to have enough."""

    every_batch = False

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        shared = distribution()
        self.model.stop_training = shared is not None and epoch == 3 - shared.rank


class StopsWithin(Callback):
    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        shared = distribution()
        self.model.stop_training = shared is not None and shared.rank == 1 and batch == 1


@pytest.mark.parametrize(("callback", "epochs", "steps"), [(StopsInItsOwnTime, 3, 9), (StopsWithin, 1, 2)])
def test_all_stop_together(callback: type[Callback], epochs: int, steps: int):
    def work(rank: int) -> Any:
        model = chain()()
        history = model.fit(X, Y, batch_size=20, epochs=8, verbose=0, callbacks=[callback()])
        return len(history.epoch), model.optimizer.steps_taken

    assert as_ranks(2, work) == [(epochs, steps)] * 2


def test_early_stopping_decides_alike():
    def work(rank: int) -> Any:
        history, weights = fitted(
            chain(), {"x": X, "y": Y}, epochs=60,
            callbacks=[EarlyStopping("val_accuracy", patience=2, restore_best_weights=True)],
        )  # fmt: skip
        return history, weights.tolist()

    one, other = as_ranks(2, work)
    assert one == other
    assert len(one[0]["loss"]) < 60


@pytest.mark.parametrize("more", [[], [TerminateOnNaN()]])
@pytest.mark.parametrize("bad", [0, 19], ids=["row of rank 0", "row of rank 1"])
def test_a_step_that_is_not_finite_ends_all_alike(bad: int, more: list[Callback]):
    x = X[:40].copy()
    x[20 + bad] = 1e38

    def work(rank: int) -> Any:
        model = chain(loss="sparse_categorical_crossentropy")()
        try:
            model.fit(x, Y[:40], batch_size=20, epochs=3, shuffle=False, verbose=0, callbacks=more)
        except NonFinite as problem:
            return str(problem), model.theta.data.tolist()
        return model.history.history["accuracy"], model.theta.data.tolist()

    alone = work(0)
    one, other = as_ranks(2, work)
    assert one == other
    assert one[0] == alone[0]


def test_what_differs_between_processes_is_told_by_all():
    def work(rank: int) -> str:
        with pytest.raises(PellucidError) as told:
            chain()().fit(X, Y if rank == 0 else Y[::-1], verbose=0)
        return str(told.value)

    for rank, text in enumerate(as_ranks(2, work)):
        assert text.startswith("fit over 2 processes, y: expected the same in all, got others than ")
        assert f"which process {rank} has" in text
    with pytest.raises(InvalidArgument, match=r"batch 1: expected the same in all"):
        as_ranks(2, lambda rank: chain()().fit(iter([(X, Y), (X + rank, Y)]), verbose=0))


def test_batches_of_a_generator_are_shared_too():
    def batches() -> Any:
        return ((X[i : i + 20], Y[i : i + 20]) for _ in range(2) for i in range(0, N, 20))

    def work(rank: int) -> Any:
        model = chain(layers.BatchNormalization)()
        model.fit(batches(), steps_per_epoch=3, epochs=2, verbose=0)
        return np.concatenate([model.theta.data, model.state.data])

    expected = work(0)
    for weights in as_ranks(2, work):
        np.testing.assert_allclose(weights, expected, rtol=2e-5, atol=2e-6)


def test_evaluate_is_shared_and_predict_is_not(monkeypatch: pytest.MonkeyPatch):
    sums: list[int] = []
    step = Exchange._step
    monkeypatch.setattr(Exchange, "_step", lambda self, op, ctx: (sums.append(0), step(self, op, ctx)))

    def work(rank: int) -> Any:
        model = chain(layers.BatchNormalization, lambda: layers.Dropout(0.5))()
        predicted = model.predict(X, verbose=0) if rank == 0 else None  # which nobody waits for
        return model.evaluate(X, Y, batch_size=20, verbose=0), predicted

    alone, predicted = work(0)
    one, other = as_ranks(2, work)
    np.testing.assert_allclose(one[0], alone, rtol=1e-6, atol=1e-7)
    assert one[0] == other[0]
    np.testing.assert_array_equal(one[1], predicted)
    assert len(sums) == 2 * 3


class Interrupt(Callback):
    def __init__(self, batches: int) -> None:
        self.left = batches

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.left -= 1
        if self.left == 0:
            raise KeyboardInterrupt


def test_rank_0_alone_writes_and_an_interrupted_run_goes_on_to_the_same_bits(tmp_path: Any):
    network = chain(layers.BatchNormalization, lambda: layers.Dropout(0.3), metrics=["mse"], loss="mse")
    data = {"x": X, "y": np.eye(3)[Y].astype("float32")}
    whole = as_ranks(2, lambda rank: fitted(network, data, epochs=5))[0]

    def work(rank: int, *more: Callback) -> Any:
        mine = tmp_path / f"rank {rank}"  # each has its own disk
        callbacks = [BackupAndRestore(mine, save_freq=1), CSVLogger(tmp_path / f"{rank}.csv", append=True), *more]
        return fitted(network, data, epochs=5, callbacks=callbacks)

    with pytest.raises(KeyboardInterrupt):
        as_ranks(2, lambda rank: work(rank, Interrupt(8)))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["0.csv", "rank 0"]
    for history, weights in as_ranks(2, work):
        np.testing.assert_array_equal(weights, whole[1])
        np.testing.assert_allclose(history["loss"], whole[0]["loss"], rtol=1e-12)
    assert len((tmp_path / "0.csv").read_text().splitlines()) == 6


def test_a_callback_of_rank_0_evaluates_alone():
    class Looks(Callback):
        rank_zero_only = True

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            found.append((threading.get_ident(), self.model.evaluate(X, Y, verbose=0)[0]))

    found: list[Any] = []
    as_ranks(2, lambda rank: fitted(chain(), {"x": X, "y": Y}, callbacks=[Looks()]))
    assert len(found) == 3
    assert len({thread for thread, _ in found}) == 1


def test_without_a_compiled_form_each_computes_the_whole_batch():
    def build() -> Any:
        model = pellucid.Sequential(
            [layers.Lambda(lambda x: x - ops.mean(x, axis=0)), layers.Dense(3, "softmax")], seed=2
        )
        model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=distribution() is None)
        return model

    _, expected = fitted(build, {"x": X, "y": Y})
    for _, weights in as_ranks(2, lambda rank: fitted(build, {"x": X, "y": Y})):
        np.testing.assert_array_equal(weights, expected)
