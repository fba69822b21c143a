"""How estimators train: stopping, curves, going on, weights. What is true of scikit-learn's MLPs, where it is meant."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.exceptions import NotFittedError
from sklearn.metrics import accuracy_score, r2_score
from sklearn.model_selection import train_test_split
from sklearn.utils import shuffle

from estimators.small import small
from pellucid.callbacks import Callback, EarlyStopping
from pellucid.errors import DataError, InvalidArgument, NonFinite, UnknownName, WrongType
from pellucid.estimators import NeuralNetworkClassifier, NeuralNetworkRegressor
from pellucid.optimizers import SGD, Adam
from pellucid.optimizers.schedules import CosineDecay

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = [NeuralNetworkClassifier, NeuralNetworkRegressor]
IRIS, DIABETES = load_iris(return_X_y=True), load_diabetes(return_X_y=True)


def data_for(cls: Any) -> tuple[Any, Any]:
    X, y = IRIS if cls is NeuralNetworkClassifier else DIABETES
    return shuffle(X, y, random_state=0, n_samples=150)


# Stopping and curves -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BOTH)
def test_training_stops_when_the_loss_no_longer_falls_by_tol(cls: Any):
    X, y = data_for(cls)
    estimator = small(cls, max_iter=300, tol=0.05, n_iter_no_change=3).fit(X, y)
    curve = estimator.loss_curve_
    assert len(curve) == estimator.n_iter_ < 300
    best, without = np.inf, 0
    for epoch, loss in enumerate(curve):
        without = 0 if loss < best - 0.05 else without + 1
        best = min(best, loss)
        assert (without > 3) == (epoch == len(curve) - 1)
    assert (estimator.loss_, estimator.best_loss_) == (curve[-1], min(curve))


@pytest.mark.parametrize("cls", BOTH)
def test_without_a_limit_all_epochs_are_done_in_silence(cls: Any, recwarn: pytest.WarningsRecorder):
    estimator = small(cls, max_iter=30, tol=1e9, n_iter_no_change=np.inf).fit(*data_for(cls))
    assert estimator.n_iter_ == 30
    assert not recwarn.list


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("scoring", [None, "loss"])
def test_early_stopping_keeps_the_weights_of_the_best_epoch(cls: Any, scoring: str | None):
    X, y = data_for(cls)
    X, X_val, y, y_val = train_test_split(X, y, random_state=0)
    estimator = small(cls, early_stopping=True, scoring=scoring, max_iter=90, learning_rate=0.1, n_iter_no_change=5)
    estimator.fit(X, y, X_val=X_val, y_val=y_val)
    scores = estimator.validation_scores_
    assert len(scores) == estimator.n_iter_ < 90
    assert scores.index(max(scores)) < len(scores) - 5
    assert estimator.best_validation_score_ == max(scores)
    if scoring is None:
        assert estimator.score(X_val, y_val) == pytest.approx(max(scores), rel=1e-5)
    else:
        np.testing.assert_allclose(scores, np.negative(estimator.history_["val_loss"]))


def test_both_curves_are_those_of_the_rows_they_are_about():
    X, y = data_for(NeuralNetworkClassifier)
    X, X_val, y, y_val = train_test_split(X, y, random_state=0)
    classifier = small(NeuralNetworkClassifier, alpha=0.0, optimizer=SGD(1e-9), metrics=["accuracy"])
    classifier.fit(X, y, X_val=X_val, y_val=y_val)  # steps too small to change a thing
    p = classifier.predict_proba(X)[np.arange(len(y)), y]
    p_val = classifier.predict_proba(X_val)[np.arange(len(y_val)), y_val]
    assert classifier.loss_curve_[-1] == pytest.approx(-np.log(p).mean(), rel=1e-4)
    assert classifier.history_["val_loss"][-1] == pytest.approx(-np.log(p_val).mean(), rel=1e-4)
    assert classifier.history_["accuracy"][-1] == pytest.approx(classifier.score(X, y))
    assert classifier.history_["val_accuracy"][-1] == pytest.approx(classifier.score(X_val, y_val))


def test_rows_to_watch_do_not_stop_training_unless_asked():
    X, y = data_for(NeuralNetworkClassifier)
    plain = small(NeuralNetworkClassifier).fit(X, y)
    watched = small(NeuralNetworkClassifier, scoring="accuracy").fit(X, y, X_val=X[:20], y_val=y[:20])
    assert plain.loss_curve_ == watched.loss_curve_
    assert plain.validation_scores_ is None
    assert watched.validation_scores_[-1] == watched.score(X[:20], y[:20])


@pytest.mark.parametrize("cls", BOTH)
def test_scorers_of_any_kind_judge_the_rows_to_watch(cls: Any):
    X, y = data_for(cls)
    seen = []

    def mine(estimator: Any, X: Any, y: Any) -> float:
        seen.append(estimator.predict(X))
        return -float(len(seen))

    estimator = small(cls, early_stopping=True, scoring=mine, n_iter_no_change=2, max_iter=50).fit(X, y)
    assert estimator.validation_scores_ == [-1.0, -2.0, -3.0, -4.0]
    assert len(seen[0]) == 15
    if cls is NeuralNetworkRegressor:  # in the targets' own units, within training too
        assert 50 < seen[0].mean() < 250


def test_held_out_rows_have_each_class_in_proportion():
    X, y = IRIS
    seen = []

    def mine(estimator: Any, X: Any, y: Any) -> float:
        seen.append(np.bincount(y).tolist())
        return 0.0

    names = np.array(["a", "b", "c"])
    small(NeuralNetworkClassifier, early_stopping=True, validation_fraction=0.2, scoring=mine, max_iter=1).fit(X, y)
    assert seen == [[10, 10, 10]]
    named = small(NeuralNetworkClassifier, early_stopping=True).fit(X, names[y])
    assert set(named.predict(X)) <= set(names)


@pytest.mark.parametrize("cls", BOTH)
def test_too_few_rows_to_watch_are_told(cls: Any):
    X, y = data_for(cls)
    with pytest.raises(ValueError, match=r"validation_fraction|test_size"):
        small(cls, early_stopping=True).fit(X[:8], y[:8])


def test_a_diverging_run_says_where_and_early_stopping_has_kept_the_best():
    X, y = data_for(NeuralNetworkRegressor)
    with pytest.raises(NonFinite):
        small(NeuralNetworkRegressor, optimizer=SGD(1e6), max_iter=200).fit(X, y)


@pytest.mark.parametrize("cls", BOTH)
def test_weights_reach_training_and_validation(cls: Any):
    X, y = data_for(cls)
    weights = np.where(np.arange(len(y)) < 100, 1.0, 0.0)
    metric = accuracy_score if cls is NeuralNetworkClassifier else r2_score
    part = small(cls, hidden_layer_sizes=(4,)).fit(X[:100], y[:100])
    estimator = small(cls, hidden_layer_sizes=(4,), scoring=None)
    estimator.fit(X, y, weights, X_val=X, y_val=y, sample_weight_val=weights)
    np.testing.assert_array_equal(estimator.predict(X), part.predict(X))
    assert estimator.validation_scores_[-1] == pytest.approx(metric(y[:100], estimator.predict(X[:100])), rel=1e-5)
    assert estimator.score(X, y, weights) == pytest.approx(metric(y[:100], estimator.predict(X[:100])))


@pytest.mark.parametrize("cls", BOTH)
def test_a_weight_of_k_is_k_rows(cls: Any):
    X, y = data_for(cls)
    X, y, counts = X[:60], y[:60], np.random.RandomState(0).randint(0, 4, 60)
    weighted = small(cls, max_iter=40).fit(X, y, counts)
    repeated = small(cls, max_iter=40).fit(np.repeat(X, counts, axis=0), np.repeat(y, counts))
    np.testing.assert_array_equal(weighted.predict(X), repeated.predict(X))
    assert weighted.loss_curve_ == repeated.loss_curve_


# Going on ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BOTH)
def test_warm_start_goes_on_to_the_same_bits(cls: Any):
    X, y = data_for(cls)
    whole = small(cls, max_iter=10, n_iter_no_change=np.inf).fit(X, y)
    halves = small(cls, max_iter=5, n_iter_no_change=np.inf, warm_start=True).fit(X, y).fit(X, y)
    assert (halves.n_iter_, len(halves.loss_curve_)) == (5, 10)
    assert halves.loss_curve_ == whole.loss_curve_
    np.testing.assert_array_equal(halves.predict(X), whole.predict(X))


@pytest.mark.parametrize("cls", BOTH)
def test_partial_fit_is_one_epoch_of_fit(cls: Any):
    X, y = data_for(cls)
    whole = small(cls, max_iter=5, n_iter_no_change=np.inf).fit(X, y)
    parts = small(cls)
    for _ in range(5):
        extra = {"classes": np.unique(y)} if cls is NeuralNetworkClassifier else {}
        parts.partial_fit(X, y, **extra)
    np.testing.assert_array_equal(parts.predict(X), whole.predict(X))
    assert (parts.n_iter_, parts.loss_curve_) == (1, whole.loss_curve_)


@pytest.mark.parametrize("cls", BOTH)
def test_fit_after_partial_fit_begins_anew(cls: Any):
    X, y = data_for(cls)
    once = small(cls).fit(X, y)
    again = small(cls).fit(X, y).partial_fit(X, y).fit(X, y)
    np.testing.assert_array_equal(again.predict(X), once.predict(X))


@pytest.mark.parametrize("cls", BOTH)
def test_partial_fit_has_nothing_to_stop_by(cls: Any):
    with pytest.raises(InvalidArgument, match="early_stopping=True: expected fit, got partial_fit"):
        small(cls, early_stopping=True).fit(*data_for(cls)).partial_fit(*data_for(cls))


@pytest.mark.parametrize("cls", BOTH)
def test_warm_start_never_loses_the_best_weights(cls: Any):
    X, y = data_for(cls)
    estimator = small(cls, early_stopping=True, warm_start=True, max_iter=20, learning_rate=0.02).fit(X, y)
    best, before = estimator.best_validation_score_, estimator.predict(X)
    estimator.set_params(learning_rate=100.0, max_iter=2).fit(X, y)
    assert len(estimator.validation_scores_) == 22
    assert estimator.best_validation_score_ == best == max(estimator.validation_scores_)
    np.testing.assert_array_equal(estimator.predict(X), before)


def test_warm_start_takes_a_new_learning_rate():
    X, y = data_for(NeuralNetworkClassifier)
    classifier = small(NeuralNetworkClassifier, warm_start=True, learning_rate=0.01).fit(X, y)
    before = classifier.predict_proba(X)
    classifier.set_params(learning_rate=1e-12).fit(X, y)
    np.testing.assert_allclose(classifier.predict_proba(X), before, atol=1e-6)


def test_warm_start_keeps_to_the_classes():
    X, y = data_for(NeuralNetworkClassifier)
    classifier = small(NeuralNetworkClassifier, warm_start=True).fit(X, y)
    with pytest.raises(DataError, match="labels among the classes first fitted, got 7"):
        classifier.fit(X, np.where(y == 2, 7, y))


@pytest.mark.parametrize("cls", BOTH)
def test_a_fit_that_is_refused_leaves_nothing_half_fitted(cls: Any):
    X, y = data_for(cls)
    estimator = small(cls).fit(X, y)
    with pytest.raises(ValueError, match="inconsistent"):
        estimator.fit(X[:, :2], y[:9])
    with pytest.raises(NotFittedError):
        estimator.predict(X)


# Parameters ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "error", "message"),
    [
        (
            "hidden_layer_sizes",
            (8, 0),
            InvalidArgument,
            "argument hidden_layer_sizes: expected a whole number at least",
        ),
        ("hidden_layer_sizes", "8", WrongType, "argument hidden_layer_sizes"),
        ("activation", "relo", UnknownName, "Did you mean 'relu'"),
        ("activation", ["relu"], InvalidArgument, "one, or a list of 2, as many as hidden layers"),
        ("dropout", 1.0, InvalidArgument, "argument dropout: expected a number at least 0 and below 1"),
        ("optimizer", "adamm", UnknownName, "argument optimizer"),
        ("learning_rate", -1.0, ValueError, "learning_rate"),
        ("loss", "msee", UnknownName, "argument loss"),
        ("alpha", -1, InvalidArgument, "argument alpha"),
        ("l1", "0", WrongType, "argument l1"),
        ("batch_size", 0, InvalidArgument, "argument batch_size"),
        ("max_iter", 0, InvalidArgument, "argument max_iter"),
        ("tol", np.nan, InvalidArgument, "argument tol"),
        ("n_iter_no_change", 0.5, WrongType, "argument n_iter_no_change"),
        ("validation_fraction", 1.0, InvalidArgument, "argument validation_fraction"),
        ("batch_norm", "yes", InvalidArgument, "argument batch_norm"),
        ("scoring", "max_error", UnknownName, "argument scoring.* Did you mean 'neg_max_error'"),
        ("scoring", ["accuracy"], WrongType, "argument scoring: expected 'loss', None, the name of a scorer"),
        ("columns", "none", InvalidArgument, "argument columns: expected 'auto', None or a TableEncoder"),
        ("model", 3, WrongType, "argument model"),
        ("callbacks", [EarlyStopping], WrongType, "argument callbacks"),
        ("verbose", "loud", ValueError, "verbose"),
    ],
)
@pytest.mark.parametrize("cls", BOTH)
def test_what_cannot_be_meant_is_told_in_a_sentence(cls: Any, name: str, value: Any, error: Any, message: str):
    estimator = cls(**{name: value})
    with pytest.raises(error, match=message):
        estimator.fit(*data_for(cls))


@pytest.mark.parametrize("cls", BOTH)
def test_parameters_reach_the_network(cls: Any):
    estimator = small(
        cls,
        hidden_layer_sizes=[6, 4],
        activation=["tanh", "logistic"],
        dropout=[0.1, 0],
        alpha=0.3,
        l1=0.5,
        batch_size=50,
    )
    layers = estimator.fit(*data_for(cls)).model_.layers
    kinds = [type(layer).__name__ for layer in layers]
    tail = ["Rescaling"] if cls is NeuralNetworkRegressor else []
    assert kinds == ["Normalization", "Dense", "Dropout", "Dense", "Dense", *tail]
    assert [layers[i].activation.name for i in (1, 3)] == ["tanh", "sigmoid"]
    penalty = layers[1].kernel_regularizer
    assert (float(penalty.l1), float(penalty.l2)) == pytest.approx((0.5 / 50, 0.3 / 100))
    normed = small(cls, batch_norm=True, standardize=False, alpha=0.0).fit(*data_for(cls)).model_.layers
    assert [type(layer).__name__ for layer in normed] == ["Dense", "BatchNormalization", "Activation", "Dense"]


@pytest.mark.parametrize("cls", BOTH)
def test_no_hidden_layer_is_a_linear_model(cls: Any):
    X, y = data_for(cls)
    estimator = small(cls, hidden_layer_sizes=(), learning_rate=0.1, max_iter=200).fit(X, y)
    assert estimator.score(X, y) > (0.95 if cls is NeuralNetworkClassifier else 0.4)


@pytest.mark.parametrize("cls", BOTH)
def test_what_is_given_stays_as_it_is(cls: Any):
    class Counting(Callback):
        epochs = 0

        def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
            self.epochs += 1

    optimizer, callback = Adam(CosineDecay(0.01, 100)), Counting()
    estimator = small(cls, optimizer=optimizer, callbacks=[callback]).fit(*data_for(cls))
    assert (optimizer.steps_taken, callback.epochs, callback.model) == (0, 0, None)
    assert estimator.callbacks_[0].epochs == 5
    assert estimator.model_.optimizer.steps_taken == 5
    assert float(estimator.model_.optimizer.learning_rate) < 0.01


def test_a_callback_can_end_training(recwarn: pytest.WarningsRecorder):
    stopping = EarlyStopping("loss", patience=0, min_delta=1e9)
    estimator = small(NeuralNetworkClassifier, max_iter=50, callbacks=stopping).fit(*IRIS)
    assert estimator.n_iter_ == 2
    assert not recwarn.list


@pytest.mark.parametrize("cls", BOTH)
def test_a_seed_decides_every_bit(cls: Any):
    X, y = data_for(cls)
    options = {"dropout": 0.3, "batch_size": 20, "early_stopping": True}
    first, second = (small(cls, **options).fit(X, y) for _ in range(2))
    other = small(cls, **options, random_state=1).fit(X, y)
    assert first.loss_curve_ == second.loss_curve_
    np.testing.assert_array_equal(first.predict(X), second.predict(X))
    assert first.loss_curve_ != other.loss_curve_
    state = np.random.RandomState(0)
    drawn = [small(cls, **options, random_state=state).fit(X, y).loss_curve_ for _ in range(2)]
    assert drawn[0] != drawn[1]


def test_order_of_rows_matters_only_where_it_is_kept():
    X, y = load_breast_cancer(return_X_y=True)
    options = {"batch_size": 100, "shuffle": False, "max_iter": 3}
    once = small(NeuralNetworkClassifier, **options).fit(X, y)
    turned = small(NeuralNetworkClassifier, **options).fit(X[::-1], y[::-1])
    assert once.loss_curve_ != turned.loss_curve_


@pytest.mark.parametrize("cls", BOTH)
def test_verbose_shows_progress(cls: Any, capsys: pytest.CaptureFixture[str]):
    small(cls, verbose=2).fit(*data_for(cls))
    assert "Epoch 5/5" in capsys.readouterr().out


@pytest.mark.parametrize("unit", [1e-25, 1e-9, 1e25])
@pytest.mark.parametrize("cls", BOTH)
def test_a_columns_unit_does_not_matter(cls: Any, unit: float):
    X, y = data_for(cls)
    usual, scaled = (small(cls, max_iter=30).fit(x, y).score(x, y) for x in (X, X * unit))
    assert scaled == pytest.approx(usual, abs=0.01)


def test_columns_that_no_float_holds_are_refused():
    X, y = IRIS
    with pytest.raises(
        DataError, match=r"NeuralNetworkClassifier, X: expected numbers up to 3.4e\+38.*got 4.3e\+200 at row 0"
    ):
        small(NeuralNetworkClassifier).fit(X * 1e200, y)


def test_a_columns_offset_does_not_matter():
    X, y = DIABETES
    plain = small(NeuralNetworkRegressor, max_iter=50).fit(X, y)
    moved = small(NeuralNetworkRegressor, max_iter=50).fit(X * 4 + 1, y * 1000 - 5)
    np.testing.assert_allclose(moved.predict(X * 4 + 1), plain.predict(X) * 1000 - 5, rtol=0.02)
