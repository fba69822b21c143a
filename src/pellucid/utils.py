"""Helpers, under the name Keras gives them: `from pellucid.utils import to_categorical`."""

from typing import Any

from .data.picture_batches import image_dataset_from_directory
from .data.pictures import array_to_img, img_to_array, load_img, save_img
from .data.sequences import pad_sequences, timeseries_dataset_from_array
from .data.splits import split_dataset
from .data.text_batches import text_dataset_from_directory
from .data.utils import PyDataset, normalize, to_categorical, train_test_split
from .models.feature_space import FeatureSpace
from .models.picture import plot_model
from .registry import (
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    register_keras_serializable,
    serialize_keras_object,
)
from .rng import set_random_seed
from .settings import (
    clear_session,
    disable_interactive_logging,
    enable_interactive_logging,
    is_interactive_logging_enabled,
)

CustomObjectScope = custom_object_scope
Sequence = PyDataset  # its name in Keras 2

__all__ = [
    "CustomObjectScope",
    "FeatureSpace",
    "PyDataset",
    "Sequence",
    "array_to_img",
    "clear_session",
    "custom_object_scope",
    "deserialize_keras_object",
    "disable_interactive_logging",
    "enable_interactive_logging",
    "get_custom_objects",
    "image_dataset_from_directory",
    "img_to_array",
    "is_interactive_logging_enabled",
    "load_img",
    "normalize",
    "pack_x_y_sample_weight",
    "pad_sequences",
    "plot_model",
    "register_keras_serializable",
    "save_img",
    "serialize_keras_object",
    "set_random_seed",
    "split_dataset",
    "text_dataset_from_directory",
    "timeseries_dataset_from_array",
    "to_categorical",
    "train_test_split",
    "unpack_x_y_sample_weight",
]


def pack_x_y_sample_weight(x: Any, y: Any = None, sample_weight: Any = None) -> Any:
    """What a batch looks like: x, (x, y) or (x, y, sample_weight), as far as they are given.

    >>> pack_x_y_sample_weight(1), pack_x_y_sample_weight(1, 2)
    (1, (1, 2))
    """
    if y is None and not isinstance(x, tuple | list):
        return x
    if sample_weight is None:
        return (x,) if y is None else (x, y)
    return x, y, sample_weight


def unpack_x_y_sample_weight(data: Any) -> tuple[Any, Any, Any]:
    """(x, y, sample_weight) of a batch, None for what it lacks.

    >>> unpack_x_y_sample_weight((1, 2))
    (1, 2, None)
    """
    x, y, sample_weight = (*data, None, None)[:3] if isinstance(data, tuple | list) else (data, None, None)
    return x, y, sample_weight
