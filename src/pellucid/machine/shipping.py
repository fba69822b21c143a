"""Machine code for a wheel to bring along: every kernel, for each family of processors.

Run as a program, python -m pellucid.machine.shipping FOLDER, it leaves there what belongs into `machine/code/` of the
wheel. What is there already, of the same source and compiler, is not compiled again.
"""

from __future__ import annotations

import json
import platform
import shutil
import sys
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from ..files import write_text_whole
from . import host, kept
from .library import compile_apart

MADE_WITH = "made_with.json"


def make(folder: Path, names: Iterable[str] = (), families: Iterable[str] = tuple(host.FAMILIES)) -> None:
    """Compile these kernels, all unless told, for each of these families, whichever this machine is of."""
    made_with = json.dumps({"source": kept.sources(), **{name: version(name) for name in ("llvmlite", "numba")}})
    if not (folder / MADE_WITH).exists() or (folder / MADE_WITH).read_text("utf-8") != made_with:
        shutil.rmtree(folder, ignore_errors=True)
        write_text_whole(folder / MADE_WITH, made_with)
    wanted = list(names) or every()
    for family in families:
        into = folder / kept.sources() / family
        missing = [name for name in wanted if kept.read(into, name) is None]
        compile_apart(missing, into, lambda _: None, family)
        failed = [name for name in missing if kept.read(into, name) is None]
        if failed:
            raise SystemExit(f"compiling for {family}: {', '.join(failed)} cannot be compiled")
        print(f"{family}: {len(wanted)} kernels, of which {len(missing)} were compiled now")


def every() -> list[str]:
    """The names of all kernels."""
    from .kernels import KERNELS

    return sorted(KERNELS)


if __name__ == "__main__":
    if platform.machine().lower() in ("x86_64", "amd64"):
        make(Path(sys.argv[1]))
    else:
        print("The families are of x86-64: this wheel brings no machine code.")
