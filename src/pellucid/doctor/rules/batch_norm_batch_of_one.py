"""Batch normalization over a single sample."""

from __future__ import annotations

from ...layers import BatchNormalization
from ..base import Case, Remedy, Rule, Signal
from ..consequences import ALL


def measure(case: Case) -> Signal | None:
    """The share of an epoch's batches that hold one sample, where a layer normalizes over them alone."""
    found = [
        path
        for path, layer in case.model.leaves()
        if isinstance(layer, BatchNormalization) and len(layer.shape or ()) == 1
    ]
    if not found:
        return None
    n, size = len(case.x), case.batch_size
    batches = -(-n // size)
    alone = n if size == 1 else int(n % size == 1)
    evidence = f"With {n} samples and batch_size {size}, {alone} of {batches} batches hold one sample; "
    return Signal(alone / batches, f"{evidence}{', '.join(found)} normalizes over the batch.", found[0])


def remedy(case: Case, signal: Signal) -> Remedy:
    size = 32 if case.batch_size == 1 else case.batch_size + 1
    return Remedy("Use a larger batch, or LayerNormalization, which looks at each sample alone.", {"batch_size": size})


RULE = Rule(
    name="batch_norm_batch_of_one",
    title="Batch normalization sees one sample at a time",
    measure=measure,
    threshold=0.1,
    meaning="A sample less its own mean is 0: the layer passes on its bias and nothing of the input, and the layers "
    "before it get no gradient.",
    remedy=remedy,
    source="Ioffe & Szegedy, Batch normalization (ICML 2015), section 3; PyTorch refuses such a batch",
    explains=ALL,
    static=True,
)
