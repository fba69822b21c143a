"""What the page offers, from the registry: every part with its arguments and what its docstring says first.

A new layer, loss or data set appears here by itself. What a signature does not tell is told by the argument's name.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from ..actions.building import CAUSAL
from ..activations.base import activations
from ..constraints import constraints
from ..data import datasets
from ..initializers.base import initializers
from ..layers import Layer
from ..layers.activation_layer import ActivationLayer
from ..layers.attention import Attending
from ..layers.base import layers
from ..layers.encoding import Encoding
from ..layers.headed import Headed
from ..layers.merging import Joining
from ..layers.position_embedding import Placed
from ..layers.recurrent import Recurrent
from ..layers.rotary_embedding import RotaryEmbedding
from ..layers.traced import Traced
from ..losses.base import REDUCTIONS, losses
from ..metrics.base import metrics
from ..optimizers.base import optimizers
from ..optimizers.schedules.base import schedules
from ..registry import Family, Part, arguments, needed_of
from ..regularizers import regularizers
from . import frames
from .offering import narrowed, parameter_of
from .search_form import offered
from .spec_schema import fields
from .starts import STARTS

FAMILIES: dict[str, Family[Any]] = {
    "layers": layers, "optimizers": optimizers, "losses": losses, "activations": activations,
    "initializers": initializers, "regularizers": regularizers, "constraints": constraints, "metrics": metrics,
    "schedules": schedules,
}  # fmt: skip
ENDINGS = {"initializer": "initializers", "regularizer": "regularizers", "constraint": "constraints"}
CHOICES = {"reduction": [one for one in REDUCTIONS if one]}
GROUPS = (
    "core", "activation", "normalization", "regularization", "reshaping", "convolution", "pooling", "sequences",
    "pictures", "merging",
)  # fmt: skip
PICTURES = (
    "Random", "Resizing", "CenterCrop", "Cropping", "ZeroPadding", "UpSampling", "AugMix", "AutoContrast",
    "Equalization", "RandAugment", "Solarization",
)  # fmt: skip
RESHAPING = ("Flatten", "Permute", "RepeatVector", "Reshape")
SIMPLE = (
    "units", "activation", "rate", "stddev", "learning_rate", "momentum", "l1", "l2", "l1l2", "negative_slope",
    "target_shape", "layers", "alpha", "n", "dims", "scale", "delta", "axis",
)  # fmt: skip
HIDDEN = {"stateful", "name", "dtype", "input_shape", "input_dim", "input_axes", "output_axes", "inputs", "outputs"}
NOT_ALONE = (  # which a chain of blocks cannot hold, or make of words
    "CutMix", "Functional", "InputLayer", "Lambda", "Masking", "MixUp", "Pipeline",
)  # fmt: skip
HOLDING = {
    "Sequential": "Blocks one after another, as one block.",
    "Residual": "Blocks around which the input goes, too.",
}
CAUSAL_TOLD: dict[str, Any] = {
    "name": CAUSAL, "kind": "bool", "required": False, "optional": False, "family": None, "choices": None,
    "simple": True, "help": "each place looks at those before it only", "default": False,
}  # fmt: skip
SAID = re.compile(r"(?:^|(?<=[.;,] ))`?(\w+)(?=`?(?:, \w+)*: ([^.]*\.?))")


def schema() -> dict[str, Any]:
    """All of it."""
    told: dict[str, Any] = {name: list(_parts(name, family)) for name, family in FAMILIES.items()}
    told["layers"].append(_residual())
    told["layers"].sort(
        key=lambda part: (GROUPS.index(part["group"]), not part["in_palette"], part["class"] != "Dense")
    )
    told |= {"groups": list(GROUPS), "spec": fields({name: alone(family) for name, family in FAMILIES.items()})}
    told |= {"datasets": list(_datasets()), "starts": STARTS, "tuning": offered()}
    return told


@cache
def schema_text() -> str:
    """The same, as it is sent."""
    return frames.text(schema())


def words(family: Family[Any]) -> list[str]:
    """The word for each of its parts, as a user writes it."""
    if family is activations:
        return [word for word in family.names if family.get(word).name == word]
    return [_word(family, cls) for cls in family.parts.values()]


def alone(family: Family[Any]) -> list[str]:
    """The words that say all: of parts that can do without arguments."""
    parts: Mapping[str, Any] = family.parts
    needing = {_word(family, cls) for cls in parts.values() if needed_of(cls)}
    return [word for word in words(family) if word not in needing]


def _parts(name: str, family: Family[Any]) -> Iterator[dict[str, Any]]:
    if family is activations:  # these are functions
        for word in words(family):
            text = inspect.getdoc(family.get(word).forward) or ""
            yield {**_told(name, word, word, text), "arguments": []}
        return
    for title, cls in family.parts.items():
        told = _told(name, title, _word(family, cls), inspect.getdoc(cls) or "")
        more = [CAUSAL_TOLD] if issubclass(cls, Attending | Headed) else []
        yield {**told, "group": _group(cls), "arguments": [*narrowed(cls, [*_arguments(cls)]), *more],
               "in_palette": family is not layers or (_alone(title, cls) and not _of_text(cls)),
               "of_text": family is layers and _of_text(cls) and _alone(title, cls)}  # fmt: skip


def _told(family: str, title: str, word: str, text: str) -> dict[str, Any]:
    return {
        "class": title, "name": word, "family": family, "group": "core", "title": spaced(title),
        "help": HOLDING.get(title) or first_sentence(text), "text": text, "in_palette": True,
        "holds": "layers" if title in HOLDING else None, "terms": sorted({word, title}),
    }  # fmt: skip


def _residual() -> dict[str, Any]:
    """A block of the spec's alone: no layer, but a graph of some (`actions/building.py`)."""
    holds = {
        "name": "layers", "kind": "layers", "default": [], "required": True, "optional": False, "family": None,
        "choices": None, "simple": True, "help": "the blocks within; they give back the shape that they take",
    }  # fmt: skip
    text = "y = x + f(x), f the blocks within.\n\nSource: He, Zhang, Ren & Sun (2016)."
    return {**_told("layers", "Residual", "residual", text), "arguments": [holds]}


