"""What the page offers of each part: nothing that the part would refuse."""

from __future__ import annotations

from typing import Any

import pytest

from pellucid.errors import PellucidError
from pellucid.studio.offering import SOME
from pellucid.studio.schema import FAMILIES, schema

SCHEMA = schema()
PARTS = {part["class"]: part for name in FAMILIES if name != "activations" for part in SCHEMA[name]}
HOLDS_WORDS = "layers", "optimizers", "losses", "metrics", "initializers", "regularizers", "schedules"


def refuses(cls: Any, given: dict[str, Any], name: str) -> bool:
    """Whether the constructor finds fault with this argument."""
    try:
        cls(**given)
    except PellucidError as problem:
        return problem.where.endswith(f"argument {name}")
    except TypeError:  # of another one, which it wants besides
        return False
    return False


@pytest.mark.filterwarnings("ignore:LayerNormalization, argument rms_scaling")
@pytest.mark.parametrize("family", HOLDS_WORDS)
def test_no_word_and_no_switch_that_is_offered_is_refused(family: str):
    tried = 0
    for part in SCHEMA[family]:
        cls, told = FAMILIES[family].names.get(part["class"]), part["arguments"]
        needed = {one["name"]: (one["choices"] or [SOME.get(one["kind"])])[0] for one in told if one["required"]}
        for argument in told if cls is not None else ():
            name, switch = argument["name"], argument["kind"] == "bool"
            if name != "use_causal_mask":  # which a block hands on when its layer is called
                values = [*(argument["choices"] or []), *([True, False] if switch else [])]
                assert not [value for value in values if refuses(cls, {**needed, name: value}, name)], (cls, name)
                tried += len(values)
    assert tried


def arguments(part: str) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in PARTS[part]["arguments"]}


def test_words_come_from_what_the_constructor_takes():
    assert arguments("Conv1D")["padding"]["choices"] == ["causal", "same", "valid"]
    assert arguments("Conv2D")["padding"]["choices"] == ["same", "valid"]
    assert arguments("RandomFlip")["mode"]["choices"] == ["horizontal", "horizontal_and_vertical", "vertical"]
    assert arguments("VarianceScaling")["mode"]["choices"] == ["fan_avg", "fan_in", "fan_out"]
    assert arguments("GRU")["recurrent_activation"]["family"] == "activations"


def test_what_has_one_value_only_is_not_asked_for():
    assert {"stateful", "return_state"}.isdisjoint(arguments("GRU"))
    assert {"use_bias", "return_sequences", "go_backwards"} <= arguments("GRU").keys()
    assert "sparse" not in arguments("CategoryEncoding")


def test_a_part_that_wants_to_be_told_more_is_no_word():
    offered = {field["name"]: field["choices"] for field in SCHEMA["spec"]}
    assert "adam" in offered["optimizer"]
    assert "multi_optimizer" not in offered["optimizer"]
