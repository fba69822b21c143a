"""What the golden runs of the optimizers descend on: a small network and a curved valley, in plain NumPy.

Shared by the tests and by golden/make_optimizers.py, so that both see the same gradients.
"""

from __future__ import annotations

import numpy as np

STEPS = 20
X = np.array([[0.5, -1.0, 2.0], [1.5, 0.25, -0.75], [-0.5, 1.0, 0.125], [2.0, -0.5, 0.75], [-1.25, 0.5, 1.0]])
Y = np.array([[1.0, -0.5], [0.25, 0.75], [-1.0, 0.5], [0.5, 1.5], [-0.25, -1.0]])
SHAPES = {"hidden/kernel": (3, 4), "hidden/bias": (4,), "out/kernel": (4, 2), "out/bias": (2,), "valley": (2,)}


def start(dtype):
    """Weights by name, all away from zero."""
    n = 0
    weights = {}
    for name, shape in SHAPES.items():
        size = int(np.prod(shape))
        weights[name] = (0.7 * np.sin(1.0 + 1.7 * np.arange(n, n + size))).reshape(shape).astype(dtype)
        n += size
    return weights


def gradient(weights):
    """dL/dw by name: the network's mean squared error plus a valley like Rosenbrock's, (1 − a)² + (b − a²)²."""
    w = {name: np.asarray(value) for name, value in weights.items()}
    dtype = w["valley"].dtype
    x, y = X.astype(dtype), Y.astype(dtype)
    h = np.tanh(x @ w["hidden/kernel"] + w["hidden/bias"])
    dy = 2 * (h @ w["out/kernel"] + w["out/bias"] - y) / y.size
    dz = (dy @ w["out/kernel"].T) * (1 - h * h)
    a, b = w["valley"]
    return {
        "hidden/kernel": x.T @ dz,
        "hidden/bias": dz.sum(axis=0),
        "out/kernel": h.T @ dy,
        "out/bias": dy.sum(axis=0),
        "valley": np.array([-2 * (1 - a) - 4 * a * (b - a * a), 2 * (b - a * a)], dtype),
    }


