"""Networks to write as scripts: every layer, activation, loss, optimizer, schedule, regularizer and constraint."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from laws.test_layers import ROWS, told
from pellucid import Sequential, activations, constraints, layers, losses, optimizers, regularizers
from pellucid.layers import Dense, Input
from pellucid.optimizers import schedules

Draw = Callable[[np.random.Generator, tuple[int, ...]], np.ndarray]
BATCH = 6


@dataclass
class Case:
    """A network, compiled, and batches to train it on: arrays, or where there are several inputs, lists of them."""

    name: str
    model: Any
    x: Any  # (STEPS, B, ...)
    y: Any

    def arrays(self) -> dict[str, np.ndarray]:
        """The batches by x and y; of several inputs or outputs by x_00, x_01, ..."""
        found = {}
        for name, given in (("x", self.x), ("y", self.y)):
            many = isinstance(given[0], list)
            columns = [np.stack(part) for part in zip(*given, strict=True)] if many else [np.stack(given)]
            found |= {f"{name}_{i:02}" if many else name: part for i, part in enumerate(columns)}
        return found


def case(
    name: str, stack: list[Any], loss: Any = "mse", optimizer: Any = None, targets: Draw | None = None, steps: int = 3
) -> Case:
    """The case of a stack of layers; its targets are normal numbers unless `targets` draws others."""
    r = np.random.default_rng(len(name))
    model = Sequential(stack, seed=7)
    model.compile(optimizer or optimizers.SGD(0.05), loss, run_eagerly=True)
    model.set_weights([w if w.ndim == 0 else w + r.uniform(0, 0.2, w.shape) for w in model.get_weights()])
    outputs = model.output_shape_for(model.shape)
    x = r.normal(size=(steps + 1, BATCH, *model.shape)).astype("float32")
    if names := next((layer.names for layer in model.layers if layer.names), 0):
        x = np.floor(x * 1e3) % names
    y = np.stack([(targets or (lambda r, s: r.normal(size=s)))(r, (BATCH, *outputs)) for _ in range(steps + 1)])
    model.train_on_batch(x[-1], y[-1])  # so that what the optimizer remembers is not what it begins with
    return Case(name, model, x[:-1], y[:-1])


def of_layers() -> Iterator[Case]:
    without = {"InputLayer", "Masking"}
    stacked = [(make, shape) for make, shape in ROWS if type(make()).__name__ not in without]
    for i, (make, shape) in enumerate(stacked):
        for dtype in ("float32", "float64"):
            layer = make()
            layer.dtype = dtype
            front = [] if not shape or layer.names else [Dense(shape[-1], dtype=dtype, name="front")]
            yield case(f"layer {i} {told((make, shape))} {dtype}", [Input(shape), *front, layer])
    yield case("batch norm behind", [Input((5,)), Dense(4), layers.BatchNormalization(), Dense(3)])


def of_activations() -> Iterator[Case]:
    known = {make().name: make() for make in activations.activations.names.values()}
    known["threshold"] = activations.threshold.bound(threshold=0.3, default_value=-0.7)
    given = [
        *known.values(), activations.gelu.bound(approximate=True), activations.celu.bound(alpha=0.4),
        activations.elu.bound(alpha=0.0), activations.leaky_relu.bound(negative_slope=0.0),
        activations.relu.bound(negative_slope=0.1, max_value=0.8, threshold=0.2), activations.relu.bound(max_value=1.0),
        activations.relu.bound(threshold=-0.5), activations.squareplus.bound(b=0.3),
    ]  # fmt: skip
    for i, f in enumerate(given):
        inner = [Dense(4, f)] if f.name != "glu" else [Dense(4), layers.Activation(f)]
        yield case(f"activation {i} {f.name}", [Input((5,)), *inner, Dense(2)])
    for f in (activations.softmax, activations.log_softmax, activations.sparsemax):
        yield case(f"activation {f.name} along 1", [Input((3, 4)), Dense(4), layers.Activation(f.bound(axis=1))])
    yield case("activation softmax along 1 and 2", [Input((3, 4)), Dense(4), layers.Softmax(axis=(1, 2)), Dense(2)])
    yield case("activation glu along 1", [Input((4, 3)), Dense(3), layers.Activation(activations.glu.bound(axis=1))])


TARGETS: dict[str, tuple[Draw, Any]] = {
    "real": (lambda r, s: r.normal(size=s), None),
    "positive": (lambda r, s: r.gamma(2.0, size=s), "softplus"),
    "binary": (lambda r, s: r.integers(0, 2, s), "sigmoid"),
    "binary logits": (lambda r, s: r.uniform(0, 1, s), None),
    "signs": (lambda r, s: r.choice([-1, 1], s), "tanh"),
    "zeros and ones": (lambda r, s: r.integers(0, 2, s), "tanh"),
    "classes": (lambda r, s: r.integers(0, s[-1], s[:-1]), "softmax"),
    "class logits": (lambda r, s: r.integers(0, s[-1], s[:-1]), None),
    "one-hot": (lambda r, s: np.eye(s[-1])[r.integers(0, s[-1], s[:-1])], "softmax"),
    "soft logits": (lambda r, s: r.dirichlet(np.ones(s[-1]), s[:-1]), None),
}
LOSSES: list[tuple[losses.Loss, str]] = [
    (losses.MeanSquaredError(), "real"),
    (losses.MeanSquaredError(reduction="sum"), "real"),
    (losses.MeanSquaredError(reduction="none", dtype="float64"), "real"),
    (losses.MeanAbsoluteError(), "real"),
    (losses.MeanAbsolutePercentageError(), "positive"),
    (losses.MeanSquaredLogarithmicError(), "positive"),
    (losses.Huber(delta=0.5), "real"),
    (losses.LogCosh(), "real"),
    (losses.CosineSimilarity(), "real"),
    (losses.CosineSimilarity(axis=1), "real"),
    (losses.BinaryCrossentropy(), "binary"),
    (losses.BinaryCrossentropy(label_smoothing=0.3), "binary"),
    (losses.BinaryCrossentropy(from_logits=True), "binary logits"),
    (losses.BinaryFocalCrossentropy(), "binary"),
    (losses.BinaryFocalCrossentropy(from_logits=True, gamma=0.5, apply_class_balancing=True), "binary logits"),
    (losses.CategoricalCrossentropy(), "one-hot"),
    (losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1), "soft logits"),
    (losses.CategoricalFocalCrossentropy(alpha=[0.2, 0.3, 0.5]), "one-hot"),
    (losses.CategoricalFocalCrossentropy(from_logits=True, gamma=1.3, label_smoothing=0.1), "soft logits"),
    (losses.SparseCategoricalCrossentropy(), "classes"),
    (losses.SparseCategoricalCrossentropy(from_logits=True), "class logits"),
    (losses.SparseCategoricalCrossentropy(ignore_class=0), "classes"),
    (losses.CategoricalGeneralizedCrossEntropy(q=0.7), "classes"),
    (losses.KLDivergence(), "one-hot"),
    (losses.Poisson(), "positive"),
    (losses.Hinge(), "signs"),
    (losses.SquaredHinge(), "zeros and ones"),
    (losses.CategoricalHinge(), "one-hot"),
]


def of_losses() -> Iterator[Case]:
    for i, (loss, kind) in enumerate(LOSSES):
        targets, activation = TARGETS[kind]
        for shape in ((5,), (2, 5)) if getattr(loss, "axis", -1) == -1 else ((2, 5),):
            stack = [Input(shape), Dense(4, "tanh"), Dense(3, activation)]
            yield case(f"loss {i} {loss.name} {kind} {len(shape)}", stack, loss, targets=targets)
    # Where the loss cannot take the logits, it takes the probabilities: a dropout, or a penalty, stands behind them.
    for i, last in enumerate(([layers.Dropout(0.2)], [layers.ActivityRegularization(l2=0.1)])):
        stack = [Input((5,)), Dense(3, "softmax"), *last]
        yield case(f"loss of probabilities {i}", stack, "categorical_crossentropy", targets=TARGETS["one-hot"][0])
    along_1 = losses.SparseCategoricalCrossentropy(from_logits=True, axis=1)
    stack = [Input((2, 5)), Dense(3)]
    yield case("loss of classes along 1", stack, along_1, targets=lambda r, s: r.integers(0, 2, (s[0], s[2])))
    stack = [Input((5,)), Dense(3), layers.Softmax()]
    yield case("loss behind a layer", stack, "sparse_categorical_crossentropy", targets=TARGETS["classes"][0])


RULES: list[tuple[str, dict[str, Any]]] = [
    ("SGD", {"momentum": 0.9}), ("SGD", {"momentum": 0.9, "nesterov": True}), ("SGD", {"weight_decay": 0.1}),
    ("SGD", {"clipnorm": 0.1}), ("SGD", {"clipvalue": 0.05}), ("SGD", {"global_clipnorm": 0.2}),
    ("SGD", {"loss_scale_factor": 8.0}), ("SGD", {}), ("RMSprop", {}), ("RMSprop", {"momentum": 0.8, "rho": 0.8}),
    ("RMSprop", {"centered": True}), ("RMSprop", {"centered": True, "momentum": 0.5, "weight_decay": 0.01}),
    ("Adagrad", {}), ("Adagrad", {"initial_accumulator_value": 0.0, "clipnorm": 0.5}), ("Adadelta", {}),
    ("Adadelta", {"rho": 0.9, "epsilon": 1e-5}), ("Adam", {}), ("Adam", {"amsgrad": True, "beta_1": 0.8}),
    ("Adam", {"weight_decay": 0.05, "global_clipnorm": 0.5}), ("Adam", {"use_ema": True, "ema_momentum": 0.9}),
    ("Adam", {"use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}),
    ("Adam", {"gradient_accumulation_steps": 3, "clipvalue": 0.1}),
    ("Adam", {"gradient_accumulation_steps": 2, "use_ema": True, "ema_overwrite_frequency": 2, "weight_decay": 0.1}),
    ("AdamW", {"weight_decay": 0.2, "amsgrad": True, "clipnorm": 0.3}), ("Adamax", {}),
    ("Adamax", {"beta_1": 0.0, "weight_decay": 0.1}), ("Nadam", {}),
    ("Nadam", {"beta_1": 0.8, "gradient_accumulation_steps": 2}), ("Lion", {}),
    ("Lion", {"beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1}), ("Ftrl", {}),
    ("Ftrl", {"l1_regularization_strength": 0.01, "l2_shrinkage_regularization_strength": 0.05,
              "learning_rate_power": -0.7, "beta": 0.2}),
    ("Adafactor", {}), ("Adafactor", {"beta_2_decay": -0.6, "clip_threshold": 0.5, "weight_decay": 0.1}), ("Lamb", {}),
    ("Lamb", {"beta_1": 0.8, "weight_decay": 0.1}), ("Muon", {}),
    ("Muon", {"nesterov": False, "rms_rate": None, "exclude_layers": ["out"], "adam_weight_decay": None,
              "adam_lr_ratio": 0.5, "ns_steps": 3}),
    ("ScheduleFreeAdamW", {}), ("ScheduleFreeAdamW", {"beta_1": 0.8, "warmup_steps": 7, "weight_decay": 0.05}),
]  # fmt: skip
RATES = [
    schedules.ExponentialDecay(0.1, 2, 0.9, staircase=True), schedules.ExponentialDecay(0.1, 2, 0.9),
    schedules.InverseTimeDecay(0.1, 2, 0.9), schedules.InverseTimeDecay(0.1, 2, 0.9, staircase=True),
    schedules.PolynomialDecay(0.1, 2, power=2.0, cycle=True), schedules.PolynomialDecay(0.1, 3),
    schedules.PiecewiseConstantDecay([1, 2], [0.1, 0.01, 0.001]), schedules.CosineDecay(0.1, 5),
    schedules.CosineDecay(0.1, 5, warmup_target=0.2, warmup_steps=3), schedules.CosineDecayRestarts(0.1, 2),
    schedules.CosineDecayRestarts(0.1, 2, t_mul=1.0, m_mul=0.5), schedules.OneCycle(0.1, 4),
]  # fmt: skip


def of_optimizers() -> Iterator[Case]:
    def stack() -> list[Any]:
        return [Input((5,)), Dense(4, "tanh", name="hidden"), Dense(2, name="out")]

    for i, (rule, options) in enumerate(RULES):
        yield case(f"optimizer {i} {rule}", stack(), optimizer=getattr(optimizers, rule)(0.02, **options), steps=5)
    spared = optimizers.AdamW(0.02, weight_decay=0.3)
    spared.exclude_from_weight_decay(var_names=["bias"])
    yield case("optimizer that spares biases", stack(), optimizer=spared)
    for i, rate in enumerate(RATES):
        yield case(f"schedule {i} {rate.name}", stack(), optimizer=optimizers.SGD(rate), steps=5)


REGULARIZERS = [
    regularizers.L1(0.02), regularizers.L2(0.03), regularizers.L1L2(0.01, 0.02),
    regularizers.OrthogonalRegularizer(0.5), regularizers.OrthogonalRegularizer(0.5, mode="columns"),
]  # fmt: skip
CONSTRAINTS = [
    constraints.MaxNorm(0.6), constraints.MaxNorm(0.6, axis=(0, 1)), constraints.NonNeg(), constraints.UnitNorm(),
    constraints.MinMaxNorm(0.4, 0.6, rate=0.7, axis=1),
]  # fmt: skip


def of_seeds() -> Iterator[Case]:
    for i, penalty in enumerate(REGULARIZERS):
        plain = penalty if "Orthogonal" not in type(penalty).__name__ else None
        hidden = Dense(4, "tanh", kernel_regularizer=penalty, bias_regularizer=plain, activity_regularizer=penalty)
        yield case(f"regularizer {i}", [Input((5,)), hidden, Dense(3, activity_regularizer=penalty)])
    for i, put_back in enumerate(CONSTRAINTS):
        yield case(f"constraint {i}", [Input((5,)), Dense(4, "tanh", kernel_constraint=put_back), Dense(2)])


def of_shapes() -> Iterator[Case]:
    """Networks within networks, frozen layers, and the smallest there are."""

    def inner(**options: Any) -> Sequential:
        noisy = [Dense(4, "relu"), layers.Dropout(0.3, seed=5), layers.GaussianNoise(0.1), layers.BatchNormalization()]
        return Sequential([*noisy, Dense(4, "selu")], **options)

    deep = Sequential([inner(name="deepest"), Dense(3, "tanh"), layers.AlphaDropout(0.2)], name="deep")
    stack = [Input((5,)), inner(name="first"), deep, layers.GaussianDropout(0.2), Dense(3, "softmax")]
    yield case("networks in networks", stack, "sparse_categorical_crossentropy", targets=TARGETS["classes"][0])
    last = Sequential([Dense(4, "relu"), Dense(3, "softmax")], name="last")
    yield case("a network last", [Input((5,)), last], "categorical_crossentropy", targets=TARGETS["one-hot"][0])
    yield case("a network frozen", [Input((5,)), inner(name="first", trainable=False), Dense(2)])
    frozen = [Dense(4, "tanh", trainable=False), layers.BatchNormalization(trainable=False), Dense(4, "relu"),
              Dense(4, "elu", trainable=False), layers.PReLU(trainable=False)]  # fmt: skip
    yield case("frozen layers", [Input((5,)), *frozen, Dense(2)], optimizer=optimizers.Adam(0.02))
    penalized = Dense(4, trainable=False, kernel_regularizer="l2", kernel_constraint="non_neg")
    yield case("frozen with a penalty", [Input((5,)), penalized, Dense(2)])
    yield case("all frozen", [Input((5,)), Dense(4, "tanh", trainable=False)])
    yield case("one output", [Input((5,)), Dense(1, "sigmoid")], "bce", targets=lambda r, s: r.integers(0, 2, s[:1]))
    yield case("nothing to train", [Input((5,)), layers.Rescaling(2.0)])
    yield case("images", [Input((4, 4, 1)), layers.Rescaling(1 / 255), layers.Flatten(), Dense(3, "relu"), Dense(2)])
    adapted = layers.Normalization()
    adapted.adapt(np.random.default_rng(1).normal(3, 5, (50, 5)))
    for inner, shape in ((Dense(4, "tanh"), (5,)), (layers.Conv1D(3, 2), (4, 2)), (layers.Embedding(9, 4), (3,))):
        normed = layers.SpectralNormalization(inner, power_iterations=2)
        yield case(f"spectral norm of {type(inner).__name__}", [Input(shape), normed, Dense(2)])
    yield case("adapted", [Input((5,)), adapted, Dense(2)])


@cache
def predicted() -> tuple[Case, ...]:
    """Of every layer, activation and shape: what every form predicts with. Made once for all tests that share a
    process."""
    return tuple(case for cases in (of_layers, of_activations, of_shapes) for case in cases())


def every_case() -> Iterator[Case]:
    for cases in (of_layers, of_activations, of_losses, of_optimizers, of_seeds, of_shapes):
        yield from cases()
