"""What several operations do in one, where nobody else reads what passes between them.

    gather, then rescaling              the numbers are scaled while they are gathered
    batch_norm.applied, then relu       the numbers are rectified while they are normalized; and so on the way back
    dense, then op.add of one row       the row is added to each of the product while that is in registers
    dense.inputs, then dense.relu.grad  dx goes on through max(x, 0) while it is in the cache
    dense.weights, then an update       a few rows of the gradient, then the update of those rows, while both are in the
                                        fastest cache; the gradient is written nowhere

The last begins the update before the whole gradient is known, so that must be known beforehand to be finite: it is
where x and dL/dz are finite and far from overflowing. What is not so goes to the definition. To look for that is not
worth it where x and dL/dz are far longer than the gradient is large.

Each asks: is what is read written by one operation, of the kind that can do more, and read by nobody else?
"""

from __future__ import annotations

from dataclasses import replace

from ...program import Buffer, Op, Operand, Program
from ..layout import LAST, WIDEST
from .signatures import FUSED, signature

# The rules that machine/kernels/updates.py joins with the gradient.
UPDATES = (
    "sgd", "sgd.momentum", "sgd.nesterov", "adam", "adamax", "nadam", "schedule_free_adamw", "adagrad", "adadelta",
    "rmsprop", "rmsprop.momentum", "rmsprop.centered", "lion", "ftrl", "ftrl.power",
)  # fmt: skip
EACH = 1  # as in machine/kernels/mapped.py
PLAIN_RELU = [0.0, float("inf"), 0.0]  # its slope, its largest number, its threshold
NORMALIZED = ("batch_norm.slopes", "batch_norm.through")
LARGE = 1 << 17  # numbers in dz beyond which it is packed
FEW, MANY = 128, 512  # rows of dz up to which a gradient is joined with its update, and beyond which it never is;
PER_COLUMN = 4  # in between, so many for each of its columns


def fuse(code: Program, *, seen: bool = False) -> None:
    """Join what can be joined; nothing where every result is kept to be looked at. `seen`: somebody may look at what
    layers give, and at the gradient."""
    if code.keeps:
        return
    taps = [(letter, place.offset) for places in code.taps.values() for letter, place in places.items()]
    steps = Steps(code, {offset for letter, offset in taps if seen and letter.startswith("y")})
    for i, op in enumerate(steps.ops):
        if op is None:
            continue
        if op.kernel == "rescaling":
            _rescaling(steps, i, op)
        elif op.kernel == "op.add":
            _row_added(steps, i, op)
        elif op.kernel == "relu":
            _normalized(steps, i, op)
        elif op.kernel == "dense.relu.grad":
            _relu_grad(steps, i, op)
        elif op.kernel in UPDATES and not seen:
            _update(steps, i, op)
    steps.write()


class Steps:
    """The operations of all sections, one after another; None where one has been taken out. `seen`: where in the work
    memory somebody may look."""

    def __init__(self, code: Program, seen: set[int]) -> None:
        self.code, self.seen = code, seen
        self.places = [section for section, ops in code.sections.items() for _ in ops]
        self.ops: list[Op | None] = [op for ops in code.sections.values() for op in ops]
        self.uses: dict[str, list[tuple[int, int, int]]] = {}  # of each space: (first float, last + 1, operation)
        for i, op in enumerate(self.ops):
            self.put(i, op)

    def put(self, i: int, op: Op | None) -> None:
        """Have another operation, or none, in this place."""
        self.ops[i] = op
        for use, operand in zip(signature(op.kernel).uses, op.operands, strict=False) if op else ():
            if use is not None and isinstance(operand, Buffer):
                self.uses.setdefault(operand.space, []).append((operand.offset, self._end(operand), i))

    def write(self) -> None:
        """Put them back into their sections."""
        for section in self.code.sections:
            found = zip(self.places, self.ops, strict=True)
            self.code.sections[section] = [op for place, op in found if place == section and op is not None]

    def users(self, buffer: Operand) -> dict[int, Op]:
        """The operations that read or write any of a buffer's numbers; none if somebody may look at them."""
        if not isinstance(buffer, Buffer) or (buffer.space == "work" and buffer.offset in self.seen):
            return {}
        start, stop = buffer.offset, self._end(buffer)
        found = {i for first, last, i in self.uses[buffer.space] if first < stop and start < last}
        return {i: op for i in sorted(found) if (op := self.ops[i]) is not None}

    def _end(self, buffer: Buffer) -> int:
        return buffer.offset + buffer.floats(self.code.batch)


