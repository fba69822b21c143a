"""FeatureSpace: rows of a table, columns of all kinds, as one vector for each row, or as an array for each column."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from .. import checks
from .. import layers as L
from ..arrays import TEXT, Array, is_whole
from ..data.checking import column_names
from ..errors import DataError, InvalidArgument, NotReady, Told, UnknownName, WrongType
from ..layers import Layer
from ..layers.encoding import Encoding
from ..registry import Part, plain
from ..wiring import Tensor
from .functional import Functional
from .saving import save_space, spaces

MODES = ("int", "one_hot", "float")
PLACING = (L.Discretization, L.HashedCrossing, L.Hashing, L.IntegerLookup, L.StringLookup)  # which give places
Number = float  # within FeatureSpace, `float` is a kind of feature
KERAS_IDENTITY = {"module": "keras.src.layers.preprocessing.feature_space", "class_name": "TFDIdentity"}


@spaces.add()
class Feature(Part):
    """A column: what its numbers or words come in, the layer that prepares them, and how they go on, "int", "one_hot"
    or "float". `FeatureSpace.feature` makes one."""

    family = spaces

    def __init__(self, dtype: str, preprocessor: Any, output_mode: str) -> None:
        self.dtype = dtype
        if isinstance(preprocessor, Mapping) and preprocessor.get("class_name") == KERAS_IDENTITY["class_name"]:
            preprocessor = {**preprocessor, "class_name": "Identity"}
        self.preprocessor: Layer = L.layers.get(preprocessor, self.where("preprocessor"))
        self.output_mode = checks.one_of(self.where("output_mode"), output_mode, MODES)

    def get_config(self) -> dict[str, Any]:
        """The arguments; of a column that goes on as it is with Keras's name for a layer that does so."""
        saved, identity = super().get_config(), isinstance(self.preprocessor, L.Identity)
        return {**saved, "preprocessor": {**saved["preprocessor"], **(KERAS_IDENTITY if identity else {})}}


