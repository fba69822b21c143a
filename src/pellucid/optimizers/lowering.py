"""How a step is lowered: the stretches of the vectors that one operation treats alike, and what all optimizers share.

Every thread goes through its own part of a stretch, operation after operation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

from ..arrays import Flat
from ..constraints import Constraint
from ..program import Buffer, CannotLower, Program
from .clipping import Clipping
from .memory import Memory

BLOCK = 4096  # numbers whose squares one thread sums up


@dataclass(frozen=True)
class Stretch:
    """One parameter, or neighbours with the same weight decay: its part of every vector.

    `every`: how many steps make one update.
    """

    names: tuple[str, ...]
    w: Buffer  # of the one parameter's shape, or flat
    g: Buffer
    slots: Mapping[str, Buffer]
    decay: float
    every: int

    @property
    def size(self) -> int:
        """Numbers."""
        return self.w.size

    def update(self, code: Program, kernel: str, slots: Sequence[str], *numbers: float) -> None:
        """Emit a rule that treats every number alike, with these slots and numbers of its own."""
        own = [self.slots[name] for name in slots]
        code.emit(kernel, self.size, self.every, self.decay, self.w, self.g, *own, *map(float, numbers))


class Rule(Clipping, Protocol):
    """What is to be known of an optimizer."""

    @property
    def elementwise(self) -> bool: ...

    name: str
    loss_scale_factor: float | None
    gradient_accumulation_steps: int | None
    ema_momentum: float
    ema_overwrite_frequency: int | None

    def lower_update(self, code: Program, s: Stretch) -> None: ...


def lower_step(
    code: Program, rule: Rule, memory: Memory, decays: Mapping[str, float], constraints: Mapping[str, Constraint],
    apart: Collection[str] = (),
) -> None:  # fmt: skip
    """Emit `step` on the parameters that have an entry in `decays`, in its order. `apart`: those of which a stretch of
    their own is wanted, if a step is no more than one operation."""
    theta, every = code.theta, rule.gradient_accumulation_steps or 1
    if (memory.accumulated is None) != (every == 1):
        raise CannotLower(f"optimizer {rule.name!r} with another gradient_accumulation_steps than at its start")
    if not decays:
        return
    apart = apart if _is_plain(rule, memory) else ()
    parts = _lower_gradient(code, rule, stretches(theta, memory, decays, every, joined=rule.elementwise, apart=apart))
    for s in parts if rule.elementwise else lower_decay(code, parts):
        rule.lower_update(code, s)
    if memory.average is not None:
        lower_average(code, parts, rule.ema_momentum, rule.ema_overwrite_frequency)
    for name in decays:
        if name in constraints:
            constraints[name].lower(code, Buffer("theta", theta.slices[name].start, theta.shapes[name], 0))


def _is_plain(rule: Rule, memory: Memory) -> bool:
    """Whether nothing comes between the gradient and the update, or after it."""
    rest = (
        rule.loss_scale_factor,
        rule.gradient_accumulation_steps,
        rule.clipvalue,
        rule.clipnorm,
        rule.global_clipnorm,
    )
    return rule.elementwise and memory.average is None and all(given is None for given in rest)


def _lower_gradient(code: Program, rule: Rule, parts: list[Stretch]) -> list[Stretch]:
    """Emit what comes between the gradient and the update."""
    if rule.loss_scale_factor is not None:
        parts = lower_scaling(code, parts, rule.loss_scale_factor)
    if rule.gradient_accumulation_steps is not None:
        parts = lower_accumulation(code, parts, rule.gradient_accumulation_steps)
    if rule.clipvalue is not None:
        return lower_clip_by_value(code, parts, rule.clipvalue)
    if rule.clipnorm is not None:
        return lower_clip_by_norm(code, parts, rule.clipnorm, together=False)
    if rule.global_clipnorm is not None:
        return lower_clip_by_norm(code, parts, rule.global_clipnorm, together=True)
    return parts


def lower_scale(code: Program, names: Sequence[str], memory: Memory, scale: float) -> None:
    """Emit the gradient of the scaled loss alone."""
    lower_scaling(code, stretches(code.theta, memory, dict.fromkeys(names, 0.0), 1, joined=True), scale)


def stretches(
    theta: Flat, memory: Memory, decays: Mapping[str, float], every: int, *, joined: bool, apart: Collection[str] = ()
) -> list[Stretch]:
    """The parameters that have an entry in `decays`, one by one or with neighbours of the same decay joined, but for
    those that are to stand apart."""
    groups: list[list[str]] = []
    for name, decay in decays.items():
        last = groups[-1][-1] if groups else None
        near = last and theta.slices[last].stop == theta.slices[name].start and decays[last] == decay
        if joined and near and not {last, name} & set(apart):
            groups[-1].append(name)
        else:
            groups.append([name])
    return [_stretch(theta, memory, names, decays[names[0]], every) for names in groups]


def _stretch(theta: Flat, memory: Memory, names: Sequence[str], decay: float, every: int) -> Stretch:
    first, size = names[0], sum(theta[name].size for name in names)

    def of(space: str, vector: Flat) -> Buffer:
        return Buffer(space, vector.slices[first].start, vector.shapes[first] if len(names) == 1 else (size,), False)

    slots = {slot: of(f"slots/{slot}", flat) for slot, flat in memory.slots.items() if first in flat}
    return Stretch(tuple(names), of("theta", theta), of("gradient", theta), slots, decay, every)


# The gradient ----------------------------------------------------------------------------------------------------


def lower_scaling(code: Program, parts: Sequence[Stretch], scale: float) -> list[Stretch]:
    """Emit the gradient of the scaled loss, and its division by the scale."""
    scaled = _elsewhere(code, parts)
    for s, to in zip(parts, scaled, strict=True):
        code.emit("gradient.unscaled", s.size, s.g, to.g, float(scale))
    return scaled


def lower_accumulation(code: Program, parts: Sequence[Stretch], every: int) -> list[Stretch]:
    """Emit the mean of so many steps' gradients."""
    theta, means = code.theta, _elsewhere(code, parts)
    for s, to in zip(parts, means, strict=True):
        total = Buffer("accumulated", s.w.offset, s.w.shape, 0)
        code.emit("gradient.accumulated", s.size, every, s.g, total, to.g)
    stepping = {name for s in parts for name in s.names}
    for name in theta:
        if name not in stepping:  # it may have been, some steps ago
            total = Buffer("accumulated", theta.slices[name].start, theta.shapes[name], 0)
            code.emit("gradient.forgotten", total.size, every, total)
    return means


