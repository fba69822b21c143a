"""What there is to see in a network, as arrays: computed by the definition from the weights as they are now.

Each function takes a `Scene` and what was asked, and gives what stands in the header, and arrays by name; PROTOCOL.md
lists them. A trainer makes them while it trains, the server of a run that does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from ..actions.kinds.rows import TableRows
from ..actions.kinds.text import Text
from ..actions.kinds.windows import Windows
from ..actions.prepared import Prepared
from ..arrays import Array, Arrays
from ..errors import InvalidArgument, Told, UnknownName
from ..layers import Conv1D, Conv2D, Dense
from ..layers.activation_layer import ActivationLayer
from ..metrics import confusion_matrix
from ..ops.base import Op
from ..tables import TableData
from ..training.probing import Look
from .parts import plain_cell
from .plane import own_units, telling
from .reading import before, names_told

MOST_UNITS = 64  # that are shown of a layer
GRID, MOST_GRID, NEURON_STEP = 100, 160, 2  # points along each axis; of the neurons' own, every second
MARGIN = 0.1  # of the data's width, around it
LOOKED_AT = 2000  # rows that tell the answers
SEEN = 1000  # of them, those among which a neuron's strongest are found
FILTERED = 400  # and a filter's, which goes over each
STRONGEST = 9
MOST_POINTS = 1000
BINS = 20

Made = tuple[dict[str, Any], dict[str, Array]]


@dataclass
class Scene:
    """A network and its data. `kept`: what need not be computed again."""

    model: Any
    data: Prepared
    look: Look | None = None
    kept: dict[str, Any] = field(default_factory=dict)

    @property
    def shape(self) -> tuple[int, ...]:
        """Of a sample."""
        return tuple(self.data.x_train.shape[1:])

    @property
    def is_picture(self) -> bool:
        """Whether a sample is one."""
        return len(self.shape) in (2, 3) and not self.is_windows

    @property
    def is_windows(self) -> bool:
        """Whether samples are windows of readings (steps, channels)."""
        return isinstance(self.data, Windows)

    @property
    def is_text(self) -> bool:
        """Whether samples are windows of characters, of which each place has an answer."""
        return isinstance(self.data, Text)

    @property
    def table(self) -> TableData | None:
        """That of whose rows samples are."""
        return self.data.table if isinstance(self.data, TableRows) else None

    def walk(self, x: Array, until: str = "", instead: Arrays | None = None) -> dict[str, Array]:
        """What each layer answers to rows x (B, ...), by its name, in their order; as far as that of this name.
        instead: parameters by their paths, in the place of the network's."""
        model, names = self.model, self.names
        p = {**model.p, **(instead or {})}
        x, found = np.asarray(x).astype(model.input_dtypes[0], copy=False), {}
        with np.errstate(all="ignore"):
            for label, y in model.walk(p, x, training=False, rng=model.look_key()):
                if label in names:
                    found[names[label]] = y
                if until in found:
                    break
        return found

    @property
    def names(self) -> dict[str, str]:
        """What each step is called that is shown, by its label: every layer, and of one that is made of ops what it
        gives. Weights alone, and what lies between them and that, say nothing of a sample."""
        steps, found = self.model.wiring.steps, {}
        for step, after in zip(steps, [*(one.label for one in steps[1:]), ""], strict=True):
            whole = step.label.rpartition("/")[0] if isinstance(step.layer, Op) else ""
            if step.inputs and not (whole and after.startswith(f"{whole}/")):
                found[step.label] = whole or step.label
        return found

    def strongest(self, name: str, x: Array, units: int, unit: int) -> Array:
        """How strongly a unit of a layer answers to each row; a filter, where it does so most."""
        layer, alone = dict(self.model.leaves())[name], {}
        if isinstance(layer, Dense) and "axis" not in layer.activation.option_names:  # the others do not count
            alone = {f"{name}/{word}": value[..., unit : unit + 1].copy() for word, value in layer.p.items()}
            units, unit = 1, 0
        y = self.walk(x, name, alone)[name]
        first = getattr(layer, "data_format", "") == "channels_first"
        y = np.moveaxis(y, 1, -1) if first else y
        return np.asarray(y.reshape(len(x), -1, units)[:, :, unit].max(axis=1))

    def answers(self, x: Array) -> Array:
        """What the network answers, (B, outputs); of a text, behind its last character."""
        return self.last(list(self.walk(x).values())[-1]).reshape(len(x), -1)

    def last(self, y: Array) -> Array:
        """What a layer answers to rows; of a text, at its last place."""
        return y[:, -1] if self.is_text and y.ndim > 2 else y

    def places(self, x: Array, y: Array) -> tuple[Array, Array]:
        """(what is right, what the network answers (M, outputs)), of rows x and targets y; of a text, at each place."""
        answers = list(self.walk(x).values())[-1]
        return y.reshape(-1), answers.reshape(y.size, -1)

    def held(self) -> tuple[Array, Array]:
        """Rows that are not learned, and their targets: those that are watched, or to test on."""
        x, y = self.data.validation or (self.data.x_test, self.data.y_test)
        most = max(1, LOOKED_AT // self.shape[0]) if self.is_text else LOOKED_AT
        return x[:most], y[:most]

    def with_neurons(self) -> set[str]:
        """The names of those that answer with something of their own: not of what prepares or passes on."""
        steps = {step.label: step.layer for step in self.model.wiring.steps}
        kinds = (Dense, ActivationLayer, Op)
        return {name for label, name in self.names.items() if isinstance(steps[label], kinds)}

    def with_kernel(self) -> list[str]:
        """The layers that have weights to see: a matrix, from inputs to units, or filters for pictures or steps."""
        return [path for path, layer in self.model.leaves() if isinstance(layer, Dense | Conv1D | Conv2D)]

    def kernel(self, asked: Mapping[str, Any]) -> tuple[str, Array]:
        """(name, weights (units, inputs), of filters (units, channels, height, width), or (units, channels, steps)) of
        the layer asked for, or the first that has some."""
        names = self.with_kernel()
        name = asked.get("layer") or (names[0] if names else "")
        if name not in names:
            raise UnknownName("studio, weights, layer", str(name), names)
        W = self.model.theta[f"{name}/kernel"]
        return name, np.moveaxis(W, (-1, -2), (0, 1)) if W.ndim > 2 else W.T

    def as_pictures(self, W: Array) -> Array:
        """Weights (units, inputs) as pictures (units, height, width), where the inputs are one; of a picture in colour
        each point has the mean of its colours' weights. Filters that see one channel are pictures, too."""
        if W.ndim == 4:
            return W[:, 0] if W.shape[1] == 1 else W
        if not self.is_picture or W.shape[1] != math.prod(self.shape):
            return W
        pictures = W.reshape(len(W), *self.shape)
        return pictures.mean(axis=-1) if pictures.ndim == 4 else pictures


def weights(scene: Scene, asked: Mapping[str, Any]) -> Made:
    """What each neuron of a layer looks for."""
    name, kernel = scene.kernel(asked)
    W = kernel[: min(int(asked.get("most", MOST_UNITS)), 1024)]
    largest = float(max(kernel.max(), -kernel.min())) if kernel.size else 0.0
    told = {
        "layer": name,
        "layers": scene.with_kernel(),
        "units": len(kernel),
        "scale": largest,
        "filters": kernel.ndim > 2,
        "along": kernel.ndim == 3,
    }
    pictures = scene.as_pictures(W)
    return told, {"weights": in_bytes(pictures, largest) if asked.get("small") else _single(pictures)}


def in_bytes(values: Array, largest: float) -> Array:
    """Numbers as those of a byte, from -127 to 127, of which the largest is one: what a screen can tell apart, in a
    quarter of the memory.

    >>> in_bytes(np.array([-0.5, 0.1, 2.0]), 2.0)
    array([-32,   6, 127], dtype=int8)
    """
    with np.errstate(all="ignore"):
        scaled = values * (127 / (largest or 1.0))
    if not math.isfinite(largest):
        scaled = np.nan_to_num(scaled, posinf=127.0, neginf=-127.0)
    return np.rint(scaled).clip(-127, 127).astype("int8")


def boundary(scene: Scene, asked: Mapping[str, Any]) -> Made:
    """What is answered all over the plane of two columns, and each neuron's own part in it; of one column, a curve."""
    if len(scene.shape) != 1 or scene.is_text:
        raise InvalidArgument("studio, boundary", "rows of columns", Told(f"samples of the shape {scene.shape}"))
    n = scene.shape[0]
    low, high, middle = scene.kept.setdefault("extent", _extent(scene))
    if n == 1:
        x = np.linspace(low[0], high[0], 200)
        return {"columns": [0]}, {"x": _single(x), "outputs": _single(scene.answers(x[:, None]))}
    columns = [int(c) for c in asked.get("columns") or telling(scene.data)][:2]
    if len(columns) != 2 or not all(0 <= c < n for c in columns):
        raise InvalidArgument("studio, boundary, columns", f"two columns from 0 to {n - 1}", columns)
    size = min(max(int(asked.get("size", GRID)), 10), MOST_GRID)
    across, up = (np.linspace(low[c], high[c], size) for c in columns)
    points = np.broadcast_to(middle, (size * size, n)).copy()
    points[:, columns[0]], points[:, columns[1]] = (part.reshape(-1) for part in np.meshgrid(across, up))
    layers = scene.walk(points)
    arrays = {"x": _single(across), "y": _single(up)}
    *hidden, last = layers
    hidden = [name for name in hidden if name in scene.with_neurons()]
    arrays["outputs"] = _single(layers[last].reshape(size, size, -1))
    if asked.get("neurons", True):
        for name in hidden:
            of_layer = layers[name].reshape(size, size, -1)[::NEURON_STEP, ::NEURON_STEP, :MOST_UNITS]
            arrays[name] = _single(of_layer.transpose(2, 0, 1))
    if asked.get("points", True):
        arrays["points"] = _single(scene.data.x_train[:MOST_POINTS][:, columns])
        arrays["labels"] = _single(np.asarray(scene.data.y_train[:MOST_POINTS]).reshape(-1, 1)[:MOST_POINTS, 0])
    ends = [own_units(scene.data, c, [low[c], high[c]]) for c in columns]
    return {"columns": columns, "ends": ends, "hidden": hidden}, arrays


def flow(scene: Scene, asked: Mapping[str, Any]) -> Made:
    """How much each layer still changes, and what it gives, in the step that was looked at last."""
    if (look := scene.look) is None:
        return {"layers": []}, {}
    told = []
    for name, of in look.outputs.items():
        mine = [p for p in look.gradients if p.rpartition("/")[0] == name]
        told.append({
            "name": name, "mean": of.mean, "std": of.std, "low": of.low, "high": of.high, "zeros": of.zeros,
            "saturated": of.saturated, "dead": of.dead, "histogram": list(of.counts),
            "gradient": math.hypot(*(look.gradients[p].norm for p in mine)) if mine else None,
            "ratio": max(look.ratios[p] for p in mine) if mine else None,
        })  # fmt: skip
    return {"layers": told, "of": look.step}, {}


def activations(scene: Scene, asked: Mapping[str, Any]) -> Made:
    """What each layer answers to one of the rows to test on."""
    row = int(asked.get("sample", 0))
    if not 0 <= row < len(scene.data.x_test):
        raise InvalidArgument("studio, activations, sample", f"a row from 0 to {len(scene.data.x_test) - 1}", row)
    x = scene.data.x_test[row : row + 1]
    layers = {name: _single(y[0]) for name, y in scene.walk(x).items()}
    return {"sample": row, "layers": list(layers)}, {"input": _single(x[0]), **layers}


def neuron(scene: Scene, asked: Mapping[str, Any]) -> Made:
    """One neuron: its weights, and the held-back rows to which it answers most strongly."""
    name, kernel = scene.kernel(asked)
    unit = int(asked.get("unit", 0))
    if not 0 <= unit < len(kernel):
        raise InvalidArgument("studio, neuron, unit", f"a unit from 0 to {len(kernel) - 1}", unit)
    table = scene.table
    x = scene.held()[0] if table is None else scene.data.x_test  # of which the cells are kept, too
    if scene.is_text:
        return _at_places(scene, name, unit, kernel, x)
    answers = scene.strongest(name, x[: FILTERED if kernel.ndim > 2 else SEEN], len(kernel), unit)
    strongest = np.argsort(-answers, kind="stable")[:STRONGEST]
    arrays = _of_neuron(scene, name, unit, kernel, strongest, answers)
    kind = "pictures" if scene.is_picture else "windows" if scene.is_windows else "rows"
    shown = x[strongest]
    arrays[kind] = shown if shown.dtype == np.uint8 else _single(shown)
    told: dict[str, Any] = {"layer": name, "unit": unit, "filters": kernel.ndim > 2}
    if table is not None:
        names = [column.name for column in table.encoder.columns]
        told["cells"] = [{name: plain_cell(table.test[name][row]) for name in names} for row in strongest]
    return told, arrays


def _at_places(scene: Scene, name: str, unit: int, kernel: Array, x: Array) -> Made:
    """One neuron of a network of a text: the places to which it answers most strongly, by what is read up to them."""
    answers = scene.walk(x, name)[name][..., unit].reshape(-1)
    strongest = np.argsort(-answers, kind="stable")[:STRONGEST]
    told = {"layer": name, "unit": unit, "filters": False, "texts": [before(scene.data, x, int(i)) for i in strongest]}
    return told, _of_neuron(scene, name, unit, kernel, strongest, answers)


def _of_neuron(scene: Scene, name: str, unit: int, kernel: Array, strongest: Array, answers: Array) -> dict[str, Array]:
    bias = scene.model.theta.get(f"{name}/bias")
    return {
        "weights": _single(scene.as_pictures(kernel[unit : unit + 1])[0]),
        "bias": _single(bias[unit : unit + 1] if bias is not None else np.zeros(0)),
        "strongest": strongest.astype("int32"),
        "outputs": _single(answers[strongest]),
    }


def confusion(scene: Scene, asked: Mapping[str, Any]) -> Made:
    """Right and wrong answers on held-back rows."""
    if not scene.data.classes:
        raise InvalidArgument("studio, confusion", "a network that tells classes", Told("one that tells numbers"))
    y, answers = scene.places(*scene.held())
    matrix = confusion_matrix(y.astype(np.intp), answers.argmax(axis=-1), num_classes=scene.data.classes)
    return {"classes": names_told(scene.data)}, {"matrix": matrix.astype("int32")}


TOPICS: dict[str, Callable[[Scene, Mapping[str, Any]], Made]] = {
    "weights": weights, "boundary": boundary, "flow": flow, "activations": activations, "neuron": neuron,
    "confusion": confusion,
}  # fmt: skip


def picture(scene: Scene, asked: Mapping[str, Any]) -> Made:
    """The picture of a topic."""
    topic = str(asked.get("topic", ""))
    if topic not in TOPICS:
        raise UnknownName("studio, topic", topic, TOPICS)
    try:
        return TOPICS[topic](scene, asked)
    except (TypeError, ValueError, OverflowError) as problem:
        if hasattr(problem, "where"):
            raise
        raise InvalidArgument(f"studio, {topic}", "options as PROTOCOL.md has them", Told(str(problem))) from problem


def _extent(scene: Scene) -> tuple[Array, Array, Array]:
    """Of each column (left, right, middle), with a margin."""
    x = np.asarray(scene.data.x_train[:LOOKED_AT], "float64")
    low, high = x.min(axis=0), x.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    return low - margin, high + margin, x.mean(axis=0)


def _single(values: Any) -> Array:
    return np.asarray(values, "float32")
