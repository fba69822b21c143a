"""Random numbers in a script: those that the library draws, by the generator of `rng.py` on bare whole numbers."""

from __future__ import annotations

import textwrap

from ...rng import philox
from .writer import Script

FOLD = '''
    def fold(key, *path):
        """The key that is reached from here along whole numbers: the step, the layer."""
        for n in path:
            low, high, _, _ = philox((n & MASK, n >> 32 & MASK, 0, 1), (key & MASK, key >> 32 & MASK))
            key = low | high << 32
        return key
    '''
BITS = '''
    def bits(key, n):
        """n random words of 32 bits; each depends on the key and its own place alone."""
        blocks = np.arange((n + 3) // 4, dtype=np.uint64)
        zero = np.zeros_like(blocks)
        words = philox((blocks & MASK, blocks >> 32, zero, zero), (key & MASK, key >> 32 & MASK))
        return np.stack(words, axis=1).reshape(-1)[:n].astype(np.uint32)
    '''
UNIFORM = '''
    def uniform(key, shape):
        """Uniform numbers from 0 to 1, of 24 random bits each."""
        words = bits(key, int(np.prod(shape)))
        return ((words >> np.uint32(8)).astype(np.float32) * 2.0**-24).reshape(shape)
    '''
NORMAL = '''
    def normal(key, shape, mean, stddev):
        """Normal numbers, by Box and Muller's transform of two words each."""
        words = bits(key, 2 * int(np.prod(shape))).astype(np.float64)
        radius = np.sqrt(-2.0 * np.log((words[0::2] + 1.0) * 2.0**-32))
        z = radius * np.cos(2.0 * np.pi * 2.0**-32 * words[1::2])
        return (mean + stddev * z).astype(np.float32).astype(DTYPE).reshape(shape)
    '''


def functions(script: Script) -> list[str]:
    """The functions that draw what the script draws."""
    if not script.noise:
        return []
    generator = script.library.write(philox)
    script.library.forget(generator)
    drawn = [text for kind, text in (("uniform", UNIFORM), ("normal", NORMAL)) if kind in script.noise]
    return [generator.text, *(textwrap.dedent(text).strip() for text in (FOLD, BITS, *drawn))]
