"""The forms in which a network is written, and what none or one of them can hold: each refusal is one sentence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .. import layers as L
from ..arrays import TEXT, Shape
from ..errors import InvalidArgument, Told
from ..layers.augmenting import Augmenting
from ..layers.masking import MaskOf
from ..layers.merging import Joining
from ..layers.recurrent import Recurrent
from ..layers.shapes import axes_of
from ..ops import Op
from ..wiring import Step, any_of

DIFFERING = (  # in training
    Augmenting, L.AlphaDropout, L.BatchNormalization, L.Dropout, L.GaussianDropout, L.GaussianNoise, L.RandomCrop,
)  # fmt: skip
READS_MASK = (Recurrent, L.GlobalAveragePooling1D, L.Softmax)  # which go by a mask in prediction
BEHIND = "Begin the model behind that layer, and give it what the layer makes of its input: layer(x)."
BEFORE = "End the model in front of that layer, and give the layer what the model predicts."


@dataclass(frozen=True)
class Form:
    """A form: the function that writes it, with which errors begin; how a sentence goes on that says what is written
    in it; what to do where something is not."""

    where: str
    written: str
    instead: str

    def refused(self, path: str, expected: str, got: str, fix: str = "") -> InvalidArgument:
        """The error about a layer."""
        return InvalidArgument(f"{self.where}, layer {path!r}", expected, Told(got), fix or self.instead)

    def unwritten(self, path: str, layer: Any) -> InvalidArgument:
        """The error about a kind of layer, or an op as it is called, that this form lacks."""
        got = layer.formula if isinstance(layer, Op) else type(layer).__name__
        fix = BEHIND if layer.reads_ahead else self.instead
        return self.refused(path, f"a kind of layer that is written {self.written}", got, fix)

    def refuse_text(self, model: Any, step: Step) -> None:
        """Refuse a step that reads or gives text, in a form that cannot hold it."""
        entering = zip(model.wiring.inputs, model.input_dtypes, strict=True)
        texts = {wire for wire, dtype in entering if dtype == TEXT}
        reads = bool(texts & set(step.inputs))
        if reads or step.layer.gives_dtype == TEXT:
            got = f"text, with {type(step.layer).__name__}"
            raise self.refused(
                step.path, "a kind of layer that reads and gives numbers", got, BEHIND if reads else BEFORE
            )

    def refuse_unknown(self, layer: Any) -> None:
        """Refuse a lookup that stops at what its vocabulary lacks: what is written goes on."""
        if getattr(layer, "num_oov_indices", 1) == 0 and not layer.invert:
            fix = "Make the layer with a place for tokens that its vocabulary lacks: what is written stops at none."
            raise self.refused(layer.name, "num_oov_indices of 1 at least", "0", fix)

    def refuse_mask(self, step: Step, trains: bool = False) -> None:
        """Refuse a step that is told a mask by which no writer knows to go; trains: in training, too."""
        told_one = any_of(step.masks) and (trains or not step.layer.learns_by_mask)
        if told_one and not isinstance(step.layer, READS_MASK):
            wanted = "a layer that no mask is told, or a recurrent one, Softmax or GlobalAveragePooling1D"
            raise self.refused(step.label, wanted, f"{type(step.layer).__name__}, which is told one")

    def refuse_memory(self, step: Step) -> None:
        """Refuse a step that goes on where the batch before ended: what is written begins anew with each."""
        if (layer := step.layer.memory) is not None:
            raise self.refused(layer.name, "stateful=False", "a layer that keeps its states from batch to batch")

    def refuse_training(self, step: Step) -> None:
        """Refuse a step that behaves as in training while the network predicts."""
        layer = step.layer
        dropped = getattr(layer, "dropout", 0) or getattr(layer, "recurrent_dropout", 0)
        if step.training and (isinstance(layer, DIFFERING) or dropped):
            fix = "Call it without that, or save the model as a .keras file."
            raise self.refused(step.path, "a layer that predicts", "one called with training=True", fix)

    def joined(self, step: MaskOf, shapes: Sequence[Shape]) -> tuple[int, list[int | None]]:
        """How the masks become one of what a layer joins, for samples of these shapes, masks last: (the axis along
        which they lie side by side, or 0 where a step counts that counts in any; the place of each input's mask, None
        where all of it counts). Other masks are refused, by the layer's name."""
        layer: Any = step.layer
        behind = itertools.count(len(step.masked))
        places = [next(behind) if there else None for there in step.masked]
        how = getattr(type(layer), "compute_mask", None)
        if how is Joining.compute_mask and None not in places:
            return 0, places
        if how is L.Concatenate.compute_mask:
            (axis,) = axes_of(layer.name, layer.axis, shapes[0])
            if all(place is None or shapes[place] == shapes[i][:-1] for i, place in enumerate(places)):
                return axis % len(shapes[0]), places
        wanted = "a mask of Masking or Embedding, or of layers that join inputs with a mask for each of their steps"
        raise self.refused(layer.name, wanted, f"one that {type(layer).__name__} makes")


def mask_read(step: Step) -> int | None:
    """The wire that says which steps of what a layer reads count, where it goes by that."""
    return step.masks[0] if step.masks and isinstance(step.layer, READS_MASK) else None
