"""to_torch, the written source and from_torch: PyTorch predicts and trains as the model does, for every layer,
activation and kind of graph, and the way back. Skipped where PyTorch is missing."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings

torch = pytest.importorskip("torch", reason="PyTorch is not installed")

from exchange import encodings, sequences, unwritten  # noqa: E402
from exchange.networks import Case  # noqa: E402
from exchange.shown import JOINED, OPS_SHOWN, X3, Gated, OwnNet, rows_for  # noqa: E402
from exchange.torch_cases import MORE_OPS, SHOWN_BY_OTHERS, cases  # noqa: E402
from laws.graphs import CLASSES, X, built, dense_net, graphs, heads, residual, unjoined  # noqa: E402
from pellucid import Sequential, activations, ops, optimizers  # noqa: E402
from pellucid import layers as L  # noqa: E402
from pellucid.errors import InvalidArgument, WrongType  # noqa: E402
from pellucid.exchange.safetensors.names import TAKEN, clean, layout  # noqa: E402
from pellucid.exchange.torch.activations import MODULES  # noqa: E402
from pellucid.exchange.torch.file import write  # noqa: E402
from pellucid.exchange.torch.ops import OPS  # noqa: E402
from pellucid.exchange.torch.writer import EMITTERS  # noqa: E402
from pellucid.layers.penalties import penalised  # noqa: E402
from pellucid.models import Model, from_torch  # noqa: E402
from pellucid.rng import Key  # noqa: E402
from pellucid.settings import set_floatx  # noqa: E402

nn = torch.nn
CASES = cases()
every_case = pytest.mark.parametrize("case", CASES, ids=[case.name for case in CASES])
numbers = itertools.count()


def flat(found: Any) -> list[Any]:
    return (
        list(found.values()) if isinstance(found, dict) else list(found) if isinstance(found, list | tuple) else [found]
    )


def run(module: Any, xs: list[np.ndarray]) -> list[np.ndarray]:
    with torch.no_grad():
        return [y.numpy() for y in flat(module(*map(torch.tensor, xs)))]


def loaded(source: Path) -> Any:
    """The module of a written source, as its user imports it."""
    spec = importlib.util.spec_from_file_location(f"written_{next(numbers)}", source)
    home = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(home)
    return home.load()


def agrees(model: Model, xs: list[np.ndarray], folder: Path | None = None) -> Any:
    """That PyTorch predicts the same, the written source too where a folder is given; returns the module."""
    module = model.to_torch()
    wanted = flat(model.predict(xs if len(xs) > 1 else xs[0], verbose=0))
    for y, mine in zip(run(module, xs), wanted, strict=True):
        assert (y.dtype, y.shape) == (mine.dtype, mine.shape)
        np.testing.assert_allclose(y, mine, rtol=1e-5, atol=1e-5)
    if folder:
        twin = loaded(write(model, folder))
        for y, mine in zip(run(twin, xs), run(module, xs), strict=True):
            np.testing.assert_allclose(y, mine, rtol=1e-6, atol=1e-7)
        trained = [{name: p.requires_grad for name, p in one.named_parameters()} for one in (twin, module)]
        assert trained[0] == trained[1]
        assert twin.state_dict().keys() == module.state_dict().keys()
    return module


@every_case
def test_every_layer_activation_and_nest_predicts_the_same_and_comes_back(case: Case, tmp_path: Path):
    x = case.x[0].astype(case.model.dtype)
    module = agrees(case.model, [x], tmp_path)
    alone = L.EinsumDense | L.SpectralNormalization
    if any(isinstance(layer, alone) for layer in case.model.layers):  # which have weights that are no nn.Module's
        with pytest.raises(InvalidArgument, match=r"parameters of modules of torch\.nn"):
            from_torch(module, case.model.shape)
        return
    again = from_torch(module, case.model.shape)
    np.testing.assert_allclose(again.predict(x, verbose=0), case.model.predict(x, verbose=0), rtol=1e-5, atol=1e-5)
    assert again.count_params() == case.model.count_params()


NOISE = (
    L.AlphaDropout, L.Dropout, L.GaussianDropout, L.GaussianNoise, L.SpatialDropout1D, L.SpatialDropout2D,
    L.SpatialDropout3D,
)  # fmt: skip
STILL = [
    case
    for case in CASES
    if not any(isinstance(layer, NOISE) or getattr(layer, "dropout", 0) for layer in case.model.wiring.owners.values())
    and case.model.trained_names() and not penalised(case.model) and not case.model.constraints()
    and not any(isinstance(layer, L.ActivityRegularization) for layer in case.model.wiring.owners.values())
]  # fmt: skip


@pytest.mark.parametrize("case", STILL, ids=[case.name for case in STILL])
def test_the_same_steps_of_sgd_give_the_same_weights(case: Case):
    model = case.model
    model.compile(optimizers.SGD(0.05, momentum=0.9), "mse", run_eagerly=True)
    module = model.to_torch().train()
    follows(model, module, [case.x[i] for i in range(len(case.x))], [case.y[i] for i in range(len(case.y))])


def follows(model: Model, module: Any, xs: Any, ys: Any) -> None:
    """That SGD takes the module where it takes the model, running averages included."""
    rule = torch.optim.SGD([p for p in module.parameters() if p.requires_grad], lr=0.05, momentum=0.9)
    for x, y in zip(xs, ys, strict=True):
        x, y = x.astype(model.dtype), y.astype(model.dtype).reshape(-1, *model.output_shape[1:])
        model.train_on_batch(x, y)
        rule.zero_grad()
        nn.functional.mse_loss(module(torch.tensor(x)), torch.tensor(y)).backward()
        rule.step()
    state = module.state_dict()
    for name, place in layout(model).items():
        np.testing.assert_allclose(state[name].numpy(), place.value, rtol=2e-4, atol=2e-5, err_msg=name)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", OPS_SHOWN)
def test_every_op_predicts_the_same(name: str, dtype: str, tmp_path: Path):
    set_floatx(dtype)
    x = L.Input((3, 4))
    agrees(Model(x, OPS_SHOWN[name](L.Rescaling(2.0)(x))), [X3.astype(dtype)], tmp_path)


@pytest.mark.parametrize("name", MORE_OPS)
def test_ops_that_onnx_lacks_predict_the_same(name: str, tmp_path: Path):
    x = L.Input((3, 4))
    agrees(Model(x, MORE_OPS[name](L.Rescaling(2.0)(x))), [X3], tmp_path)


def test_attention_of_several_heads(tmp_path: Path):
    agrees(heads(), [Key(2).normal((9, 5, 4))], tmp_path)
    x = L.Input((5, 4))  # nothing is hidden
    agrees(Model(x, L.MultiHeadAttention(2, 3)(x, x), seed=7), [Key(2).normal((9, 5, 4))], tmp_path / "all")


SEQUENCES = sequences.PLAIN | sequences.MASKED | sequences.STEPPED | sequences.RANDOM


@pytest.mark.parametrize("name", SEQUENCES)
def test_sequences_and_their_masks_predict_the_same(name: str, tmp_path: Path):
    model = SEQUENCES[name]()
    agrees(model, sequences.inputs(model), tmp_path)


@pytest.mark.parametrize("name", [*sequences.PLAIN, *(name for name in sequences.MASKED if "cells" not in name)])
def test_sequences_come_back(name: str):
    model = SEQUENCES[name]()
    xs = sequences.inputs(model)
    again = from_torch(model.to_torch(), model.sample_shapes)
    assert again.count_params() == model.count_params()
    wanted, found = (flat(one.predict(xs if len(xs) > 1 else xs[0], verbose=0)) for one in (model, again))
    for y, mine in zip(found, wanted, strict=True):
        np.testing.assert_allclose(y, mine, rtol=1e-5, atol=1e-5)


def test_cells_are_not_read():
    with pytest.raises(InvalidArgument, match=r"'rnn.zeros.*expected recurrence by a layer, got states of cells"):
        from_torch(SEQUENCES["cells backwards"]().to_torch(), (5, 3))


ENCODINGS = encodings.written("torch")


@pytest.mark.parametrize("name", ENCODINGS)
def test_categories_predict_the_same(name: str, tmp_path: Path):
    make, xs = ENCODINGS[name]
    agrees(make(), xs, tmp_path)


@pytest.mark.parametrize("mode", encodings.BEYOND)
def test_a_number_beyond_a_table_makes_its_vector_nan(mode: str):
    make, xs = encodings.one(encodings.BEYOND[mode], [[1, 4], [2, 3], [-1, 0]])
    (y,) = run(make().to_torch(), xs)
    beyond = (xs[0] < 0) | (xs[0] > 3) if mode == "one_hot" else np.array([True, False, True])
    np.testing.assert_array_equal(np.isnan(y), np.broadcast_to(beyond[..., None], y.shape))
    np.testing.assert_array_equal(y[1], encodings.BEYOND[mode]()(xs[0][1:2])[0])


def test_bins_come_back():
    make, xs = ENCODINGS["bins"]
    again = from_torch(make().to_torch(), (2,))
    np.testing.assert_array_equal(again.predict(xs[0], verbose=0), make().predict(xs[0], verbose=0))
    with pytest.raises(InvalidArgument, match=r"'searchsorted'.*expected a module or function that is read"):
        from_torch(ENCODINGS["remainders"][0]().to_torch(), (3,))


TRAINED = [
    "convolved series",
    "convolved pictures",
    "lstm last",
    "gru sequences backwards",
    "gru before last",
    "simple last",
    "lstm masked last",
]


@pytest.mark.parametrize("name", TRAINED)
def test_recurrent_layers_train_the_same(name: str):
    model = SEQUENCES[name]()
    model.compile(optimizers.SGD(0.05, momentum=0.9), "mse", run_eagerly=True)
    (x,) = sequences.inputs(model)
    follows(model, model.to_torch().train(), [x, -x, x], [Key(9).normal(model.predict(x, verbose=0).shape)] * 3)


def test_dropout_of_a_recurrent_layer_is_the_same_at_all_steps():
    model = Sequential([L.Input((9, 4)), L.LSTM(5, dropout=0.5, recurrent_dropout=0.4, return_sequences=True)], seed=0)
    module, x = model.to_torch(), torch.ones(1, 9, 4)
    assert torch.equal(module(x)[0], module(x)[0])
    once, again = (module.train()(x)[0] for _ in range(2))
    assert not torch.equal(once, again)
    part = next(one for one in module.modules() if type(one).__name__ == "Recurrence")
    kept = part.drawn(torch.ones(1000, 1, 4), 0.4, 3)
    assert torch.stack(kept).unique().tolist() == pytest.approx([0.0, 1 / 0.6])


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("kind", ["LSTM", "GRU", "RNN"])
def test_recurrent_layers_of_several_layers_and_ways_are_read(kind: str, bidirectional: bool):
    class Last(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            told = {"num_layers": 2, "batch_first": True, "bidirectional": bidirectional, "dropout": 0.2}
            self.inner, self.out = getattr(nn, kind)(3, 4, **told), nn.Linear(4, 2)

        def forward(self, x: Any) -> Any:
            y, ends = self.inner(x)
            h = ends[0] if kind == "LSTM" else ends
            return y, self.out(h[-1])

    torch.manual_seed(3)
    module = Last().eval()
    x = Key(4).normal((6, 5, 3))
    model = from_torch(module, (5, 3))
    assert model.count_params() < sum(p.numel() for p in module.parameters()) + (kind == "GRU")
    for mine, theirs in zip(model.predict(x, verbose=0), run(module, [x]), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-5, atol=1e-6)


def test_every_op_that_is_written_is_shown():
    assert set(OPS) - set(OPS_SHOWN) - set(MORE_OPS) <= SHOWN_BY_OTHERS


def test_a_form_of_an_op_that_is_not_written_is_refused_by_name():
    x = L.Input((3,))
    with pytest.raises(InvalidArgument, match=r"to_torch, layer 'pad.*got y = pad\("):
        Model(x, ops.pad(x, ((0, 0), (1, 1)), "reflect")).to_torch()


def test_every_layer_and_activation_is_written():
    assert unwritten.written_by(EMITTERS) == unwritten.WRITTEN["torch"]
    assert set(MODULES) == {make().name for make in activations.activations.names.values()}


@pytest.mark.parametrize(("name", "make"), unwritten.unwritten("torch"))
def test_a_layer_that_is_not_written_is_refused_by_name(name: str, make: Callable[[], Model]):
    with pytest.raises(
        InvalidArgument, match=f"to_torch, layer '{name}': expected a kind of layer.*(behind|in front of) that"
    ):
        make().to_torch()


@pytest.mark.parametrize("make", [residual, dense_net, unjoined])
def test_graphs_predict_the_same_and_come_back(make: Callable[[], Model], tmp_path: Path):
    model = make()
    model.fit(X, CLASSES, epochs=1, verbose=0)
    again = from_torch(agrees(model, [X], tmp_path), (4,))
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-5)


@settings(max_examples=25)
@given(graphs())
def test_any_graph_predicts_the_same_and_comes_back(steps: list[tuple[str, list[int]]]):
    model = built(steps)
    model.fit(X, CLASSES, epochs=1, verbose=0)
    again = from_torch(agrees(model, [X]), (4,))
    np.testing.assert_allclose(again.predict(X, verbose=0), model.predict(X, verbose=0), rtol=1e-5, atol=1e-5)


@settings(max_examples=25)
@given(graphs())
def test_any_graph_without_noise_trains_the_same(steps: list[tuple[str, list[int]]]):
    model = built(steps if all(kind != "noise" for kind, _ in steps) else [])
    model.compile(optimizers.SGD(0.05, momentum=0.9), "mse", run_eagerly=True)
    follows(model, model.to_torch().train(), [X, -X], [np.eye(3)[CLASSES]] * 2)


@pytest.mark.parametrize("name", JOINED)
def test_layers_that_join_predict_the_same(name: str, tmp_path: Path):
    model = JOINED[name]()
    agrees(model, rows_for(model), tmp_path)


def test_a_chain_is_an_nn_sequential_with_the_layers_names():
    model = Sequential([L.Input((4,)), L.Dense(3, "relu", name="in"), L.Dropout(0.5), L.Dense(2, name="out")], seed=0)
    module = model.to_torch()
    assert type(module) is nn.Sequential
    assert [(name, type(part)) for name, part in module.named_children()] == [
        ("in_", nn.Linear), ("in__relu", nn.ReLU), ("dropout", nn.Dropout), ("out", nn.Linear),
    ]  # fmt: skip
    assert not module.training


def test_outputs_keep_their_form(tmp_path: Path):
    a, b = L.Input((4,), name="left"), L.Input((4,), name="right")
    shared = L.Dense(3, activation="relu", name="shared")
    model = Model({"l": a, "r": b}, {"sum": L.Add()([shared(a), shared(b)]), "l": shared(a)}, seed=0)
    wanted = model.predict({"l": X, "r": -X}, verbose=0)
    for module in (model.to_torch(), loaded(write(model, tmp_path))):
        found = module(torch.tensor(X), torch.tensor(-X))
        assert list(found) == ["sum", "l"]
        for name, y in found.items():
            np.testing.assert_allclose(y.detach().numpy(), wanted[name], rtol=1e-5, atol=1e-6)
    assert sorted(model.to_torch().state_dict()) == ["shared.bias", "shared.weight"]


def test_whole_numbers_come_as_they_are_declared(tmp_path: Path):
    x = L.Input((3,), dtype="int32")
    model = Model(x, [x // 2, L.Dense(2)(x), ops.one_hot(x, 4), L.Flatten()(x)], seed=0)
    agrees(model, [np.arange(6, dtype="int32").reshape(2, 3)], tmp_path)


def test_layers_and_models_of_one_s_own_that_write_call_predict_the_same(tmp_path: Path):
    x = L.Input((4,))
    graph = Model(x, L.Lambda(lambda h: h * 2.0)(Gated(3)(Gated(4)(x))), seed=0)
    own = OwnNet()
    own(X)
    for model in (graph, own):
        agrees(model, [X], tmp_path)
    assert {"gated.scale", "own.offset"} <= {*graph.to_torch().state_dict(), *own.to_torch().state_dict()}


def test_steps_that_are_masked_are_zeros():
    with pytest.warns(UserWarning, match="which it does not pass on"):
        model = Sequential([L.Input((3, 4)), L.Masking(2.0), L.Flatten(), L.Dense(2)], seed=0)
    x = X3.copy()
    x[1, 2], x[2, 0] = 2.0, 0.0
    agrees(model, [x])


def test_what_trains_differently_is_refused_by_name():
    x = L.Input((4,))
    noisy = Model(x, L.Dropout(0.5, name="always")(x, training=True))
    renorm = Sequential([L.Input((4,)), L.BatchNormalization(renorm=True, name="re")])
    spectral = Sequential([L.Input((4, 2)), L.SpectralNormalization(L.DepthwiseConv1D(2, name="deep"))])
    told_of = [
        (noisy, "'always'.*training=True"),
        (renorm, "'re'.*BatchNormalization"),
        (spectral, "deep'.*got Spectral"),
    ]
    for model, told in told_of:
        with pytest.raises(InvalidArgument, match=told):
            model.to_torch()


def test_no_name_is_taken_and_none_becomes_code(tmp_path: Path):
    assert {name for name in dir(nn.Module()) if not name.startswith(("_", "register_"))} <= TAKEN
    assert all(clean(name) not in dir(nn.Module()) for name in dir(nn.Module()))
    evil = 'x"); raise SystemExit(1) #'
    x = L.Input((4,), name=evil)
    model = Model(x, L.Dense(2, name=evil[::-1])(x) * 2.0, name=evil * 2, seed=0)
    agrees(model, [X], tmp_path)
    assert "SystemExit(1)" not in (tmp_path / "model.py").read_text("utf-8")


# From PyTorch ----------------------------------------------------------------------------------------------------


class Residual(nn.Module):
    """What people write: ways that part and meet, functions, sizes asked of the data, modules in modules."""

    def __init__(self) -> None:
        super().__init__()
        self.blocks = nn.Sequential(nn.Linear(12, 12), nn.BatchNorm1d(12), nn.ReLU(inplace=True))
        self.shared, self.head = nn.Linear(12, 12), nn.ModuleList([nn.Linear(24, 6)])
        self.register_buffer("scale", torch.full((1, 12), 0.5))

    def forward(self, x: Any) -> Any:
        x = x.view(x.size(0), -1)
        y = self.blocks(x) * self.scale + x
        y += torch.sigmoid(self.shared(self.shared(y)))
        y = torch.cat([y, x.clamp(min=0)], dim=1)
        y = nn.functional.dropout(self.head[0](y), 0.3, training=self.training)
        y = torch.tanh(y).reshape(x.shape[0], 2, 3).mean(dim=1, keepdim=True).squeeze(1)
        return nn.functional.softmax(y * 2 - 1, dim=-1) if not self.training else y


def test_a_functional_graph_predicts_the_same_and_is_left_as_it_was():
    torch.manual_seed(0)
    module = Residual()
    module.head.eval()
    before = [one.training for one in module.modules()]
    model = from_torch(module, (3, 4))
    assert [one.training for one in module.modules()] == before
    module.eval()
    np.testing.assert_allclose(model.predict(X3, verbose=0), run(module, [X3])[0], rtol=1e-5, atol=1e-6)
    assert {"blocks.0", "shared", "head.0"} <= {layer.name for layer in model.layers}
    assert any(isinstance(layer, L.Dropout) for layer in model.layers)


def test_weights_of_a_model_that_was_read_go_back_into_the_module(tmp_path: Path):
    from safetensors.torch import load_file

    module = Residual()
    model = from_torch(module, (3, 4))
    model.compile("sgd", "mse")
    model.fit(X3, np.zeros((5, 3)), epochs=2, verbose=0)
    model.save_weights(tmp_path / "x.safetensors")
    module.load_state_dict(load_file(tmp_path / "x.safetensors"), strict=False)
    np.testing.assert_allclose(run(module.eval(), [X3])[0], model.predict(X3, verbose=0), rtol=1e-5, atol=1e-6)


MODULES_READ = {  # with the shape of a sample
    "conventions": (lambda: nn.Sequential(nn.Linear(4, 6), nn.BatchNorm1d(6, eps=1e-2, momentum=0.3)), (4,)),
    "channels": (lambda: nn.BatchNorm1d(3), (3, 4)),
    "not affine": (lambda: nn.BatchNorm2d(3, affine=False), (3, 4, 2)),
    "rms norm": (lambda: nn.RMSNorm(4), (3, 4)),
    "layer norm": (lambda: nn.LayerNorm((3, 4)), (3, 4)),
    "flat": (lambda: nn.Sequential(nn.Flatten(), nn.Unflatten(1, (2, -1)), nn.Flatten(1, 2)), (3, 4)),
    "prelu": (lambda: nn.Sequential(nn.PReLU(), nn.Flatten(), nn.PReLU(12)), (3, 4)),
    "prelu of channels": (lambda: nn.PReLU(3), (3, 4)),
    "hardtanh": (lambda: nn.Sequential(nn.Hardtanh(0.0, 0.4), nn.Hardtanh()), (4,)),
    "convolutions": (
        lambda: nn.Sequential(
            nn.Conv2d(3, 8, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Dropout2d(0.2),
            nn.Conv2d(8, 6, (3, 2), 2),
            nn.BatchNorm2d(6),
            nn.AvgPool2d(2),
            nn.Flatten(),
            nn.Linear(6, 4),
        ),
        (3, 12, 11),
    ),
    "a border of one at a stride of two": (lambda: nn.Conv2d(2, 4, 3, 2, 1), (2, 6, 7)),
    "a border on both sides of few steps": (lambda: nn.Conv1d(4, 4, 5, 1, 3, groups=2, bias=False), (4, 3)),
    "padding='same'": (lambda: nn.Conv3d(2, 3, (1, 3, 3), padding="same", dilation=(1, 2, 1)), (2, 2, 5, 4)),
    "border as layers": (lambda: nn.Sequential(nn.ZeroPad2d((0, 1, 1, 2)), nn.Conv2d(2, 3, 2)), (2, 3, 3)),
    "causal": (lambda: nn.Sequential(nn.ZeroPad1d((4, 0)), nn.Conv1d(2, 3, 3, dilation=2)), (2, 6)),
    "pools up to the edge": (
        lambda: nn.Sequential(nn.MaxPool2d(3, 2, 1, ceil_mode=True), nn.AvgPool2d(2, ceil_mode=True)),
        (2, 8, 9),
    ),
    "pools of a border": (
        lambda: nn.Sequential(nn.MaxPool1d(4, 1, 2), nn.AvgPool1d(3, 2, 1), nn.AvgPool1d(3, 1, 1, False, False)),
        (2, 7),
    ),
    "pools of volumes": (lambda: nn.Sequential(nn.MaxPool3d((1, 2, 2)), nn.AvgPool3d(2, 1)), (2, 3, 6, 5)),
    "all of a picture": (
        lambda: nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Unflatten(1, (3, 1)), nn.AdaptiveMaxPool1d(1)),
        (3, 4, 5),
    ),
    "double": (lambda: nn.Linear(4, 2).double(), (4,)),
    "empty": (lambda: nn.Sequential(), (4,)),
}


@pytest.mark.parametrize("name", MODULES_READ)
def test_modules_predict_the_same(name: str):
    torch.manual_seed(1)
    make, shape = MODULES_READ[name]
    module = make()
    x = Key(5).normal((6, *shape))
    x = x.astype("float64") if name == "double" else x
    module(torch.tensor(x))
    model = from_torch(module, shape)
    np.testing.assert_allclose(model.predict(x, verbose=0), run(module.eval(), [x])[0], rtol=1e-5, atol=1e-6)


class Doubled(nn.Module):
    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Any) -> Any:
        return self.function(x)


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (
            lambda: nn.Sequential(nn.Conv1d(3, 3, 2, padding=1, padding_mode="reflect")),
            "a border of zeros, got reflect",
        ),
        (lambda: nn.MaxPool1d(2, dilation=2), "windows without gaps"),
        (lambda: nn.AvgPool1d(3, 2, 1, ceil_mode=True), "all windows stay within"),
        (lambda: nn.LSTM(3, 2), "batch_first=True"),
        (lambda: nn.Conv2d(3, 3, 2), "samples of channels and 2 axes more"),
        (lambda: nn.Sequential(nn.Fold((2, 2), 2)), "nn.Fold"),
        (lambda: Doubled(lambda x: torch.fft.fft(x)), "fft_fft"),
        (lambda: Doubled(lambda x: x if x.sum() > 0 else -x), "that torch.fx can trace"),
        (lambda: Doubled(lambda x: x[0]), "a part of each row"),
        (lambda: Doubled(lambda x: x.sum()), "axes behind the batch"),
        (lambda: Doubled(lambda x: x.mean(0)), "axis 0 of 3"),
        (lambda: Doubled(lambda x: x[..., :1].var(-1)), "more numbers than `correction` says, got 1 with correction=1"),
        (lambda: Doubled(lambda x: nn.functional.dropout(x)), "drops in prediction"),
        (lambda: Doubled(lambda x: x.view(-1, 4)), "a shape \\(batch, ...\\)"),
        (lambda: Doubled(lambda x: torch.relu_(x) + x), "relu_"),
    ],
)
def test_what_is_no_layer_is_refused_by_name(make: Callable[[], Any], told: str):
    with pytest.raises(InvalidArgument, match=told):
        from_torch(make(), (3, 4))


class LeNet(nn.Module):
    """As tutorials write it, with functions between the modules."""

    def __init__(self) -> None:
        super().__init__()
        self.conv1, self.conv2 = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 8, 3)
        self.fc1, self.fc2 = nn.Linear(8 * 2 * 2, 12), nn.Linear(12, 3)

    def forward(self, x: Any) -> Any:
        F = nn.functional
        x = F.max_pool2d(F.relu(self.conv1(x)), (2, 2))
        x = F.avg_pool2d(F.pad(F.relu(self.conv2(x)), (0, 1, 0, 1)), 3, 1, ceil_mode=True)
        x = torch.flatten(x[:, :, :2, :2], 1)
        return self.fc2(F.relu(self.fc1(x)))


def test_a_convolution_network_of_others_predicts_the_same_and_trains_the_same():
    torch.manual_seed(2)
    module, x = LeNet(), Key(5).normal((9, 1, 10, 10))
    model = from_torch(module, (1, 10, 10))
    np.testing.assert_allclose(model.predict(x, verbose=0), run(module, [x])[0], rtol=1e-5, atol=1e-6)
    model.compile(optimizers.SGD(0.05, momentum=0.9), "mse")
    follows(model, module.train(), [x] * 3, [np.eye(3)[CLASSES[:9]]] * 3)


def test_pictures_turn_their_channels_first_once_and_back_once():
    stack = [
        L.Conv2D(4, 3, padding="same", activation="relu"), L.MaxPooling2D(), L.Conv2D(4, 3, strides=2, padding="same"),
        L.AveragePooling2D(padding="same"), L.Flatten(), L.Dense(3, "softmax"),
    ]  # fmt: skip
    module = Sequential([L.Input((8, 8, 1)), *stack], seed=0).to_torch()
    assert [(name, type(part).__name__) for name, part in module.named_children()] == [
        ("conv2d_first", "Permute"), ("conv2d", "Conv2d"), ("conv2d_relu", "ReLU"), ("max_pooling2d", "MaxPool2d"),
        ("conv2d_1_border", "ZeroPad2d"), ("conv2d_1", "Conv2d"), ("average_pooling2d", "AvgPool2d"),
        ("average_pooling2d_last", "Permute"), ("flatten", "Flatten"), ("dense", "Linear"),
        ("dense_softmax", "Softmax"),
    ]  # fmt: skip
    assert module.conv2d.weight.shape == (4, 1, 3, 3)


def test_what_comes_in_is_told():
    with pytest.raises(WrongType, match=r"a torch\.nn\.Module"):
        from_torch("model.pt", (4,))
    with pytest.raises(InvalidArgument, match="expected 1 shapes, got 2"):
        from_torch(nn.Linear(4, 2), [(4,), (3,)])
    with pytest.raises(InvalidArgument, match=r"weights of shape .*4, 2"):
        from_torch(nn.Linear(4, 2), (3,))
