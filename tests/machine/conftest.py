"""Runs whose threads and lengths a test chooses."""

from __future__ import annotations

import pytest

from pellucid.machine.executable import FOREVER
from pellucid.machine.threads import Crew


@pytest.fixture
def crew(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """[threads, steps] that every run has."""
    chosen = [1, 7]
    monkeypatch.setattr(Crew, "plan", lambda _, limit: (chosen[0], min(limit, chosen[1])))
    monkeypatch.setattr(Crew, "ran", lambda *_: None)
    monkeypatch.setattr(Crew, "span", FOREVER)
    return chosen
