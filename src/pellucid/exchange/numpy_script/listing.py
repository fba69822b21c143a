"""Trees back to text as the house writes it: comments in their places, lines of at most 120 characters."""

from __future__ import annotations

import ast
import inspect
import io
import re
import textwrap
import tokenize
from collections.abc import Callable, Mapping, Sequence
from typing import Any

WIDTH = 120
FOR_TOOLS = ("# fmt:", "# type:", "# noqa")


def comments_of(function: Callable[..., Any]) -> dict[int, tuple[str, bool]]:
    """The comments in a function's source, by line of its file: (text, whether it has the line to itself)."""
    lines, first = inspect.getsourcelines(function)
    source = textwrap.dedent("".join(lines))
    found = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and not token.string.startswith(FOR_TOOLS):
            alone = token.line.lstrip().startswith("#")
            found[token.start[0] + first - 1] = (token.string, alone)
    return found


def documented(tree: ast.FunctionDef, settled: Mapping[str, Any], defaults: Mapping[str, Any]) -> list[str]:
    """What stays of a function's docstring, line by line: the first paragraph; the second, where an option is not at
    its default; and what the names of options in it are."""
    paragraphs = (ast.get_docstring(tree) or "").split("\n\n")
    unusual = [name for name, value in settled.items() if name in defaults and defaults[name] != value]
    second = paragraphs[1] if len(paragraphs) > 1 else ""
    more = any(name in second for name in unusual) and not second.startswith((">>>", "Source"))
    kept = paragraphs[: 1 + more]
    text = re.sub(r"     .*", "", "\n".join(kept))  # shapes, which a script says where data flow
    mine = {a.arg for a in (*tree.args.args, *tree.args.kwonlyargs)} - {"axis"}
    named = {n: v for n, v in settled.items() if n in mine and re.search(rf"\b{n}\b", text)}
    numbers = {n: v for n, v in named.items() if not (v is None or v is False or isinstance(v, tuple | str))}
    here = ", ".join(f"{name} = {tidy(repr(value))}" for name, value in numbers.items())
    return [*text.splitlines(), *([f"Here {here}."] if here else [])]


def listing(
    head: str, docstring: Sequence[str], body: Sequence[ast.stmt], comments: Mapping[int, tuple[str, bool]]
) -> str:
    """A function's text."""
    lines = [head]
    if docstring:
        text = '"""' + "\n".join(docstring) + '"""'
        whole = [textwrap.wrap(line, WIDTH - 4, break_long_words=False) for line in text.splitlines()]
        lines += [f"    {line}" for piece in whole for line in piece]
    lines += _block(body, 1, comments)
    return "\n".join(lines)


def _block(body: Sequence[ast.stmt], depth: int, comments: Mapping[int, tuple[str, bool]]) -> list[str]:
    lines: list[str] = []
    for statement in body or [ast.Pass()]:
        indent = "    " * depth
        above, beside = _comments(statement, comments)
        lines += [indent + comment for comment in above]
        if isinstance(statement, ast.If | ast.For | ast.While | ast.With):
            lines += _compound(statement, depth, comments)
            continue
        text = wrapped(indent + tidy(_simple(ast.fix_missing_locations(statement))))
        if beside and "\n" not in text and len(text) + 2 + len(beside) <= WIDTH:
            text += f"  {beside}"
        elif beside:
            text = f"{indent}{beside}\n{text}"
        lines += text.splitlines()
    return lines


def _simple(statement: ast.stmt) -> str:
    """A statement on one line, tuples on both sides without the brackets that they do not need."""
    if isinstance(statement, ast.Return) and statement.value is not None:
        return f"return {_bare(statement.value)}"
    if isinstance(statement, ast.Assign):
        return " = ".join(_bare(side) for side in (*statement.targets, statement.value))
    return ast.unparse(statement)


def _bare(value: ast.expr) -> str:
    if isinstance(value, ast.Tuple) and len(value.elts) > 1:
        return ", ".join(map(ast.unparse, value.elts))
    return ast.unparse(value)


