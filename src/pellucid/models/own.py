"""Models of one's own, as Keras users write them: layers in `__init__`, and in `call` how data flow through them."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import Parts, Shape
from ..layers import InputLayer
from ..layers.form import Form, Place, in_order_of, is_data, put_together, taken_apart
from ..layers.traced import Traced
from ..layers.way import ONE
from ..optimizers.base import optimizers
from ..training.batches import is_stream
from ..wiring import Tensor
from .model import Model


class OwnModel(Traced, Model):
    """A model whose class writes `call`. Its layers are known once it has seen the shape of its input."""

    keras_hooks = tuple(hook for hook in Model.keras_hooks if hook != "call")
    passing = Traced.passing | Model.passing
    _to_compile: dict[str, Any] | None = None  # what `compile` was given, for whenever the outputs are known

    def make(self, *shapes: Shape) -> None:
        """Trace it, make the parameters, and settle what `compile` was given."""
        if self.built:
            return
        self.output_shapes_for(*shapes)
        given: Any = shapes if self.takes_many else shapes[0]
        self.shape = given
        self.gather()
        self.ends()  # so that each layer knows its tensors
        if self._to_compile is not None:
            super().compile(**self._to_compile)

    def _become(self, form: Form, data: Sequence[Any] = ()) -> None:
        known = self._shapes, self._form, self._kinds
        super()._become(form, data)
        if known != (self._shapes, self._form, self._kinds):
            self._ends = None  # they were those of another way

    def of_arrays(self, data: Sequence[Any], training: bool | None) -> Any:
        self._meet_data(data)
        self.make(*(one.shape[1:] for one in data))
        return Model.__call__(self, list(data) if self.takes_many else data[0], training)

    def compile(self, *args: Any, **kwargs: Any) -> None:
        """Choose how to train. What is said of several outputs is looked at when they are known."""
        given = inspect.signature(Model.compile).bind(self, *args, **kwargs).arguments
        given.pop("self")
        if self.built:
            super().compile(**given)
            self._to_compile = given | {"optimizer": self.optimizer}
            return
        given["optimizer"] = self.optimizer = optimizers.get(
            given.get("optimizer", "rmsprop"), "compile, argument optimizer"
        )
        if not isinstance(given.get("loss"), list | tuple | dict):
            super().compile(**given)
        self._to_compile, self.compiled = given, True

    def _complete(self) -> None:
        self.gather()

    @property
    def names_outputs(self) -> bool:  # type: ignore[override]
        """Only those of a dict have names, as in Keras."""
        return isinstance(self._out, dict)

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was given, as plain data; losses by the words by which logs call them."""
        config = super().get_compile_config()
        given = (self._to_compile or {}).get("loss")
        if self.gives_many and not self.names_outputs:
            words = given if isinstance(given, list | tuple) else [given] * len(config["loss"])
            config["loss"] = [
                w if isinstance(w, str) else saved for w, saved in zip(words, config["loss"], strict=True)
            ]
        return config

    def inputs_of(self, x: Any) -> Any:
        """The inputs as a flat list of those that `call` takes apart; the first data tell what they are."""
        if is_stream(x) or isinstance(x, Parts):
            return x
        x = in_order_of(None if self._form is None else self._form[0][:1], [x])[0]
        whole = not isinstance(x, dict | list | tuple) or not taken_apart(x)[1]
        form, data = ONE[0][0], [x]
        if not whole:
            form, data = taken_apart(x, lambda one: is_data(one) or not isinstance(one, dict | list | tuple))
        self._become(((form,), {}), data)
        self._meet_data(data)
        if not self.built:
            self.make(*(np.shape(one)[1:] for one in data))
        return data if self.takes_many else data[0]

    def _entries(self) -> list[Tensor]:
        given = zip(self.sample_shapes, self.input_dtypes, self.input_names, strict=True)
        return [InputLayer(shape, dtype=dtype, name=name).tensor() for shape, dtype, name in given]

    def as_called(self, x: Any) -> Any:
        """A batch of inputs in the form of the first argument of `call`."""
        return put_together(self._form[0][0], x.arrays) if isinstance(x, Parts) else x

    @property
    def input_names(self) -> list[str]:
        """The keys of a dict, or else the argument's name, with a number where it is a list."""
        args, kwargs = self._form
        named = inspect.signature(self.call).bind_partial(*args, **kwargs).arguments
        found = [pair for argument, form in named.items() for pair in _names(argument, form)]
        return [name for _, name in sorted(found)]

    @property
    def output_names(self) -> list[str]:
        """The keys of a dict, or else the names of the layers that give the outputs."""
        given = super().output_names
        return list(self._out) if isinstance(self._out, dict) and len(self._out) == len(given) else given


Model.traced = OwnModel


def _names(argument: str, form: Any) -> list[tuple[int, str]]:
    """(number, name) of each input in the form of an argument."""
    if isinstance(form, dict):
        return [name for key, inner in form.items() for name in _names(str(key), inner)]
    if isinstance(form, list | tuple):
        return [name for i, inner in enumerate(form) for name in _names(f"{argument}_{i}", inner)]
    return [(form.number, argument)] if isinstance(form, Place) else []
