"""The ops on the compiled engine, by the stems of the ops: importing this tells each of those below how it is lowered.

The other ops run on the definition: those that put numbers in order, those that take no batch, and the rare.
"""

from . import (  # noqa: F401  # each names its own
    arithmetic,
    attending,
    comparing,
    elementwise,
    linear,
    places,
    reductions,
    shaping,
    whole,
    windows,
)
