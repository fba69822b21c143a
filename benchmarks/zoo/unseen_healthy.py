"""The healthy programs of unseen.py: not clean, and good all the same."""

# ruff: noqa: E501, the table is read by its columns
from __future__ import annotations

from functools import partial as of
from typing import Any

from pellucid.layers import BatchNormalization, Dropout, GaussianNoise, LayerNormalization
from pellucid.losses import BinaryCrossentropy, Huber, SparseCategoricalCrossentropy
from pellucid.optimizers import SGD, Adagrad, Adam, AdamW, Nadam, RMSprop

from . import unseen_plants as plants
from .programs import Program, Told

SPARSE, BINARY, ONE_HOT = "sparse_categorical_crossentropy", "binary_crossentropy", "categorical_crossentropy"
ADAM = of(Adam, 0.01)


def good(
    name: str, kind: str, data: Any, hidden: Any, out: int = 1, end: str | None = None, loss: Any = "mse",
    optimizer: Any = ADAM, epochs: int = 40, activation: str = "relu", ceiling: float | None = None, gap: float = 0.1,
    **more: Any,
) -> Told:  # fmt: skip
    program = Program(kind, data, hidden, out, end, loss, optimizer, epochs, activation, **more)
    return Told("", name, program, ceiling=ceiling, gap=gap)


TINY = [
    good("four rows", "yes", plants.xor, (8,), 1, "sigmoid", BINARY, of(Adam, 0.05), 400, "tanh", 1.0),
    good("four rows of -1 and 1, tanh", "yes", of(plants.xor, low=-1.0, signs=True), (6,), 1, "tanh", "mse", of(SGD, 0.3), 800, "tanh", 1.0, level=0.0),
    good("four rows, sigmoids and squares", "yes", plants.xor, (6,), 1, "sigmoid", "mse", of(Adam, 0.1), 600, "sigmoid", 1.0),
    good("parity of three bits", "yes", of(plants.bits, count=3, rule="odd"), (12,), 1, "sigmoid", BINARY, of(Adam, 0.05), 500, "tanh", 1.0),
    good("parity of five bits", "yes", of(plants.bits, count=5, rule="odd"), (32,), 1, "sigmoid", BINARY, of(Adam, 0.02), 500, "tanh", 1.0),
    good("most of five bits", "yes", of(plants.bits, count=5, rule="most"), (8,), 1, "sigmoid", BINARY, of(Adam, 0.05), 150, ceiling=1.0),
    good("all of three bits, no hidden layer", "yes", of(plants.bits, count=3, rule="all"), (), 1, "sigmoid", BINARY, of(SGD, 1.0), 500, ceiling=1.0),
    good("an adder, two targets", "labels", plants.adder, (12,), 2, "sigmoid", BINARY, of(Adam, 0.05), 400, "tanh", 1.0),
    good("eight rows to themselves through three units", "labels", plants.one_hot_code, (3,), 8, "sigmoid", BINARY, of(Adam, 0.05), 1500, "tanh", 1.0),
    good("eight rows to themselves, softmax", "hot", plants.one_hot_code, (4,), 8, "softmax", ONE_HOT, of(Adam, 0.05), 400, "tanh", 1.0),
]

