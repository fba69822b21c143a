"""How layers that bring pictures to a size read in a script. Those that change them at random in training are refused
where the script trains."""

from __future__ import annotations

from ... import layers as L
from ...layers.adaptive_pooling import adaptive_max, adaptive_max_grad
from ...layers.channels import LAST
from ...layers.resizing import NONE
from ...layers.tones import auto_contrast, auto_contrast_grad
from ..fitting import is_identity, means
from ..ours import RANDOM
from .layers import unchanged
from .pictures import along, by_axis, summed
from .writer import FORM, At, Back, batch, writes


def refuse_random(at: At) -> None:
    """Refuse what is random in training, of a script that trains."""
    if at.differs():
        got = f"{type(at.layer).__name__}, which is random in training"
        raise FORM.refused(at.path, "a kind of layer that is written in scripts", got)


@writes(*RANDOM)
def random(at: At) -> tuple[str, Back]:
    refuse_random(at)
    return unchanged(at)


@writes(L.RandomCrop)
def random_crop(at: At) -> tuple[str, Back]:
    refuse_random(at)
    return fitted(at)


@writes(L.AutoContrast)
def stretched(at: At) -> tuple[str, Back]:
    axes, _ = along(at)
    told = dict(zip(("low", "high"), at.layer.value_range, strict=True)) | {"axes": tuple(axes)}
    out, share, span = at.name("h"), at.name("share"), at.name("span")
    at.forward(f"{out}, {share}, {span} = {at.call(auto_contrast, {'x': at.x}, **told)}", batch(at.out_shape))
    return out, lambda dy, wanted: at.call(auto_contrast_grad, {"dy": dy, "share": share, "span": span}, **told)


@writes(L.CenterCrop, L.Resizing)
def fitted(at: At) -> tuple[str, Back]:
    _, size = along(at)
    fit, out, u = at.layer.fit(size), at.name("h"), at.name("u")
    inner = by_axis(at, [f"{b}:{n - a}" for (b, a), n in zip(fit.cutting, size, strict=True)], ":")
    padded = [n - b - a for (b, a), n in zip(fit.cutting, size, strict=True)]
    within = by_axis(at, [f"{b}:{b + n}" for (b, _), n in zip(fit.padding, padded, strict=True)], ":")
    edges, around = (by_axis(at, [str(pair) for pair in pairs], "(0, 0)") for pairs in (fit.cutting, fit.padding))
    text = at.x if fit.cutting == NONE else f"{at.x}[{inner}]"
    if fit.padding != NONE:
        fill = f", constant_values={fit.fill!r}" if fit.fill else ""
        text = f"np.pad({text}, ({around}){fill})"
    sums = None if all(map(is_identity, fit.matrices)) else summed(at, fit.matrices)
    if sums and text != at.x:
        at.forward(f"{u} = {text}")
        text = u
    at.forward(f"{out} = {sums[0](text) if sums else text}", batch(at.out_shape))

    def back(dy: str, wanted: bool) -> str:
        dx = sums[1](dy) if sums else dy
        dx = dx if fit.padding == NONE else f"{dx}[{within}]"
        return dx if fit.cutting == NONE else f"np.pad({dx}, ({edges}))"

    return out, back


@writes(L.AdaptiveAveragePooling1D, L.AdaptiveAveragePooling2D, L.AdaptiveAveragePooling3D)
def adaptive_average(at: At) -> tuple[str, Back]:
    _, size = along(at)
    out = at.name("h")
    forward, back = summed(at, [means(n, m) for n, m in zip(size, at.layer.output_size, strict=True)])
    at.forward(f"{out} = {forward(at.x)}", batch(at.out_shape))
    return out, lambda dy, wanted: back(dy)


@writes(L.AdaptiveMaxPooling1D, L.AdaptiveMaxPooling2D, L.AdaptiveMaxPooling3D)
def adaptive(at: At) -> tuple[str, Back]:
    _, size = along(at)
    last, places, C = at.layer.data_format == LAST, at.layer.output_size, at.layer.split(at.shape)[1]
    out, met, u = at.name("h"), at.name("parts"), at.x if last else at.name("u")
    each = list(zip("ijk", size, places, strict=False))
    if not last:
        at.forward(f"{u} = np.moveaxis({at.x}, 1, -1)")
    for letter, n, m in each:
        part = f"slice(n * {n} // {m}, -(-(n + 1) * {n} // {m}))"
        at.forward(f"{at.name(letter)} = [{part} for n in range({m})]")
    loops = " ".join(f"for {letter} in {at.name(letter)}" for letter, *_ in each)
    at.forward(f"{met} = [({', '.join(letter for letter, *_ in each)}{',' * (len(each) == 1)}) {loops}]")
    y = f"{at.call(adaptive_max, {'x': u, 'met': met})}.reshape(len({at.x}), {', '.join(map(str, places))}, {C})"
    at.forward(f"{out} = {y if last else f'np.moveaxis({y}, -1, 1)'}", batch(at.out_shape))

    def back(dy: str, wanted: bool) -> str | None:
        if not wanted:
            return None
        dy = dy if last else f"np.moveaxis({dy}, 1, -1)"
        dx = at.call(adaptive_max_grad, {"dy": f"{dy}.reshape(len({at.x}), -1, {C})", "x": u, "met": met})
        return dx if last else f"np.moveaxis({dx}, -1, 1)"

    return out, back
