"""A network as a NumPy script: `write_script` says it, `to_numpy` puts it into a folder."""

from .folder import to_numpy
from .script import write_script

__all__ = ["to_numpy", "write_script"]
