"""Where a server listens, and whom it answers."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from ..errors import InvalidArgument, Told

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
SHORTEST_KEY = 16


@dataclass(frozen=True)
class Door:
    """An address, the key that requests must bring (none: ""), and the names by which the server may be called.

    what: the command that listens; option, fix: what its key is called, and how one passes it.

    >>> Door("serve").is_open
    True
    """

    what: str
    host: str = "127.0.0.1"
    port: int = 0  # 0: any that is free
    key: str = ""
    allowed_hosts: tuple[str, ...] = ()  # besides its own
    option: str = "api-key"
    fix: str = ""

    def __post_init__(self) -> None:
        key, kind = self.key, self.option.replace("api-key", "API key")
        if key and (len(key) < SHORTEST_KEY or not (key.isascii() and key.isprintable())):
            expected = f"at least {SHORTEST_KEY} letters and digits of ASCII"
            raise InvalidArgument(f"{self.what}, --{self.option}", expected, Told("another one"))
        if not key and not is_loopback(self.host):
            expected = f"{'an' if kind[0] in 'Aa' else 'a'} {kind} where others than this machine may come"
            raise InvalidArgument(f"{self.what}, --host", expected, Told("none"), self.fix)

    @property
    def is_open(self) -> bool:
        """Whether no key is asked for."""
        return not self.key

    def answers_to(self, host: str) -> bool:
        """Whether a request whose Host header says this is meant for this server. A page elsewhere whose name was made
        to lead here (DNS rebinding) says its own name; where the server listens further and no names are given, any
        will do: the key is asked for.

        >>> Door("serve").answers_to("localhost:8000"), Door("serve").answers_to("evil.example")
        (True, False)
        """
        if self.key and not self.allowed_hosts and not is_loopback(self.host):
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
