"""Estimators: networks with scikit-learn's methods, parameters and rules."""

from ..errors import MissingExtra

try:
    import sklearn as _sklearn
except ImportError:
    raise MissingExtra("pellucid.estimators", "scikit-learn", "sklearn") from None

from .classifier import NeuralNetworkClassifier
from .regressor import NeuralNetworkRegressor

__all__ = ["NeuralNetworkClassifier", "NeuralNetworkRegressor"]
