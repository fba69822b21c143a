"""The doctor: what is wrong with a training, the evidence, and what to do about it."""

from .base import Case, Finding, Remedy, Rule, Signal
from .callback import Doctor
from .examining import before_training, examine

__all__ = ["Case", "Doctor", "Finding", "Remedy", "Rule", "Signal", "before_training", "examine"]
