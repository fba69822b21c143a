"""Programs by an author who had read the rules' page in the guide, and neither the rules nor what they say of anything:
what the doctor is judged by. Each program's harm, or its health, is measured without the doctor, by
`python -m benchmarks.zoo check`.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial as of
from typing import Any

from pellucid import losses
from pellucid.initializers import Constant, RandomNormal, RandomUniform
from pellucid.layers import BatchNormalization, Dense, Dropout, GaussianNoise
from pellucid.optimizers import SGD, Adam, AdamW, Nadam, RMSprop
from pellucid.regularizers import L1, L2

from . import unseen_plants as plants
from .programs import Program, Told
from .unseen_healthy import HEALTHY
from .unseen_truths import MEASURED

SPARSE, BINARY, ONE_HOT = "sparse_categorical_crossentropy", "binary_crossentropy", "categorical_crossentropy"
BY_HEART = ["overfitting", "trained_too_long"]  # which is what such validation rows must say


def but(program: Program, **changes: Any) -> Program:
    return replace(program, **changes)


# Sound programs, of which each fault changes something ---------------------------------------------------------------

XOR = Program("yes", plants.xor, (8,), 1, "sigmoid", BINARY, of(Adam, 0.05), 300, "tanh")
PARITY = Program(
    "yes", of(plants.bits, count=4, rule="odd"), (16, 16), 1, "sigmoid", BINARY, of(Adam, 0.02), 400, "tanh"
)
RING = Program("yes", of(plants.ring, rows=500), (32, 16), 1, "sigmoid", BINARY, of(Adam, 0.01), 60)
PINWHEEL = Program("classes", of(plants.pinwheel, rows=800), (32, 32), 4, "softmax", SPARSE, of(Adam, 0.01), 40)
CHECKERS = Program("yes", of(plants.checkers, rows=1200, squares=3), (48, 48), 1, "sigmoid", BINARY, of(Adam, 0.01), 60)
TABLE = Program("classes", of(plants.table, rows=400), (24,), 3, "softmax", SPARSE, of(Adam, 0.01), 30)
SURVEY = Program("yes", of(plants.survey, rows=1500), (32,), 1, "sigmoid", BINARY, of(Adam, 0.005), 30)
FRIEDMAN = Program("numbers", of(plants.friedman, rows=1000), (48, 24), optimizer=of(Adam, 0.005), epochs=40)
CURVE = Program(
    "numbers", of(plants.curve, rows=200), (32, 32), optimizer=of(Adam, 0.01), epochs=100, activation="tanh"
)
ARM = Program("numbers", of(plants.arm, rows=800), (48, 48), 2, optimizer=of(Adam, 0.005), epochs=50)
WORDS = Program("classes", of(plants.words, rows=900), (24,), 3, "softmax", SPARSE, of(Adam, 0.003), 12)
TAGS = Program(
    "labels",
    of(plants.words, rows=1500, topics=5, length=60.0, several=True),
    (48,),
    5,
    "sigmoid",
    BINARY,
    of(Adam, 0.005),
    20,
)
GLYPHS = Program("classes", of(plants.glyphs, rows=500), (32,), 5, "softmax", SPARSE, of(Adam, 0.005), 20)
DIGITS = Program("classes", of(plants.digits, rows=900), (64,), 10, "softmax", SPARSE, of(Adam, 0.005), 25)
WAVES = Program("classes", of(plants.waves, rows=600), (32,), 3, "softmax", SPARSE, of(Adam, 0.005), 25)
FORECAST = Program("numbers", of(plants.forecast, rows=700), (32,), optimizer=of(Adam, 0.005), epochs=50)
LATENT = Program(
    "numbers", of(plants.latent, rows=600), (16, 4, 16), 12, optimizer=of(Adam, 0.01), epochs=60, activation="tanh"
)
HOUSES = Program("numbers", of(plants.houses, rows=1000), (32, 16), optimizer=of(Adam, 0.005), epochs=40)
MANY = Program("numbers", of(plants.many, rows=600), (64,), 20, optimizer=of(Adam, 0.01), epochs=60)
RARE = Program(
    "classes",
    of(plants.rare, rows=1500, apart=2.2),
    (16,),
    2,
    "softmax",
    SPARSE,
    of(Adam, 0.005),
    30,
    class_weight={0: 1.0, 1: 12.0},
)


# Each line: the rule, what was done, the sound program, what is changed in it, what else is true, how harm is measured.

DATA = [
    Told(
        "constant_inputs",
        "pixels divided as whole numbers",
        but(GLYPHS, data=of(plants.glyphs, rows=500, bright=255.0), changes=(of(plants.divided, by=255.0),)),
        {"changes": (of(plants.whole_division, by=256),)},
    ),
    Told("constant_inputs", "words that are not in the list", WORDS, {"changes": (of(plants.unknown_words, known=4),)}),
    Told(
        "constant_inputs", "a sensor that was not plugged in", WAVES, {"changes": (of(plants.unknown_words, known=1),)}
    ),
    Told(
        "unscaled_inputs",
        "square feet, years and metres, SGD",
        but(HOUSES, optimizer=of(SGD, 0.01)),
        {"data": of(plants.houses, rows=1000, inputs=False)},
        ["wrong_initial_loss"],
    ),
    Told(
        "unscaled_inputs",
        "square feet, years and metres, tanh",
        but(HOUSES, activation="tanh"),
        {"data": of(plants.houses, rows=1000, inputs=False)},
        ["wrong_initial_loss"],
    ),
    Told(
        "unscaled_inputs",
        "bright pixels into sigmoids",
        but(DIGITS, activation="sigmoid", optimizer=of(SGD, 0.5, 0.9)),
        {"data": of(plants.digits, rows=900, bright=255.0)},
    ),
    Told("unscaled_inputs", "volts of a heart, which are tiny", WAVES, {"data": of(plants.waves, rows=600, volt=1e-5)}),
    Told(
        "unscaled_inputs",
        "one column in seconds since 1970",
        SURVEY,
        {
            "changes": (
                of(plants.in_units, scales=(1, 1, 1, 1, 1, 1, 1, 1, 1, 1e8), shifts=(0, 0, 0, 0, 0, 0, 0, 0, 0, 1.6e9)),
            )
        },
        ["wrong_initial_loss"],
    ),
    Told(
        "unscaled_targets",
        "prices in full",
        HOUSES,
        {"data": of(plants.houses, rows=1000, price=80_000.0, mean=250_000.0)},
        ["wrong_initial_loss"],
    ),
    Told(
        "unscaled_targets",
        "watts, SGD",
        but(FORECAST, optimizer=of(SGD, 0.05)),
        {"data": of(plants.climate, rows=700, scale=3000.0, shift=20_000.0), "changes": (plants.standardized,)},
        ["wrong_initial_loss"],
    ),
    Told(
        "unscaled_targets",
        "pascals beside degrees",
        Program("numbers", of(plants.two_scales, rows=800), (48,), 2, optimizer=of(Adam, 0.01), epochs=40),
        {"data": of(plants.two_scales, rows=800, mean=101_325.0, deviation=600.0)},
        ["wrong_initial_loss"],
    ),
    Told(
        "duplicates_in_validation",
        "rows filled up, then split",
        but(TABLE, data=of(plants.table, rows=200, wrong=0.4), hidden=(64, 64), epochs=80),
        {"changes": (of(plants.filled_up_first, times=5),)},
        BY_HEART,
        "honesty",
    ),
    Told(
        "duplicates_in_validation",
        "pictures made more by noise, then split",
        but(GLYPHS, data=of(plants.glyphs, rows=150, flip=0.33), hidden=(64,), epochs=40),
        {"changes": (of(plants.blurred_first, times=6, noise=0.02),)},
        BY_HEART,
        "honesty",
    ),
    Told(
        "duplicates_in_validation",
        "the last training rows validate",
        but(TABLE, data=of(plants.table, rows=200, wrong=0.4), hidden=(64, 64), epochs=80),
        {"changes": (plants.validated_on_itself,)},
        BY_HEART,
        "honesty",
    ),
    Told(
        "validation_differs",
        "sorted by price, and the end held out",
        HOUSES,
        {"changes": (plants.sorted_first,)},
        BY_HEART,
        "honesty",
    ),
    Told(
        "validation_differs",
        "only the training rows scaled",
        HOUSES,
        {"changes": (of(plants.validation_raw, scale=4.0, shift=2.0),)},
        BY_HEART,
        "honesty",
    ),
    Told(
        "validation_differs",
        "classes numbered otherwise in the second file",
        WORDS,
        {"changes": (plants.validation_other_classes,)},
        BY_HEART,
        "honesty",
    ),
    Told("ignores_inputs", "a table joined without its key", WAVES, {"changes": (plants.labels_resorted,)}, BY_HEART),
    Told(
        "ignores_inputs", "numbers joined without their key", FRIEDMAN, {"changes": (plants.labels_resorted,)}, BY_HEART
    ),
    Told("ignores_inputs", "each row has the next one's target", ARM, {"changes": (plants.labels_one_off,)}, BY_HEART),
    Told(
        "class_imbalance",
        "three in a hundred, few epochs",
        but(RARE, optimizer=of(Adam, 0.001), epochs=8),
        {"class_weight": None},
    ),
    Told(
        "class_imbalance",
        "two in a hundred, hard to tell",
        but(RARE, data=of(plants.rare, rows=3000, share=0.02, apart=1.3), class_weight={0: 1.0, 1: 40.0}, epochs=12),
        {"class_weight": None},
    ),
    Told(
        "one_class_always_wrong",
        "a class weighs nothing",
        GLYPHS,
        {"class_weight": {0: 1.0, 1: 1.0, 2: 1.0, 3: 0.0, 4: 1.0}},
    ),
    Told(
        "one_class_always_wrong",
        "one class labelled as another in training",
        but(DIGITS, epochs=20),
        {"changes": (of(plants.merged, kind=7, to=1),)},
        ["validation_differs", "class_imbalance"],
    ),
    Told(
        "one_class_always_wrong",
        "one picture labelled as another in training",
        GLYPHS,
        {"changes": (of(plants.merged, kind=1, to=4),)},
        ["validation_differs", "class_imbalance"],
    ),
]

LOGITS_YES = losses.BinaryCrossentropy(from_logits=True)
WIRING = [
    Told(
        "softmax_and_logits",
        "softmax, and logits asked for",
        but(PINWHEEL, epochs=15),
        {"loss": losses.SparseCategoricalCrossentropy(from_logits=True)},
        (),
        "sureness",
    ),
    Told(
        "softmax_and_logits",
        "sigmoid, and logits asked for",
        but(SURVEY, end=None, loss=LOGITS_YES, level=0.0),
        {"end": "sigmoid", "level": 0.5},
        (),
        "sureness",
    ),
    Told(
        "softmax_and_logits",
        "a ring, one output squashed twice",
        but(RING, end=None, loss=LOGITS_YES, level=0.0),
        {"end": "sigmoid"},
    ),
    Told("missing_output_activation", "linear, and probabilities asked for", GLYPHS, {"end": None}),
    Told("missing_output_activation", "relu, and probabilities asked for", RING, {"end": "relu"}),
    Told("missing_output_activation", "tanh, and probabilities asked for", SURVEY, {"end": "tanh"}, (), "sureness"),
    Told("missing_output_activation", "softmax for any of five tags", TAGS, {"end": "softmax"}),
    Told("unreachable_targets", "relu for numbers of both signs", FRIEDMAN, {"end": "relu"}),
    Told("unreachable_targets", "sigmoid for where a hand is", ARM, {"end": "sigmoid"}),
    Told("unreachable_targets", "columns to themselves, through a sigmoid", LATENT, {"end": "sigmoid"}),
    Told(
        "unreachable_targets",
        "tanh for visitors",
        Program("numbers", of(plants.counts, rows=800), (32,), 1, "exponential", "poisson", of(Adam, 0.005), 40),
        {"end": "tanh", "loss": "mse"},
    ),
    Told("wrong_output_width", "softmax over one output", RING, {"end": "softmax"}),
    Told("wrong_output_width", "softmax over one output, mse", but(SURVEY, loss="mse"), {"end": "softmax"}),
    Told(
        "batch_norm_batch_of_one",
        "one row at a time",
        but(RING, hidden=(32, BatchNormalization, 16), epochs=20),
        {"batch": 1},
    ),
    Told(
        "batch_norm_batch_of_one",
        "one row at a time, numbers",
        but(HOUSES, data=of(plants.houses, rows=400), hidden=(32, BatchNormalization), epochs=30),
        {"batch": 1},
    ),
    Told("linear_stack", "four rows, no activation", XOR, {"activation": None}),
    Told(
        "linear_stack",
        "a board, three layers without activation",
        CHECKERS,
        {"activation": "linear", "hidden": (48, 48, 48)},
    ),
    Told("linear_stack", "a robot's arm, no activation", ARM, {"activation": None}),
    Told(
        "wrong_gradient",
        "a gate of one's own",
        but(PINWHEEL, hidden=(8, 16), epochs=80),
        {"hidden": (8, plants.Gate, 16)},
    ),
    Told("wrong_gradient", "a cosine of one's own", FRIEDMAN, {"hidden": (of(Dense, 32), plants.Cosine, 24)}),
    Told(
        "wrong_gradient",
        "squares of one's own, the wrong way round",
        HOUSES,
        {"loss": losses.custom(plants.own_squares, plants.uphill, name="own_squares"), "epochs": 3},
    ),
    Told(
        "cannot_overfit_20_samples",
        "columns shuffled each for itself",
        but(WAVES, hidden=(32, 16)),
        {"hidden": (32, plants.ColumnsShuffled, 16)},
    ),
    Told("cannot_overfit_20_samples", "noise without its mean", HOUSES, {"hidden": (plants.MeanForgotten, 32, 16)}),
    Told(
        "frozen_parameters",
        "weights of another model that were never loaded",
        but(DIGITS, hidden=(12, 32)),
        {"hidden": (of(Dense, 4, activation="relu", trainable=False), 32)},
        ["underfitting"],
    ),
    Told(
        "frozen_parameters",
        "values handed on, no gradient",
        but(DIGITS, hidden=(10, 32)),
        {"hidden": (10, plants.Detached, 32)},
        ["wrong_gradient"],
    ),
    Told(
        "frozen_parameters",
        "all but the first layer",
        but(ARM, hidden=(12, 12)),
        {"hidden": (12, of(Dense, 12, activation="relu", trainable=False)), "last": {"trainable": False}},
    ),
]

INSIDE = [
    Told(
        "non_finite",
        "a cross-entropy of one's own",
        but(PINWHEEL, data=of(plants.pinwheel, rows=800, hot=True), kind="hot", loss=ONE_HOT, optimizer=of(Adam, 0.05)),
        {
            "loss": losses.custom(plants.own_crossentropy, plants.own_crossentropy_grad, name="own_crossentropy"),
            "changes": (of(plants.in_units, scales=(40.0,)),),
        },
        ["unscaled_inputs", "wrong_initial_loss"],
    ),
    Told(
        "non_finite",
        "standardized by hand, a column of zeros",
        but(TABLE, changes=(of(plants.padded, columns=2),)),
        {"hidden": (plants.OwnStandard, 24)},
    ),
    Told(
        "non_finite",
        "an exponent of one's own",
        HOUSES,
        {"hidden": (32, plants.Exponent, 16), "optimizer": of(Adam, 0.05)},
        ["exploding_gradient", "wrong_initial_loss"],
    ),
    Told(
        "exploding_gradient",
        "twelve layers, randn",
        but(PINWHEEL, hidden=(32,) * 12, optimizer=of(SGD, 0.03), dense={"kernel_initializer": "he_normal"}),
        {"dense": {"kernel_initializer": RandomNormal(stddev=1.0)}},
        ["wrong_initial_loss"],
    ),
    Told(
        "exploding_gradient",
        "eight layers, randn, numbers",
        but(FRIEDMAN, hidden=(32,) * 8, optimizer=of(Adam, 0.002), dense={"kernel_initializer": "he_normal"}),
        {"dense": {"kernel_initializer": RandomNormal(stddev=1.0)}},
        ["wrong_initial_loss"],
    ),
    Told(
        "vanishing_gradient",
        "eight sigmoid layers, SGD",
        but(PINWHEEL, hidden=(24,) * 3),
        {"hidden": (24,) * 8, "activation": "sigmoid", "optimizer": of(SGD, 0.1)},
    ),
    Told(
        "vanishing_gradient",
        "randn / 100, seven tanh layers",
        but(ARM, hidden=(24,) * 7, activation="tanh", epochs=25, optimizer=of(SGD, 0.05)),
        {"dense": {"kernel_initializer": RandomNormal(stddev=0.01)}},
    ),
    Told(
        "vanishing_gradient",
        "twelve sigmoid layers, Adam",
        but(WORDS, hidden=(24, 24)),
        {"hidden": (24,) * 12, "activation": "sigmoid"},
    ),
    Told(
        "saturated",
        "weights up to 20, tanh",
        but(FRIEDMAN, activation="tanh"),
        {"dense": {"kernel_initializer": RandomUniform(-20.0, 20.0)}},
    ),
    Told(
        "saturated",
        "randn times 15, sigmoid",
        but(DIGITS, activation="sigmoid", hidden=(32,)),
        {"dense": {"kernel_initializer": RandomNormal(stddev=15.0)}},
    ),
    Told(
        "wrong_initial_loss",
        "an output bias of 60",
        but(HOUSES, optimizer=of(Adam, 0.002), epochs=20),
        {"last": {"bias_initializer": Constant(60.0)}},
    ),
    Told(
        "wrong_initial_loss",
        "output weights of deviation 30",
        but(GLYPHS, optimizer=of(Adam, 0.002), epochs=12),
        {"last": {"kernel_initializer": RandomNormal(stddev=30.0)}},
    ),
    Told("dead_relus", "biases of minus 8", RING, {"dense": {"bias_initializer": Constant(-8.0)}}),
    Told(
        "dead_relus",
        "no weight above 0, counts of words",
        WORDS,
        {"dense": {"kernel_initializer": RandomUniform(-1.0, 0.0)}},
    ),
]

TRAINING = [
    Told("learning_rate_too_high", "Adam at 1, words", WORDS, {"optimizer": of(Adam, 1.0)}),
    Told(
        "learning_rate_too_high",
        "SGD at 2, a robot's arm",
        but(ARM, optimizer=of(SGD, 0.1)),
        {"optimizer": of(SGD, 2.0)},
    ),
    Told("learning_rate_too_high", "RMSprop at 0.5, a board", CHECKERS, {"optimizer": of(RMSprop, 0.5)}),
    Told(
        "learning_rate_too_high",
        "momentum of 0.95 at 5, tanh",
        but(PINWHEEL, activation="tanh"),
        {"optimizer": of(SGD, 5.0, 0.95)},
    ),
    Told("learning_rate_too_high", "four rows, Adam at 5", XOR, {"optimizer": of(Adam, 5.0)}),
    Told("learning_rate_too_low", "four rows, SGD at 0.001", XOR, {"optimizer": of(SGD, 0.001)}, ["stopped_too_early"]),
    Told("learning_rate_too_low", "Adam at 1e-6", DIGITS, {"optimizer": of(Adam, 1e-6)}, ["stopped_too_early"]),
    Told(
        "learning_rate_too_low",
        "SGD at 1e-5, columns to themselves",
        LATENT,
        {"optimizer": of(SGD, 1e-5)},
        ["stopped_too_early"],
    ),
    Told(
        "learning_rate_too_low", "SGD at 1e-4, many targets", MANY, {"optimizer": of(SGD, 1e-4)}, ["stopped_too_early"]
    ),
    Told("dropout_too_strong", "nine in ten, twice", DIGITS, {"hidden": (64, of(Dropout, 0.9), 64, of(Dropout, 0.9))}),
    Told("dropout_too_strong", "inputs dropped, numbers", HOUSES, {"hidden": (of(Dropout, 0.7), 32, 16)}),
    Told("dropout_too_strong", "noise as large as the signal", PINWHEEL, {"hidden": (of(GaussianNoise, 1.0), 32, 32)}),
    Told("regularization_too_strong", "l2 of 1", PINWHEEL, {"dense": {"kernel_regularizer": L2(1.0)}}),
    Told("regularization_too_strong", "l1 of 0.1, tags", TAGS, {"dense": {"kernel_regularizer": L1(0.1)}}),
    Told(
        "regularization_too_strong", "weight decay of 20", FRIEDMAN, {"optimizer": of(AdamW, 0.005, weight_decay=20.0)}
    ),
    Told("stopped_too_early", "one epoch, tags", but(TAGS, batch=128, epochs=30), {"epochs": 1}),
    Told("stopped_too_early", "four bits' parity, ten epochs", PARITY, {"epochs": 10}),
    Told(
        "stopped_too_early", "two epochs, a series", but(FORECAST, optimizer=of(Adam, 0.001), epochs=60), {"epochs": 2}
    ),
    Told("stopped_too_early", "three epochs, a board", CHECKERS, {"epochs": 3, "optimizer": of(Nadam, 0.002)}),
    Told(
        "trained_too_long",
        "a third of the labels wrong",
        but(
            TABLE,
            data=of(plants.table, rows=250, apart=1.4),
            changes=(of(plants.wrong_labels, share=0.35),),
            hidden=(128, 128),
            epochs=5,
        ),
        {"epochs": 200},
    ),
    Told(
        "trained_too_long",
        "sixty noisy rows of a curve, 1,000 epochs",
        but(CURVE, data=of(plants.curve, rows=60, noise=0.8), hidden=(128, 128), activation="relu", epochs=20),
        {"epochs": 1000},
    ),
    Told(
        "overfitting",
        "sixty texts with tags",
        TAGS,
        {"changes": (of(plants.only, rows=60),), "hidden": (256,), "epochs": 60},
    ),
    Told(
        "overfitting",
        "sixty rows, twelve noise columns",
        but(RING, changes=(of(plants.noise_columns, columns=12),), data=of(plants.ring, rows=3000)),
        {
            "changes": (of(plants.noise_columns, columns=12), of(plants.only, rows=60)),
            "hidden": (256, 256),
            "epochs": 80,
        },
    ),
    Told("underfitting", "two units for a pinwheel", PINWHEEL, {"hidden": (2,)}),
    Told("underfitting", "no hidden layer for a board", CHECKERS, {"hidden": ()}),
    Told("underfitting", "one number between the columns", LATENT, {"hidden": (1,)}),
]

FAULTY = [*DATA, *WIRING, *INSIDE, *TRAINING]
RECIPES = [*(replace(one, also=(*one.also, *MEASURED.get(one.recipe, ()))) for one in FAULTY), *HEALTHY]
