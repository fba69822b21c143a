"""What StringLookup, IntegerLookup and TextVectorization have in common: a vocabulary, in which tokens have places.

mask_token ↦ 0 ("int" only)    unknown ↦ the next num_oov_indices places    then the vocabulary, in its order
tf_idf   y[k] = count of k · idf[k],   idf[k] = log(1 + documents / (1 + documents with k))"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Self

import numpy as np

from .. import checks
from ..arrays import TEXT, Array, Arrays
from ..errors import DataError, FileError, InvalidArgument, NotReady, Told, WrongType
from ..rng import Key
from .encoding import MODES, Encoding, batches_of, encoded, plain_list, salt_argument
from .hashes import hashed


class IndexLookup(Encoding):
    """A layer with a vocabulary, given or learnt by `adapt`."""

    modes = (*MODES, "tf_idf")
    of_text = True  # whether its tokens are text, and not whole numbers
    invert = False
    oov_method, salt = "floormod", None
    passing = Encoding.passing | {"_expected"}
    places_in_file: tuple[str, ...] = ("",)  # below its group, where Keras looks for its idf_weights
    _tokens: list[Any] | None = None  # the vocabulary, without what is special
    _places: Mapping[Any, int]
    _idf: Array | None = None  # of all places, those that pad_to_max_tokens adds left out
    _expected: int | None = None  # how many places there will be, as a file says that has the vocabulary elsewhere

    def keep_lookup(
        self, max_tokens: Any, num_oov_indices: Any, mask_token: Any, oov_token: Any, output_mode: Any,
        pad_to_max_tokens: Any, sparse: Any,
    ) -> None:  # fmt: skip
        """Keep the constructor's arguments."""
        self.keep_mode(output_mode, sparse)
        if max_tokens is not None:
            max_tokens = checks.integer(self.where("max_tokens"), max_tokens, minimum=2)
        self.max_tokens: int | None = max_tokens
        self.num_oov_indices = checks.integer(self.where("num_oov_indices"), num_oov_indices, minimum=0)
        self.mask_token = None if mask_token is None else self.token(self.where("mask_token"), mask_token)
        self.oov_token = self.token(self.where("oov_token"), oov_token)
        self.pad_to_max_tokens = bool(pad_to_max_tokens)
        if self.pad_to_max_tokens and max_tokens is None:
            raise InvalidArgument(self.where("max_tokens"), "a number, as pad_to_max_tokens is True", None)

    def keep_hashing(self, oov_method: Any, salt: Any, invert: Any) -> None:
        """Keep what says where unknown tokens go, and the direction."""
        self.oov_method = checks.one_of(self.where("oov_method"), oov_method, ("floormod", "farmhash"))
        self.salt = salt_argument(self.where("salt"), salt)
        if self.salt is not None and not self.of_text and oov_method != "farmhash":
            raise InvalidArgument(self.where("salt"), "None, unless oov_method is 'farmhash'", salt)
        self.invert = bool(invert)
        if self.invert and self.output_mode != "int":
            raise InvalidArgument(self.where("output_mode"), "'int', as invert is True", self.output_mode)

    def begin_with(self, vocabulary: Any, idf_weights: Any) -> None:
        """The vocabulary that the constructor was given, if any."""
        self._places = {}
        if vocabulary is not None:
            self.set_vocabulary(vocabulary, idf_weights)
        elif idf_weights is not None:
            raise InvalidArgument(self.where("idf_weights"), "None without a vocabulary", Told("weights"))

    def token(self, where: str, value: Any) -> Any:
        """One token, as the vocabulary holds it."""
        raise NotImplementedError

    @property
    def reads(self) -> str:  # type: ignore[override]
        """What comes in: tokens, or places where it goes the other way."""
        return TEXT if self.of_text and not self.invert else "int64"

    @property
    def gives_dtype(self) -> str:
        return TEXT if self.of_text and self.invert else super().gives_dtype

    def forward(self, p: Arrays, *xs: Array, training: bool, rng: Key) -> tuple[Array, Any]:
        if not self.invert:
            return super().forward(p, *xs, training=training, rng=rng)
        return self.tokens_at(self.read(f"layer {self.name!r}, input", xs[0])), None

    # The vocabulary ----------------------------------------------------------------------------------------------

    @property
    def special(self) -> list[Any]:
        """What stands before the vocabulary: the mask, and the unknown."""
        mask = self.mask_token is not None and self.output_mode == "int"
        return [self.mask_token] * mask + [self.oov_token] * self.num_oov_indices

    def get_vocabulary(self, include_special_tokens: bool = True) -> list[Any]:
        """The tokens in the order of their places; without those that stand for a mask or the unknown, if so wished."""
        return (self.special if include_special_tokens else []) + (self._tokens or [])

    def vocabulary_size(self) -> int:
        """How many places there are, those for the mask and the unknown among them."""
        if self._tokens is None and self._expected is not None:
            return self._expected
        return len(self.get_vocabulary())

    @property
    def vocabulary(self) -> list[Any] | None:
        """The vocabulary as a file keeps it."""
        return None if self._tokens is None else self.get_vocabulary()

    @property
    def idf_weights(self) -> list[float] | None:
        """The weight of each place, for tf_idf."""
        return None if self._idf is None else self._idf.tolist()

    @property
    def depth(self) -> int:
        if self.pad_to_max_tokens and self.max_tokens is not None:
            return self.max_tokens
        if self._tokens is None and self._expected is None:
            raise self._without_vocabulary()
        return self.vocabulary_size()

    def set_vocabulary(self, vocabulary: Any, idf_weights: Any = None) -> None:
        """Take these tokens, most frequent first, in the place of those that there are: a list, an array, or the path
        of a text file with one in each line. idf_weights: one for each, where output_mode is "tf_idf"."""
        where = f"layer {self.name!r}, set_vocabulary"
        if not isinstance(vocabulary, Iterable | Path) or isinstance(vocabulary, bytes | Mapping):
            raise WrongType(where, "a list of tokens, or the path of a file with them", vocabulary)
        given = self._from_file(where, vocabulary) if isinstance(vocabulary, str | Path) else plain_list(vocabulary)
        given = [self.token(where, one) for one in given]
        n = len(self.special)
        whole = given[:n] == self.special
        tokens = given[n:] if whole else given
        if not given:
            raise DataError(where, "at least one token", Told("none"))
        if len(set(tokens)) < len(tokens):
            raise DataError(where, "each token once", Told(f"{_twice(tokens)!r} twice"))
        reserved = [self.mask_token] if self.mask_token is not None else []
        for one in reserved + [self.oov_token] * self.invert:
            if one in tokens:
                raise DataError(
                    where, f"{one!r} first, where it is special, or not at all", Told("it among the others")
                )
        if self.max_tokens is not None and n + len(tokens) > self.max_tokens:
            wanted = f"{self.max_tokens} places at most, as max_tokens says"
            raise DataError(where, wanted, Told(f"{n + len(tokens)}, those for mask and unknown among them"))
        self._take(tokens, self._given_idf(where, idf_weights, len(given), whole))

    def _given_idf(self, where: str, given: Any, n: int, whole: bool) -> Array | None:
        if (given is None) != (self.output_mode != "tf_idf"):
            wanted = "one weight for each token" if given is None else "None, unless output_mode is 'tf_idf'"
            raise InvalidArgument(f"{where}, argument idf_weights", wanted, Told("none" if given is None else "some"))
        if given is None:
            return None
        weights: Array = checks.arrays(f"{where}, argument idf_weights", [given])[0].astype("float32")
        if weights.shape != (n,):
            raise InvalidArgument(f"{where}, argument idf_weights", f"{n} of them", Told(f"shape {weights.shape}"))
        return weights if whole else np.concatenate([np.full(len(self.special), weights.mean()), weights])

    def _take(self, tokens: list[Any], idf: Array | None) -> None:
        places = len(self.special) + len(tokens)
        fixed = self.output_mode != "int" and not self.pad_to_max_tokens
        if fixed and self._nodes and self._tokens is not None and places != self.vocabulary_size():
            wanted = f"{self.vocabulary_size()} places, for which a network was made"
            fix = "Use pad_to_max_tokens=True, or make the network anew."
            raise InvalidArgument(f"layer {self.name!r}, its vocabulary", wanted, Told(str(places)), fix)
        self._tokens = tokens
        self._places = {token: place for place, token in enumerate(tokens, len(self.special))}
        self._idf = idf

    def _from_file(self, where: str, path: Any) -> list[Any]:
        try:
            text = Path(path).read_text(encoding="utf-8-sig").rstrip("\n")  # some editors begin with a mark
            return text.split("\n") if text else []
        except (OSError, ValueError) as problem:  # a name that none can have, too
            raise FileError(where, "a text file with a token in each line", Told(f"{path}: {problem}")) from None

    # Learning it -------------------------------------------------------------------------------------------------

    def documents(self, where: str, data: Any) -> Iterable[Sequence[Any]]:
        """The tokens of each sample."""
        x = self.read(where, data)
        found: list[list[Any]] = x.reshape(len(x), math.prod(x.shape[1:])).tolist()
        return found

    def adapt(self, data: Any, batch_size: int | None = None, steps: int | None = None) -> None:
        """Learn the vocabulary: the tokens of an array or a list, or of batches one after another, the most frequent
        first; of those that are as frequent, the last in the alphabet. What was known before is forgotten.

        steps: how many batches to take. batch_size is taken for Keras's sake.
        """
        where = f"layer {self.name!r}, adapt"
        counts, documents, n = Counter[Any](), Counter[Any](), 0
        for batch in batches_of(where, data, steps):
            for tokens in self.documents(where, batch):
                counts.update(tokens)
                documents.update(set(tokens))
                n += 1
        for one in (self.mask_token, self.oov_token):
            counts.pop(one, None)
        if not counts:
            raise DataError(where, "at least one token", Told("none"))
        found = [token for token, _ in sorted(counts.items(), key=lambda pair: pair[::-1], reverse=True)]
        if self.max_tokens is not None:
            found = found[: self.max_tokens - len(self.special)]
        idf = None
        if self.output_mode == "tf_idf":
            each = np.array([math.log(1 + n / (1 + documents[token])) for token in found], "float32")
            idf = np.concatenate([np.full(len(self.special), each.mean() if len(each) else 0.0), each])
        self._take(found, idf)

    # Looking up --------------------------------------------------------------------------------------------------

    def places(self, x: Array) -> Array:
        flat: Array = np.array(self.places_of(x.reshape(-1).tolist()), "int64")
        return flat.reshape(x.shape)

    def places_of(self, tokens: Iterable[Any]) -> list[int]:
        """The place of each token."""
        if self._tokens is None:
            raise self._without_vocabulary()
        known, found = self._places, []
        for token in tokens:
            place = known.get(token)
            found.append(self._unknown(token) if place is None else place)
        return found

    def _unknown(self, token: Any) -> int:
        if self.mask_token is not None and token == self.mask_token:
            return 0 if self.output_mode == "int" else -1
        n, first = self.num_oov_indices, len(self.special) - self.num_oov_indices
        if n == 0:
            fix = "Let num_oov_indices be at least 1."
            raise DataError(f"layer {self.name!r}, input", "tokens of the vocabulary", token, fix)
        if n == 1:
            return first
        if not self.of_text and self.oov_method == "floormod":
            return first + int(token) % n
        return first + hashed(token, n, self.salt)

    def in_mode(self, places: Array) -> Array:
        if self.output_mode != "tf_idf":
            return super().in_mode(places)
        y, idf = encoded(places, "count", self.depth, self.dtype), np.asarray(self._idf, self.dtype)
        y[..., : len(idf)] *= idf
        return y

    def tokens_at(self, places: Array) -> Array:
        """The token of each place, and the one for the unknown where there is none."""
        if self._tokens is None:
            raise self._without_vocabulary()
        known = dict(enumerate(self.get_vocabulary()))
        found = [known.get(place, self.oov_token) for place in places.reshape(-1).tolist()]
        made: Array = np.array(found, object if self.of_text else "int64").reshape(places.shape)
        return made

    def _without_vocabulary(self) -> NotReady:
        return NotReady(
            f"layer {self.name!r}", "a layer that knows its vocabulary", Told("one that does not"),
            "Call adapt(data), or pass vocabulary=[...].",
        )  # fmt: skip

    # Saving ------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments, with the vocabulary, given or learnt."""
        return {**super().get_config(), "vocabulary_size": self.vocabulary_size() if self._tokens else self._expected}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """The layer that a config describes. A vocabulary that lies elsewhere, as in Keras's files, comes later."""
        if isinstance(config.get("vocabulary"), str):
            wanted = "tokens: no file is opened because a config names it"
            raise InvalidArgument(f"{cls.__name__}.from_config, vocabulary", wanted, config["vocabulary"])
        made = super().from_config({key: value for key, value in config.items() if key not in cls.told_by_keras})
        size = config.get("vocabulary_size")
        if made._tokens is None and size is not None:
            made._expected = checks.integer(f"{cls.__name__}.from_config, vocabulary_size", size, minimum=0)
        return made

    told_by_keras = frozenset({"vocabulary_size", "has_input_vocabulary"})  # besides the arguments


def _twice(tokens: Sequence[Any]) -> Any:
    """The first token that stands there twice."""
    return next(token for token, count in Counter(tokens).items() if count > 1)
