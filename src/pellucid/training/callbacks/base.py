"""What a callback is: named moments of training at which it may look, speak, save or stop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any, ClassVar, Self

from ... import checks
from ...arrays import Array
from ...errors import WrongType
from ...registry import arguments, is_ours
from ..batches import Batches
from ..distribution import alone, distribution

Logs = Mapping[str, Any]


class Callback:
    """Something called at named moments of `fit`, `evaluate` and `predict`. Override the moments you need.

    `self.model` is the model, `self.params` a dict with epochs, steps and verbose. Setting
    `self.model.stop_training = True` ends training after the current batch, as it does in Keras.

    A callback that must survive an interrupted run gives its memory as plain data in `state` and takes it back in
    `load_state`, which is called after `on_train_begin`; Keras's callbacks forget theirs. One with `last = True` is
    called after all others, whatever its place in the list.

    >>> class Watch(Callback):
    ...     def on_epoch_end(self, epoch, logs=None):
    ...         print(epoch, round(logs["loss"], 2))
    >>> CallbackList([Watch()]).on_epoch_end(0, {"loss": 0.5})
    0 0.5
    """

    model: Any = None
    params: Mapping[str, Any] = {}
    last = False
    every_batch = True  # False: `on_train_batch_end` may skip batches, so that many can be run in one go
    rank_zero_only = False  # True: of several processes (see `distribution`) the first has it, as it writes or shows
    more_arguments: ClassVar[Sequence[str]] = ()  # of the constructor, beside those that it names
    every_epoch = True  # False: `on_epoch_end` may come later, for many epochs at a time

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        if is_ours(cls):
            checks.keywords(cls.__name__, kwargs, [*arguments(cls), *cls.more_arguments])
        return super().__new__(cls)

    def set_model(self, model: Any) -> None:
        """Called once, before the first moment."""
        self.model = model

    def set_params(self, params: Mapping[str, Any]) -> None:
        """Called once, before the first moment."""
        self.params = params

    def set_batches(self, train: Batches, validation: Batches | None) -> None:
        """Called by `fit` before the first moment: what it trains on, and is watched on. Keras has no such moment."""

    def state(self) -> dict[str, Any]:
        """What a checkpoint must remember: numbers, strings, lists, dicts, and arrays."""
        return {}

    def load_state(self, state: Mapping[str, Any]) -> None:
        """Take back what `state` gave."""

    def where(self, argument: str) -> str:
        """What an error about an argument of the constructor begins with: "EarlyStopping, argument monitor"."""
        return f"{type(self).__name__}, argument {argument}"

    def close(self) -> None:
        """Called when `fit`, `evaluate` or `predict` ends, be it by an error."""

    def on_train_begin(self, logs: Logs | None = None) -> None: ...
    def on_train_end(self, logs: Logs | None = None) -> None: ...
    def on_epoch_begin(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_epoch_end(self, epoch: int, logs: Logs | None = None) -> None: ...
    def on_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...

    def on_train_batch_begin(self, batch: int, logs: Logs | None = None) -> None:
        """Also known as `on_batch_begin`."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
        """Also known as `on_batch_end`."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs | None = None) -> None: ...
    def on_test_end(self, logs: Logs | None = None) -> None: ...
    def on_test_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_test_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_predict_begin(self, logs: Logs | None = None) -> None: ...
    def on_predict_end(self, logs: Logs | None = None) -> None: ...
    def on_predict_batch_begin(self, batch: int, logs: Logs | None = None) -> None: ...
    def on_predict_batch_end(self, batch: int, logs: Logs | None = None) -> None: ...


MOMENTS = tuple(name for name in vars(Callback) if name.startswith("on_"))
ALSO = {"on_train_batch_begin": "on_batch_begin", "on_train_batch_end": "on_batch_end"}


class LazyLogs(MutableMapping[str, Any]):
    """The epoch's numbers so far, computed only if somebody reads them, or adds to them for the callbacks behind."""

    def __init__(self, read: Callable[[], dict[str, Any]]) -> None:
        self._read = read
        self._values: dict[str, Any] | None = None

    def _all(self) -> dict[str, Any]:
        if self._values is None:
            self._values = self._read()
        return self._values

    def __getitem__(self, key: str) -> Any:
        return self._all()[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self._all()[key] = value

    def __delitem__(self, key: str) -> None:
        del self._all()[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())


class Sight:
    """What shows a step that was made to those who wanted to look at it."""

    def __init__(self, lookers: list[Any], epoch: int) -> None:
        self.lookers, self.epoch = lookers, epoch

    @property
    def wanted(self) -> bool:
        return bool(self.lookers)

    def __call__(self, outputs: Mapping[str, Array], *, compiled: bool) -> None:
        """The outputs of each layer, and which engine they are from."""
        for callback in self.lookers:
            callback.after_step(self.epoch, outputs, compiled)


class CallbackList(Callback):
    """Several callbacks, called in the order given, those with `last` at the end.

    A moment costs nothing where nobody overrides it. Used in a `with` statement, the list closes its callbacks in
    the end, whatever happens.
    """

    def __init__(self, callbacks: Any = None, model: Any = None, params: Mapping[str, Any] | None = None) -> None:
        self.given = sorted(as_list(callbacks), key=lambda callback: bool(getattr(callback, "last", False)))
        self.shared = distribution()
        elsewhere = self.shared is not None and self.shared.rank > 0
        self.callbacks = [c for c in self.given if not (elsewhere and getattr(c, "rank_zero_only", False))]
        self._told: dict[str, list[Callable[..., Any]]] = {}
        self.set_params(params or {})
        self.set_model(model)

    def set_model(self, model: Any) -> None:
        super().set_model(model)
        for callback in self.callbacks:
            callback.set_model(model)

    def set_params(self, params: Mapping[str, Any]) -> None:
        super().set_params(params)
        for callback in self.callbacks:
            callback.set_params(params)

    def listens(self, moment: str) -> bool:
        """Whether any callback overrides this moment."""
        return bool(self._listeners(moment))

    def sees_every_batch(self, kind: str) -> bool:
        """Whether somebody must be told of every batch ("train" or "test") when it is done."""
        moments = (f"on_{kind}_batch_begin", f"on_{kind}_batch_end")
        return any(getattr(c, "every_batch", True) and any(_overrides(c, m) for m in moments) for c in self.given)

    def takes_many_epochs(self) -> bool:
        """Whether nobody minds if told of many epochs at once."""
        moments = ("on_epoch_begin", "on_epoch_end", "on_train_batch_begin", "on_train_batch_end")
        listening = [c for c in self.callbacks if any(_overrides(c, m) for m in moments)]
        return not any(getattr(c, "every_epoch", True) for c in listening)

    def until_look(self, step: int) -> int | None:
        """Steps, after `step` of them, until some callback looks at one (see `Probes`); None if none ever does."""
        waits = [c.until_look(step) for c in self.callbacks if hasattr(c, "until_look")]
        return min(waits, default=None)

    def looking(self, model: Any, epoch: int) -> Sight:
        """Let those who want to look at the coming step remember what is before it; the answer shows it to them."""
        step = model.optimizer.steps_taken
        lookers: list[Any] = [c for c in self.callbacks if hasattr(c, "until_look") and c.until_look(step) == 0]
        for callback in lookers:
            callback.before_step()
        return Sight(lookers, epoch)

    def call(self, moment: str, *args: Any) -> None:
        """Tell every callback; logs that are not given are empty, as in Keras."""
        wanted = 2 if "batch" in moment or "epoch" in moment else 1
        if len(args) < wanted:
            args = (*args, {})
        for listener in self._listeners(moment):
            listener(*args)

    def _listeners(self, moment: str) -> list[Callable[..., Any]]:
        if moment not in self._told:
            told = [callback for callback in self.callbacks if _overrides(callback, moment)]
            self._told[moment] = [
                _unshared(getattr(callback, moment))
                if self.shared and getattr(callback, "rank_zero_only", False)
                else getattr(callback, moment)
                for callback in told
            ]
        return self._told[moment]

    def close(self) -> None:
        for callback in self.callbacks:
            if hasattr(callback, "close"):
                callback.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()


def _unshared(moment: Callable[..., Any]) -> Callable[..., Any]:
    """A moment of a callback that the other processes have not: what it computes, it computes alone."""

    def call(*args: Any) -> None:
        with alone():
            moment(*args)

    return call


def _teller(moment: str) -> Callable[..., None]:
    def tell(self: CallbackList, *args: Any, logs: Logs | None = None) -> None:
        self.call(moment, *args, *(() if logs is None else (logs,)))

    tell.__name__, tell.__doc__ = moment, f"Tell every callback that overrides `{moment}`."
    return tell


for _moment in MOMENTS:
    setattr(CallbackList, _moment, _teller(_moment))


def _overrides(callback: Any, moment: str) -> bool:
    found = getattr(type(callback), moment, None)
    if found is not getattr(Callback, moment) and found is not None:
        return True
    return moment in vars(callback) or (moment in ALSO and _overrides(callback, ALSO[moment]))


def as_list(callbacks: Any) -> list[Callback]:
    """The callbacks that a user passed: None, one, a list of them, or a CallbackList."""
    if callbacks is None:
        return []
    if isinstance(callbacks, CallbackList):
        return callbacks.callbacks
    found = list(callbacks) if isinstance(callbacks, Iterable) else [callbacks]
    for callback in found:
        if isinstance(callback, type) or not hasattr(callback, "on_epoch_end"):
            raise WrongType("fit, argument callbacks", "a Callback or a list of them", callback)
    return found
