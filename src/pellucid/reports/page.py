"""The page: one file that needs nothing else, neither a network nor a script."""

from __future__ import annotations

import re
from pathlib import Path

from ..markup import Html, html, joined
from . import sections
from .contents import Contents

STYLE = Path(__file__).with_name("style.css")


def render(c: Contents) -> str:
    """The report as HTML, complete in itself. The same contents give the same text. Needs matplotlib."""
    parts = [part for make in sections.ALL if (part := make(c))]
    page = html(
        "<!DOCTYPE html>\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<title>{}</title>\n<style>\n{}</style>\n</head>\n'
        "<body>\n{}\n{}\n<main>\n{}\n</main>\n<footer><p>{}</p></footer>\n</body>\n</html>\n",
        f"{c.data} · Pellucid report", Html(STYLE.read_text(encoding="utf-8")), sections.title(c), _ways(parts),
        joined(parts), "Made by pellucid report. Everything is in this file.",
    )  # fmt: skip
    return str(page)


def _ways(parts: list[Html]) -> Html:
    """Links to the sections."""
    ways = [re.search(r'<section id="([^"]*)".*?<h2[^>]*>(.*?)</h2>', part, re.DOTALL) for part in parts]
    links = joined(html('<li><a href="#{}">{}</a></li>', Html(way[1]), Html(way[2])) for way in ways if way)
    return html('<nav aria-label="{}"><ul>{}</ul></nav>', "Sections", links)
