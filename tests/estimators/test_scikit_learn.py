"""Estimators among scikit-learn's own tools: pipelines, searches, routing, callbacks, pickles, copies."""

from __future__ import annotations

import copy
import io
import pickle
import pickletools
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import polars
import pytest
import sklearn
from sklearn.base import clone, is_classifier, is_regressor
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.ensemble import BaggingClassifier, VotingRegressor
from sklearn.feature_selection import RFE
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, RandomizedSearchCV, cross_val_predict, cross_val_score, cross_validate
from sklearn.multioutput import MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from sklearn.utils import get_tags

from estimators.small import small
from pellucid import Sequential, callbacks, layers, losses, saving
from pellucid.estimators import NeuralNetworkClassifier, NeuralNetworkRegressor
from pellucid.optimizers import SGD, Optimizer

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

BOTH = [NeuralNetworkClassifier, NeuralNetworkRegressor]
IRIS, CANCER, DIABETES = (load(return_X_y=True) for load in (load_iris, load_breast_cancer, load_diabetes))


def data_for(cls: Any) -> tuple[Any, Any]:
    return IRIS if cls is NeuralNetworkClassifier else DIABETES


@pytest.mark.parametrize("cls", BOTH)
def test_kinds(cls: Any):
    assert (is_classifier(cls()), is_regressor(cls())) == (cls is BOTH[0], cls is BOTH[1])
    tags = get_tags(cls())
    assert tags.input_tags.sparse
    assert tags.classifier_tags.multi_label if cls is BOTH[0] else tags.target_tags.multi_output


# Tools ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cls", BOTH)
def test_a_search_in_two_processes_finds_the_same_bits(cls: Any):
    X, y = data_for(cls)
    grid = {"hidden_layer_sizes": [(4,), (8, 4)], "dropout": [0.0, 0.2], "learning_rate": [0.01]}
    found = [GridSearchCV(small(cls), grid, cv=3, n_jobs=n).fit(X, y) for n in (1, 2)]
    np.testing.assert_array_equal(*(one.cv_results_["split1_test_score"] for one in found))
    np.testing.assert_array_equal(*(one.predict(X) for one in found))
    assert found[0].best_params_ == found[1].best_params_
    drawn = [RandomizedSearchCV(small(cls), grid, n_iter=2, cv=2, n_jobs=n, random_state=1).fit(X, y) for n in (1, 2)]
    np.testing.assert_array_equal(*(one.cv_results_["mean_test_score"] for one in drawn))


@pytest.mark.parametrize("cls", BOTH)
def test_cross_validation_and_pipelines(cls: Any):
    X, y = data_for(cls)
    pipeline = make_pipeline(StandardScaler(), small(cls, max_iter=100, learning_rate=0.02))
    assert cross_val_score(pipeline, X, y).min() > (0.85 if cls is BOTH[0] else 0.3)
    assert len(cross_val_predict(pipeline, X, y)) == len(y)
    several = cross_validate(pipeline, X, y, scoring=["neg_log_loss" if cls is BOTH[0] else "neg_mean_squared_error"])
    assert len(several["fit_time"]) == 5


def test_other_estimators_take_them():
    X, y = IRIS
    classifier = small(NeuralNetworkClassifier, max_iter=60, learning_rate=0.05)
    for one in (CalibratedClassifierCV(classifier), BaggingClassifier(classifier, 3, random_state=0)):
        assert one.fit(X, y).score(X, y) > 0.85
    several = MultiOutputClassifier(classifier).fit(X, np.stack([y, y == 0], axis=1))
    assert several.score(X, np.stack([y, y == 0], axis=1)) > 0.85
    X, y = DIABETES
    regressor = small(NeuralNetworkRegressor, max_iter=60, learning_rate=0.05)
    assert VotingRegressor([("a", regressor), ("b", regressor)]).fit(X, y).score(X, y) > 0.4
    assert TransformedTargetRegressor(regressor, func=np.log, inverse_func=np.exp).fit(X, y).score(X, y) > 0.4
    importance = permutation_importance(regressor.fit(X, y), X, y, random_state=0).importances_mean
    assert importance.argmax() in (2, 8)  # the body mass index and a measure of fat
    chosen = RFE(regressor, importance_getter=lambda e: np.abs(e.model_.layers[1].kernel).sum(axis=1)).fit(X, y)
    assert {2, 8} <= set(np.flatnonzero(chosen.support_))


