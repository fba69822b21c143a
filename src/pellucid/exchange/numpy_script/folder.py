"""The folder of an exported network: network.py and network.npz, each written whole."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np

from ... import checks
from ...errors import FileError, Told
from ...files import allowed, write_text_whole, write_whole
from .script import MARK, write_script

NAME = "network"


def to_numpy(model: Any, folder: str | os.PathLike[str], force: bool = False) -> Path:
    """Write a network as a script that needs NumPy alone: folder/network.py, its weights beside it in network.npz.

    The script holds forward, backward, the loss, the optimizer and the loop of training for this one network, in
    plain NumPy, to be read; it predicts what the model predicts, and goes on training where the model stands.
    A folder that holds anything else than an earlier export is left alone unless `force`, which replaces these two
    files and nothing besides. Returns the script's path.
    """
    target = Path(checks.path("to_numpy, argument folder", folder))
    model.needs_parameters("to_numpy")
    model.needs_known_lengths("to_numpy")
    text, arrays = write_script(model, NAME)
    if not force:
        _must_be_free(target)
    with allowed(f"to_numpy, {target}", "a folder that can be written"):
        target.mkdir(parents=True, exist_ok=True)
    write_whole(target / f"{NAME}.npz", lambda file: np.savez(file, **arrays))  # type: ignore[arg-type]
    return write_text_whole(target / f"{NAME}.py", text)


def _must_be_free(folder: Path) -> None:
    """Refuse a folder that holds what no export has written."""
    try:
        found = sorted(entry.name for entry in folder.iterdir()) if folder.is_dir() else []
        script = folder / f"{NAME}.py"
        first = script.read_text("utf-8").split("\n", 1)[0] if script.is_file() else ""
    except (OSError, UnicodeDecodeError) as problem:
        raise FileError(f"to_numpy, {folder}", "a folder that can be read", Told(str(problem))) from problem
    ours = (f"{NAME}.npz", f"{NAME}.py", "__pycache__", "classes.json")
    foreign = [name for name in found if name not in ours]
    if found and MARK not in first:
        foreign = foreign or found
    if foreign:
        raise FileError(
            f"to_numpy, {folder}", "a new or empty folder, or one with an earlier export", Told(", ".join(foreign[:3])),
            f"Choose another folder, or force it (force=True, --force) to replace {NAME}.py and {NAME}.npz in it.",
        )  # fmt: skip
