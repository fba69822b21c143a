"""Learning curves: the numbers drawn are the history's."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from pellucid import Sequential, errors
from pellucid.layers import Dense
from pellucid.plots import learning_curves
from pellucid.plots.curves import best_epoch
from pellucid.training.callbacks import History


def lines(figure: Any, panel: int = 0) -> dict[str, tuple[list[float], list[float]]]:
    """{label: (epochs, values)} of one panel."""
    return {
        line.get_label().partition(",")[0]: (list(line.get_xdata()), list(line.get_ydata()))
        for line in figure.axes[panel].lines
    }


def titles(figure: Any) -> list[str]:
    return [axes.get_title(loc="left") for axes in figure.axes]


def test_the_numbers_drawn_are_the_historys():
    history = {"accuracy": [0.3, 0.6, 0.7], "loss": [2.0, 1.0, 0.9], "val_loss": [2.2, 1.2, 1.3]}
    figure = learning_curves(history)
    assert titles(figure) == ["loss", "accuracy"]
    drawn = lines(figure)
    assert drawn["training"] == ([1, 2, 3], [2.0, 1.0, 0.9])
    assert drawn["validation"] == ([1, 2, 3], [2.2, 1.2, 1.3])
    assert drawn["best epoch"][0] == [2, 2]
    assert lines(figure, 1)["training"] == ([1, 2, 3], [0.3, 0.6, 0.7])


def test_names_choose_and_a_wrong_one_is_told():
    history = {"loss": [1.0, 0.5], "mae": [1.0, 0.7]}
    assert titles(learning_curves(history, ["mae"])) == ["mae"]
    with pytest.raises(errors.UnknownName, match="Did you mean 'mae'"):
        learning_curves(history, ["mea"])


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        (np.geomspace(1, 0.01, 9), "log"),  # falls a hundredfold
        (np.linspace(1, 0.5, 9), "linear"),
        (np.geomspace(0.01, 1, 9), "linear"),  # an accuracy that rises a hundredfold
        (np.linspace(1, -1, 9), "linear"),
        ([1.0], "linear"),
        ([np.inf, np.nan, np.nan], "linear"),
        ([1e3, 1.0, np.nan], "log"),
    ],
)
def test_the_scale_is_logarithmic_where_it_helps(values: Any, scale: str):
    assert learning_curves({"loss": list(values)}).axes[0].get_yscale() == scale


def test_each_tick_along_is_another_epoch():
    for epochs in (1, 2, 7):
        axes = learning_curves({"loss": [1.0 / (1 + i) for i in range(epochs)]}).axes[0]
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks == [round(tick) for tick in ticks]
        assert ticks[0] >= 1


def test_validation_every_few_epochs_stands_at_its_epochs():
    figure = learning_curves({"loss": [5.0, 4.0, 3.0, 2.0, 1.0], "val_loss": [4.5, 2.5]})
    assert lines(figure)["validation"] == ([2, 4], [4.5, 2.5])
    assert "best epoch" not in lines(figure)


def test_validation_at_unknown_epochs_is_left_out_and_told():
    with pytest.warns(UserWarning, match="do not say when"):
        figure = learning_curves({"loss": [1.0] * 5, "val_loss": [1.0] * 4})
    assert "validation" not in lines(figure)


def test_what_is_no_number_per_epoch_is_left_out():
    history = {"loss": [1.0, 0.5], "f1": [[0.1, 0.2], [0.3, 0.4]], "note": ["a", "b"], "auc": [0.5, "NA"]}
    assert titles(learning_curves(history)) == ["loss", "auc"]


@pytest.mark.parametrize("history", [{}, {"loss": []}, {"note": ["a"]}, {"val_loss": [1.0]}])
def test_nothing_to_draw_is_told(history: dict[str, Any]):
    with pytest.raises(errors.DataError, match="at least one epoch"):
        learning_curves(history)


@pytest.mark.parametrize(
    ("history", "best"),
    [
        ({"loss": [1.0, 2.0], "val_loss": [2.0, 1.0]}, 2),
        ({"loss": [1.0, 2.0], "val_loss": [np.nan, 3.0]}, 2),
        ({"loss": [1.0, 2.0], "val_loss": [np.nan, np.nan]}, None),
        ({"loss": [1.0, 2.0], "val_loss": [1.0]}, None),
        ({"loss": [1.0, 2.0]}, None),
    ],
)
def test_the_best_epoch(history: dict[str, list[float]], best: int | None):
    assert best_epoch(history) == best


def test_history_plots_itself_and_writes_the_file(tmp_path: Path):
    x = np.random.default_rng(0).normal(size=(40, 3)).astype("float32")
    model = Sequential([Dense(1, input_shape=(3,))], seed=0)
    model.compile("adam", "mse", metrics=["mae"])
    history = model.fit(x, x[:, :1], epochs=3, validation_split=0.25, verbose=0)
    figure = history.plot(tmp_path / "curves.svg")
    assert titles(figure) == ["loss", "mae"]
    assert lines(figure)["training"][1] == history.history["loss"]
    assert lines(figure, 1)["validation"][1] == history.history["val_mae"]
    assert (tmp_path / "curves.svg").read_text().startswith("<?xml")
    assert history.plot(transparent=True).get_facecolor()[3] == 0


def test_a_history_without_an_epoch_says_so():
    with pytest.raises(errors.DataError):
        History().plot()
