"""Pictures changed by several layers that are chosen anew for each batch.     x (B, height, width, C)   y as x"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Unpack

import numpy as np

from .. import checks
from ..arrays import Array
from ..rng import Key
from .augmenting import Augmenting, Factor, drawn, kept_within, through, through_grad
from .base import LayerOptions, layers
from .random_colours import Coloured, RandomSharpness, RandomShear
from .random_hues import RandomColorDegeneration
from .random_pictures import RandomBrightness, RandomContrast, RandomRotation, RandomTranslation
from .tones import BITS, AutoContrast, Equalization, RandomPosterization, Solarization


class Policy(Coloured):
    """A layer that has some of a list of others change pictures, all with one strength."""

    channels = (1, 3)
    interpolation: str

    def shapes_and_tones(self) -> list[Augmenting]:
        """Layers that move pixels, or change how bright they are by themselves."""
        f, span, how = self.factor, self.value_range, self.interpolation
        return [
            RandomShear(f, f, how),
            RandomTranslation(f, f, interpolation=how),
            RandomRotation(f, interpolation=how),
            RandomPosterization(max(1, int(BITS * f[1])), span),
            Solarization(f, f, span),
            AutoContrast(span),
            Equalization(span),
        ]

    def colours(self) -> list[Augmenting]:
        """Layers that change colours by degrees."""
        kinds = (RandomBrightness, RandomColorDegeneration, RandomContrast, RandomSharpness)
        return [kind(self.factor, self.value_range) for kind in kinds]

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        return through_grad(dy, cache)


@layers.add()
class RandAugment(Policy):
    """In training, change the pictures of a batch by some of eleven layers, which are drawn for the batch: y =
    f₂(f₁(x)).

    The eleven: RandomShear, RandomTranslation, RandomRotation, RandomPosterization, Solarization, AutoContrast,
    Equalization, RandomBrightness, RandomColorDegeneration, RandomContrast and RandomSharpness; each draws its own
    factors for each picture. value_range: (low, high). num_ops: how many are drawn. factor: how strong they are, two
    numbers from 0 to 1, or one, f, for (0, f). interpolation: "bilinear" or "nearest". seed: as in `Dropout`.
    data_format: where the channels stand. Pictures have three channels, or one. In training, networks with it run on
    the definition.

    >>> import numpy as np
    >>> x = np.full((1, 2, 2, 3), 0.5)
    >>> y = RandAugment(value_range=(0, 1), seed=1)(x, training=True)
    >>> y.shape, bool((y >= 0).all() and (y <= 1).all())
    ((1, 2, 2, 3), True)

    Source: Cubuk et al., "RandAugment: practical automated data augmentation with a reduced search space", NeurIPS
    (2020).
    """

    formula, formula_back = "y = f₂(f₁(x)), two of eleven layers", "dx = as these go back, last to first"

    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        num_ops: int = 2,
        factor: Factor = 0.5,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(value_range=value_range, factor=factor, interpolation=interpolation)
        self.num_ops = checks.integer(self.where("num_ops"), num_ops, minimum=0)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        all_of_them = [*self.shapes_and_tones(), *self.colours()]
        which = np.floor(len(all_of_them) * drawn(key, "which", self.num_ops, (0.0, 1.0))).astype(int)
        return through([(all_of_them[n], key.fold("of", int(n))) for n in which], x)


@layers.add()
class AugMix(Policy):
    """In training, mix each picture with what chains of layers make of it: y = m·x + (1 − m)·Σ wₙ·chainₙ(x), kept
    within value_range.

    m is drawn from Beta(α, α), w from a Dirichlet distribution, of the same α for all; they and the layers in the
    chains are drawn for the batch, the factors of those for each picture. value_range: (low, high). num_chains: how
    many there are. chain_depth: how many layers are drawn for each, of which each is none at all with the chance of any
    one. factor: how strong they are, two numbers from 0 to 1, or one, f, for (0, f). alpha: α. all_ops: whether, as in
    `RandAugment`, colours change by degrees, too. interpolation: "bilinear" or "nearest". seed: as in `Dropout`.
    data_format: where the channels stand. Pictures have three channels, or one. In training, networks with it run on
    the definition.

    >>> import numpy as np
    >>> x = np.full((1, 2, 2, 3), 0.5)
    >>> y = AugMix(value_range=(0, 1), seed=1)(x, training=True)
    >>> y.shape, bool((y >= 0).all() and (y <= 1).all())
    ((1, 2, 2, 3), True)

    Source: Hendrycks et al., "AugMix: a simple data processing method to improve robustness and uncertainty", ICLR
    (2020).
    """

    formula, formula_back = "y = m·x + (1 − m)·Σ wₙ·chainₙ(x)", "dx = m·dy + (1 − m)·Σ wₙ·dy, each through its chain"

    def __init__(
        self,
        value_range: Sequence[float] = (0, 255),
        num_chains: int = 3,
        chain_depth: int = 3,
        factor: Factor = 0.3,
        alpha: float = 1.0,
        all_ops: bool = True,
        interpolation: str = "bilinear",
        seed: Any = None,
        data_format: str | None = None,
        **options: Unpack[LayerOptions],
    ) -> None:
        super().__init__(data_format=data_format, seed=seed, **options)
        self.keep(value_range=value_range, factor=factor, interpolation=interpolation)
        self.num_chains = checks.integer(self.where("num_chains"), num_chains, minimum=1)
        self.chain_depth = checks.integer(self.where("chain_depth"), chain_depth, minimum=0)
        self.alpha = checks.number(self.where("alpha"), alpha, above=0)
        self.all_ops = bool(all_ops)

    def changed(self, x: Array, key: Key) -> tuple[Array, Any]:
        all_of_them = [*self.shapes_and_tones(), *(self.colours() if self.all_ops else ())]
        own = float(key.fold("own").beta((), self.alpha, self.alpha))
        parts = key.fold("chains").log_gamma((self.num_chains,), self.alpha)
        shares = np.exp(parts - parts.max())
        y, chains = x.dtype.type(own) * x, []
        for chain, w in enumerate((1 - own) * shares / shares.sum()):
            along = key.fold("chain", chain)
            which = ((len(all_of_them) + 1) * drawn(along, "which", self.chain_depth, (0.0, 1.0))).astype(int)
            steps = [(all_of_them[n], along.fold(i)) for i, n in enumerate(which) if n < len(all_of_them)]
            z, caches = through(steps, x)
            y = y + x.dtype.type(w) * z
            chains.append((w, caches))
        y, within = kept_within(y, self.value_range)
        return y, (own, chains, within)

    def changed_grad(self, dy: Array, cache: Any) -> Array:
        own, chains, within = cache
        g = np.where(within, dy, 0)
        dx: Array = dy.dtype.type(own) * g
        for w, caches in chains:
            dx = dx + dy.dtype.type(w) * through_grad(g, caches)
        return dx
