"""Have a model that was trained on a text write: a run in, characters out, one by one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from .. import checks
from ..arrays import Array
from ..data.text import read_whole
from ..errors import DataError, Told
from ..layers import Activation, Dense, Dropout, Embedding, Identity
from ..layers.activation_layer import ActivationLayer
from ..layers.recurrent import Recurrent
from ..models import Sequential
from ..rng import Key
from .kinds.text import WINDOW
from .runs import names_of, open_model
from .spec import TrainSpec

ALONE = (Activation, ActivationLayer, Dense, Dropout, Embedding, Identity)  # which see each place by itself
DRAWN = 256  # random numbers in one go


def write(
    path: Path, start: str | None = None, *, length: int = 400, temperature: float = 0.8, seed: int = 0
) -> Iterator[str]:
    """`start`, then `length` characters that a run's model, or a .keras file's, draws by what stands before them.

    temperature: each character's probability p is drawn as p^(1/temperature); 0 takes the likeliest. start: a new line
    unless given.
    """
    length = checks.integer("write, --length", length, minimum=0)
    temperature = checks.number("write, --temperature", temperature, minimum=0)
    seed = checks.integer("write, --seed", seed, minimum=0)
    model, spec = open_model(path)
    names = tuple(map(str, names_of(path, model)))
    if len(model.output_shape) != 3 or model.output_shape[-1] != len(names):
        told, fix = Told("another"), "Train one: pellucid train book.txt"
        raise DataError(f"write {path}", "a model that was trained on a text", told, fix)
    start = ("\n" if "\n" in names else names[0]) if start is None else start
    begun = read_whole("write, --start", start, names).tolist()
    key = Key(seed).fold("write")
    return itertools.chain([start], _written(_reader(model, spec), names, begun, length, temperature, key))


def _written(
    reader: Stepping | Looking, names: Sequence[str], begun: Sequence[int], length: int, temperature: float, key: Key
) -> Iterator[str]:
    p = reader.read(begun)
    for n in range(length):
        if n % DRAWN == 0:
            drawn = key.fold(n // DRAWN).uniform((DRAWN,), "float64")
        chosen = drawn_from(p, temperature, float(drawn[n % DRAWN]))
        yield names[chosen]
        p = reader.read([chosen])


def drawn_from(p: Array, temperature: float, u: float) -> int:
    """The place in probabilities p (V,) that u, a number from 0 up to 1, falls on.

    >>> [drawn_from(np.array([0.25, 0.75]), temperature, 0.2) for temperature in (1, 0.5, 0)]
    [0, 1, 1]
    """
    if not temperature:
        return int(p.argmax())
    logs = np.log(np.maximum(p.astype(np.float64), np.finfo(np.float64).tiny)) / temperature
    heaped = np.exp(logs - logs.max()).cumsum()
    return min(int(np.searchsorted(heaped, u * heaped[-1], side="right")), len(p) - 1)


def _reader(model: Sequential, spec: TrainSpec | None) -> Stepping | Looking:
    if all(isinstance(layer, ALONE) or _steps(layer) for layer in model.layers):
        return Stepping(model)
    return Looking(model, WINDOW if spec is None else spec.window)


def _steps(layer: object) -> bool:
    return isinstance(layer, Recurrent) and layer.return_sequences and not (layer.go_backwards or layer.return_state)


class Stepping:
    """Reads on with the states that it has: a character costs as much however many came before."""

    def __init__(self, model: Sequential) -> None:
        model.gather()
        self.layers = model.layers
        self.going = [
            type(layer).from_config({**layer.get_config(), "return_state": True})
            if isinstance(layer, Recurrent)
            else layer
            for layer in self.layers
        ]
        self.states: list[tuple[Array, ...]] = [() for _ in self.layers]

    def read(self, numbers: Sequence[int]) -> Array:
        """The probabilities (V,) of the character behind these."""
        h: Array = np.array([numbers])
        for i, (layer, going) in enumerate(zip(self.layers, self.going, strict=True)):
            h, _ = going.forward(layer.p, h, *self.states[i], training=False, rng=Key(0))
            if isinstance(layer, Recurrent):
                h, *states = h
                self.states[i] = tuple(states)
        last: Array = h[0, -1]
        return last


class Looking:
    """Reads the last characters anew each time: for networks that look back at them themselves."""

    def __init__(self, model: Sequential, window: int) -> None:
        self.model, self.window, self.seen = model, window, [0] * 0

    def read(self, numbers: Sequence[int]) -> Array:
        """The probabilities (V,) of the character behind these."""
        self.seen = [*self.seen, *numbers][-self.window :]
        last: Array = self.model.predict(np.array([self.seen]), verbose=0)[0, -1]
        return last
