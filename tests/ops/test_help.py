"""What `help(pellucid.ops)` shows: the names by their groups, and each op in a few lines."""

from __future__ import annotations

import pydoc
import re

from pellucid import ops


def test_every_name_stands_in_one_group() -> None:
    groups = re.findall(r"^- [^:]+: ((?:.|\n  )*)", ops.__doc__ or "", flags=re.MULTILINE)
    assert len(groups) > 10
    assert sorted(name for group in groups for name in group.split()) == sorted(ops.__all__)


def test_help_tells_each_op_with_its_arguments_and_no_class_of_its_inside() -> None:
    shown = pydoc.plain(pydoc.render_doc(ops))
    assert "<op clip(x, x_min, x_max)>" in shown
    assert "<op softmax(x, axis)>" in shown
    assert "CLASSES" not in shown
    assert "object at" not in shown
