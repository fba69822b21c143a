"""Activation and gradient flow: what is drawn is what was recorded."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pellucid import errors, plots
from pellucid.plots.flow import GUIDE, idling
from pellucid.training.probing import Look, summary

STEPS = list(range(0, 101, 10))


def drawn(figure: Any) -> dict[str, np.ndarray]:
    return {line.get_label(): np.asarray(line.get_ydata()) for line in figure.axes[0].lines}


def test_activations_are_mean_and_deviation(looks: list[Look]):
    figure = plots.activation_flow(looks)
    assert [axes.get_title(loc="left") for axes in figure.axes] == ["dense", "dense_1"]
    (line,) = figure.axes[1].lines
    assert list(line.get_xdata()) == STEPS
    assert list(line.get_ydata()) == [look.outputs["dense_1"].mean for look in looks]
    band = figure.axes[1].collections[0].get_paths()[0].vertices
    last = looks[-1].outputs["dense_1"]
    ends = band[band[:, 0] == 100][:, 1]
    assert ends.min() == pytest.approx(last.mean - last.std)
    assert ends.max() == pytest.approx(last.mean + last.std)


def test_gradients_are_root_mean_squares_and_zero_is_no_point(looks: list[Look]):
    figure = plots.gradient_flow(looks)
    lines = drawn(figure)
    assert list(lines) == ["dense/kernel", "dense/bias", "dense_1/kernel"]
    assert np.allclose(lines["dense/kernel"], 1e-4)
    assert np.allclose(lines["dense_1/kernel"][:-1], 1e-2)
    assert np.isnan(lines["dense_1/kernel"][-1])
    assert figure.axes[0].get_yscale() == "log"
    assert [line.get_linestyle() for line in figure.axes[0].lines] == ["-", "--", "-"]


def test_updates_have_a_line_to_go_by(looks: list[Look]):
    lines = drawn(plots.update_ratios(looks, ["dense/kernel"]))
    guide = next(values for name, values in lines.items() if "rule of thumb" in name)
    assert np.allclose(lines["dense/kernel"], 2e-3)
    assert np.allclose(guide, GUIDE)


@pytest.mark.parametrize(
    ("steps", "scale"),
    [(STEPS, "linear"), ([0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512], "symlog"), ([0] * 11, "linear")],
)
def test_steps_ever_farther_apart_are_drawn_as_far_apart(looks: list[Look], steps: list[int], scale: str):
    moved = [replace(look, step=step) for look, step in zip(looks, steps, strict=True)]
    for draw in (plots.gradient_flow, plots.update_ratios, plots.idle_units, plots.activation_flow):
        axes = draw(moved).axes[0]
        assert axes.get_xscale() == scale
        assert axes.get_xlim()[0] <= 0
        assert axes.get_xlim()[1] >= steps[-1]
    assert plots.histogram_flow(moved).axes[0].get_xscale() == scale


def test_ratios_all_alike_are_drawn(looks: list[Look]):
    alike = [replace(look, ratios={"dense/kernel": GUIDE}) for look in looks]
    low, high = plots.update_ratios(alike).axes[0].get_ylim()
    assert low < GUIDE < high


def test_idle_units_are_in_percent_and_only_where_they_can_be(looks: list[Look]):
    assert idling(looks) == ["dense", "dense_1"]
    lines = drawn(plots.idle_units(looks))
    assert list(lines) == ["dense, dead", "dense_1, saturated"]
    assert np.allclose(lines["dense_1, saturated"], [100 * look.outputs["dense_1"].saturated for look in looks])


def test_layers_that_appear_later_are_drawn_from_there(looks: list[Look]):
    late = [replace(look, outputs={"dense": look.outputs["dense"]}) for look in looks[:4]] + looks[4:]
    assert list(plots.activation_flow(late, ["dense_1"]).axes[0].lines[0].get_xdata()) == STEPS[4:]


@pytest.mark.parametrize(
    "draw", [plots.activation_flow, plots.gradient_flow, plots.update_ratios, plots.idle_units, plots.histogram_flow]
)
def test_without_records_it_is_told(draw: Callable[..., Any]):
    with pytest.raises(errors.DataError, match=r"looks: expected"):
        draw([])
    with pytest.raises(errors.DataError, match=r"looks: expected"):
        draw([Look(0, 0, 1.0)])


def test_a_name_that_is_not_there_is_told(looks: list[Look]):
    with pytest.raises(errors.UnknownName, match="Did you mean 'dense/kernel'"):
        plots.gradient_flow(looks, ["dense/kernl"])


def test_numbers_that_are_not_finite_are_gaps(looks: list[Look]):
    nan = Look(110, 2, np.nan, {"dense": summary(np.zeros((2, 2)))._replace(mean=np.nan, std=np.nan)})
    assert np.isnan(plots.activation_flow([*looks, nan], ["dense"]).axes[0].lines[0].get_ydata()[-1])
