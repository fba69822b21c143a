"""The networks in JAX by hand, channels last: how each begins, and what it answers.

Batch normalisation keeps no running means here, which is a little less work than the others do.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from .tasks import CONTEXT, LETTERS, PATCHES, SIGNALS, STEPS, WINDOW, WORDS

Random = np.random.Generator


def glorot(random: Random, *shape: int) -> Any:
    field = int(np.prod(shape[:-2]))
    limit = (6 / (field * (shape[-2] + shape[-1]))) ** 0.5
    return jnp.asarray(random.uniform(-limit, limit, shape), "float32")


def layer(random: Random, *shape: int) -> Any:
    return {"W": glorot(random, *shape), "b": jnp.zeros(shape[-1])}


def dense(p: Any, x: Any) -> Any:
    return x @ p["W"] + p["b"]


def conv(p: Any, x: Any, padding: str = "VALID", strides: int = 1) -> Any:
    rank = x.ndim - 2
    letters = "DHW"[3 - rank :]
    dimensions = (f"N{letters}C", f"{letters}IO", f"N{letters}C")
    y = lax.conv_general_dilated(x, p["W"], (strides,) * rank, padding, dimension_numbers=dimensions)
    return y + p["b"] if "b" in p else y


def pool(x: Any) -> Any:
    window = (1, *[2] * (x.ndim - 2), 1)
    return lax.reduce_window(x, -jnp.inf, lax.max, window, window, "VALID")


def normed(p: Any, x: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    mean = x.mean(axes, keepdims=True)
    variance = ((x - mean) ** 2).mean(axes, keepdims=True)
    return (x - mean) * lax.rsqrt(variance + epsilon) * p["gamma"] + p["beta"]


def norm(d: int) -> Any:
    return {"gamma": jnp.ones(d), "beta": jnp.zeros(d)}


# Pictures and signals --------------------------------------------------------------------------------------------


def lenet_begun(random: Random) -> Any:
    shapes = ((3, 3, 1, 32), (3, 3, 32, 64), (9216, 128), (128, 10))
    return [layer(random, *shape) for shape in shapes]


def lenet(p: Any, x: Any) -> Any:
    x = jax.nn.relu(conv(p[1], jax.nn.relu(conv(p[0], x))))
    x = pool(x).reshape(len(x), -1)
    return dense(p[3], jax.nn.relu(dense(p[2], x)))


def cnn_begun(random: Random) -> Any:
    blocks = [{"conv": {"W": glorot(random, 3, 3, i, o)}, "norm": norm(o)} for i, o in ((3, 32), (32, 64), (64, 128))]
    return {"blocks": blocks, "out": layer(random, 128, 10)}


def cnn(p: Any, x: Any) -> Any:
    for block in p["blocks"]:
        x = pool(jax.nn.relu(normed(block["norm"], conv(block["conv"], x, "SAME"), (0, 1, 2), 1e-3)))
    return dense(p["out"], x.mean((1, 2)))


def conv1d_begun(random: Random) -> Any:
    shapes = ((WINDOW, SIGNALS, 64), (WINDOW, 64, 128), (128, 6))
    return [layer(random, *shape) for shape in shapes]


def conv1d(p: Any, x: Any) -> Any:
    x = jax.nn.relu(conv(p[1], pool(jax.nn.relu(conv(p[0], x)))))
    return dense(p[2], x.mean(1))


# Recurrence ------------------------------------------------------------------------------------------------------


def recurrent_begun(gates: int) -> Callable[[Random], Any]:
    def begun(random: Random) -> Any:
        return {
            "x": layer(random, SIGNALS, 64 * gates), "h": layer(random, 64, 64 * gates), "out": layer(random, 64, 6)
        }  # fmt: skip

    return begun


def over_time(p: Any, x: Any, state: Any, step: Any) -> Any:
    """What the last state's h says, after all steps of x's part that were multiplied at once."""
    inputs = dense(p["x"], x).swapaxes(0, 1)
    assert len(inputs) == STEPS
    state, _ = lax.scan(lambda state, u: (step(p["h"], state, u), None), state, inputs)
    return dense(p["out"], state[0])


def lstm(p: Any, x: Any) -> Any:
    def step(W: Any, state: Any, u: Any) -> Any:
        h, c = state
        i, f, g, o = jnp.split(u + h @ W["W"], 4, axis=1)
        c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
        return jax.nn.sigmoid(o) * jnp.tanh(c), c

    zeros = jnp.zeros((len(x), 64))
    return over_time(p, x, (zeros, zeros), step)


def gru(p: Any, x: Any) -> Any:
    def step(W: Any, state: Any, u: Any) -> Any:
        (h,) = state
        (a, b, c), (d, e, f) = jnp.split(u, 3, axis=1), jnp.split(dense(W, h), 3, axis=1)
        z, r = jax.nn.sigmoid(a + d), jax.nn.sigmoid(b + e)
        return (z * h + (1 - z) * jnp.tanh(c + r * f),)

    return over_time(p, x, (jnp.zeros((len(x), 64)),), step)


def simple_rnn(p: Any, x: Any) -> Any:
    return over_time(p, x, (jnp.zeros((len(x), 64)),), lambda W, state, u: (jnp.tanh(u + state[0] @ W["W"]),))


# Attention -------------------------------------------------------------------------------------------------------


def blocks_begun(random: Random, depth: int, d: int) -> Any:
    return [
        {
            "first": norm(d), "qkv": layer(random, d, 3 * d), "out": layer(random, d, d),
            "second": norm(d), "up": layer(random, d, 4 * d), "down": layer(random, 4 * d, d),
        }
        for _ in range(depth)
    ]  # fmt: skip


def transformer(blocks: Any, x: Any, causal: bool) -> Any:
    rows, steps, d = x.shape
    for p in blocks:
        q, k, v = jnp.split(dense(p["qkv"], normed(p["first"], x, (2,), 1e-5)).reshape(rows, steps, 3, 4, -1), 3, 2)
        scores = jnp.einsum("bsnh,btnh->bnst", q[:, :, 0], k[:, :, 0]) * (d // 4) ** -0.5
        if causal:
            scores = jnp.where(jnp.tril(jnp.ones((steps, steps), bool)), scores, -1e9)
        y = jnp.einsum("bnst,btnh->bsnh", jax.nn.softmax(scores), v[:, :, 0]).reshape(rows, steps, d)
        x = x + dense(p["out"], y)
        y = jax.nn.gelu(dense(p["up"], normed(p["second"], x, (2,), 1e-5)), approximate=False)
        x = x + dense(p["down"], y)
    return x


def gpt_begun(depth: int, d: int) -> Callable[[Random], Any]:
    def begun(random: Random) -> Any:
        return {
            "tokens": 0.05 * glorot(random, LETTERS, d), "places": 0.05 * glorot(random, CONTEXT, d),
            "blocks": blocks_begun(random, depth, d), "last": norm(d), "out": layer(random, d, LETTERS),
        }  # fmt: skip

    return begun


def gpt(p: Any, x: Any) -> Any:
    x = transformer(p["blocks"], p["tokens"][x] + p["places"], causal=True)
    return dense(p["out"], normed(p["last"], x, (2,), 1e-5))


def vit_begun(random: Random) -> Any:
    return {
        "patches": layer(random, 7, 7, 1, 64), "places": 0.05 * glorot(random, PATCHES, 64),
        "blocks": blocks_begun(random, 4, 64), "last": norm(64), "out": layer(random, 64, 10),
    }  # fmt: skip


def vit(p: Any, x: Any) -> Any:
    x = conv(p["patches"], x, strides=7).reshape(len(x), PATCHES, 64) + p["places"]
    x = normed(p["last"], transformer(p["blocks"], x, causal=False), (2,), 1e-5)
    return dense(p["out"], x.mean(1))


# Tables and words ------------------------------------------------------------------------------------------------


def embedding_begun(random: Random) -> Any:
    table = jnp.asarray(random.uniform(-0.05, 0.05, (WORDS, 64)), "float32")
    return {"table": table, "hidden": layer(random, 64, 64), "out": layer(random, 64, 2)}


def embedding(p: Any, x: Any) -> Any:
    return dense(p["out"], jax.nn.relu(dense(p["hidden"], p["table"][x].mean(1))))


def residual_begun(random: Random) -> Any:
    return [layer(random, 64, 256), *(layer(random, 256, 256) for _ in range(6)), layer(random, 256, 10)]


def residual(p: Any, x: Any) -> Any:
    x = jax.nn.relu(dense(p[0], x))
    for first, second in zip(p[1:-1:2], p[2:-1:2], strict=True):
        x = x + dense(second, jax.nn.relu(dense(first, x)))
    return dense(p[-1], x)


def wide_deep_begun(random: Random) -> Any:
    return [layer(random, *shape) for shape in ((64, 128), (128, 64), (64, 1), (64, 1))]


def wide_deep(p: Any, x: Any) -> Any:
    return dense(p[2], jax.nn.relu(dense(p[1], jax.nn.relu(dense(p[0], x))))) + dense(p[3], x)


NETWORKS: dict[str, tuple[Callable[[Random], Any], Callable[[Any, Any], Any]]] = {
    "lenet": (lenet_begun, lenet),
    "cnn": (cnn_begun, cnn),
    "conv1d": (conv1d_begun, conv1d),
    "lstm": (recurrent_begun(4), lstm),
    "gru": (recurrent_begun(3), gru),
    "simple_rnn": (recurrent_begun(1), simple_rnn),
    "embedding": (embedding_begun, embedding),
    "gpt_128": (gpt_begun(4, 128), gpt),
    "gpt_64": (gpt_begun(2, 64), gpt),
    "vit": (vit_begun, vit),
    "residual": (residual_begun, residual),
    "wide_deep": (wide_deep_begun, wide_deep),
}
