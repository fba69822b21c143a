"""Random numbers within a `call`: y ~ N(mean, stddev²), or uniform.     y (B, ...), or one array for the whole batch

Each use is a step that draws from the key of the training step and from its own place, or from the seed of a
`SeedGenerator`; what it reads tells how many samples the batch has. Unlike Dropout it draws in prediction, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Any

from ..arrays import Array, Arrays, Shape, Whole
from ..errors import InvalidArgument
from ..program import Buffer, Program
from ..rng import Key, SeedGenerator
from ..wiring import Node, Tensor
from .base import Layer
from .noise import lower_normal, lower_truncated_normal, lower_uniform, noise_key

Seeds = dict[tuple[int, int], tuple[SeedGenerator, int]]  # by generator and use; a generator that is kept stays itself


@dataclass
class Scene:
    """The `call` that runs: its tensors, the seeds that its layer has taken from generators, what gives its layer's own
    weights, and the steps that are taken though nobody reads them: losses and assignments."""

    entries: Sequence[Tensor]
    seeds: Seeds
    own: Layer
    ends: list[Tensor] = field(default_factory=list)
    uses: dict[int, int] = field(default_factory=dict)

    def seed(self, generator: SeedGenerator) -> int | None:
        """That of the next use; the same whenever `call` is run anew. None: the model's own key will do."""
        if generator.seed is None:
            return None
        use = self.uses[id(generator)] = self.uses.get(id(generator), 0) + 1
        place = id(generator), use
        if place not in self.seeds:
            self.seeds[place] = generator, generator.take()
        return self.seeds[place][1]


CALL: ContextVar[Scene | None] = ContextVar("call", default=None)


@contextmanager
def scene(of: Scene | None) -> Iterator[Any]:
    """Within the block, this `call` runs."""
    token = CALL.set(of)
    try:
        yield of
    finally:
        CALL.reset(token)


class Drawn(Layer):
    """Random numbers of a shape (None, ...), new at every step. What it reads is not looked at but for its length.

    kind: "normal", "truncated_normal" or "uniform", and its two options: mean and stddev, or low and high. seed: None
    for the model's key and the step's place. fixed: whether the seed alone counts, so that all steps draw the same.
    """

    formula_back = "dx = 0"
    is_layer = False
    draws = True

    def __init__(
        self, kind: str, shape: Sequence[int | None], options: tuple[float, float], seed: int | None, fixed: bool
    ) -> None:
        super().__init__()
        self.kind, self.options, self.seed, self.fixed = kind, options, seed, fixed
        self.of_sample: Shape = tuple(shape[1:]) if shape[:1] == (None,) else Whole(shape)  # type: ignore[arg-type]

    @property
    def formula(self) -> str:  # type: ignore[override]
        a, b = (f"{one:g}" for one in self.options)
        return f"y ~ uniform on [{a}, {b})" if self.kind == "uniform" else f"y ~ N({a}, {b}²)"

    @property
    def likeness(self) -> Any:
        return self.kind, self.of_sample, isinstance(self.of_sample, Whole), self.options, self.seed, self.fixed

    def output_shape_for(self, shape: Shape) -> Shape:
        return self.of_sample

    def called_on(self, tensors: Sequence[Tensor], training: bool | None = None) -> tuple[Tensor, ...]:
        self.dtype = tensors[0].node.layer.dtype
        self._nodes.append(Node(self, tensors, [self.of_sample], self.dtype))
        return self._nodes[-1].outputs

    def forward(self, p: Arrays, x: Array, *, training: bool, rng: Key) -> tuple[Array, Any]:
        key = Key(self.seed) if self.fixed and self.seed is not None else noise_key(rng, self.seed)
        shape = self.of_sample if isinstance(self.of_sample, Whole) else (len(x), *self.of_sample)
        return draw(self.kind, key, shape, self.options).astype(self.dtype), x.shape

    def backward(self, p: Arrays, cache: Any, dy: Array) -> tuple[Any, dict[str, Array]]:
        return None, {}

    def lower(self, code: Program, x: Buffer) -> Buffer:
        code.stops()
        code.together |= not code.training
        whole = isinstance(self.of_sample, Whole)
        if self.fixed and self.seed is not None:
            shape = self.of_sample if whole else (code.batch * code.times, *self.of_sample)
            numbers = code.constant(draw(self.kind, Key(self.seed), shape, self.options))
            return numbers if whole else replace(numbers, shape=self.of_sample, each=code.times)
        lower: dict[str, Callable[..., Buffer]] = {
            "normal": lower_normal,
            "uniform": lower_uniform,
            "truncated_normal": lower_truncated_normal,
        }
        numbers = lower[self.kind](code, self.name, tuple(self.of_sample), *self.options, self.seed)
        return replace(numbers, each=0) if whole else numbers  # of all that are drawn, the first sample's


def draw(kind: str, key: Key, shape: Shape, options: tuple[float, float], dtype: str = "float32") -> Array:
    """Numbers of one of the kinds."""
    a, b = options
    if kind == "uniform":
        return key.uniform(shape, dtype, a, b)
    return (key.normal if kind == "normal" else key.truncated_normal)(shape, dtype, a, b)


def drawn(where: str, kind: str, shape: Any, options: tuple[float, float], seed: Any) -> Tensor:
    """The tensor of numbers drawn within the `call` that runs."""
    found = CALL.get()
    assert found is not None
    axes = tuple(shape) if isinstance(shape, list | tuple) else (shape,)
    fits = [axis is None or (isinstance(axis, int) and not isinstance(axis, bool) and axis > 0) for axis in axes]
    if None in axes[1:] or not all(fits):
        raise InvalidArgument(f"{where}, argument shape", "(None, ...) or a size for each axis", shape)
    fixed = not (seed is None or isinstance(seed, SeedGenerator))
    taken = found.seed(seed) if isinstance(seed, SeedGenerator) else seed
    return Drawn(kind, axes, options, taken, fixed).called_on(found.entries[:1])[0]
