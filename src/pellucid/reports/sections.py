"""The sections of a report, each a function of its contents."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import count
from ..markup import Html, html, joined
from ..plots.mistakes import COLUMNS, is_picture, mistakes
from . import pictures
from .contents import Contents
from .html import code, paragraph, section, share_bar, side_by_side, table
from .search import searched
from .words import SPACE, measure, number, own, percent, verdict

MOST_CLASSES = 20  # in the table of classes
MOST_MISTAKES = 24
MOST_ROWS = 12  # of mistakes in a table
SCORES = {
    "accuracy": "accuracy", "loss": "loss", "precision": "precision", "recall": "recall", "f1": "F₁",
    "r2": "R²", "root_mean_squared_error": "root mean squared error", "mean_absolute_error": "mean absolute error",
}  # fmt: skip
OF_LABELS = {
    "binary_accuracy": "labels right", "all_labels_right": "rows all right", "loss": "loss", "precision": "precision",
    "recall": "recall", "f1": "F₁",
}  # fmt: skip
IN_UNITS = ("root_mean_squared_error", "mean_absolute_error")  # of what is predicted
SHARES = ("accuracy", "binary_accuracy", "all_labels_right", "precision", "recall", "f1")


def title(c: Contents) -> Html:
    """What the report is about, and its verdict."""
    return html(
        '<header>\n<p class="kind">Pellucid report · {}</p>\n<h1>{}</h1>\n'
        '<p class="verdict">{}</p>\n<p>{}</p>\n{}\n</header>',
        c.run, c.data, verdict(c), measure(c), _tiles(c),
    )  # fmt: skip


def _tiles(c: Contents) -> Html:
    """The numbers that matter most, large."""
    m = c.metrics
    scores = OF_LABELS if "per_label" in m else SCORES
    shown = [
        (label, percent(m[k]) if k in SHARES else own(c, m[k]) if k in IN_UNITS else number(m[k]))
        for k, label in scores.items()
        if k in m
    ]
    shown += [("test samples", number(m["samples"])), ("parameters", number(m["parameters"]))]
    if "seconds" in m:
        shown.append(("training time", f"{number(round(m['seconds'], 1))} s"))
    return html('<dl class="tiles">{}</dl>', joined(html("<div><dt>{}</dt><dd>{}</dd></div>", *one) for one in shown))


def findings(c: Contents) -> Html:
    """What the doctor says."""
    if c.findings is None:
        return Html("")
    if not c.findings:
        return section("doctor", "The doctor", paragraph("The doctor found nothing wrong with this run."))
    return section("doctor", "The doctor", *(_finding(found) for found in c.findings))


def _finding(found: Mapping[str, Any]) -> Html:
    known = found["confidence"]
    tested = "not tested on runs like this" if known is None else f"true in {100 * known:.0f}{SPACE}% of tests"
    if found.get("kind") == "remark":
        tested = "a remark: this training works all the same"
    where = html(" · {}", found["where"]) if found.get("where") else ""
    change = found.get("change") or {}
    told = "\n".join(f"{key} = {_as_toml(value)}" for key, value in change.items())
    return html(
        '<article class="finding">\n<h3>{}</h3>\n<p class="kind">{}{} · rule {}</p>\n{}\n{}\n{}\n{}\n{}\n</article>',
        found["title"], tested, where, found["rule"], paragraph(found["evidence"]), paragraph(found["meaning"]),
        paragraph(html("<b>{}</b> ", "What to do:"), found["remedy"]), code(told) if told else "",
        html('<p class="source">Source: {}</p>', found["source"]) if found.get("source") else "",
    )  # fmt: skip


def _as_toml(value: Any) -> str:
    """A value as a spec has it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_as_toml(inner)}" for key, inner in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_as_toml, value)) + "]"
    return f'"{value}"' if isinstance(value, str) else f"{value}"


