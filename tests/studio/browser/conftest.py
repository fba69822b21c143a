"""A studio of its own for each test, and a browser for all: Chromium as the system has it, driven by Playwright."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio.browser.hands import PATIENCE, Hands
from studio.browser.opening import BROWSERS, installed, serving_soon

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright drives the browser")
    program = installed()
    if program is None:
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed")
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def link(tmp_path: Path) -> Iterator[str]:
    with serving_soon(tmp_path) as link:
        yield link


@pytest.fixture
def hands(browser: Browser, link: str) -> Iterator[Hands]:
    """Someone in front of the page, who knows their way: no guide in the way, and no error passes unseen."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light", accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    hands = Hands(context, link)
    yield hands
    context.close()
    assert hands.unforeseen() == []


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """400 people of whom the older, richer ones buy; some ages are missing."""
    chance, path = random.Random(0), tmp_path / "people.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["age", "income", "town", "buys"])
        for i in range(400):
            age, income, town = chance.randint(18, 80), chance.randint(10, 90), chance.choice(["Ulm", "Jena", "Bonn"])
            writer.writerow([age if i % 20 else "", income, town, "yes" if age + income > 100 else "no"])
    return path
