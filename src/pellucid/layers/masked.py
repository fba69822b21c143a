"""What a layer says of masks: which of its numbers count."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import InvalidArgument, Told


class Masked:
    """By itself a layer passes no mask on; `unfolding.py` asks."""

    supports_masking = False  # Keras's word for whether a mask of time steps passes through
    is_mask = False  # whether it computes a mask, of which no gradient flows back
    takes_mask = False  # whether `forward` is told, as `mask`, which steps of the input count
    learns_by_mask = False  # whether it asks for it in training alone
    consumes_mask = False  # whether the mask has done its work where none is passed on
    attaches_mask = False  # whether its second input is the mask of its first
    mask_step: ClassVar[Any]  # makes the step that computes what `compute_mask` says
    attached: ClassVar[Any]  # tensors with the masks that a call names

    def masks_output(self, masked: Sequence[bool]) -> bool:
        """Whether what it gives has a mask, where these of its inputs have one."""
        return not self.passes_mask or (self.supports_masking and any(masked[:1]))

    @property
    def passes_mask(self) -> bool:
        """Whether the mask of what it gives is that of its first input; else `compute_mask` says what it is."""
        return type(self).compute_mask is Masked.compute_mask

    def compute_mask(self, inputs: Any, previous_mask: Any = None) -> Any:
        """The mask of the output, from the inputs and their mask; one of your own may write it, as in Keras."""
        return previous_mask

    def saved_mask(self: Any, masks: Sequence[Any]) -> Any:
        """The masks that a call names, one or None for each input, in their saved form."""
        return list(masks) if self.takes_many else masks[0]

    def refuse_mask(self: Any, mask: Any) -> None:
        """Raise where a call names a mask for a layer that asks for none."""
        if mask is not None and not self.takes_mask:
            raise InvalidArgument(
                f"layer {self.name!r}, argument mask", "a layer whose numbers depend on a mask",
                Told(type(self).__name__), "A mask passes through other layers by itself: begin with Masking.",
            )  # fmt: skip
