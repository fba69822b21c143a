"""Metrics beside the compiled engine: those with kernels of their own, and those that count the outputs it leaves."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import pellucid
from laws.engines import close
from pellucid import losses, metrics
from pellucid.layers import Dense
from pellucid.models.feeding import prepare
from pellucid.rng import Key
from pellucid.training import engine
from pellucid.training.engine import engine_of

Make = Callable[..., Any]


def twins(
    x: np.ndarray, loss: Any, plain: list[Any], weighted: list[Any], activation: str | None = None
) -> list[pellucid.Sequential]:
    """The same model twice, on either engine; `plain` and `weighted` make their metrics."""
    made = []
    for eager in (False, True):
        model = pellucid.Sequential([Dense(4, activation=activation, input_shape=x.shape[1:])], seed=2)
        model.compile(
            pellucid.optimizers.Adam(epsilon=1e-3), loss, run_eagerly=eager,
            metrics=[make() for make in plain], weighted_metrics=[make() for make in weighted],
        )  # fmt: skip
        made.append(model)
    return made


def agree(
    x: np.ndarray,
    y: np.ndarray,
    loss: Any,
    make: Make,
    weights: np.ndarray | None = None,
    *,
    activation: str | None = None,
) -> tuple[set[str], set[str]]:
    """Fit in shuffled batches with a short last one, evaluate, and compare what both engines say; returns the names of
    the metrics with kernels, and of those without."""
    definition, machine = reversed(twins(x, loss, [make], [make], activation))
    options = {"batch_size": 7, "sample_weight": weights, "verbose": 0}
    histories = [m.fit(x, y, epochs=3, **options).history for m in (machine, definition)]
    for name, wanted in histories[1].items():
        close(f"fit, {name}", histories[0][name], wanted)
    got, wanted = (m.evaluate(x, y, return_dict=True, **options) for m in (machine, definition))
    for name in wanted:
        close(f"evaluate, {name}", got[name], wanted[name])
    assert not engine_of(machine).refusal
    (step_program,) = (s for s in engine_of(machine).step_programs.values() if not s.training)
    return {m.name for m, _ in step_program.lowered.native}, {m.name for m in step_program.lowered.foreign}


N = 40
X = Key(1).normal((N, 5))
CLASSES = (Key(2).uniform((N,)) * 4).astype("int64")
ONE_HOT = np.eye(4)[CLASSES]
LABELS = (Key(3).uniform((N, 4)) > 0.5).astype("float32")
NUMBERS = Key(4).normal((N, 4))
WEIGHTS = {
    "no weights": None,
    "(N,)": Key(5).uniform((N,)),
    "(N, 1)": Key(5).uniform((N, 1)),
    "0 or 1": np.arange(N) % 2,
}


def top_2() -> metrics.Metric:
    return metrics.TopKCategoricalAccuracy(k=2)


def sparse_top_2() -> metrics.Metric:
    return metrics.SparseTopKCategoricalAccuracy(k=2)


def ignoring() -> metrics.Metric:
    return metrics.SparseCategoricalCrossentropy(ignore_class=1)


def ignoring_loss() -> losses.Loss:
    return losses.SparseCategoricalCrossentropy(ignore_class=1)


def strict_accuracy() -> metrics.Metric:
    return metrics.BinaryAccuracy(threshold=0.7)


def smooth_binary() -> metrics.Metric:
    return metrics.BinaryCrossentropy(from_logits=True, label_smoothing=0.1)


def huber_loss() -> losses.Loss:
    return losses.Huber(0.5)


def mse_of_the_package() -> Any:
    return losses.mean_squared_error


NATIVE = [
    ("mse", NUMBERS, None, metrics.MeanSquaredError),
    ("mse", NUMBERS, None, metrics.RootMeanSquaredError),
    ("mse", NUMBERS, None, metrics.MeanAbsoluteError),
    ("mse", NUMBERS, None, metrics.MeanAbsolutePercentageError),
    ("mse", NUMBERS, None, metrics.MeanSquaredLogarithmicError),
    ("mse", NUMBERS, None, metrics.LogCoshError),
    ("mse", NUMBERS, None, metrics.Hinge),
    ("mse", LABELS, None, metrics.Hinge),
    ("mse", LABELS, None, metrics.SquaredHinge),
    ("mse", ONE_HOT, None, metrics.CategoricalHinge),
    ("mse", LABELS, "softmax", metrics.KLDivergence),
    ("mse", NUMBERS, None, huber_loss),
    ("mse", NUMBERS, None, mse_of_the_package),
    ("poisson", LABELS, "softmax", metrics.Poisson),
    ("binary_crossentropy", LABELS, "sigmoid", metrics.BinaryAccuracy),
    ("binary_crossentropy", LABELS, "sigmoid", strict_accuracy),
    ("binary_crossentropy", LABELS, "sigmoid", metrics.BinaryCrossentropy),
    ("binary_crossentropy", LABELS, "sigmoid", smooth_binary),
    ("categorical_crossentropy", ONE_HOT, "softmax", metrics.CategoricalAccuracy),
    ("categorical_crossentropy", ONE_HOT, "softmax", metrics.CategoricalCrossentropy),
    ("categorical_crossentropy", ONE_HOT, "softmax", top_2),
    ("sparse_categorical_crossentropy", CLASSES, "softmax", metrics.SparseCategoricalAccuracy),
    ("sparse_categorical_crossentropy", CLASSES, "softmax", metrics.SparseCategoricalCrossentropy),
    ("sparse_categorical_crossentropy", CLASSES, "softmax", sparse_top_2),
    (ignoring_loss(), CLASSES, "softmax", ignoring),
]


@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize(("loss", "y", "activation", "make"), NATIVE, ids=lambda v: getattr(v, "__name__", None))
def test_metrics_with_kernels(loss: Any, y: np.ndarray, activation: str | None, make: Make, weights: str) -> None:
    native, foreign = agree(X, y, loss, make, WEIGHTS[weights], activation=activation)
    assert len(native) == 2
    assert not foreign


# Metrics that count in Python ----------------------------------------------------------------------------------------


class Farthest(metrics.Metric):
    """In Keras's style, and of a kind that knows how many batches there were."""

    def __init__(self, name: str = "farthest") -> None:
        super().__init__(name)
        self.sum = self.add_weight(name="sum")
        self.batches = self.add_weight(name="batches")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        w = 1 if sample_weight is None else np.reshape(sample_weight, (len(y_true), -1))
        self.sum.assign_add((np.abs(y_true - y_pred) * w).max())
        self.batches.assign_add(1)

    def result(self) -> Any:
        return self.sum / self.batches


