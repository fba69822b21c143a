"""Which parts a script can be written of."""

from __future__ import annotations

from typing import Any

from ..ours import refuse_foreign

INSTEAD = "Write the script without it, and put your own NumPy in its place."


def only_ours(where: str, part: Any) -> None:
    """Refuse a part that computes what only its user's code says."""
    refuse_foreign(f"to_numpy, {where}", part, INSTEAD)
