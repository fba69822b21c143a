"""A network as an ONNX file, and back."""

from .file import to_onnx
from .reading import Read, read

__all__ = ["Read", "read", "to_onnx"]
