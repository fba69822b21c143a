"""Several networks in one estimator: what each watches, what they are together, and how they go on."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.model_selection import train_test_split

from pellucid import Input, Sequential
from pellucid.errors import InvalidArgument
from pellucid.estimators import NeuralNetworkClassifier, NeuralNetworkRegressor
from pellucid.estimators.ensemble import FEWEST, folds
from pellucid.estimators.rows import Rows
from pellucid.layers import Dense
from pellucid.models import load_model

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = [NeuralNetworkClassifier, NeuralNetworkRegressor]
IRIS, DIABETES, CANCER = (load(return_X_y=True) for load in (load_iris, load_diabetes, load_breast_cancer))


def data_for(cls: Any) -> tuple[Any, Any]:
    return IRIS if cls is NeuralNetworkClassifier else DIABETES


def several(cls: Any, **given: Any) -> Any:
    return cls(**{"n_estimators": 3, "hidden_layer_sizes": 8, "max_iter": 6, "random_state": 0, **given})


def outputs(estimator: Any, X: Any) -> Any:
    return estimator.predict_proba(X) if hasattr(estimator, "predict_proba") else estimator.predict(X)


# The rows that each watches ------------------------------------------------------------------------------------------


def test_each_row_is_watched_by_one_network_and_each_class_in_proportion():
    X, y = IRIS
    parts = folds(Rows(X, y, None), 4, y, exact=False, seed=3)
    assert parts is not None
    np.testing.assert_array_equal(np.sort(np.concatenate([held for _, held in parts])), np.arange(150))
    for train, held in parts:
        np.testing.assert_array_equal(np.sort(np.concatenate([train, held])), np.arange(150))
        assert set(np.bincount(y[held])) <= {12, 13}
    other = folds(Rows(X, y, None), 4, y, exact=False, seed=4)
    assert other is not None
    assert (other[0][1] != parts[0][1]).any()


def test_equal_rows_are_watched_together_whatever_order_they_come_in():
    X, y = IRIS[0][:60], IRIS[1][:60]
    order = np.random.default_rng(0).permutation(120)
    twice = Rows(np.repeat(X, 2, axis=0)[order], np.repeat(y, 2)[order], None)
    once, both = (folds(rows, 3, rows.y, exact=True, seed=0) for rows in (Rows(X, y, None), twice))
    assert once is not None
    assert both is not None
    for (_, one), (_, two) in zip(once, both, strict=True):
        np.testing.assert_array_equal(np.unique(X[one], axis=0), np.unique(twice.x[two], axis=0))


@pytest.mark.parametrize("cls", BOTH)
def test_few_rows_are_all_trained_on(cls: Any):
    X, y = data_for(cls)
    some = np.arange(0, 150, 150 // (3 * FEWEST) + 1)
    assert len(some) < 3 * FEWEST
    estimator = several(cls).fit(X[some], y[some])
    assert estimator.validation_scores_ is None
    assert [len(one.loss_curve_) for one in estimator.estimators_] == [6, 6, 6]


@pytest.mark.parametrize("cls", BOTH)
def test_rows_of_ones_own_are_watched_by_all(cls: Any):
    X, X_val, y, y_val = train_test_split(*data_for(cls), random_state=0)
    estimator = several(cls, max_iter=200, learning_rate=0.1, n_iter_no_change=3).fit(X, y, X_val=X_val, y_val=y_val)
    for one in estimator.estimators_:
        assert one.n_iter_ < 200
        assert -one.model_.evaluate(X_val, y_val, verbose=0) == pytest.approx(one.best_validation_score_, rel=1e-4) or (
            cls is NeuralNetworkRegressor  # whose watched loss is in deviations
        )


# What they are together ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BOTH)
def test_the_output_is_the_mean_and_the_model_is_one_file(cls: Any, tmp_path: Path):
    X, y = data_for(cls)
    estimator = several(cls).fit(X, y)
    each = [outputs(one, X) for one in estimator.estimators_]
    assert not np.allclose(each[0], each[1])
    np.testing.assert_allclose(outputs(estimator, X), np.mean(each, axis=0), rtol=1e-5, atol=1e-6)
    estimator.model_.save(tmp_path / "several.keras")
    found = load_model(tmp_path / "several.keras").predict(X, verbose=0)
    np.testing.assert_array_equal(found.reshape(outputs(estimator, X).shape), outputs(estimator, X))


@pytest.mark.parametrize("cls", BOTH)
def test_curves_are_means_of_those_that_still_train(cls: Any):
    X, y = data_for(cls)
    estimator = several(cls, max_iter=40, learning_rate=0.1, n_iter_no_change=2).fit(X, y)
    lengths = [one.n_iter_ for one in estimator.estimators_]
    assert len(set(lengths)) > 1
    assert estimator.n_iter_ == len(estimator.loss_curve_) == len(estimator.validation_scores_) == max(lengths)
    assert estimator.loss_curve_[0] == pytest.approx(np.mean([one.loss_curve_[0] for one in estimator.estimators_]))
    longest = max(estimator.estimators_, key=lambda one: one.n_iter_)
    assert estimator.history_["val_loss"][-1] == longest.history_["val_loss"][-1]


@pytest.mark.parametrize("cls", BOTH)
def test_several_are_better_than_one(cls: Any):
    X, X_test, y, y_test = train_test_split(*data_for(cls), random_state=1)
    estimator = several(cls, n_estimators=5, max_iter=100, learning_rate=0.01).fit(X, y)
    loss = log_loss if cls is NeuralNetworkClassifier else mean_squared_error  # both are convex
    losses = [loss(y_test, outputs(one, X_test)) for one in estimator.estimators_]
    assert loss(y_test, outputs(estimator, X_test)) < np.mean(losses)


def test_a_class_that_one_fold_lacks_is_known_to_all():
    X, y = IRIS
    rare = np.concatenate([np.flatnonzero(y < 2), np.flatnonzero(y == 2)[:1]])
    estimator = several(NeuralNetworkClassifier).fit(X[rare], y[rare])
    assert estimator.predict_proba(X).shape == (150, 3)


def test_weights_of_classes_count_in_what_is_watched():
    X, y = CANCER
    estimator = several(NeuralNetworkClassifier, max_iter=30, class_weight={0: 1.0, 1: 0.05}).fit(X, y)
    parts = folds(Rows(X, y, None), 3, y, exact=False, seed=estimator._drawn)
    assert parts is not None
    for one, (_, held) in zip(estimator.estimators_, parts, strict=True):
        told = -np.log(one.predict_proba(X[held])[np.arange(len(held)), y[held]])
        weighed = np.average(told, weights=np.where(y[held] == 1, 0.05, 1.0))
        assert one.best_validation_score_ == pytest.approx(-weighed, rel=1e-3)


# Going on ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BOTH)
def test_a_pickle_predicts_and_goes_on_to_the_same_bits(cls: Any):
    X, y = data_for(cls)
    estimator = several(cls, warm_start=True).fit(X, y)
    again = pickle.loads(pickle.dumps(estimator))
    np.testing.assert_array_equal(outputs(again, X), outputs(estimator, X))
    before = outputs(estimator, X)
    np.testing.assert_array_equal(outputs(again.fit(X, y), X), outputs(estimator.fit(X, y), X))
    assert len(estimator.loss_curve_) == 12
    assert (outputs(estimator, X) != before).any()


@pytest.mark.parametrize("cls", BOTH)
def test_partial_fit_trains_all(cls: Any):
    X, y = data_for(cls)
    estimator = several(cls).partial_fit(X, y, **({"classes": [0, 1, 2]} if cls is NeuralNetworkClassifier else {}))
    first = [outputs(one, X) for one in estimator.estimators_]
    estimator.partial_fit(X, y)
    assert all((outputs(one, X) != was).any() for one, was in zip(estimator.estimators_, first, strict=True))
    assert len(estimator.loss_curve_) == 2


@pytest.mark.parametrize("cls", BOTH)
def test_what_cannot_be_meant_is_refused(cls: Any):
    X, y = data_for(cls)
    with pytest.raises(InvalidArgument, match="argument n_estimators: expected 3, as fitted before, got 2"):
        several(cls, warm_start=True).fit(X, y).set_params(n_estimators=2).fit(X, y)
    own = Sequential([Input((X.shape[1],)), Dense(3 if cls is NeuralNetworkClassifier else 1)])
    with pytest.raises(InvalidArgument, match="expected 1 with a model of your own, got 3"):
        several(cls, model=own).fit(X, y)
    assert not hasattr(several(cls, n_estimators="auto", model=own, max_iter=1).fit(X, y), "estimators_")


# scikit-learn's names ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BOTH)
def test_weights_have_scikit_learns_names(cls: Any):
    X, y = data_for(cls)
    one = several(cls, n_estimators=1, frequencies=0, hidden_layer_sizes=(8, 4)).fit(X, y)
    h = (X - X.mean(axis=0)) / X.std(axis=0)
    for W, b in zip(one.coefs_[:-1], one.intercepts_[:-1], strict=True):
        h = np.maximum(h @ W + b, 0)
    h = h @ one.coefs_[-1] + one.intercepts_[-1]
    if cls is NeuralNetworkClassifier:
        h = np.exp(h) / np.exp(h).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(one.predict_proba(X), h, rtol=1e-4, atol=1e-6)
    else:
        np.testing.assert_allclose(one.predict(X), h[:, 0] * y.std() + y.mean(), rtol=1e-4)
    with pytest.raises(AttributeError, match="3 networks have no weights in common"):
        several(cls).fit(X, y).coefs_  # noqa: B018
    assert not hasattr(several(cls), "intercepts_")


def test_decisions_are_logarithms_of_probabilities():
    two, three = several(NeuralNetworkClassifier).fit(*CANCER), several(NeuralNetworkClassifier).fit(*IRIS)
    (X, _), p = CANCER, two.predict_proba(CANCER[0]).astype(float)
    inside = (p > 1e-4).all(axis=1)
    np.testing.assert_allclose(
        two.decision_function(X)[inside], np.log(p[inside, 1] / p[inside, 0]), rtol=1e-6, atol=1e-7
    )
    np.testing.assert_array_equal(two.decision_function(X) > 0, two.predict(X) == 1)
    np.testing.assert_allclose(
        np.exp(three.decision_function(IRIS[0])), three.predict_proba(IRIS[0]), rtol=1e-5, atol=1e-6
    )
    labels = np.stack([IRIS[1] > 0, IRIS[1] == 1], axis=1).astype(int)
    many = several(NeuralNetworkClassifier).fit(IRIS[0], labels)
    np.testing.assert_array_equal(many.decision_function(IRIS[0]) > 0, many.predict(IRIS[0]) == 1)
