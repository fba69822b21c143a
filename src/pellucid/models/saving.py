"""Models to files and back: which array of the file is which parameter of the model.

Keras 3's layout: each layer's arrays under `layers/<class_name>[_n]/vars/<i>`, a model in a model again with its own
`layers/`, the optimizer's under `optimizer/vars/<i>`. Keras itself opens what is written here, and the reverse.
"""

from __future__ import annotations

import json
import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .. import checks
from ..__about__ import version
from ..arrays import Array
from ..errors import FileError, InvalidArgument, PellucidError, ShapeError, Told, UnknownName, count
from ..files import reading
from ..layers import InputLayer, Layer
from ..layers.base import layers as layer_family
from ..layers.composite import Composite
from ..layers.index_lookup import IndexLookup
from ..layers.traced import Traced
from ..layers.tracing import layers_in
from ..registry import Family, custom_object_scope, is_ours, snake
from ..rng import Key
from . import archive
from .network import Network
from .own_parts import check_known, check_named, told_how
from .vectors import at_most

HARMLESS = 1 << 20  # parameters that a config may claim whatever is in the file: their shapes then tell what differs
WHOLE = "a config as Keras 3 writes it"
SAFETENSORS = ".safetensors"
# What others have a model keep as plain data, and check when they read it; here only its kind is.
ATTACHED: dict[str, Callable[[Any], bool]] = {
    "columns": lambda held: isinstance(held, list) and all(isinstance(name, str) for name in held),  # training.batches
    "classes": lambda held: isinstance(held, list),  # data.labels
    "table": lambda held: isinstance(held, Mapping),  # tables.attaching
    "targets": lambda held: isinstance(held, Mapping),
}
KERAS_FORMAT = "3.15.1"  # the version of Keras whose files these are
spaces: Family[Any] = Family("feature space", "keras.src.layers.preprocessing.feature_space")


