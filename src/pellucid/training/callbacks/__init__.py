"""Callbacks: what happens around the steps of training. Keras 3's names, arguments and meaning."""

from typing import Any

from .backup_and_restore import BackupAndRestore
from .base import Callback, CallbackList, as_list
from .csv_logger import CSVLogger
from .early_stopping import EarlyStopping
from .history import History
from .lambda_callback import LambdaCallback
from .learning_rate_scheduler import LearningRateScheduler
from .mlflow import MLflow
from .model_checkpoint import ModelCheckpoint
from .probes import Probes
from .progress import Progress
from .reduce_lr_on_plateau import ReduceLROnPlateau
from .swap_ema_weights import SwapEMAWeights
from .tensorboard import TensorBoard
from .terminate_on_nan import TerminateOnNaN
from .until_converged import UntilConverged

__all__ = [
    "BackupAndRestore",
    "CSVLogger",
    "Callback",
    "CallbackList",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "MLflow",
    "ModelCheckpoint",
    "Probes",
    "Progress",
    "ReduceLROnPlateau",
    "SwapEMAWeights",
    "TensorBoard",
    "TerminateOnNaN",
    "UntilConverged",
    "with_progress",
]


def with_progress(callbacks: Any, verbose: int) -> list[Callback]:
    """The callbacks that a user passed, behind a Progress if verbose is 1 or 2 and there is none among them."""
    found = as_list(callbacks)
    if not verbose or any(isinstance(callback, Progress) for callback in found):
        return list(found)
    return [Progress(verbose), *found]