@pytest.mark.parametrize("cls", BOTH)
def test_names_of_columns_are_kept(cls: Any):
    X, y = data_for(cls)
    frame = polars.DataFrame(X, schema=[f"c{i}" for i in range(X.shape[1])])
    estimator = small(cls).fit(frame, y)
    assert list(estimator.feature_names_in_) == frame.columns
    np.testing.assert_array_equal(estimator.predict(frame), small(cls).fit(X, y).predict(X))
    scoring = "accuracy" if cls is BOTH[0] else "neg_max_error"
    assert len(small(cls, early_stopping=True, scoring=scoring).fit(frame, y).validation_scores_) == 5
    with pytest.raises(ValueError, match="feature names"):
        estimator.predict(frame.select(frame.columns[::-1]))
    with pytest.raises(ValueError, match=f"expecting {X.shape[1]} features"):
        small(cls).fit(X, y).predict(X[:, 1:])
    pipeline = make_pipeline(StandardScaler(), small(cls)).set_output(transform="polars").fit(frame, y)
    assert list(pipeline[-1].feature_names_in_) == frame.columns


def test_columns_can_be_transformed_by_scikit_learn():
    frame = polars.DataFrame({"age": [20.0, 30.0, 40.0, 50.0] * 10, "town": ["Bern", "Oslo", "Rome", "Bern"] * 10})
    y = np.array(["no", "yes", "no", "no"] * 10)
    columns = ColumnTransformer([("age", StandardScaler(), ["age"]), ("town", OneHotEncoder(), ["town"])])
    pipeline = make_pipeline(columns, small(NeuralNetworkClassifier, max_iter=200, learning_rate=0.05)).fit(frame, y)
    assert pipeline.score(frame, y) == 1.0


@pytest.mark.parametrize("cls", BOTH)
def test_metadata_are_routed(cls: Any):
    X, y = data_for(cls)
    weights = np.random.RandomState(0).rand(len(y))
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = small(cls).set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        pipeline = make_pipeline(StandardScaler().set_fit_request(sample_weight=False), estimator).fit(
            X, y, sample_weight=weights
        )
        direct = small(cls).fit(StandardScaler().fit_transform(X), y, weights)
        np.testing.assert_array_equal(pipeline.predict(X), direct.predict(StandardScaler().fit_transform(X)))
        scores = cross_val_score(estimator, X, y, params={"sample_weight": weights})
    assert not np.array_equal(scores, cross_val_score(small(cls), X, y))


@pytest.mark.parametrize("cls", BOTH)
def test_a_pipeline_transforms_the_rows_to_watch(cls: Any):
    X, y = data_for(cls)
    with sklearn.config_context(enable_metadata_routing=True):
        estimator = small(cls, standardize=False).set_fit_request(X_val=True, y_val=True)
        pipeline = make_pipeline(StandardScaler(), estimator, transform_input=["X_val"])
        pipeline.fit(X[::2], y[::2], X_val=X[1::2], y_val=y[1::2])
    scaler = StandardScaler().fit(X[::2])
    direct = small(cls, standardize=False)
    direct.fit(scaler.transform(X[::2]), y[::2], X_val=scaler.transform(X[1::2]), y_val=y[1::2])
    assert pipeline[-1].history_["val_loss"] == direct.history_["val_loss"]


