"""`pellucid studio`: design, train and understand a network in the browser."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from typing import Annotated

import typer

from ..studio import Options, studio
from ..studio.options import PASSWORD_VARIABLE
from .working import line

USUAL = Options()


def studio_command(
    start: Annotated[
        str | None,
        typer.Argument(
            help="What to begin with: a data set's name, a table, a spec, or a run's folder.", metavar="DATA"
        ),
    ] = None,
    port: Annotated[int, typer.Option(help="The port to listen on; 0: any that is free.")] = USUAL.port,
    browser: Annotated[bool, typer.Option("--browser/--no-browser", help="Open the page in a browser.")] = True,
    host: Annotated[
        str,
        typer.Option(help="The address to listen on; any that others can reach demands a password and a certificate."),
    ] = USUAL.host,
    password: Annotated[
        str, typer.Option(envvar=PASSWORD_VARIABLE, help="The password that the page asks for.", show_default=False)
    ] = "",
    certificate: Annotated[Path | None, typer.Option(help="A certificate for TLS, a .pem file.")] = None,
    certificate_key: Annotated[Path | None, typer.Option(help="The certificate's private key, a .pem file.")] = None,
    allowed_host: Annotated[
        list[str] | None,
        typer.Option(help="A host name by which the studio may be called; may be given several times."),
    ] = None,
    max_upload: Annotated[int, typer.Option(help="How many bytes may be uploaded in all.")] = USUAL.max_upload,
) -> None:
    """Open the studio: build, train and try networks in the browser.

    \b
    pellucid studio
    pellucid studio people.csv
    """
    options = Options(host, port, password, certificate, certificate_key, tuple(allowed_host or ()), max_upload)
    studio(options, start, line, webbrowser.open if browser else lambda link: None)
