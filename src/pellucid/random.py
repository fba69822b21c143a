"""What Keras calls `keras.random`: where seeds come from."""

from .rng import SeedGenerator

__all__ = ["SeedGenerator"]
