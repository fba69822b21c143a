"""TextVectorization: texts to whole numbers, or to vectors of counts.     x (B,) or (B, 1)   y (B, T) or (B, depth)

Standardize, split into tokens, join to n-grams, look up, and pad."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Self, Unpack

import numpy as np

from .. import checks
from ..arrays import Array, Arrays, Shape
from ..errors import InvalidArgument, ShapeError, UnknownName
from ..registry import get_custom_objects, registered_name
from ..rng import Key
from .base import LayerOptions, layers
from .index_lookup import IndexLookup
from .string_lookup import StringLookup
from .texts import SPLITS, TABLES, decoded, encoding_argument, grams, standardized, tokens_of, widths_argument

How = str | Callable[[Array], Any] | None


@layers.add()
class TextVectorization(IndexLookup):
    """Texts as whole numbers for an `Embedding`, or as vectors of counts for a `Dense` layer.

    standardize: "lower_and_strip_punctuation", "lower", "strip_punctuation", None, or a function of an array of text.
    split: "whitespace", "character", None where x (B, n) is split already, or a function of an array of text that gives
    a list of tokens for each. ngrams: neighbours joined, up to this many or for each width of a tuple. output_mode:
    "int" with 0 for padding and 1 for words that are not in the vocabulary, or "multi_hot", "count" and "tf_idf".
    output_sequence_length: cut or pad to so many; otherwise as many as the longest text of the batch has. max_tokens:
    how many places there may be, those two among them. The vocabulary is given, or learnt by `adapt`.

    Shapes: x (B,) or (B, 1), str or bytes; y (B, T) int64, or (B, depth) in the layer's dtype.

    >>> layer = TextVectorization(output_sequence_length=4)
    >>> layer.adapt(["foo bar", "bar baz", "baz bada boom"])
    >>> layer.get_vocabulary()
    ['', '[UNK]', 'baz', 'bar', 'foo', 'boom', 'bada']
    >>> layer(["Foo, qux: bar!", "qux baz"])
    array([[4, 1, 3, 0],
           [1, 2, 0, 0]])

    Small letters, punctuation and white space are those of ASCII, as in Keras. There `adapt` is refused where a
    vocabulary was given; here it replaces it.
    """

    def __init__(
        self,
        max_tokens: int | None = None,
        standardize: How = "lower_and_strip_punctuation",
        split: How = "whitespace",
        ngrams: int | tuple[int, ...] | None = None,
        output_mode: str = "int",
        output_sequence_length: int | None = None,
        pad_to_max_tokens: bool = False,
        vocabulary: Any = None,
        idf_weights: Any = None,
        sparse: bool = False,
        ragged: bool = False,
        encoding: str = "utf-8",
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(**options)
        self.encoding = encoding_argument(self.where("encoding"), encoding)
        self.standardize = _how(self.where("standardize"), standardize, TABLES)
        self.split = _how(self.where("split"), split, SPLITS)
        self.ngrams = ngrams
        self.widths = None if ngrams is None else widths_argument(self.where("ngrams"), ngrams)
        self.keep_lookup(max_tokens, 1, "", "[UNK]", output_mode, pad_to_max_tokens, sparse)
        if output_sequence_length is not None:
            where = self.where("output_sequence_length")
            if self.output_mode != "int":
                raise InvalidArgument(where, "None, unless output_mode is 'int'", output_sequence_length)
            output_sequence_length = checks.integer(where, output_sequence_length, minimum=1)
        self.output_sequence_length = output_sequence_length
        if ragged:
            raise InvalidArgument(self.where("ragged"), "False: arrays are dense here", ragged)
        self.ragged = False
        self.begin_with(vocabulary, idf_weights)

    token = StringLookup.token
    places_in_file = ("", "_lookup_layer/")

    def read(self, where: str, data: Any) -> Array:
        return decoded(where, super().read(where, data), self.encoding)

    def documents(self, where: str, data: Any) -> list[list[str]]:
        texts = standardized(self.read(where, data), self.standardize)
        if self.split is not None:
            if texts.ndim > 2 or texts.shape[1:] not in ((), (1,)):
                fix = "Let split be None for tokens that are split already."
                raise ShapeError(where, "one text for each sample, (B,) or (B, 1)", texts.shape, fix)
            texts = texts.reshape(len(texts))
        rows = tokens_of(texts, self.split)
        return rows if self.widths is None else [grams(row, self.widths) for row in rows]

    def output_shape_for(self, *shapes: Shape) -> Shape:
        (shape,) = shapes
        if len(shape) > 1 or (self.split is not None and shape not in ((), (1,))):
            wanted = "one text for each sample, (B,) or (B, 1)" if self.split is not None else "tokens (B, n)"
            raise ShapeError(f"layer {self.name!r}, input", wanted, (None, *shape))
        if self.output_mode != "int":
            return (self.depth,)
        return (self._length(shape),)

    def _length(self, shape: Shape) -> Any:
        """How many tokens there are, None where that depends on the texts."""
        if self.output_sequence_length is not None or self.split is not None:
            return self.output_sequence_length
        n = shape[0] if shape else 1
        if self.widths is None or n is None:
            return n
        return sum(max(0, n - width + 1) for width in self.widths)

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        rows = [self.places_of(row) for row in self.documents(f"layer {self.name!r}, input", xs[0])]
        length = self.output_sequence_length or max(map(len, rows), default=0)
        places = np.full((len(rows), length), 0 if self.output_mode == "int" else -1, "int64")
        for i, row in enumerate(rows):
            places[i, : len(row)] = row[:length]
        return self.in_mode(places), None

    def get_config(self) -> dict[str, Any]:
        """The arguments, functions by their names, with the vocabulary, given or learnt."""
        told = {name: _saved(getattr(self, name)) for name in ("standardize", "split")}
        return {**super().get_config(), **told}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The layer that a config describes; functions of one's own must be registered."""
        told = {name: _made(cls.__name__, config[name]) for name in ("standardize", "split") if name in config}
        return super().from_config({**config, **told})


def _how(where: str, value: Any, known: Mapping[str, Any]) -> How:
    """None, a word, or a function of one's own."""
    if value is None or callable(value):
        return value  # type: ignore[no-any-return]
    if isinstance(value, str) and value not in known:
        raise UnknownName(where, value, known)
    return checks.one_of(where, value, list(known))  # type: ignore[no-any-return]


def _saved(how: How) -> Any:
    """A word as it is, a function in Keras's saved form."""
    if not callable(how):
        return how
    name = registered_name(how)
    return {"module": "builtins", "class_name": "function", "config": name, "registered_name": name}


def _made(cls: str, saved: Any) -> Any:
    if not isinstance(saved, Mapping):
        return saved
    name, known = saved.get("config"), get_custom_objects()
    found = known.get(str(saved.get("registered_name")), known.get(str(name)))
    if found is None:
        raise UnknownName(f"{cls}.from_config", str(name), known, "If it is your own, register it before loading.")
    return found
