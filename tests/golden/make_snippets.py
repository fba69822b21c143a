"""Golden values of programs written for Keras: what Keras itself leaves in `out`.

Run with Keras on a backend that trains: KERAS_BACKEND=jax python tests/golden/make_snippets.py
Writes snippets.json beside this file; names of snippets after the command: those alone are made anew.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parents[0]))

from compat.snippets import SNIPPETS, run  # noqa: E402

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    path = HERE / "snippets.json"
    before = json.loads(path.read_text("utf-8")) if sys.argv[1:] else {}
    found = {name: before[name] if name in before and name not in sys.argv else run(name, "keras") for name in SNIPPETS}
    lines = ",\n".join(f"{json.dumps(name)}: {json.dumps(out)}" for name, out in found.items())
    path.write_text(f"{{\n{lines}\n}}\n", "utf-8")
