"""Hashing: y = hash(x) mod num_bins.     x (B, ...) text or whole numbers   y (B, ...) whole numbers
Source: Weinberger, Dasgupta, Langford, Smola & Attenberg, "Feature hashing for large scale multitask learning", ICML
2009."""

from __future__ import annotations

from typing import Any, Unpack, cast

import numpy as np

from .. import checks
from ..arrays import Array
from ..errors import InvalidArgument
from ..registry import plain
from .base import LayerOptions, layers
from .encoding import Encoding, salt_argument, whole_numbers
from .hashes import hashed

WHOLE = ("int32", "int64")


class Binned(Encoding):
    """A layer that finds bins by a hash, of text or of whole numbers."""

    reads = ""

    def __init__(
        self, num_bins: int, output_mode: str = "int", sparse: bool = False, **options: Unpack[LayerOptions]
    ) -> None:
        dtype, whole = whole_argument(type(self).__name__, output_mode, options.get("dtype"))
        super().__init__(**cast(LayerOptions, {**options, "dtype": dtype}))
        self.whole_dtype = whole
        self.num_bins = checks.integer(self.where("num_bins"), num_bins, minimum=1)
        self.keep_mode(output_mode, sparse)

    @property
    def depth(self) -> int:
        return self.num_bins

    def read(self, where: str, data: Any) -> Array:
        """Data as an array of text, or of whole numbers."""
        given = data if hasattr(data, "dtype") else np.array(data, dtype=object)
        first = next(iter(np.asarray(given).flat), None)
        return checks.texts(where, data) if isinstance(first, str | bytes) else whole_numbers(self.name, where, data)

    def get_config(self) -> dict[str, Any]:
        """The arguments; the dtype is that of what it gives, as in Keras."""
        return {**super().get_config(), "dtype": self.gives_dtype}


@layers.add()
class Hashing(Binned):
    """A bin for each category, whatever it is, without a vocabulary: y = hash(x) mod num_bins.

    x: text, or whole numbers, whose digits are hashed; what has decimals is refused, where Keras cuts them off. The
    hash is FarmHash64, or with `salt`, one whole number or two, SipHash: the bins are Keras's. mask_value: what goes
    into bin 0, and nothing else does. output_mode: "int", "one_hot", "multi_hot" or "count".

    Shapes: x (B, ...); y (B, ...) int64, or (B, ..., num_bins) in the layer's dtype.

    >>> Hashing(num_bins=3)([["A"], ["B"], ["C"], ["D"], ["E"]]).tolist()
    [[1], [0], [1], [1], [2]]
    """

    def __init__(
        self,
        num_bins: int,
        mask_value: Any = None,
        salt: Any = None,
        output_mode: str = "int",
        sparse: bool = False,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(num_bins, output_mode, sparse, **options)
        self.mask_value = plain(mask_value)
        self.salt = salt_argument(self.where("salt"), salt)

    def places(self, x: Array) -> Array:
        masked = self.mask_value is not None and self.num_bins > 1
        n = self.num_bins - masked
        found = [hashed(one, n, self.salt) + masked for one in x.reshape(-1).tolist()]
        bins: Array = np.array(found, "int64").reshape(x.shape)
        return np.where(_is(x, self.mask_value), 0, bins) if masked else bins


def whole_argument(layer: str, output_mode: Any, dtype: Any) -> tuple[Any, str]:
    """(the dtype of vectors, that of whole numbers) of a layer whose `dtype` is that of what it gives, as in Keras."""
    name = (dtype.get("config") or {}).get("name") if isinstance(dtype, dict) else dtype
    name = getattr(name, "name", name)
    if output_mode != "int":
        return dtype, "int64"
    if name is not None and name not in WHOLE:
        raise InvalidArgument(f"{layer}, argument dtype", "int32 or int64, as output_mode is 'int'", name)
    return None, name or "int64"


def _is(x: Array, value: Any) -> Array:
    """Where text or numbers are this one."""
    if x.dtype != object:
        return np.asarray(x == value, bool)
    same = {value, value.encode()} if isinstance(value, str) else {value}
    return np.array([one in same for one in x.flat], bool).reshape(x.shape)
