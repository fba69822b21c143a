"""How a server listens, and what it refuses."""

from __future__ import annotations

from dataclasses import dataclass, field

from .. import checks
from ..machine.asked import cores
from ..web.door import Door

KEY_VARIABLE = "PELLUCID_API_KEY"


@dataclass(frozen=True)
class Options:
    """What `pellucid serve` is told besides its models.

    >>> Options().door.is_open
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
    threads: int = field(default_factory=cores)  # that predict
    timeout: float = 30.0  # seconds in which a body must have come, and again in which it must be answered
    reload: bool = True  # a model whose file has changed
    reload_seconds: float = 1.0  # between two looks at the files

    def __post_init__(self) -> None:
        for name, most in [("port", 65535), ("max_body", 1 << 40), ("max_rows", 1 << 40), ("concurrency", 1 << 20),
                           ("threads", 1024)]:  # fmt: skip
            low = 0 if name == "port" else 1
            checks.integer(f"serve, --{name.replace('_', '-')}", getattr(self, name), minimum=low, maximum=most)
        checks.number("serve, --timeout", self.timeout, above=0)
        _ = self.door  # which checks host and key

    @property
    def door(self) -> Door:
        """Where it listens, and whom it answers."""
        fix = f"Set the variable {KEY_VARIABLE}, or pass --api-key."
        return Door("serve", self.host, self.port, self.api_key, self.allowed_hosts, "api-key", fix)