class Twice(metrics.MeanSquaredError):
    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return 2 * super().values(y_true, y_pred)


class PerBatch(metrics.TruePositives):
    """A library's own, which a subclass makes count batches."""

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        super().update_state(y_true[:1], y_pred[:1])


def largest_error() -> Any:
    def largest_error(y_true: np.ndarray, y_pred: np.ndarray) -> Any:
        return np.abs(y_true - y_pred).max(axis=-1)

    return largest_error


def two_thresholds() -> metrics.Metric:
    return metrics.Precision(thresholds=[0.3, 0.6])


def by_label() -> metrics.Metric:
    return metrics.AUC(multi_label=True, num_labels=4)


def weighted_labels() -> metrics.Metric:
    return metrics.AUC(label_weights=[0.1, 0.2, 0.3, 0.4])


FOREIGN = [
    ("binary_crossentropy", LABELS, "sigmoid", metrics.AUC),
    ("binary_crossentropy", LABELS, "sigmoid", by_label),
    ("binary_crossentropy", LABELS, "sigmoid", weighted_labels),
    ("binary_crossentropy", LABELS, "sigmoid", metrics.Precision),
    ("binary_crossentropy", LABELS, "sigmoid", two_thresholds),
    ("binary_crossentropy", LABELS, "sigmoid", metrics.Recall),
    ("binary_crossentropy", LABELS, "sigmoid", metrics.FalseNegatives),
    ("binary_crossentropy", LABELS, "sigmoid", lambda: metrics.RecallAtPrecision(0.6)),
    ("binary_crossentropy", LABELS, "sigmoid", lambda: metrics.F1Score(average="macro")),
    ("sparse_categorical_crossentropy", CLASSES, "softmax", lambda: metrics.F1Score(average="micro")),
    ("sparse_categorical_crossentropy", CLASSES, "softmax", metrics.Precision),
    ("sparse_categorical_crossentropy", CLASSES, "softmax", ignoring),
    ("binary_crossentropy", LABELS, "sigmoid", metrics.BinaryIoU),
    ("categorical_crossentropy", ONE_HOT, "softmax", lambda: metrics.OneHotMeanIoU(4)),
    ("sparse_categorical_crossentropy", CLASSES, "softmax", lambda: metrics.MeanIoU(4, sparse_y_pred=False)),
    ("mse", NUMBERS, None, metrics.R2Score),
    ("mse", NUMBERS, None, metrics.CosineSimilarity),
    ("mse", NUMBERS, None, metrics.PearsonCorrelation),
    ("mse", NUMBERS, None, metrics.Accuracy),
    ("mse", LABELS, None, metrics.BinaryCrossentropy),
    ("mse", NUMBERS, None, Farthest),
    ("mse", NUMBERS, None, Twice),
    ("binary_crossentropy", LABELS, "sigmoid", PerBatch),
    ("mse", NUMBERS, None, largest_error),
]


