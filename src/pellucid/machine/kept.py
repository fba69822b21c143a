"""Where machine code lies: what a wheel brought along, and what was compiled on this machine.

A kernel's code is a file that begins with its checksum. It lies under a key made of the source of this folder (but for
the passes, which make none) and the processor's family or name; where it is compiled, of the compiler's version too. A
changed kernel is never run from what an older one left.

Whoever may write to such a file could have a process run anything. What a wheel brought lies among the package's own
source, and is as safe as that; the rest is read only from files, and from folders, that nobody but the user and the
system may write to.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import importlib.util
import os
import time
import warnings
from pathlib import Path

import llvmlite

from ..errors import FileError
from ..files import distrust, is_ours, make_folder, write_whole
from . import host

FORGOTTEN = 30 * 24 * 3600.0  # seconds after which code that nobody used is removed
SUM = 32  # bytes of the checksum that precede the code
BROUGHT = "code"  # the folder in this one that a wheel fills
NO_SOURCE = {"passes", BROUGHT, "__pycache__"}  # folders in this one that no kernel is made of


def read(folder: Path, name: str, *, checked: bool = True) -> bytes | None:
    """A kernel's code, if it is there, whole, and, where that is checked, surely ours."""
    try:
        with open(folder / f"{name}.code", "rb") as file:
            if checked and not is_ours(os.fstat(file.fileno())):
                return None
            kept = file.read()
    except OSError:
        return None
    code = kept[SUM:]
    return code if hashlib.sha256(code).digest() == kept[:SUM] else None


def keep(folder: Path, name: str, code: bytes) -> None:
    """Leave a kernel's code there for later; where that cannot be, the next process compiles again."""
    whole = hashlib.sha256(code).digest() + code
    with contextlib.suppress(OSError, FileError):
        make_folder(folder, 0o700)
        write_whole(folder / f"{name}.code", lambda file: file.write(whole), private=True)


@functools.cache
def sources(folder: str = os.path.dirname(__file__)) -> str:
    """The source that kernels are made of, as a short text."""
    whole = hashlib.sha256()
    for at, folders, files in os.walk(folder):
        folders[:] = sorted(set(folders) - NO_SOURCE)
        for name in sorted(name for name in files if name.endswith(".py")):
            with open(os.path.join(at, name), "rb") as file:
                whole.update(name.encode() + b"\0" + hashlib.sha256(file.read()).digest())
    return whole.hexdigest()[:24]


def brought() -> Path | None:
    """Where a wheel's code for this processor would lie, whichever compiler is installed here; None if its kind is
    never brought."""
    return Path(__file__).parent / BROUGHT / sources() / host.family() if host.family() else None


def key() -> str:
    """What code that is compiled here depends on, as a short text."""
    parts = [sources(), _compiler(), llvmlite.__version__, *host.processor(), str(host.lanes())]
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24]


def _compiler() -> str:
    """What is different for every version of Numba, which is not imported for it."""
    spec = importlib.util.find_spec("numba")
    with contextlib.suppress(OSError, TypeError):
        return Path(spec.origin).with_name("_version.py").read_text("utf-8")  # type: ignore[union-attr, arg-type]
    from importlib.metadata import version

    return version("numba")


def use(folder: Path) -> Path:
    """Note that this folder is in use; folders beside it that nobody has used for long are removed."""
    with contextlib.suppress(OSError):
        os.utime(folder)
        return folder
    import shutil  # the folder is new: an older version may have left one

    for other in folder.parent.glob("*"):
        with contextlib.suppress(OSError):
            if time.time() - other.stat().st_mtime > FORGOTTEN:
                shutil.rmtree(other, ignore_errors=True)
    return folder


def trusted_folder(folder: Path) -> Path:
    """The folder, its links followed; where other users could have put code into it, a new one for this process alone,
    and a warning. Machine code runs with all the rights of whoever loads it."""
    folder = Path(os.path.realpath(folder))
    if not (why := distrust(folder)):
        return folder
    import atexit
    import shutil
    import tempfile

    made, mine = Path(tempfile.mkdtemp(prefix="pellucid-")), os.getpid()

    def remove() -> None:
        if os.getpid() == mine:  # a forked copy leaves it to the one that made it
            shutil.rmtree(made, ignore_errors=True)

    atexit.register(remove)
    warnings.warn(
        f"The compiled engine is not kept in {folder}: {why}, and could have put code of their own there. It is "
        "compiled for this process alone, which takes some seconds each time. Let nobody else write there (chmod go-w, "
        "chown), or set PELLUCID_CACHE to a folder of your own.",
        stacklevel=2,
    )
    return made
