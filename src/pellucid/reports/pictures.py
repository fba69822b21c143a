"""The pictures of a report, as pieces of its page: each says in words, too, what it shows."""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import plots
from ..arrays import Array
from ..markup import Html, html
from ..plots.base import inline_svg
from ..plots.confusion import LEGIBLE
from ..plots.curves import best_epoch
from ..plots.flow import Looked, idling, names_of
from ..plots.histograms import counted
from ..plots.mistakes import Mistake, as_picture, is_picture, png, value_range
from .contents import Contents
from .html import figure
from .words import number, percent

if TYPE_CHECKING:
    from ..plots.base import Figure

MOST_LAYERS = 12  # whose activations are drawn
MOST_CHANNELS = 12  # of a window of readings, as lines
MOST_POINTS = 1000  # of test samples in a plane
MOST_LOOKS = 300  # in a picture, evenly chosen


def drawn(drawing: Figure, name: str, alt: str, caption: str, kind: str = "") -> Html:
    """A plot with its caption, and in words for those who do not see it."""
    return figure(Html(inline_svg(drawing, name, alt)), caption, kind)


def learning(c: Contents) -> list[Html]:
    """Loss and each metric over the epochs."""
    names = [n for n in c.history if not n.startswith("val_") and _drawable(c.history[n])]
    names.sort(key=lambda name: name != "loss")
    made = []
    for i, name in enumerate(names):
        both = {n: c.history[n] for n in (name, f"val_{name}", "loss", "val_loss") if n in c.history}
        train, held = c.history[name], c.history.get(f"val_{name}", ())
        alt = f"{name} over {len(train)} epochs: in training from {number(train[0])} to {number(train[-1])}"
        alt += f", in validation from {number(held[0])} to {number(held[-1])}." if len(held) else "."
        best = best_epoch(c.history)
        caption = f"{name}, epoch by epoch." + (f" The validation loss is least in epoch {best}." if best else "")
        made.append(drawn(plots.learning_curves(both, [name], transparent=True), f"curve{i}", alt, caption))
    return made


def _drawable(values: Sequence[float]) -> bool:
    return any(isinstance(v, int | float) and math.isfinite(v) for v in values)


def confusion(c: Contents) -> Html:
    """How many of which class were given which."""
    matrix = np.asarray(c.metrics["confusion_matrix"])
    right = int(np.trace(matrix))
    alt = f"Confusion matrix of {len(matrix)} classes: {right:,} of {int(matrix.sum()):,} samples on the diagonal."
    caption = "Rows are true classes, columns predicted ones. Blue is right, orange wrong; the deeper, the larger the "
    caption += "share of its row."
    kind = "large" if len(matrix) > LEGIBLE else ""
    drawing = plots.confusion_matrix(matrix, [str(name) for name in c.names] or None, transparent=True)
    return drawn(drawing, "confusion", alt, caption, kind)


def on_the_data(c: Contents) -> list[Html]:
    """What is predicted where: the plane of two inputs, the curve of one; predicted beside true numbers."""
    x, y = c.x[:MOST_POINTS], c.y[:MOST_POINTS]
    made = []
    flat = c.y.ndim == 1 or c.y.shape[-1] == 1
    if c.x.shape[1:] == (2,) and flat:
        drawing = plots.decision_boundary(c.predict, x, y if c.classes else y.astype(np.float64), transparent=True)
        caption = "What the network says all over the plane, and the test data on it. "
        caption += (
            "The deeper the colour, the surer it is." if c.classes else "A point that does not stand out is fitted."
        )
        alt = "The plane of the two inputs, coloured by what is predicted, with the test data on it."
        made.append(drawn(drawing, "plane", alt, caption))
    if c.x.shape[1:] == (1,) and flat and not c.classes:
        alt = "The predicted curve over the one input, with the test data about it."
        drawing = plots.fitted_curve(c.predict, x, y, transparent=True)
        made.append(drawn(drawing, "fit", alt, "The predicted curve, and the test data."))
    if not c.classes and "per_label" not in c.metrics:
        alt = f"Predicted over true numbers of {len(c.y):,} test samples; R² is {number(c.metrics['r2'])}."
        drawing = plots.predicted_and_true(c.y.reshape(c.outputs.shape), c.outputs, transparent=True)
        made.append(drawn(drawing, "agreement", alt, "Each test sample: on the line, prediction and truth agree."))
    return made


def first_weights(c: Contents) -> Html | None:
    """The first layer's weights, as pictures where the inputs are pictures."""
    if c.kernel is None or len(c.kernel) < 3:
        return None
    shape = c.x.shape[1:]
    square = math.isqrt(len(c.kernel)) ** 2 == len(c.kernel)
    pictured = is_picture(shape) or (c.x.dtype == np.uint8 and square)
    drawing = plots.first_layer_weights(
        c.kernel, shape if is_picture(shape) else None if pictured else (), transparent=True
    )
    I, O = c.kernel.shape
    shown = min(O, 64)
    some = f"The {shown} units of the largest weights among {O}" if shown < O else f"Each of the {O} units"
    caption = f"{some} of the first layer: " if pictured else f"{some} of the first layer, a column each: "
    caption += "what it looks for (orange) and what speaks against it (blue)."
    return drawn(drawing, "weights", f"Weights of {shown} units over {I} inputs.", caption)


