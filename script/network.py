"""The network "functional", taken out of Pellucid 0.1.0: NumPy alone, every step in the open.

           x1     (B, 4)
           x2     (B, 2)
    dense  Dense  (B, 1)  5 parameters  of x1

Not compiled: it predicts, and does not train.
network.npz, beside this file, holds what it has learned.

    python network.py data.npz                    predictions for the arrays x1 and x2 in a file
    from network import predict
"""

import sys
from pathlib import Path

import numpy as np

DTYPE = np.float32
SHAPES = [(4,), (2,)]  # of one sample
WEIGHTS = Path(__file__).with_name("network.npz")


# The network ----------------------------------------------------------------------------------------------------------


def forward(p, x):
    """(h1, what is needed on the way back)."""
    x1, x2 = x
    # dense
    h1 = x1 @ p["dense/kernel"] + p["dense/bias"]  # (B, 1)
    cache = ()
    return h1, cache


# Its use --------------------------------------------------------------------------------------------------------------


def predict(x):
    """The outputs (B, 1) for x (B, 4) and (B, 2), in this order: input_layer, input_layer_1."""
    x = [np.asarray(part, DTYPE) for part in x]
    if [part.shape[1:] for part in x] != SHAPES:
        got = [part.shape for part in x]
        raise ValueError(f"x: expected shapes {[(None, *shape) for shape in SHAPES]}, got {got}.")
    h1, _ = forward(p, x)
    return h1


def load(path):
    """The parameters in a file, by name."""
    with np.load(path, allow_pickle=False) as file:
        return {entry.removeprefix("p/"): file[entry] for entry in file.files}


p = load(WEIGHTS)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(f"Use: python {sys.argv[0]} data.npz, a file with arrays x1 and x2")
    try:
        with np.load(sys.argv[1], allow_pickle=False) as data:
            y = predict([data["x1"], data["x2"]])
    except (OSError, KeyError, ValueError) as problem:
        sys.exit(f"{sys.argv[1]}: {problem}")
    np.savetxt(sys.stdout, y.reshape(len(y), -1), fmt="%.6g", delimiter=",")
