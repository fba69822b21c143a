"""Which parts of a saved model are its author's own, and what to write so that they are known when it is loaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ..errors import InvalidArgument, Told, UnknownName, WrongType
from ..metrics.resolve import settled
from ..registry import get_custom_objects


def check_known(config: Any, where: str, call: str, *, compiled: bool = True) -> None:
    """UnknownName for all of a saved model's own parts that are neither registered nor given, in one sentence.

    call: what to write to pass them, up to its closing bracket: "load_model('m.keras'". compiled: whether the loss,
    the metrics and the optimizer are wanted too.
    """
    if isinstance(config, Mapping) and not compiled:
        config = {key: value for key, value in config.items() if key != "compile_config"}
    known = get_custom_objects()
    lacking = [name for name, registered in _own(config) if name not in known and registered not in known]
    if not lacking:
        return
    names = list(dict.fromkeys(lacking))
    problem = UnknownName(where, names[0], (), to_pass(names, call))
    problem.expected = "parts that the library has, or that are registered"
    problem.got = Told(", ".join(map(repr, names)))
    raise problem


def check_named(config: Any, where: str) -> None:
    """InvalidArgument for a function in a model's architecture that has no name by which whoever loads it could pass
    it: a lambda."""
    for name, _ in _own(config):
        if not name.isidentifier():
            raise InvalidArgument(
                where, "functions of one's own that have names", Told(name),
                "Write it with def, so that it can be passed as custom_objects when the model is loaded.",
            )  # fmt: skip


def told_how(problem: UnknownName, call: str) -> None:
    """Let the error of an unknown name tell how to load a model in which it is somebody's own."""
    if "custom_objects" in problem.fix and call not in problem.fix:
        problem.fix = problem.fix.split("If it is your own")[0] + to_pass([str(problem.got)], call)


def to_pass(names: list[str], call: str) -> str:
    """The sentence that tells how to load a model with parts of one's own.

    >>> to_pass(["Double", "my_metric"], "load_model('m.keras'")
    "If they are your own, import them and write: load_model('m.keras', custom_objects={'Double': Double, \
'my_metric': my_metric})."
    """
    it, them = ("it is", "it") if len(names) == 1 else ("they are", "them")
    objects = ", ".join(f"{name!r}: {name if name.isidentifier() else 'function'}" for name in names)
    return f"If {it} your own, import {them} and write: {call}, custom_objects={{{objects}}})."


def _own(config: Any) -> Iterator[tuple[str, str]]:
    """(name, name it was registered under) of everything that is not the library's or Keras's."""
    if isinstance(config, list):
        for part in config:
            yield from _own(part)
    if not isinstance(config, Mapping):
        return
    name, module = config.get("class_name"), config.get("module")
    if isinstance(name, str) and isinstance(module, str) and module.split(".")[0] not in ("keras", "builtins"):
        yield name, str(config.get("registered_name") or name)
    if name == "function" and isinstance(function := config.get("config"), str) and not _is_metric(function):
        yield function, str(config.get("registered_name") or function)
    for key, part in config.items():
        if key in ("metrics", "weighted_metrics") and isinstance(part, list):
            yield from ((word, word) for word in part if isinstance(word, str) and not _is_metric(word))
        yield from _own(part)


def _is_metric(word: str) -> bool:
    try:
        settled(word)
    except (UnknownName, WrongType):  # nothing of that name, or a registered part of another kind
        return False
    return True
