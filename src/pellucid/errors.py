"""Every error the library raises on purpose: one tree, one sentence.

PellucidError
├── InvalidArgument (ValueError)      a value outside what an argument allows
│   └── UnknownName                   a name that nothing answers to; tells the nearest one
│       └── UnknownArgument (TypeError)   an argument that a part does not take
├── WrongType (TypeError, ValueError) a value of the wrong kind
├── ShapeError (ValueError)           an array whose shape does not fit
├── DataError (ValueError)            data that cannot be learned from: empty, NaN, labels out of range
├── NotReady (ValueError, RuntimeError)   fit before compile, predict before build
├── NonFinite (ArithmeticError)       a loss that became NaN or infinite, traced to its layer
├── TooLarge (MemoryError)            arrays that do not fit into memory
├── FileError (OSError, ValueError)   a file that is missing, truncated, foreign, or cannot be written
└── MissingExtra (ImportError)        an optional package that is not installed
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LONGEST = 100  # characters of a value that an error shows


class PellucidError(Exception):
    """Says where it happened, what was expected, what came, and what to do.

    >>> print(InvalidArgument("Dense, argument units", "a positive integer", -3, "Pass Dense(64)."))
    Dense, argument units: expected a positive integer, got -3. Pass Dense(64).
    """

    def __init__(self, where: str, expected: str = "", got: Any = "", fix: str = "") -> None:
        self.where, self.expected, self.got, self.fix = where, expected, got, fix
        super().__init__(where, expected, got, fix)

    def __str__(self) -> str:
        sentence = self.where
        if self.expected:
            sentence += f": expected {self.expected}"
        if not (isinstance(self.got, str) and self.got == ""):
            came = self.got if isinstance(self.got, Told) else shown(self.got)
            sentence += f", got {came}"
        sentence = sentence.rstrip(".") + "."
        return f"{sentence} {self.fix}" if self.fix else sentence


class Told(str):
    """What came, already in words: printed as it stands, where any other value is shown by its repr."""


class InvalidArgument(PellucidError, ValueError):
    """A value outside what an argument allows."""


class UnknownName(InvalidArgument):
    """A name that nothing answers to.

    >>> print(UnknownName("Dense, argument activation", "relo", ["relu", "tanh"]))
    Dense, argument activation: expected one of relu, tanh, got 'relo'. Did you mean 'relu'?
    """

    def __init__(self, where: str, name: str, known: Iterable[str], fix: str = "") -> None:
        known = sorted(set(known))
        near = nearest(name, known)
        hint = f"Did you mean {near!r}?" if near else ""
        expected = "one of " + ", ".join(known) if len(known) <= 40 else f"one of {len(known)} known names"
        super().__init__(where, expected, name or Told("''"), " ".join(filter(None, (hint, fix))))
        self.nearest, self.known = near, known

    def __reduce__(self) -> Any:
        return (PellucidError.__new__, (type(self),), self.__dict__)


class UnknownArgument(UnknownName, TypeError):
    """An argument that a part does not take; Python itself raises a bare TypeError for it."""


class WrongType(PellucidError, TypeError, ValueError):
    """A value of the wrong kind: a TypeError, as Python has it, and the ValueError that Keras raises for many of them.

    >>> issubclass(WrongType, TypeError), issubclass(WrongType, ValueError)
    (True, True)
    """


class ShapeError(PellucidError, ValueError):
    """An array whose shape does not fit where it was sent."""


class DataError(PellucidError, ValueError):
    """Data that cannot be learned from."""


class NotReady(PellucidError, ValueError, RuntimeError):
    """A step taken before the one it needs."""


class NonFinite(PellucidError, ArithmeticError):
    """A number that became NaN or infinite during training."""


class TooLarge(PellucidError, MemoryError):
    """Arrays that do not fit into memory."""


class FileError(PellucidError, OSError, ValueError):
    """A file that is missing, truncated, foreign, or that could not be written."""

    def __str__(self) -> str:  # OSError has a __str__ of its own, which knows errno only
        return PellucidError.__str__(self)


class MissingExtra(PellucidError, ImportError):
    """An optional package that is not installed.

    >>> print(MissingExtra("plots", "matplotlib", "plot"))
    plots: expected the package matplotlib, which is not installed. Run: pip install 'pellucid[plot]'
    """

    def __init__(self, where: str, package: str, extra: str) -> None:
        super().__init__(
            where, f"the package {package}, which is not installed", fix=f"Run: pip install 'pellucid[{extra}]'"
        )

    def __reduce__(self) -> Any:
        return (PellucidError.__new__, (type(self),), self.__dict__)


class DesignWarning(UserWarning):
    """A network that cannot learn as it is designed."""


def shown(value: Any) -> str:
    """A value as an error shows it: on one line, and cut short.

    >>> shown(list(range(1000)))
    '[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, …'
    """
    text = " ".join(repr(value).split())
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 2]} …"


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that a misspelt one most likely meant, or None.

    >>> nearest("Relu", ["relu", "tanh"])
    'relu'
    """
    import difflib  # here, so that importing the library stays quick

    folded = {k.lower(): k for k in known}
    found = difflib.get_close_matches(str(name).lower(), folded, n=1, cutoff=0.5)
    return folded[found[0]] if found else None


def count(n: int, one: str, many: str = "") -> str:
    """A number of things.

    >>> count(1, "row"), count(2000, "row"), count(2, "window of rows")
    ('1 row', '2,000 rows', '2 windows of rows')
    """
    what, of, rest = one.partition(" of ")
    return f"{n:,} {one if n == 1 else many or what + 's' + of + rest}"


def of_others(value: Any) -> str:
    """What to do about a part of another library where one of ours belongs; "" for any other value."""
    package = type(value).__module__.partition(".")[0]
    if package not in ("keras", "tf_keras", "tensorflow", "torch"):
        return ""
    return f"This one is of the package {package}: import the one of pellucid."