def _of_text(cls: Any) -> bool:
    """Whether it takes the numbers of characters, or of rows of another table: only a text brings such."""
    return bool(cls.names != 0)


def _alone(title: str, cls: type[Part]) -> bool:
    """Whether it can stand in a chain of blocks, made of words and numbers."""
    kind: Any = cls
    if issubclass(kind, Attending | Headed):  # what comes in looks at itself
        return True
    if title in NOT_ALONE or issubclass(kind, Joining | Encoding):
        return False
    call = inspect.signature(kind.call).parameters.values() if issubclass(kind, Traced) else ()
    asked = [p for p in call if p.default is p.empty][1:]  # but itself
    return len(asked) < 2 and not {"cell", "cells", "layer"} & set(needed_of(kind))


def _group(cls: type[Part]) -> str:
    name = cls.__name__
    if issubclass(cls, Joining):
        return "merging"
    if issubclass(cls, ActivationLayer) or name in ("Activation", "PReLU", "Softmax"):
        return "activation"
    if "Normalization" in name or name == "Rescaling":
        return "normalization"
    if "Dropout" in name or "Noise" in name or name == "ActivityRegularization":
        return "regularization"
    if "Conv" in name:
        return "convolution"
    if "Pooling" in name:
        return "pooling"
    if issubclass(cls, Layer) and _of_text(cls):
        return "sequences"
    if issubclass(cls, Recurrent | Attending | Headed | Placed | RotaryEmbedding):
        return "sequences"
    if name.startswith(PICTURES):
        return "pictures"
    return "reshaping" if name in RESHAPING else "core"


# Arguments -------------------------------------------------------------------------------------------------------


