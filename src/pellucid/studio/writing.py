"""What a network that has learned from a text writes, piece by piece."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from typing import Any

from ..actions.writing import write
from ..errors import InvalidArgument
from .desk import Desk

TOGETHER = 8  # characters that are sent in one go
LONGEST = 20_000  # characters that are written at most


def written(desk: Desk, name: str, told: Mapping[str, Any]) -> Iterator[str]:
    """As `pellucid write` does with the same start, length, temperature and seed."""
    given = {key: told[key] for key in ("length", "temperature", "seed") if told.get(key) is not None}
    start = told.get("start") or None
    if start is not None and not isinstance(start, str):
        raise InvalidArgument("write, --start", "characters", start)
    if isinstance(length := given.get("length"), int) and length > LONGEST:
        raise InvalidArgument("write, --length", f"at most {LONGEST:,}", length)
    characters = write(desk.run(name).path, start, **given)
    return iter(lambda: "".join(itertools.islice(characters, TOGETHER)), "")
