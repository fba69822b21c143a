"""What an installation takes: the bytes of every package that pip brings, from the RECORD files of those installed."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from typing import Any

from .libraries import LIBRARIES
from .processes import ROOT, Failed

NAMES = ("pellucid", "torch", "jax", "keras_tf", "keras_jax", "sklearn", "onnxruntime")
Wanted = set[tuple[str, str]]  # (name, extra or "")


def plain_name(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def recorded(found: Distribution) -> int:
    """Bytes of a distribution's files as its RECORD has them; without compiled bytecode, whose size is not recorded."""
    return sum(file.size or 0 for file in found.files or ())


def own_size() -> tuple[int, list[str]]:
    """Pellucid itself, as its source: it may be installed in place. And what it requires."""
    source = ROOT / "src" / "pellucid"
    size = sum(p.stat().st_size for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return size, tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]


def required(lines: Iterable[str], extras: Iterable[str] = ("",)) -> Wanted:
    """What requirement lines ask for on this machine, the given extras included."""
    from packaging.requirements import Requirement

    wanted: Wanted = set()
    for requirement in map(Requirement, lines):
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": e}) for e in extras):
            wanted |= {(plain_name(requirement.name), extra) for extra in ("", *requirement.extras)}
    return wanted


def closure(packages: Iterable[str]) -> dict[str, int]:
    """{package: bytes} of packages and all that they require."""
    sizes: dict[str, int] = {}
    seen: Wanted = set()
    waiting = required(packages)
    while waiting:
        seen |= waiting
        following: Wanted = set()
        for name, extra in waiting:
            if name == "pellucid":
                sizes[name], lines = own_size()
            else:
                try:
                    found = distribution(name)
                except PackageNotFoundError:
                    raise Failed(f"{name} is not installed") from None
                sizes[name], lines = recorded(found), found.requires or []
            following |= required(lines, (extra,))
        waiting = following - seen
    return sizes


def measured(libraries: list[str]) -> dict[str, Any]:
    """{library: {"bytes": all together, "packages": how many} or {"not_measured": why}}"""
    found: dict[str, Any] = {}
    for name in (name for name in NAMES if name in libraries):
        try:
            sizes = closure(LIBRARIES[name].packages)
            found[name] = {"bytes": sum(sizes.values()), "packages": len(sizes)}
        except (Failed, ImportError) as problem:
            found[name] = {"not_measured": str(problem)}
    return found
