"""What all plots share: files written whole, pieces of pages, and no trace left in matplotlib."""

from __future__ import annotations

import re
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from matplotlib import pyplot, rcParams

from pellucid import errors, plots
from pellucid.plots.base import NEUTRAL, SERIES, inline_svg, shades, sheet

HISTORY = {"loss": [1.0, 0.5, 0.4], "val_loss": [1.1, 0.6, 0.7]}


@pytest.mark.parametrize(("kind", "begins"), [("svg", b"<?xml"), ("png", b"\x89PNG"), ("pdf", b"%PDF")])
def test_a_file_is_written_whole_and_the_same_each_time(tmp_path: Path, kind: str, begins: bytes):
    paths = [plots.save(plots.learning_curves(HISTORY), tmp_path / f"{i}.{kind}") for i in range(2)]
    contents = [path.read_bytes() for path in paths]
    assert contents[0].startswith(begins)
    assert contents[0] == contents[1]
    assert sorted(p.name for p in tmp_path.iterdir()) == [f"0.{kind}", f"1.{kind}"]


@pytest.mark.parametrize("name", ["curves.jpg", "curves", ".svg.gz"])
def test_another_ending_is_told(tmp_path: Path, name: str):
    with pytest.raises(errors.InvalidArgument, match=r"\.pdf, \.png, \.svg"):
        plots.save(plots.learning_curves(HISTORY), tmp_path / name)
    assert not list(tmp_path.iterdir())


def test_a_folder_that_is_not_there_is_made(tmp_path: Path):
    plots.save(plots.learning_curves(HISTORY), tmp_path / "new" / "a.svg")
    assert (tmp_path / "new" / "a.svg").stat().st_size


def test_nothing_stays_behind_in_pyplot(tmp_path: Path):
    before = dict(rcParams)
    plots.save(plots.learning_curves(HISTORY), tmp_path / "a.svg")
    assert pyplot.get_fignums() == []
    assert dict(rcParams) == before


def test_a_users_style_changes_nothing(tmp_path: Path):
    plain = plots.save(plots.learning_curves(HISTORY), tmp_path / "a.png").read_bytes()
    with pyplot.style.context({"axes.facecolor": "black", "text.color": "red", "axes.labelcolor": "red"}):
        styled = plots.save(plots.learning_curves(HISTORY), tmp_path / "b.png").read_bytes()
    assert styled == plain


def test_paper_is_white_or_none():
    assert plots.learning_curves(HISTORY).get_facecolor() == (1, 1, 1, 1)
    assert plots.learning_curves(HISTORY, transparent=True).get_facecolor()[3] == 0


def test_a_notebook_shows_the_figure():
    assert plots.learning_curves(HISTORY)._repr_png_().startswith(b"\x89PNG")


def test_an_inline_picture_fits_any_page():
    text = inline_svg(plots.learning_curves(HISTORY, transparent=True), "one", 'loss "over" <epochs>')
    ElementTree.fromstring(text.replace("xlink:href", "href"))  # well-formed
    assert text.startswith("<svg viewBox=")
    assert 'aria-label="loss &quot;over&quot; &lt;epochs&gt;"' in text
    assert "currentColor" in text
    assert NEUTRAL not in text
    assert "http" not in text
    assert "<style" not in text
    assert "font-family" not in text
    ids = re.findall(r' id="([^"]*)"', text)
    assert ids
    assert all(name.startswith("one-") for name in ids)
    assert set(re.findall(r"(?:url\(#|href=\"#)([^)\"]+)", text)) <= set(ids)


def luminance(colour: str) -> float:
    """Relative luminance of "#rrggbb" (WCAG 2.2)."""
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("colour", [*SERIES[:2], NEUTRAL, *shades(9)])
@pytest.mark.parametrize("paper", ["#ffffff", "#14171a"])
def test_lines_stand_out_on_light_and_dark(colour: str, paper: str):
    light, dark = sorted([luminance(colour), luminance(paper)], reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3  # WCAG's contrast for graphics


def test_without_matplotlib_the_pip_line_is_told():
    script = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from pellucid import plots, errors\n"
        "try: plots.learning_curves({'loss': [1.0]})\n"
        "except errors.MissingExtra as problem: print(problem)"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert "pip install 'pellucid[plot]'" in done.stdout


def test_matplotlib_is_loaded_only_to_draw():
    script = "import sys, pellucid.plots; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_a_sheet_has_the_size_asked_for():
    assert sheet(3, 2, transparent=False).figure.get_size_inches().tolist() == [3, 2]
