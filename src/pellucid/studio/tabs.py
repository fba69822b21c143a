"""A tab: what it looks at, and what it has been told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_WAITING = 1000  # answers that a tab has not taken: one that takes none is let go


@dataclass
class Followed:
    """What a tab knows of a run."""

    seq: int = 0
    row: int = 0
    age: int = -1
    steering: bool | None = None


class Tab:
    """Answers wait in order; of a run, the tab is brought up to date when it can take something; of each picture, the
    newest waits."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.opened: dict[str, Followed] = {}
        self.topics: dict[str, dict[str, dict[str, Any]]] = {}  # by run, by key: what is asked for
        self.answers: dict[Any, Mapping[str, Any]] = {}
        self.pictures: dict[tuple[str, str], bytes] = {}
        self.credit: set[tuple[str, str]] = set()
        self.news = asyncio.Event()
        self._counted = 0

    def say(self, message: Mapping[str, Any], instead: str | None = None) -> None:
        """An answer, or in the place of the one before of this name."""
        self._counted += 1
        if len(self.answers) < MOST_WAITING:
            self.answers.pop(instead, None)
            self.answers[instead or self._counted] = message
        self.wake()

    def open(self, run: str, since: int) -> None:
        """Tell of this run from now on."""
        self.opened[run] = Followed(since)
        self.wake()

    def close(self, run: str) -> None:
        """No longer."""
        self.opened.pop(run, None)
        self.topics.pop(run, None)

    def watch(self, run: str, topics: Mapping[str, Any], hz: float) -> list[str]:
        """Look at these pictures of a run, in the place of those before; the keys that are new."""
        asked = {}
        for topic, options in topics.items():
            own = options if isinstance(options, dict) else {}
            wanted = {**own, "topic": topic, "hz": min(hz, own.get("hz", hz))}
            asked[json.dumps(wanted, sort_keys=True)] = wanted
        fresh = [key for key in asked if key not in self.topics.get(run, {})]
        self.credit |= {(run, key) for key in fresh}
        self.topics[run] = asked
        self.pictures = {at: picture for at, picture in self.pictures.items() if at[0] != run or at[1] in asked}
        return fresh

    def watched(self, run: str) -> dict[str, dict[str, Any]]:
        """What is asked for, by key."""
        return self.topics.get(run, {})

    def ack(self, run: str, topic: str) -> None:
        """A picture of this topic was drawn: the next may come."""
        self.credit |= {(run, key) for key, asked in self.watched(run).items() if asked["topic"] == topic}
        self.wake()

    def show(self, run: str, key: str, picture: bytes) -> None:
        """A picture has come."""
        if key in self.watched(run):
            self.pictures[run, key] = picture
            self.wake()

    def pictures_due(self) -> list[tuple[tuple[str, str], bytes]]:
        """Those that the page can take, with the run and the key of each."""
        due = [at for at in self.pictures if at in self.credit]
        self.credit -= set(due)
        return [(at, self.pictures.pop(at)) for at in due]

    def wake(self) -> None:
        """There is something to send."""
        self.news.set()
