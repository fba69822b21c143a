"""A network as a PyTorch module or its source, and back."""

from .file import SOURCE, WEIGHTS, write
from .module import to_torch

__all__ = ["SOURCE", "WEIGHTS", "to_torch", "write"]
