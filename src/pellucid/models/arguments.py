"""Arguments that several methods of a model take, checked, and the form of what they return."""

from __future__ import annotations

import sys
from typing import Any

from .. import checks
from ..settings import is_interactive_logging_enabled
from ..training.callbacks.notebook import in_notebook


def frequency(value: Any) -> int | list[int]:
    """validation_freq: every so many epochs, or after the epochs of these numbers."""
    if isinstance(value, list | tuple | set | range) and value:
        return [checks.integer("fit, argument validation_freq", v, minimum=1) for v in value]
    return checks.integer("fit, argument validation_freq", value, minimum=1)


def verbosity(verbose: Any) -> int:
    """0, 1 or 2; "auto" is 1 on a terminal and in a notebook, and 0 elsewhere."""
    if verbose == "auto":
        watched = sys.stdout is not None and (sys.stdout.isatty() or in_notebook())
        return int(watched and is_interactive_logging_enabled())
    return int(checks.one_of("argument verbose", int(verbose) if isinstance(verbose, bool) else verbose, (0, 1, 2)))


def answer(results: dict[str, Any], return_dict: bool) -> Any:
    """Results as a mapping, as a list, or as the one number they are."""
    if return_dict:
        return results
    values = list(results.values())
    return values[0] if len(values) == 1 else values
