"""The network that a table is trained with."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid.actions.apply import evaluate
from pellucid.actions.building import build
from pellucid.actions.data import prepare
from pellucid.actions.spec import TrainSpec
from pellucid.actions.train import chain, train
from pellucid.errors import InvalidArgument


@pytest.fixture
def people(tmp_path: Any) -> str:
    r = np.random.default_rng(0)
    lines = ["age,town,bought"]
    for age, town in zip(r.uniform(18, 80, 60), r.choice(["Bern", "Oslo"], 60), strict=True):
        lines.append(f"{age:.2f},{town},{'yes' if (age > 45) == (town == 'Oslo') else 'no'}")
    path = tmp_path / "people.csv"
    path.write_text("\n".join(lines))
    return str(path)


def built(**given: Any) -> Any:
    spec = TrainSpec(**given)
    return build(spec, prepare(spec), 1)


def kinds(model: Any) -> list[str]:
    return [type(layer).__name__ for layer in model.layers]


def test_numbers_of_a_table_are_embedded_and_not_scaled_again(people: str):
    model = built(data=people, target=["bought"])
    assert kinds(model) == ["Functional", "Dense", "Dropout", "Dense", "Dropout", "Dense"]
    assert chain(model) == "3-7-128-64-2"  # four mixtures of the waves of age; a town is 0 or 1
    one, same = model.layers[0].get_weights(), built(data=people, target=["bought"]).layers[0].get_weights()
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))


def test_neither_has_to_be(people: str):
    model = built(data=people, target=["bought"], frequencies=0, scale="normalize", dropout=0.0, layers=[8])
    assert kinds(model) == ["Normalization", "Dense", "Dense"]


def test_other_data_have_no_columns_of_numbers_to_embed():
    assert "Functional" not in kinds(built(data="digits"))
    with pytest.raises(InvalidArgument, match="spec, frequencies: expected a table as data"):
        built(data="digits", frequencies=16)


def test_the_rows_to_test_on_are_the_same_by_any_path_and_others_are_told(people: str, monkeypatch: pytest.MonkeyPatch):
    file = Path(people)
    run = train(TrainSpec(data=people, target=["bought"], layers=[2], epochs=1), out=file.parent / "run").run.path
    monkeypatch.chdir(file.parent)
    assert evaluate(run, "people.csv") == evaluate(run, None) == evaluate(run, people)
    assert evaluate(run, None)["samples"] == 12
    head, *rows = file.read_text().splitlines()
    file.write_text("\n".join([head, *rows[::-1]]))
    with pytest.warns(UserWarning, match="people.csv has changed since the training"):
        evaluate(run, None)