@pytest.mark.parametrize("cls", BOTH)
def test_rows_to_watch_come_with_their_targets(cls: Any):
    X, y = data_for(cls)
    with pytest.raises(ValueError, match="X_val and y_val together"):
        small(cls).fit(X, y, X_val=X)


# scikit-learn's callbacks --------------------------------------------------------------------------------------------


class Recording:
    """scikit-learn's protocol of callbacks, in a list."""

    def __init__(self, stop_at: int | None = None) -> None:
        self.seen: list[tuple[str, str, Any]] = []
        self.stop_at = stop_at

    def setup(self, estimator: Any, context: Any) -> None:
        self.seen.append(("setup", context.task_name, context.max_subtasks))

    def teardown(self, estimator: Any, context: Any) -> None:
        self.seen.append(("teardown", context.task_name, None))

    def on_fit_task_begin(self, estimator: Any, context: Any, *, X: Any) -> None:
        self.seen.append(("begin", context.task_name, len(X)))

    def on_fit_task_end(self, estimator: Any, context: Any, *, X: Any, y: Any, fitted_estimator: Any) -> bool:
        self.seen.append(("end", context.task_name, fitted_estimator.score(X, y)))
        return context.task_id == self.stop_at


needs_callbacks = pytest.mark.skipif(
    not hasattr(NeuralNetworkClassifier, "set_callbacks"), reason="scikit-learn >= 1.9"
)


@needs_callbacks
@pytest.mark.parametrize("cls", BOTH)
def test_scikit_learns_callbacks_are_told_of_each_epoch(cls: Any):
    X, y = data_for(cls)
    recording = Recording()
    estimator = small(cls, max_iter=3, learning_rate=0.05).set_callbacks(recording).fit(X, y)
    assert [(what, task) for what, task, _ in recording.seen] == [
        ("setup", "fit"), ("begin", "fit"),
        *[("begin", "epoch"), ("end", "epoch")] * 3,
        ("end", "fit"), ("teardown", "fit"),
    ]  # fmt: skip
    assert recording.seen[0][2] == 3
    scores = [value for what, _, value in recording.seen if what == "end"]
    assert scores[0] < scores[-1] == pytest.approx(estimator.score(X, y))


@needs_callbacks
def test_a_callback_of_scikit_learns_can_end_training(recwarn: pytest.WarningsRecorder):
    estimator = small(NeuralNetworkClassifier, max_iter=50).set_callbacks(Recording(stop_at=3)).fit(*IRIS)
    assert estimator.n_iter_ == 4
    assert not recwarn.list


# Keeping -------------------------------------------------------------------------------------------------------------


def through_joblib(estimator: Any) -> Any:
    file = io.BytesIO()
    joblib.dump(estimator, file)
    file.seek(0)
    return joblib.load(file)


COPIES = [copy.deepcopy, copy.copy, through_joblib, lambda estimator: pickle.loads(pickle.dumps(estimator))]


@pytest.mark.parametrize("cls", BOTH)
@pytest.mark.parametrize("copied", COPIES)
def test_copies_predict_and_go_on_to_the_same_bits(cls: Any, copied: Any):
    X, y = data_for(cls)
    estimator = small(cls, early_stopping=True, callbacks=[callbacks.ReduceLROnPlateau("loss")], batch_norm=True).fit(
        X, y
    )
    twin = copied(estimator)
    np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))
    assert twin.validation_scores_ == estimator.validation_scores_
    if copied is not copy.copy:  # which is the same network
        for one in (estimator, twin):
            one.set_params(early_stopping=False, dropout=0.5).partial_fit(X, y)
        np.testing.assert_array_equal(twin.predict(X), estimator.predict(X))