def _arguments(cls: type[Part]) -> Iterator[dict[str, Any]]:
    """Those that a user chooses."""
    for name in arguments(cls):
        _, parameter = parameter_of(cls, name)
        wanted = parameter is not None and parameter.default is parameter.empty  # as Embedding's input_dim is
        if (
            parameter is not None
            and (wanted or name not in HIDDEN)
            and not (name == "trainable" and not issubclass(cls, Layer))
        ):
            yield _argument(cls, name, parameter)


def _argument(cls: type[Part], name: str, parameter: inspect.Parameter) -> dict[str, Any]:
    annotation, default = str(parameter.annotation), parameter.default
    required = default is inspect.Parameter.empty
    family = _family(name)
    told: dict[str, Any] = {
        "name": name, "kind": "part" if family else _kind(name, annotation, default), "required": required,
        "optional": "None" in annotation or default is None, "family": family,
        "choices": CHOICES.get(name),
        "simple": required or name in SIMPLE, "help": _said(cls, name),
    }  # fmt: skip
    if name == "learning_rate":
        told |= {"kind": "float", "family": "schedules"}
    if not required:
        told["default"] = list(default) if isinstance(default, tuple) else default
    return told


def _family(name: str) -> str | None:
    if name == "activation" or name.endswith("_activation"):
        return "activations"
    return ENDINGS.get(name.rpartition("_")[2])


def _kind(name: str, annotation: str, default: Any) -> str:
    if name == "layers":
        return "layers"
    if "Sequence[int" in annotation:
        return "shape"
    if "Sequence" in annotation or isinstance(default, tuple):
        return "list"
    for kind in ("bool", "int", "float", "str"):
        if re.search(rf"\b{kind}\b", annotation):
            return kind
    return type(default).__name__ if isinstance(default, bool | int | float | str) else "any"


def _said(cls: Any, name: str) -> str:
    """What a docstring says of an argument: "rate: the share of ..."."""
    return _all_said(cls).get(name, "")


@cache
def _all_said(cls: Any) -> dict[str, str]:
    found = SAID.findall(re.sub(r"\s+", " ", inspect.getdoc(cls) or ""))
    return {name: said.strip() for name, said in reversed(found)}  # what is said first counts


def first_sentence(text: str) -> str:
    """The first sentence of a docstring.

    >>> first_sentence("Join every input to every output.\\n\\nMore.")
    'Join every input to every output.'
    """
    paragraph = re.sub(r"\s+", " ", text.partition("\n\n")[0])
    found = re.match(r"(.+?[.:])(?= |$)", paragraph)
    return (found[1] if found else paragraph).replace(":", ".") if paragraph else ""


def spaced(name: str) -> str:
    """BatchNormalization -> Batch normalization; ReLU stays.

    >>> spaced("BatchNormalization"), spaced("ReLU"), spaced("GaussianNoise"), spaced("relu")
    ('Batch normalization', 'ReLU', 'Gaussian noise', 'relu')
    """
    parts = re.findall(r"[A-Z][a-z]+", name)
    return " ".join([parts[0], *(part.lower() for part in parts[1:])]) if "".join(parts) == name else name


def _word(family: Family[Any], cls: type[Part]) -> str:
    mine = [name for name, made in family.names.items() if made is cls and name == name.lower()]
    return mine[0] if mine else cls.__name__


THINGS = {
    "text": "characters of a text", "images": "pictures", "points": "points", "curve": "points of a curve",
    "windows": "windows of readings",
}  # fmt: skip


def _datasets() -> Iterator[dict[str, Any]]:
    for info in datasets.catalogue():
        if info.kind not in THINGS:  # the page has no face for it
            continue
        yield {
            "name": info.name, "label": info.label, "kind": info.kind, "samples": info.samples,
            "shape": list(info.shape), "classes": info.classes, "source": info.source, "licence": info.licence,
            "at_hand": datasets.at_hand(info.name), "help": f"{info.samples:,} {THINGS[info.kind]}, {info.source}.",
        }  # fmt: skip
