"""An op as a formula: y = multiply(x, 2.0) and dx = dy·2.0, what is no tensor standing there as it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from .constants import short

PIECES = re.compile(r", (?=d\S+ = )")  # between the formula of one gradient and the next


def _shown(places: int, held: Mapping[int, Any]) -> list[str]:
    """Each operand: x, or x1, x2, ..., and what is held."""
    flowing = places - len(held)
    letters = iter(["x"] if flowing == 1 else [f"x{i}" for i in range(1, flowing + 1)])
    return [short(held[i]) if i in held else next(letters) for i in range(places)]


def forward(operation: Any, places: int, held: Mapping[int, Any], options: Mapping[str, Any]) -> str:
    """y = multiply(x1, 2.0)."""
    arguments = [*_shown(places, held), *(f"{key}={value}" for key, value in options.items())]
    return f"y = {operation.name}({', '.join(arguments)})"


def back(operation: Any, places: int, held: Mapping[int, Any]) -> str:
    """dx1 = dy·2.0: the operation's own formula, without the gradients of what is held."""
    if operation.backward is None:
        return "no gradient flows"
    shown = [f"({one})" if " " in one or one.startswith("-") else one for one in _shown(places, held)]
    if not operation.operands:
        return str(operation.formula_back.replace("ᵢ", "" if "x" in shown else "ᵢ"))
    names = dict(zip(operation.signature.parameters, shown, strict=False))
    gone = {f"d{name}" for i, name in enumerate(names) if i in held}
    pieces = [one for one in PIECES.split(operation.formula_back) if one.partition(" ")[0] not in gone]
    letter = re.compile(rf"(?<!\w)(d?)({'|'.join(names)})(?!\w)", re.ASCII)  # ² and ᵀ end a name
    return letter.sub(lambda found: found[1] + names[found[2]], ", ".join(pieces))
