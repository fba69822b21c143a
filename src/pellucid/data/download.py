"""Files fetched once from a mirror, checked against a known sum, and kept in a cache folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..errors import FileError, Told


def fetch(name: str, known_hash: str, mirrors: Sequence[str], folder: Path, where: str, fix: str) -> Path:
    """The file `name` in `folder`, downloaded from the first mirror that has it if it is not there or is damaged.

    `known_hash` is "sha256:..." or another that pooch knows. The file is put in place only once its sum is right.
    """
    import pooch  # type: ignore[import-untyped]  # here, so that importing the library stays quick

    failures = []
    for mirror in mirrors:
        try:
            return Path(pooch.retrieve(mirror + name, known_hash, fname=name, path=folder))
        except (OSError, ValueError) as problem:  # requests' errors are OSErrors; a wrong sum is a ValueError
            failures.append(f"{mirror} ({_reason(problem)})")
    raise FileError(where, f"{name} from a mirror", Told("; ".join(failures)), fix)


def _reason(problem: Exception) -> str:
    """A failed download in a few words: the errors' own texts run over several lines."""
    response = getattr(problem, "response", None)
    if response is not None:
        return f"status {response.status_code}"
    if not isinstance(problem, OSError):
        return "a file with another sum: damaged or not the original"
    return problem.strerror or type(problem).__name__
