"""Keras's `keras.random`: the source of seeds, and `set_random_seed`."""

from .rng import SeedGenerator, set_random_seed

__all__ = ["SeedGenerator", "set_random_seed"]
