"""Model: a network that can be compiled, trained, evaluated and saved. Keras 3's methods, arguments and meaning."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np

from .. import checks
from ..arrays import Array, fits, parts_of
from ..errors import InvalidArgument
from ..layers.walking import outputs_of
from ..optimizers import Optimizer
from ..training import engine, loop
from ..training.callbacks import CallbackList, History, with_progress
from ..training.meters import Meters
from ..training.objective import Objective
from ..training.own_step import test_one, train_one
from ..training.sure_faults import warn_of
from ..wiring import tensors_in
from . import saving
from .arguments import answer, frequency, verbosity
from .compiling import compilation, compile_config, not_compiled, own_metrics, saved_arguments
from .feeding import DEFAULT_BATCH, check_targets, class_weights, one_batch, source, threads, validation
from .looking import explained, rates_tried
from .network import Network
from .splitting import split_last
from .steps import count_metrics, gradients, loss_of, of_step, results
from .summary import as_html, summary
from .turns import alone

if TYPE_CHECKING:
    from ..inspection.explaining import Explanation
    from ..inspection.range_test import RangeTest


class Model(Network):
    """A network that trains itself. `Model(inputs, outputs)` is what lies between these tensors; a class of your own
    keeps its layers as attributes and writes `call`, as in Keras:

    >>> from pellucid.layers import Dense
    >>> class Twice(Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.hidden, self.out = Dense(8, activation="relu"), Dense(1)
    ...     def call(self, x, training=None):
    ...         return self.out(self.hidden(x)) + self.out(self.hidden(-x))
    >>> model = Twice()
    >>> model.compile("adam", "mse")
    >>> history = model.fit(np.ones((8, 3)), np.ones(8), epochs=2, verbose=0)
    >>> model.predict(np.ones((2, 3)), verbose=0).shape
    (2, 1)

    So it may write `train_step` and `test_step`, Keras's hooks:

    >>> class Signs(Twice):
    ...     '''Steps along the signs of the gradients.'''
    ...     def train_step(self, data):
    ...         x, y = data
    ...         g = self.gradients(x, y)
    ...         self.optimizer.apply([np.sign(dw) for dw in g.values()], self.trainable_variables)
    ...         return {"loss": self.compute_loss(x, y, self(x))}
    >>> model = Signs()
    >>> model.compile("sgd", "mse")
    >>> history = model.fit(np.ones((8, 2)), np.ones(8), epochs=20, verbose=0)
    >>> history.history["loss"][-1] < history.history["loss"][0]
    True

    In Keras such a step needs the backend's own gradients; here `gradients` gives them.
    """

    hint = (
        "Derive from Model, and write call(self, x), train_step(self, data) or test_step(self, data): the loss is that "
        "of compile, and prediction is call."
    )
    keras_hooks: ClassVar[tuple[str, ...]] = ("call", "predict_step", "compute_loss")
    # compute_loss: gradients are those of `compile`'s loss
    functional: ClassVar[type[Model]]  # what Model(inputs, outputs) makes

    def __init_subclass__(cls, **options: Any) -> None:
        """A class that says nothing of its graph gives `super().__init__` the tensors between which it lies."""
        super().__init_subclass__(**options)
        if getattr(cls.graph, "__isabstractmethod__", False):
            cls.__bases__ = tuple(Model.functional if base is Model else base for base in cls.__bases__)

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        return super().__new__(cls.functional if cls is Model else cls, *args, **kwargs)  # type: ignore[return-value]

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The model that a config describes, with fresh weights; `Model` itself reads that of a graph."""
        if cls is Model:
            return cls.functional.from_config(config, custom_objects)
        return super().from_config(config)

    passing = Network.passing | {"history", "stop_training", "position", "engine", "turn"}
    optimizer: Optimizer
    loss: Any  # a Loss; of several outputs, one or None for each, in a list
    objective: Objective
    meters: Meters
    metric_arguments: dict[str, list[Any]]  # of `compile`
    run_eagerly: bool
    compiled = False
    names_outputs = True  # whether losses and metrics of several outputs are told by the outputs' names
    engine: Any = None  # what was compiled from it, which no copy takes along
    history: History
    stop_training = False
    position: Any = None  # where the running fit stands

    def __getstate__(self) -> dict[str, Any]:
        state = {**super().__getstate__(), "engine": None}
        state.pop("turn", None)
        return state

    # Compiling ---------------------------------------------------------------------------------------------------

    @alone
    def compile(
        self, optimizer: Any = "rmsprop", loss: Any = None, loss_weights: Any = None, metrics: Any = None,
        weighted_metrics: Any = None, run_eagerly: bool = False, steps_per_execution: int = 1,
        jit_compile: Any = "auto", auto_scale_loss: bool = True,
    ) -> None:  # fmt: skip
        """Choose how to train: the optimizer, the loss, and the metrics to report.

        run_eagerly: run the definition, in plain NumPy, not the compiled engine. steps_per_execution, jit_compile and
        auto_scale_loss are taken for Keras's sake and change nothing.
        """
        names = self.output_names if self.gives_many else None
        made = compilation(names, self.names_outputs, optimizer, loss, loss_weights, metrics, weighted_metrics)
        self.optimizer, self.loss, self.objective, self.meters, self.metric_arguments = made
        self.run_eagerly, self.compiled = bool(run_eagerly), True

    def get_compile_config(self) -> dict[str, Any]:
        """What `compile` was given, as plain data."""
        return compile_config(self)

    def compile_from_config(self, config: Mapping[str, Any]) -> None:
        """Compile as a saved config says."""
        self.compile(**saved_arguments(config, Model.compile))

    def needs_compile(self, what: str) -> None:
        """Raise unless it is known how to train."""
        if not self.compiled:
            raise not_compiled(self.name, what)

    @property
    def metrics_names(self) -> list[str]:
        """The names of the numbers that `evaluate` returns."""
        self.needs_compile("metrics_names")
        return ["loss", *self.meters.loss_names, *(meter.name for meter in self.meters.metrics or ())]

    @property
    def metrics(self) -> list[Any]:
        """What a step counts with: the mean loss; the metrics of `compile`, once a first batch has made them definite;
        and those that are attributes of a class of your own. All of them are reset at the start of an epoch.

        In Keras those of `compile` are one, "compile_metrics", whose result is a dict.
        """
        return [*(self.meters.told_apart() if "meters" in self.__dict__ else []), *own_metrics(self)]

    def reset_metrics(self) -> None:
        """Forget what was counted."""
        if "meters" in self.__dict__:  # which a model of one's own with several outputs has once it is built
            self.meters.reset()
        for metric in self.metrics:
            metric.reset_state()

    # Training ----------------------------------------------------------------------------------------------------

    @alone
    def fit(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, epochs: int = 1, verbose: Any = "auto",
        callbacks: Any = None, validation_split: float = 0.0, validation_data: Any = None, shuffle: Any = True,
        class_weight: Mapping[int, float] | None = None, sample_weight: Any = None, initial_epoch: int = 0,
        steps_per_epoch: int | None = None, validation_steps: int | None = None,
        validation_batch_size: int | None = None, validation_freq: int | Sequence[int] = 1,
    ) -> History:  # fmt: skip
        """Train for a number of epochs and return the History: the loss and metrics of each.

        x: an array (N, ...), or a PyDataset, generator or iterable of (x, y) or (x, y, sample_weight).
        y: targets (N, ...). batch_size: samples per step, 32 unless given. epochs=0 builds the model and trains
        nothing: the History is empty. verbose: 0 quiet, 1 a progress bar,
        2 a line per epoch, "auto" 1 on a terminal and in a notebook, 0 elsewhere (Keras prints there too).
        validation_split: this fraction, taken from the end before shuffling (as in Keras), is held out;
        validation_data: (x, y) or (x, y, sample_weight). class_weight: a weight for each label.
        """
        self.needs_compile("fit")
        epochs = checks.integer("fit, argument epochs", epochs, minimum=0)
        fraction = checks.number("fit, argument validation_split", validation_split, minimum=0, below=1)
        if fraction and validation_data is None:
            (x, y, sample_weight), validation_data = split_last(self, x, y, sample_weight, fraction)
        if not isinstance(shuffle, bool | np.bool_) and shuffle != "batch":
            raise InvalidArgument("fit, argument shuffle", "True, False or 'batch'", shuffle)
        if validation_batch_size is not None:
            checks.integer("fit, argument validation_batch_size", validation_batch_size, minimum=1)
        train = source(self, "fit", x, y, sample_weight, batch_size, steps_per_epoch, shuffle, "steps_per_epoch")
        check_targets(self, "fit", train)
        self.optimizer.serve(f"model {self.name!r}, fit", self)
        class_weight = class_weights(self, "fit", class_weight)
        plan = loop.Plan(
            train,
            epochs,
            checks.integer("fit, argument initial_epoch", initial_epoch, minimum=0),
            validation(
                self,
                validation_data,
                batch_size if validation_batch_size is None else validation_batch_size,
                validation_steps,
            ),
            frequency(validation_freq),
            class_weight,
        )
        verbose = verbosity(verbose)
        warn_of(self, train, level=3)  # `fit` is called through `alone`
        with threads(self, train):
            self.history = loop.fit(self, plan, with_progress(callbacks, verbose), verbose)
        return self.history

    @alone
    def evaluate(
        self, x: Any = None, y: Any = None, batch_size: int | None = None, verbose: Any = "auto",
        sample_weight: Any = None, steps: int | None = None, callbacks: Any = None, return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """The loss and metrics on data: a list in the order of `metrics_names`, or a dict.

        With no metrics, the list is the bare loss, as in Keras.
        """
        self.needs_compile("evaluate")
        batches = source(self, "evaluate", x, y, sample_weight, batch_size, steps, shuffle=False)
        check_targets(self, "evaluate", batches)
        verbose = verbosity(verbose)
        params = {"steps": batches.steps, "verbose": verbose}
        with threads(self, batches), CallbackList(with_progress(callbacks, verbose), self, params) as listeners:
            return answer(loop.evaluate(self, batches, listeners), return_dict)

    @checks.by_name
    def predict(
        self, x: Any, batch_size: int | None = None, verbose: Any = "auto", steps: int | None = None,
        callbacks: Any = None,
    ) -> Any:  # fmt: skip
        """The outputs (N, ...) for inputs x (N, ...). May be called from several threads at once.

        x: several inputs as a list, tuple or dict of arrays. Several outputs come as the model was made with them.

        No rows, N = 0, have no outputs: an array (0, ...). Keras refuses them.
        """
        plain = batch_size is None or (type(batch_size) is int and batch_size > 0)
        if plain and callbacks is None and steps is None and (verbose == 0 or verbose == "auto"):
            outputs = self._predict_at_once(x)
            if outputs is not None:
                return outputs
        batches = source(self, "predict", x, None, None, batch_size, steps, shuffle=False)
        verbose = verbosity(verbose)
        params = {"steps": batches.steps, "verbose": verbose}
        with threads(self, batches), CallbackList(with_progress(callbacks, verbose), self, params) as listeners:
            return self.in_form(parts_of(loop.predict(self, batches, listeners)))

    @alone
    def train_on_batch(
        self, x: Any, y: Any = None, sample_weight: Any = None, class_weight: Mapping[int, float] | None = None,
        return_dict: bool = False,
    ) -> Any:  # fmt: skip
        """One training step. Returns the loss and metrics of this batch, taken before the step."""
        self.needs_compile("train_on_batch")
        self.reset_metrics()
        batch = one_batch(self, "train_on_batch", x, y, sample_weight, class_weight)
        self.optimizer.serve(f"model {self.name!r}, train_on_batch", self)
        train_one(self, *batch)
        return answer(self.meters.results(), return_dict)

    @alone
    def test_on_batch(self, x: Any, y: Any = None, sample_weight: Any = None, return_dict: bool = False) -> Any:
        """The loss and metrics of one batch."""
        self.needs_compile("test_on_batch")
        self.reset_metrics()
        test_one(self, *one_batch(self, "test_on_batch", x, y, sample_weight))
        return answer(self.meters.results(), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs for one batch."""
        named = isinstance(x, Mapping)
        first = next(iter(x.values() if named else x), ()) if named or self.takes_many else x
        return self.predict(x, batch_size=max(len(first), 1) if hasattr(first, "__len__") else None, verbose=0)

    def __call__(self, x: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The outputs for a batch, with dropout and batch statistics if `training`; called on a tensor, a tensor.

        One without weights in which layers change pictures at random has them do so unless training is False."""
        self.refuse_mask(mask)
        if (tensors := tensors_in(x)) is not None:
            return self.in_form(self.called_on(tensors, training))
        xs = self.as_inputs(x)
        if not self.built:
            self.build((None, *xs[0].shape[1:]))
        self.gather()
        training = self.augments if training is None else bool(training)
        y = self.called_by_hand(xs, training, self.key_of_call() if training else self.look_key())
        self._calls += training
        return self.in_form(outputs_of(y))

    # One step, which a class of your own may write anew ---------------------------------------------------------

    def train_step(self, data: Any) -> dict[str, Any]:
        """One training step on a batch, (x, y) or (x, y, sample_weight); the numbers to show, by name.

        One of your own is called for each batch of `fit`; the epoch's numbers are those of its last batch, as in Keras.
        `self.metrics`, the loss first, makes means of them: what is counted there is reset with each epoch.
        """
        engine.train(self, *of_step(self, "train_step", data))
        return self.meters.counted()

    def test_step(self, data: Any) -> dict[str, Any]:
        """The numbers of a batch, (x, y) or (x, y, sample_weight), without training on it."""
        engine.test(self, *of_step(self, "test_step", data))
        return self.meters.counted()

    @alone
    def gradients(self, x: Any, y: Any, sample_weight: Any = None) -> dict[str, Array]:
        """dL/dw of each parameter w that is trained, by its path, in the order of `trainable_variables`: what the next
        training step on this batch would find, penalties and noise of dropout among it. Nothing changes but
        `model.gradient`, which holds them for whoever looks at a step, as `Probes` do.

        x (B, ...), y (B, ...). Keras has no such method: there, the backend's tape records a step.

        >>> from pellucid import Sequential
        >>> from pellucid.layers import Dense
        >>> model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(2,))])
        >>> model.compile("sgd", "mse")
        >>> model.gradients([[2.0, 3.0]], [4.0])["dense/kernel"].tolist()
        [[4.0], [6.0]]
        """
        self.needs_compile("gradients")
        return gradients(self, x, y, sample_weight)

    def compute_loss(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
    ) -> float:
        """The loss that `compile` was given, of outputs y_pred (B, ...), with the parameters' penalties. Of x the
        masks are made that say which steps count, where there are some; training is taken for Keras's sake."""
        self.needs_compile("compute_loss")
        return loss_of(self, x, y, y_pred, sample_weight)

    def compute_metrics(
        self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None
    ) -> dict[str, Any]:
        """Count a batch of outputs y_pred (B, ...) into the metrics of `compile`; the results so far of all `metrics`,
        by name. Of x the masks are made that say which steps count, where there are some."""
        self.needs_compile("compute_metrics")
        count_metrics(self, x, y, y_pred, sample_weight)
        return self.get_metrics_result()

    def get_metrics_result(self) -> dict[str, Any]:
        """The result of each of `metrics`, by name; one that is a mapping adds its entries."""
        return results(self.metrics)

    # Looking and keeping -----------------------------------------------------------------------------------------

    def summary(
        self, line_length: int | None = None, positions: Any = None, print_fn: Any = None,
        expand_nested: bool = False, show_trainable: bool = False, layer_range: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Print each layer with its output's shape and its number of parameters."""
        text = summary(self, line_length, expand_nested, show_trainable, layer_range)
        (print_fn or print)(text)

    def _repr_html_(self) -> str:
        return as_html(self)

    @alone
    def find_learning_rate(
        self, x: Any, y: Any, batch_size: int = DEFAULT_BATCH, lowest: float = 1e-7, highest: float = 10.0,
        steps: int = 400, repeats: int = 5, sample_weight: Any = None, class_weight: Any = None,
    ) -> RangeTest:  # fmt: skip
        """Try learning rates from lowest to highest on copies of the model, and suggest one, if the curve supports it.

        x (N, ...), y (N, ...): arrays to train on. steps: in each of the `repeats`, from other batches; one step is
        done at each rate. The model, its optimizer and all else stay bit for bit as they were. Keras has no such
        method; fastai's `lr_find` and PyTorch Lightning's always suggest something, from one noisy curve.

        >>> import pellucid
        >>> (x, y), _ = pellucid.datasets.digits.load_data()
        >>> layers = [pellucid.layers.Dense(32, "relu"), pellucid.layers.Dense(10, "softmax")]
        >>> model = pellucid.Sequential([pellucid.layers.Flatten(), pellucid.layers.Rescaling(1 / 16), *layers], seed=0)
        >>> model.compile("adam", "sparse_categorical_crossentropy")
        >>> found = model.find_learning_rate(x, y)
        >>> 0.003 < found.suggestion < 0.1
        True
        """
        return rates_tried(self, x, y, batch_size, lowest, highest, steps, repeats, sample_weight, class_weight)

    @alone
    def explain(self, x: Any, y: Any = None, sample_weight: Any = None, *, engine: str = "auto") -> Explanation:
        """One training step laid open: forward, loss, backward and update as formulas, shapes and numbers.

        x (B, ...), y (B, ...): one sample or a few. Print what is returned, show it in a notebook, ask it `why` an
        entry is what it is, iterate over its steps. Without y, or before `compile`: the forward pass of `predict`.

        The numbers are those that the engine computed for this very step, read from its own memory: by "auto" the
        engine that `fit` would use, else "compiled" or "definition". The step is taken on a copy: the model, its
        optimizer and its random numbers stay bit for bit as they were. Keras has no such method.

        >>> from pellucid import Sequential
        >>> from pellucid.layers import Dense
        >>> model = Sequential([Dense(1, use_bias=False, kernel_initializer="ones", input_shape=(2,))], name="tiny")
        >>> model.compile("sgd", "mse")
        >>> explanation = model.explain([[2.0, 3.0]], [4.0])
        >>> explanation.backward["dense"]["dW"].tolist()
        [[4.0], [6.0]]
        >>> print(explanation.text(width=100))
        Model 'tiny': training step 1 on 1 sample, as the compiled engine computed it
        <BLANKLINE>
        Forward
          dense (Dense)   z = xW, y = z
            x  (1, 2)    [2 3]
            W  (2, 1)    [1] [1]
            z  (1, 1)  → [5]
            y  (1, 1)  → [5]
        <BLANKLINE>
        Loss
          mean_squared_error (MeanSquaredError)   ℓ = mean (y − t)², L = Σ ℓ / N, dy = dℓ/dy / N
            N = 1, the values of ℓ
            y   (1, 1)    [5]
            t   (1,)      4
            ℓ   (1,)    → 1
            L   ()      → 1
            dy  (1, 1)  → [2]
        <BLANKLINE>
        Backward
          dense (Dense)   dz = dy, dW = xᵀ·dz
            dy  (1, 1)    [2]
            dz  (1, 1)  → [2]
            dW  (2, 1)  → [4] [6]
        <BLANKLINE>
        Update
          dense/kernel (SGD)   w ← w − lr·g
            lr = 0.01, t = 1
            w  (2, 1)    [1] [1]
            w  (2, 1)  → [0.96] [0.94]
            g  (2, 1)    [4] [6]
        """
        return explained(self, x, y, sample_weight, engine)

    @alone
    def save(self, filepath: Any, overwrite: bool = True, zipped: bool | None = None) -> None:
        """Write everything to a `.keras` file: architecture, weights, how it was compiled, the optimizer's state.

        Keras 3 opens the file, too. The file is replaced in one step: a crash leaves the old one or the new one.
        """
        saving.save_model(self, filepath, overwrite)

    @alone
    def save_weights(self, filepath: Any, overwrite: bool = True) -> None:
        """Write the weights alone: to a `.weights.h5` file as Keras does, or to a `.safetensors` file with PyTorch's
        names and layout (a Dense layer's kernel (I, O) is `dense.weight` (O, I))."""
        saving.save_weights(self, filepath, overwrite)

    @alone
    def load_weights(self, filepath: Any, skip_mismatch: bool = False, by_name: bool | None = None) -> None:
        """Read the weights of a `.weights.h5`, `.keras` or `.safetensors` file of the same architecture. One that
        PyTorch's modules were saved to will do where its names are ours, or are numbered as in nn.Sequential.

        skip_mismatch: read those of the layers that fit, and name the others in a warning. by_name: refused, as Keras 3
        does for its own files."""
        saving.load_weights(self, filepath, skip_mismatch, by_name)

    def to_json(self, **options: Any) -> str:
        """The architecture as JSON, for `model_from_json`."""
        return saving.model_to_json(self, **options)

    @alone
    def to_numpy(self, folder: Any, force: bool = False) -> Path:
        """Write this network as a script that needs NumPy alone: folder/network.py, and network.npz with its weights.

        Forward, backward, loss, optimizer and the loop of training, for this one network, made to be read. The script
        predicts what the model predicts, to rounding, and goes on training where the model stands; before `compile`
        it predicts only. A folder that holds anything but an earlier export is left alone unless `force`. Returns the
        script's path. A part of your own is refused: its code is yours. Keras has no such method.

        >>> import tempfile
        >>> from pellucid import Sequential
        >>> from pellucid.layers import Dense
        >>> model = Sequential([Dense(3, activation="relu", input_shape=(2,)), Dense(1)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lines = model.to_numpy(folder).read_text().splitlines()
        >>> next(line for line in lines if "relu(z1)" in line)
        '    h1 = relu(z1)'
        """
        from ..exchange.numpy_script import to_numpy  # here, so that importing the library stays quick

        return to_numpy(self, folder, force)

    @alone
    def to_onnx(self, path: Any, opset: int | None = None, classes: Sequence[Any] = ()) -> Path:
        """Write this network as one ONNX file, which predicts what the model predicts, of any number of rows.

        Inputs and outputs keep their names; those of a model of a table are its columns. Noise is gone, and batches
        are standardized by the moving averages. opset: the version of the set of operators, from 23 to the newest that
        ONNX Runtime knows, which is the default. classes: their names, kept in the file's metadata. The file has been
        looked through by onnx's checker. Returns its path. A part of your own that computes in NumPy is refused: its
        code is yours. Keras's `export(path, format="onnx")` needs TensorFlow, JAX or PyTorch beneath it.

        >>> import tempfile
        >>> from pellucid import Sequential
        >>> from pellucid.layers import Dense
        >>> model = Sequential([Dense(3, activation="relu", input_shape=(2,)), Dense(1)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     model.to_onnx(f"{folder}/model.onnx").name
        'model.onnx'
        """
        from ..exchange.onnx import to_onnx  # here, so that importing the library stays quick

        return to_onnx(self, path, opset, classes)

    @alone
    def to_c(
        self, path: Any, prefix: str = "model", header: bool = False, classes: Sequence[Any] = (),
        int8: bool = False, data: Any = None,
    ) -> Path:  # fmt: skip
        """Write this network as one file of C99 that needs no library but C's own: for a microcontroller, or any
        program.

        The file offers `int model_predict(const float *x, float *y)`, which predicts what the model predicts of one
        row, to rounding; of a model of a table `model_predict_row`, which takes a struct of its columns. Weights are
        constants, memory is static and planned, nothing is allocated. Compiled with -DPELLUCID_MAIN it is a program
        that reads CSV.

        prefix: what the names begin with. header: whether path with .h is written, too. classes: their names, kept in
        the file. int8: whether products with weights are computed in bytes, a quarter as large and a little less
        exact; `data`, rows like those to come, tell the range of what is multiplied. Returns the file's path. A part
        of your own that computes in NumPy is refused: its code is yours. Keras has no such method.

        >>> import tempfile
        >>> from pellucid import Sequential
        >>> from pellucid.layers import Dense
        >>> model = Sequential([Dense(3, activation="relu", input_shape=(2,)), Dense(1)])
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     lines = model.to_c(f"{folder}/model.c").read_text().splitlines()
        >>> next(line for line in lines if line.startswith("int "))
        'int model_predict(const float *x, float *y);'
        """
        from ..exchange.c import to_c  # here, so that importing the library stays quick

        return to_c(self, path, prefix, header, classes, int8, data)

    def to_torch(self) -> Any:
        """A `torch.nn.Module` that predicts what the model predicts, and trains as it does; its weights are copies.

        Layers one after another become an nn.Sequential, any other network a module whose `code` is its source. It is
        given ready to predict: `.train()` readies it for training. What PyTorch lacks is a small module of its own,
        among them a BatchNorm1d whose running variance is divided by n. Regularizers, constraints and the optimizer
        stay behind. `pellucid export --to torch` writes the same as source. Keras has no such method.
        """
        from ..exchange.torch import to_torch  # here, so that importing the library stays quick

        return to_torch(self)

    def _predict_at_once(self, x: Any) -> Array | None:
        """The outputs for an array that is as the model wants it, by the compiled engine; None for the long way."""
        if type(x) is not np.ndarray or self.shape is None or not len(x) or self.gives_many:
            return None
        if x.shape[1:] != self.shape and not fits(x.shape[1:], self.shape):
            return None
        if x.dtype not in engine.READABLE or not x.flags.c_contiguous:
            return None
        return (self.engine or engine.engine_of(self)).predict(x, apart=True)  # type: ignore[no-any-return]
