"""The two convolutions of a ConvLSTM as layers of their own, for all forms in which a network is written."""

from __future__ import annotations

from typing import Any

from ..layers.channels import LAST
from .form import Form
from .sliding import CONVOLUTIONS

ALONG = ("softmax", "log_softmax", "sparsemax", "glu")  # activations that ask which axis is which


def convolutions(form: Form, layer: Any, data_format: str = LAST) -> tuple[Any, Any]:
    """What gives the inputs to the gates, and what gives them the state: layers whose kernels are `kernel` and
    `recurrent_kernel`. Activations by which gates would be more than numbers are refused."""
    for one in (layer.activation, layer.recurrent_activation):
        if one.name in ALONG:
            raise form.refused(layer.name, "a recurrent layer's activation that goes number by number", one.name)
    kind = CONVOLUTIONS[layer.axes]
    shared = {
        "filters": layer.gates * layer.filters, "kernel_size": layer.kernel_size, "data_format": data_format,
        "name": layer.name, "dtype": layer.dtype,
    }  # fmt: skip
    told = {"strides": layer.strides, "padding": layer.padding, "dilation_rate": layer.dilation_rate}
    return kind(**shared, **told, use_bias=layer.use_bias), kind(**shared, padding="same", use_bias=False)
