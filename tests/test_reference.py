"""Every public name is documented, and what the documentation says about names and numbers of them is true."""

from __future__ import annotations

import inspect
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import pellucid
from pellucid.actions.spec import TrainSpec
from pellucid.activations import activations
from pellucid.layers import layers
from pellucid.losses import losses
from pellucid.metrics import metrics
from pellucid.optimizers.base import optimizers
from pellucid.optimizers.schedules.base import schedules

ROOT = Path(__file__).parents[1]
PAGES = sorted((ROOT / "docs" / "reference").glob("*.md"))
DIRECTIVE = re.compile(r"^::: (\S+)\n((?:    .*\n?)*)", re.MULTILINE)
MEMBERS = re.compile(r"^ +members: \[(.*)\]", re.MULTILINE)

NAMESPACES: dict[str, ModuleType] = {
    **{f"pellucid.{n}": v for n, v in vars(pellucid).items() if n in pellucid.__all__ and inspect.ismodule(v)},
    "pellucid.optimizers.schedules": pellucid.optimizers.schedules,
}


def public_names(module: ModuleType) -> list[str]:
    """What `__all__` lists; of a single file without it, the classes and functions that it defines."""
    if hasattr(module, "__all__"):
        return list(module.__all__)
    return [
        name
        for name, value in vars(module).items()
        if not name.startswith("_")
        and (inspect.isclass(value) or inspect.isfunction(value))
        and value.__module__ == module.__name__
    ]


def described() -> Iterator[tuple[str, list[str] | None]]:
    """(namespace, the names it is restricted to or None) of every directive on the reference pages."""
    for page in PAGES:
        for namespace, options in DIRECTIVE.findall(page.read_text(encoding="utf-8")):
            chosen = MEMBERS.search(options)
            yield namespace, None if chosen is None else [name.strip() for name in chosen[1].split(",") if name]


def own_docstring(value: Any) -> str:
    """A docstring that is not inherited from the class of a value or of a base class."""
    text = value.__dict__.get("__doc__") if inspect.isclass(value) else getattr(value, "__doc__", None)
    return text or ""


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_public_name_has_a_docstring(namespace: str):
    module = NAMESPACES[namespace]
    assert own_docstring(module).strip()
    bare = [name for name in public_names(module) if not own_docstring(getattr(module, name)).strip()]
    assert not bare


def test_every_namespace_is_on_a_reference_page():
    assert set(NAMESPACES) - {namespace for namespace, _ in described()} == set()


@pytest.mark.parametrize("namespace", NAMESPACES)
def test_every_public_name_is_on_its_page(namespace: str):
    """A directive shows classes and functions, but neither other names for them nor what a file of that name hides."""
    page = next(page for page in PAGES if f"::: {namespace}\n" in page.read_text(encoding="utf-8"))
    text, module = page.read_text(encoding="utf-8"), NAMESPACES[namespace]
    chosen = {name for shown, names in described() if shown == namespace for name in names or ()}
    for name in getattr(module, "__all__", chosen):
        value = getattr(module, name)
        own = getattr(value, "__name__", None) == name and getattr(value, "__qualname__", name) == name
        hidden = getattr(value, "__module__", "").endswith(f".{name}")
        if hidden or not own or inspect.ismodule(value):
            assert re.search(rf"[`.]{name}\b", text), name


def test_every_directive_names_something():
    for namespace, names in described():
        module = pkgutil.resolve_name(namespace)
        assert all(hasattr(module, name) for name in names or ())


def test_a_page_that_chooses_its_names_leaves_out_no_class():
    chosen = {namespace: names for namespace, names in described() if names}
    assert chosen.keys() >= {"pellucid.errors", "pellucid.regularizers", "pellucid.constraints"}
    for namespace, names in chosen.items():
        module = NAMESPACES[namespace]
        classes = {name for name in public_names(module) if inspect.isclass(getattr(module, name))}
        aliases = {name for name in classes if getattr(module, name).__name__ != name}
        assert classes - aliases == set(names)


def test_every_reference_page_is_in_the_navigation():
    navigation = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    assert all(f"reference/{page.name}" in navigation for page in PAGES)


@pytest.mark.parametrize("key", TrainSpec.model_fields)
def test_every_key_of_a_spec_is_described(key: str):
    page = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    assert re.search(rf"^{key} = ", page, re.MULTILINE), "not in the example of a spec"
    assert key in ("data", "layers") or f"`--{key.replace('_', '-')}" in page


def test_the_readme_counts_right():
    text = " ".join((ROOT / "README.md").read_text(encoding="utf-8").split())
    counted = {
        "layers": len(layers.parts.keys() - {"Sequential", "Functional"}),  # which may be layers, but are models
        "activations": len({make().name for make in activations.names.values()}),
        "losses": len(losses.parts),
        "metrics": len(metrics.parts),
        "optimizers": len(optimizers.parts),
        "learning-rate schedules": len(schedules.parts),
        "functions of `keras.ops`": len(pellucid.ops.__all__),
    }
    assert {what: re.search(rf"(\d+) {what}", text)[1] for what in counted} == {w: str(n) for w, n in counted.items()}
