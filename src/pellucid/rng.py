"""Counter-based random numbers: a key and an index give the number; there is no hidden state to advance.

A model has one key. Everything random under it is reached by a path: `key.fold("shuffle", 12)`,
`key.fold("layer", 3, step)`. The numbers depend on the path alone, not on what was drawn before, nor on how
many threads draw them: a resumed run draws what the uninterrupted one would have.

The generator is Philox4x32-10: Salmon, Moraes, Dror & Shaw, "Parallel random numbers: as easy as 1, 2, 3",
SC 2011. NumPy's own `Philox` is the 4x64 variant, which needs 128-bit products; this one vectorizes.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from . import checks
from .arrays import Array, Shape

_MASK = 0xFFFFFFFF
_MULTIPLIERS = 0xD2511F53, 0xCD9E8D57
_WEYL = 0x9E3779B9, 0xBB67AE85
_NUMBERS, _KEYS = 0, 1  # the counter's last word keeps drawn numbers and derived keys apart

Word = TypeVar("Word", int, Array)  # 32 random bits: one int, or many in a uint64 array


def philox(counter: tuple[Word, Word, Word, Word], key: tuple[int, int]) -> tuple[Word, Word, Word, Word]:
    """Ten rounds of Philox4x32: four words in, four random words out."""
    c0, c1, c2, c3 = counter
    k0, k1 = key
    for _ in range(10):
        p0, p1 = c0 * _MULTIPLIERS[0], c2 * _MULTIPLIERS[1]
        c0, c1, c2, c3 = (p1 >> 32) ^ c1 ^ k0, p1 & _MASK, (p0 >> 32) ^ c3 ^ k1, p0 & _MASK
        k0, k1 = (k0 + _WEYL[0]) & _MASK, (k1 + _WEYL[1]) & _MASK
    return c0, c1, c2, c3


@dataclass(frozen=True)
class Key:
    """A place in the tree of random numbers.

    >>> Key(7).fold("shuffle", 0).permutation(5)
    array([4, 2, 0, 3, 1])
    >>> bool((Key(7).uniform((4,)) == Key(7).uniform((4,))).all())
    True
    """

    seed: int
    step: int = field(default=0, compare=False)  # of the training, where the key is one of a step's noise

    def noise(self, step: int) -> Key:
        """Where the noise of a training step comes from; the keys under it still know which step it is."""
        return replace(self.fold("noise", step), step=step)

    def fold(self, *path: int | str) -> Key:
        """The key reached from here along a path of names and numbers."""
        seed = self.seed
        for step in path:
            n = zlib.crc32(step.encode()) | 1 << 63 if isinstance(step, str) else int(step)
            low, high, _, _ = philox((n & _MASK, n >> 32 & _MASK, 0, _KEYS), (seed & _MASK, seed >> 32 & _MASK))
            seed = low | high << 32
        return Key(seed, self.step)

    def bits(self, n: int) -> Array:
        """n random words of 32 bits, (n,) uint32; word i depends only on the key and i."""
        blocks = np.arange((n + 3) // 4, dtype=np.uint64)
        zero = np.zeros_like(blocks)
        counter = (blocks & _MASK, blocks >> 32, zero, zero + _NUMBERS)
        words = philox(counter, (self.seed & _MASK, self.seed >> 32 & _MASK))
        return np.stack(words, axis=1).reshape(-1)[:n].astype(np.uint32)

    def uniform(self, shape: Shape, dtype: npt.DTypeLike = "float32", low: float = 0.0, high: float = 1.0) -> Array:
        """Uniform on [low, high), the 24 (float32) or 53 (float64) leading bits of the draw."""
        n = int(np.prod(shape, dtype=np.int64))
        if np.dtype(dtype) == np.float64:
            words = self.bits(2 * n).astype(np.uint64)
            u = ((words[0::2] << np.uint64(32) | words[1::2]) >> np.uint64(11)) * 2.0**-53
        else:
            u = (self.bits(n) >> np.uint32(8)).astype(dtype) * 2.0**-24
        return (low + (high - low) * u).astype(dtype).reshape(shape)

    def normal(self, shape: Shape, dtype: npt.DTypeLike = "float32", mean: float = 0.0, stddev: float = 1.0) -> Array:
        """Normal numbers by Box and Muller's transform (1958), computed in float64 from two 32-bit words each."""
        n = int(np.prod(shape, dtype=np.int64))
        words = self.bits(2 * n).astype(np.float64)
        radius = np.sqrt(-2.0 * np.log((words[0::2] + 1.0) * 2.0**-32))
        z = radius * np.cos(2.0 * np.pi * 2.0**-32 * words[1::2])
        return (mean + stddev * z).astype(dtype).reshape(shape)

    def truncated_normal(
        self, shape: Shape, dtype: npt.DTypeLike = "float32", mean: float = 0.0, stddev: float = 1.0
    ) -> Array:
        """Normal numbers, drawn again where they fall beyond two standard deviations."""
        z = self.normal(shape, "float64")
        attempt = 0
        while (outside := np.abs(z) > 2.0).any():
            attempt += 1
            z = np.where(outside, self.fold("again", attempt).normal(shape, "float64"), z)
        return (mean + stddev * z).astype(dtype)

    def permutation(self, n: int) -> Array:
        """The numbers 0 to n-1 in random order, (n,) int64."""
        words = self.bits(2 * n).astype(np.uint64)
        return np.argsort(words[0::2] << np.uint64(32) | words[1::2], kind="stable")


