"""The kernels, by the stems of the parts they compute. Importing this imports Numba; only compiling needs it."""

from . import activations, dense, gather, interpreter, losses, matmul, metrics, optimizers, random
from .base import KERNELS

__all__ = [
    "KERNELS", "activations", "dense", "gather", "interpreter", "losses", "matmul", "metrics", "optimizers", "random",
]  # fmt: skip
