"""Austen: the text of "Pride and Prejudice", 684,707 characters, inside the package.

Source: Jane Austen, "Pride and Prejudice" (1813), in the public domain; see austen.txt beside this file.
"""

from __future__ import annotations

import gzip
from importlib import resources

from ... import checks
from ..text import alphabet, encoded, windows
from .base import Split

TESTED = 0.1  # the end of it


def read() -> str:
    """All of it.

    >>> read()[50:111]
    'It is a truth universally acknowledged, that a single man in '
    """
    with (resources.files(__package__) / "austen.txt.gz").open("rb") as file, gzip.open(file) as content:
        return content.read().decode("ascii")


def characters() -> tuple[str, ...]:
    """Those that occur, as `load_data` numbers them.

    >>> len(characters()), "".join(characters())[-26:]
    (75, 'abcdefghijklmnopqrstuvwxyz')
    """
    return alphabet("austen", read())


def load_data(length: int = 128) -> Split:
    """((x_train, y_train), (x_test, y_test)): windows x (N, length) int32 of characters, and y (N, length), those that
    follow each. The last tenth is for the test.

    >>> (x, y), (x_test, y_test) = load_data()
    >>> x.shape, x_test.shape, bool((x[:, 1:] == y[:, :-1]).all())
    ((4814, 128), (535, 128), True)
    """
    length = checks.integer("austen.load_data, argument length", length, minimum=1)
    text = read()
    x, y = windows(encoded(text, alphabet("austen", text))[0], length)
    first = len(x) - round(TESTED * len(x))
    return (x[:first], y[:first]), (x[first:], y[first:])
