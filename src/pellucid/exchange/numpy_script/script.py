"""The whole script: what stands where, from the docstring to the command line."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np

from ...__about__ import version
from ...arrays import TEXT, Array
from ...optimizers import Optimizer
from . import drawing
from .assembling import docstring
from .listing import WIDTH, tidy
from .network import Written, input_names, walked, write_network
from .specialize import Library
from .training import built, state_of, write_losses, write_penalty, write_update
from .writer import Script, batch, said

AS_IT_IS: Any = {"drop_whitespace": True, "break_long_words": False, "replace_whitespace": False}  # lines of a table
MARK = "taken out of Pellucid"  # by which a script of ours is known
PLAIN = {"bool": "bool", TEXT: "object"}  # kinds that Python has names for
TAKEN = {
    "p", "g", "s", "x", "y", "np", "sys", "forward", "backward", "loss", "penalty", "update", "predict", "train",
    "train_step", "move_averages", "load", "save", "fold", "bits", "uniform", "normal", "TRAINED", "DTYPE", "SHAPE",
    "SHAPES", "DTYPES", "NOISE", "WEIGHTS",
}  # fmt: skip


def write_script(model: Any, name: str) -> tuple[str, dict[str, Array]]:
    """(the script, the arrays that lie beside it in NAME.npz) of a built model."""
    trained = model.trained_names() if model.compiled else []
    script = Script(Library(names=set(TAKEN)), frozenset(trained), model.compiled)
    written = write_network(model, script)
    network, optimizer, arrays = [written.forward], None, {}
    if model.compiled:
        optimizer = built(model)
        arrays = state_of(optimizer, trained)
        network += [written.backward, *training(model, script, written, optimizer, trained)]
    use = [predict(model, written), *files(optimizer), *([] if optimizer is None else [train(model, optimizer)])]
    sections = (("The network", network), ("What it is made of", made_of(script, network, use)), ("Its use", use))
    text = "\n\n\n".join(part for title, parts in sections if parts for part in (_rule(title), *parts))
    mentioned = {n: v for n, v in {**model.p, **script.constants}.items() if f'"{n}"' in text}
    head = header(model, script, name, trained)
    text = f"{head}\n\n\n{text}\n\n\n{main(model)}\n"
    return text, {**{f"p/{n}": np.asarray(v) for n, v in mentioned.items()}, **arrays}


def header(model: Any, script: Script, name: str, trained: list[str]) -> str:
    """The docstring, the imports, the constants."""
    how = ["Not compiled: it predicts, and does not train."]
    if model.compiled:
        told = dict.fromkeys(type(loss).__name__ for loss in model.objective.losses if loss is not None)
        how = [f"Loss {' and '.join(told)}, optimizer {type(model.optimizer).__name__}."]
    rows = ["    " + row for row in table(model)]
    about = [
        f'"""The network "{model.name}", {MARK} {version}: NumPy alone, every step in the open.',
        "", *rows, "", *how, f"{name}.npz, beside this file, holds what it has learned.", "",
        f"    python {name}.py data.npz                    predictions for {arrays_told(model)} in a file",
        f"    from {name} import predict{', train' if model.compiled else ''}",
        '"""',
    ]  # fmt: skip
    modules = sorted({*script.library.modules, "import sys", "from pathlib import Path"} - {"import numpy as np"})
    plain = [m for m in modules if m.startswith("import")] + [m for m in modules if m.startswith("from")]
    shapes = f"SHAPES = {list(model.sample_shapes)}" if model.takes_many else f"SHAPE = {model.shape}"
    shapes = f"{shapes}  # of one sample" if len(shapes) < WIDTH - 20 else _long_list(shapes)
    constants = [f"DTYPE = np.{model.dtype}", shapes, f'WEIGHTS = Path(__file__).with_name("{name}.npz")']
    if model.takes_many and set(kinds_of(model)) != {"DTYPE"}:
        constants.append(f"DTYPES = [{', '.join(kinds_of(model))}]  # of the inputs")
    if model.compiled:
        constants.append(tidy(f"TRAINED = {trained}"))
        constants[-1] = _long_list(constants[-1])
    if script.noise:
        constants.append(f"NOISE = {model.key.fold('noise').seed}  # where noise is drawn from; folded with the step")
    return "\n".join([*about, "", *plain, "", "import numpy as np", "", *constants])


