"""Which array of a PyTorch state dict is which parameter of a model.

A model's "inner/dense/kernel" is PyTorch's "inner.dense.weight", which is (O, I) where a kernel is (I, O), and
(O, I, *window) where one is (*window, I, O).
"""

from __future__ import annotations

import keyword
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ... import layers as L
from ...arrays import Array
from ..naming import apart
from ..ours import ours

DEPTHWISE = (L.DepthwiseConv1D, L.DepthwiseConv2D)
SEPARABLE = (L.SeparableConv1D, L.SeparableConv2D)
RECURRENT = (L.GRU, L.LSTM, L.SimpleRNN)
CONVOLVED = (L.ConvLSTM1D, L.ConvLSTM2D, L.ConvLSTM3D)
SECOND = "bias_hh_l0"  # PyTorch's recurrent layers have a second bias beside the first
CONVOLUTIONS = (L.Conv1D, L.Conv2D, L.Conv3D, L.Conv1DTranspose, L.Conv2DTranspose, L.Conv3DTranspose, *DEPTHWISE)
NORMALIZING = {"gamma": "weight", "beta": "bias"}
NAMES: dict[type, dict[str, str]] = {  # PyTorch's names of parameters; others keep their own
    **{kind: {"kernel": "weight"} for kind in (L.Dense, *CONVOLUTIONS)},
    L.BatchNormalization: {**NORMALIZING, "moving_mean": "running_mean", "moving_variance": "running_var"},
    L.Embedding: {"embeddings": "weight"},
    L.GroupNormalization: NORMALIZING,
    L.LayerNormalization: NORMALIZING,
    L.PReLU: {"alpha": "weight"},
    L.RMSNormalization: {"scale": "weight"},
    **{kind: {"kernel": "weight_ih_l0", "recurrent_kernel": "weight_hh_l0", "bias": "bias_ih_l0"}
       for kind in RECURRENT},
    **{kind: {"kernel": "weight_ih", "recurrent_kernel": "weight_hh"} for kind in CONVOLVED},
    **{kind: {"depthwise_kernel": "depthwise.weight", "pointwise_kernel": "pointwise.weight",
              "bias": "pointwise.bias"} for kind in SEPARABLE},
}  # fmt: skip
TURNED = {(kind, "kernel") for kind in (L.Dense, *CONVOLUTIONS, *CONVOLVED, *RECURRENT)} | {
    *((kind, "recurrent_kernel") for kind in (*CONVOLVED, *RECURRENT)),
    *((kind, "pointwise_kernel") for kind in SEPARABLE),
}
TAKEN = {  # names that a torch.nn.Module has for itself
    "add_module", "apply", "bfloat16", "buffers", "call_super_init", "children", "compile", "cpu", "cuda", "double",
    "dump_patches", "eval", "extra_repr", "float", "forward", "get_buffer", "get_extra_state", "get_parameter",
    "get_submodule", "half", "ipu", "load_state_dict", "modules", "mtia", "named_buffers", "named_children",
    "named_modules", "named_parameters", "parameters", "requires_grad_", "set_extra_state", "set_submodule",
    "share_memory", "state_dict", "to", "to_empty", "train", "training", "type", "xpu", "zero_grad",
    "T_destination", "code", "graph", "print_readable", "recompile",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A parameter of the model: its path, its layer and its name in it, and whether the file has it with its last two
    axes first, in the other order. second: whether it is a recurrent layer's second bias, which is 0 and not trained
    where the layer has but one; what the file has for both is added up."""

    path: str
    layer: Any
    name: str
    transposed: bool
    second: bool = False

    @property
    def by_channel(self) -> bool:
        """Whether it holds filters of each channel's own, (*window, C, M), which are (C·M, 1, *window) in the file."""
        kind = ours(type(self.layer))
        return (kind in DEPTHWISE and self.name == "kernel") or self.name == "depthwise_kernel"

    @property
    def idle(self) -> bool:
        """Whether the layer has nothing of the kind."""
        return self.second and self.layer.p[self.name].ndim == 1

    @property
    def value(self) -> Array:
        """The layer's own array, as the file has it."""
        array: Array = self.layer.p[self.name]
        if self.by_channel:
            *window, C, M = array.shape
            return array.transpose(-2, -1, *range(array.ndim - 2)).reshape(C * M, 1, *window)
        if isinstance(self.layer, RECURRENT):
            array = reordered(self.layer, array)
            if self.name == "bias":
                return array[int(self.second)] if array.ndim == 2 else array * (not self.second)
        return array.transpose(-1, -2, *range(array.ndim - 2)) if self.transposed else array

    def ours(self, array: Array) -> Array:
        """An array of the file's, as the layer has it."""
        wanted = self.layer.p[self.name]
        if self.by_channel:
            *window, C, M = wanted.shape
            return array.reshape(C, M, *window).transpose(*range(2, array.ndim), 0, 1)
        array = array.transpose(*range(2, array.ndim), 1, 0) if self.transposed else array
        if not isinstance(self.layer, RECURRENT):
            return array
        array = reordered(self.layer, array)
        if self.name == "bias" and wanted.ndim == 2:
            array = np.stack([array * (not self.second), array * self.second])
        return array


def reordered(layer: Any, array: Array) -> Array:
    """The gates of a GRU in PyTorch's order r, z, n, or back in ours, z, r, k; others have them alike."""
    if not isinstance(layer, L.GRU):
        return array
    z, r, k = np.split(array, 3, axis=-1)
    return np.concatenate([r, z, k], axis=-1)


def layout(model: Any) -> dict[str, Place]:
    """The parameters by their names in PyTorch, in the order of the layers."""
    modules = module_names(model)
    found: dict[str, Place] = {}
    for path, layer in model.leaves():
        kind = ours(type(layer))
        for spec in layer.specs:
            name = NAMES.get(kind, {}).get(spec.name) or clean(spec.name)
            name = apart(f"{modules[path]}.{name}", [*found, *modules.values()])
            found[name] = Place(f"{path}/{spec.name}", layer, spec.name, (kind, spec.name) in TURNED)
            if kind in RECURRENT and spec.name == "bias":
                found[f"{modules[path]}.{SECOND}"] = Place(f"{path}/bias", layer, "bias", False, second=True)
    return found


def module_names(model: Any) -> dict[str, str]:
    """What the module of each path of a model is called: "inner/dense" is "inner.dense"."""
    found: dict[str, str] = {}
    for path in model.wiring.owners:
        wanted = ".".join(clean(part) for name in path.split("/") for part in name.split("."))
        found[path] = apart(wanted, list(found.values()))
    return found


def clean(name: str) -> str:
    """A name that PyTorch takes, and that can stand in source: letters, digits and _.

    >>> clean("my layer"), clean("0"), clean("train"), clean("class")
    ('my_layer', '0', 'train_', 'class_')
    """
    name = re.sub(r"[^A-Za-z0-9_]", "_", name) or "_"
    reserved = name in TAKEN or keyword.iskeyword(name) or name.startswith(("_", "register_"))
    return f"{name.lstrip('_')}_" if reserved else name
