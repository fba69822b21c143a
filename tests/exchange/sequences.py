"""Networks that go through sequences: each recurrent layer with its options, masks of every kind, cells, and layers
that are taken step by step; and what is random in training alone."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from pellucid import activations, ops
from pellucid import layers as L
from pellucid.models import Model
from pellucid.rng import Key

T, I = 5, 3
KINDS: dict[str, tuple[Callable[..., Any], int]] = {
    "lstm": (L.LSTM, 2), "gru": (L.GRU, 1), "gru before": (partial(L.GRU, reset_after=False), 1),
    "simple": (L.SimpleRNN, 1),
}  # fmt: skip
OPTIONS: dict[str, dict[str, Any]] = {
    "last": {}, "sequences": {"return_sequences": True}, "backwards": {"go_backwards": True},
    "sequences backwards": {"return_sequences": True, "go_backwards": True},
    "no bias": {"use_bias": False, "return_sequences": True},
    "state": {"return_state": True}, "sequences and state": {"return_state": True, "return_sequences": True},
    "zeros": {"return_sequences": True, "zero_output_for_mask": True},
    "zeros last": {"zero_output_for_mask": True, "go_backwards": True},
    "activation": {"activation": activations.elu.bound(alpha=0.7), "return_sequences": True},
}  # fmt: skip
FEW = (
    "last",
    "sequences",
    "sequences backwards",
    "no bias",
    "sequences and state",
    "zeros last",
)  # of others than LSTM


def options_of(kind: str, *without: str) -> list[tuple[str, dict[str, Any]]]:
    """All options of one kind, and some of the others, without these."""
    names = OPTIONS if kind == "lstm" else FEW
    return [(name, OPTIONS[name]) for name in names if not name.startswith(without)]


def moved(model: Model) -> Model:
    """With biases that are not 0."""
    r = np.random.default_rng(3)
    model.set_weights([w + r.uniform(-0.3, 0.3, w.shape).astype(w.dtype) for w in model.get_weights()])
    return model


def one(make: Callable[..., Any], carried: int, options: dict[str, Any], states: bool = False, mask: str = "") -> Model:
    """A network of one recurrent layer, between two others."""
    x = L.Input((T, I), name="x")
    front = [] if mask != "ours" else [L.Masking(name="masking")]
    h: Any = x
    for layer in front:
        h = layer(h)
    told = L.Input((T,), dtype="bool", name="told") if mask == "told" else None
    given = [L.Input((4,), name=f"state_{i}") for i in range(carried)] if states else []
    layer = make(4, name="recurrent", **options)
    y = layer(h, initial_state=given or None, **({} if told is None else {"mask": told}))
    ends = y if isinstance(y, list | tuple) else [y]
    ends = [L.Dense(2, name="dense")(ends[0]), *ends[1:]]
    return moved(Model([x, *given, *([] if told is None else [told])], ends if len(ends) > 1 else ends[0], seed=1))


def bidirectional(merge_mode: str | None, **options: Any) -> Model:
    x = L.Input((T, I), name="x")
    y = L.Bidirectional(L.LSTM(2, **options), merge_mode=merge_mode)(x)
    return moved(Model(x, list(y) if isinstance(y, list | tuple) else y, seed=1))


def words(layer: Any) -> Model:
    """Of numbered words, of which 0 is none."""
    x = L.Input((T,), name="x")
    return moved(Model(x, layer(L.Embedding(6, I, mask_zero=True)(x)), seed=1))


def chain(layer: Any, shape: tuple[int, ...] = (T, I)) -> Model:
    x = L.Input(shape, name="x")
    return moved(Model(x, layer(x), seed=1))


def stack() -> Model:
    x = L.Input((T, I), name="x")
    h = L.GRU(3, return_sequences=True)(L.LSTM(4, return_sequences=True, name="lower")(x))
    return moved(Model(x, L.Dense(2, "softmax")(L.SimpleRNN(3)(h)), seed=1))


def decoder() -> Model:
    """One sequence read after another, which begins where the other ends."""
    x, z = L.Input((T, I), name="x"), L.Input((2, I), name="z")
    _, h, c = L.LSTM(3, return_state=True, name="encoder")(x)
    y = L.LSTM(3, return_sequences=True, name="decoder")(z, initial_state=[h, c])
    return moved(Model([x, z], L.TimeDistributed(L.Dense(2))(y), seed=1))


def shared() -> Model:
    """One layer for two sequences."""
    x, z, layer = L.Input((T, I), name="x"), L.Input((T, I), name="z"), L.LSTM(3)
    return moved(Model([x, z], L.Subtract()([layer(x), layer(z)]), seed=1))


def masked_cells() -> Model:
    x = L.Input((T, I), name="x")
    rnn = L.RNN([L.GRUCell(3), L.SimpleRNNCell(2)], return_sequences=True, return_state=True)
    return moved(Model(x, list(rnn(L.Masking()(x))), seed=1))


def convolved(kind: Any, shape: tuple[int, ...], states: bool = False, masked: bool = False, **options: Any) -> Model:
    """A network of one ConvLSTM, to which all steps of its sequences count, or those that a mask says."""
    x, layer = L.Input(shape, name="x"), kind(2, **options)
    state = layer.output_shape_for(shape) if not options.get("return_state") else layer.output_shape_for(shape)[1]
    given = [L.Input(state, name=f"state_{i}") for i in range(2)] if states else []
    told = [L.Input((T,), dtype="bool", name="told")] if masked else []
    y = layer(x, initial_state=given or None, mask=told[0] if told else None)
    return moved(Model([x, *given, *told], list(y) if isinstance(y, list | tuple) else y, seed=1))


def mean_of_words() -> Model:
    """The mean of the words that count, 0 where none does."""
    x = L.Input((T,), name="x")
    y = L.GlobalAveragePooling1D()(L.Embedding(6, I, mask_zero=True)(x))
    return moved(Model(x, ops.where(ops.isnan(y), 0.0, y), seed=1))


def placed_words() -> Model:
    """Two texts, the words of one with their places; a step counts where either has a word."""
    x, z = L.Input((T,), name="x"), L.Input((T,), name="z")
    words = L.TokenAndPositionEmbedding(6, T, I, mask_zero=True)(x)
    others = L.Embedding(6, I, mask_zero=True)(ops.flip(z, 1))
    return moved(Model([x, z], L.LSTM(2)(L.Add()([words, others])), seed=1))


def joined_words(axis: int) -> Model:
    """Two texts side by side, of which a step counts where any has a word; or one after another, numbers behind that
    all count."""
    x, z, numbers = L.Input((T,), name="x"), L.Input((T,), name="z"), L.Input((4, I), name="numbers")
    given = [L.Embedding(6, I, mask_zero=True)(one) for one in (x, z)]
    ends = [x, z, *([numbers] if axis == 1 else [])]
    return moved(Model(ends, L.LSTM(2)(L.Concatenate(axis)([*given, *ends[2:]])), seed=1))


def told(layer: Any, shape: tuple[int, ...], mask: tuple[int, ...]) -> Model:
    """A network of one layer that is told what of its input counts."""
    x, by = L.Input(shape, name="x"), L.Input(mask, dtype="bool", name="told")
    y = layer(L.Dense(shape[-1])(x), mask=by)
    return moved(Model([x, by], ops.where(ops.isnan(y), 0.0, y), seed=1))


SAME = {"padding": "same", "return_sequences": True}
FIRST = {"data_format": "channels_first"}
PLAIN: dict[str, Callable[[], Model]] = {
    "stretched": lambda: chain(L.AutoContrast((0, 1)), (3, 2, 3)),
    "stretched, channels first": lambda: chain(L.AutoContrast(data_format="channels_first"), (3, 2, 3)),
    **{f"{kind} {name}": partial(one, make, carried, options)
       for kind, (make, carried) in KINDS.items() for name, options in options_of(kind, "zeros")},
    **{f"{kind} from states": partial(one, make, carried, {"return_state": True}, True)
       for kind, (make, carried) in KINDS.items()},
    **{f"bidirectional {mode} {name}": partial(bidirectional, mode, **options)
       for mode, name, options in (("concat", "sequences", {"return_sequences": True}), ("sum", "last", {}),
                                   ("ave", "sequences", {"return_sequences": True}), ("mul", "last", {}),
                                   (None, "last", {}))},
    "bidirectional state": partial(bidirectional, "concat", return_state=True, return_sequences=True),
    "stack": stack, "decoder": decoder, "shared": shared,
    "convolved series": partial(convolved, L.ConvLSTM1D, (3, 4, 2), kernel_size=2, **SAME),
    "convolved pictures": partial(convolved, L.ConvLSTM2D, (3, 4, 5, 2), kernel_size=(2, 3), strides=(1, 2)),
    "convolved backwards": partial(convolved, L.ConvLSTM2D, (2, 5, 4, 1), kernel_size=2, dilation_rate=2,
                                   use_bias=False, go_backwards=True, return_sequences=True, return_state=True),
    "convolved volumes": partial(convolved, L.ConvLSTM3D, (2, 2, 2, 3, 1), kernel_size=2, activation="relu"),
    "convolved from states": partial(convolved, L.ConvLSTM1D, (2, 4, 1), True, kernel_size=2, return_state=True),
    "convolved channels first": partial(convolved, L.ConvLSTM2D, (2, 3, 5, 4), True, kernel_size=(1, 2), strides=(1, 2),
                                        padding="same", return_sequences=True, return_state=True, **FIRST),
    "convolved channels first, last": partial(convolved, L.ConvLSTM3D, (2, 1, 2, 2, 3), kernel_size=2, **FIRST),
}  # fmt: skip
MASKED: dict[str, Callable[[], Model]] = {
    **{f"{kind} masked {name}": partial(one, make, carried, options, mask="ours")
       for kind, (make, carried) in KINDS.items() for name, options in options_of(kind, "no bias", "activation")},
    **{f"{kind} told {states}": partial(one, make, carried, {"return_state": True}, states, "told")
       for kind, (make, carried) in KINDS.items() for states in (False, True)},
    "words": lambda: words(L.LSTM(3)), "words both ways": lambda: words(L.Bidirectional(L.GRU(2))),
    "words in sequences": lambda: words(L.Bidirectional(L.LSTM(2, return_sequences=True))),
    "cells masked": masked_cells, "mean of words": mean_of_words, "words placed": placed_words,
    "words side by side": lambda: joined_words(-1), "words one after another": lambda: joined_words(1),
    "mean told": lambda: told(L.GlobalAveragePooling1D(keepdims=True), (T, I), (T,)),
    "mean of channels told": lambda: told(L.GlobalAveragePooling1D("channels_first"), (I, T), (T,)),
    "shares told": lambda: told(L.Softmax(axis=1), (T, 2), (T, 1)),
    "convolved told channels first": partial(convolved, L.ConvLSTM1D, (T, 2, 3), masked=True, kernel_size=2, **SAME,
                                             **FIRST),
    "convolved told": partial(convolved, L.ConvLSTM1D, (T, 3, 1), masked=True, kernel_size=2, **SAME),
    "convolved told zeros": partial(convolved, L.ConvLSTM1D, (T, 3, 1), masked=True, kernel_size=1, go_backwards=True,
                                    return_sequences=True, zero_output_for_mask=True),
    "convolved told from states": partial(convolved, L.ConvLSTM1D, (T, 3, 1), True, True, kernel_size=2,
                                          return_state=True),
}  # fmt: skip
STEPPED: dict[str, Callable[[], Model]] = {
    "cells": lambda: chain(L.RNN([L.LSTMCell(3), L.GRUCell(2), L.SimpleRNNCell(2)], return_sequences=True)),
    "cells backwards": lambda: chain(L.RNN(L.GRUCell(3, reset_after=False), go_backwards=True)),
    "dense by steps": lambda: chain(L.TimeDistributed(L.Dense(2, "tanh"))),
    "convolution by steps": lambda: chain(L.TimeDistributed(L.Conv2D(2, 2, activation="tanh")), (3, 4, 3, 2)),
    "pool by steps": lambda: chain(L.TimeDistributed(L.MaxPooling1D(2)), (3, 4, 2)),
    "others by steps": lambda: chain(L.TimeDistributed(L.AveragePooling2D(2, 1, "same")), (2, 3, 3, 2)),
    "depthwise by steps": lambda: chain(L.TimeDistributed(L.DepthwiseConv1D(2)), (3, 4, 2)),
    "transposed by steps": lambda: chain(L.TimeDistributed(L.Conv1DTranspose(2, 2, strides=2)), (3, 4, 2)),
    "recurrence by steps": lambda: chain(L.TimeDistributed(L.GRU(2)), (2, 3, 2)),
    "norm by steps": lambda: chain(L.TimeDistributed(L.LayerNormalization(name="norm"), name="steps"), (3, 4)),
    "flat by steps": lambda: chain(L.TimeDistributed(L.Flatten()), (3, 2, 2)),
}
RANDOM: dict[str, Callable[[], Model]] = {
    "brightness": lambda: chain(L.RandomBrightness(0.2), (2, 3, 2)),
    "contrast": lambda: chain(L.RandomContrast(0.2), (2, 3, 2)),
    "crop": lambda: chain(L.RandomCrop(2, 3), (4, 5, 2)),
    "crop of a small": lambda: chain(L.RandomCrop(4, 2), (2, 3, 3)),
    "flip": lambda: chain(L.RandomFlip(), (2, 3, 2)), "rotation": lambda: chain(L.RandomRotation(0.2), (3, 4, 2)),
    "translation": lambda: chain(L.RandomTranslation(0.5, 0.4), (2, 3, 4)),
    "zoom": lambda: chain(L.RandomZoom(0.4), (3, 4, 2)),
    "colours": lambda: chain(L.RandomGrayscale(), (2, 3, 3)), "negative": lambda: chain(L.RandomInvert(), (2, 3, 3)),
    "saturation": lambda: chain(L.RandomSaturation(0.5), (2, 3, 3)),
    "sharpness": lambda: chain(L.RandomSharpness(0.5), (2, 3, 3)),
    "erasing": lambda: chain(L.RandomErasing(), (2, 3, 3)), "shear": lambda: chain(L.RandomShear(0.2), (2, 3, 3)),
    "others": lambda: chain(L.Pipeline([
        L.RandAugment(), L.AugMix(), L.RandomColorJitter(), L.Equalization(), L.RandomColorDegeneration(0.5),
        L.RandomElasticTransform(), L.RandomGaussianBlur(), L.RandomHue(0.5), L.RandomPerspective(),
        L.RandomPosterization(4), L.Solarization(),
    ]), (2, 3, 3)),
    "resizing with a border": lambda: chain(L.Resizing(2, 4, pad_to_aspect_ratio=True, fill_value=0.5), (3, 2, 1)),
}  # fmt: skip


def inputs(model: Model, n: int = 6) -> list[np.ndarray]:
    """Arrays for a network, in which every kind of mask is found: none, gaps, all, what comes first or last."""
    found = []
    steps = np.array([[1, 1, 1, 1, 1], [1, 1, 1, 0, 0], [0, 0, 1, 1, 1], [1, 0, 1, 0, 1], [0, 0, 0, 0, 0],
                      [0, 1, 1, 1, 0]], bool)[:n]  # fmt: skip
    for i, (shape, dtype) in enumerate(zip(model.sample_shapes, model.input_dtypes, strict=True)):
        x: Any = Key(i).normal((n, *shape), model.dtype)
        if dtype == "bool":
            x = steps.reshape(len(steps), *shape)
        elif shape == (T,):
            x = np.floor(abs(x) * 3) % 5 + 1
            x = np.where(steps, x, 0).astype(dtype)
        elif shape == (T, I):
            x = np.where(steps[..., None], x, 0).astype(model.dtype)
        found.append(x)
    return found
