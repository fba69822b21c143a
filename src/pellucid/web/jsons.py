"""JSON as strictly as its standard has it, and back."""

from __future__ import annotations

import json
from json import JSONDecodeError
from typing import Any, NoReturn

from ..arrays import Array
from ..errors import Told
from .refused import Refused


def parsed(body: bytes) -> Any:
    """What a body says. Refused: what is not UTF-8 or not JSON, NaN and its like, a key twice, half a letter.

    >>> parsed(b'{"age": 22}')
    {'age': 22}
    """
    try:
        text = body.decode("utf-8")
        if text.startswith("\ufeff"):
            raise _malformed("a UTF-8 BOM at its beginning")
        found = READER.decode(text)
        if "\\" in text and "\\ud" in text.lower():
            WRITER.encode(found).encode("utf-8")  # half a letter cannot be written
    except JSONDecodeError as problem:
        raise _malformed(f"{problem.msg.lower()} at line {problem.lineno}, column {problem.colno}") from None
    except RecursionError:
        raise _malformed("lists within lists too deep to be read") from None
    except UnicodeDecodeError as problem:
        raise _malformed(f"a byte that is not UTF-8 at position {problem.start}") from None
    except UnicodeEncodeError:
        raise _malformed("half of a surrogate pair") from None
    except ValueError:  # Python's own limit
        raise _malformed("a whole number of more than 4,300 digits") from None
    return found


def _constant(name: str) -> NoReturn:
    raise _malformed(name, "Write null for a missing value.")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for i, name in enumerate(names) if name in names[:i])
        raise _malformed(f"the key {twice[:60]!r} twice in one object")
    return made


def _malformed(told: str, fix: str = "") -> Refused:
    return Refused(400, "request, body", "JSON in UTF-8", Told(told), fix)


READER = json.JSONDecoder(parse_constant=_constant, object_pairs_hook=_object)
WRITER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def written(value: Any) -> bytes:
    """A value as JSON."""
    return WRITER.encode(value).encode("utf-8")


def plain(array: Array) -> Any:
    """An array as lists, each float by the fewest digits that tell it.

    >>> import numpy as np
    >>> plain(np.array([[0.1, 1.0]], np.float32)), plain(np.array([3]))
    ([[0.1, 1.0]], [3])
    """
    if array.dtype.kind == "f" and array.dtype.itemsize < 8:
        return array.astype("S32").astype("float64").tolist()
    return array.tolist()
