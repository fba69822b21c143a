"""StringLookup: y = the place of x in a vocabulary of words.     x (B, ...) text   y (B, ...) whole numbers"""

from __future__ import annotations

from typing import Any, Unpack

from ..arrays import TEXT, Array
from ..errors import WrongType
from .base import LayerOptions, layers
from .index_lookup import IndexLookup
from .texts import decoded, encoding_argument


@layers.add()
class StringLookup(IndexLookup):
    """A whole number for each word of a vocabulary, which is given or learnt by `adapt`; or the way back.

    First comes `mask_token`, if there is one, then `num_oov_indices` places for words that are not in the vocabulary,
    among which a hash chooses (FarmHash64, or SipHash where there is a `salt`: Keras's numbers), then the vocabulary.
    output_mode: "int", or vectors "one_hot" (of each word), "multi_hot", "count" and "tf_idf" (of each sample's last
    axis), from which the mask is left out. invert: whole numbers in, words out.

    Shapes: x (B, ...); y (B, ...) int64, or (B, ..., depth) in the layer's dtype.

    >>> layer = StringLookup(vocabulary=["a", "b", "c"])
    >>> layer([["a", "c", "z"]])
    array([[1, 3, 0]])
    >>> StringLookup(vocabulary=layer.get_vocabulary(), invert=True)([[1, 3, 0]])
    array([['a', 'c', '[UNK]']], dtype=object)

    In Keras the words that come out are bytes, and `adapt` is refused where a vocabulary was given; here it replaces
    that.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        num_oov_indices: int = 1,
        mask_token: str | None = None,
        oov_token: str = "[UNK]",
        vocabulary: Any = None,
        idf_weights: Any = None,
        invert: bool = False,
        output_mode: str = "int",
        pad_to_max_tokens: bool = False,
        sparse: bool = False,
        encoding: str = "utf-8",
        salt: Any = None,
        oov_method: str = "floormod",
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.encoding = encoding_argument(self.where("encoding"), encoding)
        self.keep_lookup(max_tokens, num_oov_indices, mask_token, oov_token, output_mode, pad_to_max_tokens, sparse)
        self.keep_hashing(oov_method, salt, invert)
        self.begin_with(vocabulary, idf_weights)

    def token(self, where: str, value: Any) -> str:
        if not isinstance(value, str | bytes):
            raise WrongType(where, "text", value)
        return value.decode(self.encoding) if isinstance(value, bytes) else str(value)

    def read(self, where: str, data: Any) -> Array:
        found = super().read(where, data)
        return decoded(where, found, self.encoding) if self.reads == TEXT else found
