"""The libraries that are compared: the file that speaks to each, its settings, and what a fresh install of it needs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Library:
    """One library, in one way of using it."""

    title: str
    worker: str  # the module in workers/
    imported: str  # what a program imports; `import pellucid` alone would load nothing yet
    packages: tuple[str, ...]  # what a user asks pip for
    said: str  # how it is used
    options: dict[str, bool] = field(default_factory=dict)  # for the worker
    environment: dict[str, str] = field(default_factory=dict)


TORCH = "torch"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3", "TF_ENABLE_ONEDNN_OPTS": "1"}
LOOP = "a loop over a permutation, rows of a float32 tensor by `index_select`, threads as PyTorch chooses"

LIBRARIES: dict[str, Library] = {
    "pellucid": Library(
        "Pellucid", "pellucid", "pellucid.models", ("pellucid",),
        "`Sequential`, `compile`, `fit(verbose=0)`; images as bytes, scaled by a `Rescaling(1/255)` layer in that time",
    ),
    "pellucid_one": Library(
        "Pellucid, one thread", "pellucid", "pellucid.models", ("pellucid",), "the same with `PELLUCID_THREADS=1`",
        environment={"PELLUCID_THREADS": "1"},
    ),
    "torch": Library("PyTorch eager", TORCH, "torch", ("torch",), f"{LOOP}, `Adam()`"),
    "torch_fused": Library(
        "PyTorch fused", TORCH, "torch", ("torch",), f"{LOOP}, `Adam(fused=True)`", {"fused": True},
    ),
    "torch_compile": Library(
        "torch.compile", TORCH, "torch", ("torch",),
        f"forward and loss in one `torch.compile`d function, {LOOP}, `Adam(fused=True)`",
        {"fused": True, "compiled": True}, {"TORCHINDUCTOR_COMPILE_THREADS": "1"},
    ),
    "jax": Library(
        "JAX jit+scan", "jax", "jax", ("jax",),
        "written by hand: an epoch is one `jit`ted `lax.scan` over a permutation, parameters and state donated, rows"
        " gathered inside the scan from bytes (faster there than from floats), Adam in full",
    ),
    "jax_loop": Library(
        "JAX jit, loop", "jax", "jax", ("jax",), "the same step, `jit`ted by itself in a Python loop", {"loop": True},
    ),
    "keras_tf": Library(
        "Keras on TensorFlow", "keras", "keras", ("keras", "tensorflow-cpu"),
        "`Sequential`, `compile`, `fit(verbose=0)` on a float32 array",
        environment={"KERAS_BACKEND": "tensorflow", **QUIET},
    ),
    "keras_jax": Library(
        "Keras on JAX", "keras", "keras", ("keras", "jax"), "the same",
        environment={"KERAS_BACKEND": "jax"},
    ),
    "sklearn": Library(
        "scikit-learn", "sklearn", "sklearn.neural_network", ("scikit-learn",),
        "`MLPClassifier.fit` on a float32 array, `alpha=0`",
    ),
    "onnxruntime": Library(
        "ONNX Runtime", "onnxruntime", "onnxruntime", ("onnxruntime",),
        "`session.run` of a session made before, on a float32 array",
    ),
}  # fmt: skip
