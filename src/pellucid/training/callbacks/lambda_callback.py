"""LambdaCallback: a callback made of functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypedDict, Unpack

from ...errors import WrongType
from .base import MOMENTS, Callback

Function = Callable[..., Any] | None


class Others(TypedDict, total=False):
    """The moments that have no argument of their own."""

    on_batch_begin: Function
    on_batch_end: Function
    on_test_begin: Function
    on_test_end: Function
    on_test_batch_begin: Function
    on_test_batch_end: Function
    on_predict_begin: Function
    on_predict_end: Function
    on_predict_batch_begin: Function
    on_predict_batch_end: Function


class LambdaCallback(Callback):
    """Call these functions at these moments: those of epochs and batches with (number, logs), others with (logs).

    >>> losses = []
    >>> keeping = LambdaCallback(on_epoch_end=lambda epoch, logs: losses.append(logs["loss"]))
    >>> keeping.on_epoch_end(0, {"loss": 0.5})
    >>> losses
    [0.5]
    """

    more_arguments = MOMENTS

    def __init__(
        self,
        on_epoch_begin: Function = None,
        on_epoch_end: Function = None,
        on_train_begin: Function = None,
        on_train_end: Function = None,
        on_train_batch_begin: Function = None,
        on_train_batch_end: Function = None,
        **others: Unpack[Others],
    ) -> None:
        given: dict[str, Any] = {
            "on_epoch_begin": on_epoch_begin,
            "on_epoch_end": on_epoch_end,
            "on_train_begin": on_train_begin,
            "on_train_end": on_train_end,
            "on_train_batch_begin": on_train_batch_begin,
            "on_train_batch_end": on_train_batch_end,
            **others,
        }
        for moment, function in given.items():
            if function is None:
                continue
            if not callable(function):
                raise WrongType(self.where(moment), "a function", function)
            setattr(self, moment, function)
