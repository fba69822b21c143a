"""What a spec can say, field by field, with what holds of data of no particular kind."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Named = str | dict[str, Any]  # a part by its name, or as a table {class = "Adam", beta_1 = 0.8}


class Fields(BaseModel):
    """What can be said of a training run."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    data: str = Field("digits", description="a data set's name, or the path of a table or an .npz file")
    target: list[str] = Field([], description="of a table: the columns to predict; the plain one unless given")
    drop: list[str] = Field([], description="of a table: columns to leave out")
    keep: list[str] = Field([], description="of a table: columns to keep, whatever they look like")
    split_by: str = Field("", description="of a table: a column whose equal values stay in one part")
    split_time: str = Field("", description="of a table: a column by which the latest rows are kept for the test")
    task: Literal["auto", "classification", "regression"] = Field(
        "auto", description="auto: classification where the targets are whole numbers, one per sample"
    )
    window: int = Field(
        0, ge=0, description="rows of a table that are one sample, as readings that follow each other are; of a text, "
        "characters in a sample, 128 unless given",
    )  # fmt: skip
    stride: int = Field(
        0, ge=0, description="rows from one window to the next; half a window unless given, of forecasts 1"
    )
    group_by: str = Field("", description="of windows: a column; none goes over from one of its values to another, and "
                          "where classes are told, a value's windows stay in one part")  # fmt: skip
    ahead: int = Field(0, ge=0, description="of windows: the number of the target so many rows after each one's end is "
                       "forecast; 1 where the target holds numbers")  # fmt: skip
    network: Literal["auto", "lenet", "cnn", "small_cnn", "conv1d", "gru", "lstm"] = Field(
        "auto", description="what the hidden layers stand behind: lenet, cnn or small_cnn, convolutions for pictures; "
        "conv1d, for windows; of a text or windows, what they are: gru or lstm; auto: what suits windows, texts and "
        "colour pictures in folders, else nothing"
    )  # fmt: skip
    layers: list[int | dict[str, Any]] = Field(
        [128], description="hidden layers: numbers of units, or tables such as {class = 'Dense', units = 64}"
    )
    frequencies: int = Field(
        0, ge=0, description="of a table: waves of each column of numbers, whose frequencies are learned; 16 for tables"
    )
    activation: str = Field("relu", description="of the hidden layers given as numbers")
    batch_norm: bool = Field(False, description="normalise each hidden layer over the batch")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped in training")
    l1: float = Field(0.0, ge=0, description="penalty on the weights' absolute values")
    l2: float = Field(0.0, ge=0, description="penalty on the weights' squares")
    scale: Literal["auto", "none", "rescale", "normalize"] = Field(
        "auto", description="inputs: pixels to 0..1 (rescale), columns to mean 0 and deviation 1 (normalize)"
    )
    loss: Named = Field("auto", description="auto: cross-entropy for classes, mean squared error for numbers")
    class_weight: Literal["none", "balanced"] = Field(
        "none", description="how much a row counts in training: balanced: the more, the rarer its class is, so that "
        "every class counts the same; none: all rows alike"
    )  # fmt: skip
    optimizer: Named = Field("adam", description="its name, or a table such as {class = 'SGD', momentum = 0.9}")
    learning_rate: float | None = Field(None, gt=0, description="the optimizer's own unless given")
    schedule: Named = Field(
        "auto",
        description="of the learning rate over the whole run: constant, cosine, exponential, inverse-time, polynomial, "
        "one-cycle, or a table; auto: cosine, or constant where training goes on until it converges and for ftrl",
    )
    batch_size: int = Field(32, ge=1, description="samples per step")
    epochs: int | None = Field(None, ge=0, description="passes over the data; chosen by its size unless given")
    until_converged: bool = Field(False, description="stop when the loss has stopped falling")
    patience: int = Field(
        0, ge=0, description="stop when the watched loss has not fallen for so many epochs, and go back to its "
        "lowest; 0: do not; 20 for tables"
    )  # fmt: skip
    validation_split: float = Field(0.1, ge=0, lt=1, description="share of the training data held out to watch")
    seed: int = Field(0, ge=0, description="where all random numbers come from")

    @property
    def in_units(self) -> bool:
        """Whether all layers are numbers of units."""
        return all(isinstance(entry, int) for entry in self.layers)

    @property
    def ends_itself(self) -> bool:
        """Whether the last layer is a table, which is the output; behind units comes one by itself."""
        return bool(self.layers) and not isinstance(self.layers[-1], int)
