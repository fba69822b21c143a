"""What the page wants of a training, between the thread that reads it and the one that trains."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from typing import Any


class Orders:
    """paused: whether to stand still before the next step. steps: how many to take all the same. epoch: whether to go
    on to the end of the epoch, and pause there. pace: the most steps a second, 0 for as many as it can. stop: break
    off, to be resumed. finish: end here, and keep what there is.

    >>> orders = Orders(paused=True)
    >>> orders.take({"type": "step", "n": 3})
    >>> orders.steps, orders.standing
    (3, False)
    """

    def __init__(self, paused: bool = False, pace: float = 0.0) -> None:
        self._changed = threading.Condition()
        self.paused, self.steps, self.epoch = paused, 0, False
        self.stop = self.finish = False
        self.pace = pace
        self.rate: float | None = None
        self.watched: dict[str, dict[str, Any]] = {}  # what is asked for, by key: topic, hz and its options
        self.credit: set[str] = set()  # of what is watched, what somebody can take
        self.fresh: set[str] = set()  # of what is watched, what somebody has not seen at all
        self.news = 0  # counts the orders

    def take(self, order: Mapping[str, Any]) -> None:
        """An order has come."""
        kind = order["type"]
        with self._changed:
            if kind in ("pause", "resume"):
                self.paused, self.steps, self.epoch = kind == "pause", 0, False
            elif kind == "step":
                self.paused, self.steps = True, self.steps + int(order["n"])
            elif kind == "epoch":
                self.paused, self.epoch = True, True
            elif kind == "stop":
                self.stop = True
            elif kind == "finish":
                self.finish = True
            elif kind == "rate":
                self.rate = float(order["value"])
            elif kind == "pace":
                self.pace = float(order["value"])
            elif kind == "watch":
                self.watched = dict(order["watched"])
                self.fresh |= set(order["fresh"])
                self.credit = (self.credit | self.fresh) & self.watched.keys()
            elif kind == "credit" and order["key"] in self.watched:
                self.credit.add(order["key"])
            self.news += 1
            self._changed.notify_all()

    def took(self, steps: int) -> None:
        """So many of the steps that were asked for are taken."""
        with self._changed:
            self.steps = max(0, self.steps - steps)

    def end(self) -> None:
        """Nobody is there any more: save, and stop."""
        self.take({"type": "stop"})

    @property
    def standing(self) -> bool:
        """Whether no step is to be taken."""
        return self.paused and not self.steps and not self.epoch

    @property
    def ending(self) -> bool:
        """Whether training is to end."""
        return self.stop or self.finish

    def wait(self, known: int, seconds: float) -> None:
        """Until an order comes that is not among the first `known`, or so long."""
        until = time.monotonic() + seconds
        with self._changed:
            while self.news == known and (left := until - time.monotonic()) > 0:
                self._changed.wait(left)
