"""The sources that are written for PyTorch, each after PyTorch has predicted with it what the network predicts.

Needs PyTorch. From the folder tests: python -m golden.make_torch_sources
"""

from __future__ import annotations

import importlib.util
import json
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch

from exchange.torch_cases import body_of, named
from pellucid.exchange.torch.file import write
from pellucid.rng import Key


def checked(name: str, model: Any, folder: Path) -> list[str]:
    """The source of one, after it has run."""
    path = write(model, folder)
    spec = importlib.util.spec_from_file_location("written", path)
    home = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(home)
    x = Key(8).normal((5, *model.shape)).astype(model.input_dtypes[0])
    if names := next((layer.names for layer in model.layers if layer.names), 0):
        x = np.floor(x * 1e3) % names
    with torch.no_grad():
        found = home.load()(torch.tensor(x))
    np.testing.assert_allclose(found, model.predict(x, verbose=0), rtol=1e-5, atol=1e-5, err_msg=name)
    return body_of(path.read_text("utf-8"))


def main() -> None:
    sources = {}
    for name, model in named():
        with tempfile.TemporaryDirectory() as folder:
            sources[name] = checked(name, model, Path(folder))
    path = Path(__file__).with_name("torch_sources.json")
    path.write_text(json.dumps(sources, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
