"""Pieces of HTML, for reports and for what a notebook shows. Text is escaped unless it is a piece already, so what a
file, a data set or the name of a layer says stays text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

# A notebook has a style for tables of its own, which the important ones here outweigh.
STYLE = """
.pellucid { --ink: #1a1c20; --soft: #5c6370; --line: #d9dce1; --page: #fff; --panel: #f6f7f9; --up: 30, 110, 220;
  --down: 214, 96, 30; color: var(--ink); background: var(--page); color-scheme: light dark; padding: .5em;
  font: 14px/1.5 system-ui, sans-serif; overflow-x: auto; }
@media (prefers-color-scheme: dark) {
  .pellucid { --ink: #e6e8ec; --soft: #9aa2b1; --line: #3a3f47; --page: #121417; --panel: #22252b;
    --up: 96, 165, 250; --down: 251, 146, 60; }
}
.pellucid h3 { margin: 1em 0 .3em; font-size: 1.05em; }
.pellucid p { margin: .2em 0; }
.pellucid .formula, .pellucid td { font-family: ui-monospace, Menlo, Consolas, monospace; font-size: .92em; }
.pellucid .formula span { display: inline-block; margin-right: .6em; }
.pellucid details { border: 1px solid var(--line); border-radius: 6px; margin: .35em 0; padding: .3em .7em;
  background: var(--panel); overflow-x: auto; }
.pellucid summary { cursor: pointer; overflow-wrap: anywhere; }
.pellucid .soft { color: var(--soft); }
.pellucid .array { margin: .5em 0; }
.pellucid table { border-collapse: collapse; margin: .2em 0; background: none; color: inherit; }
.pellucid tr { background: none !important; }
.pellucid td, .pellucid th { padding: .1em .5em; text-align: right; border: 1px solid var(--line);
  white-space: nowrap; }
.pellucid th { font-weight: 600; }
.pellucid .words { text-align: left !important; }
"""


class Html(str):
    """Text that is a piece of a page."""

    __slots__ = ()


def html(template: str, *values: Any) -> Html:
    """The template with the values in its places; each value is escaped unless it is a piece.

    >>> html("<p>{} {}</p>", "a < b", html("<em>{}</em>", "c"))
    '<p>a &lt; b <em>c</em></p>'
    """
    return Html(template.format(*(v if isinstance(v, Html) else escape(str(v)) for v in values)))


def joined(pieces: Iterable[Any]) -> Html:
    """Pieces one after another."""
    return Html("\n".join(piece if isinstance(piece, Html) else escape(str(piece)) for piece in pieces))


def block(*parts: Any) -> str:
    """What a notebook shows: the parts, in colours that read on light and dark. Nothing runs, nothing is fetched."""
    return html('<div class="pellucid"><style>{}</style>{}</div>', Html(STYLE), joined(parts))


def heading(text: str) -> Html:
    """The line that says what is shown."""
    return html("<p><strong>{}</strong></p>", text)


def grid(head: Sequence[str], rows: Iterable[Sequence[Any]], words: int = 1) -> Html:
    """A table in a block, whose first `words` columns are text and stand at the left."""
    kinds = [' class="words"' if i < words else "" for i in range(len(head))]
    top = "".join(html(f"<th{kind}>{{}}</th>", cell) for kind, cell in zip(kinds, head, strict=True))
    lines = ["".join(html(f"<td{kind}>{{}}</td>", cell) for kind, cell in zip(kinds, row, strict=True)) for row in rows]
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return Html(f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>")


def folded(title: Any, *parts: Any) -> Html:
    """Parts that open under their title."""
    return html("<details><summary>{}</summary>{}</details>", title, joined(parts))
