"""States that a recurrence keeps from one batch to the next: sample i of a batch goes on where sample i of the one
before ended.

`forward` begins with them and stays pure: they move on in `remember`, once for each step of training, evaluation or
prediction and for each call by hand. What only looks at a network, as the doctor does, leaves them where they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..arrays import Array
from ..errors import ShapeError
from .base import Layer


class Remembering(Layer):
    """A layer that may be stateful."""

    passing = Layer.passing | {"states", "told"}
    stateful: bool
    states: list[Array] | None = None  # after the last batch, where it is stateful; None: it begins with zeros
    told: int | None = None  # how many samples each batch has, where the model's input says so

    @property
    def memory(self) -> Remembering | None:
        return self if self.stateful else None

    @property
    def samples(self) -> int | None:
        """How many samples the next batch has, where that is known."""
        return self.told if self.states is None else len(self.states[0])

    def expect(self, batch: int) -> None:
        """Every batch will have so many samples, says the input of the model that it is part of."""
        if self.samples not in (None, batch):
            self.states = None  # another model may have been read in other batches
        self.told = batch

    def remembered(self, n: int) -> tuple[Array, ...]:
        """The states with which a batch of n samples begins; none where it begins with zeros."""
        return tuple(self.states) if self.states is not None and self.samples == n else ()

    def keep_states(self, last: Sequence[Array]) -> None:
        """The next batch goes on from these, if the layer is stateful."""
        if not self.stateful:
            return
        n = len(last[0])
        if self.samples not in (None, n):
            raise ShapeError(
                f"layer {self.name!r}, stateful", f"a batch of {self.samples} samples, one for each state", n,
                "Leave out rows that fill no batch" + ("." if self.told else ", or begin anew: layer.reset_state()."),
            )  # fmt: skip
        self.states = [state.copy() for state in last]  # y may be one of them, and whoever has that may write to it

    def reset_state(self) -> None:
        """Forget the states: the next batch begins with zeros."""
        self.states = None

    def reset_states(self) -> None:
        """As `reset_state`."""
        self.reset_state()

    def build_config(self) -> dict[str, Any]:
        return for_batches(super().build_config(), self.samples)


def for_batches(config: dict[str, Any], samples: int | None) -> dict[str, Any]:
    """A `build_config` for batches of so many samples, without which Keras builds no stateful layer."""
    shape = config.get("input_shape")
    return {"input_shape": [samples, *shape[1:]]} if samples and isinstance(shape, list) else config