def judged(c: Contents) -> Html:
    """How good it is, on data it has not seen."""
    if c.written:
        told = "What it writes, character by character, each drawn by what stands before it (temperature 0.8):"
        return section("test", "How good it is", paragraph(told), code(c.written))
    told = f"All of this is about {count(c.metrics['samples'], 'sample')} that it was not trained on."
    drawn = pictures.on_the_data(c)
    matrix = [pictures.confusion(c)] if "confusion_matrix" in c.metrics else []
    parts = [side_by_side([*matrix, _per_class(c)], "halves")] if c.classes else []
    parts += [_per_label(c)] if "per_label" in c.metrics else [_per_column(c)] if len(c.targets) > 1 else []
    parts += [_beside_the_plainest(c)] if c.ahead else []
    if drawn:
        parts.append(side_by_side(drawn))
    return section("test", "How good it is", paragraph(told), *parts)


def _per_class(c: Contents) -> Html:
    rows = list(c.metrics["per_class"])
    caption = "Each class"
    if len(rows) > MOST_CLASSES:
        rows = sorted(rows, key=lambda row: float(row["f1"]))[:MOST_CLASSES]
        caption = f"The {MOST_CLASSES} classes of the lowest F₁, of {c.classes}; all are in metrics.json"
    return _scores(caption, "class", rows)


def _per_label(c: Contents) -> Html:
    rows = list(c.metrics["per_label"])
    rest = f", the first {MOST_CLASSES} of {len(rows)}; all are in metrics.json" if len(rows) > MOST_CLASSES else ""
    return _scores(f"Each label{rest}", "label", rows[:MOST_CLASSES])


def _per_column(c: Contents) -> Html:
    """The errors of each of several columns, which may have units of their own."""
    off = c.y.astype(np.float64) - c.outputs
    errors = [np.sqrt((off**2).mean(axis=0)), np.abs(off).mean(axis=0), c.y.std(axis=0, dtype=np.float64)]
    rows = [[name, *(own(c, float(error[i])) for error in errors)] for i, name in enumerate(c.targets)]
    head = ["column", "root mean squared error", "mean absolute error", "its standard deviation"]
    return table("Each column, in its own units", head, rows)


def _scores(caption: str, what: str, rows: Sequence[Mapping[str, Any]]) -> Html:
    shown = [
        [
            row[what],
            *(share_bar(row[k], f"{row[k]:.4f}") for k in ("precision", "recall", "f1")),
            number(row["support"]),
        ]
        for row in rows
    ]
    return table(caption, [what, "precision", "recall", "F₁", "samples"], shown)


def _beside_the_plainest(c: Contents) -> Html:
    """The errors of forecasts, in the column's own units, beside those of the last value and of the mean."""
    network, last = ([own(c, c.metrics[f"{of}{name}"]) for name in IN_UNITS] for of in ("", "last_value_"))
    rows = [["the network", *network], ["the last value goes on", *last], ["the mean", own(c, c.baseline), "·"]]
    head = ["forecast", *(SCORES[name] for name in IN_UNITS)]
    return table(f"Errors in the units of {c.targets[0]}", head, rows)


def worst(c: Contents) -> Html | None:
    """Where it was surest of what is not so, or farthest off."""
    if c.written:
        return None
    name, head = "mistakes", "Worst mistakes"
    if not c.classes:
        told = f"The test samples whose predictions are farthest off.{_counted(c)}"
        return section(name, head, paragraph(told), _farthest(c))
    found, names = mistakes(c.y, c.outputs, MOST_MISTAKES), c.names or range(c.classes)
    if not found:
        return section(name, head, paragraph("None: every test sample was given its own class."))
    total = c.metrics["samples"] - round(c.metrics["accuracy"] * c.metrics["samples"])
    seen = c.windows or is_picture(c.x.shape[1:])
    most = len(found) if seen else min(len(found), MOST_ROWS)
    told = f"Of {total:,} mistakes the {most} worst" if most < total else count(total, "mistake")
    told += ": the less likely the network thought the true class, the further up." if total > 1 else "."
    told += _counted(c)
    if seen:
        shown = pictures.mistake_pictures(c.x, found, names, c.windows)
        return section(name, head, paragraph(told), side_by_side(shown, "samples"))
    rows = [
        [_place(c, m.row), names[m.true], names[m.predicted], percent(m.probability), percent(m.of_true),
         *_inputs(c, m.row)]
        for m in found[:most]
    ]  # fmt: skip
    columns = [_where(c), "true", "predicted", "its probability", "of the true class", *_input_names(c)]
    return section(name, head, paragraph(told), table("Worst mistakes", columns, rows))


