"""Networks that have a name: a spec asks for one, and here its layers are written out for the data.

The run's spec then has all of them in full, so that it can be read, changed and opened in the studio.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from ..arrays import Shape
from ..errors import DataError, InvalidArgument, Told
from .kinds.text import Text
from .prepared import Prepared
from .spec import TrainSpec

Blocks = list[int | dict[str, Any]]
SMALLEST = 4  # pixels along a side, of which two pools leave one
ROOMY = 16  # pixels along a side, from which on LeNet's convolutions need no border
LARGE = 32  # pixels along a side, above which small_cnn begins by halving them
SHORTEST = 8  # steps of a window, of which a pool takes the half
SETTLING = 0.9  # of the means that batch normalisation keeps: few steps are to settle them
EMBEDDED = 32  # numbers for each character
OF_DENSE = ("activation", "batch_norm", "l1", "l2")  # settings that say nothing of recurrent layers
STEPS = {"lenet": 3300, "cnn": 5600, "small_cnn": 500}  # of training, where nobody says how many epochs
OTHERS, FEWEST, MOST = 1100, 2, 100  # the same of all others; and epochs at least and at most
FEWEST_OF = {"small_cnn": 10}


def written_out(spec: TrainSpec, data: Prepared) -> TrainSpec:
    """The spec with the layers of the network that it names, and its epochs; one without a name as it is."""
    name = name_of(spec, data)
    if data.settled:
        spec = spec.model_copy(update=data.settled)
    if name == "auto":
        return spec
    if not spec.in_units:
        told, fix = Told("tables"), "Leave the network's name out: tables say all."
        raise InvalidArgument("spec, layers", f"numbers of units, as the network is {name}", told, fix)
    found: dict[str, Any] = {"network": "auto", "layers": NETWORKS[name](spec, data)}
    if spec.epochs is None and not spec.until_converged:
        each = math.ceil(len(data.x_train) / spec.batch_size)
        found["epochs"] = min(MOST, max(FEWEST_OF.get(name, FEWEST), round(STEPS.get(name, OTHERS) / each)))
    return spec.model_copy(update=found)


def name_of(spec: TrainSpec, data: Prepared) -> str:
    """The network that a spec names, or that suits the data; auto where its layers stand alone."""
    if spec.network != "auto" or not spec.in_units:
        return spec.network
    return data.network


def lenet(spec: TrainSpec, data: Prepared) -> Blocks:
    """Two convolutions, a pool behind each. Source: LeCun, Bottou, Bengio & Haffner (1998), with ReLUs and maxima."""
    blocks, side = _pictures(spec, data)
    border = {} if side >= ROOMY else {"padding": "same"}
    for filters in (16, 32):
        blocks.append({"class": "Conv2D", "filters": filters, "kernel_size": 3, "activation": "relu", **border})
        blocks.append({"class": "MaxPooling2D"})
    return [*blocks, {"class": "Flatten"}, *spec.layers]


def cnn(spec: TrainSpec, data: Prepared) -> Blocks:
    """Convolutions with batch normalisation, twice the filters at each half of the size; then the mean over all places.
    Source: Ioffe & Szegedy (2015); Lin, Chen & Yan, "Network in network" (2014)."""
    blocks, side = _pictures(spec, data)
    return [*blocks, *_halvings(min(4, max(2, int(math.log2(side / 3)))), 32), *spec.layers]


def small_cnn(spec: TrainSpec, data: Prepared) -> Blocks:
    """The same with half the filters and three halvings at most, large pictures brought to half their size first: what
    stands on a few hundred photographs is told apart after seconds."""
    blocks, side = _pictures(spec, data)
    if side > LARGE:
        blocks.append({"class": "AveragePooling2D"})
        side //= 2
    return [*blocks, *_halvings(min(3, max(1, int(math.log2(side / 3)))), 16), *spec.layers]


def _halvings(number: int, filters: int) -> Blocks:
    """Convolutions, each with a pool behind it, and the mean over all places."""
    blocks: Blocks = []
    for stage in range(number):
        count = min(128, filters << stage)
        blocks += [
            {"class": "Conv2D", "filters": count, "kernel_size": 3, "padding": "same", "use_bias": False},
            {"class": "BatchNormalization", "momentum": SETTLING},
            {"class": "Activation", "activation": "relu"},
            {"class": "MaxPooling2D"},
        ]
    return [*blocks, {"class": "GlobalAveragePooling2D"}]


def _pictures(spec: TrainSpec, data: Prepared) -> tuple[Blocks, int]:
    """(what gives pictures their channels, the shorter side)."""
    shape: Shape = tuple(data.x_train.shape[1:])
    where, expected = f"spec, network {spec.network}", "pictures (height, width) or (height, width, channels)"
    if data.called:
        raise DataError(where, expected, Told(data.called), data.fitting)
    if len(shape) not in (2, 3):
        told = Told(f"samples of the shape {shape}")
        raise DataError(where, expected, told, "Give rows their shape: x.reshape(-1, height, width).")
    if min(shape[:2]) < SMALLEST:
        raise DataError(where, f"{expected} of at least {SMALLEST} × {SMALLEST} pixels", Told(f"the shape {shape}"))
    return ([{"class": "Reshape", "target_shape": [*shape, 1]}] if len(shape) == 2 else []), min(shape[:2])


def conv1d(spec: TrainSpec, data: Prepared) -> Blocks:
    """Convolutions through time with batch normalisation, twice the filters at each half of the length; then the mean
    over all steps, or all of them for a forecast, to which it matters which are the last. Source: Wang, Yan & Oates,
    "Time series classification from scratch" (2017)."""
    steps = _steps(spec, data)
    blocks: Blocks = []
    for stage in range(min(3, max(1, steps.bit_length() - 3))):  # until some four steps are left
        blocks += [
            {"class": "Conv1D", "filters": 32 << stage, "kernel_size": 5, "padding": "same", "use_bias": False},
            {"class": "BatchNormalization", "momentum": SETTLING},
            {"class": "Activation", "activation": "relu"},
        ]
        if steps >= SHORTEST:
            blocks.append({"class": "MaxPooling1D"})
    return [*blocks, {"class": "Flatten" if data.last is not None else "GlobalAveragePooling1D"}, *spec.layers]


def _steps(spec: TrainSpec, data: Prepared) -> int:
    """How many there are in each of the samples (steps, channels)."""
    shape: Shape = tuple(data.x_train.shape[1:])
    if len(shape) != 2:
        told = Told(data.called or f"samples of the shape {shape}")
        fix = data.fitting or ("Take lenet or cnn." if len(shape) == 3 else "Of a table: pass --window.")
        raise DataError(f"spec, network {spec.network}", "windows (steps, channels)", told, fix)
    return int(shape[0])


def recurrent(kind: str) -> Callable[[TrainSpec, Prepared], Blocks]:
    """Layers that go through the steps with a state. Of a text: a row of numbers for each character before them, and
    behind them the next one's probabilities, at each place; of windows the last state tells.
    Source: Sutskever, Martens & Hinton, "Generating text with recurrent neural networks" (2011)."""

    def blocks(spec: TrainSpec, data: Prepared) -> Blocks:
        for name in OF_DENSE:
            if getattr(spec, name) != TrainSpec.model_fields[name].default:
                told = Told(f"{kind} alone")
                raise InvalidArgument(f"spec, {name}", "a network with hidden layers of Dense", told, "Leave it out.")
        found: Blocks = []
        if of_text := isinstance(data, Text):
            found.append({"class": "Embedding", "input_dim": data.classes, "output_dim": EMBEDDED})
        else:
            _steps(spec, data)
            if not spec.layers:
                fix = "Take --layers 64, say."
                raise InvalidArgument("spec, layers", f"units of at least one {kind}", spec.layers, fix)
        for i, units in enumerate(spec.layers, 1):
            whole = of_text or i < len(spec.layers)
            found.append({"class": kind, "units": units, **({"return_sequences": True} if whole else {})})
            if spec.dropout:
                found.append({"class": "Dropout", "rate": spec.dropout})
        return [*found, _ending(data)]

    return blocks


def _ending(data: Prepared) -> dict[str, Any]:
    if data.classes:
        return {"class": "Dense", "units": data.classes, "activation": "softmax"}
    return {"class": "Dense", "units": data.width}


NETWORKS: dict[str, Callable[[TrainSpec, Prepared], Blocks]] = {
    "lenet": lenet, "cnn": cnn, "small_cnn": small_cnn, "conv1d": conv1d,
    "gru": recurrent("GRU"), "lstm": recurrent("LSTM"),
}  # fmt: skip
