"""`why`: from the name and the index of a number to where it comes from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ... import checks
from ...arrays import Array
from ...errors import InvalidArgument, Told, UnknownName
from ..base import Inspected
from .formulas import backward_formula, forward_formula, letter
from .records import LayerRecord, StepRecord
from .step import PIECES, Step
from .terms import numbers_at, shares, sums_of
from .view import View
from .viewing import views_of
from .why import Index, Term, Why, largest_first, term
from .windows import pooled


class Wondering:
    """Answers `why` from what was written down."""

    def __init__(self, model: Inspected, record: StepRecord, steps: Sequence[Step]) -> None:
        self.model, self.record = model, record
        self.steps = {(step.phase, step.name): step for step in steps}
        self.paths = list(record.layers)

    def why(self, name: str, index: Sequence[int]) -> Why:
        """Where the entry at this index of a parameter's gradient, or of a layer's array, comes from."""
        parameters = {**self.record.before.theta, **self.record.before.state}
        name = self._by_letter(name)
        if name in parameters:
            return self._parameter(name, _checked(name, parameters[name], index))
        path, sign = (name, "y") if name in self.record.layers else name.rpartition("/")[::2]
        layer_record = self.record.layers.get(path)
        found = {} if layer_record is None else {**layer_record.arrays, **layer_record.back}
        if layer_record is None or sign not in found:
            known = [*parameters, *self.paths, *(f"{path}/{sign}" for sign in found if sign != "y")]
            raise UnknownName("why, argument name", name, known)
        at = _checked(name, found[sign], index)
        return self._entry(layer_record, sign, at, float(found[sign][at]))

    def views(self, step: Step, sample: int) -> tuple[View, ...]:
        """The step as pictures, of one sample of the batch."""
        return views_of(self.record, step, checks.integer("views, argument sample", sample, 0, len(self.record.x) - 1))

    def _by_letter(self, name: str) -> str:
        """A parameter's name, where it or its gradient is called by the letter of the formulas: dense/W, dense/dW."""
        path, _, sign = name.rpartition("/")
        of = self.record.layers.get(path)
        if of is None or sign in {**of.arrays, **of.back}:
            return name
        return next((f"{of.path}/{own}" for own in of.p if sign in (letter(of, own), f"d{letter(of, own)}")), name)

    # Parameters ----------------------------------------------------------------------------------------------------

    def _parameter(self, name: str, at: Index) -> Why:
        path, _, own_name = name.rpartition("/")
        layer_record = self.record.layers[path]
        gradient, sign = self.record.gradients.get(name), letter(layer_record, own_name)
        if gradient is None:
            reason = "not trained" if self.record.judged else "without a gradient, as this was a forward pass"
            return self._with_update(Why(name, at, f"a parameter, {reason}", float(layer_record.p[own_name][at])), name)
        formula, terms = f"d{sign}{list(at)} = Σ of what each sample adds", list[Term]()
        uses = [use for use in self.record.layers.values() if use.path == path]
        for use in uses:
            if use.layer.gives_weights:
                wire = use.step.outputs[list(use.p).index(own_name)]
                formula = f"d{sign}{list(at)} = Σ of what its readers send back"
                found = [term(told, float(dx[at])) for told, dx in self._readers(wire) if dx is not None]
            elif (sums := sums_of(use)) is not None:
                formula, found = sums.gradient(own_name, at)
            else:
                found = list(shares(use, own_name, at)) if use.back else []
            terms += found if len(uses) == 1 else [replace(t, label=f"{use.label}: {t.label}") for t in found]
        scale = self.model.optimizer.loss_scale_factor
        if scale is not None:
            formula += " · loss_scale_factor"
        for spec in self.model.specs:
            if spec.name == name and spec.regularizer is not None:
                formula += f" + dR/d{sign}"
                terms.append(term(f"dR/d{sign}{list(at)}", float(spec.regularizer.grad(layer_record.p[own_name])[at])))
        if scale is not None:
            terms = [term(t.label, *t.factors, scale) for t in terms]
        return self._with_update(Why(name, at, formula, float(gradient[at]), largest_first(terms)), name)

    def _with_update(self, why: Why, name: str) -> Why:
        step = self.steps.get(("update", name))
        if step is None:
            return why
        changes: list[tuple[str, float, float | None]] = []
        for what, a in step.inputs.items():
            if a.shape == step.inputs["w"].shape:
                after = step.outputs.get(what)
                changes.append((what, float(a[why.index]), None if after is None else float(after[why.index])))
        return replace(why, update=tuple(changes), update_formula=step.formula, notes=tuple(step.notes))

    # Arrays of layers ----------------------------------------------------------------------------------------------

    def _entry(self, layer_record: LayerRecord, sign: str, at: Index, value: float) -> Why:
        name, sums, pools = f"{layer_record.label}/{sign}", sums_of(layer_record), pooled(layer_record)
        if sums is not None and sign in ("z", "y"):
            formula, terms = sums.forward(at)
            views = sums.views(at)
            if sign == "z":
                return Why(name, at, formula, value, terms, views=views)
            formula = f"{_piece(forward_formula(layer_record), 'y')}, {formula}"
            return Why(name, at, formula, value, inputs={"z": float(layer_record.arrays["z"][at])}, views=views)
        if sums is not None and sign == "dx":
            formula, terms = sums.back(at)
            return Why(name, at, formula, value, terms)
        if pools is not None and sign == "y":
            formula, terms, inputs = pools.forward(at)
            return Why(name, at, formula, value, terms, inputs, views=pools.views(at))
        if pools is not None and sign == "dx":
            formula, terms = pools.back(at)
            return Why(name, at, formula, value, terms)
        if sign in layer_record.letters_out("dy") or (sign == "dz" and "dy" not in layer_record.back):
            return self._from_above(layer_record, sign, at, value)
        if sign in layer_record.letters("x"):
            wire = layer_record.step.inputs[layer_record.letters("x").index(sign)]
            below = next((other for other in self.record.layers.values() if wire in other.step.outputs), None)
            given = below and f"the {below.letters_out('y')[below.step.outputs.index(wire)]} of {below.label}"
            return Why(name, at, given or "the model's input", value)
        if sign in layer_record.back:
            formula = backward_formula(layer_record, set(layer_record.back))
            formula = _piece(formula, sign) if sums is not None else formula
        else:
            formula = forward_formula(layer_record)
        return Why(name, at, formula, value, inputs=numbers_at(layer_record, sign, formula, at))

    def _readers(self, looked_at: int) -> list[tuple[str, Array | None]]:
        """(in words, what it sends back) of whoever reads a wire."""
        return [
            (f"the {letter} of {other.label}", other.back.get(letter))
            for other in self.record.layers.values()
            for letter, wire in zip(other.letters("dx"), other.step.inputs, strict=True)
            if wire == looked_at
        ]

    def _from_above(self, layer_record: LayerRecord, sign: str, at: Index, value: float) -> Why:
        name, letters = f"{layer_record.label}/{sign}", layer_record.letters_out("dy")
        looked_at = dict(zip(letters, layer_record.step.outputs, strict=True)).get(sign, layer_record.step.outputs[0])
        above = self._readers(looked_at)
        mine = [one for one in self.record.judged if self.model.wiring.outputs[one.place] == looked_at]
        if above and mine:  # an output that the network reads, too
            above += [(f"the d{one.letter} of the loss", one.d) for one in mine]
        if len(above) == 1:
            return Why(name, at, above[0][0], value)
        if above:
            terms = [term(told, float(dx[at])) for told, dx in above if dx is not None]
            return Why(
                name, at, f"{sign}{list(at)} = Σ of what the readers of y send back", value, largest_first(terms)
            )
        losses = [step for (phase, _), step in self.steps.items() if phase == "loss"]
        step = losses[self.record.judged.index(mine[0])]
        inputs = {letter: float(a[at]) for letter, a in layer_record.arrays.items() if letter in ("z", "y")}
        t = step.inputs["t"]
        if t.shape == layer_record.arrays["y"].shape:
            inputs["t"] = float(t[at])
        elif t.size == len(t):
            inputs["t"] = float(t.reshape(-1)[at[0]])
        sign = next(letter for letter in ("dz", "dy") if letter in step.outputs)
        return Why(name, at, _piece(step.formula, sign), value, inputs=inputs)


def _checked(name: str, array: Array, index: Sequence[int]) -> Index:
    where = f"why, index of {name!r}"
    if len(index) != array.ndim:
        sizes = ", ".join(str(n) for n in array.shape)
        raise InvalidArgument(where, f"{array.ndim} numbers, below {sizes}", Told(f"{len(index)}: {list(index)}"))
    return tuple(checks.integer(where, i, minimum=0, maximum=n - 1) for i, n in zip(index, array.shape, strict=True))


def _piece(formula: str, sign: str) -> str:
    """The formula of one letter out of several."""
    found = [piece for piece in PIECES.split(formula) if piece.startswith(f"{sign} ")]
    return found[0] if found else formula
