"""Search for a better network: on every core, without a database, and without losing a trial."""

from .cluster import Dask
from .measures import Measure
from .processes import Processes
from .space import Space
from .trials import Ended, Executor, Objective, Reported, Stopped, Trial
from .tune import tune
from .tuned import Tuned

__all__ = [
    "Dask",
    "Ended",
    "Executor",
    "Measure",
    "Objective",
    "Processes",
    "Reported",
    "Space",
    "Stopped",
    "Trial",
    "Tuned",
    "tune",
]
