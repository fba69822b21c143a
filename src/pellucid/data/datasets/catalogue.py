"""The table of all data sets, and loading one by its name."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from ...arrays import Shape
from ...errors import UnknownName
from . import (
    austen,
    blobs,
    cifar10,
    cifar100,
    circles,
    digits,
    fashion_mnist,
    mnist,
    moons,
    sensors,
    sine,
    spirals,
    xor,
)
from .base import Split
from .images import ImageSet
from .records import RecordSet

_COMPUTED = "computed here from a seed"
_FOUND = "PELLUCID_DATA, cache or download"
_NO_LICENCE = "none needed"


@dataclass(frozen=True)
class DatasetInfo:
    """One row of the table; `shape` is that of one sample, `classes` is None for a regression. Of a text a sample is a
    character, and the classes are the different ones. `called` is how its makers write it."""

    name: str
    samples: int
    shape: Shape
    classes: int | None
    kind: str
    source: str
    licence: str
    where: str
    called: str = ""

    @property
    def label(self) -> str:
        """The name as people read it.

        >>> [info.label for info in catalogue()][1:5]
        ['Fashion-MNIST', 'Digits', 'CIFAR-10', 'CIFAR-100']
        """
        return self.called or self.name.replace("_", " ").capitalize()


def _toy(name: str, classes: int | None, kind: str = "points", shape: Shape = (2,), called: str = "") -> DatasetInfo:
    return DatasetInfo(name, 400, shape, classes, kind, "drawn at random", _NO_LICENCE, _COMPUTED, called)


def _images(name: str, called: str, samples: int, shape: Shape, classes: int, source: str, licence: str) -> DatasetInfo:
    return DatasetInfo(name, samples, shape, classes, "images", source, licence, _FOUND, called)


_TABLE: dict[str, tuple[DatasetInfo, ModuleType]] = {
    info.name: (info, module)
    for info, module in (
        (_images("mnist", "MNIST", 70000, (28, 28), 10, "LeCun, Cortes & Burges (1998)", "CC BY-SA 3.0"), mnist),
        (
            _images("fashion_mnist", "Fashion-MNIST", 70000, (28, 28), 10, "Xiao, Rasul & Vollgraf (2017)", "MIT"),
            fashion_mnist,
        ),
        (
            DatasetInfo(
                "digits", 1797, (8, 8), 10, "images", "Alpaydin & Kaynak, UCI (1998)", "CC BY 4.0", "inside the package"
            ),
            digits,
        ),
        (_images("cifar10", "CIFAR-10", 60000, (32, 32, 3), 10, "Krizhevsky (2009)", "not stated"), cifar10),
        (_images("cifar100", "CIFAR-100", 60000, (32, 32, 3), 100, "Krizhevsky (2009)", "not stated"), cifar100),
        (
            DatasetInfo(
                "austen",
                684707,
                (),
                75,
                "text",
                "Jane Austen, Pride and Prejudice (1813)",
                "public domain",
                "inside the package",
                called="Pride and Prejudice",
            ),
            austen,
        ),
        (
            DatasetInfo("sensors", 3600, (128, 9), 6, "windows", "drawn at random", _NO_LICENCE, _COMPUTED),
            sensors,
        ),
        (_toy("xor", 2, called="XOR"), xor),
        (_toy("moons", 2), moons),
        (_toy("circles", 2), circles),
        (_toy("spirals", 2), spirals),
        (_toy("blobs", 3), blobs),
        (_toy("sine", None, "curve", (1,)), sine),
    )
}


_IMAGES: dict[str, ImageSet | RecordSet] = {
    "mnist": mnist.MNIST,
    "fashion_mnist": fashion_mnist.FASHION_MNIST,
    "cifar10": cifar10.CIFAR10,
    "cifar100": cifar100.CIFAR100,
}
_WHOLE = (*_IMAGES, "austen")  # which come in two parts


def catalogue() -> list[DatasetInfo]:
    """Every data set there is.

    >>> [info.name for info in catalogue()][:3]
    ['mnist', 'fashion_mnist', 'digits']
    """
    return [info for info, _ in _TABLE.values()]


def kind_of(name: str) -> str:
    """What the samples of a data set are; "" where nothing is called so.

    >>> kind_of("digits"), kind_of("austen"), kind_of("people.csv")
    ('images', 'text', '')
    """
    return _TABLE[name][0].kind if name in _TABLE else ""


def at_hand(name: str) -> bool:
    """Whether a data set can be loaded without a download."""
    return name not in _IMAGES or _IMAGES[name].at_hand()


def load(name: str, seed: int = 0) -> Split:
    """((x_train, y_train), (x_test, y_test)) of the set with this name; `seed` draws and splits those that come whole.

    >>> (x_train, y_train), (x_test, y_test) = load("moons")
    >>> x_train.shape, x_test.shape
    ((320, 2), (80, 2))
    """
    if name not in _TABLE:
        raise UnknownName("datasets.load, argument name", name, _TABLE)
    module = _TABLE[name][1]
    split: Split = module.load_data() if name in _WHOLE else module.load_data(seed=seed)
    return split
