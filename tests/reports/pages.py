"""A page, taken apart: what a browser would make of it, and what it must never be."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from itertools import pairwise

VOID = {"br", "img", "meta", "link", "hr", "input"}
INLINE = {"b", "span", "code", "a"}
LOADS = ("src", "href", "xlink:href", "action", "poster", "data", "srcset")  # attributes that name something else


class Page(HTMLParser):
    """Raises AssertionError where a tag is closed that was not open; `left` tells those never closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.text, self.left, self.tags, self.words = text, [], [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = [name for name, _ in attrs]
        assert len(names) == len(set(names)), f"an attribute twice in {self.get_starttag_text()}"
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.left.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.left, f"</{tag}> closes nothing"
        assert self.left[-1] == tag, f"</{tag}> closes <{self.left[-1]}>"
        self.left.pop()
        if tag not in INLINE:
            self.words.append(" ")

    def handle_data(self, data: str) -> None:
        if "style" not in self.left:
            self.words.append(data)

    @property
    def said(self) -> str:
        """All words on the page, with plain spaces."""
        return " ".join("".join(self.words).split())

    def of(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of every such tag."""
        return [attributes for name, attributes in self.tags if name == tag]

    def check(self) -> None:
        """Well-formed, whole in itself, and readable without eyes."""
        assert self.text.startswith("<!DOCTYPE html>")
        assert not self.left, f"never closed: {self.left}"
        assert self.of("html")[0]["lang"] == "en"
        assert not self.of("script")
        assert not self.of("link")
        ids = [attributes["id"] for _, attributes in self.tags if "id" in attributes]
        assert len(ids) == len(set(ids))
        for tag, attributes in self.tags:
            for name in LOADS:
                value = attributes.get(name) or "#"
                assert value.startswith(("#", "data:")), f"{tag} {name}={value[:60]}"
                if value.startswith("#") and len(value) > 1:
                    assert value[1:] in ids, value
            assert not any(name.startswith("on") for name in attributes)
        assert not re.search(r"url\((?!#)|@import", self.text)
        assert all(image.get("alt") for image in self.of("img"))
        assert all(image.get("role") == "img" and image.get("aria-label") for image in self.of("svg"))
        assert all(cell.get("scope") in ("col", "row") for cell in self.of("th"))
        assert len(self.of("caption")) == len(self.of("table"))
        levels = [int(tag[1]) for tag, _ in self.tags if re.fullmatch(r"h[1-6]", tag)]
        assert levels.count(1) == 1
        assert levels[0] == 1
        assert all(b - a <= 1 for a, b in pairwise(levels)), levels
        assert "prefers-color-scheme: dark" in self.text
        assert "@media print" in self.text
        assert 'name="viewport"' in self.text
        assert len(self.text.encode()) < 2_000_000
