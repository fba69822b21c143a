"""Gradient and update of a Dense layer's kernel in one operation: a few rows of the gradient, then the update of those
rows, while both are in the fastest cache. No gradient vector is written, so none can be looked at afterwards.

Since the update then begins before the whole gradient is known, it must be known beforehand to be finite: it is where
the layer's inputs and dL/dz are finite and far from overflowing. What is not so goes to the definition.
"""

from __future__ import annotations

from ..machine.layout import WIDEST
from ..optimizers.memory import runs
from ..program import Buffer, Op, Program
from .base import Trainee

# The rules that machine/kernels/updates.py joins with the gradient.
RULES = frozenset(
    {
        "sgd", "sgd.momentum", "sgd.nesterov", "adam", "adamax", "nadam", "schedule_free_adamw", "adagrad", "adadelta",
        "rmsprop", "rmsprop.momentum", "rmsprop.centered", "lion", "ftrl", "ftrl.power",
    }
)  # fmt: skip
LARGE = 1 << 17  # numbers in dz beyond which it is packed


def fuse(model: Trainee, code: Program) -> list[str]:
    """Take the gradients of kernels out of the section "backward" and emit them, updating, into "update"; the names."""
    names = {slice.start: name for name, slice in code.theta.slices.items() if code.theta[name].size}
    spoken_for = {s.name for s in model.specs if s.regularizer is not None or s.constraint is not None}
    shared = {home for _, home in code.shared}  # written more than once: the sum is known only in the end
    fused = []
    for op in list(code.sections["backward"]):
        home = op.operands[2] if op.kernel == "dense.weights" else None
        if not isinstance(home, Buffer) or home.space != "gradient" or home in shared:
            continue
        name = names[home.offset]
        rule = None if name in spoken_for else model.optimizer.lower_alone(code, name)
        if rule is not None and rule.kernel in RULES and code.theta[name].shape[-1] <= WIDEST:
            code.sections["backward"].remove(op)
            _fuse_one(code, op, rule)
            fused.append(name)
    return fused


def _fuse_one(code: Program, op: Op, rule: Op) -> None:
    x, dz, _, I, O, rows = op.operands
    assert isinstance(dz, Buffer)
    with code.within("backward"):
        code.emit("dense.bounded", x, dz, I, O, rows)
    width = -(-dz.shape[-1] // 64) * 64  # whole panels
    packed = code.buffer((*dz.shape[:-1], width)) if code.batch * dz.size > LARGE else None
    code.emit(f"dense.weights.{rule.kernel}", x, dz, packed, I, O, rows, *rule.operands)


def check_rest(model: Trainee, code: Program, fused: list[str]) -> None:
    """Emit the looking for what is not finite: in the loss, and in the gradients that are written."""
    rest = [name for name in model.trained_names() if name not in fused]
    for run in runs(code.theta, rest):
        n = run.stop - run.start
        code.emit("loss.finite", Buffer("gradient", run.start, (n,), False), n)
    code.emit("loss.finite", None, 0, decides=True)
