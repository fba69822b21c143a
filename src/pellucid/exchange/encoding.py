"""What layers that number categories know, for all forms in which a network is written."""

from __future__ import annotations

from typing import Any

from ..errors import InvalidArgument, Told
from ..layers.index_lookup import IndexLookup


def tokens_of(layer: IndexLookup) -> dict[Any, int]:
    """The place of each token, that of the mask among them: below 0 where it has none.

    >>> from pellucid.layers import IntegerLookup
    >>> tokens_of(IntegerLookup(vocabulary=[7, 5], mask_token=0))
    {0: 0, 7: 2, 5: 3}
    """
    known = {token: place for place, token in enumerate(layer.get_vocabulary(False), len(layer.special))}
    if layer.invert:
        known = {token: place for place, token in enumerate(layer.get_vocabulary())}
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


def refuse_hashes(where: str, layer: IndexLookup) -> None:
    """Refuse several places for what is not in the vocabulary, where a hash chooses among them."""
    hashed = layer.of_text or layer.oov_method != "floormod"
    if layer.num_oov_indices > 1 and hashed and not layer.invert:
        raise InvalidArgument(
            f"{where}, layer {layer.name!r}", "num_oov_indices=1, or oov_method='floormod' of numbers",
            Told(f"{layer.num_oov_indices} places, chosen by a hash"), "A script of NumPy has them: to_numpy.",
        )  # fmt: skip
