"""What both estimators are: fitting, going on, predicting, and being kept."""

from __future__ import annotations

import copy
import math
import warnings
from abc import abstractmethod
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, is_classifier
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import check_scoring
from sklearn.model_selection import train_test_split
from sklearn.utils import check_random_state
from sklearn.utils.validation import _check_sample_weight, check_consistent_length, check_is_fitted

from ..arrays import Array
from ..errors import DataError, InvalidArgument, Told
from ..layers import Dense, Layer
from ..rng import Key
from ..tables import TableEncoder, Targets
from ..training.callbacks.base import Logs, as_list
from .building import Head, network
from .ensemble import averaged, folds, mean_curve
from .keeping import as_bytes, from_bytes, keep_meaning, own_parts, without_model
from .rows import Rows, SparseBatches, as_fed, as_numbers, is_mixed, read_x
from .settings import LARGEST_BATCH, Settings, settings_of
from .telling import CallbackSupportMixin, Teller, with_callbacks
from .watching import Watch


class NeuralNetwork(CallbackSupportMixin, BaseEstimator):
    """What the classifier and the regressor share."""

    model_: Any  # a Model
    estimators_: list[Any]  # of several networks
    callbacks_: list[Any]
    validation_scores_: list[float] | None
    best_validation_score_: float | None

    # What each of them says ----------------------------------------------------------------------------------------

    @abstractmethod
    def _read_y(self, given: Any, first: bool, classes: Any = None) -> Array:
        """Targets checked, as numbers: (N,) or (N, outputs)."""

    @abstractmethod
    def _weigh(self, y: Array, weights: Array | None) -> Array | None:
        """The weights of rows to train on, with those of their classes."""

    @abstractmethod
    def _head(self, y: Array) -> Head:
        """What the network ends in."""

    @abstractmethod
    def _targets(self, y: Array) -> Array:
        """Targets as the loss takes them."""

    @abstractmethod
    def _agreement(self, y: Array, outputs: Array, weights: Array | None) -> float:
        """The score of outputs, as `score` has it."""

    @abstractmethod
    def _columns_of_targets(self) -> Targets:
        """What the outputs mean, for whoever opens the model's file."""

    def _learn_scale(self, rows: Rows) -> None:
        """Learn what brings the targets to a common scale, where that is done."""

    def _tail(self) -> Layer | None:
        """The layer that brings outputs back to the targets' units; it is there but while the model trains."""
        return None

    # Fitting -------------------------------------------------------------------------------------------------------

    @with_callbacks  # type: ignore[untyped-decorator]
    def fit(
        self, X: Any, y: Any, sample_weight: Any = None, *, X_val: Any = None, y_val: Any = None,
        sample_weight_val: Any = None,
    ) -> Self:  # fmt: skip
        """Train on X (N, features), y (N,) or (N, outputs); with warm_start=True go on from where the last fit ended.

        X: an array, a sparse matrix, or a data frame. X_val, y_val: rows to watch, in the place of those that
        early_stopping=True would hold out; in a Pipeline, `transform_input=["X_val"]` has them transformed like X.
        Weights (N,) are at least 0; one of 2 is the row twice.
        """
        settings = settings_of(self)
        if (X_val is None) != (y_val is None):
            raise InvalidArgument(
                f"{type(self).__name__}.fit", "X_val and y_val together", Told("one without the other")
            )
        first = not (self.warm_start and hasattr(self, "model_"))
        rows = self._rows(X, y, sample_weight, first)
        held = None
        if X_val is not None:
            held = self._rows(X_val, y_val, sample_weight_val, first=False)
        elif self.early_stopping:
            rows, held = self._split(rows, settings)
        rows, held = self._in_numbers(rows, held, first)
        stopped = True
        with Teller(self, settings.max_iter * settings.members, X, y, sample_weight) as teller:
            for member, some, watched in self._members(settings, rows, held, first):
                by_score = self.early_stopping or (settings.members > 1 and watched is not None)
                watch = Watch(member, settings.tol, settings.patience, stops_by_score=by_score, teller=teller)
                member._train(settings, some, watched, first, watch, settings.max_iter)
                stopped &= watch.stopped
        self._join(rows)
        if not stopped and not math.isinf(settings.patience):
            warnings.warn(
                f"{type(self).__name__}: after max_iter={settings.max_iter} epochs the network still improved. Raise "
                "max_iter, or tol; n_iter_no_change=numpy.inf stops at max_iter without this warning.",
                ConvergenceWarning, stacklevel=3,
            )  # fmt: skip
        return self

    def _go_on(self, X: Any, y: Any, sample_weight: Any, classes: Any = None) -> Self:
        """One pass over the given rows, from where the last call ended."""
        settings = settings_of(self)
        if self.early_stopping:
            told = Told("partial_fit, which has no rows to hold out")
            raise InvalidArgument(f"{type(self).__name__}, early_stopping=True", "fit", told, "Leave it out.")
        first = not hasattr(self, "model_")
        rows = self._rows(X, y, sample_weight, first, classes)
        rows, _ = self._in_numbers(rows, None, first)
        for member, _, _ in self._members(settings, rows, None, first, folded=False):
            member._train(settings, rows, None, first, Watch(member, settings.tol, math.inf), 1)
        self._join(rows)
        return self

    def _rows(self, X: Any, y: Any, sample_weight: Any, first: bool, classes: Any = None) -> Rows:
        """Everything that was given, checked. first: what was learned before is forgotten."""
        if y is None:
            raise DataError(f"{type(self).__name__} requires y to be passed, but the target y is None")
        if first:
            for name in ("model_", "encoder_", "estimators_"):
                self.__dict__.pop(name, None)
        x = read_x(self, X, y, learning=True, first=first)
        targets = self._read_y(y, first, classes)
        check_consistent_length(x, targets)
        weights = None
        if sample_weight is not None:
            weights = _check_sample_weight(sample_weight, targets, dtype=np.float64, ensure_non_negative=True)
            if not weights.any():
                raise DataError(f"{type(self).__name__}, sample_weight", "a row that counts", Told("zeros alone"))
        if first:
            self._drawn = int(check_random_state(self.random_state).randint(2**31 - 1))
        by_scorer = callable(self.scoring) or self.scoring not in (None, "loss")
        return Rows(x, targets, weights, (X, y) if by_scorer else (None, None)).counted()

    def _split(self, rows: Rows, settings: Settings) -> tuple[Rows, Rows]:
        """(rows to train on, rows to watch), each class in proportion."""
        labels = rows.y if is_classifier(self) and rows.y.ndim == 1 else None
        train, held = train_test_split(
            np.arange(len(rows)), test_size=settings.validation_fraction, stratify=labels, random_state=self._drawn
        )
        if len(held) < 2:
            raise DataError(
                f"{type(self).__name__}, early_stopping=True", "at least 2 rows to watch",
                Told(f"{len(held)} of {len(rows)}"), "Raise validation_fraction, or pass X_val and y_val.",
            )  # fmt: skip
        return rows.take(train), rows.take(held)

    def _in_numbers(self, rows: Rows, held: Rows | None, first: bool) -> tuple[Rows, Rows | None]:
        """The rows as the network takes them."""
        rows = replace(rows, x=as_numbers(self, rows.x, first))
        return rows, held and replace(held, x=as_numbers(self, held.x))

    def _members(
        self, settings: Settings, rows: Rows, held: Rows | None, first: bool, folded: bool = True
    ) -> Iterator[tuple[Any, Rows, Rows | None]]:
        """Each network's estimator with the rows that it trains on and those that it watches: of several networks, each
        watches others, unless there are `held` ones for all."""
        if not first and settings.members != (had := len(getattr(self, "estimators_", "1"))):
            raise InvalidArgument(
                f"{type(self).__name__}, argument n_estimators", f"{had}, as fitted before", settings.members
            )
        if settings.members == 1:
            yield self, rows, held
            return
        if first:
            self.estimators_ = [self._member(i) for i in range(settings.members)]
        parts = None
        if folded and held is None:
            labels = rows.y if is_classifier(self) and rows.y.ndim == 1 else None
            parts = folds(rows, settings.members, labels, settings.in_one_batch(rows), self._drawn)
        for i, member in enumerate(self.estimators_):
            if parts is None:
                yield member, rows, held
            else:
                watched = rows.take(parts[i][1])
                yield member, rows.take(parts[i][0]), replace(watched, weights=self._weigh(watched.y, watched.weights))

    def _member(self, i: int) -> Self:
        """An estimator of one network, the i-th of several."""
        member = copy.copy(self)
        member.__dict__.pop("estimators_", None)
        member.n_estimators, member._drawn = 1, Key(self._drawn).fold("member", i).seed >> 33
        member._name = f"member_{i + 1}"
        return member

    def _join(self, rows: Rows) -> None:
        """Of several networks: their average as one, and their curves as one."""
        members = self.__dict__.get("estimators_")
        if not members:
            return
        self.n_outputs_, self.out_activation_ = self._head(rows.y).outputs, members[0].out_activation_
        self._average()
        self._begin_curves()
        self.history_.update(
            (name, mean_curve([one.history_[name] for one in members])) for name in members[0].history_
        )
        self.loss_curve_ += mean_curve([one.loss_curve_ for one in members])
        self.n_iter_ = max(one.n_iter_ for one in members)
        self.loss_, self.best_loss_ = (
            float(np.mean([getattr(one, n) for one in members])) for n in ("loss_", "best_loss_")
        )
        scores = [one.validation_scores_ for one in members]
        if scores[0] is not None:
            self.validation_scores_ = mean_curve(scores)
            self.best_validation_score_ = max(self.validation_scores_)

    def _average(self) -> None:
        """`model_`, which has the weights of all members; and their callbacks."""
        self.model_ = averaged([one.model_ for one in self.estimators_])
        self.callbacks_ = [callback for one in self.estimators_ for callback in one.callbacks_]
        keep_meaning(self.model_, getattr(self, "encoder_", None), self._columns_of_targets())

    def _train(self, settings: Settings, rows: Rows, held: Rows | None, first: bool, watch: Watch, epochs: int) -> None:
        rows = replace(rows, weights=self._weigh(rows.y, rows.weights), raw=(None, None)).counted()
        if settings.in_one_batch(rows):
            rows = rows.merged()
        if first:
            self._begin(settings, rows)
        elif self.learning_rate is not None:
            self.model_.optimizer.learning_rate = self.learning_rate
        self.n_iter_ = 0
        self.callbacks_ = copy.deepcopy(as_list(self.callbacks))
        watch.score = self._scorer(held)
        if watch.score is not None and self.validation_scores_ is None:
            self.validation_scores_, self.best_validation_score_ = [], -math.inf
        size = settings.batch_for(len(rows))
        tail = self._tail()
        if tail is not None and not first:
            self.model_.pop()
        self._training = True  # the model lacks its tail
        try:
            self.model_.fit(
                **self._fed(rows, size, Key(self._drawn).fold("order", len(self.loss_curve_))),
                epochs=epochs,
                verbose=int(self.verbose),
                callbacks=[watch, *self.callbacks_],
                validation_data=None if held is None else self._held(held),
            )
        finally:
            del self._training
            if tail is not None:
                self.model_.add(tail)

    def _begin(self, settings: Settings, rows: Rows) -> None:
        """A new network, and new curves."""
        self._learn_scale(rows)
        head = self._head(rows.y)
        self.model_ = network(self, settings, head, rows.x, rows.weights, Key(self._drawn).fold("model").seed >> 1)
        last = self.model_.layers[-1]
        self.n_outputs_ = head.outputs
        self.out_activation_ = getattr(getattr(last, "activation", getattr(last, "function", None)), "name", "linear")
        keep_meaning(self.model_, getattr(self, "encoder_", None), self._columns_of_targets())
        self._begin_curves()

    def _begin_curves(self) -> None:
        """Curves without a point."""
        self.history_: dict[str, list[Any]] = {}
        self.loss_curve_: list[float] = []
        self.loss_ = self.best_loss_ = math.inf
        self.validation_scores_ = None
        self.best_validation_score_ = None

    def _fed(self, rows: Rows, size: int, key: Key) -> dict[str, Any]:
        """What `Model.fit` takes: arrays, or batches where a sparse matrix is too large to be one."""
        weights = None if rows.weights is None else (rows.weights * (len(rows) / rows.weights.sum())).astype(np.float32)
        if not isinstance(rows.x, np.ndarray):
            rows = replace(rows, y=self._targets(rows.y), weights=weights)
            return {"x": SparseBatches(rows, size, key if self.shuffle else None), "shuffle": False}
        y = self._targets(rows.y)
        return {"x": rows.x, "y": y, "sample_weight": weights, "batch_size": size, "shuffle": bool(self.shuffle)}

    def _held(self, held: Rows) -> Any:
        """What `Model.fit` takes as validation_data."""
        fed = self._fed(held, LARGEST_BATCH, Key(0))
        return (fed["x"], fed["y"], fed["sample_weight"]) if "y" in fed else fed["x"]

    def _scorer(self, held: Rows | None) -> Callable[[Logs], float] | None:
        """What tells how good the network is on the rows to watch; more is better."""
        if held is None:
            return None
        if self.scoring == "loss":
            return lambda logs: -float(logs["val_loss"])
        if self.scoring is None:
            return lambda logs: self._agreement(held.y, self._outputs(held.x), held.weights)
        scorer = check_scoring(self, scoring=self.scoring)
        weights = {} if held.weights is None else {"sample_weight": held.weights}
        return lambda logs: float(scorer(self, *held.raw, **weights))

    def _count_epoch(self, logs: Logs) -> None:
        self.n_iter_ += 1
        self.loss_ = float(logs["loss"])
        self.loss_curve_.append(self.loss_)
        for name, value in logs.items():
            self.history_.setdefault(name, []).append(np.asarray(value).tolist())

    @property
    def coefs_(self) -> list[Array]:
        """The kernel of each Dense layer (inputs, units), of a single network; they are for standardised inputs,
        behind which stand four numbers made of the waves of each."""
        return [np.array(layer.kernel) for layer in self._dense()]

    @property
    def intercepts_(self) -> list[Array]:
        """The bias of each Dense layer that has one (units,), of a single network."""
        return [np.array(layer.bias) for layer in self._dense() if layer.use_bias]

    def _dense(self) -> list[Dense]:
        if hasattr(self, "estimators_"):
            raise AttributeError(
                f"{type(self).__name__}: {len(self.estimators_)} networks have no weights in common. Ask one of "
                "estimators_, or fit with n_estimators=1."
            )
        check_is_fitted(self, "model_")
        return [layer for _, layer in self.model_.leaves() if isinstance(layer, Dense)]

    # Using ---------------------------------------------------------------------------------------------------------

    def _outputs(self, x: Any) -> Array:
        """What the network gives for inputs, in the targets' units."""
        outputs: Array = self.model_.predict(as_fed(x), verbose=0)
        tail = self._tail() if hasattr(self, "_training") else None
        return outputs if tail is None else tail(outputs)

    def _predicted(self, X: Any) -> Array:
        """The network's outputs for rows that are checked first."""
        check_is_fitted(self, "model_")
        return self._outputs(as_numbers(self, read_x(self, X, learning=False, first=False)))

    def _encodes(self, X: Any) -> bool:
        """Whether a new fit to X begins with a TableEncoder."""
        return isinstance(self.columns, TableEncoder) or (self.columns == "auto" and is_mixed(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    # Keeping -------------------------------------------------------------------------------------------------------

    def __copy__(self) -> Self:
        """A shallow copy, which has the same network."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        return twin

    def __getstate__(self) -> dict[str, Any]:
        """The network as the bytes of its `.keras` file; classes of the user's own as pickles have them, by name."""
        state = {**super().__getstate__()}
        if "estimators_" in state:  # they have all the weights
            del state["model_"], state["callbacks_"]
        if "model_" in state:
            state["model_"], state["_own_parts"] = as_bytes(self.model_), own_parts(self.model_)
            state["callbacks_"] = [without_model(callback) for callback in self.callbacks_]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        super().__setstate__(state)
        own = self.__dict__.pop("_own_parts", {})
        if "model_" in state:
            self.model_ = from_bytes(state["model_"], own)
        if "estimators_" in state:
            self._average()
