"""NeuralNetworkClassifier: a network that names classes."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.metrics import accuracy_score
from sklearn.utils import column_or_1d, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets, type_of_target

from ..activations import sigmoid, softmax
from ..arrays import Array
from ..errors import DataError, InvalidArgument, NotReady, Told
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
OF_CLASSES = (CategoricalCrossentropy, CategoricalFocalCrossentropy, CategoricalHinge, *OF_NUMBERS)


class NeuralNetworkClassifier(ClassifierMixin, NeuralNetwork):
    def __init__(
        self, hidden_layer_sizes: Any = (100,), activation: Any = "relu", *, dropout: Any = 0.0,
        batch_norm: bool = False, standardize: bool = True, optimizer: Any = "adam", learning_rate: Any = None,
        loss: Any = "auto", alpha: float = 0.0001, l1: float = 0.0, batch_size: Any = "auto", max_iter: int = 200,
        shuffle: bool = True, random_state: Any = None, tol: float = 1e-4, n_iter_no_change: Any = 10,
        early_stopping: bool = False, validation_fraction: float = 0.1, scoring: Any = None,
        class_weight: Any = None, metrics: Any = None, callbacks: Any = None, columns: Any = "auto",
        model: Any = None, warm_start: bool = False, verbose: Any = False,
    ) -> None:  # fmt: skip
        self.hidden_layer_sizes = hidden_layer_sizes
        self.activation = activation
        self.dropout = dropout
        self.batch_norm = batch_norm
        self.standardize = standardize
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

    # What is asked of an estimator ---------------------------------------------------------------------------------

    def _where(self) -> str:
        return type(self).__name__

    def _read_y(self, y: Any, first: bool, classes: Any = None) -> Array:
        check_classification_targets(y)
        kind = type_of_target(y, input_name="y", raise_unknown=True)
        if kind == "multiclass-multioutput":
            raise DataError(
                f"{self._where()}, y", "one class for each row, or columns of 0 and 1", Told("several columns of classes")
            )
        many = kind == "multilabel-indicator"
        y = np.asarray(y.toarray() if hasattr(y, "toarray") else y)
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
            raise DataError(f"{self._where()}, y", "at least two classes", Told(f"one class, {self.classes_[0]!r}"), fix)

    def _numbered(self, y: Array) -> Array:
        """The place of each label in `classes_`."""
        places = np.searchsorted(self.classes_, y).clip(0, len(self.classes_) - 1)
        wrong = self.classes_[places] != y
        if wrong.any():
            raise DataError(
                f"{self._where()}, y", "labels among the classes first fitted", y[wrong][0],
                "Pass all classes to the first partial_fit, or fit anew without warm_start.",
            )  # fmt: skip
        numbers: Array = places
        return numbers

    def _weigh(self, y: Any, weights: Array | None) -> Array | None:
        if self.class_weight is None:
            return weights
        of_classes = compute_sample_weight(self.class_weight, y)
        weighed: Array = of_classes if weights is None else of_classes * weights
        return weighed

    def _loss(self) -> Loss:
        if self.loss in ("auto", "log_loss"):
            binary = self._many or len(self.classes_) == 2
            return losses.get("binary_crossentropy" if binary else "sparse_categorical_crossentropy")
        return losses.get(self.loss, f"{self._where()}, argument loss")

    def _head(self, y: Array) -> Head:
        loss, classes = self._loss(), len(self.classes_)
        apart = self._many or (classes == 2 and not isinstance(loss, OF_CLASSES))  # each output a probability of its own
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
        return self.classes_[(p[:, 0] > 0.5).astype(np.int64) if self._apart else p.argmax(axis=1)]

    def _agreement(self, y: Array, outputs: Array, weights: Array | None) -> float:
        truth = y if self._many else self.classes_[y]
        return float(accuracy_score(truth, self._decided(outputs), sample_weight=weights))

    def _columns_of_targets(self) -> Targets:
        if self._many:
            names = [f"label {name}" for name in self.classes_.tolist()]
            return Targets(names, [""] * len(names), (), [0.0] * len(names), [1.0] * len(names))
        return Targets(["class"], [""], [c if type(c) is int else str(c) for c in self.classes_.tolist()])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
