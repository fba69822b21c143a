"""Makes report_light.png and report_dark.png, the top of a real report as a browser shows it. They are made again when
its looks have changed. Needs Chromium or Chrome.

Run: python docs/pictures/make_report.py
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parent
TRAIN = "pellucid train digits --layers 64,32 --epochs 30 --out runs/digits-1 --quiet"
REPORT = "pellucid report runs/digits-1"
SIZE = (1200, 1720)
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SCHEMES = {"dark": 0, "light": 1}  # as Blink numbers them


def main() -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        sys.exit(f"None of {', '.join(BROWSERS)} is installed.")
    with tempfile.TemporaryDirectory() as folder:
        for command in (TRAIN, REPORT):
            subprocess.run([sys.executable, "-m", *command.split()], cwd=folder, check=True)
        for name, number in SCHEMES.items():
            photograph(browser, Path(folder, "runs/digits-1/report.html"), FOLDER / f"report_{name}.png", number)


def photograph(browser: str, page: Path, picture: Path, scheme: int) -> None:
    """The page as the browser shows it to readers who prefer this colour scheme."""
    options = [
        "--headless=new", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
        f"--window-size={SIZE[0]},{SIZE[1]}", f"--screenshot={picture}",
        f"--blink-settings=preferredColorScheme={scheme}",
    ]  # fmt: skip
    subprocess.run([browser, *options, page.as_uri()], check=True, capture_output=True)


if __name__ == "__main__":
    main()
