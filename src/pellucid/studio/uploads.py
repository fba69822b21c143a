"""What users bring: written into a folder of their own as it comes, bounded, and never executed.

An upload lies in a private folder that goes with the studio; when a run is made of it, also in `runs/data/`, so that
the run can be resumed and judged as long as it is there.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import stat
import tempfile
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path, PurePosixPath

from ..data.files import SUFFIXES as ARRAYS
from ..data.pictures import is_picture
from ..data.text import is_text
from ..errors import FileError, Told
from ..files import is_hidden, reading
from ..tables import is_table
from ..web.refused import Refused

PREFIX = "upload:"
MOST_FILES = 100_000
LONGEST_NAME = 150
DEEPEST = 6  # folders within each other
MOST_TIMES = 200  # that an archive may grow when unpacked, beyond a first million bytes
LOST = "Bring the file again."


class Uploads:
    """most: bytes of all uploads together. keep: the folder of those of which a run is made."""

    def __init__(self, most: int, keep: Path) -> None:
        self.most, self.keep = most, keep
        self.folder = Path(tempfile.mkdtemp(prefix="pellucid-studio-")).resolve()  # of this user alone
        self._kept: dict[str, Path] = {}
        self._used: dict[str, int] = {}  # bytes, by the number of the upload

    def close(self) -> None:
        """Remove those of which no run was made."""
        shutil.rmtree(self.folder, ignore_errors=True)

    # Bringing ----------------------------------------------------------------------------------------------------

    def begin(self, name: str) -> tuple[str, Path]:
        """(number, path) of a new upload of this name."""
        name = clean(name)
        number = secrets.token_hex(4)
        (self.folder / number).mkdir(mode=0o700)
        self._used[number] = 0
        return number, self.folder / number / name

    async def take(self, number: str, path: Path, pieces: AsyncIterator[bytes]) -> int:
        """Write what comes; its size. What is broken off leaves nothing."""
        size = 0
        try:
            with open(path, "xb") as file:
                async for piece in pieces:
                    size += len(piece)
                    self._count(number, len(piece))
                    file.write(piece)
        except FileExistsError:
            raise Refused(409, f"upload {path.name}", "a new name", Told("one that is there already")) from None
        except BaseException:
            path.unlink(missing_ok=True)
            self._count(number, -size)
            raise
        return size

    def inside(self, number: str, folder: str, name: str) -> Path:
        """Where a file goes that is brought into a folder."""
        root = self.folder / self._known(number) / clean(folder)
        parts = safe(name)
        if not root.is_dir() or not is_picture(parts[-1]):
            raise Refused(422, f"upload, {name[:100]}", "a picture for a folder that was begun", Told("another file"))
        if sum(1 for _ in root.rglob("*")) >= MOST_FILES:
            raise Refused(413, "upload", f"at most {MOST_FILES:,} files", Told("more"))
        path = root.joinpath(*parts)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        return path

    def settle(self, number: str, path: Path) -> Path:
        """What an upload is once all of it is there: an archive of pictures is unpacked. Refuses what is no data."""
        if path.suffix.lower() == ".zip":
            target = path.with_suffix("")
            try:
                self._count(number, unpack(path, target, self._left() + MOST_TIMES))
            except BaseException:
                self.remove(number)
                raise
            path.unlink()
            inside = [one for one in target.iterdir() if not is_hidden(one.name)]
            while len(inside) == 1 and inside[0].is_dir():  # a folder in which the folders by class lie
                target = inside[0]
                inside = [one for one in target.iterdir() if not is_hidden(one.name)]
            return target
        if is_picture(path.name):
            self.remove(number)
            expected = "pictures in a folder for each kind, dropped as one folder or as a .zip"
            raise Refused(422, f"upload {path.name}", expected, Told("a single picture"))
        file = str(path)  # as a name alone it might be that of another, where the studio was started
        if not (is_table(file) or is_text(file) or path.suffix.lower() in ARRAYS):
            self.remove(number)
            expected = "a table (.csv, .parquet, .xlsx), a text (.txt), arrays (.npz), or a .zip of pictures"
            raise Refused(422, f"upload {path.name}", expected, Told(f"a {path.suffix or 'nameless'} file"))
        return path

    def told(self, path: Path) -> str:
        """How a spec of the page calls it."""
        return f"{PREFIX}{path.relative_to(self.folder).as_posix()}"

    # Finding -----------------------------------------------------------------------------------------------------

    def find(self, told: str) -> Path:
        """The file or folder of an upload."""
        number, *rest = safe(told.removeprefix(PREFIX))
        if not rest:
            raise Refused(404, f"spec, data {told[:100]}", "an upload and its name", fix=LOST)
        if number in self._kept:
            return self._kept[number]
        path = self.folder / self._known(number) / Path(*rest)
        if not path.exists():
            raise Refused(404, f"spec, data {told[:100]}", "what was brought", Told("nothing"), LOST)
        return path

    def kept(self, told: str) -> Path:
        """The same where it outlives the studio. What is at work on it may still read it where it lay."""
        path = self.find(told)
        number = safe(told.removeprefix(PREFIX))[0]
        if number in self._kept:
            return path
        target = next(one for one in _numbered(self.keep / path.name) if not one.exists())
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copytree(path, target, copy_function=_linked) if path.is_dir() else _linked(path, target)
        self._kept[number] = target
        return target

    def remove(self, number: str) -> None:
        """Forget an upload."""
        shutil.rmtree(self.folder / self._known(number), ignore_errors=True)
        self._used.pop(number, None)

    def _known(self, number: str) -> str:
        if number not in self._used:
            raise Refused(404, "upload", "the number of one", number[:20], LOST)
        return number

    def _left(self) -> int:
        return self.most - sum(self._used.values())

    def _count(self, number: str, size: int) -> None:
        self._used[number] = self._used.get(number, 0) + size
        if self._left() < 0:
            raise Refused(413, "upload", f"at most {self.most:,} bytes in all", Told("more"), "Remove others first.")


def clean(name: str) -> str:
    """A file's name without all that means something elsewhere.

    >>> clean("../../my people.csv"), clean("C:\\\\data\\\\x.npz"), clean("..")
    ('my people.csv', 'x.npz', 'data')
    """
    last = re.split(r"[\\/]", name)[-1]
    kept = "".join(c if c.isprintable() and c not in '<>:"|?*' else "_" for c in last).strip(" .")
    stem, suffix = os.path.splitext(kept)
    return (stem[: LONGEST_NAME - len(suffix)] + suffix) or "data"


def safe(path: str) -> list[str]:
    """The parts of a path that leads down, and nowhere else."""
    parts = PurePosixPath(path.replace("\\", "/")).parts
    fine = 0 < len(parts) <= DEEPEST and all(
        part not in ("..", "/", ".") and ":" not in part and "\0" not in part and len(part) <= LONGEST_NAME
        for part in parts
    )
    if not fine:
        raise Refused(422, "upload, path", "the path of a file within it", path[:100])
    return list(parts)


def unpack(archive: Path, target: Path, most: int) -> int:
    """The pictures in a zip, as far as they go: each entry is counted while it is written, whatever the list claims.
    Returns their size."""
    where = f"upload {archive.name}"
    most = min(most, 1_000_000 + MOST_TIMES * archive.stat().st_size)
    size = files = 0
    with reading(where, "a zip of pictures, in a folder for each class"), zipfile.ZipFile(archive) as opened:
        target.mkdir(mode=0o700)
        for entry in opened.infolist():
            name = PurePosixPath(entry.filename)
            hidden = any(is_hidden(part) and part != ".." for part in name.parts)
            if entry.is_dir() or hidden or not is_picture(name.name):
                continue
            if entry.flag_bits & 1 or stat.S_ISLNK(entry.external_attr >> 16):
                raise FileError(f"{where}, {name}", "a picture", Told("an encrypted one, or a link"))
            path = target.joinpath(*safe(entry.filename))
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            files += 1
            with opened.open(entry) as source, open(path, "xb") as file:
                while piece := source.read(1 << 16):
                    size += len(piece)
                    if size > most or files > MOST_FILES:
                        fix = "It may be a trap: unpack it, and look at what is in it."
                        expected = f"pictures of at most {most:,} bytes and {MOST_FILES:,} files"
                        raise Refused(413, where, expected, Told("more"), fix)
                    file.write(piece)
        if not files:
            raise FileError(where, "pictures, in a folder for each class", Told("none"))
    return size


def _linked(source: str | Path, target: str | Path) -> None:
    """The same file at a second place; copied where that is on another disk."""
    try:
        os.link(source, target)
    except OSError:
        shutil.copyfile(source, target)


def _numbered(path: Path) -> list[Path]:
    return [path, *(path.with_name(f"{path.stem}-{n}{path.suffix}") for n in range(2, 10_000))]
