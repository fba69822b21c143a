"""Writes torch_layers.json: what PyTorch computes, in float64, for the layers of torch_cases.py, forward and backward.

Run it where torch can be imported: PYTHONPATH=tests python tests/golden/make_torch_layers.py
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import torch

from golden.torch_cases import CASES, Case, begun, given, numbers


def short(a: Any) -> Any:
    return np.round(a.detach().numpy(), 11).tolist()


def found(case: Case) -> dict[str, Any]:
    there = case.there(torch).double()
    names, parameters = zip(*there.named_parameters(), strict=True) if list(there.parameters()) else ((), ())
    weights = begun(case, names, [tuple(p.shape) for p in parameters])
    for parameter, value in zip(parameters, weights, strict=True):
        parameter.data = torch.tensor(value)
    x = torch.tensor(given(case), requires_grad=not case.words)
    y = there(x)
    assert y.dtype == torch.float64
    (y * torch.tensor(numbers(tuple(y.shape), 1))).sum().backward()
    return {
        "weights": [[name, list(p.shape)] for name, p in zip(names, parameters, strict=True)], "y": short(y),
        "dx": None if x.grad is None else short(x.grad), "gradients": [short(p.grad) for p in parameters],
    }  # fmt: skip


if __name__ == "__main__":
    lines = [f"{json.dumps(name)}:{json.dumps(found(case), separators=(',', ':'))}" for name, case in CASES.items()]
    path = Path(__file__).with_name("torch_layers.json")
    path.write_text("{" + ",\n".join(lines) + "}\n")
    print(path, path.stat().st_size)
