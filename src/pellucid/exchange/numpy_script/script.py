"""The whole script: what stands where, from the docstring to the command line."""

from __future__ import annotations

import math
import textwrap
from typing import Any

import numpy as np

from ...__about__ import version
from ...arrays import Array
from ...optimizers import Optimizer
from ..ours import ours
from . import drawing
from .listing import WIDTH, tidy
from .network import Written, leaves, write_network
from .specialize import Library
from .training import built, state_of, write_loss, write_penalty, write_update
from .writer import Script, batch, said

MARK = "taken out of Pellucid"  # by which a script of ours is known
TAKEN = {
    "p", "g", "s", "x", "y", "np", "sys", "forward", "backward", "loss", "penalty", "update", "predict", "train",
    "train_step", "move_averages", "load", "save", "fold", "bits", "uniform", "normal", "TRAINED", "DTYPE", "SHAPE",
    "NOISE", "WEIGHTS",
}  # fmt: skip


def write_script(model: Any, name: str) -> tuple[str, dict[str, Array]]:
    """(the script, the arrays that lie beside it in NAME.npz) of a built model."""
    trained = model.trained_names() if model.compiled else []
    script = Script(Library(names=set(TAKEN)), frozenset(trained))
    written = write_network(model, script)
    network, optimizer, arrays = [written.forward], None, {}
    if model.compiled:
        optimizer = built(model)
        arrays = state_of(optimizer, trained)
        network += [written.backward, *training(model, script, written, optimizer, trained)]
    use = [predict(model, written), *files(optimizer), *([] if optimizer is None else [train(optimizer)])]
    sections = (("The network", network), ("What it is made of", made_of(script)), ("Its use", use))
    text = "\n\n\n".join(part for title, parts in sections if parts for part in (_rule(title), *parts))
    mentioned = {n: v for n, v in {**model.p, **script.constants}.items() if f'"{n}"' in text}
    head = header(model, script, name, trained)
    text = f"{head}\n\n\n{text}\n\n\n{main(model)}\n"
    return text, {**{f"p/{n}": np.asarray(v) for n, v in mentioned.items()}, **arrays}


def header(model: Any, script: Script, name: str, trained: list[str]) -> str:
    """The docstring, the imports, the constants."""
    table = [("", "x", batch(model.shape), "")]
    for leaf in leaves(model, model.shape):
        count = sum(math.prod(spec.shape) for spec in leaf.layer.parameters(leaf.shape))
        shape = batch(leaf.layer.output_shape_for(leaf.shape))
        table.append((leaf.path, ours(type(leaf.layer)).__name__, shape, f"{count:,} parameters" if count else ""))
    widths = [max(len(row[i]) for row in table) for i in range(3)]
    rows = ["    " + "  ".join(t.ljust(w) for t, w in zip(row, [*widths, 0], strict=True)).rstrip() for row in table]
    how = ["Not compiled: it predicts, and does not train."]
    if model.compiled:
        how = [f"Loss {type(model.loss).__name__}, optimizer {type(model.optimizer).__name__}."]
    about = [
        f'"""The network "{model.name}", {MARK} {version}: NumPy alone, every step in the open.',
        "", *rows, "", *how, f"{name}.npz, beside this file, holds what it has learned.", "",
        f"    python {name}.py data.npz                    predictions for the array x in a file",
        f"    from {name} import predict{', train' if model.compiled else ''}",
        '"""',
    ]  # fmt: skip
    modules = sorted({*script.library.modules, "import sys", "from pathlib import Path"} - {"import numpy as np"})
    plain = [m for m in modules if m.startswith("import")] + [m for m in modules if m.startswith("from")]
    constants = [f"DTYPE = np.{model.dtype}", f"SHAPE = {model.shape}  # of one sample",
                 f'WEIGHTS = Path(__file__).with_name("{name}.npz")']  # fmt: skip
    if model.compiled:
        constants.append(tidy(f"TRAINED = {trained}"))
        constants[-1] = _long_list(constants[-1])
    if script.noise:
        constants.append(f"NOISE = {model.key.fold('noise').seed}  # where noise is drawn from; folded with the step")
    return "\n".join([*about, "", *plain, "", "import numpy as np", "", *constants])


def _long_list(line: str) -> str:
    return line if len(line) <= WIDTH else line.replace("[", "[\n    ").replace(", ", ",\n    ").replace("]", ",\n]")


def _rule(title: str) -> str:
    return f"# {title} ".ljust(WIDTH, "-")


def made_of(script: Script) -> list[str]:
    """The constants and functions that the network and its training are made of."""
    found = drawing.functions(script) + script.library.texts()
    constants = "\n".join(f"{name} = {tidy(value)}" for name, value in script.library.constants.items())
    return [*([constants] if constants else []), *found]


