"""The text of the functions that are made of a network's lines: forward, backward, the averages."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Sequence

from .listing import WIDTH, tidy
from .writer import Script, said


def forward_text(script: Script, inputs: Sequence[str], out: str, cache: Sequence[str]) -> str:
    """`forward`, of x, or of the inputs x1, x2, ... in a list."""
    arguments = ", training=False" * script.learns + ", key=None" * bool(script.noise)
    arguments += ", step=0" * script.seeded
    about = " Noise is drawn from `key`." if script.noise else ""
    lines = [
        f"def forward(p, x{arguments}):",
        f'    """({out}, what is needed on the way back).{about}"""',
        *([] if list(inputs) == ["x"] else [said(f"{', '.join(inputs)}{',' * (len(inputs) == 1)} = x")]),
        *script.forward,
        *filled("cache = ", cache),
        f"    return {out}, cache",
    ]
    return "\n".join(lines)


def backward_text(script: Script, heads: Sequence[tuple[str, str]], cache: Sequence[str]) -> str:
    """`backward`. heads: the gradients that it is given, each by its own name and by that of what it is the gradient
    of; where that is the output twice over, they are added."""
    lines, known = [], set[str]()
    for given, wanted in heads:
        if given != wanted:
            lines.append(said(f"{wanted} = {wanted} + {given}" if wanted in known else f"{wanted} = {given}"))
        known.add(wanted)
    names_given = [name for name, _ in heads]
    about = f"from {' and '.join(f'dL/{name}' for name in names_given)}: the chain rule, back the way the data came."
    head = tidy(f"def backward(p, cache, {', '.join(names_given)}):")
    return "\n".join([
        head, *docstring(f"dL/dp by name, {about}"), *unpacked(cache, script.backward), "    g = {}", *lines,
        *script.backward, "    return g",
    ])  # fmt: skip


def averages_text(script: Script, cache: Sequence[str]) -> str:
    """`move_averages`, where something moves."""
    lines = [
        "def move_averages(p, cache):",
        '    """What a batch leaves behind beside gradients: averages that serve in inference, what is assigned."""',
        *unpacked(cache, script.averages),
        *script.averages,
    ]
    return "\n".join(lines) if script.averages else ""


def docstring(text: str) -> list[str]:
    """A docstring of a function, on as many lines as it takes."""
    return [f"    {line}" for line in textwrap.wrap(f'"""{text}"""', WIDTH - 4)]


def cached(script: Script, inputs: Sequence[str]) -> list[str]:
    """What the ways back, the averages and the penalties read of what forward made."""
    assigned = (re.match(r"\s*([\w, ]+) = ", line) for line in script.forward)
    made = {name for found in assigned if found for name in names(found[1])} | set(inputs)
    later = {name for line in (*script.backward, *script.averages, *script.penalties) for name in names(line)}
    return sorted(made & later, key=lambda name: (int((re.findall(r"\d+", name) or ["0"])[0]), name))


def unpacked(cache: Sequence[str], lines: Sequence[str]) -> list[str]:
    """The line that gives the cache's entries their names again, those that these lines read."""
    used = {name for line in lines for name in names(line)}
    shown = [name if name in used else "_" for name in cache]
    while len(shown) > 1 and shown[-2:] == ["_", "_"]:
        shown.pop()
    if not used & set(cache):
        return []
    rest = len(shown) < len(cache)
    shown = [*shown[:-1], "*_"] if rest else shown
    return filled("", shown, " = cache")


def filled(before: str, entries: Sequence[str], after: str = "") -> list[str]:
    """A tuple of names, on as many lines as it takes."""
    line = f"    {before}{', '.join(entries)}{',' * (len(entries) == 1)}{after}"
    if not entries:
        return [f"    {before}(){after}"]
    if len(line) <= WIDTH:
        return [line]
    rows = textwrap.wrap(", ".join(entries) + ",", WIDTH - 8)
    return [f"    {before}(", *(f"        {row}" for row in rows), f"    ){after}"]


def names(line: str) -> set[str]:
    """The names in a line of code, those in quotes, behind a dot or in a comment left out."""
    code = re.sub(r'"[^"]*"', "", line.partition("#")[0])
    return set(re.findall(r"(?<![\w.])[^\W\d]\w*", code))
