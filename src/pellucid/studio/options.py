"""How the studio listens, and what it takes."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from .. import checks
from ..errors import FileError, InvalidArgument, Told
from ..web.door import Door, is_loopback

PASSWORD_VARIABLE = "PELLUCID_STUDIO_PASSWORD"


@dataclass(frozen=True)
class Options:
    """What `pellucid studio` is told. Where it listens further than this machine, it wants a password, which is then
    what the page must bring, and a certificate with its key.

    >>> Options(host="0.0.0.0")
    Traceback (most recent call last):
    pellucid.errors.InvalidArgument: studio, --host: expected a password where others than this machine may come, \
got none. Set the variable PELLUCID_STUDIO_PASSWORD, or pass --password.
    """

    host: str = "127.0.0.1"
    port: int = 0  # any that is free
    password: str = ""
    certificate: Path | None = None  # PEM files
    certificate_key: Path | None = None
    allowed_hosts: tuple[str, ...] = ()
    max_upload: int = 2_000_000_000  # bytes
    timeout: float = 30.0  # seconds that a piece of a body may take to come
    token: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    def __post_init__(self) -> None:
        checks.integer("studio, --port", self.port, minimum=0, maximum=65535)
        checks.integer("studio, --max-upload", self.max_upload, minimum=1, maximum=1 << 40)
        checks.number("studio, --timeout", self.timeout, above=0)
        _ = self.door  # which checks host and password
        if not is_loopback(self.host) and not self.is_secret:
            raise InvalidArgument(
                "studio, --host", "a certificate where others than this machine may come", Told("none"),
                "Pass --certificate and --certificate-key: the password must not be read on the way.",
            )  # fmt: skip
        for path in (self.certificate, self.certificate_key):
            if path is not None and not path.is_file():
                raise FileError(f"studio, --certificate, {path}", "a file", Told("none"), "Check the path.")

    @property
    def is_secret(self) -> bool:
        """Whether what is sent is encrypted."""
        return self.certificate is not None and self.certificate_key is not None

    @property
    def door(self) -> Door:
        """Where it listens, and whom it answers."""
        fix = f"Set the variable {PASSWORD_VARIABLE}, or pass --password."
        if not self.password and not is_loopback(self.host):
            return Door("studio", self.host, self.port, "", self.allowed_hosts, "password", fix)
        key = self.password or self.token
        return Door("studio", self.host, self.port, key, self.allowed_hosts, "password", fix)

    @property
    def fragment(self) -> str:
        """What the link ends in: the token, where there is no password."""
        return "" if self.password else f"#token={self.token}"
