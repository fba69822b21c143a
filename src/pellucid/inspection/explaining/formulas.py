"""The formulas of an explanation: those that the parts declare, with the names and options of these very parts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from ...activations import Activation
from ...losses import Loss
from ...optimizers import Optimizer
from ...registry import arguments
from ..base import own
from .records import Judged, LayerRecord
from .step import PIECES

LAYER_SIGNS = {"epsilon": "ε"}
LOSS_SIGNS = {"gamma": "γ", "alpha": "α", "delta": "δ"}
RULE_SIGNS = {
    "beta_1": "β₁", "beta_2": "β₂", "epsilon": "ε", "momentum": "μ", "rho": "ρ", "epsilon_1": "ε₁", "epsilon_2": "ε₂",
    "clip_threshold": "d",
}  # fmt: skip
MEANING = re.compile(r"\by = (.*?)\.(?:\s|$)")  # in the first line of an activation's docstring


def letter(layer_record: LayerRecord, name: str) -> str:
    """The letter of a parameter in its layer's formulas: W for kernel."""
    return layer_record.layer.letters.get(name, name)


def forward_formula(layer_record: LayerRecord) -> str:
    """What the layer computed."""
    layer = layer_record.layer
    if _passes(layer_record):
        return "y = x"
    formula = own(layer, "formula", "forward") or f"y = {type(layer).__name__}(x)"
    for sign in _absent(layer_record):
        formula = formula.replace(f" + {sign}", "").replace(f"{sign}·", "")
    return _named(formula, activation_of(layer))


def backward_formula(layer_record: LayerRecord, found: set[str]) -> str:
    """The gradients that the layer computed, of which those in `found` were written down."""
    layer = layer_record.layer
    formula = own(layer, "formula_back", "backward") or ", ".join(f"{d} by backward(dy)" for d in sorted(found))
    if _passes(layer_record):
        formula = "dx = dy"
    if "dy" not in layer_record.back and "dz" not in formula:
        formula = "dx = dz, since z is x"
    for sign in _absent(layer_record):
        formula = formula.replace(f"·{sign}", "")
    if layer_record.by_averages:  # these do not move with x
        formula = formula.replace("r·(g − mean(g) − x̂·mean(g·x̂))", "r·g")
    left_out = {
        "dx",
        "dz",
        *(f"d{s}" for s in layer.letters.values()),
        *(f"d{name}" for name in layer_record.p),
    } - found
    pieces = [piece for piece in PIECES.split(formula) if piece.split(" ")[0] not in left_out]
    return _named(", ".join(pieces), activation_of(layer))


def activation_of(layer: Any) -> Activation | None:
    """The activation in a layer."""
    found = getattr(layer, "activation", None) or getattr(layer, "function", None)
    return found if isinstance(found, Activation) else None


def meaning(activation: Activation | None) -> str:
    """What an activation computes, as its docstring's first line says it.

    >>> from pellucid.activations import relu
    >>> meaning(relu.bound(max_value=6.0))
    'relu: y = max(x, 0), with max_value = 6'
    """
    found = activation and MEANING.search((activation.forward.__doc__ or "").partition("\n\n")[0])
    if not activation or not found or activation.name == "linear":
        return ""
    options = [f"{name} = {value:g}" for name, value in activation.options.items() if _is_number(value)]
    told = f", with {', '.join(options)}" if options else ""
    return f"{activation.name}: y = {' '.join(found[1].split())}{told}"


def constants(part: Any, formula: str, signs: Mapping[str, str]) -> str:
    """The numbers in a formula that a part was made with. signs: how the formula writes its arguments, by their names.

    >>> from pellucid.layers import Dropout
    >>> constants(Dropout(0.3), Dropout.formula, {})
    'rate = 0.3'
    """
    told = []
    for name in arguments(type(part)):
        sign = signs.get(name, name)
        occurs = sign in formula if name in signs else re.search(rf"(?<![a-z_]){name}(?![a-z_])", formula)
        if occurs and _is_number(value := getattr(part, name, None)):
            told.append(f"{sign} = {value:g}")
    return ", ".join(told)


def loss_formula(judged: Judged, weighted: bool, penalized: bool) -> str:
    """ℓ of each sample, and L."""
    loss, y = judged.loss, judged.letter
    each = own(loss, "formula", "values") or f"{loss.name}(t, {y})"
    if y == "z":
        each = f"{each} with y = {'softmax' if 'categorical' in loss.name else 'sigmoid'}(z)"
    total = "Σ w·ℓ" if weighted else "Σ ℓ"
    return f"ℓ = {each}, L = {total}{_divisor(loss, weighted)}{' + R' if penalized else ''}"


def loss_gradient_formula(judged: Judged, weighted: bool) -> str:
    """dL/dy, or dL/dz where the loss looked behind the activation."""
    loss, y = judged.loss, judged.letter
    each = (own(loss, "formula_logits", "gradient") if y == "z" else "") or f"dℓ/d{y}"
    each = f"({each})" if " − " in each and not each.endswith("O") else each
    return f"d{y} = {'w·' if weighted else ''}{each}{_divisor(loss, weighted)}"


def update_formula(optimizer: Optimizer, decay: float, constraint: Any) -> str:
    """Everything that became of a parameter, in order."""
    rule = own(optimizer, "formula", "update") or f"w ← {type(optimizer).__name__}(w, g)"
    before = ["w ← w − lr·decay·w"] if decay else []
    after = [f"w ← {type(constraint).__name__}(w)"] if constraint is not None else []
    return ", ".join([*before, rule, *after])


def _divisor(loss: Loss, weighted: bool) -> str:
    """What the reduction divides by."""
    if loss.reduction == "sum":
        return ""
    if loss.reduction == "mean_with_sample_weight" and weighted:
        return " / Σ w"
    return " / N" if loss.ignore_class is None else " / (how many count)"


def _named(formula: str, activation: Activation | None) -> str:
    """f(z) and f′(z) under the activation's own name."""
    if activation is None:
        return formula
    if activation.name == "linear":
        return formula.replace("y = f(z)", "y = z").replace("dy·f′(z)", "dy").replace("f(x)", "x").replace("·f′(x)", "")
    return re.sub(r"\bf(?=′?\()", activation.name, formula)


def _passes(layer_record: LayerRecord) -> bool:
    """Whether a layer that makes noise in training was in none."""
    noise = {"m", "n"} & set(own(layer_record.layer, "cached", "forward") or ())
    return bool(noise) and not noise & set(layer_record.arrays)


def _absent(layer_record: LayerRecord) -> list[str]:
    """The letters of the parameters that the layer might have, and has not."""
    return [sign for name, sign in layer_record.layer.letters.items() if name not in layer_record.p]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
