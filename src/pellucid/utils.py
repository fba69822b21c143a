"""Helpers, under the name Keras gives them: `from pellucid.utils import to_categorical`."""

from .data.utils import PyDataset, normalize, to_categorical, train_test_split
from .registry import custom_object_scope, get_custom_objects, register_keras_serializable
from .rng import set_random_seed

__all__ = [
    "PyDataset",
    "custom_object_scope",
    "get_custom_objects",
    "normalize",
    "register_keras_serializable",
    "set_random_seed",
    "to_categorical",
    "train_test_split",
]
