"""How layers that number categories and words read in a script: a dictionary, and vectors made of places."""

from __future__ import annotations

from typing import Any

import numpy as np

from ... import layers as L
from ...arrays import TEXT
from ...layers.hashes import fingerprint, hashed
from ...layers.texts import grams
from ..encoding import amounts_of, tokens_of, unknown_of
from .lookups import bins_of_rows, in_one, places_in, without, words_of
from .writer import FORM, At, Back, batch, writes


@writes(L.IntegerLookup, L.StringLookup)
def lookup(at: At) -> tuple[str, Back]:
    layer = at.layer
    if not layer.invert:
        return in_mode(at, placed(at, read(at, at.x), at.name("k")))
    out, tokens = at.name("h"), vocabulary(at, layer.get_vocabulary())
    at.forward(
        f"{out} = np.array([{layer.oov_token!r}, *{tokens}.tolist()], {'object' if layer.of_text else 'np.int64'})"
    )
    n, k = len(layer.get_vocabulary()), at.name("k")
    at.forward(f"{k} = {read(at, at.x)}", "places; 0 is what is unknown, the vocabulary begins behind it")
    at.forward(f"{out} = {out}[np.where(({k} >= 0) & ({k} < {n}), {k} + 1, 0)]", batch(at.out_shape))
    at.script.dtypes[out] = "object" if layer.of_text else "int64"
    return out, nothing_back(at)


def read(at: At, x: str) -> str:
    """Whole numbers, or texts as they are."""
    return x if at.script.dtypes.get(x) == "object" else f"{x}.astype(np.int64)"


def nothing_back(at: At) -> Back:
    """No gradient comes back to categories."""
    return lambda dy, wanted: None if len(at.xs) == 1 else (None,) * len(at.xs)


def vocabulary(at: At, tokens: list[Any]) -> str:
    """Tokens in the file."""
    texts = at.layer.reads == TEXT or any(isinstance(one, str) for one in tokens)
    return at.constant("tokens", np.array(tokens, "U" if texts else "int64"))


def known(at: At, x: str, tokens: dict[Any, int], other: str) -> str:
    """The places of what a table has, as text; of what it lacks what `other` says of a token."""
    places = at.constant("places", np.array(list(tokens.values()), "int64"))
    given = {"x": x, "tokens": vocabulary(at, list(tokens)), "places": places, "other": f"lambda token: {other}"}
    return at.call(places_in, given)


def placed(at: At, x: str, k: str) -> str:
    """Write the places of tokens, and return their name."""
    layer, (first, bins) = at.layer, unknown_of(at.layer)
    other = str(first)
    if bins > 1 and not layer.of_text and layer.oov_method == "floormod":
        other = f"{first} + token % {bins}"
    elif bins > 1:
        other = f"{first} + {bin_of(at, bins)}"
    at.forward(f"{k} = {known(at, x, tokens_of(layer), other)}")
    return k


def bin_of(at: At, bins: int) -> str:
    """The bin of a token, as text."""
    salt = None if at.layer.salt is None else tuple(at.layer.salt)
    return at.call(hashed, {"value": "token"}, bins=bins, salt=salt)


def in_mode(at: At, k: str, weights: str = "") -> tuple[str, Back]:
    """Write places k in the form that `output_mode` says."""
    layer, out, mode = at.layer, at.name("h"), at.layer.output_mode
    if mode == "int":
        at.script.dtypes[out] = layer.whole_dtype
        at.forward(f"{out} = {k}" + ("" if layer.whole_dtype == "int64" else f".astype(np.{layer.whole_dtype})"))
        return out, nothing_back(at)
    k = f"{k}[..., 0]" if mode == "one_hot" and at.shape[-1:] == (1,) else k
    hot = f"({k}[..., None] == np.arange({layer.depth}))"
    if mode == "multi_hot":
        hot += ".any(axis=-2)"
    elif mode != "one_hot":
        hot = f"({hot} * {weights}[..., None]).sum(axis=-2)" if weights else f"{hot}.sum(axis=-2)"
    text = hot if weights else f"{hot}.astype(DTYPE)"
    if mode == "tf_idf":
        text = f"{text} * {at.constant('idf', np.array(amounts_of(layer), layer.dtype))}"
    at.forward(f"{out} = {text}", batch(at.out_shape))
    return out, nothing_back(at)


