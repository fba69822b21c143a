"""Callbacks, under the name Keras gives them: `from pellucid.callbacks import EarlyStopping`."""

from .doctor.callback import Doctor
from .training.callbacks import *  # noqa: F403
from .training.callbacks import __all__ as _below

__all__ = [*_below, "Doctor"]
