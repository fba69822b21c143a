"""A spec as a script in Python: the same data, network and training, written out, and the same numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..layers import Flatten, Layer, Normalization
from ..models import Functional, Sequential
from ..registry import Part, deserialize_keras_object, needed_of
from .building import CAUSAL, in_front
from .prepared import Prepared
from .spec import ABOUT_DATA, TrainSpec

UNTOLD = ("name", "dtype", "build_config")  # of a part, which come by themselves
NORMALISED = "layers.Normalization(mean=mean, variance=np.where(variance > 0, variance, 1.0))"
RESIDUAL = '''
def residual(shape, seed, *blocks):
    """What comes in, added to what the blocks make of it."""
    x = layers.Input(shape)
    return Model(x, layers.add([x, Sequential(list(blocks), seed=seed)(x)]), seed=seed)
'''
ATTENDING = '''
def attending(shape, seed, layer, causal):
    """What comes in looks at itself; where causal, at what came before only."""
    x = layers.Input(shape)
    heads = hasattr(layer, "use_gate")
    y = layer(x, x, use_causal_mask=causal) if heads else layer([x, x], use_causal_mask=causal)
    return Model(x, y, seed=seed)
'''


def script(spec: TrainSpec, data: Prepared, model: Sequential, epochs: int) -> str:
    """The script that trains what `build` made of the spec and its data."""
    usual = TrainSpec(data=spec.data)
    given = {name: value for name in ABOUT_DATA if (value := getattr(spec, name)) != getattr(usual, name)}
    front = len(in_front(spec, data))
    network = [f"    {_in_front(layer, spec) if i < front else _layer(layer)}," for i, layer in enumerate(model.layers)]
    text = "\n".join(network)
    lines = [f'"""Train a network on {spec.data}."""', "", *_imports(spec, text, data)]
    lines += RESIDUAL.splitlines() if "residual(" in text else []
    lines += ATTENDING.splitlines() if "attending(" in text else []
    lines += ["", f"data = prepare(TrainSpec({_named({'data': spec.data, **given})}))"]
    lines += list(_normalised(model)) if NORMALISED in text else []
    lines += ["model = Sequential([", *network, f"], name={model.name!r}, seed={spec.seed})"]
    lines += [f"model.compile({_part(model.optimizer)}, {_loss(spec, model)}, metrics={data.metrics!r})"]
    asked = f"{spec.batch_size}" if spec.class_weight == "none" else f"{spec.batch_size}, {spec.class_weight!r}"
    lines += ["model.fit(", f"    **data.to_fit({asked}), epochs={epochs}, validation_data=data.validation,"]
    lines += [f"    validation_batch_size=1024, callbacks=[{', '.join(_callbacks(spec, data))}],", ")"]
    lines += ["print(model.evaluate(data.x_test, data.y_test, batch_size=1024, return_dict=True))", ""]
    return "\n".join(lines)


def _imports(spec: TrainSpec, network: str, data: Prepared) -> Iterator[str]:
    if "np.where" in network:
        yield "import numpy as np"
        yield ""
    graphs = "residual(" in network or "attending(" in network
    yield f"from pellucid import {'Model, ' if graphs else ''}Sequential, layers, losses, optimizers"
    yield "from pellucid.actions.data import prepare"
    yield "from pellucid.actions.spec import TrainSpec"
    if "periodic_embedding(" in network:
        yield "from pellucid.models.periodic import periodic_embedding"
    if names := sorted({one.partition("(")[0] for one in _callbacks(spec, data)}):
        yield f"from pellucid.callbacks import {', '.join(names)}"
    if "initializers." in network:
        yield "from pellucid import initializers"
    if "regularizers." in network:
        yield "from pellucid import regularizers"
    if "constraints." in network:
        yield "from pellucid import constraints"


def _callbacks(spec: TrainSpec, data: Prepared) -> Iterator[str]:
    if spec.until_converged:
        yield "UntilConverged()"
    if spec.patience:
        watched = "val_loss" if data.validation else "loss"
        yield f"EarlyStopping({watched!r}, patience={spec.patience}, restore_best_weights=True)"


def _normalised(model: Sequential) -> Iterator[str]:
    """Columns are brought to one scale by the rows to train on."""
    flat = ".reshape(len(data.x_train), -1)" if isinstance(model.layers[0], Flatten) else ""
    if not flat and len(model.input_shape) > 2:  # each channel is brought to one scale, wherever it stands
        flat = ".reshape(-1, data.x_train.shape[-1])"
    yield f"columns = data.x_train{flat}"
    yield 'mean, variance = columns.mean(axis=0, dtype="float64"), columns.var(axis=0, dtype="float64")'


def _in_front(layer: Layer, spec: TrainSpec) -> str:
    if isinstance(layer, Normalization):
        return NORMALISED
    if isinstance(layer, Functional):  # `building.py` makes no other
        encoder = "data.table.encoder"
        rows = f"len(data.y_train), {spec.seed}"
        return f"*periodic_embedding({encoder}.width, {encoder}.numbers, {spec.frequencies}, {rows})"
    return _layer(layer)


def _layer(layer: Layer) -> str:
    if isinstance(layer, Sequential):
        return f"Sequential([{', '.join(map(_layer, layer.layers))}])"
    if isinstance(layer, Functional):
        inner = next((one for one in layer.members if isinstance(one, Sequential)), None)
        if inner is None:  # an attention
            (call,) = layer.graph.calls
            return f"attending({tuple(layer.input_shape[1:])}, {layer.seed}, {_part(call.layer)}, {causal(layer)})"
        return f"residual({tuple(layer.input_shape[1:])}, {layer.seed}, {', '.join(map(_layer, inner.layers))})"
    return _part(layer)


def causal(layer: Functional) -> bool:
    """Whether an attention that looks at what comes in hides what comes later."""
    (node,) = layer.get_config()["layers"][1]["inbound_nodes"]
    return bool(node["kwargs"].get(CAUSAL))


def _loss(spec: TrainSpec, model: Sequential) -> str:
    return repr(model.loss.name) if spec.loss == "auto" or isinstance(spec.loss, str) else _part(model.loss)


def _part(part: Part) -> str:
    """A part as Python writes it, with the arguments that are not as they come."""
    return written(type(part), told(part))


def written(cls: Any, config: Mapping[str, Any]) -> str:
    """A part from its class and arguments."""
    words = [_value(value) if name in needed_of(cls) and i == 0 else f"{name}={_value(value)}"
             for i, (name, value) in enumerate(config.items())]  # fmt: skip
    room = {"keras.optimizers.schedules": "optimizers.schedules"}.get(cls.family.module, cls.family.plural)
    return f"{room}.{cls.__name__}({', '.join(words)})"


def told(part: Part) -> dict[str, Any]:
    """A part's arguments that are needed, or are not as they come."""
    cls: Any = type(part)
    config = part.get_config()
    needed = {name: getattr(part, name) for name in needed_of(cls)}
    usual = cls(**needed).get_config()
    rest = {name: value for name, value in config.items() if name not in needed and value != usual.get(name)}
    chosen = {name: config[name] for name in needed} | rest
    return {name: value for name, value in chosen.items() if name not in UNTOLD}


