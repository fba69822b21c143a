"""Write tests/golden/torch/: weights that PyTorch saved, and what its modules predict. Needs torch and safetensors."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import nn

HERE = Path(__file__).parent / "torch"


class Named(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.last = nn.Linear(4, 5), nn.LayerNorm(5, eps=1e-3), nn.Linear(5, 2, bias=False)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.last(torch.tanh(self.norm(self.first(x))))


def networks() -> dict[str, nn.Module]:
    torch.manual_seed(3)
    chain = nn.Sequential(nn.Linear(4, 6), nn.ReLU(), nn.BatchNorm1d(6, eps=1e-3), nn.Linear(6, 3), nn.Softmax(-1))
    for _ in range(3):
        chain(torch.randn(8, 4))  # the running averages move
    return {"sequential": chain.eval(), "named": Named().eval(), "half": nn.Sequential(nn.Linear(4, 2)).bfloat16()}


def main() -> None:
    HERE.mkdir(exist_ok=True)
    x = torch.randn(5, 4)
    found = {"x": x.tolist()}
    for name, module in networks().items():
        save_file(module.state_dict(), HERE / f"{name}.safetensors")
        with torch.no_grad():
            found[name] = module.float()(x).tolist()
    (HERE / "predictions.json").write_text(json.dumps(found) + "\n", "utf-8")


if __name__ == "__main__":
    main()
