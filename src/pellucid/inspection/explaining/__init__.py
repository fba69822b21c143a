"""A training step laid open: taken by either engine, put into words, and asked why."""

from .explain import checked_engine, explain
from .explanation import Explanation
from .step import Step
from .view import View
from .why import Why

__all__ = ["Explanation", "Step", "View", "Why", "checked_engine", "explain"]
