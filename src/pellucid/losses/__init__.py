"""Losses: what training makes small. Keras 3's names, arguments, defaults and numerical meaning.

Each stands here as a class, which `compile` takes, and as a function that gives one value per sample; the function's
gradient, `mean_squared_error_grad`, lies beside it in the file of that name.
"""

from .base import CustomLoss, Loss, custom, losses
from .binary_crossentropy import BinaryCrossentropy, binary_crossentropy
from .binary_focal_crossentropy import BinaryFocalCrossentropy, binary_focal_crossentropy
from .categorical_crossentropy import CategoricalCrossentropy, categorical_crossentropy
from .categorical_focal_crossentropy import CategoricalFocalCrossentropy, categorical_focal_crossentropy
from .categorical_generalized_cross_entropy import (
    CategoricalGeneralizedCrossEntropy,
    categorical_generalized_cross_entropy,
)
from .categorical_hinge import CategoricalHinge, categorical_hinge
from .circle import Circle, circle
from .cosine_similarity import CosineSimilarity, cosine_similarity
from .crossentropy import UnsettledCrossentropy
from .ctc import CTC, ctc
from .dice import Dice, dice
from .hinge import Hinge, hinge
from .huber import Huber, huber
from .kl_divergence import KLDivergence, kl_divergence
from .log_cosh import LogCosh, log_cosh
from .mean_absolute_error import MeanAbsoluteError, mean_absolute_error
from .mean_absolute_percentage_error import MeanAbsolutePercentageError, mean_absolute_percentage_error
from .mean_squared_error import MeanSquaredError, mean_squared_error
from .mean_squared_logarithmic_error import MeanSquaredLogarithmicError, mean_squared_logarithmic_error
from .poisson import Poisson, poisson
from .sparse_categorical_crossentropy import SparseCategoricalCrossentropy, sparse_categorical_crossentropy
from .squared_hinge import SquaredHinge, squared_hinge
from .tversky import Tversky, tversky

losses.names |= dict.fromkeys(("crossentropy", "ce"), UnsettledCrossentropy)
get, serialize, deserialize = losses.get, losses.serialize, losses.deserialize

__all__ = [
    "CTC",
    "BinaryCrossentropy",
    "BinaryFocalCrossentropy",
    "CategoricalCrossentropy",
    "CategoricalFocalCrossentropy",
    "CategoricalGeneralizedCrossEntropy",
    "CategoricalHinge",
    "Circle",
    "CosineSimilarity",
    "CustomLoss",
    "Dice",
    "Hinge",
    "Huber",
    "KLDivergence",
    "LogCosh",
    "Loss",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Poisson",
    "SparseCategoricalCrossentropy",
    "SquaredHinge",
    "Tversky",
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_generalized_cross_entropy",
    "categorical_hinge",
    "circle",
    "cosine_similarity",
    "ctc",
    "custom",
    "deserialize",
    "dice",
    "get",
    "hinge",
    "huber",
    "kl_divergence",
    "log_cosh",
    "losses",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_error",
    "mean_squared_logarithmic_error",
    "poisson",
    "serialize",
    "sparse_categorical_crossentropy",
    "squared_hinge",
    "tversky",
]
