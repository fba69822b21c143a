"""The data of all tasks, written once as plain .npy files that every library's process reads.

Run in a process of its own: python -m benchmarks.data FOLDER, which prints what the images are.
"""

from __future__ import annotations

import os
import sys
from itertools import pairwise
from pathlib import Path

import numpy as np

from .networks import data as of_networks

Arrays = dict[str, np.ndarray]
SEED = 20_260
ROWS = {"mnist": 60_000, "table": 16_000, "noise": 250_000, "copy": 12_800}


def images() -> tuple[Arrays, str]:
    """MNIST where PELLUCID_DATA has it, else the digits inside the package, enlarged and repeated to its size."""
    import pellucid

    if os.environ.get("PELLUCID_DATA"):
        (x, y), (x_test, y_test) = pellucid.datasets.mnist.load_data()
        said = "MNIST"
    else:
        (x, y), (x_test, y_test) = pellucid.datasets.digits.load_data()
        x, x_test = (np.pad(np.kron(a, np.ones((1, 3, 3))), ((0, 0), (2, 2), (2, 2))) * (255 / 16) for a in (x, x_test))
        repeated = [np.resize(np.arange(len(a)), n) for a, n in ((x, ROWS["mnist"]), (x_test, 10_000))]
        x, y, x_test, y_test = x[repeated[0]], y[repeated[0]], x_test[repeated[1]], y_test[repeated[1]]
        said = "not MNIST, which PELLUCID_DATA did not name: the package's own digits, enlarged to 28x28 and repeated"
    arrays = {"x": x, "x_test": x_test}
    flat = {name: a.reshape(len(a), 784).astype("uint8") for name, a in arrays.items()}
    return flat | {"y": y.astype("int64"), "y_test": y_test.astype("int64")}, said


def made() -> dict[str, Arrays]:
    """The data sets that are drawn at random: the same every time."""
    random = np.random.default_rng(SEED)

    def normal(*shape: int) -> np.ndarray:
        return random.standard_normal(shape).astype("float32")

    table = normal(ROWS["table"], 30)
    teacher = np.tanh(table @ normal(30, 8)) @ normal(8, 1)
    copied = normal(ROWS["copy"], 10)
    return {
        "xor": {
            "x": np.array([[0, 0], [0, 1], [1, 0], [1, 1]], "float32"),
            "y": np.array([[0], [1], [1], [0]], "float32"),
        },
        "table": {"x": table, "y": (teacher > np.median(teacher)).astype("float32")},
        "noise": {"x": normal(ROWS["noise"], 4), "y": random.integers(0, 2, (ROWS["noise"], 1)).astype("float32")},
        "copy": {"x": copied, "y": copied + 0.01 * normal(*copied.shape)},
    } | of_networks.made(random)


def weights(sizes: tuple[int, ...]) -> list[np.ndarray]:
    """W and b of each layer, for predictions: the same in every library."""
    random = np.random.default_rng(SEED)
    arrays = []
    for i, o in pairwise(sizes):
        arrays += [(random.standard_normal((i, o)) * (2 / i) ** 0.5).astype("float32"), np.zeros(o, "float32")]
    return arrays


def write(folder: Path) -> str:
    """Write everything; returns what the images are."""
    mnist, said = images()
    for name, arrays in ({"mnist": mnist} | made()).items():
        for part, values in arrays.items():
            np.save(folder / f"{name}.{part}.npy", values)
    return said


def read(folder: Path, name: str, part: str, rows: int | None = None) -> np.ndarray:
    """One array, or its first rows."""
    whole = np.load(folder / f"{name}.{part}.npy", allow_pickle=False)
    return whole if rows is None or rows == len(whole) else whole[:rows].copy()


def floats(x: np.ndarray) -> np.ndarray:
    """Bytes as float32 from 0 to 1; anything else as it is."""
    return np.multiply(x, np.float32(1 / 255), dtype="float32") if x.dtype == "uint8" else x


if __name__ == "__main__":
    print(write(Path(sys.argv[1])))
