"""What a line is, wherever this program reads a list or a table."""

from __future__ import annotations


def lines_of(text: str) -> list[str]:
    """Split at LF, CRLF and CR, as Python's text files and the readers of such lists do; without the ends.

    `str.splitlines` also splits at U+0085, U+2028 and five more, which occur inside names of files and classes.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return lines if lines[-1] else lines[:-1]


def is_one_line(text: str) -> bool:
    """Return whether a list with one text a line can hold this text."""
    return "\n" not in text and "\r" not in text
