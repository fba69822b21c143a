"""Serve models until the server is stopped."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from ..errors import MissingExtra
from .options import Options
from .shelf import Shelf


def serve(models: Sequence[str], options: Options, log: Callable[[str], object] = print) -> None:
    """Serve models until SIGTERM or Ctrl-C; requests in flight are answered before it returns.

    models: for each a run's folder or a .keras file, or NAME=RUN; a name given again is another version. log: takes the
    lines that are told.
    """
    try:
        from ..web.listening import answer, listening
        from .app import create_app
    except ImportError as problem:
        raise MissingExtra("serve", problem.name or "starlette", "serve") from None
    shelf = Shelf(models)
    with listening(options.door) as (on, address):
        names = ", ".join(f"{name} ({len(places)} versions)" if len(places) > 1 else name
                          for name, places in shelf.models.items())  # fmt: skip
        log(f"Serving {names} on http://{address}")
        answer(
            create_app(shelf, options, log), on, options.timeout, timeout_graceful_shutdown=round(options.timeout) + 1
        )
    log("Stopped; what was asked has been answered.")
