"""Data sets: each is a module with `load_data`, which returns ((x_train, y_train), (x_test, y_test)).

Those that are computed have `make` besides, which returns x and y undivided.
"""

from __future__ import annotations

from ..idx import read_idx, write_idx
from ..npz import load_npz
from . import (
    austen,
    blobs,
    cifar10,
    cifar100,
    circles,
    digits,
    fashion_mnist,
    mnist,
    moons,
    sensors,
    sine,
    spirals,
    xor,
)
from .catalogue import DatasetInfo, at_hand, catalogue, kind_of, load

__all__ = [
    "DatasetInfo",
    "at_hand",
    "austen",
    "blobs",
    "catalogue",
    "cifar10",
    "cifar100",
    "circles",
    "digits",
    "fashion_mnist",
    "kind_of",
    "load",
    "load_npz",
    "mnist",
    "moons",
    "read_idx",
    "sensors",
    "sine",
    "spirals",
    "write_idx",
    "xor",
]
