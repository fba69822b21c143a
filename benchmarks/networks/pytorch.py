"""The networks as PyTorch's users write them: channels first, one product for q, k and v, its own fused attention."""

from __future__ import annotations

from typing import Any

import torch
from torch import nn
from torch.nn import functional

from .tasks import CONTEXT, LETTERS, PATCHES, SIGNALS, WINDOW, WORDS


class Channels(nn.Module):
    """Channels first, as its convolutions want them; the data have them last."""

    def forward(self, x: Any) -> Any:
        return x.movedim(-1, 1)


class Last(nn.Module):
    """The state after the last step."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.layer = layer

    def forward(self, x: Any) -> Any:
        return self.layer(x)[0][:, -1]


class Mean(nn.Module):
    """Over the steps."""

    def forward(self, x: Any) -> Any:
        return x.mean(1)


class Attention(nn.Module):
    def __init__(self, d: int, causal: bool) -> None:
        super().__init__()
        self.qkv, self.out, self.causal = nn.Linear(d, 3 * d), nn.Linear(d, d), causal

    def forward(self, x: Any) -> Any:
        rows, steps, d = x.shape
        q, k, v = (a.view(rows, steps, 4, d // 4).transpose(1, 2) for a in self.qkv(x).split(d, dim=2))
        y = functional.scaled_dot_product_attention(q, k, v, is_causal=self.causal)
        return self.out(y.transpose(1, 2).reshape(rows, steps, d))


class Block(nn.Module):
    def __init__(self, d: int, causal: bool) -> None:
        super().__init__()
        self.attention = nn.Sequential(nn.LayerNorm(d), Attention(d, causal))
        self.dense = nn.Sequential(nn.LayerNorm(d), nn.Linear(d, 4 * d), nn.GELU(), nn.Linear(4 * d, d))

    def forward(self, x: Any) -> Any:
        x = x + self.attention(x)
        return x + self.dense(x)


class Placed(nn.Module):
    def __init__(self, places: int, d: int) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(places, d) * 0.02)

    def forward(self, x: Any) -> Any:
        return x + self.table


class Patches(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(1, 64, 7, stride=7)

    def forward(self, x: Any) -> Any:
        return self.conv(x).flatten(2).transpose(1, 2)


class Residual(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.part = nn.Sequential(nn.Linear(256, 256), nn.ReLU(), nn.Linear(256, 256))

    def forward(self, x: Any) -> Any:
        return x + self.part(x)


class WideDeep(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.deep = nn.Sequential(nn.Linear(64, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 1))
        self.wide = nn.Linear(64, 1)

    def forward(self, x: Any) -> Any:
        return self.deep(x) + self.wide(x)


def gpt(depth: int, d: int) -> Any:
    blocks = [Block(d, causal=True) for _ in range(depth)]
    return nn.Sequential(nn.Embedding(LETTERS, d), Placed(CONTEXT, d), *blocks, nn.LayerNorm(d), nn.Linear(d, LETTERS))


def cnn() -> Any:
    layers: list[Any] = [Channels()]
    for i, o in ((3, 32), (32, 64), (64, 128)):
        layers += [nn.Conv2d(i, o, 3, padding=1, bias=False), nn.BatchNorm2d(o), nn.ReLU(), nn.MaxPool2d(2)]
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(128, 10))


NETWORKS: dict[str, Any] = {
    "lenet": lambda: nn.Sequential(
        Channels(), nn.Conv2d(1, 32, 3), nn.ReLU(), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(),
        nn.Linear(9216, 128), nn.ReLU(), nn.Linear(128, 10),
    ),
    "cnn": cnn,
    "conv1d": lambda: nn.Sequential(
        Channels(), nn.Conv1d(SIGNALS, 64, WINDOW), nn.ReLU(), nn.MaxPool1d(2), nn.Conv1d(64, 128, WINDOW), nn.ReLU(),
        nn.AdaptiveAvgPool1d(1), nn.Flatten(), nn.Linear(128, 6),
    ),
    "lstm": lambda: nn.Sequential(Last(nn.LSTM(SIGNALS, 64, batch_first=True)), nn.Linear(64, 6)),
    "gru": lambda: nn.Sequential(Last(nn.GRU(SIGNALS, 64, batch_first=True)), nn.Linear(64, 6)),
    "simple_rnn": lambda: nn.Sequential(Last(nn.RNN(SIGNALS, 64, batch_first=True)), nn.Linear(64, 6)),
    "embedding": lambda: nn.Sequential(
        nn.Embedding(WORDS, 64), Mean(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 2)
    ),
    "gpt_128": lambda: gpt(4, 128),
    "gpt_64": lambda: gpt(2, 64),
    "vit": lambda: nn.Sequential(
        Channels(), Patches(), Placed(PATCHES, 64), *(Block(64, causal=False) for _ in range(4)),
        nn.LayerNorm(64), Mean(), nn.Linear(64, 10),
    ),
    "residual": lambda: nn.Sequential(
        nn.Linear(64, 256), nn.ReLU(), *(Residual() for _ in range(3)), nn.Linear(256, 10)
    ),
    "wide_deep": WideDeep,
}  # fmt: skip
