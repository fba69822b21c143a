"""Listen, answer, and stop without breaking off."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable, Sequence

from ..errors import FileError, MissingExtra, Told
from .options import Options
from .shelf import Shelf

MOST_CONNECTIONS = 1000  # beyond which connections are answered 503
BACKLOG = 1024  # connections that wait to be accepted
KEPT_OPEN = 15  # seconds, a connection on which nothing is asked


def serve(models: Sequence[str], options: Options, log: Callable[[str], object] = print) -> None:
    """Serve models until SIGTERM or Ctrl-C; requests in flight are answered before it returns.

    models: for each a run's folder or a .keras file, or NAME=RUN; a name given again is another version. log: takes the
    lines that are told.
    """
    try:
        import uvicorn

        from .app import create_app
        from .connection import Connection
    except ImportError as problem:
        raise MissingExtra("serve", problem.name or "starlette", "serve") from None
    shelf = Shelf(models)
    listening = _listening(options)
    config = uvicorn.Config(
        create_app(shelf, options, log), log_level="warning", access_log=False, lifespan="on", ws="none",
        server_header=False, date_header=True, limit_concurrency=MOST_CONNECTIONS, timeout_keep_alive=KEPT_OPEN,
        timeout_graceful_shutdown=round(options.timeout) + 1, proxy_headers=False,
        http=Connection.with_patience(options.timeout),
    )  # fmt: skip
    host = f"[{options.host}]" if ":" in options.host else options.host
    names = ", ".join(f"{name} ({len(places)} versions)" if len(places) > 1 else name
                      for name, places in shelf.models.items())  # fmt: skip
    log(f"Serving {names} on http://{host}:{listening.getsockname()[1]}")
    stops = (signal.SIGTERM, signal.SIGINT)
    before = [signal.signal(stop, lambda number, frame: None) for stop in stops]  # uvicorn raises its signal once more
    try:
        uvicorn.Server(config).run(sockets=[listening])
    finally:
        for stop, handler in zip(stops, before, strict=True):
            signal.signal(stop, handler)
        listening.close()
    log("Stopped; what was asked has been answered.")


def _listening(options: Options) -> socket.socket:
    """A socket that listens."""
    where = f"serve, {options.host} port {options.port}"
    try:
        family = socket.getaddrinfo(options.host, options.port, type=socket.SOCK_STREAM)[0][0]
        made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # told of TCP, asyncio sends at once
        try:
            made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            made.bind((options.host, options.port))
            made.listen(BACKLOG)
        except BaseException:
            made.close()
            raise
        return made
    except OSError as problem:
        fix = "Choose another --port, or --port 0 for any that is free."
        raise FileError(where, "an address to listen on", Told(problem.strerror or str(problem)), fix) from problem
