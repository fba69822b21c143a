"""A cache for tests that start the program: nothing of the user's lies there, and kernels are compiled into it once."""

from __future__ import annotations

import atexit
import shutil
import tempfile

CACHE = tempfile.mkdtemp(prefix="pellucid-tests-")
atexit.register(shutil.rmtree, CACHE, ignore_errors=True)