SHAPES = [
    good("a ring, and six columns of zeros", "yes", of(plants.ring, rows=600), (32, 16), 1, "sigmoid", BINARY, changes=(of(plants.padded, columns=6),), epochs=150, ceiling=0.97),
    good("a ring of points a quarter apart", "yes", of(plants.ring, rows=800), (32, 32), 1, "sigmoid", BINARY, changes=(of(plants.rounded, step=0.25),), epochs=60, ceiling=0.9),
    good("a ring with wrong labels", "yes", of(plants.ring, rows=2000, noise=0.15), (24, 12), 1, "sigmoid", BINARY, of(Adam, 0.005), 25, ceiling=0.85),
    good("a ring, squares and tanh", "yes", of(plants.ring, rows=500), (32,), 1, "tanh", "mse", epochs=250, changes=(plants.as_signs,), level=0.0, ceiling=0.95),
    good("a ring, logits", "yes", of(plants.ring, rows=800), (32, 16), 1, None, BinaryCrossentropy(from_logits=True), epochs=60, level=0.0, ceiling=0.97),
    good("a ring, Adam at a high rate", "yes", of(plants.ring, rows=1500), (64, 32), 1, "sigmoid", BINARY, of(Adam, 0.03), 100, ceiling=0.97),
    good("a ring in units five times apart", "yes", of(plants.ring, rows=1000), (48, 32), 1, "sigmoid", BINARY, of(Adam, 0.01), 120, changes=(of(plants.in_units, scales=(2.5, 0.5), shifts=(1.0, -1.0)),), ceiling=0.95),
    good("a pinwheel of five arms, each row thrice", "classes", of(plants.pinwheel, rows=500, arms=5), (32, 32), 5, "softmax", SPARSE, changes=(of(plants.rows_repeated, times=3),), epochs=25, ceiling=0.95),
    good("a pinwheel, one-hot, Nadam", "hot", of(plants.pinwheel, rows=800, hot=True), (48, 24), 4, "softmax", ONE_HOT, of(Nadam, 0.005), 40, ceiling=0.97),
    good("a pinwheel, six layers", "classes", of(plants.pinwheel, rows=1000), (24,) * 6, 4, "softmax", SPARSE, of(Adam, 0.003), 40, ceiling=0.97),
    good("a pinwheel, eight elu layers", "classes", of(plants.pinwheel, rows=1000), (24,) * 8, 4, "softmax", SPARSE, of(Adam, 0.002), 30, "elu", 0.97),
    good("a pinwheel with wrong labels", "classes", of(plants.pinwheel, rows=2000), (24, 24), 4, "softmax", SPARSE, of(Adam, 0.005), 12, ceiling=0.97, changes=(of(plants.wrong_labels, share=0.25),)),
    good("a pinwheel, SGD at a high rate", "classes", of(plants.pinwheel, rows=1000), (32, 32), 4, "softmax", SPARSE, of(SGD, 0.3), 60, ceiling=0.97),
    good("a pinwheel, two columns twice", "classes", of(plants.pinwheel, rows=800), (32, 32), 4, "softmax", SPARSE, changes=(of(plants.column_twice, columns=2),), ceiling=0.97),
    good("a board of nine squares", "yes", of(plants.checkers, rows=2500), (48, 48), 1, "sigmoid", BINARY, epochs=80, ceiling=0.95),
    good("a board of four squares, dropout", "yes", of(plants.checkers, rows=1500, squares=2), (64, of(Dropout, 0.2), 64), 1, "sigmoid", BINARY, epochs=60, ceiling=0.97),
]

TABLES = [
    good("a table of four columns, 5,000 rows", "classes", of(plants.table, rows=5000, columns=4, apart=2.5), (16,), 3, "softmax", SPARSE, of(Adam, 0.003), 10, batch=64),
    good("a table of thirty columns, ten of them zeros", "classes", of(plants.table, rows=600, columns=20), (24,), 3, "softmax", SPARSE, of(Adam, 0.003), 15, changes=(of(plants.padded, columns=10),)),
    good("a table with columns of ones", "classes", of(plants.table, rows=500, columns=6, apart=2.5), (16,), 3, "softmax", SPARSE, changes=(of(plants.padded, columns=3, value=1.0),), epochs=20),
    good("a table of two classes, no hidden layer", "classes", of(plants.table, rows=400, classes=2, apart=1.5), (), 2, "softmax", SPARSE, epochs=40),
    good("a table with wrong labels", "classes", of(plants.table, rows=2000, apart=2.0, wrong=0.3), (12,), 3, "softmax", SPARSE, of(Adam, 0.003), 12),
    good("a table, batch normalization, batches of 16", "classes", of(plants.table, rows=600, apart=2.2), (24, BatchNormalization), 3, "softmax", SPARSE, of(Adam, 0.005), 20, batch=16),
    good("a table in units a few times apart", "classes", of(plants.table, rows=800, apart=2.5), (24,), 3, "softmax", SPARSE, changes=(of(plants.in_units, scales=(1, 3, 5, 0.5), shifts=(0, 4, -3, 1)),), epochs=30),
    good("a table, logits of three", "classes", of(plants.table, rows=600, apart=2.2), (16,), 3, None, SparseCategoricalCrossentropy(from_logits=True), epochs=20),
    good("a survey with an answer that is partly chance", "yes", of(plants.survey, rows=3000, sharp=2.0), (16,), 1, "sigmoid", BINARY, of(Adam, 0.005), 12),
    good("a survey, dropout of a half", "yes", of(plants.survey, rows=2000), (64, of(Dropout, 0.5)), 1, "sigmoid", BINARY, of(Adam, 0.005), 40),
    good("a survey, mostly yes", "yes", of(plants.survey, rows=3000, boost=1.0, sharp=4.0), (32, 16), 1, "sigmoid", BINARY, of(Adam, 0.01), 40),
    good("a survey, RMSprop, selu", "yes", of(plants.survey, rows=2000), (16, 16), 1, "sigmoid", BINARY, of(RMSprop, 0.003), 20, "selu"),
    good("four in a hundred, told well", "classes", of(plants.rare, rows=2500, share=0.04, apart=3.2), (16,), 2, "softmax", SPARSE, of(Adam, 0.005), 20),
    good("eight in a hundred, told well, one output", "classes", of(plants.rare, rows=2000, share=0.08, apart=3.0), (16, 8), 2, "softmax", SPARSE, of(Adam, 0.005), 25),
]

