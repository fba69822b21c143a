"""The work that is measured: networks, batches, data; and how many operations and bytes a step takes."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

TRAINERS = ("pellucid", "torch", "torch_fused", "torch_compile", "jax", "keras_tf", "keras_jax", "sklearn")
WITH_DROPOUT = ("pellucid", "torch", "torch_fused", "jax", "keras_tf", "keras_jax")  # scikit-learn has none
ADAM_PASSES = 7  # reads of w, dw, m and v, writes of w, m and v


@dataclass(frozen=True)
class Task:
    """One piece of work: a network on one data set, of dense layers where `network` names no other."""

    name: str
    title: str
    data: str  # a name in data.py
    sizes: tuple[int, ...]  # inputs, hidden units, outputs
    batch: int
    rows: int  # of the data; a multiple of the batch, so that no library drops or pads the last one
    kind: str = "train"  # or "predict", or "reach": train until the accuracy on the test data is `goal`
    libraries: tuple[str, ...] = TRAINERS
    hidden: str = "relu"
    output: str = "softmax"  # with sparse cross-entropy; "sigmoid" with binary cross-entropy, "linear" with squares
    dropout: float = 0.0  # behind every hidden layer
    smoothing: float = 0.0  # of the labels
    auc: bool = False  # whether fit counts the AUC too, as in the script that this task comes from
    rate: float = 0.001  # Adam's
    check: int = 1  # epochs before the loss is compared
    group: str = ""  # tasks of one group share a process
    most_rounds: int = 99
    goal: float = 0.98
    said: str = ""  # what the reader should know
    network: str = ""  # one of networks/, which gives logits
    macs: tuple[int, int] = (0, 0)  # its multiplications of one row: in the first layer, and in all others

    @property
    def steps(self) -> int:
        """Steps per epoch; of a prediction one."""
        return self.rows // self.batch if self.kind != "predict" else 1


def mnist(name: str, title: str, sizes: tuple[int, ...], batch: int, **more: object) -> Task:
    return Task(name, title, "mnist", sizes, batch, 60_000 // batch * batch, **more)


def width(w: int) -> Task:
    """pytorch issue 144633: 10-w-w-10 without activations, 100 batches of 128."""
    return Task(
        f"width_{w}", f"10-{w}-{w}-10", "copy", (10, w, w, 10), 128, 12_800,
        libraries=("pellucid", "torch", "torch_fused", "jax"), hidden="linear", output="linear", group="width",
    )  # fmt: skip


WIDTHS = range(40, 51)
TASKS: dict[str, Task] = {
    task.name: task
    for task in (
        mnist("mnist_32", "784-128-10, batch 32", (784, 128, 10), 32),
        mnist("mnist_128", "784-128-10, batch 128", (784, 128, 10), 128),
        mnist("mnist_512", "784-128-10, batch 512", (784, 128, 10), 512),
        *(
            mnist(
                f"dropout_{batch}", f"784-64-dropout-10, batch {batch}", (784, 64, 10), batch,
                dropout=0.2, libraries=WITH_DROPOUT,
            )
            for batch in (32, 128, 512)
        ),
        Task(
            "xor", "XOR, 2-8-1, full batch of 4", "xor", (2, 8, 1), 4, 4,
            hidden="tanh", output="sigmoid", rate=0.01, check=100,
        ),
        Task("tabular", "table, 30-64-64-1, batch 32", "table", (30, 64, 64, 1), 32, 16_000, output="sigmoid", check=2),
        Task("wide", "784-1024-1024-10, batch 256", "mnist", (784, 1024, 1024, 10), 256, 15_360),
        Task(
            "keras_19953", "keras issue 19953, batch 500", "noise",
            (4, *[128] * 10, 1), 500, 250_000, output="sigmoid", dropout=0.1, smoothing=0.05, auc=True,
            libraries=WITH_DROPOUT, most_rounds=3,
            said="4 inputs, ten times Dense(128) and Dropout(0.1), 1 output, labels smoothed by 0.05, 250,000 rows. As"
            " reported, fit counts the AUC too, in Pellucid and Keras; the loops of PyTorch and JAX do not.",
        ),
        *(width(w) for w in WIDTHS),
        Task(
            "predict_one", "784-128-10, one row predicted", "mnist", (784, 128, 10), 1, 1, kind="predict",
            libraries=("pellucid", "torch", "jax", "keras_tf", "keras_jax", "sklearn", "onnxruntime"),
        ),
        Task(
            "predict_all", "784-128-10, 60,000 rows predicted", "mnist", (784, 128, 10), 60_000, 60_000, kind="predict",
            libraries=("pellucid", "torch", "jax", "keras_tf", "keras_jax", "sklearn", "onnxruntime"),
        ),
        mnist(
            "reach", "784-128-10, batch 128, to 98 %", (784, 128, 10), 128, kind="reach",
            libraries=("pellucid", "torch_fused", "jax", "keras_tf", "keras_jax", "sklearn"), most_rounds=3,
        ),
        Task("busy", "784-128-10, batch 32, beside other programs", "mnist", (784, 128, 10), 32, 3_200, group="busy"),
    )
}  # fmt: skip


def products(sizes: tuple[int, ...]) -> list[int]:
    """Weights of each layer, which is the multiplications of one row: I·O."""
    return [i * o for i, o in pairwise(sizes)]


def parameters(sizes: tuple[int, ...]) -> int:
    """Weights and biases.

    >>> parameters((784, 128, 10))
    101770
    """
    return sum(products(sizes)) + sum(sizes[1:])


def flops(task: Task) -> int:
    """Operations of a step's matrix products: 2·B·ΣI·O forward; in training as many for dW, and again for dx.

    6·B·ΣI·O − 2·B·I₁·O₁, as nobody asks for the first layer's dx. Activations, biases and Adam are not counted.
    """
    if task.network:
        return 2 * task.batch * (2 * task.macs[0] + 3 * task.macs[1])
    each = products(task.sizes)
    if task.kind == "predict":
        return 2 * task.batch * sum(each)
    return 6 * task.batch * sum(each) - 2 * task.batch * each[0]


def traffic(task: Task) -> int:
    """Bytes that a step must move if no cache keeps anything for the next: parameters, Adam's state, the batch.

    0 of one of networks/, where what the layers hand on is far more than the parameters.
    """
    if task.network:
        return 0
    row = task.sizes[0] * (1 if task.data == "mnist" else 4)
    passes = 1 if task.kind == "predict" else ADAM_PASSES
    return 4 * passes * parameters(task.sizes) + task.batch * row
