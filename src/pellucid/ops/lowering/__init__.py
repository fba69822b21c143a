"""The ops on the compiled engine, by the stems of the ops: importing this tells each of those below how it is lowered.

The other ops run on the definition: those that give whole numbers, those that reach across the batch, and the rare.
"""

from . import arithmetic, comparing, elementwise, linear, reductions, shaping  # noqa: F401  # each names its own
