"""Writes ops.json: what Keras's ops give for the rows of tests/ops/rows.py, and how it saves them in a graph.

Run: JAX_ENABLE_X64=1 KERAS_BACKEND=jax PYTHONPATH=tests python tests/golden/make_ops.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import keras
import numpy as np

from ops.rows import IDS, ROWS, B, Row


def plain(y: Any) -> Any:
    """A result as JSON can hold it."""
    if isinstance(y, list | tuple) and any(hasattr(one, "shape") for one in y):
        return [plain(one) for one in y]
    array = np.asarray(y)
    return array.tolist() if array.dtype.kind != "f" else np.round(array, 8).tolist()


def given(row: Row) -> Any:
    """What Keras's op gives. Its pools lose their way on JAX where the size is a tuple and strides are not told."""
    told = {"strides": row.args[1]} if row.name in ("max_pool", "average_pool") and len(row.args) > 1 else {}
    return getattr(keras.ops, row.name)(*row.args, **{**told, **row.options})


def saved(row: Row) -> Any:
    """The ops of a graph of this row, as Keras saves them; a tensor is the place it comes from."""
    inputs: list[Any] = []

    def tensor(value: Any) -> Any:
        if isinstance(value, list) and any(isinstance(one, np.ndarray) for one in value):
            return [tensor(one) for one in value]
        if not isinstance(value, np.ndarray) or value.shape[:1] != (B,):
            return value
        inputs.append(keras.Input(value.shape[1:], dtype=value.dtype.name, name=f"x{len(inputs)}"))
        return inputs[-1]

    args = [tensor(one) for one in row.args]
    options = {key: tensor(one) for key, one in row.options.items()}
    model = keras.Model(inputs, getattr(keras.ops, row.name)(*args, **options))
    layers = json.loads(model.to_json())["config"]["layers"]
    return [short(layer) for layer in layers if layer["class_name"] != "InputLayer"]


def short(part: Any) -> Any:
    """A saved form without what nobody reads."""
    if isinstance(part, list):
        return [short(one) for one in part]
    if not isinstance(part, dict):
        return round(part, 8) if isinstance(part, float) else part
    if part.get("class_name") == "__keras_tensor__":
        return {"class_name": "__keras_tensor__", "config": {"keras_history": part["config"]["keras_history"]}}
    return {key: short(one) for key, one in part.items() if key not in ("registered_name", "build_config")}


if __name__ == "__main__":
    keras.config.set_floatx("float64")
    found: dict[str, Any] = {}
    for name, row in zip(IDS, ROWS, strict=True):
        keras.backend.clear_session()
        found[name] = {}
        if row.keras:
            found[name]["y"] = plain(given(row))
        if row.batch == "rows" and row.keras:
            try:
                found[name]["saved"] = saved(row)
            except (ValueError, TypeError) as problem:  # Keras has it for arrays only
                print(name, "on tensors:", str(problem).splitlines()[0])
    lines = [f"{json.dumps(name)}: {json.dumps(one)}" for name, one in found.items()]
    Path(__file__).with_name("ops.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
