"""Writes masks.json: Keras's numbers for the networks of tests/compat/masked.py. Run with KERAS_BACKEND=jax."""

from __future__ import annotations

import json
from pathlib import Path

import keras
import numpy as np

from compat.masked import cases, trained

found = {}
for name, case in cases(keras).items():
    model, history = trained(keras, case)
    weights = [np.asarray(w).tolist() for w in model.get_weights()]
    found[name] = {"history": {key: [float(v) for v in vs] for key, vs in history.items()}, "weights": weights}
Path(__file__).with_name("masks.json").write_text(json.dumps(found))
