"""A network's weights as a safetensors file, with PyTorch's names and layout, and back."""

from .file import file_of, read, write
from .names import Place, layout, module_names

__all__ = ["Place", "file_of", "layout", "module_names", "read", "write"]
