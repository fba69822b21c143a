"""A request that is not answered: an HTTP status, and one sentence."""

from __future__ import annotations

from typing import Any

from ..errors import FileError, PellucidError, TooLarge


class Refused(PellucidError):
    """Refused with this status.

    >>> str(Refused(413, "request, body", "at most 10 bytes", 11))
    'request, body: expected at most 10 bytes, got 11.'
    """

    def __init__(self, status: int, where: str, expected: str = "", got: Any = "", fix: str = "") -> None:
        super().__init__(where, expected, got, fix)
        self.status = status


def status_of(problem: PellucidError) -> int:
    """What a request is answered with that made the library raise this: 400 where it cannot be read, 422 where it can
    but does not fit the model.

    >>> from pellucid.errors import DataError
    >>> status_of(DataError("request, row 0", "a number", "x")), status_of(Refused(404, "model"))
    (422, 404)
    """
    if isinstance(problem, Refused):
        return problem.status
    if isinstance(problem, TooLarge):
        return 413
    return 400 if isinstance(problem, FileError) else 422