@spaces.add()
class Cross(Part):
    """Columns taken together: a bin, of `crossing_dim`, for each combination. `FeatureSpace.cross` makes one."""

    family = spaces

    def __init__(self, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> None:
        if isinstance(feature_names, str) or not isinstance(feature_names, Iterable):
            raise WrongType(self.where("feature_names"), "several names of features", feature_names)
        self.feature_names = tuple(feature_names)
        self.crossing_dim = checks.integer(self.where("crossing_dim"), crossing_dim, minimum=1)
        self.output_mode = checks.one_of(self.where("output_mode"), output_mode, MODES[:2])

    @property
    def name(self) -> str:
        """The names of the columns with _X_ between them."""
        return "_X_".join(self.feature_names)


@spaces.add()
class FeatureSpace(Part):
    """The columns of a table as vectors, each prepared as its kind wants it, with the layers made for that.

    features: for each column a kind, by its name or as one of these, with options:

    | kind | layer | goes on as |
    |---|---|---|
    | `float()` | `Identity` | the number |
    | `float_rescaled(scale, offset)` | `Rescaling` | the number |
    | `float_normalized()` | `Normalization` | the number |
    | `float_discretized(num_bins)` | `Discretization` | 1 in the place of its range |
    | `integer_categorical()`, `string_categorical()` | `IntegerLookup`, `StringLookup` | 1 in its place |
    | `integer_hashed(num_bins)`, `string_hashed(num_bins)` | `Hashing` | 1 in the place of its hash |
    | `feature(dtype, preprocessor, output_mode)` | one of your own | as output_mode says |

    crosses: columns taken together, as tuples of names or `cross(names, crossing_dim)`, hashed into `crossing_dim`
    places. `hashing_dim` and `num_discretization_bins` are for kinds given by name. output_mode: "concat", everything
    side by side, columns and then crosses in the order of the alphabet; or "dict", each by itself. `adapt` takes from
    data what layers have to know of them.

    Shapes: each column (B,) or (B, 1), or one value; y (B, D), or (D,) of one row. A column that lacks, or is of
    another kind, is refused; columns that are none of the features are passed over.

    >>> rows = {"size": [1.0, 2.0, 3.0], "colour": ["red", "blue", "red"]}
    >>> space = FeatureSpace({"size": "float_normalized", "colour": "string_categorical"})
    >>> space.adapt(rows)
    >>> space(rows).round(2)
    array([[ 0.  ,  1.  ,  0.  , -1.22],
           [ 0.  ,  0.  ,  1.  ,  0.  ],
           [ 0.  ,  1.  ,  0.  ,  1.22]], dtype=float32)
    >>> space({"size": 2.0, "colour": "green"})
    array([1., 0., 0., 0.], dtype=float32)

    Within a model that takes the rows as they are:

    >>> from pellucid.layers import Dense
    >>> from pellucid.models import Model
    >>> model = Model(space.get_inputs(), Dense(1)(space.get_encoded_features()), seed=0)
    >>> model.predict(rows, verbose=0).shape
    (3, 1)

    Source: Keras 3, `keras.utils.FeatureSpace`, whose numbers these are. There a discretized column that is given its
    boundaries, `num_bins=None`, cannot be one-hot.
    """

    family = spaces
    keras_module = "keras.utils"
    built = True  # as files ask of a model: its layers have all that their weights lie in

    # The kinds of columns ----------------------------------------------------------------------------------------

    @classmethod
    def feature(cls, dtype: str, preprocessor: Any, output_mode: str) -> Feature:
        """A column prepared by a layer of your choice."""
        return Feature(dtype, preprocessor, output_mode)

    @classmethod
    def cross(cls, feature_names: Sequence[str], crossing_dim: int, output_mode: str = "one_hot") -> Cross:
        """Columns taken together."""
        return Cross(feature_names, crossing_dim, output_mode)

    @classmethod
    def float(cls, name: str | None = None) -> Feature:
        """Numbers as they are."""
        return Feature("float32", L.Identity(name=_of(name)), "float")

    @classmethod
    def float_rescaled(cls, scale: Number = 1.0, offset: Number = 0.0, name: str | None = None) -> Feature:
        """Numbers times scale, plus offset."""
        return Feature("float32", L.Rescaling(scale, offset, name=_of(name)), "float")

    @classmethod
    def float_normalized(cls, name: str | None = None) -> Feature:
        """Numbers brought to mean 0 and variance 1."""
        return Feature("float32", L.Normalization(name=_of(name)), "float")

    @classmethod
    def float_discretized(
        cls, num_bins: int | None, bin_boundaries: Any = None, output_mode: str = "one_hot", name: str | None = None
    ) -> Feature:
        """Ranges of numbers: num_bins of them, or those between the boundaries."""
        return Feature("float32", L.Discretization(bin_boundaries, num_bins, name=_of(name)), output_mode)

    @classmethod
    def integer_categorical(
        cls, max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:  # fmt: skip
        """Whole numbers that are names."""
        return Feature("int32", L.IntegerLookup(max_tokens, num_oov_indices, name=_of(name)), output_mode)

    @classmethod
    def string_categorical(
        cls, max_tokens: int | None = None, num_oov_indices: int = 1, output_mode: str = "one_hot",
        name: str | None = None,
    ) -> Feature:  # fmt: skip
        """Words."""
        return Feature("string", L.StringLookup(max_tokens, num_oov_indices, name=_of(name)), output_mode)

    @classmethod
    def integer_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Whole numbers of any kind, without a vocabulary."""
        return Feature("int32", L.Hashing(num_bins, name=_of(name)), output_mode)

    @classmethod
    def string_hashed(cls, num_bins: int, output_mode: str = "one_hot", name: str | None = None) -> Feature:
        """Words of any kind, without a vocabulary."""
        return Feature("string", L.Hashing(num_bins, name=_of(name)), output_mode)

    # -------------------------------------------------------------------------------------------------------------

    def __init__(
        self,
        features: Mapping[str, Any],
        output_mode: str = "concat",
        crosses: Sequence[Any] | None = None,
        crossing_dim: int = 32,
        hashing_dim: int = 32,
        num_discretization_bins: int = 32,
        name: str | None = None,
    ) -> None:
        if not isinstance(features, Mapping) or not features:
            raise WrongType(self.where("features"), "a dict of at least one feature", features)
        self.name = name or "feature_space"
        self.crossing_dim = checks.integer(self.where("crossing_dim"), crossing_dim, minimum=1)
        self.hashing_dim = checks.integer(self.where("hashing_dim"), hashing_dim, minimum=1)
        bins = checks.integer(self.where("num_discretization_bins"), num_discretization_bins, minimum=1)
        self.num_discretization_bins = bins
        self.output_mode = checks.one_of(self.where("output_mode"), output_mode, ("concat", "dict"))
        self.features = {name: self._feature(name, kind) for name, kind in features.items()}
        self.crosses = [self._cross(one) for one in crosses or ()]
        self.crosses_by_name = {one.name: one for one in self.crosses}
        self.inputs = {name: L.Input((1,), dtype=one.dtype, name=name) for name, one in self.features.items()}
        self.preprocessors: dict[str, Any] = {name: one.preprocessor for name, one in self.features.items()}
        self.crossers = {one.name: L.HashedCrossing(one.crossing_dim, name=one.name) for one in self.crosses}
        self.one_hot_encoders: dict[str, L.CategoryEncoding] = {}
        self._learning = [name for name, layer in self.preprocessors.items() if _learns(layer)]
        self._adapted, self._loaded = not self._learning, False
        self._graph: Functional | None = None

    def _feature(self, name: str, kind: Any) -> Feature:
        where = f"{self.where('features')}, {name!r}"
        if isinstance(kind, Feature):
            return kind
        if isinstance(kind, Mapping):
            found = spaces.deserialize(kind, where=where)
            if isinstance(found, Feature):
                return found
        options = {
            "float": (), "float_normalized": (), "float_rescaled": (), "integer_categorical": (),
            "string_categorical": (), "float_discretized": (self.num_discretization_bins,),
            "integer_hashed": (self.hashing_dim,), "string_hashed": (self.hashing_dim,),
        }  # fmt: skip
        if not isinstance(kind, str):
            raise WrongType(where, "a kind of feature, by its name or as FeatureSpace makes it", kind)
        if kind not in options:
            raise UnknownName(where, kind, options)
        made: Feature = getattr(self, kind)(*options[kind], name=name)
        return made

    def _cross(self, given: Any) -> Cross:
        if isinstance(given, Mapping):
            given = spaces.deserialize(given, where=self.where("crosses"))
        cross = given if isinstance(given, Cross) else Cross(given, self.crossing_dim)
        for name in cross.feature_names:
            if name not in self.features:
                raise UnknownName(self.where("crosses"), name, self.features)
        return cross

    def adapt(self, dataset: Any) -> None:
        """Let the layers take from data what they have to know: a dict of columns, a data frame, or batches one after
        another, each a dict, or a tuple (x, y) of which x is one. What was learnt before is forgotten."""
        where = f"{type(self).__name__}.adapt"
        if self._loaded:
            fix = "Make it anew: FeatureSpace(features)."
            raise InvalidArgument(where, "a space that was made here", Told("one that was loaded"), fix)
        whole = isinstance(dataset, Mapping) or bool(column_names(dataset))
        if not whole and (not isinstance(dataset, Iterable) or isinstance(dataset, str | bytes)):
            raise WrongType(where, "a dict of columns, a data frame, or batches of them", dataset)
        batches = [dataset] if whole else list(dataset) if iter(dataset) is dataset else dataset
        for name in self._learning:
            self.preprocessors[name].adapt(_column(where, batch, name)[0] for batch in batches)
        self._adapted, self._graph = True, None
        self.one_hot_encoders = {}

    def get_inputs(self) -> dict[str, Tensor]:
        """For each column the tensor with which a model of raw rows begins."""
        return dict(self.inputs)

    def get_encoded_features(self) -> Any:
        """What these become: a tensor, or a dict of tensors with output_mode="dict"."""
        return self._built().output

    @property
    def encoded_features(self) -> Any:
        """`get_encoded_features()`; None before it is known."""
        return None if self._graph is None else self._graph.output

    def _built(self) -> Functional:
        """The columns as a graph."""
        if not self._adapted:
            raise NotReady(
                f"{type(self).__name__} {self.name!r}", "one that has seen data",
                Told("one that has still to learn of " + ", ".join(map(repr, self._learning))), "Call adapt(dataset).",
            )  # fmt: skip
        if self._graph is None:
            known = {name: layer(self.inputs[name]) for name, layer in self.preprocessors.items()}
            crossed = {one.name: self.crossers[one.name]([known[n] for n in one.feature_names]) for one in self.crosses}
            layers: dict[str, Any] = {**self.preprocessors, **self.crossers}
            specs: dict[str, Any] = {**self.features, **self.crosses_by_name}
            order = [(name, y) for some in (known, crossed) for name, y in sorted(some.items())]
            encoded = {name: self._encoded(name, y, layers[name], specs[name].output_mode) for name, y in order}
            given: Any = encoded
            if self.output_mode == "concat":
                given = L.Concatenate()([*encoded.values()]) if len(encoded) > 1 else encoded[order[0][0]]
            self._graph = Functional(self.inputs, given, seed=0)
        return self._graph

    def _encoded(self, name: str, y: Tensor, layer: Layer, mode: str) -> Tensor:
        """What a layer gives in the form that its column asks for."""
        where = f"{type(self).__name__}, feature {name!r}"
        whole = is_whole(y.dtype)
        if mode == "one_hot":
            if not (whole and isinstance(layer, PLACING)):
                wanted = "a lookup, a hash or a discretization that gives places, as its output_mode is 'one_hot'"
                fix = "Let the output_mode of the feature be 'float' or 'int'."
                raise InvalidArgument(where, wanted, Told(f"{type(layer).__name__} of {y.dtype}"), fix)
            encoder = self.one_hot_encoders[name] = L.CategoryEncoding(layer.depth)
            return encoder(y)  # type: ignore[no-any-return]
        if self.output_mode == "concat" and (whole or y.dtype == TEXT):
            fix = "Let the output_mode of the feature be 'one_hot', or that of the space 'dict'."
            raise InvalidArgument(where, "numbers that can stand beside others", Told(y.dtype), fix)
        return y

    def __call__(self, data: Any) -> Any:
        """The vectors of rows, given as a dict of columns or as a data frame; that of one row, given as a dict of
        values. Of tensors a tensor, as a step of a graph."""
        where, graph = f"{type(self).__name__} {self.name!r}, input", self._built()
        if isinstance(data, Mapping) and any(isinstance(one, Tensor) for one in data.values()):
            return graph(dict(data))
        columns = {name: _column(where, data, name) for name in self.features}
        found = graph({name: x for name, (x, _) in columns.items()})
        if not any(alone for _, alone in columns.values()):
            return found
        return {name: y[0] for name, y in found.items()} if isinstance(found, dict) else found[0]

    # Saving ------------------------------------------------------------------------------------------------------

    def get_config(self) -> dict[str, Any]:
        """The arguments as plain data."""
        config = {**super().get_config(), "features": plain(self.features), "crosses": plain(self.crosses)}
        return {key: value for key, value in config.items() if key != "name"}  # as Keras has it

    def get_build_config(self) -> dict[str, Any]:
        """The shape that each layer was made for."""
        return {name: {"input_shape": [None, 1]} for name in self.preprocessors}

    def build_from_config(self, config: Mapping[str, Any]) -> None:
        """Take what a file has learnt: make the layers' weights, into which it goes."""
        for name, layer in self.preprocessors.items():
            shape = (config.get(name) or {}).get("input_shape")
            if shape and not isinstance(layer, Encoding):  # which has none
                layer.build((None, *shape[1:]))
        self._adapted = self._loaded = True

    def save(self, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
        """Write it to a `.keras` file, which `load_model` reads, here and in Keras."""
        self._built()
        save_space(self, filepath, overwrite)


def _of(name: str | None) -> str | None:
    return None if name is None else f"{name}_preprocessor"


def _learns(layer: Layer) -> bool:
    """Whether a layer has still something to take from data."""
    known = ("input_mean", "bin_boundaries", "vocabulary")
    return hasattr(layer, "adapt") and all(getattr(layer, name, None) is None for name in known)


def _column(where: str, data: Any, name: str) -> tuple[Array, bool]:
    """(a column (B, 1), whether it is that of one row, given as a value) of a dict, of a data frame, or of (x, y)."""
    data = data[0] if isinstance(data, tuple) and data else data
    names = list(data) if isinstance(data, Mapping) else column_names(data)
    if not names:
        raise WrongType(where, "a dict of columns, or a data frame", data)
    if name not in names:
        raise DataError(where, f"a column {name!r}", Told(", ".join(map(repr, names))))
    x = np.asarray(data[name])
    return (x.reshape(1, 1) if x.ndim == 0 else x[:, None] if x.ndim == 1 else x), x.ndim == 0
