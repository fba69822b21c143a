"""The studio's pace: python -m benchmarks.studio [--rounds 5] [--epochs 20] [--minutes 0]

1. From the command to a page that can be used, in a Chromium that runs already.
2. How often curves and pictures reach that page while MNIST trains (the digits of the package where there is no MNIST).
3. Seconds of the same training: from the command line, in the studio without a page, and with one that shows the
   weights; in turn. And the seconds of a processor that each of their processes takes, which say more where the machine
   does other things, too.
4. With --minutes: the memory of the server, of its trainer and of the page while one training goes on.

What came out stands in results/studio.json and docs/guide/studio.md. Needs Playwright and Chromium or Chrome.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Playwright, sync_playwright
from websockets.sync.client import connect

from .machine import described
from .processes import ROOT
from .report import RESULTS, table, write_page

sys.path.insert(0, str(ROOT / "tests"))  # whoever tests the page knows how to handle it

from studio.browser.hands import Hands
from studio.browser.opening import installed, serving

from .studio_watching import COUNTING, alone, processes, until_calm, until_one_has_ended, used, used_by_tree

MEMORY = ("server", "trainer", "page")  # the doctor's looks, of a process each, come and go
FILE, PAGE = RESULTS / "studio.json", ROOT / "docs" / "guide" / "studio.md"
PATIENCE = 600.0  # seconds of a training
PROCESSES = {
    "command": "`pellucid train`, all of it",
    "trainer": "the trainer, no page",
    "server": "the server, no page",
    "watched": "the trainer, watched",
    "watching": "the server, while a page watches",
    "browser": "the browser, while the page watches",
}
WAYS = {
    "command": "`pellucid train`",
    "server": "studio, no page",
    "page": "studio, with a page that shows the weights",
}


def spec(epochs: int) -> dict[str, Any]:
    data = "mnist" if os.environ.get("PELLUCID_DATA") else "digits"
    return {"data": data, "layers": [128], "epochs": epochs, "until_converged": False}


# 1. The start --------------------------------------------------------------------------------------------------------


def start(browser: Browser, folder: Path) -> float:
    """Seconds from the command to a page with its first cards."""
    context = browser.new_context()
    page = context.new_page()
    began = time.perf_counter()
    with serving(folder, alone=False) as link:
        page.goto(link)
        page.wait_for_selector("main .card")
        took = time.perf_counter() - began
        context.close()
    return took


# 2. and 3. Trainings -------------------------------------------------------------------------------------------------


def by_command(asked: dict[str, Any], folder: Path) -> float:
    """Seconds of the training, without those of starting and reading."""
    import tomli_w

    (folder / "spec.toml").write_text(tomli_w.dumps(asked), "utf-8")
    words = [sys.executable, "-m", "pellucid", "train", "spec.toml", "--quiet", "--force", "--out", "command"]
    subprocess.run(words, cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return float(json.loads((folder / "command" / "metrics.json").read_text("utf-8"))["seconds"])


def by_server(asked: dict[str, Any], folder: Path, link: str) -> float:
    with talk(link) as say:
        run = say({"type": "start", "spec": asked, "request": 1}, lambda told: told.get("type") == "started")["run"]
        say(None, lambda told: told.get("type") == "finished" and told["run"] == run)
    return float(json.loads((folder / "runs" / run / "metrics.json").read_text("utf-8"))["seconds"])


@contextmanager
def talk(link: str) -> Iterator[Callable[[Any, Callable[[dict[str, Any]], bool]], dict[str, Any]]]:
    """Say something, if anything, and wait for what is wanted; pictures are not asked for."""
    base, token = re.fullmatch(r"http://(\S+)/#token=(\S+)", link).groups()  # type: ignore[union-attr]
    word = "token." + base64.urlsafe_b64encode(token.encode()).decode().rstrip("=")
    with connect(
        f"ws://{base}/api/socket", subprotocols=["pellucid", word], origin=f"http://{base}", max_size=None  # type: ignore[arg-type, list-item]
    ) as socket:  # fmt: skip

        def say(said: Any, wanted: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
            if said is not None:
                socket.send(json.dumps(said))
            until = time.monotonic() + PATIENCE
            while time.monotonic() < until:
                came = socket.recv(PATIENCE)
                told = json.loads(came) if isinstance(came, str) else {}
                if told.get("type") in ("refused", "problem"):
                    raise RuntimeError(told["error"])
                if wanted(told):
                    return dict(told)
            raise RuntimeError("no answer")

        yield say


def by_page(
    asked: dict[str, Any], folder: Path, link: str, server: int, playwright: Playwright
) -> tuple[float, dict[str, float], dict[str, float]]:
    """Seconds of the training, messages a second, and the seconds of a processor that browser and server take."""
    import tomli_w

    told = base64.urlsafe_b64encode(tomli_w.dumps(asked).encode()).decode().rstrip("=")
    base = link.partition("#")[0]
    with alone(playwright) as browser:
        with browser.held() as context:
            context.set_default_timeout(1000 * PATIENCE)
            context.add_init_script(COUNTING)
            hands = Hands(context, f"{link}&spec={told}")
            begun(hands)
            run = str(hands.page.locator('[aria-label="Training"]').get_attribute("data-run"))
        tree, metrics = browser.process.pid, folder / "runs" / run / "metrics.json"
        before, own = used_by_tree(tree), used(server)[0]
        while not metrics.exists():
            time.sleep(0.1)
        took = {"browser": used_by_tree(tree) - before, "watching": used(server)[0] - own}
        rates = browser.rates(base, ("curve", "weights"))
    return float(json.loads(metrics.read_text("utf-8"))["seconds"]), rates, took


def begun(hands: Hands) -> None:
    """Someone who has come by a link with a spec trains it, and looks at it."""
    hands.skip_guide()
    hands.go("Network")
    hands.page.get_by_role("region", name="Your network").get_by_role("button", name="Train").click()
    hands.state("running")
    hands.go("Look")


# 4. Memory -----------------------------------------------------------------------------------------------------------


def memory(browser: Browser, folder: Path, minutes: int) -> list[dict[str, float]]:
    """Each minute: MB of the server, of its trainer, and of the page's objects."""
    import tomli_w

    told = base64.urlsafe_b64encode(tomli_w.dumps(spec(10_000_000)).encode()).decode().rstrip("=")
    found = []
    with serving(folder) as link:
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        hands = Hands(context, f"{link}&spec={told}")
        begun(hands)
        heap = context.new_cdp_session(hands.page)
        for _ in range(minutes):
            hands.page.wait_for_timeout(60_000)
            heap.send("HeapProfiler.collectGarbage")
            used = heap.send("Runtime.getHeapUsage")["usedSize"]
            server = server_of(os.getpid())
            found.append({"server": held(server), "trainer": held(trainer_of(server)), "page": used / 1e6})
            print(found[-1], file=sys.stderr, flush=True)
        context.close()
    return found


