"""IntegerLookup: y = the place of x in a vocabulary of whole numbers.     x (B, ...)   y (B, ...)"""

from __future__ import annotations

from typing import Any, Unpack

from .. import checks
from .base import LayerOptions, layers
from .index_lookup import IndexLookup


@layers.add()
class IntegerLookup(IndexLookup):
    """A whole number from 0 on for each of those in a vocabulary, which is given or learnt by `adapt`; or the way back.

    Unknown numbers, where there are several places for them (`num_oov_indices`), take x mod num_oov_indices, or with
    oov_method="farmhash" that of a hash of their digits. All else is as in StringLookup.

    Shapes: x (B, ...); y (B, ...) int64, or (B, ..., depth) in the layer's dtype.

    >>> layer = IntegerLookup()
    >>> layer.adapt([[12, 1138, 42], [42, 1000, 36]])
    >>> layer.get_vocabulary()
    [-1, 42, 1138, 1000, 36, 12]
    >>> layer([[12, 42, 7]])
    array([[5, 1, 0]])
    """

    of_text = False

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: int | None = None,
        oov_token: int = -1,
        vocabulary: Any = None,
        vocabulary_dtype: str = "int64",
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        sparse: bool = False,
        pad_to_max_tokens: bool = False,
        oov_method: str = "floormod",
        salt: Any = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.vocabulary_dtype = checks.one_of(self.where("vocabulary_dtype"), vocabulary_dtype, ["int64"])
        self.keep_lookup(max_tokens, num_oov_indices, mask_token, oov_token, output_mode, pad_to_max_tokens, sparse)
        self.keep_hashing(oov_method, salt, invert)
        self.begin_with(vocabulary, idf_weights)

    def token(self, where: str, value: Any) -> int:
        if isinstance(value, str) and value.removeprefix("-").isdecimal():  # a line of a file
            return int(value)
        return checks.integer(where, value)
