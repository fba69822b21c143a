"""NeuralNetworkRegressor: a network that predicts numbers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import RegressorMixin
from sklearn.metrics import r2_score
from sklearn.utils import check_array, column_or_1d

from ..activations.base import activations
from ..arrays import Array
from ..data.checking import check_range
from ..errors import DataError
from ..layers import Layer, Rescaling
from ..losses import Huber, LogCosh, Loss, MeanAbsoluteError, MeanSquaredError, Poisson
from ..losses.base import losses
from ..models import Functional
from ..tables import Targets
from .base import NeuralNetwork
from .building import Head, moments
from .rows import Rows, as_fed

THEIR_LOSSES = {"auto": "mean_squared_error", "squared_error": "mean_squared_error",
                "absolute_error": "mean_absolute_error"}  # fmt: skip
FAR = 1000.0  # deviations from 0, beyond which float32 no longer keeps four digits of a deviation
OF_DIFFERENCES = (Huber, LogCosh, MeanAbsoluteError, MeanSquaredError)  # for which the targets' mean and scale are free


class NeuralNetworkRegressor(RegressorMixin, NeuralNetwork):
    """A network that predicts numbers, one or several, with scikit-learn's methods.

    y = W₃·a(W₂·a(W₁·x̂ + b₁) + b₂) + b₃, with x̂ the standardised input and waves of it, and a the activation; of several
    networks, the mean. X (N, features), y (N,) or (N, outputs).

    The parameters are those of `NeuralNetworkClassifier`, without class_weight, and with less dropout; besides:

    standardize: the targets too are brought to mean 0 and deviation 1 while the network trains; its last layer brings
    predictions back. Where loss is "squared_error" (the default), "absolute_error", "huber" or "log_cosh", and with
    neither out_activation nor model: losses, and what "huber" calls small, are then in deviations.
    out_activation: of the last layer; "auto" is "exponential" for loss="poisson" and "linear" otherwise.
    scoring: None is the R².

    >>> from pellucid.estimators import NeuralNetworkRegressor
    >>> from sklearn.datasets import load_diabetes
    >>> from sklearn.model_selection import cross_val_score
    >>> X, y = load_diabetes(return_X_y=True)
    >>> bool(cross_val_score(NeuralNetworkRegressor(random_state=0), X, y, cv=3).mean() > 0.4)
    True

    Source: Buitinck et al., "API design for machine learning software", 2013. MLPRegressor standardizes nothing.
    """

    def __init__(
        self, hidden_layer_sizes: Any = (128, 128), activation: Any = "relu", *,
        n_estimators: Any = "auto", frequencies: int = 16, dropout: Any = 0.1,
        batch_norm: bool = False, standardize: bool = True, optimizer: Any = "adam", learning_rate: Any = None,
        loss: Any = "auto", out_activation: Any = "auto", alpha: float = 0.0001, l1: float = 0.0,
        batch_size: Any = "auto", max_iter: int = 200, shuffle: bool = True, random_state: Any = None,
        tol: float = 1e-4, n_iter_no_change: Any = 10, early_stopping: bool = False, validation_fraction: float = 0.1,
        scoring: Any = "loss", metrics: Any = None, callbacks: Any = None, columns: Any = "auto", model: Any = None,
        warm_start: bool = False, verbose: Any = False,
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
        self.out_activation = out_activation
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
        self.metrics = metrics
        self.callbacks = callbacks
        self.columns = columns
        self.model = model
        self.warm_start = warm_start
        self.verbose = verbose

    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None) -> Self:
        """One pass over X (N, features), from where the last call ended."""
        return self._go_on(X, y, sample_weight)

    def predict(self, X: Any) -> Array:
        """The numbers for each row, (N,) or (N, outputs): computed in float32, and float64 unless X is float32; in
        float64 alone where float32 would blur them, as it does 1e9 ± 1."""
        found = self._decided(self._predicted(X))
        return found if getattr(X, "dtype", None) == np.float32 else found.astype(np.float64)

    # What is asked of an estimator ---------------------------------------------------------------------------------

    def _read_y(self, given: Any, first: bool, classes: Any = None) -> Array:
        y: Array = check_array(given, ensure_2d=False, dtype=np.float64, input_name="y", estimator=self)
        y = column_or_1d(y, warn=True) if y.ndim == 1 or y.shape[1] == 1 else y
        check_range(f"{type(self).__name__}, y", y, "float32")
        outputs = 1 if y.ndim == 1 else y.shape[1]
        if first:
            self.n_outputs_ = outputs
        elif outputs != self.n_outputs_:
            raise DataError(f"{type(self).__name__}, y", f"{self.n_outputs_} outputs, as first fitted", outputs)
        return y

    def _weigh(self, y: Array, weights: Array | None) -> Array | None:
        return weights

    def _head(self, y: Array) -> Head:
        where, loss = type(self).__name__, self._loss()
        out = self.out_activation
        if isinstance(out, str) and out == "auto":
            out = "exponential" if isinstance(loss, Poisson) else "linear"
        out = activations.get(out, f"{where}, argument out_activation")
        return Head(self.n_outputs_, out, loss)

    def _loss(self) -> Loss:
        name = THEIR_LOSSES.get(self.loss, self.loss) if isinstance(self.loss, str) else self.loss
        return losses.get(name, f"{type(self).__name__}, argument loss")

    def _learn_scale(self, rows: Rows) -> None:
        self._scale: tuple[Array, Array] | None = None
        free = self.model is None and self.out_activation == "auto" and isinstance(self._loss(), OF_DIFFERENCES)
        if self.standardize and free:
            y = rows.y.reshape(len(rows), -1)
            middle, _ = moments(y, rows.weights)  # without it, what is small beside it is seen
            mean, variance = moments(y - middle, rows.weights)
            self._scale = middle + mean, np.sqrt(variance)

    def _targets(self, y: Array) -> Array:
        if self._scale is not None:
            mean, deviation = self._scale
            y = (y - (mean if y.ndim > 1 else mean[0])) / (deviation if y.ndim > 1 else deviation[0])
        return y.astype(np.float32)

    def _tail(self) -> Layer | None:
        if self._scale is None:
            return None
        return Rescaling(self._scale[1].tolist(), self._scale[0].tolist())

    def _outputs(self, x: Any) -> Array:
        """In float64 where float32 would blur the targets: where these lie far from 0 beside their deviation."""
        members = getattr(self, "estimators_", [self])
        scales = [one._scale for one in members if one._scale is not None]
        if not any((np.abs(mean) > FAR * deviation).any() for mean, deviation in scales):
            return super()._outputs(x)
        found: Array = np.mean([one._rescaled(x, *scale) for one, scale in zip(members, scales, strict=True)], axis=0)
        return found

    def _rescaled(self, x: Any, mean: Array, deviation: Array) -> Array:
        """A single network's outputs before its last layer, which that layer's numbers bring to the targets' units."""
        whole = hasattr(self, "_training")
        model = self.model_ if whole else Functional(self.model_.inputs, self.model_.layers[-2].output)
        found: Array = model.predict(as_fed(x), verbose=0).astype(np.float64) * deviation + mean
        return found

    def _decided(self, outputs: Array) -> Array:
        return outputs[:, 0] if outputs.shape[1] == 1 else outputs

    def _agreement(self, y: Array, outputs: Array, weights: Array | None) -> float:
        found = self._decided(outputs)
        return float(r2_score(y, found, sample_weight=weights)) if np.isfinite(found).all() else float("nan")

    def _columns_of_targets(self) -> Targets:
        return Targets.as_they_are([f"output {i}" for i in range(self.n_outputs_)])

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags
