"""Run the tutorials and keep what they show: python docs/tutorials/execute.py, with nbclient and ipykernel installed.

The times that a run leaves are taken out, so that what changes is what the reader sees.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import nbformat
from nbclient import NotebookClient


def main(names: list[str]) -> None:
    here = Path(__file__).parent
    for path in [here / name for name in names] or sorted(here.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        with tempfile.TemporaryDirectory() as folder:
            NotebookClient(notebook, timeout=600, resources={"metadata": {"path": folder}}).execute()
        for cell in notebook.cells:
            cell.metadata.pop("execution", None)
        nbformat.write(notebook, path)


if __name__ == "__main__":
    main(sys.argv[1:])
