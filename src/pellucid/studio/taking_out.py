"""A run taken out as files, and brought back from a zip."""

from __future__ import annotations

import shutil
import tempfile
import tomllib
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..actions.apply import csv_of, predicted
from ..actions.building import build
from ..actions.runs import Run
from ..actions.script import script
from ..actions.spec import TrainSpec
from ..actions.train import planned_epochs
from ..errors import FileError, PellucidError, Told, UnknownName
from ..files import reading, write_text_whole
from .desk import Desk
from .uploads import clean

MOST_DATA = 200_000_000  # bytes of data that go with a run
MOST_FILE = 2_000_000_000
INSTEAD = "Take it out in another form: .keras takes all that there is."
LABEL = "data/"  # in a zip, before the name of the file of data


@contextmanager
def taken_out(desk: Desk, name: str, form: str) -> Iterator[tuple[Path, str]]:
    """(a file that lasts as long as the block, what it is called)."""
    from ..actions.export import FORMS

    known = (*FORMS, "python", "report", "spec", "zip")
    if form not in known:
        raise UnknownName("download", form, known)
    with tempfile.TemporaryDirectory(prefix="pellucid-studio-") as folder:
        try:
            made = _made(desk, desk.run(name), form, Path(folder))
        except PellucidError as problem:
            if "--" in problem.fix:  # an option of the command line
                problem.fix = INSTEAD
            raise
        yield made


def _made(desk: Desk, run: Run, form: str, folder: Path) -> tuple[Path, str]:
    name = run.path.name
    if form == "spec":
        return run.spec, f"{name}.toml"
    if form == "report":
        from ..actions.report import report

        return report(run.path, folder / "report.html"), f"{name}.html"
    if form == "python":
        spec = run.read_spec()
        data = desk.scene(name).data
        epochs = planned_epochs(spec, data)
        text = script(spec, data, build(spec, data, epochs), epochs)
        return write_text_whole(folder / "train.py", text), f"{name}.py"
    if form == "zip":
        return whole(run, folder / "run.zip"), f"{name}.zip"
    from ..actions.export import export

    written = export(run.path, form, folder / "out")
    files = sorted(path for path in (folder / "out").rglob("*") if path.is_file())
    if len(files) == 1:
        return written, f"{name}{written.suffix}"
    with zipfile.ZipFile(folder / "out.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in files:
            archive.write(path, path.relative_to(folder / "out"))
    return folder / "out.zip", f"{name}-{form}.zip"


def whole(run: Run, target: Path) -> Path:
    """All that a run's folder holds, and the data that were brought for it."""
    data = Path(run.read_spec().data)
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in run.files:
            if file.exists():
                archive.write(file, file.name)
        if data.is_file() and data.stat().st_size <= MOST_DATA:
            archive.write(data, f"{LABEL}{data.name}")
    return target


def brought_back(desk: Desk, archive: Path) -> str:
    """A run from such a zip, as a new one; returns its name. Nothing but a run's own files is taken from it."""
    where = f"run {archive.name}"
    names = {file.name for file in Run(Path()).files}
    with reading(where, "a zip with a run in it"), zipfile.ZipFile(archive) as opened:
        found = {entry.filename: entry for entry in opened.infolist()}
        if "spec.toml" not in found:
            raise FileError(where, "a zip with a run's spec.toml", Told("none"))
        spec = TrainSpec.of(tomllib.loads(_read(opened, found["spec.toml"], where).decode()), where)
        folder = next(one for one in _free(desk.runs / clean(archive.stem)) if not one.exists())
        folder.mkdir(parents=True)
        try:
            for name in names & found.keys():
                (folder / name).write_bytes(_read(opened, found[name], where))
            data = [entry for name, entry in found.items() if name.startswith(LABEL) and not entry.is_dir()]
            if data and not Path(spec.data).exists():
                target = desk.uploads.keep / clean(data[0].filename)
                target.parent.mkdir(parents=True, exist_ok=True)
                if not target.exists():
                    target.write_bytes(_read(opened, data[0], where))
                changed = spec.model_copy(update={"data": desk.path_of(str(target.relative_to(desk.folder)))})
                changed.write(folder / "spec.toml")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
    return folder.name


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, where: str) -> bytes:
    """An entry, unless it grows without bound."""
    most = min(MOST_FILE, 1_000_000 + 200 * entry.compress_size)
    with archive.open(entry) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise FileError(
            f"{where}, {entry.filename[:100]}", f"at most {most:,} bytes", Told("more"), "It may be a trap."
        )
    return content


def _free(path: Path) -> Iterator[Path]:
    yield path
    for n in range(2, 10_000):
        yield path.with_name(f"{path.name}-{n}")


def predictions(desk: Desk, name: str, data: object) -> str:
    """What a run says of all rows of other data, as CSV."""
    return "".join(csv_of(predicted(desk.run(name).path, None if data is None else desk.path_of(data))))
