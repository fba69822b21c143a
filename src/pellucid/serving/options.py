"""How a server listens, and what it refuses."""

from __future__ import annotations

import ipaddress
import os
from dataclasses import dataclass

from .. import checks
from ..errors import InvalidArgument, Told

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
KEY_VARIABLE = "PELLUCID_API_KEY"
SHORTEST_KEY = 16


@dataclass(frozen=True)
class Options:
    """What `pellucid serve` is told besides its models.

    >>> Options().is_open
    True
    >>> Options(host="0.0.0.0")
    Traceback (most recent call last):
    pellucid.errors.InvalidArgument: serve, --host: expected an API key where others than this machine may come, \
got none. Set the variable PELLUCID_API_KEY, or pass --api-key.
    """

    host: str = "127.0.0.1"
    port: int = 8000  # 0: any that is free
    api_key: str = ""
    allowed_hosts: tuple[str, ...] = ()  # names by which the server may be called, besides its own
    max_body: int = 8_000_000  # bytes
    max_rows: int = 10_000  # of one request
    concurrency: int = 32  # predictions that are worked on or wait; whoever comes then is sent away
    threads: int = os.cpu_count() or 1  # that predict
    timeout: float = 30.0  # seconds in which a body must have come, and again in which it must be answered
    reload: bool = True  # a model whose file has changed
    reload_seconds: float = 1.0  # between two looks at the files

    def __post_init__(self) -> None:
        for name, most in [("port", 65535), ("max_body", 1 << 40), ("max_rows", 1 << 40), ("concurrency", 1 << 20),
                           ("threads", 1024)]:  # fmt: skip
            low = 0 if name == "port" else 1
            checks.integer(f"serve, --{name.replace('_', '-')}", getattr(self, name), minimum=low, maximum=most)
        checks.number("serve, --timeout", self.timeout, above=0)
        key = self.api_key
        if key and (len(key) < SHORTEST_KEY or not (key.isascii() and key.isprintable())):
            told = Told("another one")
            raise InvalidArgument("serve, --api-key", f"at least {SHORTEST_KEY} letters and digits of ASCII", told)
        if not key and not is_loopback(self.host):
            raise InvalidArgument(
                "serve, --host", "an API key where others than this machine may come", Told("none"),
                f"Set the variable {KEY_VARIABLE}, or pass --api-key.",
            )  # fmt: skip

    @property
    def is_open(self) -> bool:
        """Whether no key is asked for."""
        return not self.api_key

    def answers_to(self, host: str) -> bool:
        """Whether a request whose Host header says this is meant for this server. A page elsewhere whose name was made
        to lead here (DNS rebinding) says its own name; where a key is asked for and no names are given, any will do.

        >>> Options().answers_to("localhost:8000"), Options().answers_to("evil.example")
        (True, False)
        """
        if self.api_key and not self.allowed_hosts and not is_loopback(self.host):
            return True
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() and not host.endswith("]") else host
        own = f"[{self.host}]" if ":" in self.host else self.host
        return name.lower() in {*LOOPBACK, own.lower(), *(one.lower() for one in self.allowed_hosts)}


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach what listens there.

    >>> is_loopback("localhost"), is_loopback("127.0.0.2"), is_loopback("0.0.0.0"), is_loopback("")
    (True, True, False, False)
    """
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
