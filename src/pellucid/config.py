"""Settings, under the name Keras gives them: `pellucid.config.set_floatx("float64")`."""

from .settings import floatx, set_floatx

__all__ = ["floatx", "set_floatx"]
