"""`pellucid serve`: trained networks over HTTP."""

from __future__ import annotations

from typing import Annotated

import typer

from ..serving import Options, serve
from ..serving.options import KEY_VARIABLE
from .working import line

USUAL = Options()


def serve_command(
    models: Annotated[
        list[str], typer.Argument(help="A run's folder or a .keras file, or NAME=RUN.", metavar="RUN...")
    ],
    host: Annotated[str, typer.Option(help="Where to listen; elsewhere than here a key is demanded.")] = USUAL.host,
    port: Annotated[int, typer.Option(help="0: any that is free.")] = USUAL.port,
    api_key: Annotated[
        str, typer.Option(envvar=KEY_VARIABLE, help="What requests must bring.", show_default=False)
    ] = "",
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="A name by which the server may be called; may be repeated.")
    ] = None,
    max_body: Annotated[int, typer.Option(help="The most bytes of a request.")] = USUAL.max_body,
    max_rows: Annotated[int, typer.Option(help="The most rows of a request.")] = USUAL.max_rows,
    concurrency: Annotated[int, typer.Option(help="The most predictions in work or waiting.")] = USUAL.concurrency,
    threads: Annotated[
        int, typer.Option(help="That predict; as many as processors unless given.", show_default=False)
    ] = USUAL.threads,
    timeout: Annotated[float, typer.Option(help="Seconds for a body to come, and again to answer.")] = USUAL.timeout,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Take up a model again when its file changes.")
    ] = True,
) -> None:
    """Answer over HTTP with what trained networks predict; requests say rows as JSON or CSV, or speak the Open
    Inference Protocol.

    pellucid serve runs/titanic digits=runs/digits-1
    """
    options = Options(
        host, port, api_key, tuple(allowed_host or ()), max_body, max_rows, concurrency, threads, timeout, reload
    )
    serve(models, options, line)
