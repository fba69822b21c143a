"""Every argument of every layer stands with another value than its default in a golden case of Keras's, or it is told
why it does not."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from exchange.unwritten import RANDOM
from golden.trained_cases import CASES
from laws.test_layers import ENCODINGS
from pellucid import layers as L
from pellucid.layers.base import layers
from pellucid.registry import arguments, plain

FOLDER = Path(__file__).parents[1] / "golden"
FILES = ("layers", "pictures", "attention", "recurrent", "several", "ops", "spectral")
OWN = {
    "PositionEmbedding",
    "SinePositionEncoding",
    "RotaryEmbedding",
    "TokenAndPositionEmbedding",
}  # not in Keras itself
# What changes pictures has other numbers; the warps for given ones are in pictures.json.
PICTURES = RANDOM | {"AutoContrast", "CutMix", "MixUp", "Pipeline"}
APART = {
    "Sequential",
    "Functional",
    "Lambda",
    "InputLayer",
    "Masking",
    "StackedRNNCells",
}  # tests/models/, test_masks.py
EVERYWHERE = {
    "name", "dtype", "trainable", "input_shape", "input_dim",  # of all layers
    "seed", "dropout", "recurrent_dropout", "noise_shape", "rate", "stddev",  # random numbers are others than Keras's
    "unroll", "use_cudnn", "flash_attention", "synchronized",  # change nothing
    "activity_regularizer",  # one place for all layers, and a case for each that Keras names it at
    "stateful",  # tests/layers/test_stateful.py
    "sparse", "ragged", "lora_rank", "lora_alpha", "quantization_config",  # refused
}  # fmt: skip
BUT: dict[str, set[str]] = {
    "Bidirectional": {"weights"}, "Embedding": {"weights", "input_length"},  # tests/layers/test_embedding.py
    "Resizing": {"fill_mode"},  # has one value
    "BatchNormalization": {"renorm", "renorm_clipping", "renorm_momentum"},  # tests/layers/test_batch_normalization.py
}  # fmt: skip


def cases(told: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """(name, arguments) of each layer in what was read, or in the networks' table."""
    if isinstance(told, tuple) and len(told) == 2 and isinstance(told[0], str):
        yield told
    if isinstance(told, dict):
        if isinstance(told.get("class_name"), str) and isinstance(told.get("config"), dict):
            yield told["class_name"], told["config"]
        if isinstance(told.get("layer"), str) and "arguments" in told:
            yield told["layer"], told["arguments"]
            yield "SpectralNormalization", {**told, "layer": {}}
        told = list(told.values())
    if isinstance(told, list | tuple):
        for one in told:
            yield from cases(one)


@pytest.fixture(scope="module")
def varied() -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    read = [json.loads((FOLDER / f"{name}.json").read_text()) for name in FILES]
    for name, config in cases([*read, [case.layers for case in CASES.values()]]):
        found.setdefault(name, []).append(config)
    return found


def alike(a: Any, b: Any) -> bool:
    """Whether two values of an argument mean the same: by a class's name and its options, or written out."""
    a, b = (list(one) if isinstance(one, tuple) else one for one in (a, b))
    if isinstance(a, dict) and isinstance(b, str):
        return bool(a.get("class_name", "").lower() == b.replace("_", "").lower())
    if isinstance(a, list) and not isinstance(b, list):
        return all(one == b for one in a)
    return bool(a == b)


@pytest.mark.parametrize("name", sorted(set(layers.parts) - ENCODINGS - OWN - PICTURES - APART))
def test_every_argument_has_another_value_in_a_case_of_keras(
    name: str, varied: dict[str, list[dict[str, Any]]]
) -> None:
    default = {
        key: plain(parameter.default)
        for cls in reversed(getattr(L, name).__mro__) if "__init__" in vars(cls) and issubclass(cls, L.Layer)
        for key, parameter in inspect.signature(cls.__init__).parameters.items()
    }  # fmt: skip
    asked = [key for key in arguments(getattr(L, name)) if key not in EVERYWHERE | BUT.get(name, set())]
    lacking = [
        key for key in asked
        if not any(key in config and not alike(config[key], default.get(key)) for config in varied.get(name, []))
    ]  # fmt: skip
    assert not lacking
