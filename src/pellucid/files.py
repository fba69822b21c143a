"""Files written whole or not at all: beside the target, flushed, then renamed over it."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from . import checks
from .errors import LONGEST, FileError, PellucidError, Told, TooLarge


@contextmanager
def reading(where: str, expected: str, fix: str = "It was cut short or altered: get it again.") -> Iterator[None]:
    """Within the block, whatever a file's content makes a reader raise is a FileError.

    This is the one place for it. What zipfile, NumPy, h5py or json raise for a damaged file is documented nowhere and
    is nearly anything: AttributeError, OverflowError, zlib.error, RecursionError. Raises TooLarge for a whole file
    that does not fit into memory.

    >>> with reading("x.json", "a whole file", "Write it again."):
    ...     {}["absent"]
    Traceback (most recent call last):
    pellucid.errors.FileError: x.json: expected a whole file, got a damaged or foreign file (KeyError: 'absent'). \
Write it again.
    """
    try:
        yield
    except PellucidError:
        raise
    except MemoryError as problem:
        raise TooLarge(where, "arrays that fit into memory", Told("larger ones")) from problem
    except Exception as problem:
        if isinstance(problem, OSError) and problem.errno is not None:
            told = problem.strerror or str(problem)
            raise FileError(where, "a readable file", Told(told), "Check the path.") from problem
        said = f"{type(problem).__name__}: {problem}" if str(problem) else type(problem).__name__
        said = " ".join(said.split())
        said = said if len(said) <= LONGEST else f"{said[: LONGEST - 2]} …"
        raise FileError(where, expected, Told(f"a damaged or foreign file ({said})"), fix) from problem


def write_whole(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object]) -> Path:
    """Let `write` fill a file that replaces `path` in one step once it is complete and on the disk.

    Whoever reads `path` meanwhile, or after a crash, finds the old content or the new, never a part.

    Raises FileError if the folder is missing or not writable, or if the disk is full; nothing is left behind.
    """
    import tempfile  # here, so that importing the library stays quick

    path = Path(checks.path("a file to write", path))
    partial: str | None = None
    try:
        mode = _mode_of(path)
        if mode is not None and not stat.S_ISREG(mode):  # /dev/stdout, a pipe: nothing can be put in its place
            with open(path, "wb") as file:
                write(file)
            return path
        target = Path(os.path.realpath(path))  # a link stays a link
        handle, partial = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".partial", dir=target.parent)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o666 & ~_umask() if mode is None else stat.S_IMODE(mode))
        os.replace(partial, target)
        partial = None
    except FileError:
        raise
    except OSError as problem:
        reason = problem.strerror or str(problem)
        fix = "Make the folder first." if isinstance(problem, FileNotFoundError) else ""
        raise FileError(f"writing {path}", "room and permission to write", Told(reason), fix) from problem
    finally:
        if partial is not None:
            with contextlib.suppress(OSError):
                os.unlink(partial)
    return path


def write_text_whole(path: str | os.PathLike[str], text: str) -> Path:
    """`write_whole` for text, in UTF-8."""
    return write_whole(path, lambda file: file.write(text.encode()))


def _mode_of(path: Path) -> int | None:
    """What kind of file there is and who may do what with it; None if there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def cache_folder() -> Path:
    """Where downloads and compiled code are kept: PELLUCID_CACHE, or the platform's cache folder."""
    if given := os.environ.get("PELLUCID_CACHE"):
        return Path(given).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "pellucid"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pellucid"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pellucid"