def save_model(model: Any, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write architecture, weights, how it was compiled, and the optimizer's state to a `.keras` file."""
    path = _target(filepath, ".keras", overwrite, "save")
    model.needs_parameters("save")
    saved = dict(layer_family.serialize(model))
    check_named(saved, f"model {model.name!r}, save")
    tree, groups = _tree(model)
    if model.compiled:
        saved["compile_config"] = model.get_compile_config()
        groups["optimizer/vars"] = model.optimizer.name
        places = model.optimizer.places_to_save(model.theta, model.trained_names()) if model.optimizer.built else {}
        for place, (name, arrays) in places.items():
            groups[f"optimizer/{place}"] = name
            tree |= {f"optimizer/{place}/{i}": array for i, (_, array) in enumerate(arrays)}
    metadata: dict[str, Any] = {"keras_version": KERAS_FORMAT, "pellucid_version": version, "seed": model.key.seed}
    metadata |= {
        name: held for name, fits in ATTACHED.items() if (held := model.__dict__.get(f"_{name}")) and fits(held)
    }
    archive.write_archive(path, saved, metadata, tree, groups)


def save_space(space: Any, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write a `FeatureSpace` to a `.keras` file."""
    path = _target(filepath, ".keras", overwrite, "save")
    saved = {**spaces.serialize(space), "build_config": space.get_build_config()}
    check_named(saved, f"{space.name!r}, save")
    archive.write_archive(path, saved, {"keras_version": KERAS_FORMAT, "pellucid_version": version}, *_tree(space))


@checks.by_name
def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: Mapping[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Any:
    """The model in a `.keras` file, written here or by Keras 3: ready to predict, evaluate, and train on.

    Nothing in the file is executed. Classes and functions of your own must be registered, or passed as custom_objects
    {"MyLayer": MyLayer}; an error names all that lack, with the line to write. compile=False leaves out the optimizer,
    the loss and the metrics. safe_mode is taken for Keras's sake: there is no unsafe mode. A model that
    was saved in half precision computes in float32 here.
    """
    path = Path(checks.path("load_model, argument filepath", filepath))
    config, metadata, tree = archive.read_archive(path)
    where = f"loading {path}"
    held = max(sum(array.size for array in tree.values()), HARMLESS)
    try:
        with reading(where, WHOLE, archive.AGAIN), at_most(held), custom_object_scope(custom_objects or {}):
            check_known(config, where, f"load_model({str(path)!r}", compiled=compile)
            space = isinstance(config, Mapping) and config.get("class_name") in spaces.parts
            model = (_space_of if space else _model_of)(config, where)
            _load_tree(model, tree, where)
            _load_vocabularies(model, path, tree)
            if space:
                return model
            if isinstance(metadata, Mapping) and isinstance(metadata.get("seed"), int):
                model.key = Key(metadata["seed"])
            _load_attached(model, metadata)
            if compile and config.get("compile_config"):
                model.compile_from_config(config["compile_config"])
                _load_optimizer(model, tree)
    except PellucidError as problem:
        if isinstance(problem, UnknownName):
            told_how(problem, f"load_model({str(path)!r}")
        if not problem.where.startswith(where):
            problem.where = f"{where}, {problem.where}"
        raise
    return model


def _load_vocabularies(model: Any, path: Path, tree: Mapping[str, Array]) -> None:
    """Those that layers have learnt by `adapt`: Keras keeps them in text files beside the weights."""
    for group, _, layer in _held(model):
        if not isinstance(layer, IndexLookup) or layer.vocabulary is not None:
            continue
        text, idf = archive.read_asset(path, f"assets/{group}vocabulary.txt"), tree.get(f"{group}vars/idf_weights")
        if text is not None:
            tokens = text.rstrip("\n").splitlines()
            layer.set_vocabulary(tokens, None if idf is None else idf[: len(tokens)])


def _load_attached(model: Any, metadata: Any) -> None:
    """What the model is to keep, where the file has it."""
    for name, fits in ATTACHED.items():
        if isinstance(metadata, Mapping) and fits(metadata.get(name)):
            model.__dict__[f"_{name}"] = metadata[name]


def save_weights(model: Any, filepath: str | os.PathLike[str], overwrite: bool = True) -> None:
    """Write the weights alone to a `.weights.h5` or `.safetensors` file."""
    path = _target(filepath, (".weights.h5", SAFETENSORS), overwrite, "save_weights")
    model.needs_parameters("save_weights")
    if path.suffix == SAFETENSORS:
        from ..exchange import safetensors  # here, so that importing the library stays quick

        safetensors.write(model, path)
    else:
        archive.write_weights(path, *_tree(model))


def load_weights(
    model: Any, filepath: str | os.PathLike[str], skip_mismatch: bool = False, by_name: bool | None = None
) -> None:
    """Read the weights of a `.weights.h5`, `.keras` or `.safetensors` file into a model of the same architecture; or,
    with skip_mismatch, those of the layers that fit, with a warning that names the others."""
    model.needs_parameters("load_weights")
    path = Path(checks.path("load_weights, argument filepath", filepath))
    if by_name:
        fix = "skip_mismatch=True reads the layers that fit."
        raise InvalidArgument("load_weights, argument by_name", "None: it is for Keras 2's .h5 files", by_name, fix)
    if path.suffix == SAFETENSORS:
        if skip_mismatch:
            fix = "Read a .weights.h5 file of that network."
            raise InvalidArgument("load_weights, argument skip_mismatch", f"False for {SAFETENSORS}", True, fix)
        from ..exchange import safetensors

        for place, array in safetensors.read(model, path):
            place.layer.p[place.name][...] = array
        return
    with reading(f"loading {path}", "weights that fit the model", archive.AGAIN):
        odd = _load_tree(model, archive.read_weights(path), f"loading {path}", skip_mismatch)
    if odd:
        told = f"{count(len(odd), 'layer keeps its', 'layers keep their')} weights: {' '.join(odd)}"
        warnings.warn(f"loading {path}: {told}", stacklevel=4)  # `load_weights` of a model is called through `alone`


def model_to_json(model: Any, **options: Any) -> str:
    """The architecture as JSON."""
    return json.dumps(layer_family.serialize(model), **options)


def model_from_json(text: str, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """The model that `model_to_json` described, with fresh weights."""
    with reading("model_from_json", "JSON that to_json has written", ""):
        config = archive.in_float32(json.loads(text))
    with custom_object_scope(custom_objects or {}):
        check_known(config, "model_from_json", "model_from_json(text")
        return _model_of(config, "model_from_json")


def clone_model(model: Any, clone_function: Callable[[Layer], Layer] | None = None) -> Any:
    """A model of the same architecture, with fresh weights of its own.

    clone_function makes each new layer from the old one; without it, a layer is made anew from its config.
    """
    config = layer_family.serialize(model)
    if clone_function is not None:
        if isinstance(model, Traced):
            raise InvalidArgument(
                "clone_model, argument clone_function", "None for a class of one's own, which makes its layers itself",
                Told(f"one, for a {type(model).__name__}"),
            )  # fmt: skip
        given = config["config"]["layers"]
        inputs = given[: len(given) - len(model.members)]  # the Input of a Sequential, if there is one
        made = [
            saved if isinstance(layer, InputLayer) or not layer.is_layer
            else {**saved, **layer_family.serialize(clone_function(layer))}
            for saved, layer in zip(given[len(inputs) :], model.members, strict=True)
        ]  # fmt: skip
        config = {**config, "config": {**config["config"], "layers": [*inputs, *made]}}
    with custom_object_scope({type(layer).__name__: type(layer) for layer in _all(model) if not is_ours(type(layer))}):
        return _model_of(config, "clone_model")


def _all(layer: Layer) -> Iterator[Layer]:
    """The layer, and those that it is made of."""
    yield layer
    for inner in layer.layers if isinstance(layer, Composite) else ():
        yield from _all(inner)


def _target(filepath: str | os.PathLike[str], suffix: str | tuple[str, ...], overwrite: bool, where: str) -> Path:
    path = archive.as_path(filepath, suffix, where)
    if os.path.lexists(path) and not overwrite:
        raise FileError(
            f"{where} to {path}", "a path that is free", Told("a file"), "Pass overwrite=True to replace it."
        )
    return path


def _model_of(config: Any, where: str) -> Any:
    with reading(where, WHOLE, ""):
        model = layer_family.deserialize(config, where=where)
    if not isinstance(model, Network):
        raise FileError(where, "a model", Told(type(model).__name__))
    shape = (config.get("build_config") or {}).get("input_shape")
    if not model.built and shape:
        model.build(shape)
    return model


def _space_of(config: Mapping[str, Any], where: str) -> Any:
    with reading(where, WHOLE, ""):
        space = spaces.deserialize(config, where=where)
        space.build_from_config(config.get("build_config") or {})
    return space


def _groups(part: Composite, prefix: str = "", met: set[int] | None = None) -> Iterator[tuple[str, Layer]]:
    """(group in the file, layer), as Keras calls them; a shared layer where it is first met."""
    met = set() if met is None else met
    for name, layer in _places(part):
        if id(layer) in met:
            continue
        met.add(id(layer))
        yield f"{prefix}{name}", layer
        if isinstance(layer, Composite):
            yield from _groups(layer, f"{prefix}{name}/", met)


def _places(part: Composite) -> Iterator[tuple[str, Layer]]:
    """The layers of a model, named by class and counted; those of a class of one's own by their attributes."""
    if not isinstance(part, Traced):
        yield from _counted("layers", part.layers)
        return
    every = {"layers": list(part.in_saved_order())} if isinstance(part, Network) else {}  # as Keras has them once more
    for attribute, held in sorted({**vars(part), **every}.items()):
        name = part.names_in_file.get(attribute, attribute)
        if isinstance(held, Layer):
            yield from ((name, layer) for layer in layers_in(held))
        else:
            yield from _counted(name, [layer for layer in layers_in(held) if layer.is_layer])


def _counted(container: str, layers: Sequence[Layer]) -> Iterator[tuple[str, Layer]]:
    counts: dict[str, int] = {}
    for layer in layers:
        name = snake(layer.class_in_file or type(layer).__name__)
        n = counts[name] = counts.get(name, -1) + 1
        yield f"{container}/{name}_{n}" if n else f"{container}/{name}", layer


def _own_weights(layer: Layer) -> Layer | None:
    """The layer whose arrays stand in its group: of one that is made of layers, what gives its own."""
    if isinstance(layer, Traced):
        held: Layer | None = layer.in_file
        return held
    return None if isinstance(layer, Composite) else layer


def _held(model: Any) -> Iterator[tuple[str, str, Layer | None]]:
    """(group in the file, name, whose arrays stand there)."""
    if not isinstance(model, Network):
        yield "", model.name, None
        for group, layer in _counted("preprocessors", list(model.preprocessors.values())):
            yield f"{group}/", layer.name, layer
        return
    yield "", model.name, _own_weights(model)
    for group, layer in _groups(model):
        if layer.saved_below:
            yield f"{group}/", layer.name, None
            yield f"{group}/{layer.saved_below}/", f"{snake(type(layer).__name__)}_{layer.saved_below}", layer
        else:
            yield f"{group}/", layer.name, _own_weights(layer)


def _tree(model: Any) -> tuple[dict[str, Array], dict[str, str]]:
    """(arrays by path, names of the `vars` groups by path)."""
    tree: dict[str, Array] = {}
    groups = {}
    for group, name, layer in _held(model):
        groups[f"{group}vars"] = name
        if layer is not None:
            tree |= {f"{group}vars/{i}": w for i, w in enumerate(layer.get_weights())}
        if isinstance(layer, IndexLookup) and layer.idf_weights is not None:
            idf = np.zeros(layer.depth, "float32")  # what pad_to_max_tokens adds has none
            idf[: len(layer.idf_weights)] = layer.idf_weights
            tree |= {f"{group}{place}vars/idf_weights": idf for place in layer.places_in_file}
    return tree, groups


def _load_tree(model: Any, tree: Mapping[str, Array], where: str, skip: bool = False) -> list[str]:
    """Put the file's arrays into the model; nothing changes unless every one is there and fits, or those of a layer
    that do not are to be skipped: then what is wrong with them is returned."""
    if not model.built:
        if any(not path.startswith("optimizer/") for path in tree):
            raise FileError(where, "the model's input shape in its config", Told("weights without it"))
        return []
    wanted: list[tuple[Layer, list[Array]]] = []
    odd = []
    for group, name, layer in _held(model):
        if layer is None:
            continue
        try:
            arrays = _arrays_of(layer, group, name, tree, where)
        except PellucidError as problem:
            if not skip:
                raise
            odd.append(str(problem).removeprefix(f"{where}, ").removeprefix(f"{where}: "))
            continue
        if arrays:  # a layer that no call uses has none
            wanted.append((layer, arrays))
    for layer, arrays in wanted:
        layer.set_weights(arrays)
    return odd


def _arrays_of(layer: Layer, group: str, name: str, tree: Mapping[str, Array], where: str) -> list[Array]:
    """The file's arrays of one layer, each in the shape of its parameter."""
    arrays = []
    for i, mine in enumerate(layer.get_weights()):
        path = f"{group}vars/{i}"
        if path not in tree:
            raise FileError(where, f"array {path!r} of layer {name!r}", Told("none"), "The architectures differ.")
        if tree[path].shape != mine.shape:
            raise ShapeError(f"{where}, {path} of layer {name!r}", f"shape {mine.shape}", tree[path].shape)
        arrays.append(tree[path])
    if not layer.built and f"{group}vars/0" in tree:
        raise FileError(
            where, f"a layer {name!r} that is built, as the file has weights of it", Told("one that is not"),
            f"Where only a later call uses it, have the class's build make it: self.{group[:-1]}.build(shape).",
        )  # fmt: skip
    return arrays


def _load_optimizer(model: Any, tree: Mapping[str, Array]) -> None:
    prefix = "optimizer/vars/"
    numbers = [path.removeprefix(prefix) for path in tree if path.startswith(prefix)]
    if not all(number.isdecimal() for number in numbers):
        raise FileError(prefix, "arrays named by numbers", Told(", ".join(numbers)))
    found = sorted((int(number), prefix + number) for number in numbers)
    if found and not np.all(np.asarray(tree[found[0][1]]) >= 0):
        raise FileError(found[0][1], "the number of steps taken", tree[found[0][1]])
    if found and model.built:
        model.optimizer.build(model.theta)
        model.optimizer.serve(f"model {model.name!r}", model)
        model.optimizer.load_saved(model.theta, [np.asarray(tree[path]) for _, path in found], model.trained_names())
