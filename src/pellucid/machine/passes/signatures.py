"""What each kernel does with its operands, and how its threads share out the work: what the passes go by.

A signature has a word for each operand, in their order; numbers at the end may be left out:

    x       read
    >y      written, whatever was there before; what is not written stays
    <>w     read and written
    +z      marked: whoever writes to it writes the same
    #       left alone
    M       a number: any word that begins with a capital

Behind a colon stands how it is shared out between the threads. Where nothing stands, any thread may touch any of it.

    x:lines     between cache lines, as `share_lines` cuts all of its numbers
    x:M         by rows: M for each sample, or in all if it has no batch
    x:samples   by samples
    x:first     the first thread alone

Behind a bar stand things that are no operands: the sum of the step's `loss`, the `status`, whether all is finite, and
the `order` of the samples. `serial` in front: the first thread does it all.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass

from ...program import Buffer, Op

IN, OUT, INOUT, MARK = "", ">", "<>", "+"


@dataclass(frozen=True)
class Use:
    """What a kernel does with one operand, or with something that all programs have."""

    name: str
    access: str
    split: str  # "lines", "samples", "first", the name of a number, or "" where any thread may touch any of it

    @property
    def reads(self) -> bool:
        return self.access in (IN, INOUT)

    @property
    def writes(self) -> bool:
        return self.access != IN


@dataclass(frozen=True)
class Signature:
    """`uses` of the operands, None for numbers; the numbers' places by name; `also`, what is no operand."""

    uses: tuple[Use | None, ...]
    numbers: dict[str, int]
    also: tuple[Use, ...]
    serial: bool


def _use(word: str) -> Use:
    name, _, split = word.partition(":")
    bare = name.lstrip("<>+")
    return Use(bare, name[: len(name) - len(bare)], split)


def _is_number(word: str) -> bool:
    return word == "#" or word[0].isupper()


def _read(text: str) -> Signature:
    """A signature as it is written below."""
    operands, _, also = text.partition("|")
    words = operands.split()
    serial = words[:1] == ["serial"]
    words = words[serial:]
    return Signature(
        tuple(None if _is_number(word) else _use(word) for word in words),
        {word: i for i, word in enumerate(words) if word != "#" and _is_number(word)},
        tuple(map(_use, also.split())),
        serial,
    )


