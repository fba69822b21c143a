"""How what stands between layers reads in a script: steps taken apart and put together, turned around, or left as a
mask says; and masks themselves."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ... import layers as L
from ...layers.bidirectional import Together, Turned
from ...layers.masking import MaskOf, WithMask
from ...layers.time_distributed import Apart, InSteps
from ...layers.unrolling import Counted, Stacked, Zeros
from .writer import EMITTERS, FORM, At, Back, batch, writes


@writes(Zeros)
def zeros(at: At) -> tuple[str, Back]:
    out = at.name("h")
    at.forward(f"{out} = np.zeros((len({at.x}), {', '.join(map(str, at.layer.of_sample))}), DTYPE)")
    return out, lambda dy, wanted: None


@writes(Stacked)
def stacked(at: At) -> tuple[str, Back]:
    out = at.name("h")
    at.forward(f"{out} = np.stack([{', '.join(at.xs)}], axis=1)", batch(at.out_shape))
    return out, lambda dy, wanted: tuple(f"{dy}[:, {t}]" for t in range(len(at.xs)))


@writes(Counted)
def counted(at: At) -> tuple[str, Back]:
    new, old, mask = at.xs
    out, here = at.name("h"), at.name("m")
    more = ", None" * len(at.shape)
    at.forward(f"{here} = {mask}[:, {at.layer.step}{more}].astype(bool)", "in which samples the step counts")
    at.forward(f"{out} = np.where({here}, {new}, {old})", batch(at.out_shape))

    def back(dy: str, wanted: Any) -> tuple[str | None, ...]:
        return f"np.where({here}, {dy}, DTYPE(0))", f"np.where({here}, DTYPE(0), {dy})", None

    return out, back


@writes(Turned)
def turned(at: At) -> tuple[str, Back]:
    out = at.name("h")
    at.forward(f"{out} = {at.x}[:, ::-1]", "the steps in reverse")
    return out, lambda dy, wanted: f"{dy}[:, ::-1]"


@writes(Together)
def together(at: At) -> tuple[Any, Back]:
    merging = at.layer.merging
    return EMITTERS[type(merging)](replace(at, layer=merging))


def reshaped(at: At, shape: tuple[int, ...]) -> tuple[str, Back]:
    out = at.name("h")
    at.forward(f"{out} = {at.x}.reshape({', '.join(map(str, (-1, *shape)))})")
    return out, lambda dy, wanted: f"{dy}.reshape({at.x}.shape)"


@writes(Apart)
def apart(at: At) -> tuple[str, Back]:
    return reshaped(at, at.shape[1:])


@writes(InSteps)
def in_steps(at: At) -> tuple[str, Back]:
    return reshaped(at, (at.layer.steps, *at.shape))


@writes(WithMask)
def with_mask(at: At) -> tuple[str, Back]:
    return at.xs[0], lambda dy, wanted: (dy, None)


@writes(MaskOf)
def mask_of(at: At) -> tuple[str, Back]:
    out, layer = at.name("m"), at.layer.layer
    if isinstance(layer, L.Masking):
        text = f"({at.xs[0]} != {layer.mask_value!r}).any(axis=-1)"
    elif isinstance(layer, L.Embedding):
        text = f"{at.xs[0]} != 0"
    else:
        axis, places = FORM.joined(at.layer, at.shapes)
        masks = [f"np.ones({at.xs[i]}.shape[:-1], bool)" if place is None else f"{at.xs[place]}.astype(bool)"
                 for i, place in enumerate(places)]  # fmt: skip
        text = f"np.concatenate([{', '.join(masks)}], axis={axis})" if axis else " | ".join(masks)
    at.forward(f"{out} = {text}", "which steps count")
    at.script.dtypes[out] = "bool"
    return out, lambda dy, wanted: (None,) * len(at.xs) if len(at.xs) != 1 else None
