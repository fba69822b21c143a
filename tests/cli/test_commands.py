"""The list of commands, which reads none of them."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pellucid.cli.commands import COMMANDS, read


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_a_command_says_of_itself(name: str):
    beginning = read(name).help.partition("\n\n")[0]
    assert COMMANDS[name] == " ".join(beginning.split())


@pytest.mark.parametrize("word", ["--help", "--version", "trane"])
def test_what_needs_no_command_loads_none(word: str):
    program = (
        "import sys\nfrom pellucid.cli import main\n"
        f"try: main([{word!r}])\nexcept SystemExit: print({{'numpy', 'rich', 'pellucid.actions'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"