# Kernels of one signature stand together. A dense.weights.<rule> is made of the rule's below.
TABLE: dict[str, str] = {
    # Number by number
    "x:lines >y:lines N": (
        "celu elu exponential gelu gelu.approximate hard_shrink hard_sigmoid hard_silu hard_tanh leaky_relu "
        "log_sigmoid mish relu relu6 rescaling selu sigmoid silu soft_shrink softplus softsign sparse_plus "
        "sparse_sigmoid squareplus tanh tanh_shrink threshold"
    ),
    "dy:lines x:lines y:lines >dx:lines N": (
        "celu.grad elu.grad exponential.grad gelu.grad gelu.approximate.grad hard_shrink.grad hard_sigmoid.grad "
        "hard_silu.grad hard_tanh.grad leaky_relu.grad log_sigmoid.grad mish.grad relu.grad dense.relu.grad "
        "relu6.grad selu.grad sigmoid.grad silu.grad soft_shrink.grad softplus.grad softsign.grad sparse_plus.grad "
        "sparse_sigmoid.grad squareplus.grad tanh.grad tanh_shrink.grad threshold.grad activity.grad"
    ),
    "a:lines b:lines >y:lines N": "merge.add merge.subtract merge.multiply merge.maximum merge.minimum",
    "dy:lines a:lines b:lines >da:lines N": "merge.chosen",
    "x:lines m:lines >y:lines N": "noise.mask noise.alpha noise.times noise.plus",
    ">m:lines N": "noise.kept noise.normal noise.truncated_normal noise.uniform",
    "variance:lines >s:lines N": "normalization.deviation",
    "y:lines N >out:lines": "scatter",
    "a b c >y": (
        "op.add op.subtract op.multiply op.divide op.divide.2 op.divide_no_nan op.divide_no_nan.2 op.hypot "
        "op.hypot.grad op.power op.power.1 op.power.2 op.maximum op.minimum op.chosen op.equal op.not_equal "
        "op.greater op.greater_equal op.less op.less_equal op.logical_and op.logical_or op.logical_xor op.logical_not "
        "op.where op.exp op.exp.grad op.expm1 op.expm1.grad op.exp2 op.exp2.grad op.log op.log.grad op.log1p "
        "op.log1p.grad op.log2 op.log2.grad op.log10 op.log10.grad op.sqrt op.sqrt.grad op.rsqrt op.rsqrt.grad "
        "op.square op.square.grad op.reciprocal op.reciprocal.grad op.sin op.sin.grad op.cos op.cos.grad op.tan "
        "op.tan.grad op.arctan op.arctan.grad op.arcsin op.arcsin.grad op.arccos op.arccos.grad op.arcsinh "
        "op.arcsinh.grad op.arccosh op.arccosh.grad op.arctanh op.arctanh.grad op.cbrt op.cbrt.grad op.erf "
        "op.erf.grad op.sinh op.sinh.grad op.cosh op.cosh.grad op.absolute op.absolute.grad op.negative "
        "op.negative.grad op.clip op.clip.grad op.sign op.floor op.ceil op.trunc op.full_like op.round op.isnan "
        "op.isfinite op.isinf op.zeros_like op.ones_like op.floor_divide op.mod"
    ),
    # Row by row
    "x:M >y:M M N": (
        "glu softmax log_softmax sparsemax op.sum op.mean op.var op.std op.max op.min op.prod op.logsumexp op.any "
        "op.all op.argmax op.argmin op.cumsum op.one_hot"
    ),
    "dy:M x:M y:M >dx:M M N": (
        "softmax.grad log_softmax.grad sparsemax.grad op.sum.grad op.mean.grad op.var.grad op.std.grad op.max.grad "
        "op.min.grad op.prod.grad op.logsumexp.grad"
    ),
    "dy:M x:M >dx:M M N": "glu.grad",
    "x:M >y:M M N Of_x First_x Of_y First_y": "merge.block",
    "x:samples mean s >y:samples N": "normalization rescaling.each",
    "x:samples alpha >y:samples N": "prelu",
    "dy:samples x:samples alpha >dx:samples N": "prelu.grad",
    "x:samples >y:samples >mask:samples": "masking",
    "x:M >y:M >length:M M N": "unit_normalization",
    "dy:M y:M length:M >dx:M M N": "unit_normalization.grad",
    "x:M gamma beta >mean:M >r:M >y:M M N": "layer_norm",
    "dy:M x:M gamma mean:M r:M >dx:M M N": "layer_norm.grad",
    "dy:M factor >dx:M M N": "batch_norm.frozen.grad",
    "x:samples gamma beta >mean:samples >r:samples >y:samples": "group_norm",
    "dy:samples x:samples gamma mean:samples r:samples >dx:samples >slopes:samples >sums:samples": "group_norm.grad",
    "x:samples >y:samples table": "op.moved",
    "x places:M >y:M M N Count | +status": "op.take",
    "dy places >dtable:N M N Count": "op.take.grad",
    "x:M places:M >y:M M N Count | +status": "op.take_along_axis",
    "dy:M places:M >dx:M M N Count": "op.take_along_axis.grad",
    # In other ways
    "x >y": (
        "strided summed op.turned op.sum.batch op.mean.batch op.var.batch op.std.batch op.max.batch op.min.batch "
        "op.prod.batch op.logsumexp.batch op.any.batch op.all.batch op.argmax.batch op.argmin.batch"
    ),
    "dy x y >dx": (
        "op.sum.batch.grad op.mean.batch.grad op.var.batch.grad op.std.batch.grad op.max.batch.grad "
        "op.min.batch.grad op.prod.batch.grad op.logsumexp.batch.grad"
    ),
    "x w b >y I O M": "dense",
    "x dz >dw I O M": "dense.weights",
    "dz >db:lines O M": "dense.bias",
    "dz w >dx I O M y": "dense.inputs",
    "a b >c": "op.matmul",
    "q k v mask >y >stats": "attention",
    "dy q k v mask y stats >dq >dk >dv": "attention.grad",
    "x w b >y Mode places P X Y taps": "conv depthwise",
    "x dz >dw taps T K Row lines": "conv.weights",
    "x dz >dw taps T C places": "depthwise.weights",
    "w >turned": "conv.turned recurrent.packed recurrent.turned",
    (
        "<>a:samples u b >before:samples >memory:samples >y:samples >h:samples >c:samples mask:samples h0:samples "
        "c0:samples kept:samples"
    ): "simple_rnn lstm gru gru.before",
    (
        "<>a:samples >to_u:samples u before:samples memory:samples dy:samples dh:samples dc:samples mask:samples "
        ">dh0:samples >dc0:samples kept:samples"
    ): "simple_rnn.grad lstm.grad gru.grad gru.before.grad",
    "x:samples >y:samples ends pixels": "pool.max pool.mean",
    "dy:samples x:samples y:samples >dx:samples ends pixels": "pool.max.grad pool.max.shared.grad pool.mean.grad",
    "x:samples u:samples v:samples >y:samples": "warp warp.grad",
    "x:samples u:samples >y:samples": "mirrored",
    "x >y:Rows # # # Rows": "cropped",
    "dy:samples >dx:samples": "cropped.grad",
    "x:samples mask:samples >y:samples": "pool.masked",
    "x:samples >y:samples ends pixels weights": "pool.weighted",
    "dy:samples mask:samples >dx:samples": "masking.grad pool.masked.grad",
    "dy x >dalpha:lines N": "prelu.slopes",
    "dy x mean r >dgamma:lines >dbeta:lines M N": "layer_norm.parameters",
    "x gamma beta <>mean <>variance >r >factor >y": "batch_norm",
    "dy x mean r factor >dgamma >dbeta >level >slope >dx": "batch_norm.grad",
    "x gamma beta mask >count >mean >variance >r >factor >y": "batch_norm.masked",
    "dy x mask count mean r factor >dgamma >dbeta >dx": "batch_norm.masked.grad",
    "dy x mean factor level slope >dx": "batch_norm.inputs",
    "serial <>moving new N": "batch_norm.average",
    "serial mean variance gamma beta known spread >sigma >ratio >shift >scaled >moved": "batch_norm.renorm",
    "serial dscaled dbeta ratio shift >dgamma": "batch_norm.renorm.grad",
    "serial sigma >variance": "batch_norm.renorm.variance",
    "x >parts": "batch_norm.parts",
    "serial parts gamma >mean >variance >r >factor": "batch_norm.joined",
    "x:M mean factor beta >y:M M N": "batch_norm.applied",
    "dy x mean factor beta >parts": "batch_norm.slopes",
    "serial parts r >dgamma >dbeta >level >slope": "batch_norm.slopes.joined",
    "dy:M x:M mean factor beta level slope >dx:M M N": "batch_norm.through",
    # The batch, the loss, the counting
    "data Stride N >to:samples | order": (
        "gather.bool gather.float32 gather.float64 gather.int16 gather.int32 gather.int64 gather.int8 gather.uint16 "
        "gather.uint32 gather.uint64 gather.uint8"
    ),
    "serial data Stride N >to | order": "gather.labels",
    "x N | +status": "finite.rows",
    "x:lines N | +status": "op.within",
    "serial weights >slope N Each Division classes Ignored Scale mask Of_mask >number": "loss.slope",
    "serial <>slope N number": "loss.divide",
    "serial mask weights >product N": "masking.weights",
    "serial t >to N": "loss.signs",
    "t:M y:M slope:M >values:M >dy:M M N": (
        "loss.mean_squared_error loss.mean_absolute_error loss.mean_absolute_percentage_error "
        "loss.mean_squared_logarithmic_error loss.log_cosh loss.huber loss.poisson loss.hinge loss.squared_hinge "
        "loss.kl_divergence loss.binary_crossentropy loss.binary_crossentropy.logits loss.binary_focal_crossentropy "
        "loss.binary_focal_crossentropy.logits loss.sparse_categorical_crossentropy.logits "
        "loss.sparse_categorical_crossentropy loss.categorical_generalized_cross_entropy "
        "loss.categorical_crossentropy.logits loss.categorical_crossentropy loss.categorical_hinge "
        "loss.cosine_similarity"
    ),
    "t:M y:M slope:M >values:M >dy:M M N Smoothing Part alpha": (
        "loss.categorical_focal_crossentropy.logits loss.categorical_focal_crossentropy"
    ),
    "serial values slope N | <>loss": "loss.total",
    "serial x >y N": "added_loss",
    "serial y | <>loss": "added_loss.total",
    "serial y N | <>loss": "activity.penalty",
    "serial sums N | <>loss": "penalty.total",
    "g:lines N | loss:first +status": "loss.finite",
    "x:lines dz:lines I O M | +status": "dense.bounded",
    "serial Place | loss": "count.loss",
    "serial values slope N": "count.part",
    "serial values weights": "count.values",
    "t:lines y:lines >hits:lines N": "hits.binary_accuracy",
    "t:M y:M >hits:M M": (
        "hits.sparse_categorical_accuracy hits.categorical_accuracy hits.sparse_top_k_categorical_accuracy "
        "hits.top_k_categorical_accuracy"
    ),
    # Sums over all processes that share a batch: no kernels, but functions of training/exchange.py
    "serial <>gradient | <>loss": "ranks.step",
    "serial <>number": "ranks.number",
    "serial <>level <>slope N": "ranks.sums",
    "serial <>mean <>variance N": "ranks.moments",
    # Penalties and constraints
    "N w >sums": "penalty.sums",
    "N w:lines <>g:lines": "penalty.grad",
    "w >u >columns >lengths": "orthogonal.units",
    "<>products >sums": "orthogonal.signs",
    "h u lengths <>g": "orthogonal.grad",
    "N <>w:lines": "constraint.non_neg",
    "<>w >factors": "constraint.norm",
    # Optimizers
    "N <>gradient:lines >g:lines": "gradient.unscaled",
    "N Every x:lines <>sum:lines >g:lines": "gradient.accumulated",
    "N Every <>sum:lines": "gradient.forgotten",
    "N Every x:lines >g:lines": "clip.value",
    "N Every x:lines >g:lines sums": "clip.norm",
    "N Every x >sums": "sums.squares",
    "N Every Decay <>w:lines": "decay",
    "N Every <>w:lines <>a:lines": "average",
    "N Every Decay <>w:lines g:lines": "sgd",
    "N Every Decay <>w:lines g:lines <>a:lines": "sgd.momentum sgd.nesterov adagrad rmsprop lion",
    "N Every Decay <>w:lines g:lines <>a:lines <>b:lines": (
        "adam adamax nadam schedule_free_adamw adadelta rmsprop.momentum rmsprop.centered ftrl ftrl.power"
    ),
    "N Every Decay <>w:lines g:lines <>a:lines <>b:lines <>c:lines": "adam.amsgrad rmsprop.centered.momentum",
    "N Every g:lines <>m:lines <>v:lines >u:lines": "lamb.direction",
    "N Every <>w:lines u:lines w_sums u_sums": "lamb.step adafactor.step",
    "N Every g <>r": "adafactor.rows",
    "N Every g <>c": "adafactor.columns",
    "N Every g r c >v >u": "adafactor.matrix",
    "N Every g:lines <>v:lines >u:lines": "adafactor.vector",
    "N Every g:lines <>m:lines >u:lines": "muon.momentum",
    "Every u >x R C sums": "muon.start",
    "N Every <>x:lines y:lines": "muon.sum",
    "Every <>w x R C": "muon.step",
    "Every a Row Column b >c": "product",
}
TEXTS = {name: text for text, names in TABLE.items() for name in names.split()}
FUSED = "dense.weights."
OF_BATCH = "x dz >packed I O M"


@functools.cache
def signature(kernel: str) -> Signature:
    """The signature of a kernel."""
    if kernel.startswith(FUSED):
        rule = TEXTS[kernel.removeprefix(FUSED)].replace(":lines", "").replace(" g", " #")
        return _read(f"{OF_BATCH} {rule}")
    return _read(TEXTS[kernel])


def is_serial(op: Op) -> bool:
    """Whether the first thread does it all."""
    return op.serial or signature(op.kernel).serial


def check_operands(op: Op) -> None:
    """Arrays where the signature has names, numbers where it has numbers: a kernel follows whatever it is given."""
    found = signature(op.kernel)
    for i, (use, operand) in enumerate(zip(found.uses, op.operands, strict=False)):
        wrong = (
            isinstance(operand, Buffer)
            if i in found.numbers.values()
            else (use is not None and operand is not None and not isinstance(operand, Buffer))
        )
        assert not wrong, f"kernel {op.kernel!r}, operand {i}: {operand} does not go with its signature"
