"""The two parts of the zoo: what rules and thresholds were made on, and what they are judged by."""

from __future__ import annotations

from . import others, unseen
from .faults import FAULTS
from .healthy import HEALTHY
from .later import LATER

SEEN = [*FAULTS, *HEALTHY, *LATER, *others.RECIPES]
UNSEEN = unseen.RECIPES
