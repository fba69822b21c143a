"""Prepares docstrings for the reference pages, where they are read as Markdown.

Doctest examples and indented lines become code blocks, since Markdown takes `>>>` for quotations; and the first
sentence gets a line of its own, which is what the tables of names show.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

SENTENCE_ENDS = re.compile(r"(?<=[.:])\s+(?=[A-Z])")


def as_markdown(text: str) -> str:
    """A docstring as Markdown.

    >>> print(as_markdown("One and\\none. Two.\\n\\n>>> 1 + 1\\n2"))
    One and one.
    Two.
    <BLANKLINE>
    ```pycon
    >>> 1 + 1
    2
    ```
    """
    first, _, rest = text.partition("\n\n")
    if not any(_kind(line) for line in first.splitlines()):
        first = "\n".join(SENTENCE_ENDS.split(" ".join(first.split()), maxsplit=1))
    return fenced(f"{first}\n\n{rest}".rstrip())


def fenced(text: str) -> str:
    """Doctest lines with their output, and indented lines, between fences."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines():
        kind = fence if fence == "pycon" and line.strip() else _kind(line)
        if fence and kind != fence:
            lines.append("```")
            fence = ""
        if kind and not fence:
            lines += [""] if lines and lines[-1].strip() else []
            lines.append(f"```{kind}")
            fence = kind
        lines.append(line)
    return "\n".join([*lines, "```"] if fence else lines)


def _kind(line: str) -> str:
    if line.startswith(">>> "):
        return "pycon"
    return "text" if line.startswith(("    ", "├", "└", "│")) else ""


class Docstrings(griffe.Extension):
    """Rewrites every docstring of the package before it is rendered."""

    def on_object(self, *, obj: griffe.Object, **options: Any) -> None:
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)
