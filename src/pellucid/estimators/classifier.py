"""NeuralNetworkClassifier: a network that names classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from .. import checks
from ..activations import sigmoid, softmax
from ..arrays import Array
from ..data.labels import listed
from ..errors import DataError, InvalidArgument, Told, WrongType
from ..losses import (
    CategoricalCrossentropy,
    CategoricalFocalCrossentropy,
    CategoricalGeneralizedCrossEntropy,
    CategoricalHinge,
    Loss,
    SparseCategoricalCrossentropy,
)
from ..losses.base import losses
from ..tables import Targets
from .base import NeuralNetwork
from .building import Head

OF_NUMBERS = (SparseCategoricalCrossentropy, CategoricalGeneralizedCrossEntropy)  # take the numbers of classes
TINY = float(np.finfo(np.float32).tiny)  # probabilities that can still be told from 0
OF_CLASSES = (CategoricalCrossentropy, CategoricalFocalCrossentropy, CategoricalHinge, *OF_NUMBERS)


class NeuralNetworkClassifier(ClassifierMixin, NeuralNetwork):
    """A network that tells classes, of any names, or several labels at once, with scikit-learn's methods.

    p = softmax(W₃·a(W₂·a(W₁·x̂ + b₁) + b₂) + b₃), with x̂ the standardised input and waves of it, and a the activation;
    for two classes, and for each of several labels, one p = sigmoid(...). X (N, features), y (N,), or (N, labels) of 0
    and 1, p (N, classes). Of several networks, p is the mean.

    hidden_layer_sizes: units of each hidden layer; () for none.
    n_estimators: networks that are trained; "auto" is 5, or 1 with a model of your own. Of several, each holds out
    another part of the rows, each class in proportion, and stops by their score; the weights of its best epoch come
    back. With fewer than 5 rows for each part, none are held out.
    activation, dropout: one for all hidden layers, or a list with one for each.
    batch_norm: normalise each hidden layer by its batch.
    standardize: bring each column of X to mean 0 and variance 1 by the rows to train on, in the network's first layer;
    an encoder has scaled its columns already.
    frequencies: so many waves cos(2π(w·x̂ + b)) of each standardised column with more than two values, four mixtures of
    which go beside x̂ into the first hidden layer; 0 for none. There are none of sparse inputs too large to be arrays,
    nor where more than 256 columns would have them, or there are fewer than 20 rows to train on for each.
    optimizer: a name or an optimizer, which stays as it is: the network has a copy.
    learning_rate: a number or a schedule; None for the optimizer's own.
    loss: a name or a loss; "auto", also called "log_loss", is the cross-entropy.
    alpha, l1: (alpha/2·ΣW² + l1·Σ|W|) / B is added to the loss of a batch of B rows.
    batch_size: "auto" is 64, or all rows where there are fewer.
    max_iter: epochs at most.
    tol, n_iter_no_change: stop once the training loss has not fallen by `tol` for more than so many epochs.
    early_stopping: hold out validation_fraction of the rows for all networks, each class in proportion, and stop by
    their score; the weights of the best epoch come back. Rows of your own go to `fit` as X_val, y_val.
    scoring: "loss" (told with a minus: more is better), None for the accuracy, or a scorer's name or function. The
    accuracy of few rows stands still while the network still learns, and stops far too early.
    class_weight: a weight for each class in a dict, or "balanced".
    metrics: what to count in each epoch, for `history_`.
    callbacks: Pellucid's; `callbacks_` has the copies that trained. `set_callbacks` takes scikit-learn's.
    columns: "auto" makes numbers of a data frame with texts, dates or missing values by a `TableEncoder`; an encoder
    is always used; None for never.
    model: a network of your own, in front of which nothing is put: a model, whose architecture is taken with fresh
    weights, or a function build(n_features, n_outputs) that makes one, trained as it is. If it takes `seed`,
    random_state decides that. The estimator's optimizer and loss train it.
    warm_start: `fit` goes on from where the last one ended.

    After `fit`: classes_, model_ (the network, or the mean of several as one: save it, explain it, take it out),
    estimators_ (one for each of several networks), loss_curve_, validation_scores_, best_validation_score_, history_
    (all of an epoch, with val_loss of held-out rows; means over the networks that still train), n_iter_, n_outputs_,
    out_activation_, n_features_in_, feature_names_in_, encoder_ where columns were turned into numbers; coefs_ and
    intercepts_ of a single network.

    The same random_state gives the same bits. A row of weight 2 is the row twice; where one batch holds all rows, to
    the bit. It computes in float32, and goes into a pickle as the bytes of a `.keras` file, which hold no code.

    >>> from pellucid.estimators import NeuralNetworkClassifier
    >>> from sklearn.datasets import load_wine
    >>> from sklearn.model_selection import train_test_split
    >>> X, y = load_wine(return_X_y=True)
    >>> X, X_test, y, y_test = train_test_split(X, load_wine().target_names[y], stratify=y, random_state=0)
    >>> classifier = NeuralNetworkClassifier(random_state=0).fit(X, y)
    >>> classifier.score(X_test, y_test) > 0.95, str(classifier.predict(X_test)[0])
    (True, 'class_2')

    Source: Buitinck et al., "API design for machine learning software", 2013; Krogh & Vedelsby, "Neural network
    ensembles, cross validation, and active learning", NIPS 1994. MLPClassifier does not standardize, and trains one
    network by its training loss, which costs it much (docs/tables_compared.md has numbers); its `solver` is
    `optimizer` here.
    """

    def __init__(
        self, hidden_layer_sizes: Any = (128, 128), activation: Any = "relu", *,
        n_estimators: Any = "auto", frequencies: int = 16, dropout: Any = 0.3,
        batch_norm: bool = False, standardize: bool = True, optimizer: Any = "adam", learning_rate: Any = None,
        loss: Any = "auto", alpha: float = 0.0001, l1: float = 0.0, batch_size: Any = "auto", max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, n_iter_no_change: Any = 10,
        early_stopping: bool = False, validation_fraction: float = 0.1, scoring: Any = "loss",
        class_weight: Any = None, metrics: Any = None, callbacks: Any = None, columns: Any = "auto",
        model: Any = None, warm_start: bool = False, verbose: Any = False,
    ) -> None:  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.n_estimators = n_estimators
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.standardize = standardize
        self.frequencies = frequencies
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.loss = loss
        self.alpha = alpha
        self.l1 = l1
        self.batch_size = batch_size
        self.max_iter = max_iter
        self.shuffle = shuffle
        self.random_state = random_state
        self.tol = tol
        self.n_iter_no_change = n_iter_no_change
        self.early_stopping = early_stopping
        self.validation_fraction = validation_fraction
        self.scoring = scoring
        self.class_weight = class_weight
        self.metrics = metrics
        self.callbacks = callbacks
        self.columns = columns
        self.model = model
        self.warm_start = warm_start
        self.verbose = verbose

    def partial_fit(self, X: Any, y: Any, classes: Any = None, sample_weight: Any = None) -> Self:
        """One pass over X (N, features), from where the last call ended; the first call needs all `classes`."""
        if self.class_weight == "balanced":
            raise InvalidArgument(
                f"{type(self).__name__}.partial_fit, class_weight", "None or a dict, as not all rows are known",
                "balanced", "Pass compute_class_weight's weights as a dict.",
            )  # fmt: skip
        if classes is None and not hasattr(self, "model_") and type_of_target(y) != "multilabel-indicator":
            fix = "Pass numpy.unique of all targets there will be."
            raise InvalidArgument(
                f"{type(self).__name__}.partial_fit, classes", "all classes, in the first call", None, fix
            )
        return self._go_on(X, y, sample_weight, classes)

    def predict(self, X: Any) -> Array:
        """The most likely class of each row (N,); of each label 0 or 1 (N, labels)."""
        return self._decided(self._predicted(X))

    def predict_proba(self, X: Any) -> Array:
        """The probability of each class (N, classes), in the order of `classes_`; of each label, (N, labels)."""
        p = self._probabilities(self._predicted(X))
        return np.concatenate([1 - p, p], axis=1) if p.shape[1] == 1 and len(self.classes_) == 2 else p

    def predict_log_proba(self, X: Any) -> Array:
        """The logarithms of `predict_proba`; that of 0 is -inf."""
        with np.errstate(divide="ignore"):
            logs: Array = np.log(self.predict_proba(X))
        return logs

    def decision_function(self, X: Any) -> Array:
        """How far each row is on a class's side. Two classes: ln(p₂ / p₁) (N,), above 0 where the second is predicted.
        More: ln p (N, classes). Labels: ln(p / (1 − p)) (N, labels)."""
        p = self.predict_proba(X).astype(np.float64)
        logs: Array = np.log(np.maximum(p, TINY))
        if self._many:
            return logs - np.log(np.maximum(1 - p, TINY))
        return logs[:, 1] - logs[:, 0] if len(self.classes_) == 2 else logs

    # What is asked of an estimator ---------------------------------------------------------------------------------

    def _where(self) -> str:
        return type(self).__name__

    def _read_y(self, given: Any, first: bool, classes: Any = None) -> Array:
        try:
            check_classification_targets(given)
            kind = type_of_target(given, input_name="y", raise_unknown=True)
        except TypeError as problem:  # they cannot be sorted
            told = Told("several kinds of values, or None among them")
            raise DataError(f"{self._where()}, y", "labels of one kind, one for each row", told) from problem
        if kind == "multiclass-multioutput":
            raise DataError(
                f"{self._where()}, y",
                "one class for each row, or columns of 0 and 1",
                Told("several columns of classes"),
            )
        many = kind == "multilabel-indicator"
        y = np.asarray(given.toarray() if hasattr(given, "toarray") else given)
        y = y if many else column_or_1d(y, warn=True)
        if first:
            self._begin_classes(y, many, classes)
        elif classes is not None and not np.array_equal(np.unique(classes), self.classes_):
            raise InvalidArgument(f"{self._where()}.partial_fit, classes", "those of the first call", classes)
        if many != self._many or (many and y.shape[1] != len(self.classes_)):
            raise DataError(f"{self._where()}, y", "targets of the kind first fitted", Told(f"{kind}, shape {y.shape}"))
        return y.astype(np.float32) if many else self._numbered(y)

    def _begin_classes(self, y: Array, many: bool, classes: Any) -> None:
        if many:
            self.classes_ = np.arange(y.shape[1]) if classes is None else np.unique(classes)
        else:
            self.classes_ = np.unique(y if classes is None else np.asarray(classes))
        self._many = many
        if len(self.classes_) < 2 and not many:
            fix = "One class leaves nothing to learn."
            raise DataError(
                f"{self._where()}, y", "at least two classes", Told(f"one class, {self.classes_.tolist()[0]!r}"), fix
            )

    def _numbered(self, y: Array) -> Array:
        """The place of each label in `classes_`."""
        places = np.searchsorted(self.classes_, y).clip(0, len(self.classes_) - 1)
        wrong = self.classes_[places] != y
        if wrong.any():
            raise DataError(
                f"{self._where()}, y", "labels among the classes first fitted", y[wrong].tolist()[0],
                "Pass all classes to the first partial_fit, or fit anew without warm_start.",
            )  # fmt: skip
        numbers: Array = places
        return numbers

    def _weigh(self, y: Array, weights: Array | None) -> Array | None:
        if self.class_weight is None:
            return weights
        own = compute_sample_weight(self.class_weight, y) if self._many else self._weights_of_classes(y, weights)[y]
        weighed: Array = own if weights is None else own * weights
        return weighed

    def _weights_of_classes(self, y: Array, weights: Array | None) -> Array:
        """The weight of each class: as given, 1 where it is not; or balanced, with all of the same sum."""
        given, names, where = self.class_weight, self.classes_.tolist(), f"{self._where()}, argument class_weight"
        if isinstance(given, str) and given == "balanced":
            sums = np.bincount(y, weights=weights, minlength=len(names))
            balanced: Array = sums.sum() / (np.count_nonzero(sums) * np.where(sums > 0, sums, 1.0))
            return balanced
        if not isinstance(given, Mapping):
            raise WrongType(where, "None, 'balanced', or a weight for each class in a dict", given)
        for name, weight in given.items():
            if name not in names:
                raise InvalidArgument(where, f"classes among {listed(names)}", name)
            checks.number(f"{where}, class {name!r}", weight, minimum=0)
        return np.array([float(given.get(name, 1.0)) for name in names])

    def _loss(self) -> Loss:
        if self.loss in ("auto", "log_loss"):
            binary = self._many or len(self.classes_) == 2
            return losses.get("binary_crossentropy" if binary else "sparse_categorical_crossentropy")
        return losses.get(self.loss, f"{self._where()}, argument loss")

    def _head(self, y: Array) -> Head:
        loss, classes = self._loss(), len(self.classes_)
        # each output is a probability of its own
        apart = self._many or (classes == 2 and not isinstance(loss, OF_CLASSES))
        outputs = classes if self._many or not apart else 1
        logits = bool(getattr(loss, "from_logits", False))
        self._apart, self._logits = apart, logits
        return Head(outputs, "linear" if logits else "sigmoid" if apart else "softmax", loss)

    def _targets(self, y: Array) -> Array:
        if self._apart or isinstance(self.model_.loss, OF_NUMBERS):
            return y
        return np.eye(len(self.classes_), dtype=np.float32)[y]

    def _probabilities(self, outputs: Array) -> Array:
        if not self._logits:
            return outputs
        return sigmoid(outputs) if self._apart else softmax(outputs)

    def _decided(self, outputs: Array) -> Array:
        """Classes from outputs."""
        p = self._probabilities(outputs)
        if self._many:
            return (p > 0.5).astype(np.int64)
        named: Array = self.classes_[(p[:, 0] > 0.5).astype(np.int64) if self._apart else p.argmax(axis=1)]
        return named

    def _agreement(self, y: Array, outputs: Array, weights: Array | None) -> float:
        right = self._decided(outputs) == (y if self._many else self.classes_[y])
        return float(np.average(right.all(axis=1) if self._many else right, weights=weights))

    def _columns_of_targets(self) -> Targets:
        if self._many:
            return Targets.as_they_are([f"label {name}" for name in self.classes_.tolist()])
        return Targets(["class"], [""], [c if type(c) is int else str(c) for c in self.classes_.tolist()])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
