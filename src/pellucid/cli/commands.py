"""The commands by name. Each is read when it is asked for, so that none waits for what others need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

# What the list of them says: the beginnings of their docstrings.
COMMANDS = {
    "train": "Train a network, test it on data it has not seen, and keep it.",
    "evaluate": "Test a trained network, on its own test data or on yours.",
    "predict": "Predict with a trained network: CSV, a line for each row.",
    "write": "Let a network that was trained on a text write.",
    "summary": "Show how a network was trained, and its layers.",
    "explain": "Show every number of a training step. The network itself does not change.",
    "export": "Write a trained network in a form that runs without Pellucid. The forms are an ONNX file, a .keras "
    "file, PyTorch's source and weights, a script that needs NumPy alone, and a file of C.",
    "lr": "Suggest a learning rate, by trying rates from low to high. Says so if the curve does not support one.",
    "report": "Write a report of a finished run, as one HTML file.",
    "tune": "Search for a better network, on every core. The best is trained on all rows but the test's, and kept.",
    "doctor": "Say what is wrong with a training, and what to do about it.",
    "serve": "Serve the predictions of trained networks over HTTP. Requests send rows as JSON or CSV, or speak the "
    "Open Inference Protocol.",
    "studio": "Open the studio: build, train and try networks in the browser.",
    "data": "List the data sets, look at a table, or write one to try.",
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
