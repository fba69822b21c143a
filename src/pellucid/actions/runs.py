"""The folder of a run: what it holds, and when it may be written to.

runs/digits-1/
    spec.toml        what was asked for
    classes.json     the classes' names, where they are not 0, 1, 2, ...; an empty list: whole numbers are predicted
    data.crc32       the checksum of the data, where they are a file or a folder of pictures
    checkpoint.npz   where training stands; replaced whole
    history.csv      a row per epoch
    probes.csv       looks into the layers, at steps that lie further and further apart
    model.keras      the trained model
    metrics.json     how well it does on the test data; its presence means that the run is done
    report.html      what `pellucid report` writes about it
    problem.json     in the place of the last two: the number that was not finite, at which training ended
    search.toml      of `pellucid tune`: what is searched, and how; spec.toml then is what the best trial was made of
    trials.jsonl     the search's journal: a line for everything that happened
    trials.csv       its trials, as a table
"""

from __future__ import annotations

import csv
import io
import itertools
import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..data.labels import Names, class_names, counted_from_zero
from ..errors import FileError, NonFinite, Told
from ..files import allowed, write_text_whole
from ..models import Sequential, load_model
from ..training.probing import Look, read_looks
from .prepared import Reader
from .spec import TrainSpec

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FOLDER = Path("runs")
WRITABLE = "a folder that can be written"
TOLD = ("where", "expected", "got", "fix")  # the parts of an error


