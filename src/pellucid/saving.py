"""Saving and loading, under the name Keras gives them: `from pellucid.saving import load_model`."""

from .models import load_model, save_model
from .registry import (
    custom_object_scope,
    deserialize_keras_object,
    get_custom_objects,
    register_keras_serializable,
    serialize_keras_object,
)

CustomObjectScope = custom_object_scope

__all__ = [
    "CustomObjectScope",
    "custom_object_scope",
    "deserialize_keras_object",
    "get_custom_objects",
    "load_model",
    "register_keras_serializable",
    "save_model",
    "serialize_keras_object",
]
