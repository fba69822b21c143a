"""What the page asks of a search: which fields may vary and how far, what counts as better, how long."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..actions.prepared import Prepared
from ..actions.spaces import usual_space
from ..actions.spec import TrainSpec
from ..actions.tune import TuneSpec
from ..errors import InvalidArgument, UnknownName
from ..tuning.tune import budget_of
from . import search_metrics
from .spec_schema import NETWORK, fields

SECONDS = (60, 300, 1800)  # offered as times to search


def form(spec: TrainSpec, data: Prepared) -> dict[str, Any]:
    """What is asked. Blocks that somebody has set up stay as they are, unless one wants it otherwise."""
    plain = [isinstance(block, int) for block in spec.layers]
    needing = [name for name in NETWORK if name != "layers" and not any(plain)]
    return {
        "vary": [
            {
                "name": name, "words": in_words(values), "space": values,
                "on": all(plain) or name not in ("layers", *needing), "needs": "layers" if name in needing else None,
            }
            for name, values in space_for(spec, data).items()
        ],
        "replaces": not all(plain),
        "metrics": search_metrics.offered(data),
    }  # fmt: skip


def offered() -> dict[str, Any]:
    """What any search is asked: how long, and how it searches."""
    how = [one for one in fields({}, TuneSpec) if one["name"] != "metric"]
    return {"seconds": SECONDS, "trials": budget_of(None, None).trials, "how": how}


def space_for(spec: TrainSpec, data: Prepared) -> dict[str, Any]:
    """All that may vary, whatever the spec says of it now."""
    return usual_space(TrainSpec.of({"data": spec.data, "network": spec.network}), data)


def asked(spec: TrainSpec, data: Prepared, told: Mapping[str, Any]) -> dict[str, Any]:
    """The table of the search that the page asks for, as search.toml holds it. A design that holds no rows back, as the
    best of an earlier search does, is searched with the usual share."""
    space = space_for(spec, data)
    vary = told.get("vary")
    if not isinstance(vary, list) or not vary or not all(isinstance(name, str) for name in vary):
        raise InvalidArgument("tune, vary", "a list of at least one setting that may vary", vary)
    for name in vary:
        if name not in space:
            raise UnknownName("tune, vary", name, list(space))
    ranges = told.get("space") or {}
    if not isinstance(ranges, Mapping):
        raise InvalidArgument("tune, space", "ranges by name", ranges)
    space = {name: within(name, ranges[name], values) if name in ranges else values for name, values in space.items()}
    how = {name: value for name, value in told.items() if name in TuneSpec.model_fields}
    kept = {name: value for name, value in spec.model_dump(exclude_unset=True).items() if name not in vary}
    if not spec.validation_split:
        del kept["validation_split"]
    return {**kept, **how, "space": {name: values for name, values in space.items() if name in vary}}


def within(name: str, asked: Any, offered: Any) -> Any:
    """A range or a choice that somebody has narrowed or widened, in the form in which it was offered.

    >>> within("dropout", {"low": 0.1, "high": 0.3}, {"low": 0.0, "high": 0.5})
    {'low': 0.1, 'high': 0.3}
    """
    where = f"tune, space, {name}"
    if not isinstance(offered, Mapping):
        if not isinstance(asked, list) or not asked or not all(one in offered for one in asked):
            raise InvalidArgument(where, f"some of {in_words(offered)}", asked)
        return [one for one in offered if one in asked]
    if not isinstance(asked, Mapping) or not asked.keys() <= offered.keys():
        raise InvalidArgument(where, f"a table of {', '.join(offered)}", asked)
    if "low" not in offered:
        return {key: within(f"{name}, {key}", asked.get(key, values), values) for key, values in offered.items()}
    kind, told = type(offered["low"]), {**offered, **asked, **{key: offered[key] for key in offered if key == "log"}}
    for key in ("low", "high"):
        whole = isinstance(told[key], int) and not isinstance(told[key], bool)
        if not whole and (kind is int or not isinstance(told[key], float)):
            raise InvalidArgument(f"{where}, {key}", "a whole number" if kind is int else "a number", told[key])
        told[key] = kind(told[key])
    return told


def in_words(values: Any) -> str:
    """A piece of a space, as one says it.

    >>> in_words({"low": 1e-4, "high": 3e-2, "log": True}), in_words([False, True]), in_words(["relu", "gelu", "tanh"])
    ('0.0001 to 0.03', 'with and without', 'relu, gelu or tanh')
    >>> in_words({"number": {"low": 1, "high": 3}, "units": {"low": 16, "high": 1024}, "shrink": [1.0, 0.5]})
    '1 to 3, of 16 to 1,024 neurons'
    """
    if isinstance(values, Mapping) and "units" in values:
        return f"{in_words(values['number'])}, of {in_words(values['units'])} neurons"
    if isinstance(values, Mapping):
        return f"{_number(values['low'])} to {_number(values['high'])}"
    if set(values) == {False, True}:
        return "with and without"
    *first, last = (one if isinstance(one, str) else _number(one) for one in values)
    return f"{', '.join(first)} or {last}" if first else str(last)


def _number(value: float) -> str:
    return f"{value:,}" if isinstance(value, int) else f"{value:.7f}".rstrip("0").rstrip(".")
