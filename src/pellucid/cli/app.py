"""The commands. Each parses its words into a spec, calls an action, and shows what came out."""

from __future__ import annotations

import io
import os
import sys
import traceback
import warnings
from functools import partial
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from typer.exceptions import TyperException

from ..__about__ import version
from ..actions import apply
from ..actions.runs import find, open_model
from ..actions.spec import TrainSpec
from ..actions.train import Event, Finished, Started, resume, train
from ..errors import FileError, InvalidArgument, PellucidError, Told
from ..files import write_text_whole
from ..tables import read_table
from ..tables.columns import understand
from ..tables.example import pumps
from ..training.distribution import follows
from ..training.sure_faults import DesignWarning
from . import doctor, explain, export, lr, report, serve, show, studio, tune
from .options import Source, option, spec_of
from .show import count
from .working import Working

app = typer.Typer(
    name="pellucid",
    help="Neural networks you can see through: train, evaluate, predict.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
data_app = typer.Typer(help="Data sets.", no_args_is_help=True)
app.add_typer(data_app, name="data")

Path_ = Annotated[Path, typer.Argument(help="A run's folder, or a .keras file.", metavar="RUN")]
Data = Annotated[
    str | None,
    typer.Argument(
        help="A data set's name, a table or an .npz file; unless given, the rows that the run was tested on."
    ),
]
INTERRUPTED = 130  # the shell's code for Ctrl-C
READER_GONE = 141  # and for writing into a pipe that nobody reads


@app.command("train")
def train_command(
    data: Source = None,
    target: Annotated[list[str] | None, option("target")] = None,
    drop: Annotated[list[str] | None, option("drop")] = None,
    keep: Annotated[list[str] | None, option("keep")] = None,
    split_by: Annotated[str | None, option("split_by")] = None,
    split_time: Annotated[str | None, option("split_time")] = None,
    layers: Annotated[str | None, option("layers")] = None,
    activation: Annotated[str | None, option("activation")] = None,
    optimizer: Annotated[str | None, option("optimizer")] = None,
    learning_rate: Annotated[float | None, option("learning_rate")] = None,
    schedule: Annotated[str | None, option("schedule")] = None,
    batch_size: Annotated[int | None, option("batch_size")] = None,
    epochs: Annotated[int | None, option("epochs")] = None,
    until_converged: Annotated[bool | None, option("until_converged", "--until-converged/--all-epochs")] = None,
    patience: Annotated[int | None, option("patience")] = None,
    frequencies: Annotated[int | None, option("frequencies")] = None,
    dropout: Annotated[float | None, option("dropout")] = None,
    l1: Annotated[float | None, option("l1")] = None,
    l2: Annotated[float | None, option("l2")] = None,
    batch_norm: Annotated[bool | None, option("batch_norm", "--batch-norm/--no-batch-norm")] = None,
    scale: Annotated[str | None, option("scale")] = None,
    task: Annotated[str | None, option("task")] = None,
    loss: Annotated[str | None, option("loss")] = None,
    validation_split: Annotated[float | None, option("validation_split")] = None,
    seed: Annotated[int | None, option("seed")] = None,
    out: Annotated[Path | None, typer.Option(help="The run's folder; runs/DATA-N unless given.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace the run that is in --out.")] = False,
    resume_run: Annotated[
        Path | None,
        typer.Option("--resume", metavar="RUN", help="Go on with an interrupted run, to the same bits."),
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress.")] = False,
) -> None:
    """Train a network, judge it on held-out data, and keep it.

    pellucid train digits --layers 128,64 --dropout 0.2
    """
    words = dict(locals())
    quiet = quiet or follows()
    verbose = 0 if quiet else 1
    if resume_run is not None:
        options = [name for name in TrainSpec.model_fields if words.get(name) is not None]
        given = [*options, *(["out"] if out else []), *(["force"] if force else [])]
        if given:
            raise InvalidArgument(
                "--resume", "no other option, as the run's spec.toml says them all", Told(", ".join(given))
            )
        with Working("The data are read", quiet) as working:
            resume(resume_run, on_event=partial(_show, working), verbose=verbose)
        return
    spec = spec_of(words, "train")
    with Working("The data are read", quiet) as working:
        train(spec, out=out, force=force, on_event=partial(_show, working), verbose=verbose)


def _show(working: Working, event: Event) -> None:
    working.end()
    if isinstance(event, Started):
        show.started(event)
    elif isinstance(event, Finished):
        show.judged(event.metrics)
        show.kept(event.run)


@app.command()
def evaluate(run: Path_, data: Data = None) -> None:
    """Judge a trained network on the test part of a data set."""
    with Working("The network is judged"):
        metrics = apply.evaluate(run, data)
    show.judged(metrics)


@app.command()
def predict(
    run: Path_,
    data: Data = None,
    out: Annotated[Path | None, typer.Option(help="Write all predictions to this CSV file.")] = None,
    rows: Annotated[int, typer.Option(min=1, help="How many to print.")] = 10,
) -> None:
    """Predict for the rows of a data set or an .npz file."""
    with Working("The network predicts"):
        found = apply.predicted(run, data)
        if out is not None:
            written = apply.write_predictions(out, found)
        else:
            found, total = apply.first_of(found, rows)
    if out is not None:
        show.line(f"{count(written, 'prediction')} in {out}")
    else:
        show.predictions(found, total)


@app.command()
def summary(run: Path_) -> None:
    """Show how a network was trained, and its layers."""
    if run.is_dir():
        show.spec(find(run).read_spec())
    open_model(run)[0].summary()


app.command("explain")(explain.explain_command)
app.command("export")(export.export_command)
app.command("lr")(lr.lr_command)
app.command("report")(report.report_command)
app.command("tune")(tune.tune_command)
app.command("doctor")(doctor.doctor_command)
app.command("serve")(serve.serve_command)
app.command("studio")(studio.studio_command)


@data_app.command("list")
def data_list() -> None:
    """Show the data sets."""
    show.catalogue()


@data_app.command("example")
def data_example(
    out: Annotated[Path, typer.Argument(help="The file to write.", metavar="FILE")] = Path("pumps.csv"),
) -> None:
    """Write a table to try things with: readings of pumps, made up, free for any use (CC0).

    \b
    pellucid data example
    pellucid train pumps.csv
    """
    text = pumps()
    if out.exists() and out.read_bytes() != text.encode():
        raise FileError(f"writing {out}", "a new file", Told("one that is there already"), "Name another.")
    write_text_whole(out, text)
    show.line(f"{count(len(text.splitlines()) - 1, 'row')} in {out}: train on them with pellucid train {out}")


@data_app.command("show")
def data_show(table: Annotated[str, typer.Argument(help="A table, such as people.csv.", metavar="TABLE")]) -> None:
    """Show what each column of a table is taken for.

    pellucid data show people.csv
    """
    found = read_table(table)
    show.columns(found, understand(found))


@app.callback(invoke_without_command=True)
def about(
    show_version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False,
    debug: Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")] = False,
) -> None:
    """Neural networks you can see through: train, evaluate, predict."""
    if show_version:
        show.line(f"pellucid {version}")
        raise typer.Exit


def _reader_gone() -> NoReturn:
    """Whoever read the output went away."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    if show.begun():
        show.interrupted()
    sys.exit(READER_GONE)


def main(words: list[str] | None = None) -> None:
    """Run a command. An error is one line and exit code 2; --debug shows where it came from."""
    words = sys.argv[1:] if words is None else words
    words = words or ["--help"]
    debug = "--debug" in words
    words = ["--debug", *(w for w in words if w != "--debug")] if debug else words
    _speak_plainly()
    try:
        code = app(words, prog_name="pellucid", standalone_mode=False) or 0
        if code == INTERRUPTED:
            raise KeyboardInterrupt
        sys.exit(code)
    except TyperException as problem:
        show.error(f"Error: {problem.format_message()} See: pellucid --help")
        sys.exit(2)
    except (typer.Abort, KeyboardInterrupt):
        show.interrupted()
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _reader_gone()
    except SystemExit:
        if type(sys.stdout).__name__ == "PacifyFlushWrapper":  # Typer's answer to a broken pipe within a command
            _reader_gone()
        raise
    except (PellucidError, OSError, MemoryError) as problem:
        if debug:
            traceback.print_exc()
        show.error(f"Error: {problem}" if str(problem) else f"Error: {type(problem).__name__}")
        sys.exit(2)


def _speak_plainly() -> None:
    """A terminal that lacks a letter gets a stand-in for it; a warning is one line, but none says what the doctor does
    before training."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="replace")
    warnings.simplefilter("ignore", DesignWarning)
    warnings.showwarning = lambda message, *_, **__: show.error(f"Warning: {message}")
