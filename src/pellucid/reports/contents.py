"""What a report tells: plain data, gathered by whoever asks for one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from ..arrays import Array
from ..plots import Tries
from ..plots.flow import Looked


class LayerRow(NamedTuple):
    """A row of the table of layers."""

    name: str
    kind: str
    output: str  # its shape
    parameters: int
    activation: str  # empty where it has none


class Sizes(NamedTuple):
    """How many samples there were for what."""

    train: int
    validation: int
    test: int


@dataclass(frozen=True)
class Searched:
    """The search that a network comes from."""

    tries: Tries  # the trials that have a score
    states: Mapping[str, int]  # how many trials are in each state
    head: Sequence[str]  # of the table of the best trials
    rows: Sequence[Sequence[str]]
    importances: Mapping[str, float]
    points: Array | None = None  # (T, 2): two scores of each trial, where several were searched for
    front: Sequence[int] = ()  # the rows of those that are on it
    names: Sequence[str] = ()  # of the scores searched for
    remarks: Sequence[str] = ()


@dataclass(frozen=True)
class Contents:
    """A trained network, how it came to be, and how it does on data it has not seen."""

    run: str  # the folder
    data: str  # the data set's name, or its file
    chain: str  # the shapes on the way, such as 8x8-64-10
    spec: str  # TOML
    command: str  # that trains it again
    sizes: Sizes
    classes: int  # 0 where numbers are predicted
    layers: Sequence[LayerRow]
    metrics: Mapping[str, Any]  # as metrics.json
    history: Mapping[str, Sequence[float]]  # as History.history
    baseline: float  # without a network: accuracy of the commonest class, error of the mean, or a text's bits
    x: Array  # test inputs (N, ...)
    y: Array  # test targets (N,) or (N, O)
    outputs: Array  # what the network gives for x (N, O)
    predict: Callable[[Array], Array]
    kernel: Array | None = None  # of the first layer (I, O), where it sees the inputs themselves
    looks: Sequence[Looked] = ()  # probe records
    findings: Sequence[Mapping[str, Any]] | None = None  # of the doctor; None where it has not looked
    versions: Mapping[str, str] = field(default_factory=dict)
    names: Sequence[Any] = ()  # of the classes; their numbers where there are none
    targets: Sequence[str] = ()  # a table's columns, or labels, that are predicted
    ahead: int = 0  # rows after a window's last, where that is what is forecast
    places: Sequence[str] = ()  # of each test sample in its file; unless told, rows count from 0 in the test data
    windows: bool = False  # whether test inputs are windows of readings, (N, steps, channels)
    columns: Sequence[str] = ()  # what is shown of a test sample; unless told, its inputs
    cells: Callable[[int], Sequence[str]] | None = None  # of these columns, by test sample
    search: Searched | None = None  # where it is a search's best
    decimal: str = "."  # with which the numbers of the targets' file are written
    written: str = ""  # by a network that was trained on a text; x, y and outputs are of no row then
