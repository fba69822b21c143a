"""A network as an ONNX file, and back."""

from .file import to_onnx
from .reading import read, speaking_of

__all__ = ["read", "speaking_of", "to_onnx"]
