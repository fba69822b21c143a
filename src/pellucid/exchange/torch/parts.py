"""The modules that PyTorch lacks. Each stands alone: the source of those that a network needs is written into it."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .recurrent_parts import ConvRecurrence, Recurrence

__all__ = ["ConvRecurrence", "Recurrence"]  # which are found here, too


class Exponential(nn.Module):
    """y = e^x."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.exp(x)


class BentReLU(nn.Module):
    """y = min(x, most) above the threshold, slope * (x - threshold) elsewhere."""

    def __init__(self, slope: float, most: float | None, threshold: float) -> None:
        super().__init__()
        self.slope, self.most, self.threshold = slope, most, threshold

    def forward(self, x: Tensor) -> Tensor:
        above = x if self.most is None else torch.clamp(x, 0, self.most)
        return torch.where(x <= self.threshold, self.slope * (x - self.threshold), above)


class SparseSigmoid(nn.Module):
    """y = (x + 1) / 2, held between 0 and 1."""

    def forward(self, x: Tensor) -> Tensor:
        return (torch.clamp(x, -1, 1) + 1) / 2


class SparsePlus(nn.Module):
    """y = 0 below -1, (x + 1)^2 / 4 between, x above 1."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.where(x >= 1, x, (torch.clamp(x, -1, 1) + 1) ** 2 / 4)


class Squareplus(nn.Module):
    """y = (x + sqrt(x^2 + b)) / 2, as b / 2 / (sqrt(x^2 + b) - x) below 0, where the sum would cancel."""

    def __init__(self, b: float) -> None:
        super().__init__()
        self.b = b

    def forward(self, x: Tensor) -> Tensor:
        twice = torch.sqrt(x * x + self.b) + torch.abs(x)
        return torch.where(x < 0, self.b / 2 / twice, twice / 2)


class Sparsemax(nn.Module):
    """The nearest point to x among all probabilities: y = max(x - tau, 0), which sums to 1."""

    def __init__(self, dim: int) -> None:
        super().__init__()
        self.dim = dim

    def forward(self, x: Tensor) -> Tensor:
        z = x.movedim(self.dim, -1)
        z = z - z.amax(-1, keepdim=True)
        descending = z.sort(-1, descending=True).values
        total = descending.cumsum(-1)
        count = torch.arange(1, z.shape[-1] + 1, dtype=x.dtype, device=x.device)
        k = (1 + count * descending > total).sum(-1, keepdim=True)
        tau = (total.gather(-1, k - 1) - 1) / k
        return torch.relu(z - tau).movedim(-1, self.dim)


class AlongSeveral(nn.Module):
    """A module that works along the last axis, along several axes as one."""

    def __init__(self, inner: nn.Module, axes: list[int]) -> None:
        super().__init__()
        self.inner, self.axes = inner, axes

    def forward(self, x: Tensor) -> Tensor:
        last = list(range(-len(self.axes), 0))
        moved = x.movedim(self.axes, last)
        return self.inner(moved.flatten(-len(self.axes))).reshape(moved.shape).movedim(last, self.axes)


class PReLU(nn.Module):
    """y = x above 0, weight * x elsewhere; one weight for each place, axes of length 1 being shared."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(shape))

    def forward(self, x: Tensor) -> Tensor:
        return torch.relu(x) - self.weight * torch.relu(-x)


class BatchNorm(nn.BatchNorm1d):
    """nn.BatchNorm1d for any axis, whose running variance is that of the batches, divided by n as Keras has it: that
    of PyTorch is divided by n - 1. fixed: whether it takes the running averages in training, too, and keeps them."""

    def __init__(
        self,
        size: int,
        eps: float,
        momentum: float,
        axis: int = 1,
        scale: bool = True,
        shift: bool = True,
        fixed: bool = False,
    ) -> None:
        super().__init__(size, eps, momentum)
        self.axis, self.fixed = axis, fixed
        if not scale:
            self.weight = None
        if not shift:
            self.bias = None

    def forward(self, x: Tensor) -> Tensor:
        x = x.movedim(self.axis, -1)
        mean, variance = self.running_mean, self.running_var
        if self.training and not self.fixed:
            mean, variance = x.flatten(0, -2).mean(0), x.flatten(0, -2).var(0, correction=0)
            self.running_mean.lerp_(mean.detach(), self.momentum)
            self.running_var.lerp_(variance.detach(), self.momentum)
        y = (x - mean) * torch.rsqrt(variance + self.eps)
        y = y if self.weight is None else y * self.weight
        y = y if self.bias is None else y + self.bias
        return y.movedim(-1, self.axis)


