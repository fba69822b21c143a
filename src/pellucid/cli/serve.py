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
    host: Annotated[
        str, typer.Option(help="The address to listen on; any that others can reach demands a key.")
    ] = USUAL.host,
    port: Annotated[int, typer.Option(help="The port to listen on; 0: any that is free.")] = USUAL.port,
    api_key: Annotated[
        str, typer.Option(envvar=KEY_VARIABLE, help="The key that requests must send.", show_default=False)
    ] = "",
    allowed_host: Annotated[
        list[str] | None, typer.Option(help="A host name that requests may use; may be given several times.")
    ] = None,
    max_body: Annotated[int, typer.Option(help="Refuse requests of more bytes.")] = USUAL.max_body,
    max_rows: Annotated[int, typer.Option(help="Refuse requests of more rows.")] = USUAL.max_rows,
    concurrency: Annotated[
        int, typer.Option(help="Refuse requests while so many predictions are in work or waiting.")
    ] = USUAL.concurrency,
    threads: Annotated[
        int, typer.Option(help="How many threads predict; one per processor unless given.", show_default=False)
    ] = USUAL.threads,
    timeout: Annotated[
        float, typer.Option(help="Seconds that a request's body may take to arrive, and again the answer.")
    ] = USUAL.timeout,
    reload: Annotated[
        bool, typer.Option("--reload/--no-reload", help="Open a model again when its file changes.")
    ] = True,
) -> None:
    """Serve the predictions of trained networks over HTTP. Requests send rows as JSON or CSV, or speak the Open
    Inference Protocol.

    pellucid serve runs/titanic digits=runs/digits-1
    """
    options = Options(
        host, port, api_key, tuple(allowed_host or ()), max_body, max_rows, concurrency, threads, timeout, reload
    )
    serve(models, options, line)
