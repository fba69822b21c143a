"""Callbacks, under the name Keras gives them: `from pellucid.callbacks import EarlyStopping`."""

from .training.callbacks import *  # noqa: F403
from .training.callbacks import __all__ as __all__
