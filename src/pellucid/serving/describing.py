"""`/openapi.json`: every address, each model's with its own columns and a row that it takes.

Source: https://spec.openapis.org/oas/v3.1.0.
"""

from __future__ import annotations

from typing import Any

from ..__about__ import version
from ..web.jsons import parsed, written
from .infer import metadata
from .rows import CSV, JSON, KEY, predicted
from .served import LABEL, PROBABILITIES, Field, Served
from .shelf import Shelf
from .tensors import DATATYPES

ERROR = {"$ref": "#/components/schemas/Error"}
TYPES: dict[str, Any] = {
    "number": {"type": ["number", "string", "null"]},
    "boolean": {"type": ["boolean", "string", "number", "null"]},
    "category": {"type": ["string", "number", "boolean", "null"]},
    "date": {"type": ["string", "null"]},
    "text": {"type": ["string", "number", "null"]},
}
REFUSALS = {
    "400": "It cannot be read.",
    "401": "A key is asked for.",
    "404": "There is no such model.",
    "405": "Another method is wanted.",
    "408": "Its body did not come in time.",
    "413": "It is too large.",
    "415": "Its content type is another one.",
    "421": "It is meant for another server.",
    "422": "It does not fit the model.",
    "503": "The server has enough to do.",
}


def openapi(shelf: Shelf) -> dict[str, Any]:
    """The description of what this server answers to."""
    paths: dict[str, Any] = {"/predict": {"post": _predict(shelf.get(), f"as /predict/{shelf.first}")}}
    for served in shelf.latest():
        paths[f"/predict/{served.name}"] = {"post": _predict(served, f"{served.name}, its latest version")}
        paths |= _protocol(served, shelf.versions(served.name))
    for path, about in [
        ("/v2", "the server"), ("/v2/health/live", "whether it lives"), ("/v2/health/ready", "whether it predicts")
    ]:  # fmt: skip
        paths[path] = {"get": _get(about)}
    paths["/metrics"] = {"get": _get("what was counted, for Prometheus", "text/plain")}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Models served by Pellucid", "version": version},
        "paths": paths,
        "components": {"schemas": {"Error": _object({"error": {"type": "string"}})}},
    }


def example(served: Served) -> tuple[Any, Any]:
    """(a request, its answer)."""
    asked = {KEY: [row_of(served)]}
    return asked, parsed(predicted(served, written(asked), JSON, "", 1)[0])


def row_of(served: Served) -> Any:
    """A row as `/predict` takes it."""
    sample = served.trained.example
    if served.trained.table is not None:
        return sample
    names = [field.name for field in served.inputs]
    return sample[0] if len(names) == 1 else dict(zip(names, sample, strict=True))


def _predict(served: Served, about: str) -> dict[str, Any]:
    asked, answer = example(served)
    rows: dict[str, Any] = {"type": "array", "minItems": 1, "items": _row(served)}
    body: dict[str, Any] = {JSON: {"schema": {"anyOf": [_object({KEY: rows}), rows]}, "example": asked}}
    body[CSV] = {"schema": {"type": "string", "minLength": 1}}
    answered = _object({
        "model": {"type": "string"}, "version": {"type": "string"},
        "predictions": {"type": "array", "items": _prediction(served)},
    })  # fmt: skip
    content = {JSON: {"schema": answered, "example": answer}, CSV: {"schema": {"type": "string"}}}
    return {
        "summary": f"Predict: {about}",
        "requestBody": {"required": True, "content": body},
        "responses": {"200": {"description": "A prediction for each row.", "content": content}, **_refusals()},
    }


def _row(served: Served) -> dict[str, Any]:
    fields = served.inputs
    if served.trained.table is not None:
        named = {field.name: TYPES[field.kind] for field in fields}
        return {**_object(named), "additionalProperties": True}
    if len(fields) == 1:
        return _array(fields[0].shape)
    return {**_object({field.name: _array(field.shape) for field in fields}), "additionalProperties": True}


def _array(shape: tuple[int | None, ...]) -> dict[str, Any]:
    made: dict[str, Any] = {"type": ["number", "boolean"]}
    for n in reversed(shape):
        made = {"type": "array", "items": made} | ({} if n is None else {"minItems": n, "maxItems": n})
    return made


def _prediction(served: Served) -> dict[str, Any]:
    if served.trained.classes:
        names = {str(name): {"type": "number"} for name in served.trained.classes}
        return _object({LABEL: {"type": ["string", "integer", "boolean"]}, PROBABILITIES: _object(names)})
    outputs = served.outputs
    if len(outputs) > 1:
        return _object({field.name: _array(field.shape) for field in outputs})
    return {"type": "number"} if outputs[0].shape in ((), (1,)) else _array(outputs[0].shape)


def _protocol(served: Served, versions: list[str]) -> dict[str, Any]:
    paths: dict[str, Any] = {}
    asked = {"inputs": [_tensor(served, field) for field in served.inputs]}
    tensors, n = [_asked(field) for field in served.inputs], len(served.inputs)
    schema = _object({"inputs": {"type": "array", "items": {"anyOf": tensors}, "minItems": n, "maxItems": n}})
    for path in [f"/v2/models/{served.name}", *(f"/v2/models/{served.name}/versions/{n}" for n in versions)]:
        paths[path] = {"get": _get(f"the inputs and outputs of {served.name}", example=metadata(served, versions))}
        paths[f"{path}/ready"] = {"get": _get(f"whether {served.name} predicts")}
        paths[f"{path}/infer"] = {
            "post": {
                "summary": f"Open Inference Protocol: {served.name}",
                "requestBody": {"required": True, "content": {JSON: {"schema": schema, "example": asked}}},
                "responses": {
                    "200": {"description": "The outputs.", "content": {JSON: {"schema": {"type": "object"}}}},
                    **_refusals(),
                },
            }
        }
    return paths


def _asked(field: Field) -> dict[str, Any]:
    """What a tensor for this input looks like."""
    sizes = [{"type": "integer", "minimum": 1} if n is None else {"const": n} for n in (None, *field.shape)]
    return _object({
        "name": {"const": field.name},
        "shape": {"type": "array", "prefixItems": sizes, "minItems": len(sizes), "maxItems": len(sizes)},
        "datatype": {"enum": [*DATATYPES]},
        "data": {"type": "array", "minItems": 1},
    })  # fmt: skip


def _tensor(served: Served, field: Field) -> dict[str, Any]:
    sample = served.trained.example
    table = served.trained.table is not None
    value = sample[field.name] if table else sample[[one.name for one in served.inputs].index(field.name)]
    if field.datatype == "BYTES" and value is not None:
        value = str(value)
    shape = [1, *(n or 1 for n in field.shape)]
    return {"name": field.name, "shape": shape, "datatype": field.datatype, "data": [value]}


def _get(summary: str, kind: str = JSON, example: Any = None) -> dict[str, Any]:
    content: dict[str, Any] = {kind: {"schema": {"type": "object" if kind == JSON else "string"}}}
    if example is not None:
        content[kind]["example"] = example
    return {
        "summary": summary[:1].upper() + summary[1:],
        "responses": {"200": {"description": "Told.", "content": content}, **_refusals()},
    }


def _refusals() -> dict[str, Any]:
    content = {JSON: {"schema": ERROR}}
    return {status: {"description": what, "content": content} for status, what in REFUSALS.items()}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": [*properties]}
