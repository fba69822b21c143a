"""Golden ONNX files: what PyTorch, Keras and skl2onnx write for networks of our layers, and what those predict.

Run in an environment of its own, with
    pip install torch==2.13.0 keras==3.15.1 skl2onnx==1.20.0 onnxscript==0.7.2
    KERAS_BACKEND=torch python tests/golden/make_onnx.py
Writes onnx/*.onnx beside this file, and onnx/about.json: the inputs and outputs of each.
"""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import onnx
import torch
from skl2onnx import to_onnx
from sklearn.datasets import make_classification, make_multilabel_classification, make_regression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import nn
from torch.nn import functional as F

HERE = Path(__file__).parent / "onnx"
RNG = np.random.default_rng(0)
ABOUT: dict[str, Any] = {}


def told(name: str, xs: list[np.ndarray], ys: list[np.ndarray]) -> None:
    """Keep what a network predicts, and take out of its file where the source of its exporter lies."""
    proto = onnx.load(HERE / f"{name}.onnx", load_external_data=False)
    for part in [proto.graph, *proto.graph.node, *proto.graph.value_info, *proto.graph.input, *proto.graph.output]:
        part.ClearField("metadata_props")
        part.ClearField("doc_string")
    (HERE / f"{name}.onnx").write_bytes(proto.SerializeToString())
    ABOUT[name] = {"x": [x.tolist() for x in xs], "y": [np.asarray(y, "float64").round(7).tolist() for y in ys]}


# PyTorch ---------------------------------------------------------------------------------------------------------


class Activations(nn.Module):
    """Every activation that both have, side by side."""

    def __init__(self) -> None:
        super().__init__()
        self.kinds = nn.ModuleList(
            [
                nn.ReLU(), nn.ReLU6(), nn.LeakyReLU(0.1), nn.PReLU(), nn.PReLU(4), nn.ELU(0.7), nn.CELU(0.6), nn.SELU(),
                nn.Sigmoid(), nn.LogSigmoid(), nn.Tanh(), nn.Hardsigmoid(), nn.Hardswish(), nn.Hardtanh(), nn.SiLU(),
                nn.Mish(), nn.GELU(), nn.GELU("tanh"), nn.Softplus(), nn.Softsign(), nn.Softshrink(0.3),
                nn.Hardshrink(0.4), nn.Tanhshrink(), nn.Softmax(-1), nn.LogSoftmax(1),
            ]
        )  # fmt: skip

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([kind(x) for kind in self.kinds], dim=1)


