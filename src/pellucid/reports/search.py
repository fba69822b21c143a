"""The section of a report about the search that found the network."""

from __future__ import annotations

from collections.abc import Iterator

from .. import plots
from ..markup import Html
from .contents import Contents, Searched
from .html import paragraph, section, side_by_side, table
from .pictures import drawn
from .words import number, percent

FEW = 2  # trials with a score, below which there is nothing to draw


def searched(c: Contents) -> Html:
    """Which networks were tried, and what came of them; nothing where the network is no search's."""
    s = c.search
    if s is None:
        return Html("")
    told = f"This network is the best of {sum(s.states.values()):,} trials by {s.tries.name}: "
    told += ", ".join(f"{n:,} {state}" for state, n in s.states.items() if n) + ". "
    told += "Trials were judged by rows held out from training; the test's rows were seen by none of them."
    best = table("The best trials", s.head, s.rows, words=2)
    remarks = [paragraph(remark) for remark in s.remarks]
    if len(s.tries.scores) < FEW:
        return section("search", "The search", paragraph(told), *remarks, best)
    return section("search", "The search", paragraph(told), *remarks, side_by_side(_pictures(s)), *_wide(s), best)


def _pictures(s: Searched) -> Iterator[Html]:
    best = (max if s.tries.more else min)(s.tries.scores)
    alt = f"{s.tries.name} of {len(s.tries.scores)} trials; the best is {number(best)}."
    yield drawn(
        plots.search_history(s.tries, transparent=True), "search-history", alt, "Each trial, and the best so far."
    )
    if s.importances:
        first = max(s.importances, key=lambda name: s.importances[name])
        alt = "Importances: " + ", ".join(f"{name} {percent(share)}" for name, share in s.importances.items()) + "."
        caption = f"How much each name had to do with being among the best trials; {first} had most."
        yield drawn(plots.importances(s.importances, transparent=True), "search-importances", alt, caption)
    if s.points is not None:
        alt = f"{s.names[0]} against {s.names[1]} of each trial; {len(s.front)} are on the front."
        caption = "Of the trials on the front none is better in one score and as good in the other."
        picture = plots.search_front(s.points, s.front, (s.names[0], s.names[1]), transparent=True)
        yield drawn(picture, "search-front", alt, caption)


def _wide(s: Searched) -> Iterator[Html]:
    caption = "Each line is a trial, from what was drawn for it to its score. The best is orange, the better half blue."
    alt = f"{len(s.tries.scores)} trials as lines through their values."
    yield drawn(plots.parallel_coordinates(s.tries, transparent=True), "search-lines", alt, caption, "large")
    caption = f"{s.tries.name} over each name's values; later trials are darker."
    yield drawn(
        plots.slices(s.tries, transparent=True), "search-slices", f"A slice for each name: {caption}", caption, "large"
    )