def _rescaling(steps: Steps, at: int, op: Op) -> None:
    x, y, _, scale, offset, _ = op.operands
    users = steps.users(x)
    users.pop(at, None)
    first, *others = users.items() or [(at, op)]
    i, gather = first
    plain = gather.kernel.startswith("gather.") and gather.operands[4:] == (1.0, 0.0)
    if not plain or op.times > 1 or any(other.kernel != "finite.rows" for _, other in others):
        return
    steps.put(i, replace(gather, operands=(*gather.operands[:3], y, scale, offset)))
    for j, other in others:  # what is finite stays so
        steps.put(j, replace(other, operands=(y, *other.operands[1:])))
    steps.put(at, None)


def _row_added(steps: Steps, at: int, op: Op) -> None:
    """The row is added last, so that all digits are as if that were done apart."""
    x, row, _, y, *places = op.operands
    users = steps.users(x)
    i = min(users, default=at)
    product = users.get(i)
    if product is None or product.kernel != "dense" or list(users) != [i, at] or product.times != op.times:
        return
    *read, bias, z, I, O, rows, mode = product.operands
    assert isinstance(x, Buffer)
    assert isinstance(z, Buffer)
    assert isinstance(O, int)
    assert isinstance(rows, int)
    by_row = (2, rows, O, 0, 0) if rows > 1 else (1,)
    if (z, bias, mode) == (replace(x, shape=z.shape), None, 0) and places == [
        O * rows,
        0,
        0,
        EACH,
        *by_row,
        O,
        1,
        1,
        1,
    ]:
        steps.put(at, replace(op, kernel="dense", operands=(*read, row, y, I, O, rows, LAST)))
        steps.put(i, None)


def _normalized(steps: Steps, at: int, op: Op) -> None:
    z, y, _, *kind = op.operands
    users = steps.users(z)
    i = min(users, default=at)
    backs = [j for j in users if j not in (i, at)]
    if users.get(i, op).kernel != "batch_norm.applied" or kind != PLAIN_RELU or len(backs) > 1:
        return
    ways = [(i, replace(users[i], operands=(*users[i].operands[:4], y, *users[i].operands[5:7], 1)))]
    for j in backs:
        dy, dz = users[j].operands[0], users[j].operands[3]
        behind = {k: way for k, way in steps.users(dz).items() if k != j}
        known = behind and all(way.kernel in NORMALIZED for way in behind.values())
        if users[j].kernel != "relu.grad" or not known:
            return
        ways += [(k, replace(way, operands=(dy, *way.operands[1:-1], 1))) for k, way in behind.items()]
    for j, way in ways:
        steps.put(j, way)
    for j in (at, *backs):
        steps.put(j, None)


def _relu_grad(steps: Steps, at: int, op: Op) -> None:
    dy, _, y, dx = op.operands[:4]
    users = steps.users(dy)
    i = min(users, default=at)
    product = users.get(i)
    if product is None or product.kernel != "dense.inputs" or list(users) != [i, at] or product.times != op.times:
        return
    *before, behind = product.operands
    if behind is None and before[2] is not None:
        steps.put(i, replace(product, operands=(*before[:2], dx, *before[3:], y)))
        steps.put(at, None)


def _update(steps: Steps, at: int, op: Op) -> None:
    users = steps.users(op.operands[4])
    if [user.kernel for user in users.values()] != ["dense.weights", "loss.finite", op.kernel]:
        return
    i, finite, _ = users
    x, dz, dw, I, O, rows = users[i].operands
    assert isinstance(dw, Buffer)
    assert isinstance(dz, Buffer)
    assert isinstance(O, int)
    assert isinstance(rows, int)
    code = steps.code
    if users[finite].operands[1] != dw.size or op.operands[0] != dw.size or O > WIDEST:
        return
    if users[i].times > 1 or code.batch * rows > min(MANY, max(FEW, PER_COLUMN * O)):
        return
    width = -(-O // 64) * 64  # whole panels
    packed = code.buffer((*dz.shape[:-1], width)) if code.batch * dz.size > LARGE else None
    steps.put(i, Op("dense.bounded", (x, dz, I, O, rows)))
    steps.put(finite, None)
    steps.put(at, Op(FUSED + op.kernel, (x, dz, packed, I, O, rows, *op.operands)))
