"""PyTorch: the loop that everybody writes, over data that lie in memory as one float32 tensor."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import torch
from torch import nn
from torch.nn import functional

from ..data import floats
from ..networks.pytorch import NETWORKS
from ..tasks import Task
from . import until

ACTIVATIONS = {"relu": nn.ReLU, "tanh": nn.Tanh}


def network(task: Task, seed: int = 0) -> Any:
    """The layers up to the logits, with Keras's first weights: Glorot's uniform, biases of 0."""
    torch.manual_seed(seed)
    if task.network:
        return NETWORKS[task.network]()
    layers: list[Any] = []
    for i, o in pairwise(task.sizes):
        dense = nn.Linear(i, o)
        nn.init.xavier_uniform_(dense.weight)
        nn.init.zeros_(dense.bias)
        layers.append(dense)
        if task.hidden in ACTIVATIONS:
            layers.append(ACTIVATIONS[task.hidden]())
        if task.dropout:
            layers.append(nn.Dropout(task.dropout))
    while not isinstance(layers[-1], nn.Linear):
        layers.pop()
    return nn.Sequential(*layers)


def loss_of(task: Task, model: Any) -> Any:
    """A function of a batch."""
    if task.output == "softmax":
        return lambda x, y: functional.cross_entropy(model(x).flatten(0, -2), y.flatten())
    if task.output == "linear":
        return lambda x, y: functional.mse_loss(model(x), y)
    if task.smoothing:  # y·(1 − s) + s/2, as Keras has it
        smooth, half = 1 - task.smoothing, task.smoothing / 2
        return lambda x, y: functional.binary_cross_entropy_with_logits(model(x), y * smooth + half)
    return lambda x, y: functional.binary_cross_entropy_with_logits(model(x), y)


def trainer(task: Task, x: Any, y: Any, seed: int, fused: bool, compiled: bool) -> tuple[Any, Any]:
    """(the model, a function that trains it for an epoch and returns the sum of the losses if it is asked to)."""
    model = network(task, seed)
    adam = torch.optim.Adam(model.parameters(), lr=task.rate, eps=1e-7, fused=fused or None)
    loss_function = loss_of(task, model)
    if compiled:
        loss_function = torch.compile(loss_function)
    full = task.batch == task.rows

    def epoch(tell: bool) -> Any:
        total = torch.zeros(())
        for rows in (None,) if full else torch.randperm(task.rows).split(task.batch):
            batch = (x, y) if rows is None else (x.index_select(0, rows), y.index_select(0, rows))
            loss = loss_function(*batch)
            adam.zero_grad()
            loss.backward()
            adam.step()
            if tell:
                total += loss.detach()
        return total

    return model, epoch


def training(task: Task, x: Any, y: Any, fused: bool = False, compiled: bool = False) -> Any:
    _, epoch = trainer(task, torch.from_numpy(floats(x)), torch.from_numpy(y), 0, fused, compiled)

    def run(epochs: int, tell: bool = False) -> float | None:
        for _ in range(epochs):
            total = epoch(tell)
        return float(total) / task.steps if tell else None

    return run


def prediction(task: Task, x: Any, weights: Any) -> Any:
    x = floats(x)
    model = network(task)
    with torch.no_grad():
        for ours, given in zip(model.parameters(), weights, strict=True):
            ours.copy_(torch.from_numpy(given.T))
    model = nn.Sequential(model, nn.Softmax(-1)).eval()

    def predict() -> Any:
        with torch.inference_mode():
            return model(torch.from_numpy(x)).numpy()

    return predict


def reach(task: Task, train: Any, test: Any, seed: int, fused: bool) -> tuple[int, float]:
    x, y, x_test, y_test = (torch.from_numpy(floats(a)) for a in (*train, *test))
    model, train_epoch = trainer(task, x, y, seed, fused, compiled=False)

    def epoch() -> float:
        train_epoch(tell=False)
        with torch.inference_mode():
            return float((model(x_test).argmax(1) == y_test).float().mean())

    return until(task.goal, epoch)
