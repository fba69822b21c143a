"""All ways in which a layer of one's own is called, and what is read anew when what its `call` reads has changed."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, Self

from ..arrays import Shape, fits
from ..errors import InvalidArgument, NotReady, PellucidError, Told, WrongType
from ..wiring import Graph, Step, Tensor
from .another import Another
from .base import Layer
from .form import Form, put_together, taken_apart
from .identity import Identity
from .naming import name_all
from .watching import Watch, own_names
from .way import Way, kind_of, sample_shape

MOST_BY_HAND = 32  # ways that are remembered of calls on arrays; the oldest go first


class Ways(Way):
    """The first way in which it is called, and whoever knows the others."""

    passing = Way.passing | {"_busy", "_built_once", "_watch"}
    _others: Sequence[Another] = ()
    _built_once = False
    _busy = False  # while its own `build` or `call` runs
    _watch: Watch | None = None
    _retraced = 0  # how often what `call` reads has changed

    @abstractmethod
    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for the inputs, all of them tensors."""

    # Which of them it is ------------------------------------------------------------------------------------------

    def _default_of_training(self) -> bool | None:
        """What `call` itself says of training where nobody does."""
        told = inspect.signature(self.call).parameters.get("training")
        return told.default if told is not None and isinstance(told.default, bool) else None

    def _way_of(self, given: Any) -> tuple[Any, list[Any]]:
        """(the way in which it is called with these arguments, the tensors or arrays among them)."""
        self._check_call(given[0])
        if self._form is None:
            form, data = taken_apart(given)
            if not data:
                raise WrongType(self._place("input"), "tensors or arrays", given[0][0] if given[0] else None)
            self._meet(form)
            return self, data
        alike: list[tuple[Way, list[Any]]] = []
        for way in (self, *self._others):
            if (found := way._alike(given)) is not None:
                alike.append((way, found))
        fitting = [(way, data, tuple(map(sample_shape, data))) for way, data in alike if not way._cuts(data)]
        for way, data, shapes in fitting:
            if not way._shapes or all(map(fits, shapes, way._shapes)):
                return way, data
        try:
            for way, data, shapes in fitting:
                if way._does_the_same(shapes):
                    return way, data
            return self._new_way(given)
        except PellucidError:
            if not alike:
                raise
        return alike[0]  # which says what shape it wants

    def _new_way(self, given: Any) -> tuple[Another, list[Any]]:
        """One that is remembered once it is traced."""
        form, data = taken_apart(given)
        if not data:
            raise WrongType(self._place("input"), "tensors or arrays", given[0][0] if given[0] else None)
        return self._traced_for(form, data), data

    def _traced_for(self, form: Form, data: Sequence[Any]) -> Another:
        """A way for such data, which is remembered from now on."""
        made = Another(self)
        made._meet(form)
        if data:
            made.meet_dtypes([kind_of(one) for one in data])
            made.output_shapes_for(*map(sample_shape, data))
        by_hand = [way for way in self._others if not way.in_graph]
        forgotten = by_hand[: max(len(by_hand) - MOST_BY_HAND + 1, 0)]
        self._others = [way for way in (*self._others, made) if way not in forgotten]
        name_all(self, self._graphs())
        return made

    def _check_call(self, args: Sequence[Any] = ()) -> None:
        """Raise where no call can be right."""
        names = list(inspect.signature(self.call).parameters)
        if "training" in names[: len(args)]:
            raise InvalidArgument(
                self._place("argument training"), "by name", Told("by its place"), "Write training=True."
            )
        if "_trainable" not in self.__dict__:
            raise NotReady(
                f"class {type(self).__name__}, __init__", "super().__init__() before all else", Told("none"),
                "Write it as the first line of __init__.",
            )  # fmt: skip

    def _penalized(self, y: Any) -> Any:
        """What `call` gave, of which each tensor has the penalty that the activity regularizer says."""
        if self.activity_regularizer is None:
            return y
        form, tensors = taken_apart(y, lambda one: isinstance(one, Tensor))
        return put_together(form, [Identity(activity_regularizer=self.activity_regularizer)(one) for one in tensors])

    def _become(self, form: Form, data: Sequence[Any] = ()) -> None:
        """Let this be the first way: that of `fit`, `predict` and `build`, where nothing else says how it is called."""
        self._check_call()
        if self._form is None:
            self._meet(form)
        if self._form == form and not self._cuts(data):
            return
        if self.in_graph and self._form == form:
            return  # it says itself what it is made for
        if self.in_graph:
            raise InvalidArgument(
                self._place("input"), f"arguments as in its first call, {_written(self._form)}",
                Told(_written(form)), "It stands in a graph, called as there; tensors are numbered here.",
            )  # fmt: skip
        free = (way for way in self._others if way._form == form and not (way.in_graph or way._cuts(data)))
        try:
            other = next(free, None) or self._traced_for(form, data)
        except PellucidError:
            if self._form != form:
                raise
            return  # its first way says what it is made for
        for name in self.of_one_way:
            mine, theirs = getattr(self, name), getattr(other, name)
            setattr(self, name, theirs)
            setattr(other, name, mine)
        for way in (self, *self._others):
            way._wiring = None
        other.shape, self.shape = self.shape, None  # until it is made for this way

    # What holds for all of them -----------------------------------------------------------------------------------

    @property
    def _whose(self) -> Self:
        return self

    def _traced_ways(self) -> list[Way]:
        """Those that it has met, the first one first."""
        return [way for way in (self, *self._others) if way._shapes]

    def _graphs(self) -> Sequence[Graph]:
        return [way.graph for way in self._traced_ways()]

    @property
    def _owners(self) -> dict[str, Layer]:
        return {path: layer for way in self._traced_ways() for path, layer in way.wiring.owners.items()}

    @property
    def members(self) -> list[Layer]:
        """All that it is made of, in the order in which data meet it: layers, ops, and what gives its own weights."""
        found = [layer for graph in self._graphs() for layer in graph.layers()] if self._others else super().members
        return list({id(layer): layer for layer in found}.values())

    def _all_steps(self, *shapes: Shape) -> Iterator[tuple[Step, tuple[Shape, ...]]]:
        yield from self.steps(*shapes)
        for way in self._others:
            yield from way.steps(*way._shapes)

    def _tell_composites(self, owner: object) -> None:
        super()._tell_composites(owner)
        for way in self._others:
            way._tell_composites(owner)

    def _complete(self) -> None:
        """Have the parameters of layers that came in when it was called in another way, or changed."""
        if any(
            not leaf.built or any(f"{path}/{name}" not in self.p for name in leaf.p) for path, leaf in self.leaves()
        ):
            for step, given in self._all_steps(*self._shapes):
                if not step.layer.built:
                    step.layer.make(*given)
            self._take_up(self._shapes, self.owner)

    # What it reads ----------------------------------------------------------------------------------------------------

    def _look(self) -> None:
        """Remember what `call` may have read below its attributes."""
        self._watch = Watch({name: self.__dict__[name] for name in own_names(self)})

    def notice(self) -> None:
        if self._watch is not None and not self._busy and self._watch.differs():
            self._forget()

    def _forget(self) -> None:
        """Trace it anew when its graphs are asked for."""
        self._watch = None
        for way in (self, *self._others):
            way._graph, way._wiring, way._masked = None, None, {}
        self._retraced += 1


def _written(form: Form) -> str:
    """The arguments of a call, as one writes them."""
    args, kwargs = form
    return f"({', '.join([*map(str, args), *(f'{name}={one}' for name, one in kwargs.items())])})"
