"""CIFAR-10: 60,000 photographs of ten kinds of things, 32x32 pixels in colour.

Source: A. Krizhevsky, "Learning multiple layers of features from tiny images" (2009).
"""

from __future__ import annotations

import os

from .base import Split
from .records import RecordSet

CLASSES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
CIFAR10 = RecordSet(
    name="cifar10", archive="cifar-10-binary.tar.gz", known_hash="md5:c32a1d4ab5d03f1284b67883e8d87530",
    folder="cifar-10-batches-bin", train=tuple(f"data_batch_{i}.bin" for i in range(1, 6)), test="test_batch.bin",
    records=(10000, 10000), labels=(10,), pickled="data_batch_1",
)  # fmt: skip


def load_data(path: str | os.PathLike[str] | None = None) -> Split:
    """((x_train, y_train), (x_test, y_test)): x (50000, 32, 32, 3) and (10000, 32, 32, 3) uint8, y (N, 1) uint8 from 0
    to 9, which `CLASSES` names.

    `path` is the archive of the binary version, or a folder with it or its files. Without it they are looked for in
    PELLUCID_DATA/cifar10, PELLUCID_DATA and the cache (PELLUCID_CACHE or the platform's), and else downloaded. The
    version for Python, which is pickled, is not read.
    """
    return CIFAR10.load(path)