def server_of(process: int) -> int:
    """The studio that a process has started."""
    return next(pid for pid, parent, words in processes() if parent == process and "pellucid studio" in words)


def trainer_of(server: int) -> int:
    """The process that trains for a studio; it may have another, in which the doctor looks."""
    return next(pid for pid, parent, words in processes() if parent == server and "studio.trainer" in words)


def held(process: int) -> float:
    """MB of memory that a process alone has."""
    pages = Path(f"/proc/{process}/statm").read_text().split()
    return (int(pages[1]) - int(pages[2])) * os.sysconf("SC_PAGE_SIZE") / 1e6


# All -----------------------------------------------------------------------------------------------------------------


def measured(rounds: int, epochs: int, minutes: int) -> dict[str, Any]:
    found: dict[str, Any] = {
        "made": date.today().isoformat(), "machine": described(), "rounds": rounds, "epochs": epochs,
        "data": spec(epochs)["data"], "start": [], "seconds": {way: [] for way in WAYS}, "rates": [], "memory": [],
        "processor": {who: [] for who in PROCESSES},
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        browser = playwright.chromium.launch(executable_path=installed(), args=["--no-sandbox"])
        for _ in range(rounds):
            found["start"].append(start(browser, folder))
        with serving(folder, alone=False) as link:
            server = server_of(os.getpid())
            for _ in range(rounds):
                one_round(found, folder, link, server, playwright)
        if minutes:
            found["memory"] = memory(browser, folder, minutes)
        browser.close()
    return found


def one_round(found: dict[str, Any], folder: Path, link: str, server: int, playwright: Playwright) -> None:
    """The same training in each way, each when the studio rests: the doctor looks at a run that has ended once more."""
    asked, costs = spec(found["epochs"]), found["processor"]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    found["seconds"]["command"].append(by_command(asked, folder))
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    costs["command"].append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    own, ended = used(server)
    found["seconds"]["server"].append(by_server(asked, folder, link))
    costs["server"].append(used(server)[0] - own)
    costs["trainer"].append(until_one_has_ended(server, ended))
    ended = until_calm(server)
    seconds, rates, took = by_page(asked, folder, link, server, playwright)
    found["seconds"]["page"].append(seconds)
    found["rates"].append(rates)
    costs["watched"].append(until_one_has_ended(server, ended))
    until_calm(server)
    for who, each in took.items():
        costs[who].append(each)


def page(found: dict[str, Any]) -> str:
    """What is published."""
    machine, seconds = found["machine"], found["seconds"]
    base = seconds["command"]
    rows = [["from the command to a usable page", spread(found["start"], "s"), ""]]
    rows += [
        [f"training {found['data']}, {WAYS[way]}", spread(each, "s"), "" if way == "command" else ratio(each, base)]
        for way, each in seconds.items()
    ]
    rows += [
        [f"{words} that reach the page, in a second", spread([one[kind] for one in found["rates"]], ""), ""]
        for kind, words in (("curve", "pieces of the curve"), ("weights", "pictures of the weights"))
    ]
    rows += [
        [f"a processor's time: {words}", spread(found["processor"][who], "s"), ""]
        for who, words in PROCESSES.items()
        if found.get("processor")
    ]
    rows += [[f"memory of the {who}, MB", held_in(found["memory"], who), ""] for who in MEMORY if found["memory"]]
    told = (
        f"Made on {found['made']} by `python -m benchmarks.studio`: {found['rounds']} rounds of {found['epochs']} "
        f"epochs of one layer of 128. {machine['processor']}, {machine['cores']} cores, on which the browser ran too. "
        "Medians, with the least and the greatest."
    )
    return f"{told}\n\n{table(['what', 'measured', 'to the command line'], rows)}"


def held_in(minutes: list[dict[str, float]], who: str) -> str:
    """From the least to the greatest in either half."""
    half = len(minutes) // 2
    low = [
        f"{min(one[who] for one in part):.0f} to {max(one[who] for one in part):.0f}"
        for part in (minutes[:half], minutes[half:])
    ]
    return f"{low[0]} in the first {half} minutes, {low[1]} in the {len(minutes) - half} after them"


def spread(each: list[float], unit: str) -> str:
    return f"{statistics.median(each):.2f} {unit} ({min(each):.2f} to {max(each):.2f})".replace("  ", " ")


def ratio(each: list[float], base: list[float]) -> str:
    ratios = [one / other for one, other in zip(each, base, strict=True)]
    return f"{statistics.median(ratios):.3f} times ({min(ratios):.3f} to {max(ratios):.3f})"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.studio", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--epochs", type=int, default=20)
    parser.add_argument("--minutes", type=int, default=0, help="of one training, whose memory is looked at")
    options = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed package has its bytecode
    found = measured(options.rounds, options.epochs, options.minutes)
    FILE.write_text(json.dumps(found, indent=1) + "\n", "utf-8")
    write_page(page(found), PAGE)
    print(page(found))


if __name__ == "__main__":
    main()
