"""What training makes small: the loss, or the sum of the outputs' losses, each with its weight."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ..arrays import Array
from ..losses import Loss

Logits = tuple[str, Array] | None  # (the output activation, what entered it)


class Objective(NamedTuple):
    """A loss for each output; None for an output that nothing is asked of. The names are told where there are several.

    L = Σ weight · loss
    """

    losses: tuple[Loss | None, ...]
    weights: tuple[float, ...]
    names: tuple[str, ...] = ()

    def settle(self, targets: Sequence[Array | None], shapes: Sequence[tuple[int, ...]]) -> None:
        """Let each loss know what it will meet."""
        for loss, y, shape in zip(self.losses, targets, shapes, strict=True):
            if loss is not None and y is not None:
                loss.settle(y.shape, shape)

    def judge(
        self, targets: Sequence[Array | None], outputs: Sequence[Array], logits: Sequence[Logits],
        weights: Sequence[Array | None], masks: Sequence[Array | None] = (),
    ) -> Judged:  # fmt: skip
        """L for one batch, and dL/dy of each output. masks: which of an output's numbers count.

        Behind a softmax or sigmoid, cross-entropy is taken from the logits z, where its gradient is (softmax(z) - y)/B:
        nothing is clipped, so nothing overflows and no gradient is lost.
        """
        self.settle(targets, [y.shape for y in outputs])
        total, each, back, fused = 0.0, list[float](), list[Array | None](), list[bool]()
        masks = masks or [None] * len(outputs)
        for loss, scale, t, y, end, w, mask in zip(
            self.losses, self.weights, targets, outputs, logits, weights, masks, strict=True
        ):
            if loss is None or t is None:
                each.append(0.0)
                back.append(None)
                fused.append(False)
                continue
            behind = None if end is None else loss.from_logits_of(end[0])
            fused.append(behind is not None)
            looked_at = y if behind is None or end is None else end[1]
            value, dy = (behind or loss).value_and_gradient(t, looked_at, w, mask)
            total += value if scale == 1 else scale * value
            each.append(value)
            back.append(dy if scale == 1 else dy * dy.dtype.type(scale))
        return Judged(total, each, back, fused)


class Judged(NamedTuple):
    """What the losses find: their sum, each without its weight, and the way back: dL/dy of each output, or dL/dz of
    those that are taken from their logits."""

    total: float
    each: list[float]
    back: list[Array | None]
    fused: list[bool]