class Images(nn.Module):
    """Flattened by view, then a normalized bottleneck."""

    def __init__(self) -> None:
        super().__init__()
        self.low, self.norm, self.high = nn.Linear(12, 5), nn.LayerNorm(5), nn.Linear(5, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x.view(x.size(0), -1) / 255
        return F.softmax(self.high(F.relu(self.norm(self.low(x)))), dim=1)


class Rows(nn.Module):
    """Rows of samples: batch norm over channels, RMS norm, a layer on each row, means."""

    def __init__(self) -> None:
        super().__init__()
        self.batch, self.rms, self.low = nn.BatchNorm1d(3), nn.RMSNorm(4), nn.Linear(4, 6)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        h = self.low(self.rms(self.batch(x)))
        a, b = h.chunk(2, dim=-1)
        return (a * torch.sigmoid(b)).permute(0, 2, 1).reshape(-1, 9) - h.mean(dim=1).repeat(1, 2)[:, :9]


class Several(nn.Module):
    """Two inputs and two outputs; ways that part and meet, and a layer used twice."""

    def __init__(self) -> None:
        super().__init__()
        self.a, self.b, self.shared = nn.Linear(4, 6), nn.Linear(3, 6, bias=False), nn.Linear(6, 6)
        self.out = nn.Linear(12, 2)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        p, q = torch.tanh(self.a(a)), self.b(b)
        h = self.shared(torch.maximum(p, q)) + self.shared(p * q)
        return self.out(torch.cat([h, p - q], dim=1)), F.normalize(h, dim=1)


class Pictures(nn.Module):
    """Convolutions as tutorials write them: borders, strides, groups, pools of several kinds, a view at the end."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.norm = nn.Conv2d(2, 8, 5, padding=2), nn.BatchNorm2d(8)
        self.two = nn.Conv2d(8, 8, 3, stride=2, groups=4, bias=False)
        self.three = nn.Conv2d(8, 6, (1, 2), dilation=(1, 2))
        self.out = nn.Linear(12, 3)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = F.max_pool2d(F.relu(self.norm(self.one(x))), 2)
        x = F.avg_pool2d(F.relu(self.two(F.pad(x, (1, 1, 1, 1)))), 2, 1)
        x = torch.tanh(self.three(x))
        return self.out(torch.cat([x.mean((2, 3)), F.adaptive_avg_pool2d(x, 1).flatten(1)], dim=1))


def steps() -> nn.Module:
    return nn.Sequential(
        nn.Conv1d(3, 6, 3, padding="same", dilation=2), nn.ELU(), nn.AvgPool1d(3, 2, 1), nn.MaxPool1d(3, 2, 1),
        nn.Flatten(), nn.Linear(18, 2),
    )  # fmt: skip


class Sequences(nn.Module):
    """Recurrent layers, of two layers and both ways among them."""

    def __init__(self) -> None:
        super().__init__()
        self.lstm = nn.LSTM(3, 4, num_layers=2, bidirectional=True, batch_first=True)
        self.gru, self.out = nn.GRU(8, 3, batch_first=True), nn.Linear(7, 2)

    def forward(self, x: Any) -> Any:
        y, (h, _) = self.lstm(x)
        z, _ = self.gru(y)
        return self.out(torch.cat([z[:, -1], h[-1]], dim=1)), z


def mlp() -> nn.Module:
    return nn.Sequential(
        nn.Linear(4, 8), nn.BatchNorm1d(8), nn.ReLU(), nn.Dropout(0.3), nn.Linear(8, 6), nn.Tanh(), nn.Linear(6, 3),
        nn.Softmax(dim=1),
    )  # fmt: skip


TORCH: dict[str, tuple[Callable[[], nn.Module], list[tuple[int, ...]]]] = {
    "mlp": (mlp, [(4,)]),
    "activations": (Activations, [(4,)]),
    "images": (Images, [(1, 3, 4)]),
    "rows": (Rows, [(3, 4)]),
    "several": (Several, [(4,), (3,)]),
    "pictures": (Pictures, [(2, 12, 16)]),
    "steps": (steps, [(3, 12)]),
    "sequences": (Sequences, [(6, 3)]),
}


def from_torch() -> None:
    for name, (make, shapes) in TORCH.items():
        torch.manual_seed(0)
        model = make()
        xs = [torch.randn(5, *shape) for shape in shapes]
        model(*xs)  # so that the moving averages have moved
        model.eval()
        with torch.no_grad():
            ys = model(*xs)
        for kind, dynamo in (("torch", True), ("torchscript", False)):
            if name == "rows" and not dynamo:
                continue  # its RMSNorm is none that the older exporter knows
            names = [f"in{i}" for i in range(len(xs))]
            axes: dict[str, Any] = (
                {"dynamic_shapes": tuple({0: torch.export.Dim("batch")} for _ in xs)} if dynamo
                else {"dynamic_axes": {n: {0: "batch"} for n in names}}
            )  # fmt: skip
            torch.onnx.export(
                model, tuple(xs), str(HERE / f"{kind}_{name}.onnx"), input_names=names, dynamo=dynamo,
                external_data=False, verbose=False, **axes,
            )  # fmt: skip
            outputs = ys if isinstance(ys, tuple) else [ys]
            told(f"{kind}_{name}", [x.numpy() for x in xs], [y.numpy() for y in outputs])
    torch.manual_seed(1)
    apart, x = nn.Sequential(nn.Linear(4, 40), nn.Tanh(), nn.Linear(40, 3)), torch.randn(5, 4)
    torch.onnx.export(apart, (x,), str(HERE / "torch_apart.onnx"), dynamo=True, external_data=True, verbose=False)
    told("torch_apart", [x.numpy()], [apart(x).detach().numpy()])


# Keras, on PyTorch -----------------------------------------------------------------------------------------------


def from_keras() -> None:
    keras.utils.set_random_seed(0)
    a, b = keras.Input((4,), name="a"), keras.Input((3,), name="b")
    h = keras.layers.BatchNormalization()(keras.layers.Dense(6, activation="relu")(a))
    h = keras.layers.Concatenate()([keras.layers.Dropout(0.5)(h), keras.layers.LeakyReLU()(keras.layers.Dense(6)(b))])
    h = keras.layers.Dense(8, activation="gelu")(h)
    model = keras.Model([a, b], keras.layers.Dense(3, activation="softmax", name="kind")(h))
    xs = [RNG.normal(size=(5, 4)).astype("float32"), RNG.normal(size=(5, 3)).astype("float32")]
    y = keras.ops.convert_to_numpy(model(xs))
    model.export(HERE / "keras_graph.onnx", format="onnx", verbose=False)
    told("keras_graph", xs, [y])
    pictures()


def pictures() -> None:
    """Convolutions whose channels are last."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    stack = [
        keras.Input((9, 8, 2)), layers.Conv2D(6, 3, padding="same", activation="relu"), layers.BatchNormalization(),
        layers.MaxPooling2D(2, padding="same"), layers.Conv2D(8, 3, strides=2, padding="same", activation="tanh"),
        layers.AveragePooling2D(2, 1), layers.Conv2D(4, 1, groups=2), layers.Flatten(), layers.Dense(3, "softmax"),
    ]  # fmt: skip
    model = keras.Sequential(stack)
    x = RNG.normal(size=(5, 9, 8, 2)).astype("float32")
    y = keras.ops.convert_to_numpy(model(x))
    model.export(HERE / "keras_pictures.onnx", format="onnx", verbose=False)
    told("keras_pictures", [x], [y])


