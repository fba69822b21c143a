"""Plots: what a network learned, how it learned, and where it errs, as pictures.

Each function takes plain arrays, dicts or probe records and returns a matplotlib Figure, made without pyplot: nothing
is shown or kept elsewhere. In a notebook the figure shows itself; `save(figure, path)` writes it. With
`transparent=True` a figure has no paper, and ink that reads on a light page and on a dark one. Needs matplotlib:
pip install 'pellucid[plot]'.
"""

from .base import save
from .boundary import decision_boundary
from .confusion import confusion_matrix
from .curves import learning_curves
from .fit import fitted_curve, predicted_and_true
from .flow import activation_flow, gradient_flow, idle_units, update_ratios
from .histograms import histogram_flow
from .mistakes import worst_mistakes
from .search import Tries, importances, parallel_coordinates, search_front, search_history, slices
from .weights import first_layer_weights

__all__ = [
    "Tries",
    "activation_flow",
    "confusion_matrix",
    "decision_boundary",
    "first_layer_weights",
    "fitted_curve",
    "gradient_flow",
    "histogram_flow",
    "idle_units",
    "importances",
    "learning_curves",
    "parallel_coordinates",
    "predicted_and_true",
    "save",
    "search_front",
    "search_history",
    "slices",
    "update_ratios",
    "worst_mistakes",
]
