"""CIFAR-100: 60,000 photographs of a hundred kinds of things, 32x32 pixels in colour.

Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

from __future__ import annotations

import os

from ... import checks
from .base import Split
from .records import RecordSet

CIFAR100 = RecordSet(
    name="cifar100", archive="cifar-100-binary.tar.gz", known_hash="md5:03b5dce01913d631647c71ecec9e9cb8",
    folder="cifar-100-binary", train=("train.bin",), test="test.bin", records=(50000, 10000), labels=(20, 100),
    pickled="train",
)  # fmt: skip


def load_data(label_mode: str = "fine", path: str | os.PathLike[str] | None = None) -> Split:
    """((x_train, y_train), (x_test, y_test)): x (50000, 32, 32, 3) and (10000, 32, 32, 3) uint8, y (N, 1) uint8: from 0
    to 99, or with label_mode "coarse" their kinds, from 0 to 19.

    `path` and where it is looked for: as of `cifar10.load_data`.
    """
    where = "cifar100.load_data, argument label_mode"
    return CIFAR100.load(path, ("coarse", "fine").index(checks.one_of(where, label_mode, ["fine", "coarse"])))
