"""Histograms over time: shares of entries, whatever bins they were counted in."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pellucid import errors
from pellucid.plots import histogram_flow
from pellucid.plots.histograms import ROWS, shares
from pellucid.training.probing import Look, summary


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any),
    st.floats(-1e3, 1e3),
    st.floats(0, 1e3),
    st.integers(1, 40),
)
def test_every_entry_is_somewhere(counts: list[int], low: float, width: float, bins: int):
    there = SimpleNamespace(low=low, high=low + width, counts=tuple(counts))
    room = max(1.0, width)
    found = shares(there, np.linspace(low - room, low + width + room, bins + 1))
    assert (found >= 0).all()
    assert found.sum() == pytest.approx(1)


def test_its_own_bins_give_its_own_shares():
    values = np.random.default_rng(0).normal(size=500)
    found = summary(values)
    edges = np.linspace(values.min(), values.max(), len(found.counts) + 1)
    assert np.allclose(shares(found, edges), np.histogram(values, edges)[0] / 500)


def test_the_picture_spans_all_records(looks: list[Look]):
    figure = histogram_flow(looks, names=["dense_1"])
    mesh = figure.axes[0].collections[0]
    assert mesh.get_array().shape == (ROWS, len(looks))
    assert np.allclose(mesh.get_array().sum(axis=0), 1)
    low, high = figure.axes[0].get_ylim()
    assert low == pytest.approx(min(look.outputs["dense_1"].low for look in looks))
    assert high == pytest.approx(max(look.outputs["dense_1"].high for look in looks))


@pytest.mark.parametrize("kind", ["outputs", "gradients", "weights"])
def test_every_kind_can_be_drawn(looks: list[Look], kind: str):
    assert histogram_flow(looks, kind).axes
    assert histogram_flow(looks[:1], kind, transparent=True).axes  # one record, all entries alike


def test_another_kind_is_told(looks: list[Look]):
    with pytest.raises(errors.UnknownName, match="Did you mean 'outputs'"):
        histogram_flow(looks, "output")
