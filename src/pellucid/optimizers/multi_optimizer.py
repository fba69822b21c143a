"""MultiOptimizer: some parameters are stepped by one optimizer, some by another."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Never

from ..arrays import Array, Flat
from ..constraints import Constraint
from ..errors import InvalidArgument, Told, WrongType
from ..registry import snake
from .base import Optimizer, optimizers
from .memory import Memory, assign, assign_in_order
from .optimizer_map import OptimizerMap, maps
from .variable import OptimizerVariable


class NoOneRate(InvalidArgument, AttributeError):
    """A learning rate was asked of an optimizer that has several."""


@optimizers.add()
class MultiOptimizer(Optimizer):
    """Each parameter is stepped by the optimizer that an `OptimizerMap`, or a function of the variable, names for it.

    `optimizers` lists them. Each keeps its own learning rate, clipping, averages and number of steps; global_clipnorm
    looks at its own parameters alone. loss_scale_factor takes the place of theirs.

    >>> from pellucid.optimizers import SGD, Adam, OptimizerMap
    >>> optimizer = MultiOptimizer(OptimizerMap(SGD(0.5), {".*/bias": Adam(0.1)}))
    >>> optimizer.optimizers[0].learning_rate, optimizer.optimizers[1].learning_rate
    (0.1, 0.5)

    A key of the map that matches no parameter is an error; in Keras it is passed over.
    """

    formula = "w ← the step of its own optimizer"

    def __init__(
        self,
        optimizer_map: Callable[[Any], Optimizer] | Mapping[str, Any],
        loss_scale_factor: float | None = None,
        name: str | None = None,
    ) -> None:
        if isinstance(optimizer_map, OptimizerMap | Mapping):
            optimizer_map = maps.get(optimizer_map, self.where("optimizer_map"))
        elif not callable(optimizer_map):
            raise WrongType(self.where("optimizer_map"), "an OptimizerMap, or a function of a variable", optimizer_map)
        self.optimizer_map: Any = optimizer_map
        self.optimizers: list[Optimizer] = []
        self._owned: list[list[str]] = []  # the parameters of each
        super().__init__(0.0, loss_scale_factor=loss_scale_factor, name=name)
        if isinstance(optimizer_map, OptimizerMap):
            for one in (*optimizer_map.values(), optimizer_map.default_optimizer):
                self._place(one)

    def update(self, w: Array, g: Array, s: Mapping[str, Array], lr: float, t: int) -> Never:
        raise InvalidArgument(
            f"optimizer {self.name!r}, update", "the update of one of its optimizers", Told("its own")
        )

    def get_config(self) -> dict[str, Any]:
        if not isinstance(self.optimizer_map, OptimizerMap):
            raise WrongType(
                f"optimizer {self.name!r}, saved", "an OptimizerMap", self.optimizer_map,
                "A function cannot be saved, as loading executes none.",
            )  # fmt: skip
        saved = maps.serialize(self.optimizer_map)
        return {"optimizer_map": saved, "loss_scale_factor": self.loss_scale_factor, "name": self.name}

    # What each of them has ---------------------------------------------------------------------------------------

    @property  # type: ignore[override]
    def learning_rate(self) -> Never:
        """There is none: each of `optimizers` has its own."""
        self.one_rate(f"optimizer {self.name!r}, learning_rate")

    @learning_rate.setter
    def learning_rate(self, value: Any) -> None:
        self.one_rate(f"optimizer {self.name!r}, learning_rate")

    def one_rate(self, where: str) -> Never:
        raise NoOneRate(
            where, "an optimizer with one learning rate", Told(f"{self.name!r}, each of whose optimizers has its own"),
            "Ask optimizer.optimizers[0].learning_rate and its neighbours.",
        )  # fmt: skip

    def told_rate(self) -> str:
        return ", ".join(one.told_rate() for one in self.optimizers)

    @property
    def loss_scale_factor(self) -> float | None:
        """What the loss is multiplied by, and each of `optimizers` divides the gradients by."""
        return self._loss_scale_factor

    @loss_scale_factor.setter
    def loss_scale_factor(self, value: float | None) -> None:
        self._loss_scale_factor = value
        for one in self.optimizers:
            one.loss_scale_factor = value

    @property
    def averages(self) -> dict[str, Array]:
        return {name: a for one in self.optimizers for name, a in one.averages.items()}

    def exclude_from_weight_decay(
        self, var_list: Sequence[Array] | None = None, var_names: Sequence[str] | None = None
    ) -> None:
        """Refused: each of `optimizers` is told so by itself."""
        raise InvalidArgument(
            f"optimizer {self.name!r}, exclude_from_weight_decay",
            "a call of one of its optimizers' own",
            Told("its own"),
        )

    def decays(self, theta: Flat, names: Sequence[str]) -> dict[str, float]:
        self._built(theta, theta)
        return {name: decay for one, _, own in self._each(names) for name, decay in one.decays(theta, own).items()}

    # Steps -------------------------------------------------------------------------------------------------------

    def step(
        self,
        theta: Flat,
        grad: Flat,
        trainable: Sequence[str] | None = None,
        constraints: Mapping[str, Constraint] | None = None,
    ) -> None:
        self._built(theta, theta)
        names = self._trained = self._listed = self._names(theta, trainable)
        for one, owned, own in self._each(names):
            w = _part(theta, owned)
            one.step(w, _part(grad, w), own, constraints)
            theta.update(w)
        self.steps_taken += 1

    def finalize(self, theta: Flat, trainable: Sequence[str] | None = None) -> None:
        for one, owned, own in self._each(self._trained if trainable is None else trainable):
            w = _part(theta, owned)
            one.finalize(w, own)
            theta.update(w)

    def _built(self, theta: Flat, arrays: Mapping[str, Array]) -> Memory:
        """The memory of its own holds nothing but the layout."""
        if self.memory is not None:
            return super()._built(theta, arrays)
        if isinstance(self.optimizer_map, OptimizerMap):
            self.optimizer_map.all_match(f"optimizer {self.name!r}", theta)
        for name in theta:
            self._owned[self._place(self.optimizer_map(_variable(name, arrays[name])))].append(name)
        for one, own in zip(self.optimizers, self._owned, strict=True):
            if own:
                one._built(_part(theta, own), {name: arrays[name] for name in own})
        return super()._built(theta, arrays)

    def _place(self, one: Any) -> int:
        """Where an optimizer stands among `optimizers`."""
        if not isinstance(one, Optimizer) or isinstance(one, MultiOptimizer):
            raise WrongType(self.where("optimizer_map"), "an optimizer for each variable", one)
        for i, known in enumerate(self.optimizers):
            if known is one:
                return i
        one.loss_scale_factor = self.loss_scale_factor
        self.optimizers.append(one)
        self._owned.append([])
        return len(self.optimizers) - 1

    def _each(self, names: Sequence[str]) -> Iterator[tuple[Optimizer, list[str], list[str]]]:
        """(optimizer, all its parameters, those of these names), where there are any."""
        wanted = set(names)
        for one, owned in zip(self.optimizers, self._owned, strict=True):
            if own := [name for name in owned if name in wanted]:
                yield one, owned, own

    # State -------------------------------------------------------------------------------------------------------

    def state(self) -> dict[str, Array]:
        parts = {f"{i}/{name}": a for i, one in enumerate(self.optimizers) for name, a in one.state().items()}
        return super().state() | parts

    def load_state(self, state: Mapping[str, Array]) -> None:
        # into copies: names and shapes fit, or nothing changes
        assign(f"optimizer {self.name!r}, load_state", self.state(), state)
        for i, one in enumerate(self.optimizers):
            prefix = f"{i}/"
            one.load_state({name.removeprefix(prefix): a for name, a in state.items() if name.startswith(prefix)})
        self.steps_taken = int(state["iterations"])

    def places_to_save(
        self, theta: Flat, trainable: Sequence[str] | None = None
    ) -> dict[str, tuple[str, list[tuple[str, Array]]]]:
        """All of it under "vars", and what each of `optimizers` has once more under its kind, as Keras saves it."""
        places, seen = super().places_to_save(theta, trainable), dict[str, int]()
        for one, _, saved in self._each_saved(self._names(theta, trainable)):
            kind = snake(type(one).__name__)
            n = seen[kind] = seen.get(kind, -1) + 1
            places[f"optimizers/{kind}{f'_{n}' if n else ''}/vars"] = (one.name, saved)
        return places

    @property
    def variables(self) -> list[OptimizerVariable]:
        """Its own number of steps and a learning rate of 0, as in Keras; then the variables of each of `optimizers`."""
        own = [self._number(i, name) for i, (name, _) in enumerate(self._saved_first())]
        return own + [variable for one in self.optimizers for variable in one.variables]

    def _saved(self, memory: Memory | None, names: Sequence[str]) -> list[tuple[str, Array]]:
        each = self._each_saved(names if memory is not None else [])
        return [*self._saved_first(), *(entry for _, _, saved in each for entry in saved)]

    def _each_saved(self, names: Sequence[str]) -> list[tuple[Optimizer, list[str], list[tuple[str, Array]]]]:
        """Each of `optimizers`, which of these parameters it has, what it saves: the numbers alone if it has none."""
        wanted = set(names)
        owned = [[name for name in owned if name in wanted] for owned in self._owned]
        return [
            (one, own, one._saved(one.memory if own else None, own))
            for one, own in zip(self.optimizers, owned, strict=True)
        ]

    def _put_back(self, where: str, memory: Memory | None, names: Sequence[str], values: Sequence[Any]) -> None:
        if len(values) == len(self._saved(None, [])):  # Keras saved it before its first step
            names = []
        assign_in_order(where, self._saved(self.memory, names), values)  # into copies, likewise
        place = len(self._saved_first())
        super()._put_back(where, None, [], values[:place])
        for one, own, saved in self._each_saved(names):
            one._put_back(where, one.memory if own else None, own, values[place : place + len(saved)])
            one._listed = own
            place += len(saved)


def _part(theta: Flat, names: Iterable[str]) -> Flat:
    """Copies of these parameters, as one vector."""
    part = Flat({name: theta.shapes[name] for name in names}, theta.data.dtype)
    for name in part:
        part[name] = theta[name]
    return part


def _variable(name: str, w: Array) -> Any:
    """What a function is asked about: the variable itself, or where there is only an array, one of its name."""
    if getattr(w, "path", ""):
        return w

    def write(value: Array) -> None:
        w[...] = value

    layer, _, last = name.rpartition("/")
    variable = OptimizerVariable(layer, last, lambda: w, write)
    variable.path = name
    return variable
