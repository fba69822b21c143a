"""The twelve networks: what each is, on which data, and how many multiplications a row takes."""

from __future__ import annotations

from ..tasks import Task

TRAINERS = ("pellucid", "torch", "torch_fused", "torch_compile", "jax", "jax_loop", "keras_tf", "keras_jax")
STEPS, SIGNALS = 128, 9  # of a sensor reading
WINDOW, PLACES = 5, (STEPS - 4) // 2  # of the 1-D convolutions, and where they stand behind the pool
WORDS, LENGTH, WIDTH = 10_000, 100, 64  # of the embedding
LETTERS, CONTEXT = 65, 64  # of the language models
PATCHES, PATCH, DIM = 16, 49, 64  # of the vision transformer


def recurrent(gates: int) -> tuple[int, int]:
    return STEPS * SIGNALS * 64 * gates, STEPS * 64 * 64 * gates + 64 * 6


def blocks(depth: int, d: int, places: int, causal: bool) -> int:
    """Of so many transformer blocks: 4 d² for attention, 8 d² for what follows it, and q·k, p·v for pairs of places."""
    pairs = places * (places + 1) // 2 if causal else places * places
    return depth * (12 * d * d * places + 2 * d * pairs)


def gpt(depth: int, d: int) -> tuple[int, int]:
    return 0, blocks(depth, d, CONTEXT, causal=True) + CONTEXT * d * LETTERS


def network(name: str, title: str, data: str, batch: int, steps: int, macs: tuple[int, int], **more: object) -> Task:
    return Task(
        name, f"{title}, batch {batch}", data, (), batch, batch * steps,
        libraries=TRAINERS, network=name, macs=macs, **more,
    )  # fmt: skip


NETWORKS: dict[str, Task] = {
    task.name: task
    for task in (
        network(
            "lenet", "LeNet: 3x3x32, 3x3x64, pool, 128, 10 on 28x28", "pictures28", 32, 16,
            (26 * 26 * 9 * 32, 24 * 24 * 288 * 64 + 12 * 12 * 64 * 128 + 1280),
        ),
        network(
            "cnn", "CNN: 3x3x32, 3x3x64, 3x3x128, each with batch normalisation and pool, on 32x32x3", "pictures32",
            64, 8, (32 * 32 * 27 * 32, 16 * 16 * 288 * 64 + 8 * 8 * 576 * 128 + 1280),
        ),
        network(
            "conv1d", "1-D convolutions: 5x64, pool, 5x128, mean, 6 on 128 steps of 9", "sensors", 64, 20,
            (124 * WINDOW * SIGNALS * 64, (PLACES - 4) * WINDOW * 64 * 128 + 128 * 6),
        ),
        network("lstm", "LSTM(64) on 128 steps of 9", "sensors", 64, 20, recurrent(4)),
        network("gru", "GRU(64) on 128 steps of 9", "sensors", 64, 20, recurrent(3)),
        network("simple_rnn", "SimpleRNN(64) on 128 steps of 9", "sensors", 64, 20, recurrent(1)),
        network("embedding", "embedding 10,000x64, mean, 64, 2, on 100 words", "words", 32, 100, (0, 64 * 64 + 64 * 2)),
        network("gpt_128", "GPT: 4 blocks of 128, 4 heads, context 64", "letters", 12, 16, gpt(4, 128)),
        network("gpt_64", "GPT: 2 blocks of 64, 4 heads, context 64", "letters", 32, 16, gpt(2, 64)),
        network(
            "vit", "vision transformer: 4 blocks of 64, 4 heads, patches of 7x7 on 28x28", "pictures28", 64, 10,
            (PATCHES * PATCH * DIM, blocks(4, DIM, PATCHES, causal=False) + DIM * 10),
        ),
        network(
            "residual", "residual MLP: 256 and three blocks of 256-256", "columns", 128, 50,
            (64 * 256, 6 * 256 * 256 + 256 * 10),
        ),
        network(
            "wide_deep", "wide & deep: 64-128-64-1 and 64-1", "answers", 128, 100, (64 * 128, 128 * 64 + 64 + 64),
            output="sigmoid",
        ),
    )
}  # fmt: skip
