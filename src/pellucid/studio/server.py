"""Open the studio, and close it without leaving anything behind."""

from __future__ import annotations

import gc
import signal
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import MissingExtra
from ..web.door import is_loopback
from .options import Options

if TYPE_CHECKING:
    from .answers import Answers


def studio(
    options: Options | None = None,
    start: str | None = None,
    log: Callable[[str], object] = print,
    opened: Callable[[str], object] = lambda link: None,
) -> None:
    """Serve the page until SIGTERM or Ctrl-C; trainings that run are saved then, and can be resumed.

    start: what the page begins with: a data set's name, a file of data, a spec, or a run's folder. log: takes the lines
    that are told. opened: takes the link, once it answers.
    """
    options = options or Options()
    try:
        from ..web.listening import answer, listening
        from .app import create_app
    except ImportError as problem:
        raise MissingExtra("studio", problem.name or "starlette", "studio") from None
    if find_spec("websockets") is None:  # which uvicorn would miss only when a page comes
        raise MissingExtra("studio", "websockets", "studio")
    problems: list[BaseException] = []

    def failed(problem: BaseException) -> None:
        problems.append(problem)
        signal.raise_signal(signal.SIGTERM)

    with listening(options.door) as (on, address):
        link = f"{'https' if options.is_secret else 'http'}://{address}/{options.fragment}"
        log(f"The studio is at {link}\nCtrl-C ends it; trainings are saved then, and can be resumed.")
        secret: dict[str, Any] = {}
        if options.is_secret:
            secret = {"ssl_certfile": options.certificate, "ssl_keyfile": options.certificate_key}
        answer(
            create_app(options, lambda: answers(options, start), lambda: opened(link), failed),
            on, options.timeout, ws="websockets-sansio", ws_max_size=1 << 20, timeout_graceful_shutdown=2,
            ws_per_message_deflate=not is_loopback(options.host),  # it takes longer than a way within the machine
            **secret,
        )  # fmt: skip
    if problems:
        raise problems[0]
    log("The studio is closed.")


def answers(options: Options, start: str | None) -> Answers:
    """What answers the page; the library is loaded for it, while the browser reads the page. What is loaded stays, so
    that nothing is looked for in it that could be cleared away, neither now nor later."""
    gc.disable()
    try:
        from .answers import Answers
        from .desk import Desk

        return Answers(Desk(options, Path.cwd(), start))
    except ImportError as problem:
        raise MissingExtra("studio", problem.name or "starlette", "studio") from None
    finally:
        gc.freeze()
        gc.enable()
