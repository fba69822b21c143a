"""Pieces of a page: text stays text."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pellucid.markup import Html, html
from pellucid.reports.html import code, figure, paragraph, section, share_bar, side_by_side, table
from reports.pages import Page

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=30)


@given(TEXT)
def test_any_text_stays_what_it_is(text: str):
    picture = html('<img alt="{}">', text)
    for made in (
        paragraph(text), code(text), figure(picture, text), side_by_side([paragraph(text)]), share_bar(0.5, text),
        section("a", text, paragraph(text)), table(text, [text, text], [[text, text]]),
    ):  # fmt: skip
        page = Page(made)
        assert not page.left
        assert " ".join(text.split()) in page.said
        assert {tag for tag, _ in page.tags} <= {
            "p", "pre", "code", "figure", "img", "figcaption", "div", "section", "h2", "span",
            "table", "caption", "thead", "tbody", "tr", "th", "td",
        }  # fmt: skip
        assert all(image["alt"] == text for image in page.of("img"))


def test_pieces_are_not_escaped_twice():
    inner = html("<b>{}</b>", "<&>")
    assert html("<p>{}</p>", inner) == "<p><b>&lt;&amp;&gt;</b></p>"
    assert isinstance(html("{}", "a"), Html)


def test_tables_tell_headings_from_cells():
    page = Page(table("T", ["a", "b", "c"], [[1, "x", 3]], words=2))
    assert [cell.get("scope") for cell in page.of("th")] == ["col", "col", "col", "row"]
    assert [cell.get("class") for cell in page.of("td")] == [None, "number"]