NUMBERS = [
    good("Friedman's, five columns of noise", "numbers", of(plants.friedman, rows=1500), (48, 24), optimizer=of(Adam, 0.005), epochs=25, ceiling=0.95),
    good("Friedman's as it comes, targets of 14", "numbers", of(plants.friedman, rows=1500, scale=False), (48, 24), optimizer=of(Adam, 0.01), epochs=40, ceiling=0.95),
    good("a curve of sixty rows", "numbers", of(plants.curve, rows=60, noise=0.05), (24, 24), epochs=300, activation="tanh", ceiling=0.98),
    good("a curve with a ceiling", "numbers", of(plants.curve, rows=800, noise=0.5), (24, 24), epochs=50, activation="tanh", optimizer=of(Adam, 0.005)),
    good("a fast wave, a plateau first", "numbers", of(plants.curve, rows=500, noise=0.05, waves=2.0), (32, 32), epochs=250, activation="tanh", optimizer=of(Adam, 0.005), ceiling=0.97),
    good("a robot's arm, SGD with momentum", "numbers", of(plants.arm, rows=1000), (48,), 2, optimizer=of(SGD, 0.05, 0.9), epochs=60, ceiling=0.98),
    good("twenty targets", "numbers", of(plants.many, rows=1000), (96,), 20, optimizer=of(Adam, 0.005), epochs=60),
    good("fifty targets of a line", "numbers", of(plants.straight, rows=600, targets=50), (), 50, optimizer=of(Adam, 0.02), epochs=60),
    good("nearly a line, a network that is larger than need be", "numbers", of(plants.straight, rows=800), (32,), optimizer=of(Adam, 0.003), epochs=25),
    good("a line, SGD, thirty rows", "numbers", of(plants.straight, rows=30, columns=2, noise=0.1), (), optimizer=of(SGD, 0.05), epochs=200),
    good("prices in thousands", "numbers", of(plants.houses, rows=1000, price=80.0, mean=250.0), (32, 16), optimizer=of(Adam, 0.02), epochs=150, ceiling=0.94),
    good("prices, Huber's loss", "numbers", of(plants.houses, rows=1000), (32, 16), loss=Huber(), optimizer=of(Adam, 0.005), epochs=40, ceiling=0.94),
    good("weather in its own units", "numbers", of(plants.climate, rows=1500), (48, 32), optimizer=of(Adam, 0.01), epochs=120, ceiling=0.95),
    good("visitors, Poisson's loss", "numbers", of(plants.counts, rows=1500), (32,), 1, "exponential", "poisson", of(Adam, 0.005), 40),
    good("a series, its windows overlap", "numbers", of(plants.forecast, rows=800), (32,), optimizer=of(Adam, 0.005), epochs=60),
    good("a series, rows given out as shares", "numbers", of(plants.curve, rows=400), (32,), 1, "sigmoid", "mse", of(Adam, 0.02), 150, "tanh", changes=(plants.as_shares,), ceiling=0.97),
    good("columns to themselves through three", "numbers", of(plants.latent, rows=800), (3,), 12, optimizer=of(Adam, 0.01), epochs=60, activation="linear", ceiling=0.95),
    good("columns to themselves, five layers", "numbers", of(plants.latent, rows=1000, noise=0.03), (24, 4, 24), 12, optimizer=of(Adam, 0.005), epochs=80, activation="tanh", ceiling=0.95),
    good("two targets, one about 20", "numbers", of(plants.two_scales, rows=1500, mean=20.0, deviation=3.0), (48,), 2, optimizer=of(Adam, 0.01), epochs=80, ceiling=0.95),
]