class LayerNorm(nn.Module):
    """Each sample standardized over some axes, then scaled and shifted. only_scaled: it is not centred."""

    def __init__(
        self,
        shape: list[int],
        axes: list[int],
        eps: float,
        scale: bool = True,
        shift: bool = True,
        only_scaled: bool = False,
    ) -> None:
        super().__init__()
        self.axes, self.eps, self.only_scaled = axes, eps, only_scaled
        self.weight = nn.Parameter(torch.ones(shape)) if scale else None
        self.bias = nn.Parameter(torch.zeros(shape)) if shift else None

    def forward(self, x: Tensor) -> Tensor:
        last = list(range(-len(self.axes), 0))
        x = x.movedim(self.axes, last)
        centred = x if self.only_scaled else x - x.mean(last, keepdim=True)
        y = centred * torch.rsqrt(x.var(last, correction=0, keepdim=True) + self.eps)
        y = y if self.weight is None else y * self.weight
        y = y if self.bias is None else y + self.bias
        return y.movedim(last, self.axes)


class RMSNorm(nn.Module):
    """Each sample divided by its root mean square over some axes, then scaled."""

    def __init__(self, shape: list[int], axes: list[int], eps: float) -> None:
        super().__init__()
        self.axes, self.eps = axes, eps
        self.weight = nn.Parameter(torch.ones(shape))

    def forward(self, x: Tensor) -> Tensor:
        last = list(range(-len(self.axes), 0))
        x = x.movedim(self.axes, last)
        y = x * torch.rsqrt((x * x).mean(last, keepdim=True) + self.eps) * self.weight
        return y.movedim(last, self.axes)


class Normalization(nn.Module):
    """x with a known mean and variance brought to 0 and 1, or back; along: their shape beside x."""

    mean: Tensor
    variance: Tensor

    def __init__(self, size: list[int], along: list[int], back: bool = False) -> None:
        super().__init__()
        self.along, self.back = along, back
        self.register_buffer("mean", torch.zeros(size))
        self.register_buffer("variance", torch.ones(size))
        self.register_buffer("count", torch.zeros(()))

    def forward(self, x: Tensor) -> Tensor:
        mean = self.mean.reshape(self.along)
        deviation = torch.sqrt(self.variance).clamp_min(1e-7).reshape(self.along)
        return x * deviation + mean if self.back else (x - mean) / deviation


class Spectral(nn.Module):
    """x; in training, a weight is brought to spectral norm 1 before others read it, by power iterations that go on from
    step to step with the vector u. first: whether the weight's outputs are its first axis, and not its last."""

    def __init__(self, iterations: int, first: bool = False) -> None:
        super().__init__()
        self.iterations, self.first = iterations, first

    def forward(self, x: Tensor, weight: Tensor, u: Tensor) -> Tensor:
        if self.training:
            with torch.no_grad():
                rows = weight.flatten(1).T if self.first else weight.flatten(0, -2)
                for _ in range(self.iterations if weight.any() else 0):
                    v = nn.functional.normalize(u @ rows.T, dim=-1, eps=1e-6)
                    u.copy_(nn.functional.normalize(v @ rows, dim=-1, eps=1e-6))
                if weight.any():
                    weight.div_(v @ rows @ u.T)
        return x


class UnitNorm(nn.Module):
    """Each sample at length 1 over some axes."""

    def __init__(self, axes: list[int]) -> None:
        super().__init__()
        self.axes = axes

    def forward(self, x: Tensor) -> Tensor:
        return x / torch.linalg.vector_norm(x, dim=self.axes, keepdim=True).clamp_min(1e-12)


class Dropout(nn.Module):
    """nn.Dropout with one mask along axes of length 1 of `shape`, in which None stands for the size of x. alpha: the
    dropped become selu's lowest value, and mean and variance are kept."""

    def __init__(self, p: float, shape: list[int | None], alpha: bool = False) -> None:
        super().__init__()
        self.p, self.shape, self.alpha = p, shape, alpha

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        sizes = [size if wanted is None else wanted for size, wanted in zip(x.shape, self.shape, strict=True)]
        kept = torch.rand(sizes, device=x.device) >= self.p
        if not self.alpha:
            return x * kept / (1 - self.p)
        lowest = -1.7580993408473766
        a = ((1 - self.p) * (1 + self.p * lowest**2)) ** -0.5
        return a * torch.where(kept, x, lowest) - a * lowest * self.p


