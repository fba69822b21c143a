"""A network as two files for PyTorch: its source and its weights, never pickled."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ...files import write_text_whole
from .. import safetensors
from .network import written
from .source import source_of

SOURCE, WEIGHTS = "model.py", "model.safetensors"


def write(model: Any, folder: Path) -> Path:
    """Write model.py, whose `load()` gives the module, and model.safetensors beside it; returns the source's path."""
    source = source_of(written(model), WEIGHTS)
    safetensors.write(model, folder / WEIGHTS)
    return write_text_whole(folder / SOURCE, source)
