"""Caches for tests that start programs: nothing of the user's lies there but machine code, which takes long to make."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from pellucid.files import cache_folder
from pellucid.machine.library import library

CACHE = tempfile.mkdtemp(prefix="pellucid-tests-")
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
(cache_folder() / "machine").mkdir(parents=True, exist_ok=True)
(Path(CACHE) / "machine").symlink_to(cache_folder() / "machine")


def lacking(kernel: str, cache: Path) -> Path:
    """This folder as a cache that has all kernels that were compiled so far, but this one."""
    folder = library().folder
    shutil.copytree(folder, cache / "machine" / folder.name, ignore=shutil.ignore_patterns(f"{kernel}.code", ".*"))
    return cache
