"""Discretization: y = in which of several ranges x lies.     x (B, ...)   y (B, ...) whole numbers

Bin k holds b[k−1] ≤ x < b[k], the first and the last without an end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import DataError, InvalidArgument, NotReady, Told
from .base import LayerOptions, layers
from .connecting import as_numbers
from .encoding import Encoding, batches_of


@layers.add()
class Discretization(Encoding):
    """The number of the range in which x lies: k where bin_boundaries[k − 1] ≤ x < bin_boundaries[k].

    bin_boundaries: where one range ends and the next begins, ascending; or num_bins, of which `adapt` finds the
    boundaries so that as many numbers lie in each, to a share of `epsilon`. output_mode: "int", or "one_hot",
    "multi_hot" and "count", in which Keras takes the second axis of more than two for that of a sample, and this layer
    the last, as the documentation of both says.

    Shapes: x (B, ...); y (B, ...) int32, or (B, ..., bins) in the layer's dtype.

    >>> layer = Discretization(bin_boundaries=[0.0, 1.0, 2.0])
    >>> layer([[-1.5, 1.0, 3.4, 0.5]])
    array([[0, 2, 3, 1]], dtype=int32)
    >>> layer = Discretization(num_bins=4)
    >>> layer.adapt([[-1.5, 1.0, 3.4, 0.5], [0.0, 3.0, 1.3, 0.0]])
    >>> layer([[-1.5, 1.0, 3.4, 0.5]])
    array([[0, 2, 3, 2]], dtype=int32)
    """

    formula = "k = how many boundaries are ≤ x, y = k in its output_mode"
    whole_dtype = "int32"
    reads = "float32"

    def __init__(
        self,
        bin_boundaries: Any = None,
        num_bins: int | None = None,
        epsilon: float = 0.01,
        output_mode: str = "int",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        if (bin_boundaries is None) == (num_bins is None):
            told = {"bin_boundaries": bin_boundaries, "num_bins": num_bins}
            raise InvalidArgument(type(self).__name__, "either bin_boundaries or num_bins", told)
        self.num_bins = None if num_bins is None else checks.integer(self.where("num_bins"), num_bins, minimum=1)
        self.epsilon = checks.number(self.where("epsilon"), epsilon, above=0, below=1)
        self.bin_boundaries = None if bin_boundaries is None else self._ascending(bin_boundaries)
        self.keep_mode(output_mode, sparse)

    def _ascending(self, value: Any) -> list[float]:
        where = self.where("bin_boundaries")
        found: Array = checks.arrays(where, [value])[0].astype("float64")
        if found.ndim != 1 or not np.isfinite(found).all() or (np.diff(found) < 0).any():
            raise InvalidArgument(where, "finite numbers in ascending order", value)
        return found.tolist()  # type: ignore[no-any-return]

    @property
    def first_dtype(self) -> str:
        return self.dtype

    @property
    def depth(self) -> int:
        return len(self.bin_boundaries) + 1 if self.bin_boundaries is not None else int(self.num_bins or 0)

    def read(self, where: str, data: Any) -> Array:
        x: Array = as_numbers(self.name, data, self.dtype)
        return x

    def places(self, x: Array) -> Array:
        if self.bin_boundaries is None:
            raise NotReady(
                f"layer {self.name!r}", "a layer that knows its boundaries", Told("one that does not"),
                "Call adapt(data), or pass bin_boundaries=[...].",
            )  # fmt: skip
        return np.searchsorted(np.asarray(self.bin_boundaries, x.dtype), x, side="right")

    def adapt(self, data: Any, steps: int | None = None) -> None:
        """Find the boundaries: quantiles of an array or a list, or of batches one after another, as Keras estimates
        them. What was known before is forgotten. steps: how many batches to take."""
        where = f"layer {self.name!r}, adapt"
        if self.num_bins is None:
            raise InvalidArgument(where, "a layer with num_bins, without boundaries of its own", self.bin_boundaries)
        summary = np.empty((2, 0), "float32")
        for batch in batches_of(where, data, steps):
            x = np.asarray(as_numbers(self.name, batch, "float32"))
            if not np.isfinite(x).all():
                raise DataError(where, "finite numbers", Told("NaN or infinity"), "Drop what is missing first.")
            if x.size:
                summary = merged(summarized(x, self.epsilon), summary, self.epsilon)
        if not summary.size:
            raise DataError(where, "at least one number", Told("none"))
        self.bin_boundaries = compressed(summary, 1.0 / self.num_bins)[0, :-1].astype("float64").tolist()

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the boundaries that were found; as Keras writes it, without `trainable`."""
        return {name: value for name, value in super().get_config().items() if name != "trainable"}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The layer that a config describes: with num_bins and the boundaries that were found for them."""
        found = config.get("bin_boundaries")
        if found is None or config.get("num_bins") is None:
            return super().from_config(config)
        made = super().from_config({**config, "bin_boundaries": None})
        made.bin_boundaries = made._ascending(found)
        return made


# A summary (2, n) of many numbers: some of them, ascending, and for how many each stands.


def summarized(x: Array, epsilon: float) -> Array:
    """Of numbers, about 1/epsilon, each standing for as many."""
    values = np.sort(x.reshape(-1))
    step = max(values.size * epsilon, 1)
    kept = values[int(step - 1) :: int(step)]
    return np.stack([kept, np.full(len(kept), step, kept.dtype)])


def merged(a: Array, b: Array, epsilon: float) -> Array:
    """One summary of two."""
    both = np.concatenate([a, b], axis=1)
    return compressed(both[:, np.argsort(both[0])], epsilon)


def compressed(summary: Array, epsilon: float) -> Array:
    """A summary with 1/epsilon entries, at the quantiles epsilon, 2 epsilon, ..."""
    if summary.shape[1] * epsilon < 1:
        return summary
    shares = epsilon + np.arange(0.0, 1.0, epsilon)
    counts = summary[1].cumsum()
    values, upto = (np.interp(shares, counts / counts[-1], row) for row in (summary[0], counts))
    return np.stack([values, np.diff(upto, prepend=0.0)]).astype("float32")
