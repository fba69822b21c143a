"""A network drawn as a graph: boxes in ranks from the input down, and lines for what flows from one to the next.

The ranks are those of Sugiyama, Tagawa & Toda, "Methods for visual understanding of hierarchical system structures"
(1981): a box stands below all that it reads, a line that passes ranks gets a place of its own in each, and places are
put in order by the mean of those that they are joined with. The picture is SVG text; nothing else is needed to draw it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from itertools import pairwise

LETTER, LINE = 7.2, 17.0  # points: a letter of 12 points, nearly, and a line of text
MARGIN, BETWEEN, RANK = 12.0, 26.0, 34.0  # within a box at either side, between boxes, between ranks
BEND = 14.0  # the width of a place at which a line passes a rank
SWEEPS = 8


@dataclass
class Box:
    """A place in the picture: `lines` of text, or none where a line passes. The first line is set bold."""

    lines: Sequence[str]
    rank: int = 0
    sources: list[Box] = field(default_factory=list, repr=False)
    x: float = 0.0  # of its middle

    @property
    def width(self) -> float:
        return max(map(len, self.lines)) * LETTER + 2 * MARGIN if self.lines else BEND

    @property
    def height(self) -> float:
        return len(self.lines) * LINE + 12.0 if self.lines else 0.0


def draw_graph(boxes: Sequence[Box]) -> str:
    """The picture of these boxes, each behind all that it reads, as SVG."""
    for box in boxes:
        box.rank = 1 + max((source.rank for source in box.sources), default=-1)
    ranks = _ordered(boxes)
    for rank in ranks:
        width = sum(box.width for box in rank) + BETWEEN * (len(rank) - 1)
        left = -width / 2
        for box in rank:
            box.x = left + box.width / 2
            left += box.width + BETWEEN
    heights = [max(box.height for box in rank) for rank in ranks]
    tops = [sum(heights[:i]) + RANK * i + 1 for i in range(len(ranks))]
    left = min(box.x - box.width / 2 for rank in ranks for box in rank) - 1
    right = max(box.x + box.width / 2 for rank in ranks for box in rank) + 1
    middle = [top + height / 2 for top, height in zip(tops, heights, strict=True)]
    parts = [line for rank in ranks for box in rank for line in _lines(box, middle)]
    parts += [part for rank in ranks for box in rank if box.lines for part in _box(box, middle[box.rank])]
    width, height = right - left, tops[-1] + heights[-1] + 1
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{left:.1f} 0 {width:.1f} {height:.1f}" '
            f'width="{width:.0f}" height="{height:.0f}" role="img" font-family="ui-monospace, Menlo, monospace" '
            'font-size="12" fill="#7d8590" stroke="none">',
            '<defs><marker id="to" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">'
            '<path d="M0 0 8 4 0 8z"/></marker></defs>',
            *parts,
            "</svg>",
            "",
        ]
    )


def _ordered(boxes: Sequence[Box]) -> list[list[Box]]:
    """The ranks, with places for the lines that pass them, in an order with few crossings."""
    ranks: list[list[Box]] = [[] for _ in range(1 + max(box.rank for box in boxes))]
    for box in boxes:
        ranks[box.rank].append(box)
    for box in boxes:
        box.sources = [_passing(source, box.rank, ranks) for source in box.sources]
    for sweep in range(SWEEPS):
        pairs = list(pairwise(ranks))
        for above, below in pairs if sweep % 2 == 0 else [(below, above) for above, below in reversed(pairs)]:
            at = {id(box): i for i, box in enumerate(above)}
            down = sweep % 2 == 0
            joined = {
                id(box): [at[id(s)] for s in box.sources] if down else
                [at[id(reader)] for reader in above if any(s is box for s in reader.sources)]
                for box in below
            }  # fmt: skip
            places = {id(box): i for i, box in enumerate(below)}
            below.sort(key=lambda box: _mean(joined[id(box)], places[id(box)]))
    return ranks


def _passing(source: Box, rank: int, ranks: list[list[Box]]) -> Box:
    """The place right above `rank` at which the line from `source` arrives."""
    for between in range(source.rank + 1, rank):
        source = Box((), between, [source])
        ranks[between].append(source)
    return source


def _mean(places: Iterable[int], otherwise: float) -> float:
    found = list(places)
    return sum(found) / len(found) if found else otherwise


def _lines(box: Box, middle: Sequence[float]) -> Iterable[str]:
    """The lines that end at this place."""
    for source in box.sources:
        x1, y1 = source.x, middle[source.rank] + source.height / 2
        x2, y2 = box.x, middle[box.rank] - box.height / 2
        half = (y1 + y2) / 2
        end = ' marker-end="url(#to)"' if box.lines else ""
        way = f"M{x1:.1f} {y1:.1f}C{x1:.1f} {half:.1f} {x2:.1f} {half:.1f} {x2:.1f} {y2:.1f}"
        yield f'<path d="{way}" fill="none" stroke="#7d8590"{end}/>'


def _box(box: Box, middle: float) -> Iterable[str]:
    x, y = box.x - box.width / 2, middle - box.height / 2
    yield (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{box.width:.1f}" height="{box.height:.1f}" rx="6" '
        'fill="#0072b2" fill-opacity="0.08" stroke="#0072b2"/>'
    )
    for i, line in enumerate(box.lines):
        weight = ' font-weight="bold"' if i == 0 else ""
        at = f'x="{box.x:.1f}" y="{y + 6 + LINE * (i + 0.72):.1f}"'
        yield f'<text {at} text-anchor="middle"{weight}>{escape(line)}</text>'
