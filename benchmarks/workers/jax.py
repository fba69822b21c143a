"""JAX, as fast as it can be written by hand: a whole epoch is one compiled scan."""

from __future__ import annotations

import functools
from itertools import pairwise
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from ..networks.jaxed import NETWORKS
from ..tasks import Task
from . import until

ACTIVATIONS = {"relu": jax.nn.relu, "tanh": jnp.tanh, "linear": lambda x: x}


def first_state(task: Task, seed: int) -> Any:
    """(parameters, Adam's m, its v, the step): weights from Glorot's uniform, as in Keras."""
    random = np.random.default_rng(seed)
    p: Any = NETWORKS[task.network][0](random) if task.network else []
    for i, o in pairwise(task.sizes):
        limit = (6 / (i + o)) ** 0.5
        p.append((jnp.asarray(random.uniform(-limit, limit, (i, o)), "float32"), jnp.zeros(o)))
    return p, jax.tree.map(jnp.zeros_like, p), jax.tree.map(jnp.zeros_like, p), jnp.zeros(())


def scaled(x: Any) -> Any:
    return x.astype("float32") * (1 / 255) if x.dtype == "uint8" else x


def logits(task: Task, p: Any, x: Any, key: Any = None) -> Any:
    if task.network:
        return NETWORKS[task.network][1](p, x)
    x = scaled(x)
    for n, (W, b) in enumerate(p[:-1]):
        x = ACTIVATIONS[task.hidden](x @ W + b)
        if task.dropout and key is not None:
            kept = jax.random.bernoulli(jax.random.fold_in(key, n), 1 - task.dropout, x.shape)
            x = jnp.where(kept, x / (1 - task.dropout), 0)
    W, b = p[-1]
    return x @ W + b


def loss_of(task: Task, p: Any, x: Any, y: Any, key: Any) -> Any:
    z = logits(task, p, x, key)
    if task.output == "softmax":
        return jnp.mean(jax.nn.logsumexp(z, axis=-1) - jnp.take_along_axis(z, y[..., None], -1)[..., 0])
    if task.output == "linear":
        return jnp.mean((z - y) ** 2)
    y = y * (1 - task.smoothing) + task.smoothing / 2
    return jnp.mean(jax.nn.softplus(z) - y * z)


def adam(task: Task, state: Any, g: Any) -> Any:
    p, m, v, t = state
    t = t + 1
    m = jax.tree.map(lambda m, g: 0.9 * m + 0.1 * g, m, g)
    v = jax.tree.map(lambda v, g: 0.999 * v + 0.001 * g * g, v, g)
    rate = task.rate * jnp.sqrt(1 - 0.999**t) / (1 - 0.9**t)
    p = jax.tree.map(lambda p, m, v: p - rate * m / (jnp.sqrt(v) + 1e-7), p, m, v)
    return p, m, v, t


def step(task: Task, state: Any, x: Any, y: Any, key: Any) -> tuple[Any, Any]:
    loss, g = jax.value_and_grad(functools.partial(loss_of, task))(state[0], x, y, key)
    return adam(task, state, g), loss


def trainer(task: Task, x: Any, y: Any, seed: int, loop: bool = False) -> Any:
    """A function (state, epochs) that returns the new state and the mean loss of the last epoch."""
    x, y = jnp.asarray(x), jnp.asarray(y)
    random = np.random.default_rng(seed)
    root = jax.random.key(seed)

    @functools.partial(jax.jit, donate_argnums=0)
    def epoch(state: Any, x: Any, y: Any, order: Any, key: Any) -> Any:
        def one(state: Any, given: Any) -> Any:
            rows, key = given
            batch = (a.at[rows].get(mode="promise_in_bounds") for a in (x, y))
            return step(task, state, *batch, key)

        keys = jax.random.split(key, len(order)) if task.dropout else None
        state, losses = lax.scan(one, state, (order, keys))
        return state, jnp.mean(losses)

    @functools.partial(jax.jit, donate_argnums=0)
    def full_batches(state: Any, x: Any, y: Any, epochs: Any) -> Any:
        def one(_: Any, carried: Any) -> Any:
            return step(task, carried[0], x, y, None)

        return lax.fori_loop(0, epochs, one, (state, jnp.zeros(())))

    @functools.partial(jax.jit, donate_argnums=0)
    def one_batch(state: Any, x: Any, y: Any, rows: Any) -> Any:
        return step(task, state, x[rows], y[rows], None)

    def looped(state: Any, epochs: int) -> Any:
        for _ in range(epochs):
            losses = []
            for rows in random.permutation(task.rows).reshape(-1, task.batch):
                state, loss = one_batch(state, x, y, rows)
                losses.append(loss)
        return state, jnp.mean(jnp.stack(losses))

    def run(state: Any, epochs: int) -> Any:
        if task.batch == task.rows:
            return full_batches(state, x, y, epochs)
        for _ in range(epochs):
            order = random.permutation(task.rows).reshape(-1, task.batch)
            key = jax.random.fold_in(root, int(state[3])) if task.dropout else root
            state, loss = epoch(state, x, y, order, key)
        return state, loss

    return looped if loop else run


def training(task: Task, x: Any, y: Any, loop: bool = False) -> Any:
    trained, state = trainer(task, x, y, 0, loop), first_state(task, 0)

    def run(epochs: int, tell: bool = False) -> float:
        nonlocal state
        state, loss = trained(state, epochs)
        return float(loss)

    return run


def prediction(task: Task, x: Any, weights: Any) -> Any:
    p = [(jnp.asarray(W), jnp.asarray(b)) for W, b in zip(weights[::2], weights[1::2], strict=True)]
    forward = jax.jit(lambda p, x: jax.nn.softmax(logits(task, p, x)))
    return lambda: np.asarray(forward(p, x))


def reach(task: Task, train: Any, test: Any, seed: int) -> tuple[int, float]:
    trained, state = trainer(task, *train, seed), first_state(task, seed)
    x_test, y_test = (jnp.asarray(a) for a in test)
    count = jax.jit(lambda p, x, y: jnp.mean(jnp.argmax(logits(task, p, x), axis=1) == y))

    def epoch() -> float:
        nonlocal state
        state, _ = trained(state, 1)
        return float(count(state[0], x_test, y_test))

    return until(task.goal, epoch)
