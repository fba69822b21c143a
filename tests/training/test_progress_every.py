"""Lines of some epochs only."""

from __future__ import annotations

import numpy as np
import pytest

from pellucid import Sequential, layers
from pellucid.training.callbacks.progress import Progress


def test_every_tenth_epoch_and_the_last_have_a_line(capsys: pytest.CaptureFixture[str]):
    model = Sequential([layers.Dense(1)], seed=0)
    model.compile("sgd", "mse")
    model.fit(np.ones((4, 2)), np.ones(4), epochs=23, verbose=0, callbacks=[Progress(every=10)])
    shown = capsys.readouterr().out.splitlines()
    assert [line.split(" ")[1] for line in shown] == ["10/23", "20/23", "23/23"]
