"""Every loss on the compiled engine is what the definition says: its options, reductions, weights, and extremes."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import pellucid
from laws.engines import both_engines
from pellucid import losses
from pellucid.errors import DataError, NonFinite
from pellucid.layers import Dense
from pellucid.models.feeding import prepare
from pellucid.rng import Key
from pellucid.training.engine import engine_of

Make = Callable[..., losses.Loss]
Draw = Callable[[Key, tuple[int, ...]], np.ndarray]
Row = tuple[Make, dict[str, object], Draw, Draw]


def outputs_of(x_shape: tuple[int, ...], loss: losses.Loss, activation: str | None = None) -> pellucid.Sequential:
    """A model whose outputs are its inputs (through an activation), so that a test says what the loss sees."""
    O = x_shape[-1]
    layer = Dense(
        O, activation=activation, use_bias=False, kernel_initializer=lambda shape, dtype: np.eye(O, dtype=dtype)
    )
    model = pellucid.Sequential([layer], seed=1)
    model.build((None, *x_shape))
    model.compile(pellucid.optimizers.Adam(1e-4, epsilon=1e-3), loss)
    return model


def agree(
    loss: losses.Loss, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None, activation: str | None = None
) -> None:
    both_engines(lambda: outputs_of(x.shape[1:], loss, activation), x, y, weights, steps=2)


# What goes into a loss -----------------------------------------------------------------------------------------------


def anything(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    return key.normal(shape) * 3


def positive(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    return key.uniform(shape) * 4 + 0.01


def probabilities(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    """With some that are 0 or 1, or close to it."""
    p = key.uniform(shape)
    p.reshape(-1)[::5] = np.resize([0, 1, 1e-12, 1 - 1e-7, 2e-7], p.reshape(-1)[::5].shape)
    return p


def logits(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    """With some that saturate."""
    z = key.normal(shape) * 3
    z.reshape(-1)[::7] = np.resize([100, -100, 0], z.reshape(-1)[::7].shape)
    return z


def labels(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    return (key.uniform(shape) > 0.5).astype("float32")


def signs(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    return 2 * labels(key, shape) - 1


def one_hot(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    return np.eye(shape[-1], dtype="float32")[classes(key, shape)]


def soft(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    t = key.uniform(shape) + 0.1
    return t / t.sum(axis=-1, keepdims=True)


def classes(key: Key, shape: tuple[int, ...]) -> np.ndarray:
    return (key.uniform(shape[:-1]) * shape[-1]).astype("int64")


ROWS: list[Row] = [
    (losses.MeanSquaredError, {}, anything, anything),
    (losses.MeanAbsoluteError, {}, anything, anything),
    (losses.MeanAbsolutePercentageError, {}, anything, anything),
    (losses.MeanSquaredLogarithmicError, {}, anything, anything),
    (losses.MeanSquaredLogarithmicError, {}, positive, positive),
    (losses.LogCosh, {}, anything, anything),
    (losses.LogCosh, {}, logits, labels),
    (losses.Huber, {}, anything, anything),
    (losses.Huber, {"delta": 0.3}, anything, anything),
    (losses.Poisson, {}, positive, positive),
    (losses.Hinge, {}, anything, labels),
    (losses.Hinge, {}, anything, signs),
    (losses.SquaredHinge, {}, anything, labels),
    (losses.SquaredHinge, {}, anything, signs),
    (losses.SquaredHinge, {}, anything, anything),
    (losses.KLDivergence, {}, probabilities, soft),
    (losses.KLDivergence, {}, probabilities, labels),
    (losses.CosineSimilarity, {}, anything, anything),
    (losses.CategoricalHinge, {}, anything, one_hot),
    (losses.CategoricalHinge, {}, anything, soft),
    (losses.CategoricalGeneralizedCrossEntropy, {}, probabilities, classes),
    (losses.CategoricalGeneralizedCrossEntropy, {"q": 0.9}, probabilities, classes),
    (losses.SparseCategoricalCrossentropy, {}, probabilities, classes),
    (losses.SparseCategoricalCrossentropy, {"ignore_class": 0}, probabilities, classes),
    (losses.SparseCategoricalCrossentropy, {"from_logits": True}, logits, classes),
    (losses.SparseCategoricalCrossentropy, {"from_logits": True, "ignore_class": 0}, logits, classes),
]
for smoothing in (0.0, 0.2):
    for make, of_rows, of_labels in (
        (losses.BinaryCrossentropy, {}, labels),
        (losses.BinaryCrossentropy, {}, soft),
        (losses.BinaryFocalCrossentropy, {}, labels),
        (losses.BinaryFocalCrossentropy, {"apply_class_balancing": True, "alpha": 0.7, "gamma": 1.5}, soft),
        (losses.BinaryFocalCrossentropy, {"gamma": 0.0}, labels),
        (losses.BinaryFocalCrossentropy, {"gamma": 0.5}, labels),
        (losses.CategoricalCrossentropy, {}, one_hot),
        (losses.CategoricalCrossentropy, {}, soft),
        (losses.CategoricalFocalCrossentropy, {}, one_hot),
        (losses.CategoricalFocalCrossentropy, {"alpha": 1.0, "gamma": 0.0}, soft),
        (losses.CategoricalFocalCrossentropy, {"alpha": [0.1, 0.2, 0.3, 0.4], "gamma": 0.7}, soft),
    ):
        options = {**of_rows, "label_smoothing": smoothing}
        ROWS += [
            (make, options, probabilities, of_labels),
            (make, {**options, "from_logits": True}, logits, of_labels),
        ]


def row_name(row: object) -> str:
    make, options, x, y = row  # type: ignore[misc]
    return f"{make.__name__} {options} {x.__name__} {y.__name__}"


def whole_rows(make: Make) -> bool:
    """Whether one output alone has a loss that never changes: its gradient is rounding."""
    return make in (
        losses.SparseCategoricalCrossentropy, losses.CategoricalCrossentropy, losses.CategoricalFocalCrossentropy,
        losses.CosineSimilarity,
    )  # fmt: skip


# The laws ------------------------------------------------------------------------------------------------------------

CASES = [
    (row, shape)
    for row in ROWS
    for shape in [(1, 4), (7, 4), (33, 4), (5, 3, 4), (1, 1), (7, 1), (33, 1)]
    if shape[-1] > 1 or not whole_rows(row[0])
]


@pytest.mark.parametrize(("row", "shape"), CASES, ids=lambda value: row_name(value) if len(value) == 4 else str(value))
def test_every_loss(row: Row, shape: tuple[int, ...]) -> None:
    make, options, outputs, targets = row
    agree(make(**options), outputs(Key(1), shape), targets(Key(2), shape))


WEIGHTS = {
    "none": lambda shape: None,
    "(B,)": lambda shape: Key(3).uniform(shape[:1]),
    "(B, 1)": lambda shape: Key(3).uniform((shape[0], 1)),
    "(B, T)": lambda shape: Key(3).uniform(shape[:-1]),
    "(B, T, 1)": lambda shape: Key(3).uniform((*shape[:-1], 1)),
    "some 0": lambda shape: np.arange(shape[0]) % 2,
    "all 0": lambda shape: np.zeros(shape[0]),
}


@pytest.mark.parametrize("shape", [(1, 4), (7, 4), (5, 3, 4)], ids=str)
@pytest.mark.parametrize("weights", WEIGHTS)
@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "mean", "sum", "mean_with_sample_weight", "none", None])
@pytest.mark.parametrize(
    ("make", "outputs", "targets"),
    [
        (losses.MeanSquaredError, anything, anything),
        (losses.SparseCategoricalCrossentropy, probabilities, classes),
        (lambda **more: losses.SparseCategoricalCrossentropy(ignore_class=1, **more), probabilities, classes),
    ],
    ids=["mse", "sparse", "sparse but one class"],
)
def test_every_reduction_with_every_weight(
    make: Make, outputs: Draw, targets: Draw, reduction: str | None, weights: str, shape: tuple[int, ...]
) -> None:
    w = WEIGHTS[weights](shape)
    agree(make(reduction=reduction), outputs(Key(1), shape), targets(Key(2), shape), w)


@pytest.mark.parametrize("reduction", ["sum_over_batch_size", "sum", "mean_with_sample_weight"])
def test_where_no_sample_counts_the_loss_is_0_and_nothing_moves(reduction: str) -> None:
    model = outputs_of((3,), losses.SparseCategoricalCrossentropy(ignore_class=-1, reduction=reduction))
    x, y = Key(1).uniform((4, 3)), np.full(4, -1)
    assert model.train_on_batch(x, y) == 0
    assert not engine_of(model).refusal
    np.testing.assert_array_equal(model.get_weights()[0], np.eye(3))


@pytest.mark.parametrize(
    "y",
    [np.array([2, 0, 1]), np.array([[2], [0], [1]]), np.array([2.0, 0.0, 1.0]), np.array([2, 0, 1], "uint8")],
    ids=["(B,)", "(B, 1)", "floats", "bytes"],
)
def test_class_numbers_come_in_many_forms(y: np.ndarray) -> None:
    agree(losses.SparseCategoricalCrossentropy(from_logits=True), Key(1).normal((3, 3)), y)


@pytest.mark.parametrize("y", [np.array([[2], [0]]), np.array([0.5, 2.0]), np.array([True, False])], ids=str)
def test_targets_of_one_output_come_in_many_forms(y: np.ndarray) -> None:
    agree(losses.MeanSquaredError(), Key(1).normal((2, 1)), y)


@pytest.mark.parametrize("make", [losses.MeanSquaredError, losses.CosineSimilarity, losses.KLDivergence])
def test_targets_without_the_outputs_last_axis_of_1(make: Make) -> None:
    """As Keras has it, outputs (B, T, 1) beside targets (B, T) are one row of T."""
    agree(make(), Key(1).uniform((5, 3, 1)), Key(2).uniform((5, 3)), Key(3).uniform((5,)))


def test_a_batch_with_one_label_that_is_not_0_or_1_keeps_them_all() -> None:
    """Hinge reads 0 and 1 as -1 and 1 only where a batch has nothing else; batches are judged one by one."""
    x, y = Key(1).normal((8, 1)), np.array([0, 1, 0, 0, 0, 1, -1, 1.0])
    made = [outputs_of((1,), losses.Hinge()) for _ in range(2)]
    made[1].run_eagerly = True
    histories = [m.fit(x, y, batch_size=4, epochs=2, shuffle=False, verbose=0).history["loss"] for m in made]
    np.testing.assert_allclose(histories[0], histories[1], rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize(
    ("activation", "loss", "targets"),
    [
        ("softmax", losses.SparseCategoricalCrossentropy(), classes),
        ("softmax", losses.SparseCategoricalCrossentropy(ignore_class=2), classes),
        ("softmax", losses.CategoricalCrossentropy(label_smoothing=0.1), one_hot),
        ("softmax", losses.CategoricalFocalCrossentropy(), one_hot),
        ("sigmoid", losses.BinaryCrossentropy(label_smoothing=0.1), labels),
        ("sigmoid", losses.BinaryFocalCrossentropy(), labels),
        ("sigmoid", losses.CategoricalCrossentropy(), one_hot),
        ("softmax", losses.BinaryCrossentropy(), labels),
        ("softmax", losses.SparseCategoricalCrossentropy(from_logits=True), classes),
        ("softmax", losses.MeanSquaredError(), one_hot),
    ],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_behind_its_activation_a_loss_is_taken_from_the_logits(
    activation: str, loss: losses.Loss, targets: Draw
) -> None:
    shape = (9, 4)
    agree(loss, logits(Key(1), shape), targets(Key(2), shape), activation=activation)


def test_saturated_logits_keep_their_gradient() -> None:
    """Behind a softmax a wrong answer given with certainty has the gradient 1, where clipped probabilities have 0."""
    model = outputs_of((2,), losses.SparseCategoricalCrossentropy(), "softmax")
    assert model.train_on_batch(np.array([[200.0, 0.0]]), np.array([1])) == 200
    np.testing.assert_array_equal(model.gradient["dense/kernel"], [[200, -200], [0, 0]])


# What is left to the definition --------------------------------------------------------------------------------------


class Doubled(losses.MeanSquaredError):
    def values(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return 2 * super().values(y_true, y_pred)

    def gradient(self, y_true: np.ndarray, y_pred: np.ndarray) -> np.ndarray:
        return 2 * super().gradient(y_true, y_pred)


@pytest.mark.parametrize(
    "loss",
    [
        losses.custom(lambda t, y: ((t - y) ** 2).sum(axis=-1), lambda t, y: 2 * (y - t)),
        Doubled(),
        losses.CosineSimilarity(axis=1),
        losses.MeanSquaredError(dtype="float64"),
    ],
    ids=["custom", "a subclass", "another axis", "float64"],
)
def test_what_has_no_compiled_form_runs_on_the_definition(loss: losses.Loss) -> None:
    x, y = Key(1).normal((6, 3, 4)), Key(2).normal((6, 3, 4))
    model, twin = outputs_of((3, 4), loss), outputs_of((3, 4), loss)
    twin.run_eagerly = True
    assert model.train_on_batch(x, y) == twin.train_on_batch(x, y)
    assert engine_of(model).refusal


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_an_output_that_is_nan_is_seen_in_every_loss(row: Row) -> None:
    make, options, _, targets = row
    model = outputs_of((4,), make(**options))
    model.set_weights([np.diag([1, 1, 1, np.inf])])  # 0 · inf
    with pytest.raises(NonFinite):
        model.train_on_batch(np.zeros((9, 4)), targets(Key(2), (9, 4)))
    assert not engine_of(model).refusal
    assert np.isnan(model.test_on_batch(np.zeros((9, 4)), targets(Key(2), (9, 4))))


def test_a_rate_below_0_is_refused_by_the_definition() -> None:
    model = outputs_of((1,), losses.Poisson())
    with pytest.raises(DataError, match="rates of 0 or more"):
        model.fit(np.array([[1.0], [-1.0]]), np.array([1, 1]), verbose=0)


@pytest.mark.parametrize("row", ROWS, ids=row_name)
def test_threads_change_nothing(row: Row, crew: list[int]) -> None:
    make, options, outputs, targets = row
    x, y = outputs(Key(1), (37, 4)), targets(Key(2), (37, 4))
    found = []
    for threads in (1, 3):
        crew[0] = threads
        model = outputs_of((4,), make(**options))
        prepare(model)
        step_program = engine_of(model).step_program(37, x, y, None, training=True)
        assert step_program.run(None, 0, 1) == 1
        found.append((model.meters.loss_sum, model.gradient.data.copy()))
    assert found[0][0] == found[1][0]
    np.testing.assert_array_equal(found[0][1], found[1][1])