def flow(c: Contents) -> list[Html]:
    """Gradients, updates, idle units and activations over the steps."""
    looks, made = thinned(c.looks), []
    if names_of(looks, "gradients"):
        alt = "Root mean square of each parameter's gradient over the steps, on a logarithmic scale."
        caption = "Gradients, of first layers blue, of last ones orange; blue far below orange means that they vanish."
        made.append(drawn(plots.gradient_flow(looks, transparent=True), "gradients", alt, caption))
    if names_of(looks, "ratios"):
        alt = "Size of each update over the size of its parameter, over the steps, on a logarithmic scale."
        caption = "How far a step moves each parameter. About 0.001 is healthy for weights; biases begin at zero."
        made.append(drawn(plots.update_ratios(looks, transparent=True), "updates", alt, caption))
    if idle := [name for name in idling(looks) if name in learning_layers(looks)]:
        alt = "Share of dead units and of saturated outputs of each layer over the steps, in percent."
        caption = "Units that gave 0 for a whole batch, and outputs so near their ends that no gradient passes."
        made.append(drawn(plots.idle_units(looks, idle, transparent=True), "idle", alt, caption))
    return made


def activations(c: Contents) -> list[Html]:
    """The outputs of each layer over the steps: mean and deviation, and all of them as a heat map."""
    looks, made = thinned(c.looks), []
    for i, name in enumerate(learning_layers(looks)[:MOST_LAYERS]):
        drawing = plots.activation_flow(looks, [name], transparent=True)
        alt = f"Mean and standard deviation of the outputs of {name} over the steps."
        made.append(drawn(drawing, f"activation{i}", alt, f"Outputs of {name}: mean, and one standard deviation."))
        if counted(looks, "outputs", name):
            drawing = plots.histogram_flow(looks, "outputs", [name], transparent=True)
            alt = f"Histogram of the outputs of {name} over the steps."
            made.append(drawn(drawing, f"histogram{i}", alt, f"Outputs of {name}: how they are spread; light is many."))
    return made


def learning_layers(looks: Sequence[Looked]) -> list[str]:
    """The layers from the first that learns on: what stands before it only prepares the inputs."""
    names = names_of(looks, "outputs")
    learn = {parameter.rpartition("/")[0] for parameter in names_of(looks, "gradients")}
    first = next((i for i, name in enumerate(names) if name in learn), 0)
    return names[first:]


def thinned(looks: Sequence[Looked]) -> Sequence[Looked]:
    """At most MOST_LOOKS of the records, evenly chosen, the first among them."""
    return looks[:: -(-len(looks) // MOST_LOOKS) or 1]


def mistake_pictures(x: Array, found: Sequence[Mistake], names: Sequence[Any], windows: bool) -> list[Html]:
    """The samples as pictures, windows of readings as lines, with what they are and what they were taken for."""
    low, high = value_range(x)
    least, most = x.min(axis=(0, 1)), x.max(axis=(0, 1))
    made = []
    for m in found:
        alt = f"Test sample {m.row}, a {names[m.true]}, taken for a {names[m.predicted]}."
        if windows:
            picture = lines(x[m.row], least, most, alt)
        else:
            content = b64encode(png(as_picture(x[m.row], low, high))).decode("ascii")
            picture = html('<img src="data:image/png;base64,{}" alt="{}">', content, alt)
        words = html(
            "<b>{}</b>, taken for <b>{}</b><br>{} sure, row {}",
            names[m.true], names[m.predicted], percent(m.probability), m.row,
        )  # fmt: skip
        made.append(figure(picture, words, "sample"))
    return made


def lines(window: Array, least: Array, most: Array, alt: str) -> Html:
    """A window (T, C) of readings: a line for each channel, one below another, between its least and its most."""
    T, C = window.shape
    height = (most - window) / np.where(most > least, most - least, 1)
    down = np.arange(C) + 0.06 + 0.88 * height  # (T, C), from the top
    drawn = [
        html('<polyline points="{}"/>', " ".join(f"{t},{y:.3f}" for t, y in enumerate(down[:, channel])))
        for channel in range(min(C, MOST_CHANNELS))
    ]
    box = f"0 0 {max(T - 1, 1)} {len(drawn)}"
    start = '<svg class="lines" viewBox="{}" preserveAspectRatio="none" role="img" aria-label="{}">{}</svg>'
    return html(start, box, alt, Html("".join(drawn)))
