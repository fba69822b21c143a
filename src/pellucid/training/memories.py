"""The states of stateful layers, where a program reads and leaves them."""

from __future__ import annotations

from typing import Any

from ..arrays import Array, aligned
from ..machine.executable import Executable


class Memories:
    """Those of one program: brought to where it reads them before a run, and handed to their layers after it."""

    def __init__(self, machine: Executable) -> None:
        code = machine.program
        found: dict[int, tuple[Any, dict[int, Array]]] = {}
        for layer, i, place in code.memories:
            room = aligned(code.batch * place.size, "float32").reshape(code.batch, *place.shape)
            machine.bind(place.space, room)
            found.setdefault(id(layer), (layer, {}))[1][i] = room
        self.of_layers = [(layer, [rooms[i] for i in sorted(rooms)]) for layer, rooms in found.values()]

    def suit(self, batch: int, samples: int) -> bool:
        """Whether each batch of so many samples has one for each state; else the definition is to say what is wrong."""
        return not self.of_layers or (
            samples % batch == 0 and all(layer.samples in (None, batch) for layer, _ in self.of_layers)
        )

    def begin(self, batch: int) -> None:
        """Let the next batch begin where the one before ended."""
        for layer, rooms in self.of_layers:
            states = layer.remembered(batch) or [0] * len(rooms)
            for room, state in zip(rooms, states, strict=True):
                room[:batch] = state

    def end(self, batch: int) -> None:
        """Have the layers go on from where the last batch ended."""
        for layer, rooms in self.of_layers:
            layer.keep_states([room[:batch] for room in rooms])
