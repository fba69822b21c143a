"""How a script trains: the loss and its gradient, the penalties, the optimizer's step, in the definition's order."""

from __future__ import annotations

import copy
import inspect
import sys
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ...arrays import Array
from ...errors import InvalidArgument, Told
from ...layers.penalties import penalised
from ...losses import Loss
from ...optimizers import Optimizer
from ..ours import kind, ours, refuse_foreign
from .network import Output, Written
from .writer import FORM, Script, batch, said


def write_loss(script: Script, output: Output, dtype: str, name: str) -> list[str]:
    """The loss of an output as a function of this name: (L, dL/dout)."""
    loss, out, shape = output.loss, output.name, output.shape
    refuse_foreign(FORM, f"loss {loss.name!r}", loss)
    if not loss.by_rows:
        raise InvalidArgument(
            f"{FORM.where}, loss {loss.name!r}", "a loss with one value for each row of outputs",
            Told(type(loss).__name__),
            "Compile the model with another loss; its script predicts the same.",
        )  # fmt: skip
    module = sys.modules[ours(type(loss)).__module__]
    function = getattr(module, module.__name__.rpartition(".")[2])
    gradient = getattr(module, f"{function.__name__}_grad")
    options = {name: getattr(loss, name) for name in list(inspect.signature(function).parameters)[2:]}
    given = {"y_true": "y_true", "y_pred": out}
    values, slopes = (script.call(f, given, **options) for f in (function, gradient))
    axis = loss.axis % (len(shape) + 1)
    sample = tuple(n for i, n in enumerate(shape, start=1) if i != axis)
    how = "summed" if loss.reduction == "sum" else "averaged"
    lines = [f"def {name}(y_true, {out}):", f'    """(L, dL/d{out}): {function.__name__}, {how} over the batch."""']
    if loss.targets == "classes":
        lines += class_targets(loss, out, sample, shape[axis - 1])
    else:
        lines.append(said(f"y_true = np.asarray(y_true, DTYPE).reshape({out}.shape)", batch(shape)))
    other = loss.dtype not in (None, dtype)
    if other:
        lines.append(said(f"y_true, {out} = y_true.astype(np.{loss.dtype}), {out}.astype(np.{loss.dtype})"))
    lines += [said(f"values = {values}", batch(sample)), said(f"slopes = {slopes}", batch(shape))]
    value, slope = "values.mean(dtype=np.float64)", "slopes / values.size"
    if loss.reduction == "sum":
        value, slope = "values.sum(dtype=np.float64)", "slopes"
    elif loss.ignore_class is not None:
        lines.append(said(f"count = max(int((y_true != {loss.ignore_class}).sum()), 1)"))
        value, slope = "values.sum(dtype=np.float64) / count", "slopes / count"
    return [*lines, said(f"return {value}, {f'({slope}).astype(DTYPE)' if other else slope}")]


def write_losses(script: Script, model: Any, written: Written) -> tuple[list[list[str]], list[str]]:
    """(a function for each output that has a loss, the lines of a step that call them and add what they find)."""
    judged = [(i, output) for i, output in enumerate(written.outputs) if output.loss is not None]
    functions, lines, terms = list[list[str]](), list[str](), list[str]()
    for i, output in judged:
        scale = model.objective.weights[i]
        name, L = ("loss", "L") if not model.gives_many else (f"loss_{i + 1}", f"L{i + 1}")
        functions.append(write_loss(script, output, model.dtype, name))
        given = f"y_true[{i}]" if model.gives_many else "y_true"
        lines.append(said(f"{L}, {output.gradient} = {name}({given}, {output.name})"))
        if scale != 1:
            lines.append(said(f"{output.gradient} = {output.gradient} * DTYPE({scale!r})"))
        terms.append(L if scale == 1 else f"{scale!r} * {L}")
    return functions, lines + ([said(f"L = {' + '.join(terms)}")] if model.gives_many else [])


def class_targets(loss: Loss, out: str, sample: tuple[int, ...], classes: int) -> list[str]:
    """Targets that are class numbers, one for each value of the loss."""
    sizes = "".join(f", {n}" for n in sample)
    known = f"(y_true >= 0) & (y_true < {classes})"
    if loss.ignore_class is not None:
        known = f"({known}) | (y_true == {loss.ignore_class})"
    return [
        said(f"y_true = np.asarray(y_true).reshape(len({out}){sizes}).astype(np.int64)", batch(sample)),
        f"    if not ({known}).all():",
        f'        raise ValueError("y: expected class numbers from 0 to {classes - 1}.")',
    ]


def write_penalty(script: Script, model: Any, written: Written) -> tuple[list[str], list[str]]:
    """(the function that says what is added to the loss, the lines that add its gradient)."""
    lines, gradients = [], []
    for name, regularizer in penalised(model):
        refuse_foreign(FORM, f"parameter {name!r}, regularizer", regularizer)
        w = f'p["{name}"]'
        lines.append(said(f"total += {script.formula(regularizer.__call__, f'{kind(regularizer)}_penalty', w)}"))
        slope = script.formula(regularizer.grad, f"{kind(regularizer)}_penalty_grad", w)
        gradients.append(said(f'g["{name}"] += {slope}'))
    if not lines and not written.penalty:
        return [], []
    head = "def penalty(p, cache):" if written.penalty else "def penalty(p):"
    about = '    """What the regularizers add to the loss."""'
    return [head, about, "    total = 0.0", *lines, *written.penalty, "    return total"], gradients


def built(model: Any) -> Optimizer:
    """The model's optimizer, or where it has not yet begun, one like it that has."""
    optimizer: Optimizer = model.optimizer
    optimizer.one_rate(FORM.where)
    if not optimizer.built:
        optimizer = copy.copy(optimizer)
        optimizer.build(model.theta)
    return optimizer


