"""What an estimator was given, checked when it is fitted: scikit-learn's rule keeps it as it came until then."""

from __future__ import annotations

import math
from collections.abc import Sequence, Sized
from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.metrics import get_scorer_names

from .. import checks
from ..activations.base import activations
from ..errors import InvalidArgument, Told, WrongType
from ..tables import TableEncoder
from ..training.callbacks.base import as_list

MEMBERS = 5  # of n_estimators="auto"
LARGEST_BATCH = 64  # of batch_size="auto"
MOST_MERGED = 200  # rows among which equal ones are merged
THEIR_NAMES = {"identity": "linear", "logistic": "sigmoid"}  # scikit-learn's words for Keras's activations


@dataclass(frozen=True)
class Settings:
    """The parameters of an estimator that are numbers, switches or lists, as they are used."""

    units: list[int]
    activations: list[Any]  # one for each hidden layer
    dropout: list[float]
    alpha: float
    l1: float
    batch_size: int | None  # None: up to LARGEST_BATCH
    max_iter: int
    patience: float
    tol: float
    validation_fraction: float
    exact: bool  # whether equal rows may be merged: nothing is counted row by row
    members: int  # networks whose outputs are averaged
    frequencies: int  # waves of each column of numbers

    def batch_for(self, rows: int) -> int:
        """Rows of a batch, where there are so many in all."""
        return min(self.batch_size or LARGEST_BATCH, rows)

    def in_one_batch(self, rows: Sized) -> bool:
        """Whether equal rows are to be merged: where one batch holds all."""
        return self.exact and len(rows) == min(self.batch_for(len(rows)), MOST_MERGED)


def settings_of(estimator: Any) -> Settings:
    """The checked parameters of an estimator; raises where one cannot be meant."""

    def where(name: str) -> str:
        return f"{type(estimator).__name__}, argument {name}"

    given, own = estimator.hidden_layer_sizes, estimator.model
    sizes = list(given) if isinstance(given, Sequence | np.ndarray) and not isinstance(given, str) else [given]
    units = [checks.integer(where("hidden_layer_sizes"), n, minimum=1) for n in sizes]
    act = [activations.get(name) for name in _each(where("activation"), _ours(estimator.activation), len(units))]
    rates = _each(where("dropout"), estimator.dropout, len(units))
    if own is not None and not (callable(own) or hasattr(own, "get_config")):
        raise WrongType(where("model"), "a model, or a function build(n_features, n_outputs) that makes one", own)
    if estimator.batch_size != "auto":
        checks.integer(where("batch_size"), estimator.batch_size, minimum=1)
    if not (estimator.columns is None or estimator.columns == "auto" or isinstance(estimator.columns, TableEncoder)):
        raise InvalidArgument(where("columns"), "'auto', None or a TableEncoder", estimator.columns)
    for name in ("batch_norm", "standardize", "early_stopping", "shuffle", "warm_start"):
        checks.one_of(where(name), getattr(estimator, name), (False, True))
    checks.one_of(where("verbose"), estimator.verbose, (0, 1, 2))
    as_list(estimator.callbacks)
    if isinstance(estimator.scoring, str):
        checks.one_of(where("scoring"), estimator.scoring, ["loss", *get_scorer_names()])
    elif estimator.scoring is not None and not callable(estimator.scoring):
        raise WrongType(where("scoring"), "'loss', None, the name of a scorer, or a scorer", estimator.scoring)
    patience = estimator.n_iter_no_change
    if not (isinstance(patience, float) and math.isinf(patience)):
        checks.integer(where("n_iter_no_change"), patience, minimum=1)
    return Settings(
        units,
        act,
        [checks.number(where("dropout"), rate, minimum=0, below=1) for rate in rates],
        checks.number(where("alpha"), estimator.alpha, minimum=0),
        checks.number(where("l1"), estimator.l1, minimum=0),
        None if estimator.batch_size == "auto" else int(estimator.batch_size),
        checks.integer(where("max_iter"), estimator.max_iter, minimum=1),
        float(patience),
        checks.number(where("tol"), estimator.tol, minimum=0),
        checks.number(where("validation_fraction"), estimator.validation_fraction, above=0, below=1),
        exact=own is None and not estimator.batch_norm,
        frequencies=checks.integer(where("frequencies"), estimator.frequencies, minimum=0),
        members=_members(where("n_estimators"), estimator.n_estimators, own),
    )


def _members(where: str, given: Any, own: Any) -> int:
    """How many networks are trained."""
    if isinstance(given, str) and given == "auto":
        return MEMBERS if own is None else 1
    count = checks.integer(where, given, minimum=1)
    if count > 1 and own is not None:
        raise InvalidArgument(where, "1 with a model of your own", count, "BaggingClassifier averages several.")
    return count


def _ours(activation: Any) -> Any:
    """Activations by Keras's names."""
    if isinstance(activation, list | tuple):
        return [_ours(one) for one in activation]
    return THEIR_NAMES.get(activation, activation) if isinstance(activation, str) else activation


def _each(where: str, given: Any, layers: int) -> list[Any]:
    """One for each hidden layer: the same for all, or as they were listed."""
    if not isinstance(given, list | tuple):
        return [given] * layers
    if len(given) != layers:
        raise InvalidArgument(where, f"one, or a list of {layers}, as many as hidden layers", Told(f"{len(given)}"))
    return list(given)
