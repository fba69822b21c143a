"""A network as bytes and back: those of its `.keras` file, in which nothing can be executed."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..data.labels import name_classes
from ..losses.base import CustomLoss
from ..models.saving import load_model
from ..registry import Part
from ..tables import TableEncoder, Targets, attach


def as_bytes(model: Any) -> bytes:
    """The `.keras` file of a model."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        model.save(path)
        return path.read_bytes()


def from_bytes(content: bytes, own_parts: Mapping[str, Any]) -> Any:
    """The model of such bytes; own_parts: the classes that are not the library's, by name."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.keras"
        path.write_bytes(content)
        return load_model(path, custom_objects=own_parts)


def own_parts(thing: Any, met: set[int] | None = None) -> dict[str, Any]:
    """The user's own classes among the parts of a model, and losses made of functions, by the names files know."""
    met = set() if met is None else met
    if isinstance(thing, Mapping | list | tuple):
        inner = list(thing.values() if isinstance(thing, Mapping) else thing)
        return {name: part for one in inner for name, part in own_parts(one, met).items()}
    if not isinstance(thing, Part) or id(thing) in met:
        return {}
    met.add(id(thing))
    found = own_parts(vars(thing), met)
    if isinstance(thing, CustomLoss):
        found[thing.name] = thing
    elif type(thing).__module__.partition(".")[0] != __name__.partition(".")[0]:
        found[type(thing).__name__] = type(thing)
    return found


def keep_meaning(model: Any, encoder: TableEncoder | None, found: Targets) -> None:
    """Have a network keep what its inputs and outputs mean, for whoever opens its file."""
    if encoder is not None:
        attach(model, encoder, found)
    elif found.classes:
        name_classes(model, tuple(found.classes))


def without_model(callback: Any) -> Any:
    """A copy of a callback that no longer knows what it was called for."""
    twin = object.__new__(type(callback))
    twin.__dict__.update({name: value for name, value in vars(callback).items() if name != "model"})
    return twin
