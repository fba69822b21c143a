"""Ops in the saved form of a graph, which is Keras's: an op's class with its options, and its calls with their
operands, tensors by their places and all else as constants."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ..errors import InvalidArgument, Told, UnknownName
from ..wiring import Tensor
from . import blocks, composed, decomposing, further, image, judging, norms, piecewise, reductions
from .arithmetic import divide
from .base import Op, Operation, operations
from .constants import KEYED, loaded_constant, used
from .elementwise import zeros_like

MODULES = ("keras.src.ops.", "keras.ops")


def _batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any = None, scale: Any = None, **options: Any
) -> Any:
    """`batch_normalization`, its operands in the order in which Keras saves them."""
    return judging.batch_normalization(x, mean, variance, offset=offset, scale=scale, **options)


# What Keras saves as one op and is several here, or goes by another name.
COMPOSED: dict[str, Callable[..., Any]] = {
    "Allclose": composed.allclose, "Amax": reductions.max, "Amin": reductions.min, "Average": composed.average,
    "ConvertToTensor": composed.convert_to_tensor,
    "Diff": composed.diff, "Dot": composed.dot, "DotProductAttention": blocks.dot_product_attention,
    "ExtractPatches": image.extract_patches,
    "Hstack": composed.hstack, "Inner": composed.inner, "LayerNorm": blocks.layer_normalization,
    "Logaddexp": composed.logaddexp, "Moments": composed.moments, "MultiHot": blocks.multi_hot,
    "Norm": norms.norm, "Normalize": norms.normalize, "RMSNorm": blocks.rms_normalization,
    "Split": composed.split, "Tensordot": composed.tensordot, "TopK": composed.top_k, "TrueDivide": divide,
    "Unstack": composed.unstack, "Vdot": composed.vdot, "Vstack": composed.vstack,
    "BatchNorm": _batch_normalization, "BinaryCrossentropy": judging.binary_crossentropy,
    "CategoricalCrossentropy": judging.categorical_crossentropy, "PSNR": judging.psnr,
    "SparseCategoricalCrossentropy": judging.sparse_categorical_crossentropy,
    "CholeskyInverse": decomposing.cholesky_inverse, "Logdet": decomposing.logdet,
    "SolveTriangular": decomposing.solve_triangular, "CDist": further.cdist, "EmptyLike": zeros_like,
    **{name.capitalize(): getattr(further, name) for name in (
        "append", "copy", "corrcoef", "deg2rad", "diagflat", "dstack", "erfc", "fliplr", "flipud", "hsplit", "isneginf",
        "isposinf", "kron",
        "logaddexp2", "nanmax", "nanmean", "nanmin", "nanprod", "nanstd", "nansum", "nanvar", "percentile", "ptp",
        "quantile", "rad2deg", "rot90", "select", "trapezoid", "vsplit",
    )},
    **{name.capitalize(): getattr(piecewise, name) for name in (
        "dsplit", "fabs", "fmax", "fmin", "fmod", "fold", "heaviside", "isreal", "ldexp", "nanargmax", "nanargmin",
        "nancumprod", "nancumsum", "nanmedian", "nanpercentile", "nanquantile", "sinc", "unfold",
    )},
    "ExtractSequences": piecewise.extract_sequences, "SaturateCast": piecewise.saturate_cast,
    "ArraySplit": further.array_split, "DepthToSpace": further.depth_to_space, "SpaceToDepth": further.space_to_depth,
    "CropImages": image.crop_images, "GaussianBlur": image.gaussian_blur, "HSVToRGB": image.hsv_to_rgb,
    "PadImages": image.pad_images, "Resize": image.resize, "RGBToGrayscale": image.rgb_to_grayscale,
    "RGBToHSV": image.rgb_to_hsv,
}  # fmt: skip


def is_saved_op(entry: Mapping[str, Any]) -> bool:
    """Whether a layer of a saved graph is an op. Keras has a layer Add and an op Add: the module tells."""
    return str(entry.get("module")).startswith(MODULES)


def saved_op_called(entry: Mapping[str, Any], n: int, tensor_at: Callable[[Sequence[Any]], Tensor]) -> list[Tensor]:
    """The outputs of the nth call of a saved op. tensor_at: the tensor at a place, which is (layer, call, output)."""
    kind, config, node = entry["class_name"], dict(entry.get("config") or {}), entry["inbound_nodes"][n]
    args = [_operand(one, tensor_at) for one in node.get("args") or ()]
    kwargs = {key: _operand(one, tensor_at) for key, one in (node.get("kwargs") or {}).items()}
    made = operations.named(kind)
    more = kind in COMPOSED and any(isinstance(one, Tensor) or used(one) for one in kwargs.values())
    if made is not None and not more:
        return [_called(made, args, kwargs, config, named=n == 0)]
    if kind not in COMPOSED:
        raise UnknownName(f"op {entry['name']!r}, its class", str(kind), [*operations.parts, *COMPOSED])
    config = {key: value for key, value in config.items() if key != "name" and used(value)}
    found = COMPOSED[kind](*args, **kwargs, **config)
    return list(found) if isinstance(found, tuple) else [found]


def _called(
    made: type[Op], args: list[Any], kwargs: Mapping[str, Any], config: Mapping[str, Any], *, named: bool
) -> Tensor:
    """The tensor of an op of this class. A second call of it is an op of its own, which its model names."""
    operation: Operation = made.operation
    options = operation.taken({**config, **kwargs})
    name = options.pop("name", None)
    if operation.spread:
        args = [args]
    if operation.name in KEYED and len(args) > 1 and isinstance(args[1], list):
        args[1] = tuple(args[1])
    operands, options = operation.sorted(args, options)
    if not any(isinstance(one, Tensor) for one in operands):
        raise InvalidArgument(f"op {name!r}", "an operand that is a tensor", Told("constants alone"))
    (tensor,) = made(name=name if named else None, **options).on(operands)
    return tensor


def _operand(saved: Any, tensor_at: Callable[[Sequence[Any]], Tensor]) -> Any:
    """What stands in the arguments of a saved call: a tensor, a constant, or a list of them."""
    if isinstance(saved, Mapping) and saved.get("class_name") == "__keras_tensor__":
        return tensor_at(saved["config"]["keras_history"])
    if isinstance(saved, list):
        return [_operand(one, tensor_at) for one in saved]
    return loaded_constant(saved)