def _farthest(c: Contents) -> Html:
    true, given = c.y.reshape(len(c.y), -1).astype(np.float64), c.outputs.reshape(len(c.y), -1).astype(np.float64)
    several = len(c.targets) > 1
    units = np.where(true.std(axis=0) > 0, true.std(axis=0), 1) if several else 1  # of columns that may have their own
    off = np.abs(true - given)
    apart = off / units
    rows = []
    for i in np.argsort(-apart.max(axis=1), kind="stable")[:MOST_ROWS]:
        j = int(apart[i].argmax())
        rows.append(
            [_place(c, int(i)), *([c.targets[j]] if several else []), own(c, float(true[i, j])),
             own(c, float(given[i, j])), own(c, float(off[i, j])), *_inputs(c, int(i))]
        )  # fmt: skip
    head = [_where(c), *(["of"] if several else []), "true", "predicted", "off by", *_input_names(c)]
    return table("Largest errors", head, rows)


def _place(c: Contents, row: int) -> Any:
    return c.places[row] if c.places else row


def _where(c: Contents) -> str:
    return "in the file" if c.places else "row"


def _counted(c: Contents) -> str:
    """How rows count, where they are told by their numbers."""
    if not c.places:
        return " Rows count from 0 in the test data."
    what = ", and each is the last of its window" if c.ahead else ""
    return f" Rows count from 0{what}." if any(place.startswith("row") for place in c.places) else ""


def _inputs(c: Contents, row: int) -> list[str]:
    if c.cells is not None:
        return [*c.cells(row)[:COLUMNS], *(["…"] if len(c.columns) > COLUMNS else [])]
    values = np.asarray(c.x[row]).ravel()
    return [number(float(v)) for v in values[:COLUMNS]] + (["…"] if len(values) > COLUMNS else [])


def _input_names(c: Contents) -> list[str]:
    if c.cells is not None:
        return [*c.columns[:COLUMNS], *(["…"] if len(c.columns) > COLUMNS else [])]
    I = int(np.prod(c.x.shape[1:]))
    return [f"x{j}" for j in range(min(I, COLUMNS))] + (["…"] if I > COLUMNS else [])


def learned(c: Contents) -> Html:
    """How loss and metrics went."""
    return section("learning", "How it learned", side_by_side(pictures.learning(c)))


def inside(c: Contents) -> Html:
    """The layers, and what the first of them looks for."""
    rows = [[row.name, row.kind, row.output, row.activation or "·", number(row.parameters)] for row in c.layers]
    layers = table("Layers", ["layer", "kind", "output", "activation", "parameters"], rows, words=4)
    weights = pictures.first_weights(c)
    return section("network", "What is inside", side_by_side([layers, *([weights] if weights else [])], "halves"))


def flowed(c: Contents) -> Html:
    """How activations and gradients went."""
    name, head = "flow", "Activations and gradients"
    if not c.looks:
        return section(name, head, paragraph("Nothing to show: this run recorded no probes."))
    told = f"From {len(c.looks):,} looks into the network while it learned"
    drawn = len(pictures.thinned(c.looks))
    told += "." if drawn == len(c.looks) else f", of which {drawn:,} are drawn."
    outputs = side_by_side(pictures.activations(c), "halves")
    return section(name, head, paragraph(told), side_by_side(pictures.flow(c)), outputs)


def repeated(c: Contents) -> Html:
    """What it takes to get the same numbers again."""
    told = f"The spec holds all that determines the run; its seed is {c.metrics.get('seed', 'not told')}. "
    told += "The same spec, data and machine give the same bits."
    versions = table("Versions that this report was made with", ["what", "version"], c.versions.items(), words=2)
    halves = side_by_side([code(c.spec), versions], "halves")
    return section("again", "How to repeat it", paragraph(told), code(f"$ {c.command}"), halves)


ALL = (findings, learned, judged, worst, searched, inside, flowed, repeated)
