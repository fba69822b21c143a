"""The command `pellucid`: what all its commands have in common. Each parses its words into a spec, calls an action, and
shows what came out."""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from ..__about__ import version
from ..errors import DesignWarning, InvalidArgument, PellucidError, Told
from ..machine import asked
from . import ending
from .commands import Commands

ABOUT = """Neural networks you can see through: train, inspect and use them.

\b
pellucid train digits         learns to read handwritten digits
pellucid train people.csv     learns from a table of yours
pellucid studio               the same in the browser, without code
"""
app = typer.Typer(
    name="pellucid",
    cls=Commands,
    help=ABOUT,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
READER_GONE = 141  # and for writing into a pipe that nobody reads


@app.callback(invoke_without_command=True)
def about(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """What stands before any command, and what all of them have in common."""
    if show_version:
        print(f"pellucid {version}")
        raise typer.Exit
    asked.threads(), asked.width(), asked.definition()  # what they would refuse is told before anything begins


def _reader_gone() -> NoReturn:
    """Whoever read the output went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if ending.begun:
        ending.interrupted()
    sys.exit(READER_GONE)


def main(words: list[str] | None = None) -> None:
    """Run a command. An error is one line and exit code 2; --debug shows where it came from."""
    words = sys.argv[1:] if words is None else words
    words = words or ["--help"]
    debug = "--debug" in words
    words = ["--debug", *(w for w in words if w != "--debug")] if debug else words
    _speak_plainly()
    try:
        _refuse_no_name(words)
        code = app(words, prog_name="pellucid", standalone_mode=False) or 0
        if code == ending.INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code)
    except TyperException as problem:
        ctx = getattr(problem, "ctx", None)
        ending.error(f"Error: {problem.format_message()} See: {ctx.command_path if ctx else 'pellucid'} --help")
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        ending.interrupted()
        sys.exit(ending.INTERRUPTED)
    except BrokenPipeError:
        _reader_gone()
    except SystemExit:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # Typer's answer to a broken pipe within a command
            _reader_gone()
        raise
    except (PellucidError, OSError, MemoryError) as problem:
        if debug:
            traceback.print_exc()
        ending.error(f"Error: {problem}" if str(problem) else f"Error: {type(problem).__name__}")
        sys.exit(2)


def _refuse_no_name(words: list[str]) -> None:
    """An empty name, such as that of a variable which is not set, would be the folder one stands in."""
    for option, word in zip(words, [*words[1:], None], strict=True):
        if option in ("--out=", "--resume=") or (option in ("--out", "--resume") and word == ""):
            raise InvalidArgument(option.rstrip("="), "a name", Told("none"))


def _speak_plainly() -> None:
    """A terminal that lacks a letter gets a stand-in for it; a warning is one line, but none says what the doctor does
    before training."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors in ("strict", "surrogateescape"):
            stream.reconfigure(errors="replace")
    warnings.simplefilter("ignore", DesignWarning)
    warnings.showwarning = lambda message, *_, **__: ending.error(f"Warning: {message}")
