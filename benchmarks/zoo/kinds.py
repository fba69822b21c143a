"""Networks of other kinds than a stack of Dense layers: convolutions, recurrence, embeddings and attention, healthy and
sick, on which it is checked that the rules hold there, too; among them those about time and moving averages, of which
others know little.

They are few and no part of what thresholds and confidences are made of.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np

from pellucid import Model, Sequential, datasets, layers
from pellucid.callbacks import Probes
from pellucid.doctor import Case, examine
from pellucid.doctor.rules import all_rules
from pellucid.initializers import Constant, RandomNormal
from pellucid.optimizers import Adam
from pellucid.regularizers import L2

from .running import Watch, quietly, signals

SPARSE = "sparse_categorical_crossentropy"
WORDS = 30
Rows = tuple[np.ndarray, np.ndarray]
Data = tuple[np.ndarray, np.ndarray, Rows]
Layers = list[Any]


class Kind(NamedTuple):
    """A network and its training."""

    rule: str  # that ought to name the fault first; nothing for a healthy one
    recipe: str
    make: Callable[[], Case]

    @property
    def name(self) -> str:
        return f"{self.rule or 'healthy'}: {self.recipe}"


class Found(NamedTuple):
    """What the doctor makes of it."""

    said: list[tuple[str, str]]  # each finding's rule and kind
    stumbled: dict[str, str]  # what rules stumbled over, which the doctor passes over
    right: bool  # whether the fault is named first, or nothing said of a healthy one, and no rule stumbled


def examined(kind: Kind) -> Found:
    """The network, trained and examined."""
    case = kind.make()
    _, stumbled = signals(case, all_rules())
    with quietly(), np.errstate(all="ignore"):
        said = [(finding.rule, finding.kind) for finding in examine(case)]
    first = said[0][0] if said else ""
    return Found(said, stumbled, first == kind.rule and not stumbled)


# Data ----------------------------------------------------------------------------------------------------------------


def split(x: np.ndarray, y: np.ndarray) -> Data:
    kept = len(x) * 3 // 4
    return x[:kept], y[:kept], (x[kept:], y[kept:])


def pictures(rows: int = 800) -> Data:
    """Handwritten digits, (8, 8, 1)."""
    (x, y), (x_held, y_held) = datasets.digits.load_data()
    x, x_held = (part[..., None].astype("float32") / 16 for part in (x, x_held))
    return x[:rows], y[:rows], (x_held, y_held)


def swings(rows: int = 480, steps: int = 24, noise: float = 0.3) -> Data:
    """Which of three frequencies a series of two channels has."""
    random = np.random.default_rng(0)
    y = random.integers(0, 3, rows)
    turns = np.arange(steps) * np.array([0.3, 0.7, 1.3])[y][:, None] + random.uniform(0, 6, (rows, 1))
    x = np.stack([np.sin(turns), np.cos(turns)], axis=-1) + random.normal(0, noise, (rows, steps, 2))
    return split(x.astype("float32"), y)


def texts(rows: int = 600, length: int = 12) -> Data:
    """Places of words in a vocabulary, and whether the words of one mood outnumber those of the other."""
    random = np.random.default_rng(0)
    mood = random.integers(0, 2, rows)
    share = np.where(mood[:, None] > 0, 0.75, 0.25)
    telling = np.where(random.random((rows, length)) < share, 1, 2) + 2 * random.integers(0, 5, (rows, length))
    x = np.where(random.random((rows, length)) < 0.5, telling, random.integers(11, WORDS, (rows, length)))
    return split(x, mood)


def sayings(rows: int = 300, length: int = 16) -> Data:
    """Windows of a text of 8 letters in which each depends on the two before it, and the letters that follow."""
    random = np.random.default_rng(0)
    follows = np.random.default_rng(5).integers(0, 8, (8, 8))
    text = [0, 1]
    for _ in range(rows * length + 1):
        text.append(int(follows[text[-2], text[-1]]) if random.random() < 0.9 else int(random.integers(0, 8)))
    windows = np.lib.stride_tricks.sliding_window_view(np.array(text), length + 1)[::length][:rows]
    return split(windows[:, :-1], windows[:, 1:])


def shuffled(given: Data) -> Data:
    """Each with the label of another."""
    random = np.random.default_rng(0)
    x, y, (x_held, y_held) = given
    return x, random.permutation(y), (x_held, random.permutation(y_held))


def times(given: Data, factor: float, plus: float = 0) -> Data:
    """Inputs of another size."""
    x, y, (x_held, y_held) = given
    return factor * x + plus, y, (factor * x_held + plus, y_held)


# Networks ------------------------------------------------------------------------------------------------------------


def trained(model: Any, given: Data, epochs: int, batch: int) -> Case:
    """The case of a training."""
    x, y, validation = given
    watch, probes = Watch(), Probes()
    with quietly(), np.errstate(all="ignore"):
        model.fit(
            x, y, batch_size=batch, epochs=epochs, validation_data=validation, verbose=0, callbacks=[watch, probes]
        )
    return Case(model, x, y, validation, batch, epochs, watch.history, probes.looks, watch.stopped)


def fitted(stack: Layers, given: Data, epochs: int, rate: float = 0.003, batch: int = 32) -> Case:
    model = Sequential(stack, seed=0)
    model.build((None, *given[0].shape[1:]))
    model.compile(Adam(rate), SPARSE, metrics=["accuracy"])
    return trained(model, given, epochs, batch)


def lenet(rows: int = 800, epochs: int = 12, rate: float = 0.003, given: Data | None = None, **conv: Any) -> Case:
    """Convolutions and pools, as `--network lenet` has them."""
    stack: Layers = []
    for filters in (8, 16):
        stack += [layers.Conv2D(filters, 3, **{"activation": "relu", "padding": "same", **conv}), layers.MaxPooling2D()]
    stack += [layers.Flatten(), layers.Dense(32, "relu"), layers.Dense(10, "softmax")]
    return fitted(stack, given or pictures(rows), epochs, rate)


def recurrent(layer: Any = None, epochs: int = 12, rate: float = 0.01, given: Data | None = None) -> Case:
    """A GRU, unless it is told another, that goes through series."""
    return fitted([layer or layers.GRU(16), layers.Dense(3, "softmax")], given or swings(), epochs, rate)


def embedded(given: Data | None = None, epochs: int = 12, rate: float = 0.01, **embedding: Any) -> Case:
    """The mean of word vectors, and a layer behind it."""
    stack = [layers.Embedding(WORDS, 8, **embedding), layers.GlobalAveragePooling1D(), layers.Dense(16, "relu")]
    return fitted([*stack, layers.Dense(2, "softmax")], given or texts(), epochs, rate)


def gpt(epochs: int = 30, rate: float = 0.005, given: Data | None = None) -> Case:
    """A transformer that looks back alone: two blocks of attention and of Dense."""
    given = given or sayings()
    x = layers.Input((given[0].shape[1],), dtype="int64")
    h = layers.TokenAndPositionEmbedding(8, given[0].shape[1], 16)(x)
    for _ in range(2):
        told = layers.LayerNormalization()(h)
        h = layers.Add()([h, layers.MultiHeadAttention(2, 8)(told, told, use_causal_mask=True)])
        told = layers.Dense(32, "gelu")(layers.LayerNormalization()(h))
        h = layers.Add()([h, layers.Dense(16)(told)])
    end = layers.Dense(8, "softmax")(layers.LayerNormalization()(h))
    model = Model(x, end, seed=0)
    model.compile(Adam(rate), SPARSE, metrics=["accuracy"])
    return trained(model, given, epochs, 16)


# The rows -------------------------------------------------------------------------------------------------------------


def conv1d() -> Case:
    """Convolutions through time with batch normalisation."""
    norm = layers.BatchNormalization(momentum=0.9)
    stack = [layers.Conv1D(16, 5, padding="same", use_bias=False), norm, layers.Activation("relu")]
    return fitted([*stack, layers.GlobalAveragePooling1D(), layers.Dense(3, "softmax")], swings(), 12)


def normalized(epochs: int, momentum: float = 0.99, rows: int = 400, batch: int = 64) -> Case:
    """Convolutions with batch normalisation behind each."""
    stack: Layers = []
    for filters in (16, 32):
        stack += [
            layers.Conv2D(filters, 3, padding="same", use_bias=False),
            layers.BatchNormalization(momentum=momentum),
        ]
        stack += [layers.Activation("relu"), layers.MaxPooling2D()]
    stack += [layers.GlobalAveragePooling2D(), layers.Dense(10, "softmax")]
    return fitted(stack, pictures(rows), epochs, 0.01, batch)


def normalized_table(epochs: int, momentum: float = 0.99) -> Case:
    """Columns in units of their own that batch normalisation brings to one scale, and hidden layers likewise."""
    random = np.random.default_rng(0)
    x = random.normal(size=(600, 6)).astype("float32")
    y = (x[:, 0] * x[:, 1] + x[:, 2] > 0).astype(int)
    stack: Layers = [layers.BatchNormalization(momentum=momentum)]
    for _ in range(2):
        stack += [layers.Dense(32, use_bias=False), layers.BatchNormalization(momentum=momentum)]
        stack.append(layers.Activation("relu"))
    return fitted([*stack, layers.Dense(2, "softmax")], split(x * 30 + 100, y), epochs, 0.01, 64)


def masked() -> Case:
    """Word vectors read by a GRU that passes over padding."""
    stack = [layers.Embedding(WORDS, 8, mask_zero=True), layers.GRU(12), layers.Dense(2, "softmax")]
    return fitted(stack, texts(), 5, 0.01)


def dropped() -> Case:
    noisy = [layers.Conv2D(8, 3, activation="relu"), layers.SpatialDropout2D(0.95), layers.Flatten()]
    return fitted([*noisy, layers.Dropout(0.9), layers.Dense(10, "softmax")], pictures(), 12)


def linear() -> Case:
    stack = [layers.Conv2D(8, 3), layers.Conv2D(8, 3), layers.Flatten(), layers.Dense(10, "softmax")]
    return fitted(stack, pictures(), 12)


def first_step(layer: Any) -> Case:
    """What is asked is told by the first of 40 steps, all others being noise."""
    x = np.random.default_rng(0).normal(size=(800, 40, 2)).astype("float32")
    return fitted([layer, layers.Dense(2, "softmax")], split(x, (x[:, 0, 0] > 0).astype(int)), 6, 0.01)


WIDE = RandomNormal(stddev=30.0)
KINDS = [
    Kind("", "LeNet", lenet),
    Kind("", "convolutions through time", conv1d),
    Kind("", "GRU", recurrent),
    Kind("", "LSTM", lambda: recurrent(layers.LSTM(16))),
    Kind("", "SimpleRNN", lambda: recurrent(layers.SimpleRNN(16))),
    Kind("", "both ways", lambda: recurrent(layers.Bidirectional(layers.GRU(8)))),
    Kind("", "word vectors", partial(embedded, epochs=6)),
    Kind("", "word vectors and a GRU", masked),
    Kind("", "GPT", gpt),
    Kind("", "batch normalisation that settles", partial(normalized, 12, momentum=0.9)),
    Kind("unsettled_averages", "batch normalisation, 42 steps", partial(normalized, 6)),
    Kind("unsettled_averages", "columns normalised, 56 steps", partial(normalized_table, 7)),
    Kind("dead_relus", "biases of convolutions far below zero", lambda: lenet(bias_initializer=Constant(-20.0))),
    Kind("learning_rate_too_high", "LeNet, Adam at 1", lambda: lenet(rate=1.0)),
    Kind("learning_rate_too_low", "LeNet, Adam at 1e-6", lambda: lenet(rate=1e-6)),
    Kind("overfitting", "LeNet, 60 pictures", lambda: lenet(given=pictures(60), epochs=40)),
    Kind("ignores_inputs", "LeNet, labels shuffled", lambda: lenet(given=shuffled(pictures()))),
    Kind("unscaled_inputs", "LeNet, pixels 0 to 255", lambda: lenet(given=times(pictures(), 255))),
    Kind("frozen_parameters", "convolutions not trainable", lambda: lenet(trainable=False)),
    Kind("regularization_too_strong", "convolutions, l2 of 3", lambda: lenet(kernel_regularizer=L2(3.0))),
    Kind("dropout_too_strong", "nearly all channels dropped", dropped),
    Kind("linear_stack", "convolutions without activations", linear),
    Kind("wrong_initial_loss", "wide kernels of convolutions",
         lambda: lenet(kernel_initializer=RandomNormal(stddev=3.0))),
    Kind("saturated", "SimpleRNN, wide kernels", lambda: recurrent(layers.SimpleRNN(16, kernel_initializer=WIDE))),
    Kind("exploding_through_time", "LSTM, wide kernels",
         lambda: recurrent(layers.LSTM(16, kernel_initializer=WIDE, recurrent_initializer=WIDE))),
    Kind("learning_rate_too_high", "GRU, Adam at 3", lambda: recurrent(rate=3.0)),
    Kind("frozen_parameters", "GRU not trainable", lambda: recurrent(layers.GRU(16, trainable=False))),
    Kind("trained_too_long", "word vectors, 60 texts", lambda: embedded(given=texts(60), epochs=25)),
    Kind("ignores_inputs", "word vectors, labels shuffled", lambda: embedded(given=shuffled(texts()), epochs=20)),
    Kind("constant_inputs", "the same word throughout", lambda: embedded(given=times(texts(), 0, 3))),
    Kind("frozen_parameters", "word vectors not trainable", lambda: embedded(trainable=False)),
    Kind("learning_rate_too_high", "GPT, Adam at 1", lambda: gpt(rate=1.0, epochs=8)),
    Kind("learning_rate_too_low", "GPT, Adam at 1e-6", lambda: gpt(rate=1e-6, epochs=8)),
    Kind("overfitting", "GPT, a short text", lambda: gpt(given=sayings(20), epochs=60)),
    Kind("vanishing_through_time", "SimpleRNN, the first step tells", lambda: first_step(layers.SimpleRNN(8))),
    Kind("vanishing_through_time", "SimpleRNN of 16 units, the first step tells",
         lambda: first_step(layers.SimpleRNN(16))),
    Kind("vanishing_gradient", "LSTM whose gates begin shut, the first step tells",
         lambda: first_step(layers.LSTM(8, unit_forget_bias=False, bias_initializer=Constant(-2.0)))),
    Kind("exploding_through_time", "LSTM, relu, wide recurrent kernels",
         lambda: recurrent(layers.LSTM(16, "relu", recurrent_initializer=RandomNormal(stddev=2.0)))),
    Kind("exploding_through_time", "SimpleRNN, relu, wide recurrent kernels",
         lambda: recurrent(layers.SimpleRNN(8, "relu", recurrent_initializer=RandomNormal(stddev=1.0)), epochs=1)),
]  # fmt: skip
