"""What looking costs: training with `Probes` beside training without, in turns.

PELLUCID_DATA=... python -m benchmarks.probes
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np

from pellucid import Sequential, datasets
from pellucid.callbacks import Probes
from pellucid.layers import Dense, Flatten, Rescaling

ROUNDS = 5
NETWORKS = {  # data: (largest value, batch, epochs)
    "mnist": (255, 32, 10),
    "digits": (16, 32, 98),
}


def fitting(data: str, *, probes: bool) -> Callable[[], float]:
    """A function that trains a fresh network and returns the seconds that `fit` took."""
    largest, batch, epochs = NETWORKS[data]
    (x, y), _ = datasets.load(data)

    def fit() -> float:
        front = [Flatten(input_shape=x.shape[1:]), Rescaling(1 / largest)]
        model = Sequential([*front, Dense(128, activation="relu"), Dense(10, activation="softmax")], seed=0)
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        model.train_on_batch(x[:batch], y[:batch])  # what is lowered once is not counted
        held = x[:1000], y[:1000]
        began = time.perf_counter()
        callbacks = [Probes()] if probes else []
        model.fit(x, y, batch_size=batch, epochs=epochs, validation_data=held, verbose=0, callbacks=callbacks)
        return time.perf_counter() - began

    return fit


def ratios(data: str) -> list[float]:
    """Time with probes by time without, in each round; each begins with the other one."""
    plain, looking = fitting(data, probes=False), fitting(data, probes=True)
    plain(), looking()
    found = []
    for i in range(ROUNDS):
        order = [plain, looking] if i % 2 else [looking, plain]
        seconds = {fit: fit() for fit in order}
        found.append(seconds[looking] / seconds[plain])
    return found


def main() -> None:
    for data in NETWORKS:
        found = ratios(data)
        low, high = np.min(found), np.max(found)
        print(f"{data}: {statistics.median(found):.3f} times as long ({low:.3f} to {high:.3f}, {ROUNDS} rounds)")


if __name__ == "__main__":
    main()
