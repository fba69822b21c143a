"""Prepares docstrings for the reference pages, where they are read as Markdown.

Doctest examples and indented lines become code blocks, since Markdown takes `>>>` for quotations; and the first
sentence gets a line of its own, which is what the tables of names show.
"""

from __future__ import annotations

import re
from typing import Any

import griffe

INTRODUCED = {
    f"pellucid.{name}"
    for name in (
        "activations", "callbacks", "constraints", "datasets", "initializers", "layers", "losses", "metrics", "models",
        "optimizers", "optimizers.schedules", "regularizers",
    )
}  # fmt: skip
SENTENCE_ENDS = re.compile(r"(?<=[.:])\s+(?=[A-Z])")
ARGUMENT = re.compile(r"^([a-z]\w*(?:, [a-z]\w*)*): (?=\S)")


def as_markdown(text: str) -> str:
    """A docstring as Markdown.

    >>> print(as_markdown("One and\\none. Two.\\n\\n    y = x"))
    One and one.
    Two.
    <BLANKLINE>
    ```text
        y = x
    ```
    """
    first, _, rest = text.partition("\n\n")
    if not any(_kind(line) for line in first.splitlines()):
        first = "\n".join(SENTENCE_ENDS.split(" ".join(first.split()), maxsplit=1))
    return fenced(f"{first}\n\n{itemised(rest)}".rstrip())


def itemised(text: str) -> str:
    """Lines that begin with an argument's name become items of a list.

    >>> print(itemised("rate: how many.\\nseed: where from."))
    <BLANKLINE>
    - `rate`: how many.
    - `seed`: where from.
    """
    lines: list[str] = []
    in_list = False
    for line in text.splitlines():
        argument = ARGUMENT.match(line)
        if argument and not in_list:
            lines.append("")
        in_list = bool(argument) or (in_list and bool(line.strip()))
        lines.append(ARGUMENT.sub(r"- `\1`: ", line))
    return "\n".join(lines)


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
            root = lines.pop() if line[:1] in "├└" and lines else ""  # of a tree drawn with these signs
            lines += [""] if lines and lines[-1].strip() else []
            lines += [f"```{kind}", *filter(None, [root])]
            fence = kind
        lines.append(line)
    return "\n".join([*lines, "```"] if fence else lines)


def _kind(line: str) -> str:
    if line.startswith(">>> "):
        return "pycon"
    return "text" if line.startswith(("    ", "├", "└", "│")) else ""


class Docstrings(griffe.Extension):
    """Rewrites every docstring of the package before it is rendered; those of namespaces a page itself replaces."""

    def on_object(self, *, obj: griffe.Object, **options: Any) -> None:
        if obj.path in INTRODUCED:
            obj.docstring = None
        if obj.docstring:
            obj.docstring.value = as_markdown(obj.docstring.value)
