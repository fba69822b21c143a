"""The file of an exported network, put together and written whole."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ... import checks
from ...arrays import Array
from ...errors import DataError, InvalidArgument, Told
from ...files import write_text_whole
from ...tables.attaching import Attached, attached
from ..naming import classes_of
from .columns import fields_of
from .listing import Listing
from .network import write_network
from .spelling import RESERVED
from .writer import FORM, Writing

WHERE = FORM.where


def to_c(
    model: Any, path: str | os.PathLike[str], prefix: str = "model", header: bool = False,
    classes: Sequence[Any] = (), int8: bool = False, data: Any = None,
) -> Path:  # fmt: skip
    """Write a network as one file of C99, and its header where one is asked for; returns the file's path."""
    target = Path(checks.path(f"{WHERE}, argument path", path))
    listing = listing_of(model, prefix, classes, int8, data)
    declared = target.with_suffix(".h")
    if header and declared == target:
        raise InvalidArgument(f"{WHERE}, argument path", "a path that ends in .c, beside its header", str(target))
    written = write_text_whole(target, listing.source(declared.name if header else ""))
    if header:
        write_text_whole(declared, listing.header())
    return written


def listing_of(
    model: Any, prefix: str = "model", classes: Sequence[Any] = (), int8: bool = False, data: Any = None
) -> Listing:
    """The network, written, before it is put together."""
    model.needs_parameters(WHERE)
    model.needs_known_lengths(WHERE)
    if not isinstance(prefix, str) or not re.fullmatch(r"[a-z][a-z0-9_]*", prefix) or prefix in RESERVED:
        raise InvalidArgument(f"{WHERE}, argument prefix", "a name of small letters, digits and _", prefix)
    rows = attached(model)
    fields = fields_of(rows) if rows else []
    names = [str(name) for name in classes_of(WHERE, model, rows, classes)]
    writing = Writing(model.p, model.dtype, prefix, bool(int8))
    network = write_network(writing, model, calibration(model, rows, data) if int8 else None)
    return Listing(model, writing, network, names, rows, fields)


def calibration(model: Any, rows: Attached | None, data: Any) -> list[Array]:
    """The inputs, checked, on which ranges are looked for."""
    where = f"{WHERE}, argument data"
    if data is None:
        raise InvalidArgument(
            where, "rows like those to come, by which int8 chooses its steps", None, "Pass some of the training data."
        )
    if model.dtype != "float32":
        raise InvalidArgument(f"{WHERE}, argument int8", "a model in float32", Told(model.dtype))
    if rows and not (isinstance(data, np.ndarray) and data.dtype.kind == "f"):
        data = rows.encoder.transform(data)
    xs = [x.astype(model.dtype, copy=False) for x in model.as_inputs(data)]
    if not len(xs[0]) or not all(np.isfinite(x).all() for x in xs):
        raise DataError(where, "rows of finite numbers", Told("none" if not len(xs[0]) else "others"))
    return xs
