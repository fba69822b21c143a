"""A network as a PyTorch module or its source, and back."""

from .file import write
from .module import to_torch

__all__ = ["to_torch", "write"]