def _compound(statement: Any, depth: int, comments: Mapping[int, tuple[str, bool]]) -> list[str]:
    indent, orelse = "    " * depth, getattr(statement, "orelse", [])
    shell = ast.fix_missing_locations(type(statement)(**{**vars(statement), "body": [ast.Pass()], "orelse": []}))
    head = tidy(ast.unparse(shell)).splitlines()[0]
    lines = [indent + head, *_block(statement.body, depth + 1, comments)]
    if orelse:
        lines += [f"{indent}else:", *_block(orelse, depth + 1, comments)]
    return lines


def _comments(statement: ast.stmt, comments: Mapping[int, tuple[str, bool]]) -> tuple[list[str], str]:
    """(comments that stand above a statement, the one beside it)."""
    first = getattr(statement, "lineno", 0)
    if not first:
        return [], ""
    compound = isinstance(statement, ast.If | ast.For | ast.While | ast.With)
    last = first if compound else statement.end_lineno or first
    above: list[str] = []
    line = first - 1
    while line in comments and comments[line][1]:
        above.insert(0, comments[line][0])
        line -= 1
    beside = [comments[n][0] for n in range(first, last + 1) if n in comments]
    return above, beside[0] if beside else ""


def tidy(text: str) -> str:
    """Double quotes, powers without blanks, and numbers as people write them: 1e-7.

    >>> tidy("s['velocity'] + 1e-07 * x ** 2")
    's["velocity"] + 1e-7 * x**2'
    """
    text = re.sub(r"'([^'\"\\\\]*)'", r'"\1"', text)
    text = re.sub(r"(\d)e-0(\d)", r"\1e-\2", text)
    text = re.sub(r"\b(\w+|\)) \*\* (\w+|\()", r"\1**\2", text)
    return re.sub(r"\) \*\* ", ")**", text)


def wrapped(text: str) -> str:
    """A long statement broken behind the commas of its outermost brackets, and before their operators."""
    if len(text) <= WIDTH:
        return text
    indent = " " * (len(text) - len(text.lstrip()))
    first, last = text.find("("), len(text) - 1
    is_call = first > 0 and text[first - 1].isidentifier() and _closing(text, first) == last
    if not is_call:  # a long sum: in brackets of its own
        found = re.match(r"(\s*(?:return |[^=()]* \+?= ))(.*)", text)
        if found is None:
            return text
        if found[2].startswith("[") and _closing(found[2], 0) == len(found[2]) - 1:
            pieces = _pieces(found[2][1:-1], ", ")
            return "\n".join([f"{found[1]}[", *(f"{indent}    {piece}" for piece in pieces), f"{indent}]"])
        pieces = _pieces(found[2], " + ", " - ", " * ")
        return "\n".join([f"{found[1]}(", *(f"{indent}    {piece}" for piece in pieces), f"{indent})"])
    pieces = _pieces(text[first + 1 : last], ", ")
    if sum(map(len, pieces)) + len(pieces) + len(indent) + 3 <= WIDTH:
        pieces = [" ".join(pieces).removesuffix(",")]
    return "\n".join([text[: first + 1], *(f"{indent}    {piece}" for piece in pieces), f"{indent})"])


def _closing(text: str, first: int) -> int:
    """Where the bracket that opens here is closed."""
    depth = 0
    for i in range(first, len(text)):
        depth += (text[i] in "([{") - (text[i] in ")]}")
        if depth == 0:
            return i
    return -1


def _pieces(text: str, *separators: str) -> list[str]:
    """The text cut at the first of these separators that it has outside all brackets; commas stay at the ends."""
    for separator in separators:
        cuts, depth = [0], 0
        for i, letter in enumerate(text):
            depth += (letter in "([{") - (letter in ")]}")
            if depth == 0 and text.startswith(separator, i) and i:
                cuts.append(i + (1 if separator == ", " else 0))
        if len(cuts) > 1:
            pieces = [text[a:b].strip() for a, b in zip(cuts, [*cuts[1:], len(text)], strict=True)]
            return [*pieces[:-1], pieces[-1] + ("," if separator == ", " else "")]
    return [text]
