"""Programs that Ctrl-C ends, whoever started the tests."""

from __future__ import annotations

import signal


def hears_ctrl_c() -> None:
    """As `preexec_fn`: a shell's background jobs, as tests may be, start deaf to it, and so does what they start."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
