"""What this ran on: the processor, the memory, the versions of everything."""

from __future__ import annotations

import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from .processes import ROOT
from .rounds import cores

PACKAGES = ("numpy", "numba", "torch", "jax", "jaxlib", "keras", "tensorflow-cpu", "scikit-learn", "onnxruntime")


def processor() -> str:
    """The processor's own name."""
    told = Path("/proc/cpuinfo")
    if told.exists():
        found = re.search(r"^model name\s*: (.*)$", told.read_text(), re.MULTILINE)
        if found:
            return found[1].strip()
    return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Of Pellucid and of every peer that is installed."""
    own = re.search(r'^version = "(.*)"', (ROOT / "src/pellucid/__about__.py").read_text("utf-8"), re.MULTILINE)
    found = {"python": platform.python_version(), "pellucid": own[1] if own else "?"}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def described() -> dict[str, Any]:
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else 0
    system = f"{platform.system()} {platform.machine()}"
    return {
        "processor": processor(), "cores": cores(), "memory": memory, "system": system,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0, "versions": versions(),
    }  # fmt: skip
