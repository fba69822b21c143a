"""Classes of any names, several labels, losses, class weights, networks of one's own."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from scipy import sparse
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, make_multilabel_classification
from sklearn.metrics import recall_score
from sklearn.preprocessing import StandardScaler
from sklearn.utils import compute_sample_weight

from estimators.small import ONE
from pellucid import Sequential, layers, losses
from pellucid.errors import DataError, InvalidArgument, ShapeError, WrongType
from pellucid.estimators import NeuralNetworkClassifier

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")

IRIS, CANCER = load_iris(return_X_y=True), load_breast_cancer(return_X_y=True)
LABELS = make_multilabel_classification(200, 10, n_classes=4, n_labels=2, random_state=0)


def small(**given: Any) -> NeuralNetworkClassifier:
    return NeuralNetworkClassifier(**{**ONE, "hidden_layer_sizes": 16, "max_iter": 30, **given})


@pytest.mark.parametrize(
    ("names", "data"),
    [
        (np.array(["benign", "malignant"]), CANCER),
        (np.array(["setosa", "versicolor", "virginica"], dtype=object), IRIS),
        (np.array([-1, 7]), CANCER),
        (np.array([False, True]), CANCER),
        (np.array([0.0, 2.0, 5.0]), IRIS),
    ],
)
def test_classes_have_any_names(names: Any, data: Any):
    X, y = data
    classifier = small(learning_rate=0.05).fit(X, names[y])
    np.testing.assert_array_equal(classifier.classes_, names)
    assert classifier.classes_.dtype == names.dtype
    assert classifier.score(X, names[y]) > 0.93
    p = classifier.predict_proba(X)
    assert p.shape == (len(X), len(names))
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_array_equal(names[p.argmax(axis=1)], classifier.predict(X))
    np.testing.assert_allclose(np.exp(classifier.predict_log_proba(X)), p, rtol=1e-5, atol=1e-30)
    np.testing.assert_array_equal(classifier.predict(X), small(learning_rate=0.05).fit(X, list(names[y])).predict(X))


def test_two_classes_are_one_sigmoid_and_more_a_softmax():
    two, three = small(max_iter=2).fit(*CANCER), small(max_iter=2).fit(*IRIS)
    assert (two.n_outputs_, two.out_activation_) == (1, "sigmoid")
    assert (three.n_outputs_, three.out_activation_) == (3, "softmax")
    assert two.model_.loss.name == "binary_crossentropy"


def test_a_probability_of_0_has_a_logarithm_without_a_warning():
    X, y = CANCER
    classifier = small(learning_rate=1.0, max_iter=50).fit(X, y)
    found = classifier.predict_log_proba(np.concatenate([X, X * 1e6]))
    assert np.isneginf(found).any()
    assert not np.isnan(found).any()


def test_several_labels_at_once():
    X, y = LABELS
    classifier = small(max_iter=300, learning_rate=0.01).fit(X, y)
    assert (classifier.n_outputs_, classifier.out_activation_) == (4, "sigmoid")
    np.testing.assert_array_equal(classifier.classes_, np.arange(4))
    p, found = classifier.predict_proba(X), classifier.predict(X)
    assert (p.shape, found.shape) == (y.shape, y.shape)
    np.testing.assert_array_equal(found, p > 0.5)
    assert (found == y).mean() > 0.9
    again = small(max_iter=300, learning_rate=0.01).fit(X, sparse.csr_array(y))
    np.testing.assert_array_equal(again.predict_proba(X), p)


def test_partial_fit_takes_several_labels_and_words():
    X, y = LABELS
    classifier = small(learning_rate=0.01)
    for _ in range(100):
        classifier.partial_fit(X, y)
    assert classifier.score(X, y) > 0.5
    with pytest.raises(DataError, match="targets of the kind first fitted"):
        classifier.partial_fit(X, y[:, 0])
    X, y = IRIS
    with pytest.raises(InvalidArgument, match="classes: expected all classes, in the first call"):
        small().partial_fit(X, y)
    words = np.array(["a", "b", "c"])[y]
    named = small(learning_rate=0.05)
    for rows in np.array_split(np.arange(150), 3) * 20:  # each part has one class only
        named.partial_fit(X[rows], words[rows], classes=["a", "b", "c"])
    assert named.predict_proba(X).shape == (150, 3)
    with pytest.raises(DataError, match="labels among the classes first fitted, got 'd'"):
        named.partial_fit(X[:3], ["a", "b", "d"])
    with pytest.raises(InvalidArgument, match="classes: expected those of the first call"):
        named.partial_fit(X[:3], ["a", "b", "b"], classes=["a", "b"])


@pytest.mark.parametrize(
    ("y", "message"),
    [
        (["a"] * 4, "expected at least two classes, got one class, 'a'"),
        ([[0, 1], [1, 2], [2, 0], [1, 1]], "expected one class for each row"),
        ([0.5, 1.5, 2.5, 0.1], "Unknown label type"),
        ([0, 1, 2], "inconsistent numbers of samples"),
        (None, "requires y to be passed, but the target y is None"),
        ([0, 1, np.nan, 1], "NaN"),
        (np.array(["a", None, "b", "a"], object), "y: expected labels of one kind"),
    ],
)
def test_targets_that_are_no_classes_are_told(y: Any, message: str):
    with pytest.raises(ValueError, match=message):
        small().fit([[0.0], [1.0], [2.0], [3.0]], y)


def test_class_weights_are_weights_of_rows():
    X, y = CANCER
    y = np.array(["b", "m"])[y]
    options = {"batch_size": 50, "max_iter": 5}
    by_class = small(class_weight={"b": 3.0, "m": 0.5}, **options).fit(X, y)
    by_row = small(**options).fit(X, y, np.where(y == "b", 3.0, 0.5))
    np.testing.assert_array_equal(by_class.predict_proba(X), by_row.predict_proba(X))
    balanced = small(class_weight="balanced", **options).fit(X, y)
    counts = {name: (y == name).sum() for name in ("b", "m")}
    same = small(class_weight={name: len(y) / 2 / n for name, n in counts.items()}, **options).fit(X, y)
    np.testing.assert_array_equal(balanced.predict_proba(X), same.predict_proba(X))


def test_weights_of_classes_are_for_training():
    X, y = CANCER
    options = {"scoring": None, "learning_rate": 1e-9, "alpha": 0, "standardize": False, "early_stopping": True}
    plain, weighted = (small(class_weight=w, **options).fit(X / 1000, y) for w in (None, {0: 9.0, 1: 0.1}))
    np.testing.assert_allclose(weighted.history_["val_loss"][0], plain.history_["val_loss"][0], rtol=1e-6)
    assert weighted.validation_scores_[0] == plain.validation_scores_[0]
    assert weighted.loss_curve_[0] != plain.loss_curve_[0]


@pytest.mark.parametrize(
    ("weights", "error", "message"),
    [
        ("balance", WrongType, "argument class_weight: expected None, 'balanced', or a weight for each class"),
        ({0: 1.0, "b": 2.0}, InvalidArgument, "argument class_weight: expected classes among 0, 1, 2, got 'b'"),
        ({0: -1.0}, InvalidArgument, "argument class_weight, class 0: expected a number at least 0"),
    ],
)
def test_weights_of_no_classes_are_told(weights: Any, error: Any, message: str):
    with pytest.raises(error, match=message):
        small(class_weight=weights).fit(*IRIS)


def test_several_labels_are_balanced_as_scikit_learn_does():
    X, y = LABELS
    balanced = small(class_weight="balanced").fit(X, y)
    by_row = small().fit(X, y, compute_sample_weight("balanced", y))
    np.testing.assert_array_equal(balanced.predict_proba(X), by_row.predict_proba(X))


def test_balanced_weights_count_the_weights_of_rows():
    X, y = IRIS
    counts = np.random.RandomState(0).randint(0, 3, 150)
    weighted = small(class_weight="balanced").fit(X[:60], y[40:100], counts[:60])
    repeated = small(class_weight="balanced").fit(np.repeat(X[:60], counts[:60], 0), np.repeat(y[40:100], counts[:60]))
    np.testing.assert_array_equal(weighted.predict_proba(X), repeated.predict_proba(X))


def test_balanced_weights_find_what_is_rare():
    rng = np.random.RandomState(0)
    y = (np.arange(400) % 20 == 0).astype(int)
    X = rng.normal(size=(400, 3)) + y[:, None]
    found = {w: recall_score(y, small(class_weight=w, max_iter=150).fit(X, y).predict(X)) for w in (None, "balanced")}
    assert found["balanced"] > 0.8 > 0.4 > found[None]


def test_partial_fit_does_not_know_all_rows():
    with pytest.raises(InvalidArgument, match="class_weight: expected None or a dict"):
        small(class_weight="balanced").partial_fit(*IRIS, classes=[0, 1, 2])
    weighted = small(class_weight={0: 2.0}).partial_fit(*IRIS, classes=[0, 1, 2])
    rows = small().partial_fit(*IRIS, classes=[0, 1, 2], sample_weight=np.where(IRIS[1] == 0, 2.0, 1.0))
    np.testing.assert_array_equal(weighted.predict_proba(IRIS[0]), rows.predict_proba(IRIS[0]))


@pytest.mark.parametrize("data", [CANCER, IRIS, LABELS], ids=["two", "three", "labels"])
@pytest.mark.parametrize("from_logits", [False, True])
def test_logits_tell_the_same(data: Any, from_logits: bool):
    X, y = data
    kind = losses.SparseCategoricalCrossentropy if data is IRIS else losses.BinaryCrossentropy
    classifier = small(loss=kind(from_logits=from_logits), standardize=False).fit(StandardScaler().fit_transform(X), y)
    p = classifier.predict_proba(StandardScaler().fit_transform(X))
    plain = small(standardize=False).fit(StandardScaler().fit_transform(X), y)
    np.testing.assert_allclose(p, plain.predict_proba(StandardScaler().fit_transform(X)), atol=1e-5)
    assert classifier.out_activation_ == ("linear" if from_logits else plain.out_activation_)


@pytest.mark.parametrize(
    ("loss", "outputs"),
    [
        ("log_loss", 1),
        ("binary_focal_crossentropy", 1),
        ("hinge", 1),
        ("mse", 1),
        ("categorical_crossentropy", 2),
        ("sparse_categorical_crossentropy", 2),
        ("categorical_focal_crossentropy", 2),
        ("kl_divergence", 1),
    ],
)
@pytest.mark.filterwarnings("ignore:.*kl_divergence.*:UserWarning")
def test_losses_of_any_kind(loss: str, outputs: int):
    X, y = CANCER
    two = small(loss=loss, learning_rate=0.01).fit(X, y)
    assert two.n_outputs_ == outputs
    assert two.predict_proba(X).shape == (len(X), 2)
    if loss != "kl_divergence":  # of one output it has nothing to tell
        assert two.score(X, y) > 0.9
    if loss not in ("hinge", "binary_focal_crossentropy"):
        three = small(loss=loss, learning_rate=0.03).fit(*IRIS)
        assert three.score(*IRIS) > 0.9


# Networks of one's own -----------------------------------------------------------------------------------------------


def own(features: int, outputs: int, seed: int | None = None) -> Sequential:
    last = layers.Dense(outputs, "sigmoid" if outputs == 1 else "softmax")
    return Sequential([layers.Dense(8, "tanh", input_shape=(features,)), layers.Dropout(0.1), last], seed=seed)


def test_a_function_builds_the_network():
    X, y = CANCER
    classifier = small(model=own).fit(StandardScaler().fit_transform(X), y)
    assert [type(layer).__name__ for layer in classifier.model_.layers] == ["Dense", "Dropout", "Dense"]
    again = small(model=own).fit(StandardScaler().fit_transform(X), y)
    np.testing.assert_array_equal(again.predict_proba(X), classifier.predict_proba(X))
    assert classifier.score(StandardScaler().fit_transform(X), y) > 0.9


def test_what_a_function_builds_keeps_its_weights():
    def trained(features: int, outputs: int) -> Sequential:
        model = own(features, outputs, seed=3)
        model.layers[0].set_weights([np.full((30, 8), 0.25, "float32"), np.zeros(8, "float32")])
        model.layers[0].trainable = False
        return model

    classifier = small(model=trained, max_iter=2).fit(*CANCER)
    np.testing.assert_array_equal(classifier.model_.layers[0].get_weights()[0], np.full((30, 8), 0.25, "float32"))


@pytest.mark.parametrize("built", [True, False])
def test_a_given_model_lends_its_architecture(built: bool):
    X, y = IRIS
    statistics = layers.Normalization()
    statistics.adapt(X)
    model = Sequential([*([statistics] if built else []), layers.Dense(8, "relu"), layers.Dense(3, "softmax")])
    assert model.built == built
    before = copy.deepcopy(model.get_weights())
    first, second = (small(model=model, learning_rate=0.05, max_iter=200).fit(X, y) for _ in range(2))
    np.testing.assert_array_equal(first.predict_proba(X), second.predict_proba(X))
    assert first.score(X, y) > 0.9
    assert model.compiled is False
    if built:
        np.testing.assert_allclose(first.model_.layers[0].mean, [X.mean(axis=0)], rtol=1e-6)
    for mine, then in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(mine, then)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (lambda features, outputs: own(features, 2), ShapeError, r"expected outputs \(None, 3\) for these targets"),
        (lambda features, outputs: own(7, outputs), ShapeError, "expected a model of 4 inputs, as X has columns"),
        (lambda features, outputs: 5, WrongType, "a function that returns a model"),
    ],
)
def test_networks_that_do_not_fit_are_told(model: Any, error: Any, message: str):
    with pytest.raises(error, match=message):
        small(model=model).fit(*IRIS)


# Sparse matrices -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("container", [sparse.csr_matrix, sparse.csc_array, sparse.coo_array])
def test_sparse_matrices_tell_what_dense_ones_do(container: Any):
    X, y = load_digits(return_X_y=True)
    dense, thin = small().fit(X, y), small().fit(container(X), y)
    np.testing.assert_array_equal(thin.predict_proba(container(X)), dense.predict_proba(X))
    np.testing.assert_array_equal(thin.predict_proba(X), dense.predict_proba(X))


@pytest.mark.parametrize("options", [{}, {"shuffle": False}, {"early_stopping": True}])
def test_matrices_too_large_to_be_dense_come_in_batches(options: Any, monkeypatch: pytest.MonkeyPatch):
    X, y = load_digits(return_X_y=True)
    dense = small(max_iter=40, **options).fit(X, y, np.ones(len(y)))
    whole = small(max_iter=40, **options).fit(sparse.csr_array(X), y)
    monkeypatch.setattr("pellucid.estimators.rows.DENSE", 0)
    by_parts = small(max_iter=40, **options).fit(sparse.csr_array(X), y)
    np.testing.assert_array_equal(dense.predict(X), whole.predict(X))
    assert by_parts.score(sparse.csr_array(X), y) > 0.93
    if options == {"shuffle": False}:
        np.testing.assert_allclose(by_parts.loss_curve_, dense.loss_curve_, rtol=1e-3)
    weighted = small(max_iter=40, **options).fit(sparse.csr_array(X), y, (y < 5) + 1.0)
    assert weighted.loss_curve_ != by_parts.loss_curve_


def test_columns_that_float32_blurs_are_told():
    near = np.random.default_rng(0).normal(size=(60, 2))
    far = near + np.array([0.0, 1e9])
    with pytest.warns(UserWarning, match=r"X: column 1 holds numbers near 1e\+09 that differ by [\d.]+ at most"):
        small().fit(far, near[:, 1] > 0)
    far[:, 1] = 1e9  # one and the same everywhere: nothing is lost
    small().fit(far, near[:, 1] > 0)
