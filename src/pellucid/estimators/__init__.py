"""Estimators: networks with scikit-learn's methods, parameters and rules."""

from ..errors import MissingExtra

try:
    from .classifier import NeuralNetworkClassifier
    from .regressor import NeuralNetworkRegressor
except ModuleNotFoundError as problem:
    if str(problem.name).partition(".")[0] != "sklearn":
        raise
    raise MissingExtra("pellucid.estimators", "scikit-learn", "sklearn") from None

__all__ = ["NeuralNetworkClassifier", "NeuralNetworkRegressor"]
