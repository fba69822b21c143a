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
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from . import checks
from .arrays import Array, Shape
from .registry import Family, Part

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


def number_of(step: int | str) -> int:
    """A step of a path as a number; that of a name is below 0."""
    return (zlib.crc32(step.encode()) | 1 << 63) - (1 << 64) if isinstance(step, str) else int(step)


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
            n = number_of(step)
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

    def gamma(self, shape: Shape, alpha: Any) -> Array:
        """Numbers of the gamma distribution, in float64."""
        return np.exp(self.log_gamma(shape, alpha))

    def log_gamma(self, shape: Shape, alpha: Any) -> Array:
        """The logarithms of numbers of the gamma distribution, in float64: of cubes (1 + c·z)³·d of normal numbers z,
        drawn again where they are refused; below α = 1, of those of α + 1 times u^(1/α).

        Source: Marsaglia & Tsang, "A simple method for generating gamma variables", ACM TOMS 26 (2000)."""
        alpha = np.asarray(alpha, "float64")
        d = np.broadcast_to(np.where(alpha < 1, alpha + 1, alpha) - 1 / 3, shape)
        found, left, attempt = np.zeros(shape), np.ones(shape, bool), 0
        while left.any():
            z = self.fold("normal", attempt).normal(shape, "float64")
            u = 1 - self.fold("uniform", attempt).uniform(shape, "float64")
            v = np.maximum(1 + z / np.sqrt(9 * d), 0) ** 3
            with np.errstate(divide="ignore"):
                taken = left & (np.log(u) < z**2 / 2 + d - d * v + d * np.log(v))
            found, left, attempt = np.where(taken, d * v, found), left & ~taken, attempt + 1
        small = np.log(1 - self.fold("small").uniform(shape, "float64")) / alpha
        return np.log(found) + np.where(np.broadcast_to(alpha < 1, shape), small, 0)

    def beta(self, shape: Shape, alpha: Any, beta: Any) -> Array:
        """Numbers of the beta distribution, in float64: the share that the first of two of the gamma distribution has
        of both; by their logarithms, as near 0 as a small α and β may bring both."""
        apart = self.fold("beta").log_gamma(shape, beta) - self.fold("alpha").log_gamma(shape, alpha)
        found: Array = 1 / (1 + np.exp(np.clip(apart, -700, 700)))
        return found

    def permutation(self, n: int) -> Array:
        """The numbers 0 to n-1 in random order, (n,) int64."""
        words = self.bits(2 * n).astype(np.uint64)
        return np.argsort(words[0::2] << np.uint64(32) | words[1::2], kind="stable")


class _Default:
    """Where keys come from when the user gives none: the system's entropy, or `set_random_seed`."""

    root: Key | None = None
    drawn = 0


def set_random_seed(seed: int) -> None:
    """Make every model and part built after this call repeatable. NumPy's global state is not touched.

    Keras's function of this name also seeds Python's and NumPy's generators; nothing here uses them.
    """
    _Default.root, _Default.drawn = Key(int(seed)), 0


@contextmanager
def seeded(seed: int) -> Iterator[None]:
    """Within the block, what is built without a seed of its own is built from this one."""
    before = _Default.root, _Default.drawn
    set_random_seed(seed)
    try:
        yield
    finally:
        _Default.root, _Default.drawn = before


def fresh_key() -> Key:
    """A key nobody has had yet."""
    if _Default.root is None:
        return Key(int.from_bytes(os.urandom(8)) >> 1)  # 63 bits
    _Default.drawn += 1
    return _Default.root.fold("fresh", _Default.drawn)


generators: Family[SeedGenerator] = Family("seed generator", "keras.random")


@generators.add()
class SeedGenerator(Part):
    """Seeds one after another: whatever is given this as its `seed` takes the next one.

    The first is `seed` itself, the others depend on it and on how many were taken before. An initializer takes one
    whenever it draws, and so gives other numbers each time; a layer takes one when it is made, and keeps it as its own.

    >>> from pellucid.initializers import RandomNormal
    >>> drawing = RandomNormal(seed=SeedGenerator(5))
    >>> first, second = drawing((2,)), drawing((2,))
    >>> bool((first == RandomNormal(seed=5)((2,))).all()), bool((first == second).any())
    (True, False)

    Keras's layers take no generator, and its numbers are others. seed: None for one that nobody had.
    """

    family = generators
    passing = frozenset({"state"})

    def __init__(self, seed: int | None = None, name: str | None = None) -> None:
        self.seed = None if seed is None else checks.integer(self.where("seed"), seed)
        self.name = name or "seed_generator"
        self._first = fresh_key().seed & 0x7FFFFFFF if self.seed is None else self.seed
        self.state: Array = np.array([self._first % (1 << 64), 0], np.uint64)

    def next(self) -> Array:
        """(seed, how many were taken before), (2,) uint64; and one more is taken."""
        before = self.state
        self.state = before + np.array([0, 1], np.uint64)
        return before

    def take(self) -> int:
        """The next seed, as one whole number."""
        taken = int(self.next()[1])
        return Key(self._first).fold(taken).seed & 0x7FFFFFFF if taken else self._first


def seed_of(where: str, seed: Any) -> int | SeedGenerator | None:
    """A seed: a whole number, a generator, its saved form, or None.

    >>> seed_of("HeNormal", {"class_name": "SeedGenerator", "config": {"seed": 5, "name": "g"}}).take()
    5
    """
    if isinstance(seed, Mapping) and seed.get("class_name") == "SeedGenerator":
        seed = generators.deserialize(seed, where=where)
    if seed is None or isinstance(seed, SeedGenerator):
        return seed
    return checks.integer(where, seed)


def own_seed(where: str, seed: Any) -> int | None:
    """A layer's own seed: a whole number or None; of a generator, the next one."""
    found = seed_of(where, seed)
    return found.take() if isinstance(found, SeedGenerator) else found
