"""The file of an exported network, checked and written whole."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ... import checks
from ...errors import LONGEST, InvalidArgument, Told, TooLarge
from ...files import write_whole
from .network import model_proto, package
from .writer import FORM

WHERE = FORM.where

LARGEST = (1 << 31) - 1  # bytes of a protobuf message


def to_onnx(model: Any, path: str | os.PathLike[str], opset: int | None = None, classes: Sequence[Any] = ()) -> Path:
    """Write a network as one ONNX file, which has been looked through by onnx's own checker; returns its path.

    opset: the set of operators, from 23 to the newest that is known. classes: their names, kept in the file's metadata.
    """
    target = Path(checks.path(f"{WHERE}, argument path", path))
    proto = model_proto(model, opset, classes)
    if proto.ByteSize() > LARGEST:
        raise TooLarge(f"{WHERE}, {target}", "a model under 2 GiB", Told(f"{proto.ByteSize():,} bytes"))
    onnx = package(WHERE)
    try:
        onnx.checker.check_model(proto, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError) as problem:
        told = Told(" ".join(str(problem).split())[:LONGEST])
        raise InvalidArgument(
            f"{WHERE}, model {model.name!r}", "a network that onnx's checker passes", told
        ) from problem
    content = proto.SerializeToString(deterministic=True)
    return write_whole(target, lambda file: file.write(content))
