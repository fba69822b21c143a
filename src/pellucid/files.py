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


@contextmanager
def allowed(where: str, expected: str, fix: str = "") -> Iterator[None]:
    """Within the block, what the system refuses is a FileError that says why.

    >>> with allowed("a.txt", "a file that can be read", "Look for it."):
    ...     open("/nowhere/a.txt")
    Traceback (most recent call last):
    pellucid.errors.FileError: a.txt: expected a file that can be read, got No such file or directory. Look for it.
    """
    try:
        yield
    except FileError:
        raise
    except OSError as problem:
        raise FileError(where, expected, Told(problem.strerror or str(problem)), fix) from problem


def write_whole(path: str | os.PathLike[str], write: Callable[[IO[bytes]], object], *, private: bool = False) -> Path:
    """Let `write` fill a file that replaces `path` in one step once it is complete and on the disk.

    Whoever reads `path` meanwhile, or after a crash, finds the old content or the new, never a part. The folder is made
    if there is none. private: nobody else may write to the file, whatever the umask.

    Raises FileError if the folder cannot be made or written to, or if the disk is full; nothing is left behind.
    """
    import tempfile  # here, so that importing the library stays quick

    path = Path(checks.path("a file to write", path))
    partial: str | None = None
    made: list[Path] = []
    try:
        with allowed(f"writing {path}", "room and permission to write"):
            mode = _mode_of(path)
            if mode is not None and not stat.S_ISREG(mode):  # /dev/stdout, a pipe: nothing can be put in its place
                with open(path, "wb") as file:
                    write(file)
                return path
            target = Path(os.path.realpath(path))  # a link stays a link
            made = make_folder(target.parent)
            handle, partial = tempfile.mkstemp(prefix=f".{target.name[:100]}.", suffix=".partial", dir=target.parent)
            with os.fdopen(handle, "wb") as file:
                write(file)
                file.flush()
                os.fsync(file.fileno())
            rights = 0o666 & ~_umask() if mode is None else stat.S_IMODE(mode)
            os.chmod(partial, rights & ~_OTHERS if private else rights)
            os.replace(partial, target)
            partial, made = None, []
    finally:
        with contextlib.suppress(OSError):
            if partial is not None:
                os.unlink(partial)
            for folder in reversed(made):
                folder.rmdir()
    return path


def is_hidden(name: str) -> bool:
    """Whether a file or folder of this name is the system's: macOS puts `._1.png` beside `1.png`, or all such into a
    folder `__MACOSX`.

    >>> [is_hidden(name) for name in ("._1.png", "__MACOSX", "1.png")]
    [True, True, False]
    """
    return name.startswith((".", "__MACOSX"))


def make_folder(folder: Path, mode: int = 0o777) -> list[Path]:
    """Make a folder and those it lies in, with these permissions less the umask; returns those that were not there."""
    made = [missing for missing in (folder, *folder.parents) if not missing.exists()][::-1]
    for missing in made:
        missing.mkdir(mode, exist_ok=True)
    return made


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


def distrust(folder: str | os.PathLike[str]) -> str:
    """Why what lies in a folder may be another user's work: it, or one above it, is theirs or may be written to by
    them. Empty where only this user and the system's own can have put it there, and where there are no such rights.

    In a folder above, a sticky bit will do (/tmp): others cannot replace what is ours. A group that has no member but
    the user counts as the user, as many systems give one to each.
    """
    if not hasattr(os, "geteuid"):  # Windows, where the cache lies in a folder of the user's own
        return ""
    lowest = Path(os.path.realpath(folder))
    for at in (lowest, *lowest.parents):
        try:
            found = at.stat()
        except (FileNotFoundError, NotADirectoryError):
            continue
        except OSError as problem:
            return f"{at} cannot be looked at ({problem.strerror})"
        if not is_ours(found, sticky_will_do=at != lowest):
            return f"other users may write to {at}" if _is_owned(found) else f"{at} belongs to another user"
    return ""


def is_ours(found: os.stat_result, *, sticky_will_do: bool = False) -> bool:
    """Whether only this user and the system's own may write to a file or folder."""
    if not _is_owned(found):
        return False
    if sticky_will_do and found.st_mode & stat.S_ISVTX:
        return True
    others = found.st_mode & _OTHERS
    return not others or (others == stat.S_IWGRP and _is_own_group(found.st_gid))


_OTHERS = stat.S_IWGRP | stat.S_IWOTH


def _is_owned(found: os.stat_result) -> bool:
    """By this user or the system, which owns "/": that is not user 0 where users are mapped, as in a container."""
    return not hasattr(os, "geteuid") or found.st_uid in {0, os.geteuid(), os.stat("/").st_uid}


def _is_own_group(group: int) -> bool:
    import grp
    import pwd

    try:
        user, found = pwd.getpwuid(os.geteuid()), grp.getgrgid(group)
    except KeyError:
        return False
    return found.gr_name == user.pw_name and user.pw_gid == group and set(found.gr_mem) <= {user.pw_name}


def cache_folder() -> Path:
    """Where downloads and compiled code are kept: PELLUCID_CACHE, or the platform's cache folder."""
    if given := os.environ.get("PELLUCID_CACHE"):
        return Path(given).expanduser()
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")) / "pellucid"
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches" / "pellucid"
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "pellucid"
