"""Who writes a layer in another form: one table for each form, by the layer's class."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ..layers import Layer

E = TypeVar("E")


class Emitters(dict[type[object], E]):
    """The emitter of each kind of layer."""

    def writes(self, *kinds: type[Layer]) -> Callable[[E], E]:
        """Decorator: this writes layers of these kinds."""

        def register(emitter: E) -> E:
            self.update(dict.fromkeys(kinds, emitter))
            return emitter

        return register