PICTURES = [
    good("texts, most counts 0", "classes", of(plants.words, rows=1500), (16,), 3, "softmax", SPARSE, of(Adam, 0.002), 8),
    good("texts of 400 words, dropout", "classes", of(plants.words, rows=2000, vocabulary=400, length=80.0), (32, of(Dropout, 0.5)), 3, "softmax", SPARSE, of(Adam, 0.002), 8),
    good("tags, any of five", "labels", of(plants.words, rows=3000, topics=5, length=100.0, several=True), (48,), 5, "sigmoid", BINARY, of(Adam, 0.003), 15),
    good("pictures with wrong pixels", "classes", of(plants.glyphs, rows=800, flip=0.15), (24,), 5, "softmax", SPARSE, of(Adam, 0.003), 12, ceiling=0.99),
    good("pictures cleaned", "labels", of(plants.glyphs, rows=1000, kinds=4, itself=True), (24,), 36, "sigmoid", BINARY, of(Adam, 0.005), 30, ceiling=0.99),
    good("handwriting, columns that are always 0", "classes", of(plants.digits, rows=1000), (64,), 10, "softmax", SPARSE, of(Adam, 0.003), 20, ceiling=0.97),
    good("handwriting from 0 to 16, labels as a column", "classes", of(plants.digits, rows=1000, bright=16.0, column=True), (128,), 10, "softmax", SPARSE, of(Adam, 0.001), 60, ceiling=0.97),
    good("handwriting, layer normalization and noise", "classes", of(plants.digits, rows=1000), (of(GaussianNoise, 0.1), 64, LayerNormalization), 10, "softmax", SPARSE, of(Adam, 0.003), 20, ceiling=0.97),
    good("handwriting, Adagrad", "classes", of(plants.digits, rows=1100), (128,), 10, "softmax", SPARSE, of(Adagrad, 0.1), 60, ceiling=0.97),
    good("windows of a signal", "classes", of(plants.waves, rows=1000), (32,), 3, "softmax", SPARSE, of(Adam, 0.003), 15, ceiling=0.99),
    good("windows of a signal, early stopping", "classes", of(plants.waves, rows=800), (48,), 3, "softmax", SPARSE, of(AdamW, 0.005, weight_decay=0.01), 60, ceiling=0.99, patience=8),
    good("windows of a signal, labels numbered from 1", "classes", of(plants.waves, rows=1000), (32,), 4, "softmax", SPARSE, of(Adam, 0.003), 20, ceiling=0.99, changes=(plants.labels_from_one,)),
]

MORE = [
    good("a ring, each point rounded, Nesterov", "yes", of(plants.ring, rows=1000), (32, 16), 1, "sigmoid", BINARY, of(SGD, 0.1, 0.9, nesterov=True), 80, changes=(of(plants.rounded, step=0.1),), ceiling=0.95),
    good("a ring among eight columns of noise, 4,000 rows", "yes", of(plants.ring, rows=4000, more=6), (32, 16), 1, "sigmoid", BINARY, of(Adam, 0.005), 30, ceiling=0.93),
    good("a table of sixty rows and three columns", "classes", of(plants.table, rows=60, columns=3, apart=4.0), (8,), 3, "softmax", SPARSE, epochs=60),
    good("a table of ten classes", "classes", of(plants.table, rows=2000, columns=16, classes=10), (48,), 10, "softmax", SPARSE, of(Adam, 0.005), 20),
    good("a table, columns twice and zeros behind", "classes", of(plants.table, rows=800, columns=5, apart=2.5), (16,), 3, "softmax", SPARSE, changes=(of(plants.column_twice, columns=5), of(plants.padded, columns=20)), epochs=20),
    good("a line that is measured in tens, SGD", "numbers", of(plants.straight, rows=500, columns=3), (), optimizer=of(SGD, 0.01), epochs=40, changes=(of(plants.in_units, scales=(2.0, 4.0, 0.7), shifts=(1.0,)),)),
    good("a robot's arm, errors of a tenth", "numbers", of(plants.arm, rows=1500, noise=0.2), (32, 32), 2, optimizer=of(Adam, 0.005), epochs=40),
    good("Friedman's, dropout of a tenth, losses above validation's", "numbers", of(plants.friedman, rows=2500), (96, of(Dropout, 0.1), 48), optimizer=of(Adam, 0.003), epochs=60, ceiling=0.93),
    good("tags, zeros behind, RMSprop", "labels", of(plants.words, rows=2500, topics=3, length=80.0, several=True), (32,), 3, "sigmoid", BINARY, of(RMSprop, 0.002), 15, changes=(of(plants.padded, columns=30),)),
    good("pictures in two classes, one output", "yes", of(plants.glyphs, rows=400, kinds=2, flip=0.3), (8,), 1, "sigmoid", BINARY, of(Adam, 0.005), 15, ceiling=0.97),
    good("handwriting, two layers, SGD", "classes", of(plants.digits, rows=1000), (64, 32), 10, "softmax", SPARSE, of(SGD, 0.2), 40, ceiling=0.97),
]

HEALTHY = [*MORE, *TINY, *SHAPES, *TABLES, *NUMBERS, *PICTURES]
