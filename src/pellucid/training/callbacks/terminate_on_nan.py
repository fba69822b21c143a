"""TerminateOnNaN: stop, rather than fail, when a number is no longer finite."""

from __future__ import annotations

from ...errors import NonFinite
from .base import Callback


class TerminateOnNaN(Callback):
    """If the loss or a gradient becomes NaN or infinite, end training there, and say in which layer and why.

    The weights stay those before the step, and the other callbacks still see the end of training. Without this
    callback, or with raise_error=True, the error NonFinite goes up to the caller of `fit`. (Keras looks at the loss
    alone, after the weights were spoilt, and raises a RuntimeError.)

    >>> guard = TerminateOnNaN()
    """

    handles_non_finite = True

    def __init__(self, raise_error: bool = False) -> None:
        self.raise_error = bool(raise_error)

    def on_non_finite(self, problem: NonFinite, batch: int) -> None:
        """Called in the place of a step's update."""
        if self.raise_error:
            raise problem
        print(f"Training stopped at batch {batch}: {problem}")
        self.model.stop_training = True
