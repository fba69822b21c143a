"""Data sets, under the name Keras gives them: `from pellucid.datasets import mnist`."""

from .data.datasets import *  # noqa: F403
from .data.datasets import __all__ as __all__
