"""What variables ask of the engine is done, or refused in a sentence."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from pellucid.cli.app import app
from pellucid.errors import InvalidArgument
from pellucid.layers import Dense
from pellucid.machine import asked
from pellucid.machine.threads import Crew
from pellucid.models import Sequential


@pytest.mark.parametrize("value", ["abc", "0", "-1", "1.5", "²"])
def test_a_number_of_threads_that_is_none_is_refused(value: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PELLUCID_THREADS", value)
    with pytest.raises(InvalidArgument, match=f"PELLUCID_THREADS: expected a whole number from 1 on, got '{value}'"):
        Crew()
    told = CliRunner().invoke(app, ["train", "moons"])  # before anything is read or written
    assert (type(told.exception), told.output) == (InvalidArgument, "")


@pytest.mark.parametrize(("value", "found"), [("", None), (" 1 ", 1), ("1000", 1000)])
def test_a_number_of_threads_is_taken(value: str, found: int | None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PELLUCID_THREADS", raising=False)
    there = asked.most_threads()
    monkeypatch.setenv("PELLUCID_THREADS", value)
    assert asked.threads() == found
    assert asked.most_threads() == min(there, found or there)


def test_a_width_that_no_processor_has_is_refused(monkeypatch: pytest.MonkeyPatch):
    assert asked.width() == 16
    monkeypatch.setenv("PELLUCID_VECTOR", "5")
    with pytest.raises(InvalidArgument, match="PELLUCID_VECTOR: expected 4, 8 or 16, got '5'"):
        asked.width()


@pytest.mark.parametrize(("value", "found"), [("", False), (" definition ", True)])
def test_the_definition_is_asked_for(value: str, found: bool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PELLUCID_ENGINE", value)
    assert asked.definition() is found


def test_an_engine_that_there_is_not_is_refused(monkeypatch: pytest.MonkeyPatch):
    model = Sequential([Dense(1, input_shape=(2,))])
    monkeypatch.setenv("PELLUCID_ENGINE", "Definition")
    with pytest.raises(InvalidArgument, match="PELLUCID_ENGINE: expected 'definition', got 'Definition'"):
        model.predict([[1.0, 2.0]])
    told = CliRunner().invoke(app, ["train", "moons"])
    assert (type(told.exception), told.output) == (InvalidArgument, "")