def state_of(optimizer: Optimizer, names: Sequence[str]) -> dict[str, Array]:
    """What the optimizer remembers of these parameters, under the names that it has in the script's file."""
    memory = optimizer.memory
    assert memory is not None
    state = {f"slots/{name}/{slot}": value for name in names for slot, value in memory.of(name).items()}
    for what, flat in (("average", memory.average), ("accumulated", memory.accumulated)):
        if flat is not None:
            state |= {f"{what}/{name}": flat[name] for name in names}
    return {**state, "steps": np.array(optimizer.steps_taken)}


def write_update(script: Script, model: Any, optimizer: Optimizer, names: Sequence[str]) -> list[str]:
    """One step of the optimizer, in the order of `Optimizer.step`."""
    refuse_foreign(FORM, f"optimizer {optimizer.name!r}", optimizer)
    script.library.about["updated"] = ["The next w of one parameter, and what is remembered of it."]
    update = script.library.write(optimizer.update, "updated")
    about = f'    """One step of {type(optimizer).__name__}, in place, along the gradients g."""'
    lines = ["def update(p, g, s):", about]
    lines += [said(line) for line in accumulating(optimizer)]
    body = clipping(optimizer)
    given = {"w": "p[name]", "g": "g[name]", "s": 's["slots"][name]', "lr": "lr", "t": "t"}
    decay, n = decaying(optimizer, model, names), optimizer.gradient_accumulation_steps
    if 3 in update.kept or decay:
        body.append(f"lr = {rate(script, optimizer)}")
    if 4 in update.kept:
        body.append(f't = s["steps"] // {n} + 1' if n else 't = s["steps"] + 1')
    body += ["for name in TRAINED:", *(f"    {line}" for line in decay)]
    arguments = ", ".join(given[("w", "g", "s", "lr", "t")[k]] for k in update.kept if isinstance(k, int))
    body.append(f'    p[name], s["slots"][name] = {update.name}({arguments})')
    if n:
        lines += ["    if full:", *(f"        {line}" for line in body)]
    else:
        lines += [f"    {line}" for line in body]
    lines += [said(line) for line in averaging(optimizer)]
    for name, constraint in model.constraints().items():
        if name in names:
            refuse_foreign(FORM, f"parameter {name!r}, constraint", constraint)
            w = f'p["{name}"]'
            lines.append(said(f"{w} = {script.formula(constraint.__call__, kind(constraint), w)}"))
    return [*lines, '    s["steps"] += 1']


def rate(script: Script, optimizer: Optimizer) -> str:
    """The learning rate of the next step, as text."""
    schedule = optimizer.schedule
    if schedule is None:
        return repr(float(optimizer.learning_rate))
    refuse_foreign(FORM, "learning rate schedule", schedule)
    return f'{script.library.write(schedule.__call__, "learning_rate").name}(s["steps"])'


def accumulating(optimizer: Optimizer) -> list[str]:
    n = optimizer.gradient_accumulation_steps
    if n is None:
        return []
    return [
        f'full = (s["steps"] + 1) % {n} == 0', "for name in TRAINED:", '    s["accumulated"][name] += g[name]',
        f'    g[name] = s["accumulated"][name] / {n}', "    if full:", '        s["accumulated"][name][...] = 0',
    ]  # fmt: skip


def clipping(optimizer: Optimizer) -> list[str]:
    if optimizer.clipvalue is not None:
        limit = optimizer.clipvalue
        return [f"g = {{name: np.clip(g[name], {-limit!r}, {limit!r}) for name in TRAINED}}"]
    if optimizer.clipnorm is not None:
        limit = optimizer.clipnorm
        norm = "float(np.vdot(g[name], g[name])) ** 0.5"
        return [f"g = {{name: g[name] * ({limit!r} / max({norm}, {limit!r})) for name in TRAINED}}"]
    if optimizer.global_clipnorm is not None:
        limit = optimizer.global_clipnorm
        return [
            "norm = sum(float(np.vdot(g[name], g[name])) for name in TRAINED) ** 0.5",
            f"g = {{name: g[name] * ({limit!r} / max(norm, {limit!r})) for name in TRAINED}}",
        ]
    return []


def decaying(optimizer: Optimizer, model: Any, names: Sequence[str]) -> list[str]:
    """Weight decay, for those parameters that decay."""
    decays: Mapping[str, float] = optimizer.decays(model.theta, names)
    lines = []
    for decay in dict.fromkeys(d for d in decays.values() if d):
        whose = [name for name, d in decays.items() if d == decay]
        if len(whose) < len(names):
            lines.append(f"if name in {{{', '.join(f'{name!r}' for name in whose)}}}:".replace("'", '"'))
        indent = "    " * (len(whose) < len(names))
        lines.append(f"{indent}p[name] = p[name] - p[name] * ({decay!r} * lr)")
    return lines


def averaging(optimizer: Optimizer) -> list[str]:
    """The average of the weights, where the optimizer keeps one."""
    if not optimizer.use_ema:
        return []
    n, often = optimizer.gradient_accumulation_steps or 1, optimizer.ema_overwrite_frequency
    steps = 's["steps"]' if n == 1 else f'(s["steps"] // {n})'
    lines = [
        f"momentum = {optimizer.ema_momentum!r} if {steps} > 0 else 0.0", "for name in TRAINED:",
        '    s["average"][name] = momentum * s["average"][name] + (1 - momentum) * p[name]',
    ]  # fmt: skip
    if often is not None:
        lines += [f"    if ({steps} + 1) % {often} == 0:", '        p[name] = s["average"][name].copy()']
    return lines
