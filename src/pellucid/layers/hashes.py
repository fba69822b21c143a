"""Hashes that are the same on every machine, of bytes: the numbers in which TensorFlow, and Keras with it, counts bins.

Sources: Pike & Alakuijala, "FarmHash" (2014), its Fingerprint64; Aumasson & Bernstein, "SipHash: a fast short-input
PRF", INDOCRYPT 2012. All arithmetic is modulo 2⁶⁴."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

WORD = (1 << 64) - 1
K0, K1, K2 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273, 0x9AE16A3B2F90404F  # primes, with bits well mixed
CAT = 0xC6A4A7935BD1E995

Pair = tuple[int, int]


def hashed(value: Any, bins: int, salt: Sequence[int] | None = None) -> int:
    """The bin of text or a whole number: that of FarmHash, or with a salt of SipHash.

    >>> hashed("A", 3), hashed("A", 3, [133, 133])
    (1, 0)
    """
    data = value if isinstance(value, bytes) else str(value).encode()
    return (fingerprint(data) if salt is None else siphash(data, (salt[0], salt[1]))) % bins


def fingerprint(data: bytes) -> int:
    """FarmHash's Fingerprint64.

    >>> fingerprint(b"A") % 3, fingerprint(b"B") % 3
    (1, 0)
    """
    n = len(data)
    if n <= 16:
        return _to_16(data, n)
    if n <= 32:
        return _to_32(data, n)
    return _to_64(data, n) if n <= 64 else _longer(data, n)


def siphash(data: bytes, key: Pair) -> int:
    """SipHash-2-4, keyed with two numbers.

    >>> siphash(b"A", (133, 137)) % 3, siphash(b"B", (133, 137)) % 3
    (1, 2)
    """
    k0, k1 = key[0] & WORD, key[1] & WORD
    v = [k0 ^ 0x736F6D6570736575, k1 ^ 0x646F72616E646F6D, k0 ^ 0x6C7967656E657261, k1 ^ 0x7465646279746573]
    whole = len(data) // 8 * 8
    last = int.from_bytes(data[whole:], "little") | (len(data) & 0xFF) << 56
    for word in (*struct.unpack_from(f"<{whole // 8}Q", data), last):
        v[3] ^= word
        _rounds(v, 2)
        v[0] ^= word
    v[2] ^= 0xFF
    _rounds(v, 4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def crossed(first: int, second: int) -> int:
    """One number of two, as TensorFlow crosses features."""
    found = (first ^ CAT) ^ (_mixed(second * CAT & WORD) * CAT & WORD)
    return _mixed(_mixed(found * CAT & WORD) * CAT & WORD)


def _rounds(v: list[int], count: int) -> None:
    a, b, c, d = v
    for _ in range(count):
        a, c = a + b & WORD, c + d & WORD
        b, d = _turned_left(b, 13) ^ a, _turned_left(d, 16) ^ c
        a, c = _turned_left(a, 32) + d & WORD, c + b & WORD
        b, d = _turned_left(b, 17) ^ c, _turned_left(d, 21) ^ a
        c = _turned_left(c, 32)
    v[:] = a, b, c, d


def _turned_left(x: int, by: int) -> int:
    return (x << by | x >> 64 - by) & WORD


def _turned(x: int, by: int) -> int:
    """To the right."""
    x &= WORD
    return (x >> by | x << 64 - by) & WORD


def _mixed(x: int) -> int:
    return x ^ x >> 47


def _word(data: bytes, at: int) -> int:
    return int.from_bytes(data[at : at + 8], "little")


def _of_two(u: int, v: int, by: int) -> int:
    a = _mixed((u ^ v) * by & WORD)
    b = _mixed((v & WORD ^ a) * by & WORD)
    return b * by & WORD


def _to_16(data: bytes, n: int) -> int:
    by = K2 + n * 2 & WORD
    if n >= 8:
        a, b = _word(data, 0) + K2 & WORD, _word(data, n - 8)
        return _of_two(_turned(b, 37) * by + a & WORD, (_turned(a, 25) + b) * by & WORD, by)
    if n >= 4:
        first, last = (int.from_bytes(data[at : at + 4], "little") for at in (0, n - 4))
        return _of_two(n + (first << 3), last, by)
    if n == 0:
        return K2
    y, z = data[0] + (data[n >> 1] << 8), n + (data[n - 1] << 2)
    return _mixed(y * K2 & WORD ^ z * K0 & WORD) * K2 & WORD


def _to_32(data: bytes, n: int) -> int:
    by = K2 + n * 2 & WORD
    a, b = _word(data, 0) * K1 & WORD, _word(data, 8)
    c, d = _word(data, n - 8) * by & WORD, _word(data, n - 16) * K2 & WORD
    return _of_two(_turned(a + b, 43) + _turned(c, 30) + d & WORD, a + _turned(b + K2, 18) + c & WORD, by)


def _to_64(data: bytes, n: int) -> int:
    by = K2 + n * 2 & WORD
    a, b = _word(data, 0) * K2 & WORD, _word(data, 8)
    c, d = _word(data, n - 8) * by & WORD, _word(data, n - 16) * K2 & WORD
    y = _turned(a + b, 43) + _turned(c, 30) + d & WORD
    z = _of_two(y, a + _turned(b + K2, 18) + c & WORD, by)
    e, f = _word(data, 16) * by & WORD, _word(data, 24)
    g, h = (y + _word(data, n - 32)) * by & WORD, (z + _word(data, n - 24)) * by & WORD
    return _of_two(_turned(e + f, 43) + _turned(g, 30) + h & WORD, e + _turned(f + a, 18) + g & WORD, by)


def _longer(data: bytes, n: int) -> int:
    """Blocks of 64 bytes, one after another, then the last 64 bytes once more."""
    x = 81
    y = x * K1 + 113 & WORD
    z = _mixed(y * K2 + 113 & WORD) * K2 & WORD
    x, v, w = x * K2 + _word(data, 0) & WORD, (0, 0), (0, 0)
    for at in range(0, (n - 1) // 64 * 64, 64):
        x, y, z, v, w = _block(data, at, (x, y, z, v, w), K1, 1)
    by = K1 + ((z & 0xFF) << 1) & WORD
    w = w[0] + (n - 1 & 63) & WORD, w[1]
    v = v[0] + w[0] & WORD, v[1]
    w = w[0] + v[0] & WORD, w[1]
    x, y, z, v, w = _block(data, n - 64, (x, y, z, v, w), by, 9)
    first = _of_two(v[0], w[0], by) + _mixed(y) * K0 + z & WORD
    return _of_two(first, _of_two(v[1], w[1], by) + x & WORD, by)


def _block(
    data: bytes, at: int, state: tuple[int, int, int, Pair, Pair], by: int, times: int
) -> tuple[int, int, int, Pair, Pair]:
    """The state after a block; `times` is 9 for the last one, else 1."""
    x, y, z, v, w = state
    x = _turned(x + y + v[0] + _word(data, at + 8), 37) * by & WORD
    y = _turned(y + v[1] + _word(data, at + 48), 42) * by & WORD
    x ^= w[1] * times & WORD
    y = y + v[0] * times + _word(data, at + 40) & WORD
    z = _turned(z + w[0], 33) * by & WORD
    v = _half(data, at, v[1] * by, x + w[0])
    w = _half(data, at + 32, z + w[1], y + _word(data, at + 16))
    return z, y, x, v, w


def _half(data: bytes, at: int, a: int, b: int) -> Pair:
    """32 bytes, with two seeds."""
    first, *middle, last = (_word(data, at + i) for i in (0, 8, 16, 24))
    a = a + first & WORD
    b = _turned(b + a + last, 21)
    total = a + sum(middle) & WORD
    return total + last & WORD, b + _turned(total, 44) + a & WORD
