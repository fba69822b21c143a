"""The networks in Keras's words, which are Pellucid's, too: `library` is either of them."""

from __future__ import annotations

from typing import Any

from .tasks import CONTEXT, LETTERS, PATCH, PATCHES, SIGNALS, STEPS, WINDOW, WORDS


def build(library: Any, name: str) -> Any:
    """The network of this name, whose outputs are logits."""
    if name.startswith("gpt"):
        return gpt(library, *{"gpt_128": (4, 128), "gpt_64": (2, 64)}[name])
    if name in RECURRENT:
        last = getattr(library.layers, RECURRENT[name])(64)
        return library.Sequential([library.Input((STEPS, SIGNALS)), last, library.layers.Dense(6)])
    return {
        "lenet": lenet, "cnn": cnn, "conv1d": conv1d, "embedding": embedding,
        "vit": vit, "residual": residual, "wide_deep": wide_deep,
    }[name](library)  # fmt: skip


RECURRENT = {"lstm": "LSTM", "gru": "GRU", "simple_rnn": "SimpleRNN"}


def lenet(library: Any) -> Any:
    k = library.layers
    return library.Sequential([
        library.Input((28, 28, 1)), k.Conv2D(32, 3, activation="relu"), k.Conv2D(64, 3, activation="relu"),
        k.MaxPooling2D(), k.Flatten(), k.Dense(128, activation="relu"), k.Dense(10),
    ])  # fmt: skip


def cnn(library: Any) -> Any:
    k = library.layers
    blocks = []
    for filters in (32, 64, 128):
        blocks += [k.Conv2D(filters, 3, padding="same", use_bias=False), k.BatchNormalization(), k.ReLU()]
        blocks.append(k.MaxPooling2D())
    return library.Sequential([library.Input((32, 32, 3)), *blocks, k.GlobalAveragePooling2D(), k.Dense(10)])


def conv1d(library: Any) -> Any:
    k = library.layers
    return library.Sequential([
        library.Input((STEPS, SIGNALS)), k.Conv1D(64, WINDOW, activation="relu"), k.MaxPooling1D(),
        k.Conv1D(128, WINDOW, activation="relu"), k.GlobalAveragePooling1D(), k.Dense(6),
    ])  # fmt: skip


def embedding(library: Any) -> Any:
    k = library.layers
    return library.Sequential([
        library.Input((None,), dtype="int32"), k.Embedding(WORDS, 64), k.GlobalAveragePooling1D(),
        k.Dense(64, activation="relu"), k.Dense(2),
    ])  # fmt: skip


def placed(library: Any, x: Any) -> Any:
    """x plus a learned vector for each place."""

    class Places(library.layers.Layer):  # type: ignore[misc]
        def build(self, shape: Any) -> None:
            self.table = self.add_weight(shape=tuple(shape[1:]), initializer="uniform", name="table")

        def call(self, x: Any) -> Any:
            return x + self.table

    return Places()(x)


def transformer(library: Any, x: Any, d: int, depth: int, causal: bool) -> Any:
    """Blocks with the normalisation before each part."""
    k = library.layers
    for _ in range(depth):
        y = k.LayerNormalization()(x)
        x = x + k.MultiHeadAttention(4, d // 4)(y, y, use_causal_mask=causal)
        y = k.LayerNormalization()(x)
        x = x + k.Dense(d)(k.Dense(4 * d, activation="gelu")(y))
    return k.LayerNormalization()(x)


def gpt(library: Any, depth: int, d: int) -> Any:
    tokens = library.Input((CONTEXT,), dtype="int32")
    x = placed(library, library.layers.Embedding(LETTERS, d)(tokens))
    return library.Model(tokens, library.layers.Dense(LETTERS)(transformer(library, x, d, depth, causal=True)))


def vit(library: Any) -> Any:
    k = library.layers
    pictures = library.Input((28, 28, 1))
    x = k.Reshape((PATCHES, 64))(k.Conv2D(64, 7, strides=7)(pictures))
    x = transformer(library, placed(library, x), 64, 4, causal=False)
    assert PATCH == 7 * 7
    return library.Model(pictures, k.Dense(10)(k.GlobalAveragePooling1D()(x)))


def residual(library: Any) -> Any:
    k = library.layers
    given = library.Input((64,))
    x = k.Dense(256, activation="relu")(given)
    for _ in range(3):
        x = x + k.Dense(256)(k.Dense(256, activation="relu")(x))
    return library.Model(given, k.Dense(10)(x))


def wide_deep(library: Any) -> Any:
    k = library.layers
    given = library.Input((64,))
    deep = k.Dense(64, activation="relu")(k.Dense(128, activation="relu")(given))
    return library.Model(given, k.Dense(1)(deep) + k.Dense(1)(given))
