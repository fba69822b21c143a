"""In which way a layer of one's own is called, and what its `call` does then: the graph of it.

A layer may be called in several ways: with other arguments, numbers of inputs, or shapes on which what it does depends.
It is itself the first of its ways; those that it meets later are `Another`. Its weights and layers are the same in all.
"""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import TEXT, Shape, fits, is_whole
from ..errors import InvalidArgument, NotReady, PellucidError, ShapeError, Told
from ..settings import within
from ..wiring import Call, Graph, Tensor
from .composite import Composite
from .connecting import missing
from .drawing import scene
from .form import Form, Place, in_order_of, put_together, taken_apart
from .holding import Parameter
from .input_layer import InputLayer
from .naming import name_all
from .own_weights import traced
from .tracing import Trace, joined_graph, same_graph, trace

NARROW = {"int64": "int32", "uint64": "uint32"}  # as Keras reads data
ONE: Form = ((Place(0),), {})  # call(x)


class Way(Composite):
    """One way in which a layer of one's own is called."""

    passing = Composite.passing | {"in_graph", "_form", "_kinds", "_out", "_graph", "_masked", "_shapes"}
    of_one_way = ("_form", "_kinds", "_out", "_graph", "_masked", "_shapes", "takes_many", "gives_many", "_wiring")
    in_graph = False  # whether it was called on tensors: this very way stands there
    _form: Form = None  # of its arguments
    _kinds: tuple[str, ...] = ()  # the inputs' dtypes: whole numbers where it first met such
    _out: Form = None  # in which it gives its outputs
    _graph: Graph | None = None
    _masked: dict[tuple[bool, ...], Graph]  # by which of its inputs have a mask that `call` asks for
    _shapes: tuple[Shape, ...] = ()  # those of the inputs for which it was traced

    @property
    @abstractmethod
    def _whose(self) -> Any:
        """The layer whose `call` it is."""

    def _place(self, what: str = "") -> str:
        return f"{self._whose._kind} {self._whose.name!r}" + (f", {what}" if what else "")

    # The first call -----------------------------------------------------------------------------------------------

    def _meet(self, form: Form) -> None:
        """Remember in which form it is called."""
        self._form = form
        self.takes_many = form != ONE

    def _meet_many(self, count: int) -> None:
        """As `_meet`, where all that is known is how many inputs there are."""
        if self._form is None:
            self._meet(ONE if count == 1 else (([Place(i) for i in range(count)],), {}))

    def _meet_data(self, data: Sequence[Any]) -> None:
        """The first data tell where whole numbers come; later ones are brought into that."""
        if not self._kinds:
            self.meet_dtypes([kind_of(one) for one in data])

    def meet_dtypes(self, dtypes: Sequence[str]) -> None:
        """Remember in which of its inputs whole numbers come. What has decimals is of the layer's dtype; where that was
        traced, whole numbers are brought into it."""
        if not self._kinds:
            kept = [dtype == TEXT or is_whole(dtype) for dtype in dtypes]
            self._kinds = tuple(d if as_it_is else self._whose.dtype for d, as_it_is in zip(dtypes, kept, strict=True))
        for i, (known, kind) in enumerate(zip(self._kinds, dtypes, strict=True)):
            if is_whole(known) and not is_whole(kind):
                raise InvalidArgument(
                    self._place(f"input {i}"), f"{known}, as in its first call", Told(kind),
                    "Cast it: ops.cast(x, 'int32').",
                )  # fmt: skip

    @property
    def input_dtypes(self) -> tuple[str, ...]:
        return self._kinds or super().input_dtypes

    def dtype_of(self, i: int, data: Any) -> str:
        return self._kinds[i] if self._kinds else self._whose.dtype

    # Later calls --------------------------------------------------------------------------------------------------

    def _alike(self, given: Any) -> list[Any] | None:
        """The data among these arguments, if they are given in this way's form; None if in another."""
        form, data = taken_apart(in_order_of(self._form, given))
        return data if form == self._form else None

    def _cuts(self, data: Sequence[Any]) -> bool:
        """Whether decimals come where it met whole numbers."""
        whole = zip(map(is_whole, self._kinds), data, strict=False)
        return any(one and not is_whole(kind_of(x)) and _has_decimals(x) for one, x in whole)

    def _does_the_same(self, shapes: Sequence[Shape]) -> bool:
        """Whether what `call` does to inputs of these shapes is this way's graph."""
        return all(map(fits, shapes, self._shapes)) or same_graph(self.graph, self._graph_for(tuple(shapes)))

    def in_form(self, outputs: Sequence[Any]) -> Any:
        return put_together(self._out, tuple(outputs))

    def saved_call(self, tensors: list[Any]) -> dict[str, Any]:
        args, kwargs = put_together(self._form, tensors)
        return {"args": list(args), "kwargs": kwargs}

    @property
    def takes_mask(self) -> bool:  # type: ignore[override]
        """Whether `call` asks for the mask of its input, and no call names one."""
        names = inspect.signature(self._whose.call).parameters
        named = self._form is not None and ("mask" in self._form[1] or len(self._form[0]) > 1)
        return ("mask" in names and not named) or any(name.endswith("_mask") for name in self._masks_asked())

    def _masks_asked(self) -> dict[str, Form]:
        """Masks that `call` asks for by the name of an argument, as `query_mask`, and no call names: of which data."""
        if self._form is None:
            return {}
        signature = inspect.signature(self._whose.call)
        given = signature.bind_partial(*self._form[0], **self._form[1]).arguments
        asked = {f"{name}_mask": form for name, form in given.items() if isinstance(form, Place)}
        return {name: form for name, form in asked.items() if name in signature.parameters and name not in given}

    # Tracing ------------------------------------------------------------------------------------------------------

    @property
    def has_graph(self) -> bool:
        return bool(self._shapes)

    @property
    def graph(self) -> Graph:
        self._whose.notice()
        return self._graph or self._settled()

    def _settled(self) -> Graph:
        """The graph, traced anew where there is none."""
        if self._graph is None:
            if not self._shapes:
                raise NotReady(
                    self._place("its layers"), "a layer that is built", Told("one that has not seen its input"),
                    "Call it on data, or build(input_shape) first.",
                )  # fmt: skip
            self._graph = self._graph_for(self._shapes)
            name_all(self._whose, self._whose._graphs())
        return self._graph

    def _graph_for(self, shapes: tuple[Shape, ...]) -> Graph:
        """What `call` does to inputs of these shapes."""
        whose = self._whose
        whose._busy = True
        try:
            if not whose._built_once:
                with scene(None):
                    self._run_build(shapes)
            with traced():
                trained, predicted = (self._trace(shapes, training) for training in (True, False))
        finally:
            whose._busy = False
        whose._look()
        self._out, self._masked = trained.form, {}
        self.gives_many = trained.form != Place(0)
        own = whose.own_weights
        graph = joined_graph(self._place(), trained, predicted, whose.parts(), own)
        if own and all(call.layer is not own for call in graph.calls):
            unread = Call(own, (), tuple(-1 - i for i in range(len(own.asked))))
            graph = Graph(graph.inputs, (unread, *graph.calls), graph.outputs)
        return graph

    def _run_build(self, shapes: tuple[Shape, ...]) -> None:
        """Let the class ask for its weights, by the shape of the input, or by `<argument>_shape` of several."""
        whose = self._whose
        whose._built_once = True
        args, kwargs = put_together(self._form, [(None, *shape) for shape in shapes])
        if by_name := self._shapes_asked(args, kwargs):
            asked = inspect.signature(whose.build).parameters.values()
            lacking = [p.name for p in asked if p.default is p.empty and p.name not in by_name]
            if lacking:
                told = " and ".join(name.removesuffix("_shape") for name in by_name)
                wanted = ", ".join(p.name.removesuffix("_shape") for p in asked if p.default is p.empty)
                raise InvalidArgument(self._place("input"), wanted, Told(f"{told} alone"), f"Call it: layer({wanted}).")
            whose.build(**by_name)
        else:
            whose.build([*args, *kwargs.values()][0])

    def _shapes_asked(self, args: Sequence[Any], kwargs: dict[str, Any]) -> dict[str, Any]:
        """Of the shapes with which it is called, those that a `build` of several asks for by the arguments' names."""
        wanted = list(inspect.signature(self._whose.build).parameters)
        if len(wanted) == 1:
            return {}
        named = inspect.signature(self._whose.call).bind_partial(*args, **kwargs).arguments
        return {f"{name}_shape": shape for name, shape in named.items() if f"{name}_shape" in wanted}

    def masked_graph(self, masked: Sequence[bool]) -> Graph:
        """What `call` does to inputs of which these have a mask: that enters behind them."""
        key, whose = tuple(masked), self._whose
        if key not in self._masked:
            with traced():
                trained, predicted = (self._trace(self._shapes, training, key) for training in (True, False))
            made = joined_graph(self._place(), trained, predicted, whose.parts(), whose.own_weights)
            known = {id(call.layer) for graph in whose._graphs() for call in graph.calls}
            name_all(whose, [made], [call.layer for call in made.calls if id(call.layer) in known])
            self._masked[key] = made
        return self._masked[key]

    def _trace(self, shapes: tuple[Shape, ...], training: bool, masked: tuple[bool, ...] = ()) -> Trace:
        whose, call = self._whose, self._whose.call
        given = zip(shapes, self._kinds or (whose.dtype,) * len(shapes), strict=True)
        entries = [InputLayer(shape, dtype=kind).tensor() for shape, kind in given]
        args, kwargs = put_together(self._form, entries)
        masks = [
            InputLayer(shape[:-1], dtype="bool").tensor() if there else None
            for shape, there in zip(shapes, masked, strict=False)
        ]
        if masks:
            by_name = {name: put_together(form, masks) for name, form in self._masks_asked().items()}
            kwargs |= by_name or {"mask": put_together(self._form[0][0], masks)}
            entries = [*entries, *(mask for mask in masks if mask is not None)]
        if "training" in inspect.signature(call).parameters:
            kwargs = {**kwargs, "training": training}
        try:
            with within(whose.dtype):  # for what it makes on the way, and masks, whose dtype says nothing
                return trace(
                    self._place(), entries, lambda: whose._penalized(call(*args, **kwargs)), whose._seeds,
                    whose.own_weights,
                )  # fmt: skip
        except PellucidError as problem:
            if not problem.where.startswith(self._place()):
                problem.where = f"{self._place('call')}, {problem.where}"
            raise
        except AttributeError as problem:  # by itself it would say that the layer has no `graph`
            raise missing(self._place("call"), problem) from problem

    def _ensure(self, shapes: tuple[Shape, ...]) -> None:
        """Be traced for inputs of these shapes, or else do the same to them as to those for which it was."""
        self._meet_many(len(shapes))
        if not self._shapes:
            self._shapes = shapes
            try:
                self._settled()
            except BaseException:
                self._shapes, self._form, self._kinds = (), None, ()
                raise
        elif len(shapes) != len(self._shapes) or not self._does_the_same(shapes):
            raise ShapeError(
                self._place("input"), f"{self._shapes}, for which it was traced", Told(str(shapes)),
                "What its call does depends on the shape: call it on a tensor of this one, or make a second layer.",
            )  # fmt: skip

    def output_shapes_for(self, *shapes: Shape) -> tuple[Shape, ...]:
        self._ensure(shapes)
        return super().output_shapes_for(*shapes)

    def parameters(self, *shapes: Shape) -> Sequence[Parameter]:
        self._ensure(shapes)
        return super().parameters(*shapes)


def kind_of(data: Any) -> str:
    """The dtype that a tensor or data have, whole numbers in 32 bits as in Keras."""
    if isinstance(data, Tensor):
        return data.dtype
    found = np.asarray(data).dtype
    if found.kind in "UST" or (found.kind == "O" and isinstance(next(np.asarray(data).flat, None), str | bytes)):
        return TEXT
    return NARROW.get(found.name, found.name) if found.kind in "iub" else "float32"


def _has_decimals(x: Any) -> bool:
    """Whether numbers do not fit where whole ones are wanted: those of a tensor, which nobody knows yet, do not."""
    return isinstance(x, Tensor) or bool(np.any(np.mod(np.asarray(x), 1)))


def sample_shape(data: Any) -> Shape:
    """The shape of a tensor or of data, without the batch."""
    return data.sample if isinstance(data, Tensor) else np.shape(data)[1:]
