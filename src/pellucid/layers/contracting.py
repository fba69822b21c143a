"""Sums of products of two operands along axes that letters name, for the compiled engine: products of matrices.

A letter stands for an axis of a sample. Those in both operands and in the output are a *group*, one product for each;
those in both operands alone are *summed*; the first operand's others are *left*, the second's *right*.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ..activations.axes import reordered, strided, strides
from ..program import Buffer, CannotLower, Program
from .operands import placed, sends_back, shrunk


def lower_products(code: Program, operands: Sequence[Any], letters: Sequence[str], out: str) -> Buffer:
    """Emit the sums of products of two operands, and the way back. Letters are those of NumPy's axes, the batch's
    among them; an axis of size 1 is stretched."""
    if len(operands) != 2:
        raise CannotLower(f"op 'einsum' of {len(operands)} operands")
    xs = [placed(code, x) for x in operands]
    batch = {one[0] for x, one in zip(xs, letters, strict=True) if x.each}
    if len(batch) > 1 or any(out[:1] != one for one in batch):
        raise CannotLower("op 'einsum' along the batch")
    found, own = list[Buffer](), list[str]()
    for x, one in zip(xs, letters, strict=True):
        if not x.each and one[:1] in batch and x.shape[0] == 1:
            x, one = x.shaped(x.shape[1:]), one[1:]
        elif x.each:
            one = one[1:]
        if batch & set(one):
            raise CannotLower("op 'einsum' along the batch")
        found.append(x)
        own.append(one)
    axes = [pair for x, one in zip(found, own, strict=True) for pair in zip(one, x.shape, strict=True)]
    sizes = dict(sorted(axes, key=lambda pair: pair[1]))  # the larger of two, where one is stretched
    a, b = (_stretched(code, x, [sizes[letter] for letter in one]) for x, one in zip(found, own, strict=True))
    la, lb, lo = *own, out[len(batch) :]
    y = contracted(code, a, b, la, lb, lo)
    sends_back(code, operands, [
        lambda dy: shrunk(code, contracted(code, dy, b, lo, lb, la, bool(dy.each) and not a.each), xs[0]),
        lambda dy: shrunk(code, contracted(code, a, dy, la, lo, lb, bool(dy.each) and not b.each), xs[1]),
    ])  # fmt: skip
    return y


def _stretched(code: Program, x: Buffer, shape: Sequence[int]) -> Buffer:
    return x if x.size == math.prod(shape) else strided(code, x, tuple(shape), strides(x.shape))


def contracted(code: Program, a: Buffer, b: Buffer, la: str, lb: str, lo: str, once: bool = False) -> Buffer:
    """Emit Σ a·b. `once`: summed over the batch, too."""
    if b.each and not a.each and not once:
        return contracted(code, b, a, lb, la, lo)
    if any((letter in la) + (letter in lb) + (letter in lo) < 2 for letter in la + lb + lo):
        raise CannotLower("op 'einsum' that sums one operand alone")
    group = "".join(letter for letter in la if letter in lb and letter in lo)
    summed = "".join(letter for letter in la if letter in lb and letter not in lo)
    left = "".join(letter for letter in la if letter not in lb)
    right = "".join(letter for letter in lb if letter not in la)
    sizes = dict(zip(la + lb, a.shape + b.shape, strict=True))
    one_matrix = not group and a.each and (once or not b.each)
    product = _rows if one_matrix else _matrices
    y = product(code, (a, la), (b, lb), (group, left, summed, right), once)
    shape = tuple(sizes[letter] for letter in group + left + right)
    return reordered(code, y.shaped(shape), [(group + left + right).index(letter) for letter in lo])


Lettered = tuple[Buffer, str]
Letters = tuple[str, str, str, str]  # group, left, summed, right


def _sorted(code: Program, x: Lettered, letters: str) -> Buffer:
    """The operand with its axes in the order of these letters."""
    return reordered(code, x[0], [x[1].index(letter) for letter in letters])


def _counts(a: Lettered, b: Lettered, letters: Letters) -> list[int]:
    sizes = dict(zip(a[1] + b[1], a[0].shape + b[0].shape, strict=True))
    return [math.prod(sizes[letter] for letter in part) for part in letters]


def _rows(code: Program, a: Lettered, b: Lettered, letters: Letters, once: bool) -> Buffer:
    """All samples' rows by one matrix, as in a Dense layer; or, once, rowsᵀ·rows over all samples, as its gradient."""
    _, left, summed, right = letters
    _, M, K, N = _counts(a, b, letters)
    if once:
        y = code.block((M, N))
        code.emit("dense.weights", _sorted(code, a, summed + left), _sorted(code, b, summed + right), y, M, N, K)
        return y
    y, rows = code.buffer((M, N)), _sorted(code, a, left + summed)
    if b[1] == right + summed:
        code.emit("dense.inputs", rows, b[0], y, N, K, M, None)
    else:
        code.emit("dense", rows, _sorted(code, b, summed + right), None, y, K, N, M, 0)
    return y


def _matrices(code: Program, a: Lettered, b: Lettered, letters: Letters, once: bool) -> Buffer:
    """A product of matrices for each sample and each place of the group."""
    group, left, summed, right = letters
    G, M, K, N = _counts(a, b, letters)
    turned = a[1] == group + summed + left, b[1] == group + right + summed
    x1 = a[0] if turned[0] else _sorted(code, a, group + left + summed)
    x2 = b[0] if turned[1] else _sorted(code, b, group + summed + right)
    each = x1.each or x2.each
    y = code.buffer((G, M, N)) if each else code.block((G, M, N))
    apart = [x.size if x.each else 0 for x in (x1, x2)]
    code.emit("op.matmul", x1, x2, y, M, N, K, int(turned[0]), int(turned[1]), G, *apart, int(each))
    if not once:
        return y
    total = code.block(y.shape)
    code.emit("dense.bias", y, total, y.size, 1)
    return total
