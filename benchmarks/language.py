"""Character models beside PyTorch's: the same weights, the same batches in the same order, the same Adam, and every
loss compared: python -m benchmarks.language [--networks gru] [--steps 300] [--epochs 8]

Writes results/language.json and docs/language_compared.md. The text, its windows and the GRU are those of
`pellucid train austen --layers 64`; the transformer is gpt_64 of networks/.
"""

from __future__ import annotations

import argparse
import json
import math
import sys
import time
from collections.abc import Iterator
from typing import Any

import numpy as np

from . import machine, report
from .processes import ROOT

PAGE, FILE = ROOT / "docs" / "language_compared.md", report.RESULTS / "language.json"
BATCH, RATE, SEED = 32, 0.002, 0
EPSILON = 1e-12  # of Adam in both, next to nothing: they add it at different places
EXACT = 20  # steps in float64
NORMAL = 1e-3  # of layer normalisation: Keras's
BLOCKS, WIDTH = 2, 64
TITLES = {"gru": "embedding 32, GRU(64)", "gpt": "GPT: 2 blocks of 64, 4 heads"}
Weights = list[np.ndarray]
Batches = tuple[np.ndarray, np.ndarray]


# The text --------------------------------------------------------------------------------------------------------


def data() -> Any:
    """Windows of characters to train on, to watch and to test on, as the command cuts them."""
    from pellucid.actions.data import prepare

    return prepare(spec())


def spec() -> Any:
    from pellucid.actions.spec import TrainSpec

    return TrainSpec(data="austen", layers=[WIDTH], batch_size=BATCH, seed=SEED, network="gru")


