"""In which form, and on which kinds of numbers, a layer of one's own is called: as in its first call."""

from __future__ import annotations

import inspect
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..arrays import is_whole
from ..errors import InvalidArgument, NotReady, Told
from .composite import Composite
from .form import Form, Place

NARROW = {"int64": "int32", "uint64": "uint32"}  # as Keras reads data
ONE: Form = ((Place(0),), {})  # call(x)


class Meeting(Composite):
    """What is remembered of the first call."""

    _form: Form = None  # in which it is called
    _kinds: tuple[str, ...] = ()  # the inputs' dtypes: whole numbers where it first met such

    @abstractmethod
    def call(self, *args: Any, **kwargs: Any) -> Any:
        """The outputs for the inputs, all of them tensors."""

    def _place(self, what: str = "") -> str:
        return f"{self._kind} {self.name!r}" + (f", {what}" if what else "")

    def _meet(self, form: Form) -> None:
        """Remember in which form it is called, which is the same everywhere."""
        if "_trainable" not in self.__dict__:
            raise NotReady(
                f"class {type(self).__name__}, __init__", "super().__init__() before all else", Told("none"),
                "Write it as the first line of __init__.",
            )  # fmt: skip
        if self.activity_regularizer is not None:
            raise InvalidArgument(
                self._place("activity_regularizer"), "None for a class that writes call",
                Told("one"), "Write layers.ActivityRegularization(l2=...)(y) at the end of call.",
            )  # fmt: skip
        if self._form is None:
            self._form = form
            self.takes_many = form != ONE
        elif self._form != form:
            raise InvalidArgument(
                self._place("input"), f"arguments as in its first call, {_written(self._form)}",
                Told(_written(form)), "One layer is called in one way; tensors are numbered here.",
            )  # fmt: skip

    def _meet_data(self, data: Sequence[Any]) -> None:
        """The first data tell where whole numbers come; later ones are brought into that."""
        if not self._kinds:
            self.meet_dtypes([_kind(one) for one in data])

    def meet_dtypes(self, dtypes: Sequence[str]) -> None:
        """Remember in which of its inputs whole numbers come. What has decimals is of the layer's dtype; where that was
        traced, whole numbers are brought into it."""
        kinds = tuple(dtype if is_whole(dtype) else self.dtype for dtype in dtypes)
        if not self._kinds:
            self._kinds = kinds
        for i, (known, kind) in enumerate(zip(self._kinds, kinds, strict=True)):
            if is_whole(known) and not is_whole(kind):
                raise InvalidArgument(
                    self._place(f"input {i}"), f"{known}, as in its first call", Told(kind),
                    "Cast it: ops.cast(x, 'int32').",
                )  # fmt: skip

    @property
    def input_dtypes(self) -> tuple[str, ...]:
        return self._kinds or super().input_dtypes

    def dtype_of(self, i: int, data: Any) -> str:
        return self._kinds[i] if self._kinds else self.dtype

    def _meet_many(self, count: int) -> None:
        """As `_meet`, where all that is known is how many inputs there are."""
        if self._form is None:
            self._meet(ONE if count == 1 else (([Place(i) for i in range(count)],), {}))

    @property
    def takes_mask(self) -> bool:  # type: ignore[override]
        """Whether `call` asks for the mask of its input, and no call names one."""
        named = self._form is not None and ("mask" in self._form[1] or len(self._form[0]) > 1)
        return "mask" in inspect.signature(self.call).parameters and not named


def _written(form: Form) -> str:
    """The arguments of a call, as one writes them."""
    args, kwargs = form
    return f"({', '.join([*map(str, args), *(f'{name}={one}' for name, one in kwargs.items())])})"


def _kind(data: Any) -> str:
    """The dtype that data have, whole numbers in 32 bits as in Keras."""
    found = np.asarray(data).dtype
    return NARROW.get(found.name, found.name) if found.kind in "iub" else "float32"
