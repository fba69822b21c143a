"""The page about the doctor lists the rules as they are."""

from __future__ import annotations

from doctor.page import BEGIN, PAGE, written


def test_the_page_lists_the_rules_as_they_are():
    page = PAGE.read_text("utf-8")
    assert BEGIN in page
    assert written(page) == page, "run: PYTHONPATH=src python tests/doctor/page.py"
