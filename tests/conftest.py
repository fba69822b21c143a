"""What all tests share: settings of the tools, and a house left as it was found."""

from __future__ import annotations

import os
from collections.abc import Iterator

os.environ.setdefault("KERAS_BACKEND", "numpy")  # read by Keras when it is first imported
os.environ["NO_COLOR"] = "1"

import hypothesis
import pytest

from pellucid import registry, rng, settings

collect_ignore_glob = ["golden/make_*.py"]  # these scripts make golden values with packages that no test needs

hypothesis.settings.register_profile("house", deadline=None, derandomize=True, max_examples=50)
hypothesis.settings.load_profile("house")


@pytest.fixture(autouse=True)
def house_as_found(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A test may set the seed, the default dtype or custom objects; the next one does not notice."""
    monkeypatch.setattr(rng._Default, "root", None)
    monkeypatch.setattr(rng._Default, "drawn", 0)
    floatx = settings.floatx()
    with registry.custom_object_scope({}):
        yield
    settings.set_floatx(floatx)
