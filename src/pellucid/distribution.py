"""Training over several processes, under Keras's names: `from pellucid.distribution import DataParallel`."""

from .training.distribution import DataParallel, distribution, set_distribution

__all__ = ["DataParallel", "distribution", "set_distribution"]
