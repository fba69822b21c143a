"""What layers that number categories know, for all forms in which a network is written."""

from __future__ import annotations

from typing import Any

from ..layers.index_lookup import IndexLookup
from .form import Form


def tokens_of(layer: IndexLookup) -> dict[Any, int]:
    """The place of each token, that of the mask among them: below 0 where it has none.

    >>> from pellucid.layers import IntegerLookup
    >>> tokens_of(IntegerLookup(vocabulary=[7, 5], mask_token=0))
    {0: 0, 7: 2, 5: 3}
    """
    known = {token: place for place, token in enumerate(layer.get_vocabulary(False), len(layer.special))}
    if layer.mask_token is None:
        return known
    return {layer.mask_token: 0 if layer.output_mode == "int" else -1, **known}


def unknown_of(layer: IndexLookup) -> tuple[int, int]:
    """(the first place for what is not in the vocabulary, how many such there are).

    >>> from pellucid.layers import IntegerLookup
    >>> unknown_of(IntegerLookup(vocabulary=[7, 5], mask_token=0, num_oov_indices=2))
    (1, 2)
    """
    return len(layer.special) - layer.num_oov_indices, layer.num_oov_indices


def amounts_of(layer: IndexLookup) -> list[float]:
    """What counts are multiplied by at each place, for tf_idf; 1 at those that only fill up."""
    weights = layer.idf_weights or []
    return [*weights, *[1.0] * (layer.depth - len(weights))]


def table_of(form: Form, layer: IndexLookup) -> tuple[dict[Any, Any], Any, tuple[int, int] | None]:
    """(entries, the entry of all others, where those go instead: behind a first place, by their remainder).

    >>> onnx = Form("to_onnx", "in ONNX", "Leave it out.")
    >>> from pellucid.layers import IntegerLookup
    >>> table_of(onnx, IntegerLookup(vocabulary=[7, 5]))
    ({7: 1, 5: 2}, 0, None)
    >>> table_of(onnx, IntegerLookup(vocabulary=[7, 5], invert=True))
    ({0: -1, 1: 7, 2: 5}, -1, None)
    >>> table_of(onnx, IntegerLookup(vocabulary=[7, 5], num_oov_indices=2))
    ({7: 2, 5: 3}, -2, (0, 2))
    """
    tokens, (first, bins) = tokens_of(layer), unknown_of(layer)
    if layer.invert:
        return dict(enumerate(layer.get_vocabulary())), layer.oov_token, None
    if bins > 1 and (layer.of_text or layer.oov_method != "floormod"):
        wanted = "num_oov_indices=1, or oov_method='floormod' of numbers"
        raise form.refused(
            layer.name, wanted, f"{bins} places, chosen by a hash", "A script of NumPy has them: to_numpy."
        )
    return (tokens, first, None) if bins == 1 else (tokens, -2, (first, bins))
