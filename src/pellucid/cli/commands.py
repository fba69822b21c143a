"""The commands by name. Each is read when it is asked for, so that none waits for what others need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

# What the list of them says: the beginnings of their docstrings.
COMMANDS = {
    "train": "Train a network, judge it on held-out data, and keep it.",
    "evaluate": "Judge a trained network on the test part of a data set.",
    "predict": "Predict for the rows of a data set or an .npz file.",
    "write": "Have a network that was trained on a text write on.",
    "summary": "Show how a network was trained, and its layers.",
    "explain": "Show a training step on some rows: forward, loss, backward, update; the network itself stays as it is.",
    "export": "Write a trained network in a form that runs without Pellucid: an ONNX file, a .keras file, PyTorch's "
    "source and weights, a script that needs NumPy alone, or a file of C.",
    "lr": "Look for a learning rate, by trying rates from low to high; say so where the curve does not support one.",
    "report": "Write a report of a finished run: one HTML file that needs nothing else.",
    "tune": "Search for a better network, train the best on all rows but the test's, and keep it.",
    "doctor": "Examine a run, or what is about to be trained: what is wrong, how anyone knows, and what to do.",
    "serve": "Answer over HTTP with what trained networks predict; requests say rows as JSON or CSV, or speak the Open "
    "Inference Protocol.",
    "studio": "Open the studio: a page on which networks are designed, trained, looked into and used, without code.",
    "data": "Data sets.",
}


class Commands(TyperGroup):
    """All of them, as a list tells them; the one that is asked for is read from its file."""

    def __init__(self, **about: Any) -> None:
        super().__init__(**about)
        self.commands = {name: TyperCommand(name, help=said) for name, said in COMMANDS.items()}

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """The one that the words name, whole."""
        name, told, rest = super().resolve_command(ctx, args)
        return name, told if name is None else read(name), rest


def read(name: str) -> Any:
    """A command, whole."""
    found = _found(name)
    if not isinstance(found, typer.Typer):
        alone = typer.Typer(add_completion=False, rich_markup_mode=None, pretty_exceptions_enable=False)
        alone.command(name)(found)
        found = alone
    return get_command(found)


def _found(name: str) -> Callable[..., Any] | typer.Typer:
    """The function that is a command, or several under one name."""
    match name:
        case "train":
            from .train import train_command

            return train_command
        case "evaluate":
            from .apply import evaluate_command

            return evaluate_command
        case "predict":
            from .apply import predict_command

            return predict_command
        case "write":
            from .write import write_command

            return write_command
        case "summary":
            from .apply import summary_command

            return summary_command
        case "explain":
            from .explain import explain_command

            return explain_command
        case "export":
            from .export import export_command

            return export_command
        case "lr":
            from .lr import lr_command

            return lr_command
        case "report":
            from .report import report_command

            return report_command
        case "tune":
            from .tune import tune_command

            return tune_command
        case "doctor":
            from .doctor import doctor_command

            return doctor_command
        case "serve":
            from .serve import serve_command

            return serve_command
        case "studio":
            from .studio import studio_command

            return studio_command
        case _:
            from .data import data_app

            return data_app