class GaussianNoise(nn.Module):
    """In training, x + n with n normal numbers of this deviation; x * (1 + n) where it is multiplied."""

    def __init__(self, stddev: float, multiplied: bool = False) -> None:
        super().__init__()
        self.stddev, self.multiplied = stddev, multiplied

    def forward(self, x: Tensor) -> Tensor:
        if not self.training:
            return x
        noise = self.stddev * torch.randn_like(x)
        return x * (1 + noise) if self.multiplied else x + noise


class ByPhase(nn.Module):
    """The first of two in training, the second in prediction."""

    def forward(self, trained: Tensor, predicted: Tensor) -> Tensor:
        return trained if self.training else predicted


class Reshape(nn.Module):
    """Samples in another shape."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.reshape(len(x), *self.shape)


class Permute(nn.Module):
    """The axes in another order, the batch being the first."""

    def __init__(self, *order: int) -> None:
        super().__init__()
        self.order = order

    def forward(self, x: Tensor) -> Tensor:
        return x.permute(self.order)


class MeanPool(nn.Module):
    """The mean of each window; the border, of which there may be more after than before, does not count."""

    def __init__(
        self, kernel: tuple[int, ...], stride: tuple[int, ...], before: tuple[int, ...], after: tuple[int, ...]
    ) -> None:
        super().__init__()
        self.kernel, self.stride, self.before, self.after = kernel, stride, before, after

    def forward(self, x: Tensor) -> Tensor:
        F = nn.functional
        pool = {1: F.avg_pool1d, 2: F.avg_pool2d, 3: F.avg_pool3d}[len(self.kernel)]
        widths = [n for both in zip(self.before[::-1], self.after[::-1], strict=True) for n in both]
        met = pool(F.pad(torch.ones_like(x[:1, :1]), widths), self.kernel, self.stride)
        return pool(F.pad(x, widths), self.kernel, self.stride) / met


class RepeatVector(nn.Module):
    """Each row n times."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: Tensor) -> Tensor:
        return x.unsqueeze(1).expand(-1, self.n, -1)


class Dot(nn.Module):
    """The products of two inputs, summed over an axis of each; normalized: of lengths 1 along these."""

    def __init__(self, axes: list[int], normalized: bool = False) -> None:
        super().__init__()
        self.axes, self.normalized = axes, normalized

    def forward(self, *xs: Tensor) -> Tensor:
        moved = [x.movedim(axis, -1) for x, axis in zip(xs, self.axes, strict=True)]
        if self.normalized:
            moved = [x / torch.sqrt((x * x).sum(-1, keepdim=True).clamp_min(1e-12)) for x in moved]
        a, b = (x.reshape(len(x), -1, x.shape[-1]) for x in moved)
        sizes = [*moved[0].shape[1:-1], *moved[1].shape[1:-1]]
        return (a @ b.transpose(1, 2)).reshape(len(a), *(sizes or [1]))


class Positions(nn.Module):
    """A learnt row for each place in a sequence, of the shape of x."""

    def __init__(self, most: int, width: int) -> None:
        super().__init__()
        self.embeddings = nn.Parameter(torch.zeros(most, width))

    def forward(self, x: Tensor) -> Tensor:
        return self.embeddings[: x.shape[-2]].expand_as(x).clone()


class Zeros(nn.Module):
    """Zeros (B, *shape), for as many samples as come in."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.shape = shape

    def forward(self, x: Tensor) -> Tensor:
        return x.new_zeros(len(x), *self.shape)


class GroupNorm(nn.Module):
    """Standardize each group of channels, which are axis 1, then scale them or shift them."""

    def __init__(self, groups: int, channels: int, eps: float, scale: bool = True, shift: bool = True) -> None:
        super().__init__()
        self.groups, self.eps = groups, eps
        self.weight = nn.Parameter(torch.ones(channels)) if scale else None
        self.bias = nn.Parameter(torch.zeros(channels)) if shift else None

    def forward(self, x: Tensor) -> Tensor:
        y, shape = nn.functional.group_norm(x, self.groups, eps=self.eps), (-1, *[1] * (x.ndim - 2))
        y = y if self.weight is None else y * self.weight.reshape(shape)
        return y if self.bias is None else y + self.bias.reshape(shape)