def lower_clip_by_value(code: Program, parts: Sequence[Stretch], limit: float) -> list[Stretch]:
    """Emit `clip_by_value`."""
    clipped = _elsewhere(code, parts)
    for s, to in zip(parts, clipped, strict=True):
        code.emit("clip.value", s.size, s.every, s.g, to.g, float(limit))
    return clipped


def lower_clip_by_norm(code: Program, parts: Sequence[Stretch], limit: float, *, together: bool) -> list[Stretch]:
    """Emit `clip_by_norm`: parameter by parameter, or all together."""
    clipped = _elsewhere(code, parts)
    pieces: list[tuple[Stretch, Buffer, Buffer]] = []
    for s, to in zip(parts, clipped, strict=True):
        start = 0
        for size in [s.size] if together else [code.theta[name].size for name in s.names]:
            pieces.append((s, _part(s.g, start, size), _part(to.g, start, size)))
            start += size
    sums = lower_squares(code, [x for _, x, _ in pieces], parts[0].every)
    everything = _part(sums[0], 0, sum(found.size for found in sums))
    for (s, x, g), own in zip(pieces, sums, strict=True):
        found = everything if together else own
        code.emit("clip.norm", x.size, s.every, x, g, found, found.size // 2, float(limit))
    return clipped


def lower_squares(code: Program, vectors: Iterable[Buffer], every: int) -> list[Buffer]:
    """Emit the sums of squares of vectors, block by block: float64, of two floats each, vector after vector."""
    given = list(vectors)
    sizes = [2 * -(-x.size // BLOCK) for x in given]
    whole, sums = code.block((sum(sizes),)), []
    for i, x in enumerate(given):
        sums.append(_part(whole, sum(sizes[:i]), sizes[i]))
        code.emit("sums.squares", x.size, every, x, sums[-1], BLOCK)
    return sums


def _elsewhere(code: Program, parts: Sequence[Stretch]) -> list[Stretch]:
    """The same with fresh memory for what becomes of the gradient; the gradient itself is to stay."""
    return [replace(s, g=code.block(s.w.shape)) for s in parts]


def _part(whole: Buffer, start: int, size: int) -> Buffer:
    return Buffer(whole.space, whole.offset + start, (size,), False)


# The weights -----------------------------------------------------------------------------------------------------


def lower_decay(code: Program, parts: Sequence[Stretch]) -> list[Stretch]:
    """Emit the decay of weights by itself, for rules that look at more than one of them."""
    for s in parts:
        if s.decay:
            code.emit("decay", s.size, s.every, s.decay, s.w)
    return [replace(s, decay=0.0) for s in parts]


def lower_average(code: Program, parts: Sequence[Stretch], momentum: float, often: int | None) -> None:
    """Emit the average of the weights."""
    for s in parts:
        a = Buffer("average", s.w.offset, s.w.shape, 0)
        code.emit("average", s.size, s.every, s.w, a, float(momentum), often or 0)