@writes(L.CategoryEncoding)
def category_encoding(at: At) -> tuple[str, Back]:
    k, n, weights = at.name("k"), at.layer.num_tokens, "" if len(at.xs) == 1 else at.xs[1]
    at.forward(f"{k} = {read(at, at.x)}")
    at.forward(f"if (({k} < 0) | ({k} >= {n})).any():")
    at.forward(f'    raise ValueError("{at.path}: expected whole numbers from 0 to {n - 1}.")')
    out, _ = in_mode(at, k, weights)
    return out, lambda dy, wanted: (None, f"np.take_along_axis({dy}, {k}, axis=-1)") if weights else None


@writes(L.Discretization)
def discretization(at: At) -> tuple[str, Back]:
    k, bounds = at.name("k"), at.constant("boundaries", np.array(at.layer.bin_boundaries, at.layer.dtype))
    at.forward(f'{k} = np.searchsorted({bounds}, {at.x}.astype({bounds}.dtype), side="right")')
    return in_mode(at, k)


@writes(L.Hashing)
def hashing(at: At) -> tuple[str, Back]:
    layer, k = at.layer, at.name("k")
    masked = layer.mask_value is not None and layer.num_bins > 1
    bins = bin_of(at, layer.num_bins - masked)
    tokens = {layer.mask_value: 0} if masked else {}
    at.forward(f"{k} = {known(at, read(at, at.x), tokens, f'1 + {bins}' if masked else bins)}")
    return in_mode(at, k)


@writes(L.HashedCrossing)
def hashed_crossing(at: At) -> tuple[str, Back]:
    k, columns = at.name("k"), [f"{at.name('column')}_{i}" for i, _ in enumerate(at.xs, 1)]
    for x, column in zip(at.xs, columns, strict=True):
        text = at.script.dtypes.get(x) == "object"
        number = at.call(fingerprint, {"data": "one.encode()"}) if text else "one & 0xFFFFFFFFFFFFFFFF"
        at.forward(f"{column} = [{number} for one in {read(at, x)}.reshape(-1).tolist()]")
    bins = at.call(bins_of_rows, {"columns": f"[{', '.join(columns)}]"}, bins=at.layer.num_bins)
    at.forward(f"{k} = np.array({bins}, np.int64).reshape({at.x}.shape)")
    return in_mode(at, k)


@writes(L.TextVectorization)
def text_vectorization(at: At) -> tuple[str, Back]:
    layer, rows, k = at.layer, at.name("rows"), at.name("k")
    for what in ("standardize", "split"):
        if callable(getattr(layer, what)):
            raise FORM.refused(at.path, f"{what} by name", "a function of one's own")
    how = layer.standardize or ""
    told = {"lower": "lower" in how, "strip": "punctuation" in how}
    plain = at.call(without, {"text": "one"}, **told) if how else "one"
    if layer.split is None:
        n = at.shape[0] if at.shape else 1
        at.forward(f"{rows} = [[{plain} for one in row] for row in {at.x}.reshape(-1, {n}).tolist()]")
    else:
        parts = at.call(words_of, {"text": plain}) if layer.split == "whitespace" else f"list({plain})"
        at.forward(f"{rows} = [{parts} for one in {at.x}.reshape(-1).tolist()]", "the words of each text")
    if layer.widths is not None:
        joined = at.call(grams, {"tokens": "row"}, widths=layer.widths)
        at.forward(f"{rows} = [{joined} for row in {rows}]", "and neighbours")
    row = known(at, "np.array(row, object)", tokens_of(layer), str(unknown_of(layer)[0]))
    at.forward(f"{rows} = [{row} for row in {rows}]")
    length = layer.output_sequence_length or f"max(map(len, {rows}), default=0)"
    rest = 0 if layer.output_mode == "int" else -1
    at.forward(f"{k} = {at.call(in_one, {'rows': rows, 'length': str(length)}, rest=rest)}")
    return in_mode(at, k)
