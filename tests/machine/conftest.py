"""Runs whose threads and lengths a test chooses."""

from __future__ import annotations

import pytest

from pellucid.machine.threads import Crew
from pellucid.training import engine


class Fixed(Crew):
    """Always so many threads, so many steps at a time."""

    def __init__(self, threads: int, steps: int) -> None:
        super().__init__(threads)
        self.threads, self.steps = threads, steps

    def plan(self, limit: int) -> tuple[int, int]:
        return self.threads, min(limit, self.steps)

    def ran(self, threads: int, steps: int, seconds: float) -> None:
        pass


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """[threads, steps] that every run will have."""
    chosen = [1, 7]
    monkeypatch.setattr(engine, "Crew", lambda: Fixed(*chosen))
    return chosen
