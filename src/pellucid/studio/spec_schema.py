"""The fields of a spec, as the page asks for them."""

from __future__ import annotations

import typing
from collections.abc import Mapping, Sequence
from typing import Any, Literal

from annotated_types import Ge, Gt, Le, Lt

from ..actions.building import SCHEDULES
from ..actions.fields import Named
from ..actions.spec import TrainSpec
from ..actions.tune import TuneSpec

DATA = (
    "data", "target", "drop", "keep", "split_by", "split_time", "window", "stride", "group_by", "ahead",
    "task", "validation_split", "scale", "seed",
)  # fmt: skip
NETWORK = ("network", "layers", "activation", "batch_norm", "dropout", "l1", "l2")
SIMPLE = (
    "data", "target", "layers", "activation", "dropout", "loss", "optimizer", "learning_rate", "batch_size", "epochs",
)  # fmt: skip
FAMILY_OF = {"activation": "activations", "loss": "losses", "optimizer": "optimizers", "schedule": "schedules"}
BOUNDS = {Ge: ("minimum", "ge"), Gt: ("minimum", "gt"), Le: ("maximum", "le"), Lt: ("maximum", "lt")}


def fields(words: Mapping[str, Sequence[str]], of: type[TrainSpec | TuneSpec] = TrainSpec) -> list[dict[str, Any]]:
    """Every field. words: by family, what its parts are called."""
    return [_field(name, field, words) for name, field in of.model_fields.items()]


def _field(name: str, field: Any, words: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    told: dict[str, Any] = {
        "name": name, "description": field.description or "", "kind": _kind(name, field.annotation),
        "default": field.get_default(call_default_factory=True), "minimum": None, "maximum": None, "exclusive": False,
        "choices": None, "optional": type(None) in typing.get_args(field.annotation), "family": FAMILY_OF.get(name),
        "simple": name in SIMPLE,
        "group": "data" if name in DATA else "network" if name in NETWORK else "training",
    }  # fmt: skip
    if typing.get_origin(field.annotation) is Literal:
        told["choices"] = list(typing.get_args(field.annotation))
    elif name == "schedule":
        told["choices"] = ["auto", "constant", *SCHEDULES]
    elif name in FAMILY_OF:
        told["choices"] = [*(["auto"] if name == "loss" else []), *words[FAMILY_OF[name]]]
    for bound in field.metadata:
        for kind, (key, attribute) in BOUNDS.items():
            if isinstance(bound, kind):
                told[key] = getattr(bound, attribute)
                told["exclusive"] = told["exclusive"] or kind in (Gt, Lt)
    return told


def _kind(name: str, annotation: Any) -> str:
    if name == "layers":
        return "layers"
    if annotation == Named:
        return "named"
    kinds = [one for one in (typing.get_args(annotation) or (annotation,)) if one is not type(None)]
    if typing.get_origin(annotation) is list:
        return "list"
    return "str" if typing.get_origin(annotation) is Literal else kinds[0].__name__