@pytest.mark.parametrize("weights", ["no weights", "(N,)"])
@pytest.mark.parametrize(("loss", "y", "activation", "make"), FOREIGN, ids=lambda v: getattr(v, "__name__", None))
def test_metrics_without_kernels(loss: Any, y: np.ndarray, activation: str | None, make: Make, weights: str) -> None:
    native, foreign = agree(X, y, loss, make, WEIGHTS[weights], activation=activation)
    assert len(foreign) == 2
    assert not native


# Sums do not depend on how an epoch is cut into runs -----------------------------------------------------------------


@pytest.mark.parametrize("weights", ["no weights", "(N,)"])
def test_the_cut_into_runs_changes_no_bit(weights: str, crew: list[int]) -> None:
    made = [
        metrics.MeanSquaredError,
        metrics.BinaryAccuracy,
        metrics.R2Score,
        metrics.AUC,
        metrics.Recall,
        Twice,
        Farthest,
    ]
    found = []
    for steps in (1, 2, 5, 100):
        crew[:] = 1, steps
        machine, _ = twins(X, "binary_crossentropy", made, made, "sigmoid")
        prepare(machine)
        step_program = engine_of(machine).step_program(3, X, LABELS, WEIGHTS[weights], training=True)
        place = 0
        while place < 14:
            place += step_program.run(np.arange(N)[::-1].copy(), place, 14 - place)
        found.append({name: np.asarray(value).tobytes() for name, value in machine.meters.state().items()})
    assert all(f == found[0] for f in found)
    assert len(found[0]) > 14


# What a kernel must not do -------------------------------------------------------------------------------------------


def test_a_metric_refuses_class_numbers_that_the_loss_lets_pass() -> None:
    """Class -1 is left out of the loss, but has no score: the metric says so, and reads no memory beside the scores."""
    for model in twins(
        X, losses.SparseCategoricalCrossentropy(ignore_class=-1), [metrics.SparseCategoricalAccuracy], [], "softmax"
    ):
        with pytest.raises(pellucid.errors.DataError, match="from 0 to 3"):
            model.fit(X, np.where(CLASSES == 1, -1, CLASSES), verbose=0)


def test_a_metric_refuses_labels_that_the_loss_lets_pass() -> None:
    for model in twins(X, "mse", [metrics.BinaryCrossentropy], []):
        with pytest.raises(pellucid.errors.DataError, match="between 0 and 1"):
            model.evaluate(X, NUMBERS, verbose=0)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_scores_that_are_not_finite(value: float) -> None:
    """Where NaN or infinity stands among the scores, both engines call the same a hit."""
    scores = Key(6).normal((N, 4)).astype("float32")
    scores[::3, 1] = value
    scores[1::5, 2] = value
    made = [metrics.CategoricalAccuracy, top_2, metrics.BinaryAccuracy]
    found = []
    for eager in (False, True):
        model = pellucid.Sequential([pellucid.layers.Activation("linear", input_shape=(4,))])
        model.compile("sgd", "mse", metrics=[make() for make in made], run_eagerly=eager)
        prepare(model)
        engine.test(model, scores, ONE_HOT, None)
        found.append({m.name: m.result() for m in model.metrics[1:]})
    assert found[0] == found[1]


@pytest.mark.parametrize("shape", [(1,), (3, 4)], ids=str)
def test_several_values_per_sample(shape: tuple[int, ...]) -> None:
    """Outputs (B, T, O), weights per sample and per value."""
    x = Key(7).normal((11, *shape[:-1], 5))
    y = (Key(8).uniform((11, *shape)) > 0.4).astype("float32")
    made = [metrics.BinaryAccuracy, metrics.MeanSquaredError, metrics.RootMeanSquaredError, metrics.BinaryCrossentropy]
    for w in (None, Key(9).uniform((11,)), Key(9).uniform((11, *shape[:-1]))):
        found = []
        for eager in (False, True):
            model = pellucid.Sequential([Dense(shape[-1], activation="sigmoid", input_shape=x.shape[1:])], seed=2)
            model.compile(
                "sgd",
                "binary_crossentropy",
                metrics=[m() for m in made],
                weighted_metrics=[m() for m in made],
                run_eagerly=eager,
            )
            found.append(model.evaluate(x, y, sample_weight=w, batch_size=4, verbose=0))
            assert eager or not next(iter(engine_of(model).step_programs.values())).lowered.foreign
        close("evaluate", *found)


