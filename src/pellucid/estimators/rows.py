"""Rows of data as estimators take them: arrays, sparse matrices, and frames of columns of any kind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from sklearn.utils import _safe_indexing, get_tags
from sklearn.utils.validation import validate_data

from ..arrays import Array
from ..data.checking import column_names
from ..data.utils import PyDataset
from ..errors import DataError, Told
from ..rng import Key
from ..tables import Table, TableEncoder, read_table
from .settings import LARGEST_BATCH

DENSE = 1 << 30  # bytes that a sparse matrix may have as a dense one; a larger one is made dense batch by batch


@dataclass(frozen=True)
class Rows:
    """Inputs, targets and weights of the same rows. `raw`: the inputs and targets as they came, for a scorer."""

    x: Any  # (N, features): an array, a sparse matrix in rows, or a Table
    y: Array  # (N,) or (N, outputs)
    weights: Array | None  # (N,)
    raw: tuple[Any, Any] = (None, None)

    def __len__(self) -> int:
        return len(self.y)

    def take(self, rows: Array) -> Self:
        """Some of the rows."""
        x = self.x.take(rows) if isinstance(self.x, Table) else self.x[rows]
        weights = None if self.weights is None else self.weights[rows]
        raw = [part.tocsr() if hasattr(part, "tocsr") else part for part in self.raw]  # some sparse forms have no rows
        raw_x, raw_y = (None if part is None else _safe_indexing(part, rows) for part in raw)
        return replace(self, x=x, y=self.y[rows], weights=weights, raw=(raw_x, raw_y))

    def counted(self) -> Self:
        """Without the rows of weight 0, and without weights where all are 1."""
        if self.weights is None or (self.weights == 1).all():
            return replace(self, weights=None)
        return self if self.weights.all() else self.take(np.flatnonzero(self.weights)).counted()

    def merged(self) -> Self:
        """Equal rows as one, which weighs as much; in an order that does not depend on the one they came in.

        Where one batch holds all rows, the gradient is the same sum. So a row of weight k trains as k copies of it do,
        to the bit.
        """
        if not isinstance(self.x, np.ndarray):
            return self
        first, group = self.groups()
        return replace(self.take(first), weights=np.bincount(group, weights=self.weights))

    def groups(self) -> tuple[Array, Array]:
        """(a row of each group of equal ones, the group of each row); x is an array."""
        y = self.y.reshape(len(self), -1)
        both = np.concatenate([np.asarray(self.x, np.float64), y.astype(np.float64)], axis=1)
        _, first, group = np.unique(both, axis=0, return_index=True, return_inverse=True)
        return first, group.reshape(-1)


def read_x(estimator: Any, x: Any, y: Any = None, *, learning: bool, first: bool) -> Any:
    """X checked, as `Rows.x`. first: what it looks like is learned; otherwise it must look as it did then."""
    names = [str(name) for name in column_names(x)]
    if len({*names}) < len(names):
        where = f"{type(estimator).__name__}, X"
        raise DataError(where, "names of columns that differ", Told(", ".join(names)), "Rename one.")
    if estimator._encodes(x) if first else hasattr(estimator, "encoder_"):
        return _table(estimator, x, first)
    options: dict[str, Any] = {"accept_sparse": "csr", "dtype": (np.float64, np.float32), "reset": first}
    if not learning:
        return validate_data(estimator, x, **options)
    numeric = get_tags(estimator).estimator_type == "regressor"
    return validate_data(estimator, x, y, multi_output=True, y_numeric=numeric, **options)[0]


def is_mixed(x: Any) -> bool:
    """Whether a data frame has columns that are not numbers, or cells that are missing."""
    columns = (np.asarray(x[name]) for name in column_names(x))
    return any(c.dtype.kind not in "biuf" or (c.dtype.kind == "f" and bool(np.isnan(c).any())) for c in columns)


def _table(estimator: Any, x: Any, first: bool) -> Table:
    if not column_names(x):
        raise DataError(
            f"{type(estimator).__name__}, X",
            "a data frame, as in training",
            Told(f"a value of type {type(x).__name__}"),
        )
    table = read_table(x)
    if first:
        names, given = table.names, estimator.columns
        estimator.feature_names_in_, estimator.n_features_in_ = np.array(names, object), len(names)
        estimator.encoder_ = TableEncoder(*(() if isinstance(given, str) else (given.keep, given.columns)))
    return table


def as_numbers(estimator: Any, x: Any, first: bool = False) -> Any:
    """What the network takes: an array, or a sparse matrix too large to be one. first: columns are learned, unless an
    encoder was given that has."""
    if isinstance(x, Table):
        if first and not estimator.encoder_.columns:
            estimator.encoder_.fit(x)
        return estimator.encoder_.transform(x)
    if hasattr(x, "toarray") and x.shape[0] * x.shape[1] * 4 <= DENSE:
        return x.astype(np.float32).toarray()
    return x


def as_fed(x: Any) -> Any:
    """Inputs as `Model.predict` takes them."""
    return x if isinstance(x, np.ndarray) else SparseBatches(Rows(x, np.zeros(x.shape[0]), None), LARGEST_BATCH)


class SparseBatches(PyDataset):
    """Batches of a sparse matrix, each made dense when its turn comes; shuffled anew before each epoch."""

    def __init__(self, rows: Rows, batch_size: int, key: Key | None = None) -> None:
        super().__init__()
        self.rows, self.batch_size, self.key, self.passes = rows, batch_size, key, 0
        self.order = self._shuffled()

    def _shuffled(self) -> Array:
        return np.arange(len(self.rows)) if self.key is None else self.key.fold(self.passes).permutation(len(self.rows))

    def __len__(self) -> int:
        return -(-len(self.rows) // self.batch_size)

    def __getitem__(self, index: int) -> Any:
        some = self.rows.take(self.order[index * self.batch_size : (index + 1) * self.batch_size])
        x = some.x.astype(np.float32).toarray()
        return (x, some.y) if some.weights is None else (x, some.y, some.weights)

    def on_epoch_end(self) -> None:
        """Another order for the next epoch."""
        self.passes += 1
        self.order = self._shuffled()
