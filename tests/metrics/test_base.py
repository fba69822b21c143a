"""Functions and classes of the user's own as metrics; names, configs, errors."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import losses, metrics
from pellucid.errors import InvalidArgument, ShapeError, UnknownName, WrongType
from pellucid.registry import custom_object_scope


def within_a_tenth(y_true, y_pred):
    return abs(y_true - y_pred) < 0.1


class Hits(metrics.Metric):
    """As the base asks: added and read."""

    def added(self, y_true, y_pred, sample_weight):
        return {"hits": np.sum(y_true == y_pred), "by_class": np.bincount(y_true, minlength=3)}

    def read(self, state):
        return state["hits"] / state["by_class"].sum()


class Largest(metrics.Metric):
    """As Keras asks: update_state, result and reset_state."""

    def __init__(self, name="largest", dtype=None):
        super().__init__(name, dtype)
        self.reset_state()

    def update_state(self, y_true, y_pred, sample_weight=None):
        self.value = max(self.value, np.max(y_pred))

    def result(self):
        return self.value

    def reset_state(self):
        self.value = -np.inf


def test_a_function_becomes_its_mean_under_its_name():
    metric = metrics.get(within_a_tenth)
    assert (type(metric), metric.name) == (metrics.MeanMetricWrapper, "within_a_tenth")
    assert metric([0.0, 1.0], [[0.05], [0.5]]) == 0.5  # (B,) beside (B, 1) is not broadcast to (B, B)


def test_a_function_that_gives_one_number_counts_for_its_whole_batch():
    metric = metrics.MeanMetricWrapper(lambda y_true, y_pred: np.mean(y_pred))
    metric.update_state(np.zeros(3), np.ones(3))
    assert metric(np.zeros(1), np.array([5.0])) == 2.0
    metric.reset_state()
    assert metric(np.zeros(2), np.array([3.0, 5.0]), [1.0, 1.0]) == 4.0


def test_a_function_must_give_numbers():
    with pytest.raises(WrongType, match="returns numbers"):
        metrics.get(lambda y_true, y_pred: None)([0], [0])


def test_options_go_to_the_function_and_into_the_config():
    metric = metrics.MeanMetricWrapper(metrics.binary_accuracy, name="loose", threshold=0.1)
    again = metrics.deserialize(metrics.serialize(metric))
    assert again.get_config() == metric.get_config()
    assert metric([1, 1], [0.3, 0.0]) == again([1, 1], [0.3, 0.0]) == 0.5


@pytest.mark.parametrize("fn", [losses.mean_squared_error, losses.MeanSquaredError(), "mean_squared_error"])
def test_losses_are_welcome_as_functions(fn):
    metric = metrics.MeanMetricWrapper(fn)
    again = metrics.deserialize(metrics.serialize(metric))
    for m in (metric, again):
        assert m([0, 1], [[1.0], [1.0]]) == 0.5


def test_options_of_a_loss_function():
    metric = metrics.MeanMetricWrapper(losses.binary_crossentropy, from_logits=True)
    assert metric([1.0], [0.0]) == pytest.approx(np.log(2))


def test_a_function_of_the_user_loads_once_registered():
    saved = metrics.serialize(metrics.get(within_a_tenth))
    with pytest.raises(UnknownName, match="within_a_tenth"):
        metrics.deserialize(saved)
    with custom_object_scope({"within_a_tenth": within_a_tenth}):
        assert metrics.deserialize(saved)([0.0], [0.0]) == 1.0
        assert metrics.get("within_a_tenth").name == "within_a_tenth"


def test_keras_saves_functions_like_this():
    saved = {"module": "builtins", "class_name": "function", "config": "mean_squared_error", "registered_name": "x"}
    assert metrics.get(saved)([0.0], [2.0]) == 4.0
    saved = {"class_name": "MeanMetricWrapper", "config": {"name": "m", "dtype": "float32", "fn": saved}}
    assert metrics.get(saved)([0.0], [2.0]) == 4.0


@pytest.mark.parametrize(("cls", "expected"), [(Hits, 0.5), (Largest, 2)])
def test_a_class_of_the_user(cls, expected):
    metric = metrics.get(cls)
    assert metric([0, 1], [0, 2]) == expected
    saved = metrics.serialize(metric)
    with custom_object_scope({cls.__name__: cls}):
        assert type(metrics.deserialize(saved)) is cls


def test_unknown_names_tell_the_nearest():
    with pytest.raises(UnknownName, match="Did you mean 'precision'"):
        metrics.get("precison")
    with pytest.raises(UnknownName, match="Did you mean 'thresholds'"):
        metrics.Precision.from_config({"threshold": 0.5})


@pytest.mark.parametrize("wrong", [3, 0.5, [1], object()])
def test_what_is_no_metric_is_refused(wrong):
    with pytest.raises(WrongType):
        metrics.get(wrong)


def test_the_number_of_classes_must_not_change():
    metric = metrics.F1Score()
    metric.update_state(np.eye(3), np.eye(3))
    with pytest.raises(ShapeError, match="reset_state"):
        metric.update_state(np.eye(4), np.eye(4))


def test_result_is_a_float_or_an_array():
    assert type(metrics.Accuracy()([1], [1])) is float
    assert type(metrics.Precision()([1], [1.0])) is float
    assert type(metrics.F1Score(average="macro")(np.eye(3), np.eye(3))) is float
    result = metrics.F1Score()(np.eye(3), np.eye(3))
    assert isinstance(result, np.ndarray)
    assert result.dtype == np.float64


def test_many_small_numbers_are_added_in_float64():
    metric = metrics.Mean()
    for _ in range(20):
        metric.update_state(np.full(100_000, 0.1, "float32"))
    assert metric.result() == pytest.approx(np.float32(0.1), rel=1e-12)


FOUR = ["true_positives", "false_positives", "true_negatives", "false_negatives"]
SUMS = ["total", "count"]
LATER = ["true_positives", "false_positives", "false_negatives", "intermediate_weights"]
VARIABLES = [  # Keras 3.15's names before any data, and its values after Y, P
    ("Mean", {}, SUMS, SUMS, [2.2, 4]),
    ("Sum", {}, SUMS[:1], SUMS[:1], [2.2]),
    ("BinaryAccuracy", {}, SUMS, SUMS, [3, 4]),
    ("MeanSquaredError", {}, SUMS, SUMS, [0.525, 4]),
    ("CosineSimilarity", {}, SUMS, SUMS, [3, 4]),
    ("Precision", {}, FOUR[:2], FOUR[:2], [[2], [0]]),
    ("Precision", {"thresholds": [0.6, 0.1]}, FOUR[:2], FOUR[:2], [[2, 3], [0, 1]]),
    ("Recall", {"thresholds": [0.6, 0.1]}, [FOUR[0], FOUR[3]], [FOUR[0], FOUR[3]], [[2, 3], [1, 0]]),
    ("TruePositives", {}, ["accumulator"], ["accumulator"], [[2]]),
    ("FalseNegatives", {"thresholds": [0.9, 0.3]}, ["accumulator"], ["accumulator"], [[2, 0]]),
    ("AUC", {"num_thresholds": 3}, FOUR, FOUR, [[3, 2, 0], [1, 0, 0], [0, 1, 1], [0, 1, 3]]),
    ("AUC", {"thresholds": [0.7]}, FOUR, FOUR, [[3, 1, 0], [1, 0, 0], [0, 1, 1], [0, 2, 3]]),
    (
        "AUC", {"multi_label": True, "num_thresholds": 3}, [], FOUR,
        [[[3], [2], [0]], [[1], [0], [0]], [[0], [1], [1]], [[0], [1], [3]]],
    ),
    (
        "SensitivityAtSpecificity", {"specificity": 0.5, "num_thresholds": 3}, FOUR, FOUR,
        [[3, 2, 0], [1, 0, 0], [0, 1, 1], [0, 1, 3]],
    ),
    ("F1Score", {"threshold": 0.5}, [], LATER, [[2], [0], [1], [3]]),
    (
        "R2Score", {}, ["num_samples"], ["num_samples", "squared_sum", "sum", "residual", "count"],
        [4, [3], [3], [0.525], [4]],
    ),
]  # fmt: skip
Y, P = np.array([[0.0], [1.0], [1.0], [1.0]]), np.array([[0.2], [0.4], [0.65], [0.95]])


@pytest.mark.parametrize(("name", "options", "before", "after", "values"), VARIABLES)
def test_variables_as_keras_names_them(name, options, before, after, values):
    metric = getattr(metrics, name)(**options)
    assert [v.name for v in metric.variables] == before
    assert not any(np.any(v) for v in metric.variables)
    metric.update_state(*([P] if name in ("Mean", "Sum") else [Y, P]))
    assert [v.name for v in metric.variables] == after
    for variable, value in zip(metric.variables, values, strict=True):
        np.testing.assert_allclose(variable.numpy(), value)
        if hasattr(metric, variable.name):
            np.testing.assert_array_equal(getattr(metric, variable.name), variable)
    metric.reset_state()
    assert not any(np.any(v) for v in metric.variables)


def test_what_a_metric_counted_is_read_only():
    for variable in (metrics.Mean().variables[0], metrics.Precision().true_positives):
        with pytest.raises(InvalidArgument, match="update_state"):
            variable.assign(np.ones_like(variable))


def test_thresholds_are_listed_as_in_keras():
    assert metrics.Precision().thresholds == [0.5]
    assert metrics.Recall(thresholds=(0.7, 0.2)).thresholds == [0.7, 0.2]
    assert (
        metrics.AUC(num_thresholds=3).thresholds == metrics.AUC(thresholds=[0.5]).thresholds == [-1e-7, 0.5, 1 + 1e-7]
    )
    assert metrics.PrecisionAtRecall(0.5, num_thresholds=3).thresholds == [0, 0.5, 1]
    assert metrics.AUC(thresholds=[0.5]).get_config()["thresholds"] == [0.5]
    assert metrics.AUC().get_config()["thresholds"] is metrics.Precision().get_config()["thresholds"] is None


@pytest.mark.parametrize(
    ("made", "config"),
    [
        (losses.CosineSimilarity(axis=1), {"axis": 1}),
        (losses.Huber(0.3), {"delta": 0.3}),
        (metrics.CosineSimilarity(axis=0), {"axis": 0}),
    ],
)
def test_configs_carry_what_those_of_keras_lose(made, config):
    assert made.get_config().items() >= config.items()
    assert type(made).from_config(made.get_config()).get_config() == made.get_config()


def test_directions():
    up = {name for name in metrics.__all__ if getattr(getattr(metrics, name), "direction", None) == "up"}
    down = {name for name in metrics.__all__ if getattr(getattr(metrics, name), "direction", None) == "down"}
    assert {"Accuracy", "AUC", "F1Score", "Precision", "R2Score", "CosineSimilarity"} <= up
    assert {"MeanSquaredError", "BinaryCrossentropy", "RootMeanSquaredError", "FalsePositives"} <= down