def in_dtypes(model: Any) -> str:
    """The inputs as arrays of the kinds of number that the network takes."""
    kinds = kinds_of(model)
    if not model.takes_many:
        return f"np.asarray(x, {kinds[0]})"
    if set(kinds) == {"DTYPE"}:
        return "[np.asarray(part, DTYPE) for part in x]"
    return "[np.asarray(part, dtype) for part, dtype in zip(x, DTYPES)]"


def kinds_of(model: Any) -> list[str]:
    """The kind of number of each input."""
    return ["DTYPE" if dtype == model.dtype else PLAIN.get(dtype, f"np.{dtype}") for dtype in model.input_dtypes]


def table(model: Any) -> list[str]:
    """A line for each input and step: where it stands, what it is, what comes out of it; in a graph what it reads."""
    inputs, chain = input_names(model), model.wiring.is_chain
    givers = dict(zip(model.wiring.inputs, inputs, strict=True))
    names = model.input_names if model.takes_many else [""]
    entries = zip(names, inputs, model.sample_shapes, strict=True)
    rows = [(name, x, batch(shape), "", "") for name, x, shape in entries]
    for found in walked(model):
        step, count = found.step, sum(math.prod(spec.shape) for spec in found.parameters)
        reads = "" if chain or not step.inputs else f"of {', '.join(givers[wire] for wire in step.inputs)}"
        givers |= dict.fromkeys(step.outputs, step.label)
        made = " ".join(map(batch, found.made))
        rows.append((step.label, found.kind, made, f"{count:,} parameters" if count else "", reads))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(text.ljust(w) for text, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    column = sum(widths[:-1]) + 2 * len(widths) + 1  # what does not fit on a line goes under its column
    further = " " * min(column, WIDTH // 2)
    return [part for line in lines for part in textwrap.wrap(line, WIDTH - 4, subsequent_indent=further, **AS_IT_IS)]


def arrays_told(model: Any) -> str:
    """The arrays that a file of data has."""
    names = input_names(model)
    if names == ["x"]:
        return f"an array x {batch(model.shape)}"
    return "arrays " + (" and ".join(names) if len(names) < 3 else f"{names[0]} to {names[-1]}")


def _long_list(line: str) -> str:
    if len(line) <= WIDTH:
        return line
    return re.sub(r"(?<=[\")]), ", ",\n    ", line.replace("[", "[\n    ")).replace("]", ",\n]")


def _rule(title: str) -> str:
    return f"# {title} ".ljust(WIDTH, "-")


def made_of(script: Script, network: Sequence[str], use: Sequence[str]) -> list[str]:
    """The constants and functions that the network and its training are made of."""
    script.library.keep_called("\n".join([*script.forward, *script.backward, *network, *use]))
    found = drawing.functions(script) + script.library.texts()
    constants = "\n".join(f"{name} = {tidy(value)}" for name, value in script.library.constants.items())
    return [*([constants] if constants else []), *found]


def training(model: Any, script: Script, written: Written, optimizer: Optimizer, trained: list[str]) -> list[str]:
    """The loss, the penalty, the averages, the optimizer's step; and `train_step`, which takes them in order."""
    losses, found = write_losses(script, model, written)
    penalty, slopes = write_penalty(script, model, written)
    update = write_update(script, model, optimizer, trained)
    how = ", training=True" * script.learns + ', key=fold(NOISE, s["steps"])' * bool(script.noise)
    how += ', step=s["steps"]' * script.seeded
    given = ", ".join(output.gradient for output in written.outputs if output.loss is not None)
    batches = (
        f"batches x {' and '.join(map(batch, model.sample_shapes))}"
        if model.takes_many
        else f"a batch x {batch(model.shape)}"
    )
    step = [
        "def train_step(x, y_true):",
        *docstring(f"One step on {batches}, in place. Returns the loss before it."),
        said(f"{written.out}, cache = forward(p, {in_dtypes(model)}{how})"),
        *found,
        *([said("L += penalty(p, cache)" if "cache" in penalty[0] else "L += penalty(p)")] if penalty else []),
        said(f"g = backward(p, cache, {given})"), *slopes,
        *([said("move_averages(p, cache)")] if written.averages else []), said("update(p, g, s)"),
        said("return float(L)"),
    ]  # fmt: skip
    texts = ["\n".join(lines) for lines in (*losses, penalty) if lines]
    texts += [written.averages] if written.averages else []
    return [*texts, "\n".join(update), "\n".join(step)]


def predict(model: Any, written: Written) -> str:
    outputs = " and ".join(batch(output.shape) for output in written.outputs)
    given = " and ".join(map(batch, model.sample_shapes))
    several = f", in this order: {', '.join(model.input_names)}" if model.takes_many else ""
    found = ", ".join(output.predicted for output in written.outputs)
    if model.takes_many:
        checks = [
            f"    x = {in_dtypes(model)}",
            "    if [part.shape[1:] for part in x] != SHAPES:",
            "        got = [part.shape for part in x]",
            '        raise ValueError(f"x: expected shapes {[(None, *shape) for shape in SHAPES]}, got {got}.")',
        ]
    else:
        checks = [
            f"    x = {in_dtypes(model)}",
            "    if x.shape[1:] != SHAPE or x.ndim == 0:",
            '        raise ValueError(f"x: expected shape {(None, *SHAPE)}, got {x.shape}.")',
        ]
    lines = [
        "def predict(x):",
        *docstring(f"The outputs {outputs} for x {given}{several}."),
        *checks,
        said(f"{written.out}, _ = forward(p, x)"),
        said(f"return {f'[{found}]' if model.gives_many else found}"),
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


def train(model: Any, optimizer: Optimizer) -> str:
    def each(array: str, many: bool, how: str) -> str:
        return f"[{how.format('part')} for part in {array}]" if many else how.format(array)

    x, y = (each(a, many, "np.asarray({})") for a, many in (("x", model.takes_many), ("y", model.gives_many)))
    rows = ", ".join(each(a, many, "{}[rows]") for a, many in (("x", model.takes_many), ("y", model.gives_many)))
    n = "len(x[0])" if model.takes_many else "len(x)"
    wrong = "any(len(part) != n for part in y)" if model.gives_many else "len(y) != n"
    got = "[len(part) for part in y]" if model.gives_many else "len(y)"
    text = f'''
        def train(x, y, epochs=1, batch_size=32, seed=0):
            """Go through the samples x with their targets y, a number of times, each time in another order."""
            x, y, rng = {x}, {y}, np.random.default_rng(seed)
            n = {n}
            if {wrong}:
                raise ValueError(f"y: expected a target for each of the {{n}} samples, got {{{got}}}.")
            for epoch in range(1, epochs + 1):
                order, total = rng.permutation(n), 0.0
                for i in range(0, n, batch_size):
                    rows = order[i : i + batch_size]
                    total += train_step({rows}) * len(rows)
                print(f"Epoch {{epoch}}/{{epochs}}, loss {{total / n:.4f}}")
        '''
    lines = [textwrap.dedent(text).strip()]
    if optimizer.use_ema:
        lines += ["    for name in TRAINED:  # the average of the weights takes their place",
                  '        p[name] = s["average"][name].copy()']  # fmt: skip
    return "\n".join(lines)


def main(model: Any) -> str:
    x, y = 'data["x"]', "y.reshape(len(y), -1)"
    if model.takes_many:
        x = '[data[f"x{i}"] for i, _ in enumerate(SHAPES, 1)]'
    if model.gives_many:
        y = "np.hstack([part.reshape(len(part), -1) for part in y])"
    text = f"""
        if __name__ == "__main__":
            if len(sys.argv) != 2 or not sys.argv[1].endswith(".npz"):
                sys.exit(f"Use: python {{sys.argv[0]}} data.npz, a file with {arrays_told(model)}")
            try:
                with np.load(sys.argv[1], allow_pickle=False) as data:
                    y = predict({x})
            except (OSError, KeyError, ValueError) as problem:
                sys.exit(f"{{sys.argv[1]}}: {{problem}}")
            np.savetxt(sys.stdout, {y}, fmt="%.6g", delimiter=",")
        """
    return textwrap.dedent(text).strip()
