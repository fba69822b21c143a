"""Files written whole or not at all: beside the target, flushed, then renamed over it."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from .errors import FileError, Told


def write_whole(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object]) -> Path:
    """Let `write` fill a file that replaces `path` in one step once it is complete and on the disk.

    Whoever reads `path` meanwhile, or after a crash, finds the old content or the new, never a part.

    Raises FileError if the folder is missing or not writable, or if the disk is full; nothing is left behind.
    """
    path = Path(path)
    partial: str | None = None
    try:
        handle, partial = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".partial", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(partial, 0o666 & ~_umask())
        os.replace(partial, path)
        partial = None
    except FileError:
        raise
    except OSError as problem:
        reason = problem.strerror or str(problem)
        raise FileError(f"writing {path}", "room and permission to write", Told(reason)) from problem
    finally:
        if partial is not None:
            with contextlib.suppress(OSError):
                os.unlink(partial)
    return path


def write_text_whole(path: str | os.PathLike[str], text: str) -> Path:
    """`write_whole` for text, in UTF-8."""
    return write_whole(path, lambda file: file.write(text.encode()))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
