"""Writes the package's digits.npz from scikit-learn's copy: python tests/golden/make_digits.py (needs scikit-learn)."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

TARGET = Path(__file__).parents[2] / "src/pellucid/data/datasets/digits.npz"

if __name__ == "__main__":
    digits = load_digits()
    np.savez_compressed(TARGET, x=digits.images.astype(np.uint8), y=digits.target.astype(np.uint8))