def training(model: Any, script: Script, written: Written, optimizer: Optimizer, trained: list[str]) -> list[str]:
    """The loss, the penalty, the averages, the optimizer's step; and `train_step`, which takes them in order."""
    out, dtype = written.out, model.dtype
    loss = write_loss(script, written.loss, out, model.output_shape_for(model.shape), dtype)
    penalty, slopes = write_penalty(script, model, written)
    update = write_update(script, model, optimizer, trained)
    how = ", training=True" * script.learns + ', key=fold(NOISE, s["steps"])' * bool(script.noise)
    how += ', step=s["steps"]' * script.seeded
    step = [
        "def train_step(x, y_true):",
        f'    """One step on a batch x {batch(model.shape)}, in place. Returns the loss before it."""',
        said(f"{out}, cache = forward(p, np.asarray(x, DTYPE){how})"),
        said(f"L, d{out} = loss(y_true, {out})"),
        *([said("L += penalty(p, cache)" if "cache" in penalty[0] else "L += penalty(p)")] if penalty else []),
        said(f"g = backward(p, cache, d{out})"), *slopes,
        *([said("move_averages(p, cache)")] if written.averages else []), said("update(p, g, s)"),
        said("return float(L)"),
    ]  # fmt: skip
    texts = ["\n".join(lines) for lines in (loss, penalty) if lines]
    texts += [written.averages] if written.averages else []
    return [*texts, "\n".join(update), "\n".join(step)]


def predict(model: Any, written: Written) -> str:
    lines = [
        "def predict(x):",
        f'    """The outputs {batch(model.output_shape_for(model.shape))} for x {batch(model.shape)}."""',
        "    x = np.asarray(x, DTYPE)",
        "    if x.shape[1:] != SHAPE or x.ndim == 0:",
        '        raise ValueError(f"x: expected shape {(None, *SHAPE)}, got {x.shape}.")',
        f"    {written.out}, _ = forward(p, x)",
        said(f"return {written.predicted}"),
    ]
    return "\n".join(lines)


def files(optimizer: Optimizer | None) -> list[str]:
    """`load` and `save`, and what was loaded."""
    if optimizer is None:
        load = '''
            def load(path):
                """The parameters in a file, by name."""
                with np.load(path, allow_pickle=False) as file:
                    return {entry.removeprefix("p/"): file[entry] for entry in file.files}


            p = load(WEIGHTS)
            '''
        return [textwrap.dedent(load).strip()]
    memory = optimizer.memory
    assert memory is not None
    extra = [what for what in ("average", "accumulated") if getattr(memory, what) is not None]
    more = "".join(f', "{what}": {{}}' for what in extra)
    kept = "".join(
        f'\n            entries |= {{f"{what}/{{name}}": a for name, a in s["{what}"].items()}}' for what in extra
    )
    load = f'''
        def load(path):
            """What is in a file: the parameters p by name, and s, what the optimizer remembers of them."""
            p, s = {{}}, {{"steps": 0, "slots": {{name: {{}} for name in TRAINED}}{more}}}
            with np.load(path, allow_pickle=False) as file:
                for entry in file.files:
                    kind, _, name = entry.partition("/")
                    if kind == "steps":
                        s["steps"] = int(file[entry])
                    elif kind == "p":
                        p[name] = file[entry]
                    elif kind == "slots":
                        name, _, slot = name.rpartition("/")
                        s["slots"][name][slot] = file[entry]
                    else:
                        s[kind][name] = file[entry]
            return p, s


        p, s = load(WEIGHTS)
        '''
    save = f'''
        def save(path=WEIGHTS):
            """Write p and s to a file, to go on from."""
            entries = {{f"p/{{name}}": w for name, w in p.items()}}
            for name, slots in s["slots"].items():
                entries |= {{f"slots/{{name}}/{{slot}}": value for slot, value in slots.items()}}{kept}
            np.savez(path, **entries, steps=s["steps"])
        '''
    return [textwrap.dedent(load).strip(), textwrap.dedent(save).strip()]


def train(optimizer: Optimizer) -> str:
    text = '''
        def train(x, y, epochs=1, batch_size=32, seed=0):
            """Go through the samples x with their targets y, a number of times, each time in another order."""
            x, y, rng = np.asarray(x), np.asarray(y), np.random.default_rng(seed)
            if len(x) != len(y):
                raise ValueError(f"y: expected a target for each of the {len(x)} samples, got {len(y)}.")
            for epoch in range(1, epochs + 1):
                order, total = rng.permutation(len(x)), 0.0
                for i in range(0, len(x), batch_size):
                    rows = order[i : i + batch_size]
                    total += train_step(x[rows], y[rows]) * len(rows)
                print(f"Epoch {epoch}/{epochs}, loss {total / len(x):.4f}")
        '''
    lines = [textwrap.dedent(text).strip()]
    if optimizer.use_ema:
        lines += ["    for name in TRAINED:  # the average of the weights takes their place",
                  '        p[name] = s["average"][name].copy()']  # fmt: skip
    return "\n".join(lines)


def main(model: Any) -> str:
    text = f"""
        if __name__ == "__main__":
            if len(sys.argv) != 2:
                sys.exit(f"Use: python {{sys.argv[0]}} data.npz, a file with an array x {batch(model.shape)}")
            try:
                with np.load(sys.argv[1], allow_pickle=False) as data:
                    y = predict(data["x"])
            except (OSError, KeyError, ValueError) as problem:
                sys.exit(f"{{sys.argv[1]}}: {{problem}}")
            np.savetxt(sys.stdout, y.reshape(len(y), -1), fmt="%.6g", delimiter=",")
        """
    return textwrap.dedent(text).strip()
