"""The kernels of `pellucid.ops`, by the stems of the ops there."""

from . import arithmetic, comparing, elementwise, linear, places, reductions, shaping  # noqa: F401  # each adds to KERNELS
