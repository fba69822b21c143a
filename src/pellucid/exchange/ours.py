"""Which parts can be written in another form: the library's own, whatever their options. A user's own code is not
read. And which of them do nothing while a network predicts."""

from __future__ import annotations

from typing import Any

from .. import layers as L
from ..activations import Activation
from ..activations.base import is_standard
from ..errors import InvalidArgument, Told
from ..layers.composite import Composite
from ..layers.lending import Assigned
from ..layers.masking import WithMask
from ..layers.spectral_normalization import Spectral
from ..layers.traced import Traced
from ..layers.tracing import ByPhase
from ..registry import snake
from .form import Form

PACKAGE = __name__.partition(".")[0]
# which of its inputs a step passes on, in prediction
PASSED: dict[type[Any], int] = {Assigned: 0, ByPhase: 1, Spectral: 0, WithMask: 0}
RANDOM: tuple[type[L.Layer], ...] = (  # layers that change pictures in training
    L.RandomBrightness, L.RandomContrast, L.RandomFlip, L.RandomRotation, L.RandomTranslation, L.RandomZoom,
    L.RandomErasing, L.RandomGrayscale, L.RandomInvert, L.RandomSaturation, L.RandomSharpness, L.RandomShear,
    L.AugMix, L.Equalization, L.RandAugment, L.RandomColorDegeneration, L.RandomColorJitter, L.RandomElasticTransform,
    L.RandomGaussianBlur, L.RandomHue, L.RandomPerspective, L.RandomPosterization, L.Solarization,
)  # fmt: skip
UNCHANGED: tuple[type[L.Layer], ...] = (  # layers that give what they are given, in prediction
    L.ActivityRegularization, L.AlphaDropout, L.Dropout, L.GaussianDropout, L.GaussianNoise, L.Identity, L.InputLayer,
    L.SpatialDropout1D, L.SpatialDropout2D, L.SpatialDropout3D, *RANDOM,
)  # fmt: skip
COMPUTES = {  # methods that say what is computed; a class that writes one anew is no longer ours
    "__call__", "apply", "backward", "backward_from_logits", "counted", "decay_of", "finalize", "forward",
    "from_logits_of", "grad", "gradient", "learning_rate", "logits", "output_shape_for", "parameters",
    "slots_at_start", "slots_of", "state_after", "step", "update", "values",
}  # fmt: skip


def ours(cls: type) -> type:
    """The class of the library that this one is, or derives from."""
    return next(c for c in cls.__mro__ if c.__module__.partition(".")[0] == PACKAGE)


def kind(part: Any) -> str:
    """What a part is, as its class is called: max_norm."""
    return snake(ours(type(part)).__name__)


def own_code(part: Any) -> bool:
    """Whether a class of the user's says anew what is computed."""
    mine = type(part).__mro__[: type(part).__mro__.index(ours(type(part)))]
    return any(COMPUTES & vars(cls).keys() for cls in mine)


def refuse_foreign(form: Form, what: str, part: Any) -> None:
    """Refuse a part that computes what only its user's code says."""
    if isinstance(part, Activation):
        known = is_standard(part)
    else:
        known = ours(type(part)) in part.family.parts.values() and not own_code(part)
    if not known:
        told = f"{getattr(part, 'name', None) or type(part).__name__!r}, which computes what its own code says"
        raise InvalidArgument(f"{form.where}, {what}", "a part of the library's own", Told(told), form.instead)


def activations_of(layer: Any) -> list[Activation]:
    """The activation that a layer has or is."""
    found = (getattr(layer, name, None) for name in ("activation", "function"))
    return [activation for activation in found if activation is not None]


def only_ours(form: Form, model: Any) -> None:
    """Refuse models, layers and activations of the user's own, at any depth; not those that write `call`, which has
    become steps."""
    if not isinstance(model, Traced) or own_code(model):
        refuse_foreign(form, f"model {model.name!r}", model)
    for layer in model.layers:
        if isinstance(layer, Composite):
            only_ours(form, layer)
            continue
        refuse_foreign(form, f"layer {layer.name!r}", layer)
        form.refuse_unknown(layer)
        for activation in activations_of(layer):
            refuse_foreign(form, f"layer {layer.name!r}, activation", activation)
