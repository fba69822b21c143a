"""The network of a script: `forward`, and `backward` under it, layer by layer."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...arrays import Shape
from ...errors import InvalidArgument, Told
from ...layers.composite import Composite
from ...training.definition import from_logits
from ..ours import activations_of, kind, ours
from . import layers, normalizing  # their emitters register themselves
from .listing import WIDTH
from .ours import INSTEAD, only_ours
from .writer import EMITTERS, At, Back, Script, said

__all__ = ["Written", "layers", "leaves", "normalizing", "write_network"]


@dataclass
class Written:
    """What `forward` and `backward` turned out to be."""

    forward: str
    backward: str
    averages: str  # what moves after a step; empty if nothing does
    penalty: list[str]  # the lines that say what activities add to the loss
    out: str  # what forward returns: y, or the logits where the loss takes those
    loss: Any  # the loss as the script has it: of the logits, where it can be
    predicted: str  # y, from what forward returns


@dataclass(frozen=True)
class Leaf:
    """A layer, and where it stands."""

    layer: Any
    path: str
    key: str
    shape: Shape


def leaves(model: Any, shape: Shape) -> Iterator[Leaf]:
    """Every layer that is no model itself, in the order in which data meet them."""
    check_models(model)
    if not model.wiring.is_chain:
        raise InvalidArgument(
            f"to_numpy, model {model.name!r}", "one layer after another", Told("a graph"),
            "Save it as a .keras file; scripts are written for chains.",
        )  # fmt: skip
    for step, (given,) in model.steps(shape):
        only_ours(f"layer {step.path!r}", step.layer)
        plainly_named("layer", step.layer)
        yield Leaf(step.layer, step.path, ", ".join(map(str, step.numbers)), given)


def check_models(model: Any) -> None:
    """Refuse models of the user's own kind, at any depth."""
    only_ours(f"model {model.name!r}", model)
    plainly_named("model", model)
    for layer in model.layers:
        if isinstance(layer, Composite):
            check_models(layer)


def plainly_named(what: str, layer: Any) -> None:
    """Refuse a name that could end the text that it would stand in."""
    if not re.fullmatch(r"[\w .:+-]+", layer.name):
        raise InvalidArgument(
            f"to_numpy, the name of a {what}", "letters, digits, blanks and . : + - _", layer.name,
            "Make the model with another name.",
        )  # fmt: skip


def logits_of(model: Any) -> tuple[Any, bool]:
    """(the loss as training takes it, whether of what enters the last activation); (None, False) without a loss."""
    if not model.compiled:
        return None, False
    with np.errstate(all="ignore"):
        x = np.zeros((2, *model.shape), model.dtype)
        _, cache = model.forward(model.p, x, training=False, rng=model.key)
        fused, _ = from_logits(model, cache)
    return (model.loss, False) if fused is None else (fused, True)


def write_network(model: Any, script: Script) -> Written:
    """The text of forward and backward."""
    stack = list(leaves(model, model.shape))  # refuses what no script is written for
    loss, fused = logits_of(model)
    x, backs = "x", []
    for number, leaf in enumerate(stack, start=1):
        at = At(script, leaf.layer, leaf.path, number, leaf.key, x, leaf.shape, fused and leaf is stack[-1])
        emitter = EMITTERS.get(ours(type(leaf.layer)))
        if emitter is None:
            raise InvalidArgument(
                f"to_numpy, layer {leaf.path!r}", "a kind of layer that scripts have",
                Told(type(leaf.layer).__name__), INSTEAD,
            )  # fmt: skip
        for activation in activations_of(leaf.layer):
            only_ours(f"layer {leaf.path!r}, activation", activation)
        script.forward.append(f"    # {_title(leaf)}")
        before, (x, back) = len(script.forward), emitter(at)
        if len(script.forward) == before:
            script.forward[-1] += ": passes on what it is given"
        backs.append((leaf, at, x, back))
    write_backward(script, backs)
    last = stack[-1].layer
    predicted = script.activation(getattr(last, "function", None) or last.activation, x) if fused else x
    return assembled(script, x, loss, predicted)


def _title(leaf: Leaf) -> str:
    title = leaf.path if leaf.path == kind(leaf.layer) else f"{leaf.path}: {ours(type(leaf.layer)).__name__}"
    return title if leaf.layer.trainable or not leaf.layer.parameters(leaf.shape) else f"{title}, frozen"


