"""Which masks are written, in every form: those of Masking and Embedding, and where layers join, what counts in any."""

from __future__ import annotations

from typing import Any

from .. import layers as L
from ..errors import InvalidArgument, Told
from ..layers.masking import MaskOf
from ..layers.merging import Joining


def maker_of(where: str, step: MaskOf, fix: str) -> Any:
    """Masking, Embedding or Joining: what kind of layer makes a mask. Any other is refused by its name."""
    layer = step.layer
    found: Any = next((kind for kind in (L.Masking, L.Embedding) if isinstance(layer, kind)), None)
    if isinstance(layer, Joining) and type(layer).compute_mask is Joining.compute_mask and all(step.masked):
        found = Joining
    if found is None:
        raise InvalidArgument(
            f"{where}, layer {layer.name!r}", "a mask of Masking or Embedding, or of layers that join number by number",
            Told(f"one that {type(layer).__name__} makes"), fix,
        )  # fmt: skip
    return found
