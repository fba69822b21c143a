"""A network as an ONNX file."""

from .file import to_onnx

__all__ = ["to_onnx"]