class _File:
    """A file in a run's folder, by its name."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __get__(self, run: Run, of: type[Run]) -> Path:
        return run.path / self.name


@dataclass(frozen=True)
class Run:
    """A run's folder."""

    path: Path

    spec = _File("spec.toml")
    classes = _File("classes.json")
    data = _File("data.crc32")
    model = _File("model.keras")
    checkpoint = _File("checkpoint.npz")
    history = _File("history.csv")
    probes = _File("probes.csv")
    metrics = _File("metrics.json")
    report = _File("report.html")
    problem = _File("problem.json")
    search = _File("search.toml")
    journal = _File("trials.jsonl")
    trials = _File("trials.csv")

    @property
    def done(self) -> bool:
        """Whether it ran to its end."""
        return self.metrics.exists()

    @property
    def files(self) -> list[Path]:
        """Everything that a run writes, or that is written about it."""
        told = [self.history, self.probes, self.metrics, self.checkpoint, self.report, self.problem]
        return [self.spec, self.classes, self.data, self.model, *told]

    @property
    def of_search(self) -> list[Path]:
        """Everything that a search writes before it trains its best."""
        return [self.search, self.journal, self.trials]

    def read_spec(self) -> TrainSpec:
        """What was asked for."""
        return TrainSpec.read(self.spec)

    def read_classes(self) -> Names | None:
        """The names of the classes, () where numbers are predicted; None where the targets tell, counted from 0."""
        if not self.classes.exists():
            return None
        try:
            kept = json.loads(self.classes.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as problem:
            kept = problem
        if not isinstance(kept, list) or not all(isinstance(name, int | str) for name in kept):
            where = f"run {self.path}, file {self.classes.name}"
            raise FileError(where, "a list of classes' names", Told(str(kept)[:60]))
        return tuple(kept)

    def check_data(self, found: str) -> None:
        """Refuse to go on with others than the run began with."""
        if self.began_with_others(found):
            fix = "Put them back, or start another run with train."
            raise FileError(f"resuming {self.path}", "the data that it began with", Told("others"), fix)

    def began_with_others(self, found: str) -> bool:
        """Whether data with this checksum are others than the run began with; runs of older versions cannot tell."""
        kept = self.data.read_text("utf-8", "replace").strip() if self.data.exists() else ""
        return bool(kept) and kept != found

    def reader(self) -> Reader:
        """What tells `prepare` the classes of this run, whatever its data would be taken for today."""
        names = self.read_classes()
        return counted_from_zero if names is None else lambda where, task, targets: names

    def read_history(self) -> dict[str, list[float]]:
        """The columns of history.csv, as `History.history` has them; none where no epoch has ended."""
        if not self.history.exists():
            return {}
        try:
            rows = list(csv.DictReader(io.StringIO(self.history.read_text(encoding="utf-8"))))
            names = [name for name in (rows[0] if rows else ()) if name != "epoch"]
            whole = [name for name in names if all(row[name] != "NA" for row in rows)]
            return {name: [float(row[name]) for row in rows] for name in whole}
        except (OSError, UnicodeDecodeError, csv.Error, ValueError, TypeError, KeyError) as problem:
            where = f"run {self.path}, file {self.history.name}"
            raise FileError(where, "the table of a run's epochs", Told(str(problem))) from problem

    def read_looks(self) -> list[Look]:
        """The looks into the layers; none where nobody has looked."""
        return read_looks(self.probes) if self.probes.exists() else []

    def write_problem(self, problem: NonFinite) -> None:
        """Keep the number that was not finite, for the doctor."""
        write_text_whole(
            self.problem, json.dumps({name: str(getattr(problem, name)) for name in TOLD}, indent=2) + "\n"
        )

    def read_problem(self) -> NonFinite | None:
        """The number that was not finite, if one ended the run."""
        if not self.problem.exists():
            return None
        try:
            kept = json.loads(self.problem.read_text(encoding="utf-8"))
            where, expected, got, fix = (str(kept[name]) for name in TOLD)
        except (OSError, ValueError, TypeError, KeyError) as wrong:
            where = f"run {self.path}, file {self.problem.name}"
            raise FileError(where, f"the texts {', '.join(TOLD)}", Told(str(wrong))) from wrong
        return NonFinite(where, expected, Told(got), fix)

    def unfinished(self, where: str, lacking: str) -> FileError:
        """The error for those who need a finished run."""
        if self.problem.exists():
            got = "one that ended in numbers that are not finite"
            fix = f"Ask what to change: pellucid doctor {self.path}"
        else:
            command = "train" if self.spec.exists() else "tune"
            got, fix = f"one without {lacking}", f"Finish it: pellucid {command} --resume {self.path}"
        return FileError(where, "a finished run", Told(got), fix)

    def write_metrics(self, values: dict[str, Any]) -> None:
        """Write how well it does: the last thing a run does."""
        write_text_whole(self.metrics, json.dumps(values, indent=2) + "\n")


@contextmanager
def started(
    spec: TrainSpec, out: Path | None, force: bool, names: Names | None = None, data: str = "", searched: bool = False
) -> Iterator[Run]:
    """A new run's folder with its spec in it, held while the run goes on. A folder that holds a run is left alone
    unless `force`. `names`: of the classes, where they are to be kept; `data`: their checksum, likewise. `searched`:
    the run is a search's best, whose files stay."""
    run = Run(_new_folder(spec.data) if out is None else out)
    where = f"starting a run in {run.path}"
    with allowed(where, WRITABLE):
        run.path.mkdir(parents=True, exist_ok=True)
    files = run.files if searched else [*run.files, *run.of_search]
    with held(run):
        taken = [file.name for file in files if file.exists()]
        if taken and not force:
            what = "a finished run" if run.done else "an unfinished run"
            fix = "Choose another --out, or pass --force to replace it."
            if not run.done:
                command = "tune" if run.search.exists() else "train"
                fix = f"Go on with it (pellucid {command} --resume {run.path}), or pass --force to replace it."
            raise FileError(where, "a folder without a run", Told(what), fix)
        with allowed(where, WRITABLE):
            for file in files:
                file.unlink(missing_ok=True)
        if names is not None:
            write_text_whole(run.classes, json.dumps(names, ensure_ascii=False) + "\n")
        if data:
            write_text_whole(run.data, data + "\n")
        spec.write(run.spec)
        yield run


@contextmanager
def held(run: Run) -> Iterator[None]:
    """Within the block, no other process trains in this run's folder. The system lets go of it when a process dies.

    What a process that was killed left half-written is removed.
    """
    handle = _opened(run.path)
    try:
        if handle is not None:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(handle)  # type: ignore[arg-type]
        raise FileError(
            f"run {run.path}", "a folder in which nobody trains", Told("one in which another process does"),
            "Wait for it, or choose another --out.",
        ) from None  # fmt: skip
    except OSError:  # a file system without locks
        pass
    try:
        for unfinished in run.path.glob(".*.partial"):
            unfinished.unlink(missing_ok=True)
        yield
    finally:
        if handle is not None:
            os.close(handle)


def is_held(run: Run) -> bool:
    """Whether some process trains or searches in this run's folder, as far as the system tells."""
    handle = _opened(run.path)
    if handle is None:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as problem:
        return isinstance(problem, BlockingIOError)
    finally:
        os.close(handle)
    return False


def _opened(folder: Path) -> int | None:
    """The folder itself, where the system lets folders be opened and locked."""
    return None if fcntl is None else os.open(folder, os.O_RDONLY)


def of_pictures(path: Path) -> bool:
    """Whether a folder is no run's, but has folders in it, as one with pictures has for their classes."""
    run = Run(path)
    return not (run.spec.exists() or run.search.exists()) and any(child.is_dir() for child in path.iterdir())


def find(path: Path) -> Run:
    """The run in a folder."""
    run = Run(path)
    if not run.spec.exists() and run.search.exists():  # a search that has not come to its best network
        raise run.unfinished(f"run {path}", run.model.name)
    if not run.spec.exists():
        fix = "Pass the folder that `pellucid train` named at its end."
        raise FileError(
            f"run {path}", "a folder with spec.toml", Told("none" if path.exists() else "no such folder"), fix
        )
    return run


def open_model(path: Path) -> tuple[Sequential, TrainSpec | None]:
    """The model of a finished run's folder, or of a .keras file; and the run's spec, where there is one."""
    if not path.is_dir():
        return load_model(path), None
    run = find(path)
    if not run.model.exists():
        raise run.unfinished(f"run {path}", run.model.name)
    return load_model(run.model), run.read_spec()


def names_of(path: Path, model: Any = None) -> Names:
    """The classes' names that a run's folder keeps, asked for by the folder or by the model in it, or else those that
    the model itself keeps; () for none."""
    folder = path if path.is_dir() else path.parent
    kept = Run(folder).read_classes() if path in (folder, Run(folder).model) else None
    return kept or (() if model is None else class_names(model))


def _new_folder(data: str) -> Path:
    """runs/DATA-1, or the first number that nobody has taken."""
    stem = re.sub(r"\W+", "-", Path(data).stem).strip("-") or "run"
    for n in itertools.count(1):
        folder = FOLDER / f"{stem}-{n}"
        with allowed(f"starting a run in {folder}", WRITABLE), suppress(FileExistsError):
            folder.mkdir(parents=True)
            return folder
    raise AssertionError