# What words mean, by the loss ----------------------------------------------------------------------------------------

Z = (X @ Key(10).normal((5, 4))).astype("float32")
SOFT = 1 / (1 + np.exp(-Z))
WORDS = [
    (losses.BinaryCrossentropy(from_logits=True), LABELS, Z, ((Z > 0) == LABELS).mean()),
    (losses.BinaryCrossentropy(from_logits=True), LABELS[:, :1], Z[:, :1], ((Z > 0) == LABELS)[:, 0].mean()),
    ("binary_crossentropy", LABELS, SOFT, ((Z > 0) == LABELS).mean()),
    ("hinge", 2 * LABELS[:, 1:2] - 1, Z[:, 1:2], ((Z > 0) == LABELS)[:, 1].mean()),
    (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT, Z, (Z.argmax(1) == CLASSES).mean()),
    ("mse", ONE_HOT, Z, (Z.argmax(1) == CLASSES).mean()),
]


def passing(width: int, loss: Any, eager: bool, **options: Any) -> pellucid.Sequential:
    """A model that gives its inputs back, and learns nothing."""
    model = pellucid.Sequential([Dense(width, kernel_initializer="identity", input_shape=(width,))])
    model.compile(pellucid.optimizers.SGD(0.0), loss, run_eagerly=eager, **options)
    return model


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(("loss", "y", "outputs", "wanted"), WORDS, ids=lambda v: getattr(v, "name", None))
def test_accuracy_reads_outputs_as_the_loss_does(
    loss: Any, y: np.ndarray, outputs: np.ndarray, wanted: float, eager: bool
) -> None:
    for word in ("accuracy", "acc"):
        model = passing(outputs.shape[1], loss, eager, metrics=[word])
        assert model.fit(outputs, y, batch_size=7, verbose=0).history[word] == [pytest.approx(wanted)]
        assert model.evaluate(outputs, y, batch_size=7, verbose=0, return_dict=True)[word] == pytest.approx(wanted)


@pytest.mark.parametrize("eager", [False, True])
@pytest.mark.parametrize(
    ("loss", "y"),
    [
        (losses.BinaryCrossentropy(from_logits=True), LABELS),
        (losses.CategoricalCrossentropy(from_logits=True), ONE_HOT),
        (losses.SparseCategoricalCrossentropy(from_logits=True), CLASSES),
    ],
    ids=lambda v: getattr(v, "name", None),
)
def test_crossentropy_is_the_loss_from_logits(loss: Any, y: np.ndarray, eager: bool) -> None:
    for word in ("crossentropy", "ce"):
        logs = passing(4, loss, eager, metrics=[word]).evaluate(Z, y, batch_size=7, verbose=0, return_dict=True)
        assert logs[word] == pytest.approx(logs["loss"], rel=1e-5)


@pytest.mark.parametrize("eager", [False, True])
def test_accuracy_of_quantities_is_warned_of_once(eager: bool) -> None:
    model = passing(4, "mse", eager, metrics=["acc"], weighted_metrics=["accuracy"])
    with pytest.warns(UserWarning, match=r"use 'mae' or R2Score\(\)") as told:
        model.fit(Z, NUMBERS, epochs=2, verbose=0)
    assert len(told) == 1
    model.evaluate(Z, NUMBERS, verbose=0)


@pytest.mark.parametrize("eager", [False, True])
def test_weighted_metrics_are_named_as_keras_names_them(eager: bool) -> None:
    """keras.src.trainers.compile_utils.CompileMetrics.result of Keras 3.15 gives these names."""
    given = [
        (["accuracy"], ["accuracy"], ["accuracy", "weighted_accuracy"]),
        ([], ["accuracy", "mse"], ["accuracy", "mse"]),
        (["mse", "mse"], ["mse", "mse", "mae"], ["mse", "mse_1", "weighted_mse", "weighted_mse_1", "mae"]),
    ]
    for plain, weighted, names in given:
        model = passing(4, "categorical_crossentropy", eager, metrics=plain, weighted_metrics=weighted)
        history = model.fit(SOFT, ONE_HOT, sample_weight=np.arange(N), verbose=0).history
        assert list(history) == ["loss", *names]
    assert history["mse"] == history["mse_1"] != history["weighted_mse"] == history["weighted_mse_1"]