# (optimizer, arguments): each is run by Keras and by Pellucid in float32 and in float64.
KERAS = [
    ("SGD", {"learning_rate": 0.05}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
    ("SGD", {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True}),
    ("SGD", {"learning_rate": 0.05, "weight_decay": 0.1}),
    ("SGD", {"learning_rate": 0.1, "clipnorm": 0.1}),
    ("SGD", {"learning_rate": 0.1, "clipvalue": 0.05}),
    ("SGD", {"learning_rate": 0.1, "global_clipnorm": 0.2}),
    ("SGD", {"learning_rate": 0.05, "loss_scale_factor": 2.0}),
    ("RMSprop", {"learning_rate": 0.01}),
    ("RMSprop", {"learning_rate": 0.01, "momentum": 0.8, "rho": 0.8}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True}),
    ("RMSprop", {"learning_rate": 0.01, "centered": True, "momentum": 0.5, "weight_decay": 0.01}),
    ("Adagrad", {"learning_rate": 0.05}),
    ("Adagrad", {"learning_rate": 0.05, "initial_accumulator_value": 0.0, "clipnorm": 0.5}),
    ("Adadelta", {"learning_rate": 1.0}),
    ("Adadelta", {"learning_rate": 0.5, "rho": 0.9, "epsilon": 1e-5}),
    ("Adam", {"learning_rate": 0.01}),
    ("Adam", {"learning_rate": 0.01, "amsgrad": True, "beta_1": 0.8, "beta_2": 0.9}),
    ("Adam", {"learning_rate": 0.01, "weight_decay": 0.05, "global_clipnorm": 0.5}),
    ("Adam", {"learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.9}),
    ("Adam", {"learning_rate": 0.01, "use_ema": True, "ema_momentum": 0.8, "ema_overwrite_frequency": 3}),
    ("Adam", {"learning_rate": 0.01, "gradient_accumulation_steps": 3, "clipvalue": 0.1}),
    (
        "Adam",
        {
            "learning_rate": 0.01,
            "gradient_accumulation_steps": 2,
            "use_ema": True,
            "ema_overwrite_frequency": 4,
            "weight_decay": 0.1,
        },
    ),
    ("AdamW", {"learning_rate": 0.01}),
    ("AdamW", {"learning_rate": 0.01, "weight_decay": 0.2, "amsgrad": True, "clipnorm": 0.3}),
    ("Adamax", {"learning_rate": 0.01}),
    ("Adamax", {"learning_rate": 0.02, "beta_1": 0.8, "beta_2": 0.95, "weight_decay": 0.1}),
    ("Nadam", {"learning_rate": 0.01}),
    ("Nadam", {"learning_rate": 0.02, "beta_1": 0.8, "gradient_accumulation_steps": 2}),
    ("Lion", {"learning_rate": 0.01}),
    ("Lion", {"learning_rate": 0.01, "beta_1": 0.8, "beta_2": 0.9, "weight_decay": 0.1}),
    ("Ftrl", {"learning_rate": 0.1}),
    (
        "Ftrl",
        {
            "learning_rate": 0.1,
            "l1_regularization_strength": 0.01,
            "l2_regularization_strength": 0.1,
            "l2_shrinkage_regularization_strength": 0.05,
            "beta": 0.2,
            "learning_rate_power": -0.7,
        },
    ),
    ("Adafactor", {"learning_rate": 0.05}),
    ("Adafactor", {"learning_rate": 0.05, "beta_2_decay": -0.6, "clip_threshold": 0.5, "weight_decay": 0.1}),
    ("Lamb", {"learning_rate": 0.01}),
    ("Lamb", {"learning_rate": 0.02, "beta_1": 0.8, "weight_decay": 0.1}),
    ("Muon", {"learning_rate": 0.01}),
    (
        "Muon",
        {
            "learning_rate": 0.01,
            "nesterov": False,
            "rms_rate": None,
            "exclude_layers": ["out"],
            "adam_weight_decay": None,
            "adam_lr_ratio": 0.5,
            "ns_steps": 3,
        },
    ),
    ("ScheduleFreeAdamW", {"learning_rate": 0.01}),
    ("ScheduleFreeAdamW", {"learning_rate": 0.01, "beta_1": 0.8, "warmup_steps": 7, "weight_decay": 0.05}),
]

# (default, by key, options) of a MultiOptimizer
MULTI = [
    (("SGD", {"learning_rate": 0.05}), {}, {}),
    (
        ("SGD", {"learning_rate": 0.05, "momentum": 0.9}),
        {"hidden/.*": ("Adam", {"learning_rate": 0.01, "global_clipnorm": 0.1}), "valley": ("Lion", {})},
        {"loss_scale_factor": 8.0},
    ),
    (
        ("Nadam", {"learning_rate": 0.02, "use_ema": True, "ema_momentum": 0.8}),
        {
            ".*/bias": ("RMSprop", {"learning_rate": 0.01, "gradient_accumulation_steps": 2}),
            "out/kernel": ("Muon", {"learning_rate": 0.01, "weight_decay": 0.1}),
        },
        {},
    ),
]

# (PyTorch's optimizer, its arguments, ours, our arguments, float64 tolerance). PyTorch places epsilon elsewhere: with
# an epsilon next to nothing on both sides the numbers agree to the last digits, with PyTorch's default less.
TINY = 1e-30
TORCH = [
    ("SGD", {"lr": 0.05}, "SGD", {"learning_rate": 0.05}, 1e-11),
    ("SGD", {"lr": 0.05, "momentum": 0.9}, "SGD", {"learning_rate": 0.05, "momentum": 0.9}, 1e-11),
    (
        "SGD",
        {"lr": 0.05, "momentum": 0.9, "nesterov": True},
        "SGD",
        {"learning_rate": 0.05, "momentum": 0.9, "nesterov": True},
        1e-11,
    ),
    ("RMSprop", {"lr": 0.01, "eps": TINY}, "RMSprop", {"learning_rate": 0.01, "rho": 0.99, "epsilon": TINY}, 1e-11),
    (
        "RMSprop",
        {"lr": 0.01, "alpha": 0.9, "eps": TINY, "centered": True, "momentum": 0.5},
        "RMSprop",
        {"learning_rate": 0.01, "epsilon": TINY, "centered": True, "momentum": 0.5},
        1e-11,
    ),
    (
        "Adagrad",
        {"lr": 0.05, "initial_accumulator_value": 0.1, "eps": TINY},
        "Adagrad",
        {"learning_rate": 0.05, "epsilon": TINY},
        1e-11,
    ),
    ("Adadelta", {"lr": 1.0, "eps": 1e-6}, "Adadelta", {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6}, 1e-11),
    ("Adam", {"lr": 0.01, "eps": TINY}, "Adam", {"learning_rate": 0.01, "epsilon": TINY}, 1e-11),
    ("Adam", {"lr": 0.01}, "Adam", {"learning_rate": 0.01, "epsilon": 1e-8}, 1e-5),
    (
        "Adam",
        {"lr": 0.01, "eps": TINY, "amsgrad": True, "betas": (0.8, 0.9)},
        "Adam",
        {"learning_rate": 0.01, "epsilon": TINY, "amsgrad": True, "beta_1": 0.8, "beta_2": 0.9},
        1e-11,
    ),
    (
        "AdamW",
        {"lr": 0.01, "eps": TINY, "weight_decay": 0.1},
        "AdamW",
        {"learning_rate": 0.01, "epsilon": TINY, "weight_decay": 0.1},
        1e-11,
    ),
    ("Adamax", {"lr": 0.01, "eps": TINY}, "Adamax", {"learning_rate": 0.01, "epsilon": TINY}, 1e-11),
    (
        "NAdam",  # it keeps the product of the momentums in float32
        {"lr": 0.01, "eps": TINY, "momentum_decay": 1.0},
        "Nadam",
        {"learning_rate": 0.01, "epsilon": TINY},
        1e-9,
    ),
    ("Adafactor", {"lr": 0.05}, "Adafactor", {"learning_rate": 0.05}, 1e-11),
]

# (class, arguments, steps)
AT = [0, 1, 2, 4, 5, 9, 10, 11, 15, 19, 20, 21, 29, 30, 31, 70, 71, 500]
SCHEDULES = [
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9}),
    ("ExponentialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.9, "staircase": True}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5}),
    ("InverseTimeDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "decay_rate": 0.5, "staircase": True}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "power": 0.5, "end_learning_rate": 0.01}),
    ("PolynomialDecay", {"initial_learning_rate": 0.1, "decay_steps": 10, "power": 2.0, "cycle": True}),
    ("PiecewiseConstantDecay", {"boundaries": [5, 20], "values": [0.1, 0.02, 0.003]}),
    ("PiecewiseConstantDecay", {"boundaries": [10], "values": [0.1, 0.02]}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20}),
    ("CosineDecay", {"initial_learning_rate": 0.1, "decay_steps": 20, "alpha": 0.1}),
    (
        "CosineDecay",
        {"initial_learning_rate": 0.01, "decay_steps": 20, "warmup_target": 0.2, "warmup_steps": 5, "alpha": 0.05},
    ),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10}),
    ("CosineDecayRestarts", {"initial_learning_rate": 0.1, "first_decay_steps": 10, "t_mul": 1.0, "m_mul": 0.9}),
    (
        "CosineDecayRestarts",
        {"initial_learning_rate": 0.1, "first_decay_steps": 4, "t_mul": 1.5, "m_mul": 0.5, "alpha": 0.1},
    ),
]
ONE_CYCLE = [
    ({"max_lr": 0.1, "total_steps": 20}, {"max_learning_rate": 0.1, "total_steps": 20}),
    (
        {"max_lr": 1.0, "total_steps": 40, "pct_start": 0.5, "div_factor": 10.0, "final_div_factor": 100.0},
        {"max_learning_rate": 1.0, "total_steps": 40, "pct_start": 0.5, "div_factor": 10.0, "final_div_factor": 100.0},
    ),
]
