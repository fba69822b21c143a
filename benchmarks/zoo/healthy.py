"""The healthy runs: good, and not alike."""

from __future__ import annotations

from typing import Any

from pellucid.layers import BatchNormalization, GaussianNoise, LayerNormalization

from .faults import LOGITS, sgd
from .rows import Recipe

IMAGES, TABLES = ["digits", "mnist"], ["titanic", "diamonds", "diamonds_cut"]
POINTS = ["spirals", "moons", "circles", "blobs", "xor"]


def healthy(
    recipe: str, data: list[str], spec: dict[str, Any] | None = None, *, hidden: dict[str, Any] | None = None,
    output: dict[str, Any] | None = None, **plants: Any,
) -> Recipe:  # fmt: skip
    return Recipe("", recipe, data, spec or {}, plants, hidden or {}, output or {})


HEALTHY = [
    healthy("as it comes", [*IMAGES, *TABLES, *POINTS, "sine"]),
    healthy("SGD with momentum", ["digits", "mnist", "diamonds", "moons", "circles", "sine"],
        {"optimizer": sgd(0.9), "learning_rate": 0.05}),
    healthy("SGD with Nesterov's momentum", ["digits", "titanic", "xor"],
        {"optimizer": sgd(0.9, nesterov=True), "learning_rate": 0.03}),
    healthy("plain SGD for longer", ["digits", "blobs", "mnist"],
        {"optimizer": "sgd", "learning_rate": 0.1, "epochs": 60}),
    healthy("RMSprop", ["mnist", "titanic", "circles", "diamonds", "xor", "blobs"], {"optimizer": "rmsprop"}),
    healthy("Nadam, gelu", ["digits", "spirals", "sine", "diamonds_cut"], {"optimizer": "nadam", "activation": "gelu"}),
    healthy("AdamW", ["mnist", "diamonds", "digits"], {"optimizer": {"class": "AdamW", "weight_decay": 0.01}}),
    healthy("Lion at a small rate", ["digits", "mnist"], {"optimizer": "lion", "learning_rate": 5e-4}),
    healthy("constant rate", ["digits", "diamonds", "moons", "blobs", "spirals", "xor"], {"schedule": "constant"}),
    healthy("one cycle", ["mnist", "digits", "circles", "diamonds"], {"schedule": "one-cycle", "learning_rate": 0.005}),
    healthy("tanh", ["digits", "mnist", "moons", "xor", "circles", "titanic"],
        {"activation": "tanh", "epochs": 60, "learning_rate": 0.01}),
    healthy("one sigmoid layer", ["digits", "blobs", "mnist", "xor"],
        {"activation": "sigmoid", "learning_rate": 0.02, "epochs": 120}),
    healthy("two sigmoid layers", ["digits", "blobs"],
        {"activation": "sigmoid", "learning_rate": 0.01, "layers": [32, 32], "epochs": 40}),
    healthy("selu, five layers", ["digits", "moons", "diamonds"],
        {"activation": "selu", "layers": [32] * 5, "learning_rate": 0.002}),
    healthy("elu", ["digits", "sine", "circles", "titanic"], {"activation": "elu"}),
    healthy("swish", ["mnist", "spirals", "diamonds", "moons", "xor"], {"activation": "silu"}),
    healthy("leaky relu", ["digits", "blobs", "xor", "diamonds"], {"activation": "leaky_relu"}),
    healthy("deep relu", ["digits", "spirals", "circles", "diamonds", "moons"], {"layers": [32] * 6}),
    healthy("ten relu layers with batch norm", ["digits", "mnist"],
        {"layers": [24] * 10, "batch_norm": True, "epochs": 60, "learning_rate": 0.005}),
    healthy("wide", ["digits", "moons", "circles"], {"layers": [512]}),
    healthy("narrow but enough", ["blobs", "moons", "titanic"], {"layers": [8]}),
    healthy("batch norm", ["digits", "mnist", "spirals", "moons", "diamonds"],
        {"batch_norm": True, "layers": [64, 32]}),
    healthy("batch norm, batches of 8", ["digits", "circles", "diamonds"], {"batch_norm": True, "batch_size": 8}),
    healthy("layer norm", ["digits", "moons", "spirals"], {"layers": [64, 64]}, inserted=(LayerNormalization, -2)),
    healthy("batch norm in front, no scaling", ["titanic", "diamonds"],
        {"scale": "none"}, inserted=(BatchNormalization, 0)),
    healthy("dropout of 0.2", ["digits", "mnist", "titanic", "diamonds_cut"], {"dropout": 0.2, "layers": [128]}),
    healthy("dropout of 0.5", ["digits", "diamonds"], {"dropout": 0.5, "layers": [256], "epochs": 30}),
    healthy("a little noise on the inputs", ["digits", "blobs"], {}, inserted=(GaussianNoise, 1, 0.1)),
    healthy("l2", ["digits", "titanic", "mnist", "diamonds", "spirals", "circles"], {"l2": 1e-4}),
    healthy("l1", ["digits", "diamonds", "mnist"], {"l1": 1e-5}),
    healthy("single rows", ["moons", "blobs"], {"batch_size": 1, "learning_rate": 0.003, "epochs": 40}),
    healthy("batches of 4", ["digits", "titanic"], {"batch_size": 4, "epochs": 8}),
    healthy("batches of 256", ["mnist", "digits", "diamonds"],
        {"batch_size": 256, "learning_rate": 0.01, "epochs": 30}),
    healthy("the whole set at once", ["moons", "blobs"], {"batch_size": 1000, "learning_rate": 0.03, "epochs": 200}),
    healthy("early stopping", ["titanic", "diamonds_cut", "digits", "spirals", "sine"],
        {"epochs": 150, "layers": [64, 64], "schedule": "constant"}, early_stopping=12),
    healthy("few rows, small network, l2", ["digits", "titanic"],
        {"layers": [24], "l2": 1e-3, "epochs": 80}, fewer_rows=400),
    healthy("few points, enough for them", ["moons", "blobs", "xor"], {"l2": 1e-4, "epochs": 250}, fewer_rows=120),
    healthy("class weights on few of a class", ["digits", "moons"], {}, rare_class=(1, 40), balanced=None),
    healthy("one against all, weighed", ["digits", "mnist"], {}, one_against_all=3, balanced=None),
    healthy("unequal classes that are told apart", ["digits", "circles"], {}, rare_class=(1, 60)),
    healthy("noisy numbers, fitted as far as they go", ["sine", "diamonds"], {"layers": [16]}, noisy_targets=0.5),
    healthy("very noisy numbers", ["sine", "diamonds"], {"layers": [16], "l2": 1e-3}, noisy_targets=1.0),
    healthy("some wrong labels, regularized", ["mnist", "blobs"],
        {"dropout": 0.3, "l2": 1e-4, "epochs": 8}, shuffled_labels=0.1),
    healthy("numbers about 8, learnt all the same", ["diamonds"],
        {"learning_rate": 0.005, "epochs": 60}, scaled_targets=(2.0, 8.0)),
    healthy("one output, sigmoid", ["titanic", "moons", "circles", "xor"],
        {}, one_output={"activation": "sigmoid", "from_logits": False}),
    healthy("one output, logits", ["titanic", "spirals", "moons"],
        {}, one_output={"activation": "linear", "from_logits": True}),
    healthy("logits", ["digits", "blobs", "mnist"], {"loss": LOGITS}, output={"activation": "linear"}),
    healthy("mean absolute error", ["diamonds", "sine"], {"loss": "mean_absolute_error"}),
    healthy("Huber's loss", ["diamonds", "sine"], {"loss": "huber"}),
    healthy("no hidden layer where none is needed", ["digits", "blobs", "titanic"],
        {"layers": [], "learning_rate": 0.03}),
    healthy("orthogonal weights", ["digits", "spirals", "diamonds", "circles"],
        {}, hidden={"kernel_initializer": "orthogonal"}),
    healthy("He's weights", ["mnist", "moons", "diamonds", "circles"],
        {"layers": [64, 64]}, hidden={"kernel_initializer": "he_normal"}),
    healthy("clipped gradients", ["digits", "sine", "moons", "diamonds"],
        {"optimizer": sgd(0.9, clipnorm=1.0), "learning_rate": 0.05}),
    healthy("Adamax", ["digits", "sine", "circles"], {"optimizer": "adamax", "learning_rate": 0.01}),
    healthy("rate falling with time", ["digits", "moons"], {"schedule": "inverse-time", "learning_rate": 0.01}),
    healthy("rate falling exponentially", ["digits", "diamonds", "circles"],
        {"schedule": "exponential", "learning_rate": 0.003}),
    healthy("mish", ["circles", "diamonds_cut"], {"activation": "mish"}),
    healthy("three layers, ever narrower", ["mnist", "digits", "diamonds_cut"], {"layers": [64, 32, 16]}),
    healthy("celu", ["moons", "xor"], {"activation": "celu", "layers": [32, 32]}),
    healthy("averaged weights", ["mnist", "diamonds"], {"optimizer": {"class": "Adam", "use_ema": True}}),
]  # fmt: skip
