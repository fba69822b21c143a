"""Settings again, under their oldest name in Keras: `pellucid.backend.clear_session()`."""

from .settings import backend, clear_session, epsilon, floatx, image_data_format, set_floatx

__all__ = ["backend", "clear_session", "epsilon", "floatx", "image_data_format", "set_floatx"]
