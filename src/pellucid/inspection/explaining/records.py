"""What is written down while a step is taken, by either engine, before it is put into words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ...arrays import Array
from ...layers import Layer
from ...losses import Loss
from ...program import lettered
from ...rng import Key
from ...wiring import Step
from ..base import Inspected


@dataclass
class LayerRecord:
    """What went through one use of a layer. Letters: x, y, the layer's own (z, m, r, ...); dy, dz, dx; of a layer with
    several inputs x1, x2, ..., dx1, dx2, ..., of several outputs y1, y2, ...
    What an engine did not compute is missing: the compiled one has no use for the first layer's dx."""

    step: Step
    layer: Layer
    key: Key  # of its random numbers
    p: dict[str, Array]  # its parameters before the step, by their own names
    arrays: dict[str, Array] = field(default_factory=dict)
    back: dict[str, Array] = field(default_factory=dict)
    cache: Any = None  # what `forward` returned, where it was the definition's

    @property
    def path(self) -> str:
        """Of its parameters."""
        return self.step.path

    @property
    def label(self) -> str:
        """Of this use of the layer."""
        return self.step.label

    @property
    def xs(self) -> list[Array]:
        """The inputs."""
        return [self.arrays[letter] for letter in self.letters("x")]

    @property
    def by_averages(self) -> bool:
        """Whether it took moving averages in the place of the batch's own."""
        if "moving_mean" not in self.p:
            return False
        return "μ" not in self.arrays if self.cache is None else not self.layer.state_after(self.p, self.cache)

    def letters(self, letter: str) -> list[str]:
        """What each input goes by: x, or x1, x2, ...; and likewise what is sent back to it."""
        return list(lettered(letter, self.step.inputs))

    def letters_out(self, letter: str) -> list[str]:
        """What each output goes by: y, or y1, y2, ...; and likewise what comes back to it."""
        return list(lettered(letter, self.step.outputs))

    def letters_back(self) -> list[str]:
        """Those of what it has sent back."""
        return [letter for letter in self.letters("dx") if letter in self.back]


@dataclass(eq=False)
class Judged:
    """The loss of an output: ℓ by sample, and dL/d(what it looked at)."""

    loss: Loss  # in the form that was used, from logits or not
    fused: bool  # whether it looked behind the output activation, at z
    seen: Array  # (B, ...): y, or z if fused
    values: Array  # (B, ...)
    value: float  # without the penalties, and without the output's weight
    d: Array  # dL/dy, or dL/dz if fused
    place: int = 0  # of the output

    @property
    def letter(self) -> str:
        """Of what the loss looked at: z, where it takes logits."""
        return "z" if self.fused or getattr(self.loss, "from_logits", False) else "y"


@dataclass
class Parameters:
    """Everything that an update changes, at one moment."""

    theta: dict[str, Array]
    state: dict[str, Array]
    memory: dict[str, dict[str, Array]]  # by parameter: the optimizer's slots, average, accumulated gradient

    @classmethod
    def of(cls, model: Inspected) -> Parameters:
        """Copies of the present values."""
        memory = model.optimizer.memory if hasattr(model, "optimizer") else None
        names = model.theta if memory is not None else ()
        kept = {name: {what: a.copy() for what, a in remembered(memory, name)} for name in names}
        return cls(_copies(model.theta), _copies(model.state), kept)


@dataclass
class StepRecord:
    """One step, or one forward pass."""

    engine: str
    x: Any  # of several inputs, outputs or weights all, in `Parts`
    y: Any
    weights: Any
    before: Parameters
    layers: dict[str, LayerRecord] = field(default_factory=dict)  # by the label of the step
    judged: list[Judged] = field(default_factory=list)  # for each output that has a loss
    total: float = 0.0  # with the penalties
    after: Parameters | None = None  # None where no update was made
    gradients: dict[str, Array] = field(default_factory=dict)  # of what is trained, penalties included
    stepped: dict[str, Array] = field(default_factory=dict)  # the same as the rule got it: accumulated, clipped
    failure: str = ""  # why there was no update
    step: int = 0  # its number, from 1; 0 for a forward pass
    learning_rate: float = 0.0
    decays: dict[str, float] = field(default_factory=dict)  # weight decay by parameter, where there is any


def remembered(memory: Any, name: str) -> Iterator[tuple[str, Array]]:
    """(what, array) of all that an optimizer remembers of a parameter."""
    yield from memory.of(name).items()
    for what, flat in (("average", memory.average), ("accumulated", memory.accumulated)):
        if flat is not None:
            yield what, flat[name]


def part_of(p: Mapping[str, Array], path: str) -> dict[str, Array]:
    """The parameters of the layer at this path, by their own names."""
    return {name.removeprefix(f"{path}/"): a for name, a in p.items() if name.rpartition("/")[0] == path}


def in_order(flat: Array, model: Inspected) -> dict[str, Array]:
    """Numbers of all trained parameters, one after another, by the parameter's name and in its shape."""
    found, start = {}, 0
    for name in model.trained_names():
        shape = model.theta.shapes[name]
        size = model.theta[name].size
        found[name] = flat[start : start + size].reshape(shape)
        start += size
    return found


def _copies(flat: Mapping[str, Array]) -> dict[str, Array]:
    return {name: a.copy() for name, a in flat.items()}
