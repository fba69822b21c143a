"""Which parts can be written in another form: the library's own, whatever their options. A user's own code is not
read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from .. import layers as L
from ..activations import Activation
from ..activations.base import is_standard
from ..arrays import TEXT, Array
from ..errors import InvalidArgument, Told
from ..layers.augmenting import Augmenting
from ..layers.composite import Composite
from ..layers.lending import Assigned
from ..layers.recurrent import Recurrent
from ..layers.spectral_normalization import Spectral
from ..layers.traced import Traced
from ..layers.tracing import ByPhase
from ..layers.walking import given_to, masks_of
from ..ops import Op
from ..registry import snake
from ..wiring import Step, any_of

PACKAGE = __name__.partition(".")[0]
DIFFERING = (  # in training
    Augmenting, L.AlphaDropout, L.BatchNormalization, L.Dropout, L.GaussianDropout, L.GaussianNoise, L.RandomCrop,
)  # fmt: skip
READS_MASK = (Recurrent, L.GlobalAveragePooling1D, L.Softmax)  # which go by a mask in prediction
OF_WEIGHTS = (Assigned, ByPhase, Spectral)  # steps that may read weights where others read data
COMPUTES = {  # methods that say what is computed; a class that writes one anew is no longer ours
    "__call__", "apply", "backward", "backward_from_logits", "counted", "decay_of", "finalize", "forward",
    "from_logits_of", "grad", "gradient", "learning_rate", "logits", "output_shape_for", "parameters",
    "slots_at_start", "slots_of", "state_after", "step", "update", "values",
}  # fmt: skip


def ours(cls: type) -> type:
    """The class of the library that this one is, or derives from."""
    return next(c for c in cls.__mro__ if c.__module__.partition(".")[0] == PACKAGE)


def kind(part: Any) -> str:
    """What a part is, as its class is called: max_norm."""
    return snake(ours(type(part)).__name__)


def own_code(part: Any) -> bool:
    """Whether a class of the user's says anew what is computed."""
    mine = type(part).__mro__[: type(part).__mro__.index(ours(type(part)))]
    return any(COMPUTES & vars(cls).keys() for cls in mine)


def refuse_foreign(where: str, part: Any, fix: str) -> None:
    """Refuse a part that computes what only its user's code says; `fix` tells what to do."""
    if isinstance(part, Activation):
        known = is_standard(part)
    else:
        known = ours(type(part)) in part.family.parts.values() and not own_code(part)
    if not known:
        raise InvalidArgument(
            where, "a part of the library's own",
            Told(f"{getattr(part, 'name', None) or type(part).__name__!r}, which computes what its own code says"), fix,
        )  # fmt: skip


def activations_of(layer: Any) -> list[Activation]:
    """The activation that a layer has or is."""
    found = (getattr(layer, name, None) for name in ("activation", "function"))
    return [activation for activation in found if activation is not None]


def only_ours(model: Any, where: str, fix: str) -> None:
    """Refuse models, layers and activations of the user's own, at any depth; not those that write `call`, which has
    become steps."""
    if not isinstance(model, Traced) or own_code(model):
        refuse_foreign(f"{where}, model {model.name!r}", model, fix)
    for layer in model.layers:
        if isinstance(layer, Composite):
            only_ours(layer, where, fix)
            continue
        refuse_foreign(f"{where}, layer {layer.name!r}", layer, fix)
        refuse_unknown(where, layer)
        for activation in activations_of(layer):
            refuse_foreign(f"{where}, layer {layer.name!r}, activation", activation, fix)


def refuse_text(where: str, model: Any, step: Step) -> None:
    """Refuse a step that reads or gives text, in a form that cannot hold it."""
    entering = zip(model.wiring.inputs, model.input_dtypes, strict=True)
    texts = {wire for wire, dtype in entering if dtype == TEXT}
    if texts & set(step.inputs) or step.layer.gives_dtype == TEXT:
        raise InvalidArgument(
            f"{where}, layer {step.path!r}", "a kind of layer that reads and gives numbers",
            Told(f"text, with {type(step.layer).__name__}"),
            "Begin the model behind that layer, and give it what the layer makes of text: layer(x).",
        )  # fmt: skip


def refuse_unknown(where: str, layer: Any) -> None:
    """Refuse a lookup that stops at what its vocabulary lacks: what is written goes on."""
    if getattr(layer, "num_oov_indices", 1) == 0 and not layer.invert:
        raise InvalidArgument(f"{where}, layer {layer.name!r}", "num_oov_indices of 1 at least", 0)


def refuse_mask(where: str, step: Step, fix: str, trains: bool = False) -> None:
    """Refuse a step that is told a mask by which no writer knows to go; trains: in training, too."""
    told_one = any_of(step.masks) and (trains or not step.layer.learns_by_mask)
    if told_one and not isinstance(step.layer, READS_MASK):
        raise InvalidArgument(f"{where}, layer {step.label!r}", "layers that no mask is told", Told("one that is"), fix)


def refuse_training(where: str, step: Step, fix: str) -> None:
    """Refuse a step that behaves as in training while the network predicts."""
    layer = step.layer
    dropped = getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0)
    if step.training and (isinstance(layer, DIFFERING) or dropped):
        told = Told("one called with training=True")
        raise InvalidArgument(f"{where}, layer {step.path!r}", "a layer that predicts", told, fix)


def walked(model: Any, *rows: Array) -> Iterator[tuple[Step, tuple[Array, ...]]]:
    """(step, all that it gives) one after another, in prediction; masks are among them."""
    values = dict(zip(model.wiring.inputs, rows, strict=True))
    for step in model.wiring.steps:
        given, masks, key = given_to(step, values), masks_of(step, values), model.key.fold(*step.numbers)
        part, trains = model.part(model.p, step.path), step.trains(False)
        y, _ = step.layer.forward(part, *given, training=trains, rng=key, **masks)
        made = y if isinstance(y, tuple) else (y,)
        values |= zip(step.outputs, made, strict=True)
        yield step, made


def kinds(model: Any) -> dict[str, str]:
    """The dtype of what each step gives, by its label."""
    rows = nothing(model, 1)
    with np.errstate(all="ignore"):
        return {step.label: made[0].dtype.name for step, made in walked(model, *rows) if made}


def nothing(model: Any, rows: int) -> list[Array]:
    """Inputs of zeros, and texts without letters."""
    ends = zip(model.sample_shapes, model.input_dtypes, strict=True)
    return [np.full((rows, *shape), "", object) if kind == TEXT else np.zeros((rows, *shape), kind)
            for shape, kind in ends]  # fmt: skip


def told(layer: Any) -> str:
    """What a layer is, in words: an op with its operands and options."""
    return layer.formula if isinstance(layer, Op) else type(layer).__name__
