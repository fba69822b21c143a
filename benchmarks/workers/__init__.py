"""One file for each library, with the same functions.

training(task, x, y, **options)       a function of (epochs, tell): trains, and if `tell` returns the loss of the last
                                      epoch, averaged over its steps
prediction(task, x, weights, **options)   a function that predicts x once and returns the probabilities
reach(task, train, test, seed, **options) trains from nothing until the test accuracy is task.goal, with the library's
                                      usual loop: (epochs, accuracy)

A library that cannot do one of them lacks the function. x is as in data.py: images as bytes, all else float32.
"""

from collections.abc import Callable

MOST_EPOCHS = 100  # until `reach` gives up


def until(goal: float, epoch: Callable[[], float]) -> tuple[int, float]:
    """Train for epochs, each of which returns the test accuracy, until it is the goal: (epochs, accuracy)."""
    epochs, accuracy = 0, 0.0
    while accuracy < goal and epochs < MOST_EPOCHS:
        epochs, accuracy = epochs + 1, epoch()
    return epochs, accuracy
