"""What the studio has on its desk: the folder it works in, uploads, runs, and trained networks kept open."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from pathlib import Path
from typing import Any

from ..actions import runs
from ..actions.data import prepare
from ..actions.doctor import model_of
from ..actions.prepared import Prepared
from ..actions.runs import Run
from ..actions.spec import ABOUT_DATA, TrainSpec
from ..data import datasets
from ..errors import InvalidArgument, Told
from ..web.refused import Refused
from .options import Options
from .parts import changed
from .pictures import Scene
from .uploads import Uploads

ELSEWHERE = "Bring the file on the screen Data, or open the studio in a folder in which it lies."
KEPT_OPEN = 4  # networks with their data


class Desk:
    """folder: where the studio was started; specs name files in it, and `runs/` lies there. start: what the page begins
    with."""

    def __init__(self, options: Options, folder: Path, start: str | None = None) -> None:
        self.options, self.folder = options, folder.resolve()
        self.uploads = Uploads(options.max_upload, self.folder / runs.FOLDER / "data")
        self.start = start
        self.searching: set[str] = set()  # folders in which a search is at work: no runs yet
        self._open: OrderedDict[Path, tuple[Any, Scene]] = OrderedDict()
        self._data: OrderedDict[str, Prepared] = OrderedDict()
        self._lock = threading.RLock()

    def close(self) -> None:
        """Clear away what was brought, unless a run was made of it."""
        self.uploads.close()

    # Specs -------------------------------------------------------------------------------------------------------

    def spec(self, told: Any, kept: bool = False) -> TrainSpec:
        """The spec that the page tells, with the paths of this machine in it: of data sets, of files in the folder, and
        of uploads. kept: the upload is to outlive the studio, as a run is made of it."""
        if not isinstance(told, dict):
            raise Refused(422, "spec", "an object", Told(type(told).__name__))
        given = _without_nulls(told)
        data = given.get("data", "digits")
        return TrainSpec.of({**given, "data": self.path_of(data, kept)})

    def path_of(self, data: Any, kept: bool = False) -> str:
        """What a spec calls the data: a data set's name, or a path from the folder."""
        if not isinstance(data, str):
            raise InvalidArgument("spec, data", "a name or a path", data)
        if data.startswith("upload:"):
            path = self.uploads.kept(data) if kept else self.uploads.find(data)
            return str(path.relative_to(self.folder)) if path.is_relative_to(self.folder) else str(path)
        path = self.folder / data
        if path.exists():
            found = path.resolve()
            if not found.is_relative_to(self.folder) and not found.is_relative_to(self.uploads.folder):
                raise Refused(403, f"spec, data {data}", f"a file in {self.folder}", Told("one elsewhere"), ELSEWHERE)
        elif Path(data).is_absolute() or ".." in Path(data).parts:
            raise Refused(403, f"spec, data {data}", f"a file in {self.folder}", Told("one elsewhere"), ELSEWHERE)
        return data

    def prepared(self, spec: TrainSpec) -> Prepared:
        """The data of a spec, kept for the next question about them."""
        told = {name: getattr(spec, name) for name in (*ABOUT_DATA, "frequencies")}  # the last may be refused
        key = repr([told, changed(Path(spec.data))])
        with self._lock:
            if key not in self._data:
                self._data[key] = prepare(spec)
                if len(self._data) > KEPT_OPEN:
                    self._data.popitem(last=False)
            self._data.move_to_end(key)
            return self._data[key]

    # Runs --------------------------------------------------------------------------------------------------------

    @property
    def runs(self) -> Path:
        """Where runs lie, from the folder."""
        return runs.FOLDER

    def run(self, name: str) -> Run:
        """A run by its name; Refused where there is none."""
        if name in self.searching:
            told = Told("one that is still searched for")
            raise Refused(409, f"run {name}", "a run", told, "Wait until its search has ended, or stop that.")
        return self.folder_with("spec.toml", "run", name)

    def folder_with(self, file: str, kind: str, name: str) -> Run:
        """The folder of this name, of a run or a search, as that file in it says; Refused where there is none."""
        if not name or name.startswith(".") or Path(name).name != name or not (self.runs / name / file).exists():
            gone = "It may have been deleted or renamed since."
            raise Refused(404, f"{kind} {name[:100]}", f"the name of a {kind} that is there", Told("one of none"), gone)
        return Run(self.runs / name)

    def scene(self, name: str) -> Scene:
        """A run's network as it is now, trained or as its last checkpoint has it, with its data."""
        run = self.run(name)
        files = (run.model, run.checkpoint, run.spec)
        stamp = tuple(map(changed, files))
        with self._lock:
            known = self._open.get(run.path)
            if known is None or known[0] != stamp:
                spec = run.read_spec()
                same = known is not None and known[0][2] == stamp[2]
                data = known[1].data if same and known is not None else self.data_of(run, spec)
                self._open[run.path] = (stamp, Scene(model_of(run, spec, data), data))
                if len(self._open) > KEPT_OPEN:
                    self._open.popitem(last=False)
            self._open.move_to_end(run.path)
            return self._open[run.path][1]

    def data_of(self, run: Run, spec: TrainSpec) -> Prepared:
        """What a run was or is trained on; a data set that is known by its name is read once for all its runs."""
        return self.prepared(spec) if datasets.kind_of(spec.data) else prepare(spec, run.reader())

    def forget(self, name: str) -> None:
        """A run is another by now, or none."""
        with self._lock, contextlib.suppress(KeyError):
            del self._open[self.runs / name]


def _without_nulls(told: Any) -> Any:
    """What a page has set, however deep: where it says null, nothing is, and TOML has no word for it."""
    if isinstance(told, dict):
        return {name: _without_nulls(value) for name, value in told.items() if value is not None}
    return [_without_nulls(one) for one in told] if isinstance(told, list) else told
