"""The parts of a report's page, made of pieces."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ..markup import Html, html, joined


def paragraph(*words: Any) -> Html:
    """A paragraph of words and pieces."""
    return html("<p>{}</p>", Html("".join(html("{}", word) for word in words)))


def section(name: str, title: str, *parts: Html) -> Html:
    """A section under a heading, with a name to go to; empty parts are left out."""
    return html(
        '<section id="{}" aria-labelledby="{}-title">\n<h2 id="{}-title">{}</h2>\n{}\n</section>',
        name, name, name, title, joined(part for part in parts if part),
    )  # fmt: skip


def figure(picture: Html, caption: Any, kind: str = "") -> Html:
    """A picture with what it shows below it."""
    return html('<figure class="{}">{}<figcaption>{}</figcaption></figure>', kind, picture, caption)


def side_by_side(parts: Iterable[Html], kind: str = "figures") -> Html:
    """Parts in rows as wide as the page allows: figures, samples, or halves, which may be tables."""
    return html('<div class="{}">\n{}\n</div>', kind, joined(parts))


def table(caption: str, head: Sequence[str], rows: Iterable[Sequence[Any]], words: int = 1) -> Html:
    """A table whose first cell of each row is its heading, and whose first `words` columns are text."""
    kinds = ["" if i < words else ' class="number"' for i in range(len(head))]
    top = joined(html(f'<th scope="col"{kind}>{{}}</th>', cell) for kind, cell in zip(kinds, head, strict=True))
    body = joined(
        html("<tr>{}</tr>", Html("".join(_cell(i, kinds[i], cell) for i, cell in enumerate(row)))) for row in rows
    )
    return html(
        '<div class="wide" role="region" aria-label="{}" tabindex="0"><table><caption>{}</caption>'
        "<thead><tr>{}</tr></thead><tbody>\n{}\n</tbody></table></div>",
        caption, caption, top, body,
    )  # fmt: skip


def share_bar(share: float, text: str) -> Html:
    """A number between 0 and 1 with a bar as long as it behind."""
    return html('<span class="bar" style="--share:{}%">{}</span>', f"{100 * share:.1f}", text)


def code(text: str) -> Html:
    """Lines as they stand."""
    return html("<pre><code>{}</code></pre>", text.strip())


def _cell(place: int, kind: str, value: Any) -> Html:
    return html('<th scope="row">{}</th>', value) if place == 0 else html(f"<td{kind}>{{}}</td>", value)
