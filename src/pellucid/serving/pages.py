"""Two pages for people: the models there are, and a form that asks one of them. Nothing is fetched from elsewhere."""

from __future__ import annotations

import json
from html import escape
from typing import Any

from ..tables.cells import decimal_of, with_decimal
from .describing import row_of
from .served import Field, Served
from .shelf import Shelf

STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin-top: 2rem; }
pre { overflow-x: auto; padding: .75rem; border: 1px solid #8886; border-radius: .4rem; font-size: .85rem; }
label { display: grid; grid-template-columns: minmax(6rem, 12rem) minmax(0, 1fr); }
label { gap: .75rem; margin: .4rem 0; align-items: center; }
input, select, textarea, button { font: inherit; padding: .3rem .5rem; }
input, select, textarea { width: 100%; box-sizing: border-box; }
textarea { font-family: ui-monospace, monospace; font-size: .85rem; }
table { border-collapse: collapse; margin-top: 1rem; } td { padding: .2rem .75rem .2rem 0; }
td:last-child { white-space: nowrap; } meter { width: min(14rem, 40vw); } .error { color: #c33; }
"""

SCRIPT = """"use strict";
const form = document.querySelector("form");
const answer = document.querySelector("#answer");

function row() {
  const free = form.querySelector("textarea[name='row']");
  if (free) return JSON.parse(free.value);
  const made = {};
  for (const field of form.querySelectorAll("[data-column]")) {
    made[field.dataset.column] = field.value.trim() || null;  // a number as its column is written
  }
  return made;
}

function line(table, cells) {
  const tr = table.insertRow();
  for (const cell of cells) {
    if (cell instanceof Node) tr.insertCell().append(cell);
    else tr.insertCell().textContent = cell;
  }
}

function told(value) {
  const text = JSON.stringify(value);
  return typeof value === "number" && form.dataset.decimal === "," ? text.replace(".", ",") : text;
}

function show(prediction) {
  const table = document.createElement("table");
  if (prediction !== null && typeof prediction === "object" && "probabilities" in prediction) {
    line(table, [form.dataset.target, String(prediction.label)]);
    const sorted = Object.entries(prediction.probabilities).sort((a, b) => b[1] - a[1]);
    for (const [name, p] of sorted.slice(0, 20)) {
      const bar = document.createElement("meter");
      bar.value = p;
      line(table, [name, bar, (100 * p).toFixed(1) + " %"]);
    }
  } else if (prediction !== null && typeof prediction === "object" && !Array.isArray(prediction)) {
    for (const [name, value] of Object.entries(prediction)) line(table, [name, told(value)]);
  } else {
    line(table, [form.dataset.target, told(prediction)]);
  }
  answer.replaceChildren(table);
}

function complain(text) {
  const said = document.createElement("p");
  said.className = "error";
  said.textContent = text;
  answer.replaceChildren(said);
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  try {
    const response = await fetch(form.dataset.address, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify([row()]),
    });
    const found = await response.json();
    if (response.ok) show(found.predictions[0]);
    else complain(found.error);
  } catch (problem) {
    complain(String(problem));
  }
});
"""


def index(shelf: Shelf, base: str) -> str:
    """The page about the models; `base`: the address by which the reader came."""
    parts = [
        f"<p>Served by Pellucid. {_link('/openapi.json')} describes every address, {_link('/metrics')} counts.</p>"
    ]
    for served in shelf.latest():
        name, row = escape(served.name), json.dumps([row_of(served)], ensure_ascii=False)
        row = row if len(row) < 1500 else "[...]"
        quoted = row.replace("'", "'\\''")
        command = f"curl {base}predict/{served.name} -H 'Content-Type: application/json' -d '{quoted}'"
        versions = ", ".join(shelf.versions(served.name))
        parts.append(
            f'<h2>{name}</h2><p><a href="/form/{name}">Ask it</a>. Versions: {versions}. Out: '
            f"{escape(', '.join(field.name for field in served.outputs))}.</p><pre>{escape(command)}</pre>"
        )
    return _page("Models", "".join(parts))


def form(served: Served) -> str:
    """The page with a field for each column of a model, or one for a row as JSON."""
    example = row_of(served)
    table, address = served.trained.table, f"/predict/{escape(served.name)}/versions/{served.version}"
    if table is not None:
        columns = zip(served.inputs, table.encoder.columns, strict=True)
        fields = "".join(
            _field(field, example[field.name], decimal_of([getattr(column, "form", "")])) for field, column in columns
        )
    else:
        fields = f'<textarea name="row" rows="12" spellcheck="false">{escape(json.dumps(example))}</textarea>'
    target, decimal = ("Prediction", ".") if table is None else (", ".join(table.targets.names), table.decimal)
    body = (
        f'<p><a href="/">All models</a></p><form data-address="{address}" data-target="{escape(target)}" '
        f'data-decimal="{decimal}">{fields}'
        "<p><button>Predict</button></p></form>"
        '<div id="answer" role="status"></div><script src="/form.js"></script>'
    )
    return _page(served.name, body)


def _field(field: Field, example: Any, decimal: str) -> str:
    about = f'data-column="{escape(field.name)}"'
    whole = isinstance(example, float) and example.is_integer()
    value = "" if example is None else with_decimal(str(int(example) if whole else example), decimal)
    choices = ("True", "False") if field.kind == "boolean" else field.choices
    if field.kind == "boolean" or 0 < len(choices) <= 64:
        options = "".join(f"<option{' selected' if one == value else ''}>{escape(one)}</option>" for one in choices)
        entry = f'<select {about}><option value="">(missing)</option>{options}</select>'
    else:
        entry = f'<input {about} value="{escape(value)}" autocomplete="off">'
    return f"<label><span>{escape(field.name)}</span>{entry}</label>"


def _link(path: str) -> str:
    return f'<a href="{path}">{path}</a>'


def _page(title: str, body: str) -> str:
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width"><title>{escape(title)}</title><style>{STYLE}</style></head>'
        f"<body><h1>{escape(title)}</h1>{body}</body></html>"
    )
