"""The source that `pellucid export --to torch` writes: its text, and that writing it needs no PyTorch."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from exchange.of_tables import numbers, of_table, table
from exchange.torch_cases import body_of, named
from pellucid import Sequential
from pellucid import layers as L
from pellucid.actions.export import export
from pellucid.errors import FileError, InvalidArgument
from pellucid.exchange.torch.network import written
from pellucid.exchange.torch.source import source_of
from pellucid.models import Model
from pellucid.settings import set_floatx

CHAIN = '''
def build() -> nn.Module:
    """The network, with fresh weights."""
    model = nn.Sequential()
    model.add_module("hidden", nn.Linear(4, 3))
    model.add_module("hidden_relu", nn.ReLU())
    model.add_module("batch_normalization", BatchNorm(3, eps=0.001, momentum=0.01))
    model.add_module("dropout", nn.Dropout(0.5))
    model.add_module("dense", nn.Linear(3, 2, bias=False))
    for name in ['hidden.weight', 'hidden.bias']:
        model.get_parameter(name).requires_grad_(False)
    return model


def load(path: str | Path = Path(__file__).with_name("model.safetensors")) -> nn.Module:
    """The network, with its weights, ready to predict."""
    model = build()
    model.load_state_dict(load_file(path))
    return model.eval()
'''
GRAPH = """
class Network(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Module()
        self.inner.dense = nn.Linear(4, 4)
        self.inner.dense_tanh = nn.Tanh()
        self.register_buffer("constant", torch.tensor([0.1, 1.0, 2.0, 3e-08], dtype=torch.float32), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        inner_dense = self.inner.dense(x)
        inner_dense_tanh = self.inner.dense_tanh(inner_dense)
        add = inner_dense_tanh + x
        multiply = add * self.constant
        get_item = multiply[:, ::2]
        power = get_item ** 2.0
        return power
"""


def test_a_chain_reads_as_a_sequential():
    stack = [L.Dense(3, "relu", name="hidden", trainable=False), L.BatchNormalization(), L.Dropout(0.5)]
    text = source_of(written(Sequential([L.Input((4,)), *stack, L.Dense(2, use_bias=False)])), "model.safetensors")
    assert text.endswith(CHAIN)
    assert "class BatchNorm(nn.BatchNorm1d):" in text
    assert "class Sparsemax" not in text


def test_a_graph_reads_as_a_module():
    x = L.Input((4,), name="x")
    y = Sequential([L.Dense(4, "tanh", name="dense")], name="inner")(x) + x
    model = Model(x, (y * np.array([0.1, 1.0, 2.0, 3e-8], "float32"))[:, ::2] ** 2.0)
    assert GRAPH in source_of(written(model), "model.safetensors")


GOLDEN = json.loads(Path(__file__).parents[1].joinpath("golden/torch_sources.json").read_text("utf-8"))


def test_every_source_is_the_one_that_pytorch_has_run():
    """make_torch_sources.py wrote them after PyTorch had predicted with each what the network predicts."""
    set_floatx("float32")
    found = {name: body_of(source_of(written(model), "model.safetensors")) for name, model in named()}
    assert found.keys() == GOLDEN.keys()
    for name, lines in found.items():
        assert lines == GOLDEN[name], name


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    Sequential([L.Input((3,)), L.Dense(2, "relu")], seed=1).save(tmp_path / "model.keras")
    return tmp_path / "model.keras"


def test_export_writes_source_and_weights_without_pytorch(saved: Path, tmp_path: Path):
    code = (
        "import sys; sys.modules['torch'] = None; from pathlib import Path; from pellucid.actions.export import export;"
        f"export(Path({str(saved)!r}), 'torch', Path({str(tmp_path / 'out')!r}))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["model.py", "model.safetensors"]
    assert load_file(tmp_path / "out" / "model.safetensors")["dense.weight"].shape == (2, 3)
    assert export(saved, "torch", tmp_path / "out") == tmp_path / "out" / "model.py"
    path = export(saved, "safetensors", tmp_path / "weights.safetensors")
    assert path.read_bytes() == (tmp_path / "out" / "model.safetensors").read_bytes()
    with pytest.raises(FileError, match="--force"):
        export(saved, "safetensors", path)
    with pytest.raises(FileError, match="a folder"):
        export(saved, "torch", path)


def test_what_is_not_written_is_refused_by_name():
    x = L.Input((4,))
    with pytest.raises(InvalidArgument, match=r"to_torch, layer 're'.*got BatchNormalization"):
        written(Sequential([L.Input((4,)), L.BatchNormalization(renorm=True, name="re")]))
    with pytest.raises(InvalidArgument, match=r"'always'.*one called with training=True"):
        written(Model(x, L.Dropout(0.5, name="always")(x, training=True)))


def test_a_network_of_a_table_is_sent_to_forms_that_take_it(tmp_path: Path):
    model, _ = of_table(table(), numbers("price"))
    with pytest.raises(InvalidArgument, match=r"of a table's rows\. Export it with --to numpy, .*or with --to onnx"):
        written(model)