def batches(of: Batches, steps: int) -> Iterator[Batches]:
    """So many batches, epoch by epoch, each epoch in an order of its own."""
    x, y = of
    each = len(x) // BATCH
    for step in range(steps):
        if step % each == 0:
            order = np.random.default_rng([SEED, step // each]).permutation(len(x))
        rows = order[step % each * BATCH :][:BATCH]
        yield x[rows], y[rows]


# The networks here -----------------------------------------------------------------------------------------------


def here(name: str, letters: Any, context: int, dtype: str) -> Any:
    """The network with its initial weights, compiled."""
    import pellucid
    from pellucid.actions.building import build

    from .networks.layered import placed, transformer

    pellucid.config.set_floatx(dtype)
    pellucid.set_random_seed(SEED)
    if name == "gru":
        model = build(spec(), letters, 1)
    else:
        k, tokens = pellucid.layers, pellucid.Input((context,), dtype="int32")
        x = placed(pellucid, k.Embedding(letters.classes, WIDTH)(tokens))
        x = transformer(pellucid, x, WIDTH, BLOCKS, causal=True)
        model = pellucid.Model(tokens, k.Dense(letters.classes, activation="softmax")(x))
    model.compile(pellucid.optimizers.Adam(RATE, epsilon=EPSILON), "sparse_categorical_crossentropy")
    return model


def trained_here(model: Any, of: Batches, steps: int) -> list[float]:
    losses = []
    for x, y in batches(of, steps):
        model.reset_metrics()
        losses.append(float(np.ravel(model.train_on_batch(x, y))[0]))
    return losses


# And in PyTorch --------------------------------------------------------------------------------------------------


def there(name: str, letters: int, context: int, dtype: str) -> Any:
    """The network, whose outputs are logits."""
    import torch
    from torch import nn

    from .networks.pytorch import Block, Placed

    class Outputs(nn.Module):
        """Those of all steps, without the last state."""

        def __init__(self, layer: Any) -> None:
            super().__init__()
            self.layer = layer

        def forward(self, x: Any) -> Any:
            return self.layer(x)[0]

    if name == "gru":
        middle, embedded = [Outputs(nn.GRU(32, WIDTH, batch_first=True))], 32
    else:
        blocks = [Block(WIDTH, causal=True) for _ in range(BLOCKS)]
        middle, embedded = [Placed(context, WIDTH), *blocks, nn.LayerNorm(WIDTH)], WIDTH
    net = nn.Sequential(nn.Embedding(letters, embedded), *middle, nn.Linear(WIDTH, letters))
    for part in net.modules():
        if isinstance(part, nn.LayerNorm):
            part.eps = NORMAL
    return net.to(getattr(torch, dtype))


def laid_out(name: str, weights: Weights) -> Weights:
    """Weights from here, as the parameters there are laid out, in their order."""
    if name == "gru":
        table, kernel, recurrent, bias, *end = weights
        z_r_h = [np.split(w, 3, axis=-1) for w in (kernel, recurrent, *bias)]
        return [table, *(np.concatenate([r, z, h], axis=-1).T for z, r, h in z_r_h), end[0].T, end[1]]
    table, places, *rest = weights
    found = [table, places]
    for at in range(0, 16 * BLOCKS, 16):
        gamma, beta, q, q_b, k, k_b, v, v_b, out, out_b, *dense = rest[at : at + 16]
        joined = [w.reshape(WIDTH, WIDTH).T for w in (q, k, v)]
        found += [gamma, beta, np.concatenate(joined), np.concatenate([b.ravel() for b in (q_b, k_b, v_b)])]
        found += [out.reshape(WIDTH, WIDTH).T, out_b, *dense[:2], dense[2].T, dense[3], dense[4].T, dense[5]]
    gamma, beta, kernel, bias = rest[16 * BLOCKS :]
    return [*found, gamma, beta, kernel.T, bias]


def trained_there(net: Any, of: Batches, steps: int) -> list[float]:
    import torch

    optimizer, losses = torch.optim.Adam(net.parameters(), RATE, eps=EPSILON), []
    for x, y in batches(of, steps):
        optimizer.zero_grad()
        loss = torch.nn.functional.cross_entropy(net(torch.tensor(x)).movedim(-1, 1), torch.tensor(y))
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def judged_there(net: Any, of: Batches) -> float:
    """The mean loss of held-out windows."""
    import torch

    with torch.no_grad():
        each = [
            torch.nn.functional.cross_entropy(
                net(torch.tensor(x)).movedim(-1, 1), torch.tensor(y), reduction="sum"
            ).item()
            for x, y in zip(*(np.array_split(a, math.ceil(len(a) / BATCH)) for a in of), strict=True)
        ]
    return sum(each) / of[1].size


# Both ------------------------------------------------------------------------------------------------------------


def compared(name: str, letters: Any, steps: int, dtype: str) -> dict[str, Any]:
    """The losses of both along these steps, and in float32 what both make of the windows that are tested on."""
    import torch

    whole = (letters.x_train, letters.y_train, letters.x_test, letters.y_test)
    x, y, *tested = (a.astype("int64") for a in whole)  # as PyTorch wants them
    of = x, y
    model = here(name, letters, x.shape[1], dtype)
    net = there(name, letters.classes, x.shape[1], dtype)
    with torch.no_grad():
        pairs = zip(net.parameters(), laid_out(name, model.get_weights()), strict=True)
        for parameter, value in pairs:
            parameter.copy_(torch.tensor(np.ascontiguousarray(value)))
    found: dict[str, Any] = {"network": name, "dtype": dtype, "steps": steps, "parameters": model.count_params()}
    for library, train, judge in (
        ("pellucid", lambda: trained_here(model, of, steps), lambda: model.evaluate(*tested, verbose=0)),
        ("torch", lambda: trained_there(net, of, steps), lambda: judged_there(net, tested)),
    ):
        found[library] = {"losses": train()}
        if dtype == "float32":
            found[library]["bits"] = float(np.ravel(judge())[0]) / math.log(2)
    return found


def apart(one: dict[str, Any]) -> np.ndarray:
    """How far the losses of a step are apart, of PyTorch's."""
    ours, theirs = (np.array(one[library]["losses"]) for library in ("pellucid", "torch"))
    return np.abs(ours - theirs) / theirs


def kept() -> list[dict[str, Any]]:
    """The runs so far."""
    return json.loads(FILE.read_text("utf-8"))["runs"] if FILE.exists() else []


def keep(one: dict[str, Any]) -> None:
    """Put a run in the place of the one before it of the same kind, and write the page anew."""
    same = ("network", "dtype", "long")
    runs = [other for other in kept() if any(other[key] != one[key] for key in same)]
    runs = sorted(
        [*runs, one], key=lambda run: (list(TITLES).index(run["network"]), run["long"], run["dtype"] == "float32")
    )
    FILE.write_text(json.dumps({"machine": machine.described(), "runs": runs}, separators=(",", ":")) + "\n", "utf-8")
    report.write_page(markdown(json.loads(FILE.read_text("utf-8"))), PAGE)


def markdown(results: report.Results) -> str:
    rows = []
    for one in results["runs"]:
        difference = apart(one)
        told = [f"{one[library]['losses'][-1]:.5f}" for library in ("pellucid", "torch")]
        told += [f"{one[library]['bits']:.4f}" if "bits" in one[library] else "" for library in ("pellucid", "torch")]
        most = f"{difference.max():.1e} (step {int(difference.argmax()) + 1})"
        first = f"{difference[:EXACT].max():.1e}"
        rows.append([TITLES[one["network"]], one["dtype"], str(one["steps"]), first, most, *told])
    of = results["machine"]
    head = ["network", "dtype", "steps", f"largest difference, first {EXACT} steps", "of all steps"]
    head += [f"{what}, {peer}" for what in ("last loss", "test bits per character") for peer in ("Pellucid", "PyTorch")]
    made = sorted({f"`{one['command']}` on {one['made']}" for one in results["runs"]})
    one = results["runs"][0]
    return "\n".join([
        f"- Made by {' and '.join(made)}; windows of {one['window']} characters, {one['letters']} different ones,"
        f" batches of {BATCH}, Adam at {RATE}.",
        f"- Processor: {of['processor']}, {of['cores']} cores. Versions: "
        + ", ".join(f"{name} {of['versions'][name]}" for name in ("python", "pellucid", "numpy", "torch")) + ".",
        "", report.table(head, rows),
    ])  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.language", description=__doc__)
    parser.add_argument("--networks", nargs="+", choices=TITLES, default=list(TITLES))
    parser.add_argument("--steps", type=int, default=300, help="of the short runs in float32")
    parser.add_argument("--epochs", type=int, default=8, help="of the long ones; 0 for none")
    chosen, letters = parser.parse_args(), data()
    told = {
        "made": time.strftime("%Y-%m-%d"), "command": " ".join(["python -m benchmarks.language", *sys.argv[1:]]),
        "window": letters.x_train.shape[1], "letters": letters.classes,
    }  # fmt: skip
    whole = chosen.epochs * (len(letters.x_train) // BATCH)
    for name in chosen.networks:
        for steps, dtype, long in (
            (EXACT, "float64", False),
            (chosen.steps, "float32", False),
            (whole, "float32", True),
        ):
            if steps:
                keep({**told, "long": long, **compared(name, letters, steps, dtype)})
                print(f"{name}, {dtype}, {steps} steps", flush=True)


if __name__ == "__main__":
    main()
