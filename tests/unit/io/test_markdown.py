"""A name in a report is the name, whatever marks it holds."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.io.markdown import plain, table


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("dog", "dog"),
        ("dining_table", "dining_table"),
        ("a|b", "a\\|b"),
        ("<b>a&b</b>", "\\<b\\>a\\&b\\</b\\>"),
        ("_x_ *y* `z` [a] ~b~", "\\_x\\_ \\*y\\* \\`z\\` \\[a\\] \\~b\\~"),
        ("two\nlines", "two lines"),
    ],
)
def test_that_marks_are_told_as_they_are(name: str, text: str) -> None:
    assert plain(name) == text


@given(st.lists(st.text(max_size=8), min_size=2, max_size=4))
def test_that_a_row_has_a_cell_a_name_and_is_one_line(names: list[str]) -> None:
    head, _rule, row = table(["a"] * len(names), [[plain(name) for name in names]]).split("\n")
    assert len(re.findall(r"(?<!\\)(?:\\\\)*\|", row)) == head.count("|")
