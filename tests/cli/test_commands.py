"""The list of commands, which reads none of them."""

from __future__ import annotations

import subprocess
import sys

import pytest
from typer.testing import CliRunner

from pellucid.cli.app import app
from pellucid.cli.commands import COMMANDS, read


@pytest.mark.parametrize("name", COMMANDS)
def test_the_list_says_what_a_command_says_of_itself(name: str):
    beginning = read(name).help.partition("\n\n")[0]
    assert COMMANDS[name] == " ".join(beginning.split())


def test_the_list_cuts_no_sentence_short_on_a_terminal_of_80_columns():
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "80"}).stdout.partition("Commands:\n")[2].splitlines()
    assert [line.split()[0] for line in shown] == list(COMMANDS)
    assert [line for line in shown if not line.endswith(".") or line.endswith("...")] == []


@pytest.mark.parametrize("word", ["--help", "--version", "trane"])
def test_what_needs_no_command_loads_none(word: str):
    program = (
        "import sys\nfrom pellucid.cli import main\n"
        f"try: main([{word!r}])\nexcept SystemExit: print({{'numpy', 'rich', 'pellucid.actions'}} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_ctrl_c_is_answered_in_a_line_while_commands_are_loaded():
    program = """
import sys
class Now:
    def find_spec(self, name, *_):
        if name == "typer":
            raise KeyboardInterrupt
sys.meta_path.insert(0, Now())
from pellucid.cli import main
main(["--help"])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "Interrupted; all files are whole.\n")
