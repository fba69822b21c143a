"""Models: layers put together, with the parameters of all of them. Keras 3's `keras.models`."""

from . import feature_space  # noqa: F401  # which `load_model` knows, too
from .from_onnx import from_onnx
from .from_torch import from_torch
from .functional import Functional
from .model import Model
from .own import OwnModel
from .saving import clone_model, load_model, model_from_json, save_model
from .sequential import Sequential

__all__ = [
    "Functional",
    "Model",
    "OwnModel",
    "Sequential",
    "clone_model",
    "from_onnx",
    "from_torch",
    "load_model",
    "model_from_json",
    "save_model",
]
