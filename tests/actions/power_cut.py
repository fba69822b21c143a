"""The power going out while a run trains."""

from __future__ import annotations

from pathlib import Path

import pytest

from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import EpochEnded, Event, train


class Killed(BaseException):
    """Stands for the power going out."""


def cut_short(spec: TrainSpec, out: Path, epoch: int) -> None:
    """Train until the power goes out, as this epoch ends."""

    def power_cut(event: Event) -> None:
        if isinstance(event, EpochEnded) and event.epoch == epoch:
            raise Killed

    with pytest.raises(Killed):
        train(spec, out=out, on_event=power_cut)
