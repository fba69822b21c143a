"""What a spec can say, field by field, with what holds of data of no particular kind."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Named = str | dict[str, Any]  # a part by its name, or as a table {class = "Adam", beta_1 = 0.8}


class Fields(BaseModel):
    """What can be said of a training run."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    data: str = Field(
        "digits", description="a data set's name, or the path of a table, a folder of pictures, a text or an .npz file"
    )
    target: list[str] = Field(
        [], description="of a table: the column to predict, or several; found by its name unless given"
    )
    drop: list[str] = Field([], description="of a table: columns to leave out")
    keep: list[str] = Field([], description="of a table: columns to use even where they would be left out")
    split_by: str = Field("", description="of a table: rows with one value of this column stay in one part")
    split_time: str = Field("", description="of a table: the latest rows by this column are kept for the test")
    task: Literal["auto", "classification", "regression"] = Field(
        "auto", description="whether classes or numbers are predicted; auto: what the targets look like"
    )
    window: int = Field(
        0, ge=0, description="of a table: this many consecutive rows are one sample; of a text: characters in a "
        "sample, 128 unless given",
    )  # fmt: skip
    stride: int = Field(
        0, ge=0, description="rows from one window to the next; unless given, half a window, or 1 for forecasts"
    )
    group_by: str = Field("", description="of windows: none crosses from one value of this column to another; with "
                          "classes, all windows of a value stay in one part")  # fmt: skip
    ahead: int = Field(0, ge=0, description="of windows: forecast the target this many rows after the end of each; "
                       "unless given, 1 where the target holds numbers")  # fmt: skip
    network: Literal["auto", "lenet", "cnn", "small_cnn", "conv1d", "gru", "lstm"] = Field(
        "auto", description="convolutions before the hidden layers: lenet, cnn or small_cnn for pictures, conv1d for "
        "windows; gru or lstm: the kind of the hidden layers for a text or windows; auto: what suits the data"
    )  # fmt: skip
    layers: list[int | dict[str, Any]] = Field(
        [128],
        description="hidden layers: numbers of units; in a spec also tables such as {class = 'Dense', units = 64}",
    )
    frequencies: int = Field(
        0, ge=0, description="of a table: waves of learned frequencies for each column of numbers; 16 unless given"
    )
    activation: str = Field("relu", description="the activation of hidden layers that are given as numbers")
    batch_norm: bool = Field(False, description="normalise each hidden layer over the batch")
    dropout: float = Field(0.0, ge=0, lt=1, description="share of hidden units dropped in training")
    l1: float = Field(0.0, ge=0, description="penalty on the weights' absolute values")
    l2: float = Field(0.0, ge=0, description="penalty on the weights' squares")
    scale: Literal["auto", "none", "rescale", "normalize"] = Field(
        "auto",
        description="how inputs are scaled: rescale: pixels to 0..1; normalize: columns to mean 0 and deviation 1",
    )
    loss: Named = Field(
        "auto", description="what training minimizes; auto: cross-entropy for classes, mean squared error for numbers"
    )
    class_weight: Literal["none", "balanced"] = Field(
        "none", description="how much a row counts in training; balanced: the more, the rarer its class is, so that "
        "every class counts the same; none: all rows alike"
    )  # fmt: skip
    optimizer: Named = Field(
        "adam", description="its name; in a spec also a table such as {class = 'SGD', momentum = 0.9}"
    )
    learning_rate: float | None = Field(
        None, gt=0, description="where the learning rate starts; what suits optimizer and data unless given"
    )
    schedule: Named = Field(
        "auto",
        description="how the learning rate changes over the run: constant, cosine, exponential, inverse-time, "
        "polynomial or one-cycle; in a spec also a table; auto: cosine, but constant where "
        "training goes on until it converges, and for ftrl",
    )
    batch_size: int = Field(32, ge=1, description="samples per step")
    epochs: int | None = Field(None, ge=0, description="passes over the data; unless given, chosen by their number")
    until_converged: bool = Field(False, description="stop when the loss has stopped falling")
    patience: int = Field(
        0, ge=0, description="stop when the watched loss has not fallen for this many epochs, and go back to its "
        "lowest; 0: do not; 20 for tables unless given"
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
