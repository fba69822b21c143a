"""`pellucid serve` beside ONNX Runtime in bare Starlette: the same network, the same rows, in turn.

Both are processes of their own under uvicorn, asked over one connection for the time of an answer, then over several
for how many there are in a second. The bare server checks nothing: it reads JSON, asks ONNX Runtime, writes JSON.

python -m benchmarks.serving [--rounds 5] [--seconds 3] writes results/serving.json and the table in
docs/guide/serving.md.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from .machine import described
from .processes import ROOT
from .report import write_page

RESULTS = ROOT / "benchmarks" / "results" / "serving.json"
PAGE = ROOT / "docs" / "guide" / "serving.md"
SIZES = (13, 64, 64, 3)
ROWS = (1, 100)
CONNECTIONS = 8
BUSY = " **Other programs ran meanwhile: see the spread, and conclude nothing from the medians.**"
NAMES = {"pellucid": "Pellucid", "onnx": "ONNX Runtime"}


def bare(path: str, port: int) -> None:
    """The other server."""
    import numpy as np
    import onnxruntime
    import uvicorn
    from starlette.applications import Starlette
    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.routing import Route

    session = onnxruntime.InferenceSession(path)
    (given,) = session.get_inputs()

    async def predict(request: Request) -> Response:
        x = np.asarray(json.loads(await request.body())["instances"], "float32")
        (y,) = session.run(None, {given.name: x})
        answer = [{"label": int(row.argmax()), "probabilities": row.tolist()} for row in y]
        return Response(json.dumps({"predictions": answer}), media_type="application/json")

    app = Starlette(routes=[Route("/predict", predict, methods=["POST"])])
    uvicorn.run(app, port=port, log_level="error", access_log=False)


def made(folder: Path) -> None:
    """The network as both want it."""
    import numpy as np

    import pellucid
    from pellucid import layers

    inner = [layers.Dense(n, "relu") for n in SIZES[1:-1]]
    model = pellucid.Sequential([layers.Input((SIZES[0],)), *inner, layers.Dense(SIZES[-1], "softmax")], seed=0)
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.default_rng(0).normal(size=(256, SIZES[0])).astype("float32")
    model.fit(x, np.arange(256) % SIZES[-1], epochs=1, verbose=0)
    model.save(folder / "model.keras")
    model.to_onnx(folder / "model.onnx")


@contextlib.contextmanager
def running(*words: str, port: int) -> Iterator[tuple[int, int]]:
    """(port, process) of a server, once it listens."""
    process = subprocess.Popen([sys.executable, "-m", *words], stdout=subprocess.DEVNULL, cwd=ROOT)
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.2)
        yield port, process.pid
    finally:
        process.terminate()
        process.wait()


def free_port() -> int:
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def asked(port: int, body: bytes, seconds: float) -> tuple[list[float], bytes]:
    """(the seconds of each answer on one connection, the last answer)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    times, answer, end = [], b"", time.perf_counter() + seconds
    while time.perf_counter() < end:
        began = time.perf_counter()
        connection.request("POST", "/predict", body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        answer = response.read()
        times.append(time.perf_counter() - began)
        assert response.status == 200, answer
    connection.close()
    return times, answer


def throughput(port: int, process: int, body: bytes, seconds: float) -> tuple[float, float]:
    """(answers in a second over several connections, milliseconds of computing for each)."""
    before = computed(process)
    counts: list[int] = []
    threads = [
        threading.Thread(target=lambda: counts.append(len(asked(port, body, seconds)[0]))) for _ in range(CONNECTIONS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds, 1000 * (computed(process) - before) / sum(counts)


def computed(process: int) -> float:
    """Seconds for which a process has computed, as Linux tells; 0 elsewhere."""
    place = Path(f"/proc/{process}/stat")
    if not place.exists():
        return 0.0
    words = place.read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


def turn(port: int, process: int, body: bytes, seconds: float) -> tuple[dict[str, float], list[Any]]:
    """(p50 and p99 in milliseconds, answers in a second and what each costs the server, the predictions)."""
    times, answer = asked(port, body, seconds)
    parts = statistics.quantiles(times, n=100)
    found = {"p50": 1000 * parts[49], "p99": 1000 * parts[98]}
    found["throughput"], found["computing"] = throughput(port, process, body, seconds)
    return found, json.loads(answer)["predictions"]


def measured(rounds: int, seconds: float) -> dict[str, Any]:
    """{rows: {server: [what each round found]}}"""
    found: dict[str, Any] = {str(rows): {name: [] for name in NAMES} for rows in ROWS}
    with tempfile.TemporaryDirectory() as place, contextlib.ExitStack() as stack:
        made(Path(place))
        ours, other = free_port(), free_port()
        commands = {
            "pellucid": ("pellucid", "serve", f"{place}/model.keras", "--port", str(ours), "--no-reload"),
            "onnx": ("benchmarks.serving", "--bare", f"{place}/model.onnx", "--port", str(other)),
        }
        places = {
            name: stack.enter_context(running(*commands[name], port=port))
            for name, port in (("pellucid", ours), ("onnx", other))
        }
        for rows in ROWS:
            row = [round(0.1 * i - 0.6, 1) for i in range(SIZES[0])]
            body = json.dumps({"instances": [row] * rows}).encode()
            for number in range(-1, rounds):  # the first, to get used to it, does not count
                answers = {}
                for name in list(NAMES)[:: 1 if number % 2 else -1]:
                    told, answers[name] = turn(*places[name], body, seconds if number >= 0 else 0.5)
                    if number >= 0:
                        found[str(rows)][name].append(told)
                check(answers)
    return found


def check(answers: dict[str, list[Any]]) -> None:
    """Whether both predict the same."""
    for one, other in zip(answers["pellucid"], answers["onnx"], strict=True):
        assert one["label"] == other["label"]
        for p, q in zip(one["probabilities"].values(), other["probabilities"], strict=True):
            assert abs(p - q) < 1e-5


def table(results: dict[str, Any]) -> str:
    """What is published."""
    machine = results["machine"]
    lines = [
        f"- Made on {results['made']} by `python -m benchmarks.serving`: {results['rounds']} rounds, turns of "
        f"{results['seconds']:g} s. {machine['processor']}, {machine['cores']} cores, on which "
        f"the asking process ran too. Load average when it began: {machine['load']:.1f}."
        + (BUSY if machine["load"] > 1 else ""),
        "",
        "| rows of a request | server | p50, ms | p99, ms | answers/s, 8 connections | computing for an answer, ms |",
        "|---|---|---|---|---|---|",
    ]
    for rows, found in results["found"].items():
        for name, label in NAMES.items():
            cells = [f"{middle(found[name], key):.2f}" for key in ("p50", "p99")]
            cells += [f"{middle(found[name], 'throughput'):,.0f}", f"{middle(found[name], 'computing'):.2f}"]
            lines.append(f"| {rows} | {label} | {' | '.join(cells)} |")
        ratios = [ratio(found, key) for key in ("p50", "p99", "throughput", "computing")]
        lines.append(f"| {rows} | *ratio, Pellucid to ONNX Runtime* | {' | '.join(ratios)} |")
    return "\n".join(lines)


def middle(rounds: list[dict[str, float]], key: str) -> float:
    return statistics.median(one[key] for one in rounds)


def ratio(found: dict[str, list[dict[str, float]]], key: str) -> str:
    """The median over the rounds of ours to theirs, with the least and the greatest."""
    each = [ours[key] / theirs[key] for ours, theirs in zip(found["pellucid"], found["onnx"], strict=True)]
    return f"{statistics.median(each):.2f} ({min(each):.2f} to {max(each):.2f})"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=3.0)
    parser.add_argument("--bare", help="be the other server, for this file")
    parser.add_argument("--port", type=int, default=0)
    options = parser.parse_args()
    if options.bare:
        bare(options.bare, options.port)
        return
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    machine = described()
    found = measured(options.rounds, options.seconds)
    results = {
        "made": time.strftime("%Y-%m-%d"), "rounds": options.rounds, "seconds": options.seconds, "machine": machine,
        "found": found,
    }  # fmt: skip
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", "utf-8")
    write_page(table(results), PAGE)


if __name__ == "__main__":
    main()
