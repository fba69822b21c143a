"""What a server counts, in the text format of Prometheus.

Source: https://prometheus.io/docs/instrumenting/exposition_formats.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import Counter

BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)  # seconds
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"


class Counts:
    """Requests by endpoint and status, how long they took, predicted rows by model.

    >>> counts = Counts()
    >>> counts.answered("predict", 200, 0.003)
    >>> counts.predicted("titanic", "1", 2)
    >>> print("\\n".join(line for line in counts.text(busy=0).splitlines() if "titanic" in line or "status" in line))
    pellucid_requests_total{endpoint="predict",status="200"} 1
    pellucid_rows_total{model="titanic",version="1"} 2
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, int]] = Counter()
        self._rows: Counter[tuple[str, str]] = Counter()
        self._reloads = 0
        self._seconds: dict[str, tuple[list[int], list[float]]] = {}  # (how many within each bound, [their sum])

    def answered(self, endpoint: str, status: int, seconds: float) -> None:
        """A request was answered."""
        with self._lock:
            self._requests[endpoint, status] += 1
            within, total = self._seconds.setdefault(endpoint, ([0] * (len(BOUNDS) + 1), [0.0]))
            within[bisect_left(BOUNDS, seconds)] += 1
            total[0] += seconds

    def predicted(self, model: str, version: str, rows: int) -> None:
        """Rows were predicted."""
        with self._lock:
            self._rows[model, version] += rows

    def reloaded(self) -> None:
        """A model's file had changed."""
        with self._lock:
            self._reloads += 1

    def text(self, busy: int) -> str:
        """Everything; `busy`: predictions that are worked on or wait."""
        with self._lock:
            lines = _head("requests_total", "counter", "Requests that were answered.")
            for (endpoint, status), n in sorted(self._requests.items()):
                lines.append(f'pellucid_requests_total{{endpoint="{endpoint}",status="{status}"}} {n}')
            lines += _head("request_seconds", "histogram", "Seconds from a request's head to its answer's end.")
            for endpoint, (within, (total,)) in sorted(self._seconds.items()):
                lines += _histogram(endpoint, within, total)
            lines += _head("rows_total", "counter", "Rows that were predicted.")
            for (model, version), n in sorted(self._rows.items()):
                lines.append(f'pellucid_rows_total{{model="{model}",version="{version}"}} {n}')
            lines += _head("reloads_total", "counter", "Models whose file changed, taken up again or not.")
            lines.append(f"pellucid_reloads_total {self._reloads}")
            lines += _head("busy", "gauge", "Predictions that are worked on or wait.")
            return "\n".join([*lines, f"pellucid_busy {busy}", ""])


def _head(name: str, kind: str, what: str) -> list[str]:
    return [f"# HELP pellucid_{name} {what}", f"# TYPE pellucid_{name} {kind}"]


def _histogram(endpoint: str, within: list[int], total: float) -> list[str]:
    name, about = "pellucid_request_seconds", f'endpoint="{endpoint}"'
    lines, so_far = [], 0
    for bound, n in zip([*map(str, BOUNDS), "+Inf"], within, strict=True):
        so_far += n
        lines.append(f'{name}_bucket{{{about},le="{bound}"}} {so_far}')
    return [*lines, f"{name}_sum{{{about}}} {total:.6f}", f"{name}_count{{{about}}} {so_far}"]
