"""Makes train_digits.svg and learning_curve.svg, the pictures of a real run. They are made again when what it prints
has changed.

Run: python docs/pictures/make_terminal.py
"""

from __future__ import annotations

import csv
import math
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console
from rich.terminal_theme import MONOKAI
from rich.text import Text

FOLDER = Path(__file__).parent
COMMAND = "pellucid train digits"
WIDTH = 110  # characters

# rich would have the reader's browser fetch a font; any monospaced one will do.
SVG = re.sub(r"\s*@font-face \{\{.*?\}\}\n", "\n", CONSOLE_SVG_FORMAT, flags=re.DOTALL).replace(
    "Fira Code", "ui-monospace, Menlo, Consolas, DejaVu Sans Mono"
)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        lines = run(Path(folder))
        with open(Path(folder, "runs/digits-1/history.csv"), encoding="utf-8") as file:
            history = list(csv.DictReader(file))
    terminal(lines)
    curves = {name: [float(row[name]) for row in history] for name in ("loss", "val_loss")}
    (FOLDER / "learning_curve.svg").write_text(learning_curve(curves), encoding="utf-8")


def run(folder: Path) -> list[str]:
    """What the command prints, colours included."""
    environment = {**os.environ, "COLUMNS": str(WIDTH), "FORCE_COLOR": "1"}
    environment.pop("NO_COLOR", None)
    words = [sys.executable, "-m", *COMMAND.split()]
    done = subprocess.run(words, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def terminal(lines: list[str]) -> None:
    """The output as a picture."""
    shown = [f"\x1b[1;32m$\x1b[0m \x1b[1m{COMMAND}\x1b[0m", *lines]
    with open(os.devnull, "w", encoding="utf-8") as nowhere:
        console = Console(record=True, width=WIDTH, file=nowhere, force_terminal=True, color_system="truecolor")
        for line in shown:
            console.print(Text.from_ansi(line), soft_wrap=True)
        text = console.export_svg(title="Pellucid", theme=MONOKAI, code_format=SVG, unique_id="pellucid")
    (FOLDER / "train_digits.svg").write_text(text, encoding="utf-8")


def learning_curve(curves: dict[str, list[float]]) -> str:
    """Losses over epochs, on a logarithmic scale from 10 down to 0.01, as SVG."""
    width, height, left, top, right, bottom = 640, 320, 56, 16, 16, 44
    inner_width, inner_height = width - left - right, height - top - bottom
    epochs = max(len(values) for values in curves.values())

    def place(epoch: int, value: float) -> tuple[float, float]:
        across = left + inner_width * epoch / max(epochs, 1)
        down = top + inner_height * (1 - (math.log10(max(value, 0.01)) + 2) / 3)
        return round(across, 1), round(min(down, top + inner_height), 1)

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        'font-family="system-ui, sans-serif" font-size="13" role="img" aria-label="Loss over epochs">',
        f'<rect width="{width}" height="{height}" rx="8" fill="#fff"/>',
    ]
    for tick in (10, 1, 0.1, 0.01):
        _, y = place(0, tick)
        parts.append(f'<path d="M{left} {y}H{width - right}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 8}" y="{y + 4}" text-anchor="end" fill="#555">{tick:g}</text>')
    for epoch in range(0, epochs + 1, 20):
        x, _ = place(epoch, 1)
        parts.append(f'<text x="{x}" y="{height - bottom + 18}" text-anchor="middle" fill="#555">{epoch}</text>')
    parts.append(f'<text x="{left + inner_width / 2}" y="{height - 8}" text-anchor="middle" fill="#555">epoch</text>')
    names = {"loss": ("loss on training data", "#3f51b5"), "val_loss": ("loss on validation data", "#c2410c")}
    for i, (name, values) in enumerate(curves.items()):
        label, colour = names[name]
        points = " ".join(f"{x},{y}" for x, y in (place(e + 1, v) for e, v in enumerate(values)))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
        parts.append(
            f'<text x="{width - right - 8}" y="{top + 22 + 20 * i}" text-anchor="end" fill="{colour}">{label}</text>'
        )
    return "\n".join([*parts, "</svg>\n"])


if __name__ == "__main__":
    main()