# scikit-learn ----------------------------------------------------------------------------------------------------


def from_sklearn() -> None:
    kinds = make_classification(60, 4, n_informative=3, n_redundant=0, n_classes=3, random_state=0)
    two = make_classification(60, 4, random_state=1)
    marks = make_multilabel_classification(60, 4, n_classes=3, random_state=0)
    real = make_regression(60, 4, random_state=0)
    plain = {"zipmap": False}
    rows = [
        ("classes", MLPClassifier((5, 6), random_state=0), kinds, plain),
        ("names", MLPClassifier((5,), "tanh", random_state=0), (kinds[0], np.array(["x", "y", "z"])[kinds[1]]), {}),
        ("binary", MLPClassifier((5,), "logistic", random_state=0), two, plain),
        ("multilabel", MLPClassifier((5,), random_state=0), marks, plain),
        ("regressor", MLPRegressor(hidden_layer_sizes=(5,), random_state=0), real, None),
        ("pipeline", make_pipeline(StandardScaler(), MLPClassifier((5,), random_state=0)), kinds, plain),
    ]
    for name, model, (x, y), options in rows:
        x = x.astype("float32")
        model.fit(x, y)
        given = {"options": {id(model): options}} if options is not None else {}
        proto = to_onnx(model, x[:1], **given)
        onnx.save(proto, HERE / f"sklearn_{name}.onnx")
        predict = model.predict_proba if hasattr(model, "predict_proba") else model.predict
        told(f"sklearn_{name}", [x[:5]], [predict(x[:5])])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    HERE.mkdir(exist_ok=True)
    from_torch()
    from_keras()
    from_sklearn()
    (HERE / "about.json").write_text(json.dumps(ABOUT) + "\n")
