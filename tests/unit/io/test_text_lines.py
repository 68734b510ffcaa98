"""A line ends where readers of lists end it, and nowhere else."""

from __future__ import annotations

import io

from hypothesis import given
from hypothesis import strategies as st

from dcsm_viewer.io.text_lines import is_one_line, lines_of

SEPARATORS = "\n\r\x0b\x0c\x1c\x1d\x1e\x85\u2028\u2029 a"
_TEXTS = st.text(st.sampled_from(SEPARATORS), max_size=20)


@given(_TEXTS)
def test_that_lines_are_those_of_a_python_text_file(text: str) -> None:
    assert lines_of(text) == [line.removesuffix("\n") for line in io.StringIO(text, newline=None)]


@given(st.lists(_TEXTS.filter(is_one_line), max_size=5))
def test_that_a_list_of_one_text_a_line_is_read_as_it_was_written(texts: list[str]) -> None:
    assert lines_of("".join(f"{text}\n" for text in texts)) == texts