def write_backward(script: Script, backs: Sequence[tuple[Leaf, At, str, Back]]) -> None:
    """The lines of `backward`, as far down as there is something to train."""
    trains = [any(at.trains(spec.name) for spec in leaf.layer.parameters(leaf.shape)) for leaf, at, _, _ in backs]
    for i in reversed(range(len(backs))):
        leaf, at, out, back = backs[i]
        regularizer = leaf.layer.activity_regularizer
        if regularizer is not None:
            only_ours(f"layer {leaf.path!r}, activity_regularizer", regularizer)
            formula = script.formula(regularizer.__call__, f"{kind(regularizer)}_penalty", out)
            script.penalties.append(said(f"total += ({formula}) / len({out})"))
        if not any(trains[: i + 1]):
            continue
        script.backward.append(f"    # {leaf.path}")
        lines = len(script.backward)
        if regularizer is not None:
            slope = script.formula(regularizer.grad, f"{kind(regularizer)}_penalty_grad", out)
            at.backward(f"d{out} = d{out} + ({slope}) / len({out})")
        wanted = any(trains[:i])
        dx = back(f"d{out}", wanted)
        if wanted and dx != f"d{at.x}":
            at.backward(f"d{at.x} = {dx}")
        if len(script.backward) == lines:
            script.backward.pop()


def assembled(script: Script, out: str, loss: Any, predicted: str) -> Written:
    """The functions' text; the cache holds what backward, the averages and the penalties read of what forward made."""
    made = {name for line in script.forward for name in names(line.partition(" = ")[0])} | {"x"}
    later = {name for line in (*script.backward, *script.averages, *script.penalties) for name in names(line)}
    cache = sorted(made & later, key=lambda n: (int(re.sub(r"\D", "", n) or 0), n))
    arguments = ", training=False" * script.learns + ", key=None" * bool(script.noise)
    arguments += ", step=0" * script.seeded
    about = " Noise is drawn from `key`." if script.noise else ""
    forward = [
        f"def forward(p, x{arguments}):",
        f'    """({out}, what is needed on the way back).{about}"""',
        *script.forward,
        *filled("cache = ", cache),
        f"    return {out}, cache",
    ]
    backward = [
        f"def backward(p, cache, d{out}):",
        f'    """dL/dp by name, from dL/d{out}: the chain rule, back the way the data came."""',
        *unpacked(cache, script.backward),
        "    g = {}",
        *script.backward,
        "    return g",
    ]
    averages = [
        "def move_averages(p, cache):",
        '    """Move the averages that serve in inference towards what this batch has."""',
        *unpacked(cache, script.averages),
        *script.averages,
    ]
    penalty = [*unpacked(cache, script.penalties), *script.penalties]
    moves = "\n".join(averages) if script.averages else ""
    return Written("\n".join(forward), "\n".join(backward), moves, penalty, out, loss, predicted)


def unpacked(cache: Sequence[str], lines: Sequence[str]) -> list[str]:
    """The line that gives the cache's entries their names again, those that these lines read."""
    used = {name for line in lines for name in names(line)}
    shown = [name if name in used else "_" for name in cache]
    while len(shown) > 1 and shown[-2:] == ["_", "_"]:
        shown.pop()
    if not used & set(cache):
        return []
    rest = len(shown) < len(cache)
    shown = [*shown[:-1], "*_"] if rest else shown
    return filled("", shown, " = cache")


def filled(before: str, entries: Sequence[str], after: str = "") -> list[str]:
    """A tuple of names, on as many lines as it takes."""
    line = f"    {before}{', '.join(entries)}{',' * (len(entries) == 1)}{after}"
    if not entries:
        return [f"    {before}(){after}"]
    if len(line) <= WIDTH:
        return [line]
    rows = textwrap.wrap(", ".join(entries) + ",", WIDTH - 8)
    return [f"    {before}(", *(f"        {row}" for row in rows), f"    ){after}"]


def names(line: str) -> set[str]:
    """The names in a line of code, those in quotes, behind a dot or in a comment left out."""
    code = re.sub(r'"[^"]*"', "", line.partition("#")[0])
    return set(re.findall(r"(?<![\w.])[^\W\d]\w*", code))
