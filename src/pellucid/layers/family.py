"""How layers are saved: with the shape they were built for, and with a number where one stands at several places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from ..registry import Family

# While a model is saved or made: the numbers of its shared layers by identity; the shared layers by number.
_numbers: ContextVar[dict[int, int] | None] = ContextVar("numbers", default=None)
_made: ContextVar[dict[int, Any] | None] = ContextVar("made", default=None)


class LayerFamily(Family[Any]):
    """Layers are saved as Keras saves them: `build_config` holds the shape, `shared_object_id` the number of one that
    stands at several places of a model, so that it is one layer again when the model is loaded."""

    def serialize(self, part: Any) -> Any:
        """The saved form of a layer."""
        with _scope(_numbers, lambda: _shared(part)) as numbers:
            saved = super().serialize(part)
            if id(part) in numbers:
                saved["shared_object_id"] = numbers[id(part)]
        if part.shape:
            saved["build_config"] = part.build_config()
        return saved

    def deserialize(
        self, saved: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None, where: str = ""
    ) -> Any:
        """The layer that a saved form describes; the same one wherever a model shares it."""
        number = saved.get("shared_object_id") if isinstance(saved, Mapping) else None
        with _scope(_made, dict) as made:
            if isinstance(number, int) and number in made:
                return made[number]
            layer = super().deserialize(saved, custom_objects, where)
            if isinstance(number, int):
                made[number] = layer
        return layer


@contextmanager
def _scope(variable: ContextVar[Any], start: Any) -> Iterator[dict[int, Any]]:
    """What is known so far; the outermost begins anew."""
    known = variable.get()
    if known is not None:
        yield known
        return
    token = variable.set(start())
    try:
        yield variable.get()
    finally:
        variable.reset(token)


def _shared(part: Any) -> dict[int, int]:
    """Numbers for the layers that stand at several places in a model or in models within it."""
    places: dict[int, int] = {}
    waiting = [part]
    while waiting:
        for layer in getattr(waiting.pop(), "layers", ()):
            places[id(layer)] = places.get(id(layer), 0) + 1
            if places[id(layer)] == 1:
                waiting.append(layer)
    return {layer: number for number, layer in enumerate((i for i, n in places.items() if n > 1), 1)}
