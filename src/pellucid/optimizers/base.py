"""What an optimizer is: a rule that turns a parameter and its gradient into the next parameter.

The rule (`update`) is pure, and is written as the paper writes it. What all optimizers share stands here: the learning
rate and its schedule, clipping, weight decay, averaging of weights, gradient accumulation and constraints; what is kept
between two steps in `saved_state.py`.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, ClassVar

import numpy as np

from .. import checks
from ..arrays import Array, Flat
from ..constraints import Constraint
from ..errors import InvalidArgument, NotReady, ShapeError, Told, WrongType
from ..program import CannotLower, Program
from ..registry import Family, plain, snake
from .clipping import clipped
from .lowering import Stretch, lower_scale, lower_step
from .memory import Memory, blocks, runs
from .numbers import Count, LearningRate
from .packing import constraints_of, gathered, packed
from .saved_state import SavedState
from .schedules.base import LearningRateSchedule, rate_or_schedule

optimizers: Family[Optimizer] = Family("optimizer", "keras.optimizers")


class Optimizer(SavedState):
    """w ← w − (a step that the gradient g, the slots s, the learning rate lr and the step number t determine).

    One step, in this order: the gradient is divided by loss_scale_factor, accumulated, clipped; the weights decay, are
    updated, averaged, and put back where their constraints allow.

    learning_rate: a number, a schedule, or a function step -> number.
    weight_decay: before the update, w ← w − lr · weight_decay · w, whatever the rule (Loshchilov & Hutter, "Decoupled
    weight decay regularization", ICLR 2019). PyTorch does so in AdamW alone; its others add weight_decay · w to g.
    clipnorm: each parameter's gradient is shortened to this norm; global_clipnorm: all gradients together;
    clipvalue: each entry is cut to ±clipvalue.
    use_ema: keep an average of the weights, a ← ema_momentum · a + (1 − ema_momentum) · w (after the first step a = w),
    and every ema_overwrite_frequency steps, or at the end of training, put it in the weights' place.
    gradient_accumulation_steps: average this many gradients into one update.

    One of your own writes `update`, and names its slots. If its step for one entry depends on others (a norm, a mean),
    it must say `elementwise = False`, to be given whole parameters in their shapes:

    >>> class Momentum(Optimizer):
    ...     slots = ("velocity",)
    ...     def update(self, w, g, s, lr, t):
    ...         v = 0.9 * s["velocity"] + g
    ...         return w - lr * v, {"velocity": v}
    >>> w = np.array([1.0, 2.0])
    >>> Momentum(0.5).apply([np.array([1.0, 1.0])], [w])
    >>> w
    array([0.5, 1.5])
    """

    family = optimizers
    passing = frozenset({"steps_taken", "learning_rate", "_learning_rate", "_trained", "_listed", "_served", "_serves"})
    formula: str = ""  # what `update` computes, for `explain`: "w ← w − lr·g"
    slots: tuple[str, ...] = ()
    elementwise: ClassVar[bool] = True  # whether `update` may be given any stretch of the vector at a time

    def __init__(
        self,
        learning_rate: Any = 0.001,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
    ) -> None:
        self._learning_rate = rate_or_schedule(self.where("learning_rate"), learning_rate)
        self.weight_decay: float | None = self.optional("weight_decay", weight_decay, minimum=0)
        self.clipnorm = self.optional("clipnorm", clipnorm, above=0)
        self.clipvalue = self.optional("clipvalue", clipvalue, above=0)
        self.global_clipnorm = self.optional("global_clipnorm", global_clipnorm, above=0)
        self.use_ema = bool(use_ema)
        self.ema_momentum = checks.number(self.where("ema_momentum"), ema_momentum, 0, 1)
        self.ema_overwrite_frequency = self._whole("ema_overwrite_frequency", ema_overwrite_frequency, 1)
        self.loss_scale_factor = self.optional("loss_scale_factor", loss_scale_factor, above=0)
        self.gradient_accumulation_steps = self._whole("gradient_accumulation_steps", gradient_accumulation_steps, 2)
        self.name = name or snake(type(self).__name__)
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        chosen = {name: limit for name, limit in clips.items() if limit is not None}
        if len(chosen) > 1:
            raise InvalidArgument(type(self).__name__, f"at most one of {', '.join(clips)}", chosen)
        self.steps_taken = 0  # calls of `step`, those that only accumulate included
        self.memory: Memory | None = None  # once built
        self._trained: list[str] = []  # the names of the last step
        self._listed: list[str] | None = None  # the names whose slots `variables` lists: a model's unfrozen parameters
        self._undecayed: frozenset[str] = frozenset()
        self._excluded: tuple[list[Array], str | None] = ([], None)

    # What a rule writes ------------------------------------------------------------------------------------------

    @abstractmethod
    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> tuple[Array, dict[str, Array]]:
        """(next w, next slots). w, g and each slot have one shape; t counts from 1."""

    def slots_at_start(self, w: Array) -> dict[str, Array]:
        """The slots before the first step: zeros, unless a rule says otherwise."""
        return {name: np.zeros_like(w) for name in self.slots}

    def slots_of(self, name: str, w: Array) -> dict[str, Array]:
        """As `slots_at_start`, for a rule that treats parameters differently by their names."""
        return self.slots_at_start(w)

    def decay_of(self, name: str, w: Array) -> float | None:
        """The weight decay of one parameter."""
        return self.weight_decay

    def slot_groups(self) -> Sequence[Sequence[str]]:
        """The slots as Keras makes them: those of one group parameter by parameter, group after group."""
        return (self.slots,)

    def lower_update(self, code: Program, s: Stretch) -> None:
        """Emit `update` for the compiled engine, on a stretch of the vectors; on one parameter, if not elementwise.

        A rule that treats every number alike is one kernel, which lets the weights decay as well.
        """
        raise CannotLower(f"optimizer {self.name!r}")

    def __init_subclass__(cls, **keywords: Any) -> None:
        """A class with an `update` or a `step` of its own does not inherit the compiled form of another's."""
        super().__init_subclass__(**keywords)
        if {"update", "step"} & vars(cls).keys() and "lower_update" not in vars(cls):
            cls.lower_update = Optimizer.lower_update  # type: ignore[method-assign]

    def lower(
        self, code: Program, names: Sequence[str], constraints: Mapping[str, Constraint], apart: Collection[str] = ()
    ) -> None:
        """Emit `step` on the parameters of these names, for the compiled engine; on some in an operation of its own."""
        theta, names = code.theta, self._names(code.theta, names)
        self._trained = self._listed = names
        lower_step(code, self, self._built(theta, theta), self.decays(theta, names), constraints, apart)

    def lower_scale(self, code: Program, names: Sequence[str]) -> None:
        """Emit the gradient of the scaled loss alone: for a `step` in Python, which divides by the scale again."""
        if self.loss_scale_factor is not None:
            lower_scale(code, names, self._built(code.theta, code.theta), self.loss_scale_factor)

    # The learning rate -------------------------------------------------------------------------------------------

    @property
    def learning_rate(self) -> LearningRate:
        """The learning rate of the next step."""
        rate = self._learning_rate
        return LearningRate.of(self, rate(self.steps_taken) if isinstance(rate, LearningRateSchedule) else rate)

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        new = rate_or_schedule(self.where("learning_rate"), value)
        if isinstance(self._learning_rate, LearningRateSchedule) and not isinstance(new, LearningRateSchedule):
            raise WrongType(
                f"optimizer {self.name!r}, learning_rate", "a schedule, since it was made with one", value,
                "Make the optimizer with a number if something else is to set its learning rate.",
            )  # fmt: skip
        self._learning_rate = new

    def take_in_hand(self, rate: float) -> None:
        """Learn at this rate from now on, in the place of the schedule, too, if there is one. A run that is resumed
        from a checkpoint goes on so. Keras has no such method."""
        self._learning_rate = checks.number(self.where("learning_rate"), rate, minimum=0)

    def told_rate(self) -> str:
        """The learning rate of the last step, as a line of progress tells it: that of the next may be 0, at the end."""
        rate = self._learning_rate
        if isinstance(rate, LearningRateSchedule):
            rate = float(rate(max(0, self.steps_taken - 1)))
        return f"{rate:.4g}"

    def one_rate(self, where: str) -> None:
        """Refuse what needs one learning rate, where there are several."""

    def rates(self, n: int) -> Array:
        """The learning rates of the next n steps, (n,) float64."""
        rate, t = self._learning_rate, self.steps_taken
        if isinstance(rate, LearningRateSchedule):
            return np.array([float(rate(t + i)) for i in range(n)])
        return np.full(n, float(rate))

    @property
    def schedule(self) -> LearningRateSchedule | None:
        """What gives the learning rate, if it is not a number that stays."""
        return self._learning_rate if isinstance(self._learning_rate, LearningRateSchedule) else None

    @property
    def iterations(self) -> Count:
        """Updates so far."""
        return Count(self.steps_taken // (self.gradient_accumulation_steps or 1))

    # Steps -------------------------------------------------------------------------------------------------------

    @property
    def built(self) -> bool:
        """Whether the slots exist."""
        return self.memory is not None

    def build(self, theta: Flat | Sequence[Array]) -> None:
        """Make the slots for these parameters, a vector or a list of arrays, unless that was done before."""
        if isinstance(theta, Flat):
            self._built(theta, theta)
            return
        variables = list(theta)
        known = self.memory.shapes if self.memory else None
        vector, names = gathered(f"optimizer {self.name!r}, build", variables, known)
        self._built(vector, dict(zip(names, variables, strict=True)))

    def step(
        self,
        theta: Flat,
        grad: Flat,
        trainable: Sequence[str] | None = None,
        constraints: Mapping[str, Constraint] | None = None,
    ) -> None:
        """One step in place on the parameters of these names; None stands for all."""
        memory = self._built(theta, theta)
        names = self._trained = self._listed = self._names(theta, trainable)
        if grad.slices != theta.slices:
            raise ShapeError(f"optimizer {self.name!r}, gradients", f"the layout {theta.shapes}", grad.shapes)
        with np.errstate(all="ignore"):  # a run that diverges shows in its loss
            g = self._accumulated(memory, grad.data.astype(memory.dtype, copy=False), runs(theta, names))
            if g is not None:
                self._descend(memory, theta, clipped(self, g, theta, names), names)
            self._keep_average(memory, theta, names)
            for name in names:
                if constraints and name in constraints:
                    theta[name] = constraints[name](theta[name])
        self.steps_taken += 1

    def apply(self, grads: Sequence[Array | None], trainable_variables: Sequence[Array]) -> None:
        """One step in place on a list of arrays, as `fit` takes it: constraints of variables hold afterwards.

        Variables are known by their paths, other arrays by their positions. One without a gradient (None) stays, with a
        warning; one with `overwrite_with_gradient` takes its gradient as its value.

        >>> from pellucid.optimizers import SGD
        >>> w = np.array([1.0, 2.0])
        >>> SGD(0.5).apply([np.array([2.0, 2.0])], [w])
        >>> w
        array([0., 1.])
        """
        where, variables = f"optimizer {self.name!r}, apply", list(trainable_variables)
        known = self.memory.shapes if self.memory else None
        theta, grad, names, trained = packed(where, grads, variables, known, bool(self.gradient_accumulation_steps))
        given = dict(zip(names, variables, strict=True))
        self._built(theta, given)
        self.step(theta, grad, trained, constraints_of(given))
        self._listed = None
        for name, variable in given.items():
            variable[...] = theta[name]

    def apply_gradients(self, grads_and_vars: Iterable[tuple[Array | None, Array]]) -> int:
        """As `apply`, for pairs (gradient, array); the number of steps so far."""
        pairs = list(grads_and_vars)
        self.apply([g for g, _ in pairs], [w for _, w in pairs])
        return self.steps_taken

    def scale_loss(self, loss: Any) -> Any:
        """The loss times loss_scale_factor, by which each step divides the gradients again."""
        return loss if self.loss_scale_factor is None else loss * self.loss_scale_factor

    def finalize(self, theta: Flat, trainable: Sequence[str] | None = None) -> None:
        """End of training: with use_ema, the average takes the weights' place, for these names or the last step's."""
        if self.memory is not None and self.memory.average is not None:
            for name in self._trained if trainable is None else trainable:
                theta[name] = self.memory.average[name]

    @property
    def averages(self) -> Mapping[str, Array]:
        """The averages of the weights, by name, where they are kept."""
        kept = None if self.memory is None else self.memory.average
        return kept if kept is not None else {}

    def exclude_from_weight_decay(
        self, var_list: Sequence[Array] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Spare these arrays, and the parameters in whose names one of these words occurs, from weight decay.

        A name is the whole one, such as "dense/kernel"; Keras looks at its last part only.
        """
        if self.memory is not None:
            raise NotReady(
                f"optimizer {self.name!r}, exclude_from_weight_decay", "a call before the first step",
                Told("one after it"),
            )  # fmt: skip
        self._excluded = (list(var_list or ()), "|".join(var_names) if var_names else None)

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments as plain data; a schedule in its saved form, not the rate it gives now."""
        return super().get_config() | {"learning_rate": plain(self._learning_rate)}

    # Inside ------------------------------------------------------------------------------------------------------

    def _built(self, theta: Flat, arrays: Mapping[str, Array]) -> Memory:
        """The memory for this layout; `arrays` are the user's own, by which `exclude_from_weight_decay` knows them."""
        if self.memory is None:
            excluded, words = self._excluded
            self._undecayed = frozenset(
                name
                for name, w in arrays.items()
                if (words and re.search(words, name)) or any(np.may_share_memory(w, a) for a in excluded)
            )
            self.memory = Memory(
                theta, {name: self.slots_of(name, theta[name]) for name in theta},
                averaging=self.use_ema, accumulating=self.gradient_accumulation_steps is not None,
            )  # fmt: skip
        elif not self.memory.fits(theta):
            raise InvalidArgument(
                f"optimizer {self.name!r}", f"the parameters it was built for, {self.memory.shapes}", theta.shapes,
                "Make a new optimizer for a new model.",
            )  # fmt: skip
        return self.memory

    def _accumulated(self, memory: Memory, g: Array, where: list[slice]) -> Array | None:
        """The gradient to step along, unscaled; None while gradients are still being accumulated."""
        if self.loss_scale_factor is not None:
            g = g / self.loss_scale_factor
        if memory.accumulated is None or self.gradient_accumulation_steps is None:
            return g
        total, n = memory.accumulated.data, self.gradient_accumulation_steps
        for run in where:
            total[run] += g[run]
        if (self.steps_taken + 1) % n:
            return None
        g = total / n
        total[:] = 0
        return g

    def _descend(self, memory: Memory, theta: Flat, g: Array, names: list[str]) -> None:
        """Decay and update the parameters of these names."""
        w, lr, t = theta.data, float(self.learning_rate), self.iterations + 1
        decays = self.decays(theta, names)
        for decay in {d for d in decays.values() if d}:
            for run in runs(theta, [name for name, d in decays.items() if d == decay]):
                w[run] -= w[run] * (decay * lr)
        if self.elementwise:
            for part in blocks(runs(theta, names)):
                slots = memory.within(part)
                w[part], new = self.update(w[part], g[part], slots, lr, t)
                _replace(slots, new)
        else:
            for name in names:
                slots = memory.of(name)
                gradient = g[theta.slices[name]].reshape(theta.shapes[name])
                theta[name], new = self.update(theta[name], gradient, slots, lr, t)
                _replace(slots, new)

    def decays(self, theta: Flat, names: Sequence[str]) -> dict[str, float]:
        """The weight decay of the parameters of these names."""
        decays = {name: self.decay_of(name, theta[name]) for name in names if name not in self._undecayed}
        return {name: float(decays.get(name) or 0.0) for name in names}

    def _keep_average(self, memory: Memory, theta: Flat, names: list[str]) -> None:
        if memory.average is None:
            return
        w, a = theta.data, memory.average.data
        momentum = self.ema_momentum if self.iterations > 0 else 0.0
        often = self.ema_overwrite_frequency
        for run in runs(theta, names):
            a[run] = momentum * a[run] + (1 - momentum) * w[run]
            if often is not None and (self.iterations + 1) % often == 0:
                w[run] = a[run]

    # Checks of arguments, for rules too --------------------------------------------------------------------------

    def fraction(self, argument: str, value: Any) -> float:
        """An argument that is at least 0 and below 1."""
        return checks.number(self.where(argument), value, 0, below=1)

    def optional(self, argument: str, value: Any, minimum: float | None = None, above: float | None = None) -> Any:
        """An argument that is a number within bounds, or None."""
        return None if value is None else checks.number(self.where(argument), value, minimum, above=above)

    def _whole(self, argument: str, value: Any, minimum: int) -> int | None:
        return None if value is None else checks.integer(self.where(argument), value, minimum)


def _replace(slots: Mapping[str, Array], new: Mapping[str, Array]) -> None:
    for name, value in new.items():
        slots[name][...] = value