def table(part: Part) -> dict[str, Any]:
    """A part as a spec has it: {"class": "Dense", "units": 64}.

    >>> from pellucid.layers import Dense
    >>> table(Dense(8, activation="relu", kernel_regularizer="l2"))
    {'class': 'Dense', 'units': 8, 'activation': 'relu', 'kernel_regularizer': {'class': 'L2'}}
    """
    return {"class": type(part).__name__, **{name: _plain(value) for name, value in told(part).items()}}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping) and "class_name" in value:
        made = _made(value)
        return table(made) if made is not None else value["config"]
    return list(value) if isinstance(value, tuple) else value


def _value(value: Any) -> str:
    if isinstance(value, Mapping) and "class_name" in value:
        made = _made(value)
        return _part(made) if made is not None else repr(value["config"])
    if isinstance(value, float) and not math.isfinite(value):
        return f"float({str(value)!r})"
    return repr(tuple(value) if isinstance(value, list) else value)


def _made(saved: Mapping[str, Any]) -> Part | None:
    """The part of a saved form; None for a function, which its name tells."""
    return None if saved["class_name"] == "function" else deserialize_keras_object(saved)


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={value!r}" for name, value in values.items())


def entries(spec: TrainSpec, stack: Sequence[tuple[int | None, Layer]]) -> list[dict[str, Any]]:
    """The spec's blocks, each as a table, with the output layer."""
    last = max((n for n, (i, _) in enumerate(stack) if i is not None), default=-1)
    found: list[dict[str, Any]] = []
    for n, (i, layer) in enumerate(stack):
        if i is not None and isinstance(spec.layers[i], Mapping):
            found.append(dict(spec.layers[i]))  # type: ignore[arg-type]
        elif i is not None or (last < n == len(stack) - 1 and not spec.ends_itself):
            found.append(table(layer))
    return found
