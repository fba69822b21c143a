"""The models that are served, by name and version; a file that changed is taken up again."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..actions.runs import Run
from ..errors import InvalidArgument, PellucidError, Told, nearest
from ..web.refused import Refused
from .served import Served

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
Stamp = tuple[tuple[int, int, int], ...]  # of its files: when written, how large, which one


@dataclass
class Place:
    """Where a model is kept; `served` is replaced in one step, and whoever has the old one goes on with it."""

    path: Path
    served: Served
    stamp: Stamp

    def changed(self) -> Served | None:
        """The model again if its file is another one than it was; None if it is not. Raises PellucidError where the
        new one cannot be opened; the old one is served on, and the new one tried again when it changes once more."""
        stamp = stamp_of(self.path)
        if not stamp or stamp == self.stamp:
            return None
        self.stamp = stamp
        return Served.opened(self.served.name, self.served.version, self.path)


class Shelf:
    """Models by name; those of one name are versions 1, 2, ... in the order in which they were given."""

    def __init__(self, words: Sequence[str]) -> None:
        self.models: dict[str, list[Place]] = {}
        for name, path, is_given in map(_split, words):
            versions = self.models.setdefault(name, [])
            if versions and not is_given:
                fix = f"Write NAME=RUN; {name}={path} makes it version {len(versions) + 1} of {name}."
                raise InvalidArgument("serve, argument RUN", "models of different names", Told(f"two {name}"), fix)
            stamp = stamp_of(path)
            versions.append(Place(path, Served.opened(name, str(len(versions) + 1), path), stamp))
        if not self.models:
            raise InvalidArgument("serve, argument RUN", "at least one run's folder or .keras file", Told("none"))

    @property
    def first(self) -> str:
        """The name of the model that was given first."""
        return next(iter(self.models))

    @property
    def places(self) -> Iterator[Place]:
        """All of them."""
        return (place for versions in self.models.values() for place in versions)

    def get(self, name: str | None = None, version: str | None = None) -> Served:
        """A model: the first one unless named, its latest version unless told. Refused with 404 where there is none."""
        name = self.first if name is None else name
        if name not in self.models:
            near = nearest(name, self.models)
            fix = f"Did you mean {near!r}?" if near else ""
            raise Refused(404, "request, model", f"one of {', '.join(sorted(self.models))}", name, fix)
        versions = {place.served.version: place.served for place in self.models[name]}
        if version is None:
            return [*versions.values()][-1]
        if version not in versions:
            raise Refused(404, f"request, version of model {name!r}", f"one of {', '.join(versions)}", version)
        return versions[version]

    def versions(self, name: str) -> list[str]:
        """The versions of a model."""
        return [place.served.version for place in self.models[name]]

    def latest(self) -> list[Served]:
        """The latest version of each model."""
        return [self.get(name) for name in self.models]


def _split(word: str) -> tuple[str, Path, bool]:
    """(name, path, whether the name was given) of NAME=RUN or RUN."""
    name, given, path = word.partition("=")
    if not (path if given else word).strip():
        fix = "Name one behind the equals sign: NAME=RUN." if given else "Name one."
        raise InvalidArgument("serve, argument RUN", "a run's folder or a .keras file", word, fix)
    if given and NAME.fullmatch(name):
        return name, Path(path), True
    name = Path(word).stem if Path(word).suffix == ".keras" else Path(word).absolute().name
    name = re.sub(r"[^A-Za-z0-9_.-]+", "-", name).strip("-_.")
    return name[:100] or "model", Path(word), False


def stamp_of(path: Path) -> Stamp:
    """What changes when a model's files do; () where they are not there."""
    files = [Run(path).model, Run(path).classes] if path.is_dir() else [path]
    try:
        files[0].stat()
        found = [file.stat() for file in files if file.exists()]
    except OSError:
        return ()
    return tuple((s.st_mtime_ns, s.st_size, s.st_ino) for s in found)


def reload(shelf: Shelf) -> list[str]:
    """Take up what has changed; a line for each that was, or could not be."""
    lines = []
    for place in shelf.places:
        about = f"model {place.served.name}, version {place.served.version}"
        try:
            again = place.changed()
        except PellucidError as problem:
            lines.append(f"{about}: {place.path} has changed, but the model in memory is served on: {problem}")
            continue
        if again is not None:
            place.served = again
            lines.append(f"{about}: taken up again, as {place.path} has changed")
    return lines
