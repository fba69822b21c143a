"""The comparison of character models: both libraries are given the same network, the same weights and the same rows."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))  # benchmarks/ lies beside src/ and is never installed

from benchmarks import language

from pellucid.actions.data import prepare
from pellucid.actions.spec import TrainSpec


@pytest.mark.parametrize("name", language.TITLES)
def test_both_libraries_have_one_loss(name: str, tmp_path: Path) -> None:
    pytest.importorskip("torch")
    text = tmp_path / "text.txt"
    text.write_text("The quick brown fox jumps over the lazy dog, and back. " * 60)
    letters = prepare(TrainSpec(data=str(text), network="gru", window=12))
    found = language.compared(name, letters, 4, "float64")
    assert language.apart(found)[0] < 1e-14
    assert language.apart(found).max() < 1e-8  # their Adams add an epsilon at different places
    assert len(set(found["torch"]["losses"])) == 4
    one = {"long": False, "command": "c", "made": "today", "window": 12, "letters": letters.classes, **found}
    versions = dict.fromkeys(("python", "pellucid", "numpy", "torch"), "1")
    shown = language.markdown({"machine": {"processor": "P", "cores": 2, "versions": versions}, "runs": [one]})
    assert f"| {language.TITLES[name]} | float64 | 4 |" in shown
    assert f"{found['pellucid']['losses'][-1]:.5f}" in shown


def test_each_epoch_has_an_order_of_its_own_and_every_row_once() -> None:
    rows = np.arange(2 * language.BATCH + 5)
    seen = [x for x, _ in language.batches((rows, rows), 4)]
    first, second = np.concatenate(seen[:2]), np.concatenate(seen[2:])
    assert len(set(first)) == len(set(second)) == 2 * language.BATCH
    assert not np.array_equal(first, second)