@pytest.mark.parametrize("cls", BOTH)
def test_in_a_pickle_the_network_is_data(cls: Any):
    content = pickle.dumps(small(cls, max_iter=2).fit(*data_for(cls)))
    whole = pickle.loads(content)
    found = {arg for op, arg, _ in pickletools.genops(content) if isinstance(arg, str) and "pellucid." in arg}
    assert found == {f"pellucid.estimators.{'classifier' if cls is BOTH[0] else 'regressor'}"}
    archive = zipfile.ZipFile(io.BytesIO(whole.__getstate__()["model_"]))
    assert "config.json" in archive.namelist()


def shifted(y_true: Any, y_pred: Any) -> Any:
    return ((y_true - y_pred) ** 2).mean(axis=-1)


def shifted_grad(y_true: Any, y_pred: Any) -> Any:
    return 2 * (y_pred - y_true) / y_pred.shape[-1]


class Slow(SGD):
    pass


class Doubling(layers.Layer):
    def forward(self, p: Any, x: Any, *, training: bool, rng: Any) -> Any:
        return 2 * x, None

    def backward(self, p: Any, cache: Any, dy: Any) -> Any:
        return 2 * dy, {}


def with_doubling(features: int, outputs: int) -> Sequential:
    return Sequential([Doubling(), layers.Dense(outputs)])


@pytest.mark.parametrize(
    "given", [{"loss": losses.custom(shifted, shifted_grad)}, {"optimizer": Slow(0.1)}, {"model": with_doubling}],
    ids=["loss", "optimizer", "layer"],
)  # fmt: skip
@pytest.mark.filterwarnings("ignore:.*run on the definition.*")
def test_parts_of_ones_own_go_along(given: Any):
    X, y = DIABETES
    estimator = small(NeuralNetworkRegressor, **given).fit(X, y)
    twin = pickle.loads(pickle.dumps(estimator))
    for mine, theirs in zip(twin.model_.get_weights(), estimator.model_.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_allclose(twin.predict(X), estimator.predict(X), rtol=1e-4)
    assert type(twin.model_.loss) is type(estimator.model_.loss)
    assert type(twin.model_.optimizer) is type(estimator.model_.optimizer)


def test_another_process_reads_the_pickle(tmp_path: Path):
    X, y = CANCER
    estimator = small(NeuralNetworkClassifier).fit(X, y)
    joblib.dump(estimator, tmp_path / "e.joblib")
    np.save(tmp_path / "x.npy", X)
    script = (
        "import sys, joblib, numpy as np\n"
        "e = joblib.load(sys.argv[1] + '/e.joblib')\n"
        "np.save(sys.argv[1] + '/p.npy', e.predict_proba(np.load(sys.argv[1] + '/x.npy', allow_pickle=False)))"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True)
    np.testing.assert_array_equal(np.load(tmp_path / "p.npy", allow_pickle=False), estimator.predict_proba(X))


@pytest.mark.parametrize("cls", BOTH)
def test_the_network_can_be_taken_out(cls: Any, tmp_path: Path):
    X, y = data_for(cls)
    estimator = small(cls).fit(X, y)
    estimator.model_.save(tmp_path / "model.keras")
    found = saving.load_model(tmp_path / "model.keras").predict(X, verbose=0)
    if cls is NeuralNetworkClassifier:
        np.testing.assert_array_equal(found, estimator.predict_proba(X))
    else:
        np.testing.assert_array_equal(found[:, 0], estimator.predict(X))


@pytest.mark.parametrize("cls", BOTH)
def test_a_clone_has_the_parameters_and_nothing_else(cls: Any):
    given = {"optimizer": Slow(0.1), "activation": ["tanh"], "model": Sequential([layers.Dense(1)]), "dropout": [0.5]}
    estimator = small(cls, **given)
    twin = clone(estimator)
    assert twin.get_params().keys() == estimator.get_params().keys()
    assert isinstance(twin.optimizer, Slow)
    assert vars(clone(small(cls).fit(*data_for(cls)))).keys() == vars(small(cls)).keys()
    assert Optimizer in type(twin.optimizer).__mro__