class SeedGenerator:
    """Keras's source of seeds. A part that takes a `seed` takes one of these too, and goes by the number it began with.

    state: [seed, how many were given out]. `next` gives the present state, and counts on.

    >>> generator = SeedGenerator(7)
    >>> generator.next().tolist(), generator.next().tolist()
    ([7, 0], [7, 1])
    """

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        number = fresh_key().seed % (1 << 31) if seed is None else checks.integer("SeedGenerator, argument seed", seed)
        self.seed, self.name = seed, name or "seed_generator"
        self.state: Array = np.array([number, 0], "int64")

    def next(self, ordered: bool = True) -> Array:
        """The state, which then counts on; `ordered` is taken for Keras's sake."""
        state = self.state.copy()
        self.state[1] += 1
        return state

    def get_config(self) -> dict[str, Any]:
        """The constructor's arguments."""
        return {"seed": self.seed, "name": self.name}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> SeedGenerator:
        """The generator that a config describes, at its beginning."""
        return cls(**config)


def seed_of(where: str, seed: Any) -> int | None:
    """A seed as a whole number or None; of a SeedGenerator, or of Keras's saved one, the number that it began with.

    >>> seed_of("HeNormal", {"class_name": "SeedGenerator", "config": {"seed": 5}}), seed_of("", SeedGenerator(7))
    (5, 7)
    """
    if isinstance(seed, Mapping) and seed.get("class_name") == "SeedGenerator":
        seed = (seed.get("config") or {}).get("seed")
    if isinstance(seed, SeedGenerator):
        seed = int(seed.state[0])
    return None if seed is None else checks.integer(where, seed)


class _Default:
    """Where keys come from when the user gives none: the system's entropy, or `set_random_seed`."""

    root: Key | None = None
    drawn = 0


def set_random_seed(seed: int) -> None:
    """Make every model and part built after this call repeatable. NumPy's global state is not touched.

    Keras's function of this name also seeds Python's and NumPy's generators; nothing here uses them.
    """
    _Default.root, _Default.drawn = Key(int(seed)), 0


def fresh_key() -> Key:
    """A key nobody has had yet."""
    if _Default.root is None:
        return Key(int.from_bytes(os.urandom(8)) >> 1)  # 63 bits
    _Default.drawn += 1
    return _Default.root.fold("fresh", _Default.drawn)
