"""Text files people wrote, line by line, with the number each line has in an editor."""

from __future__ import annotations

import codecs
from pathlib import Path

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes
from dcsm_viewer.io.text_lines import lines_of as split_lines

BLANKS = " \t"  # what is taken off around a name; other white space may be a part of it
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)  # Excel's "Unicode text" begins with one


def numbered_lines(path: Path, what: str) -> list[tuple[int, str]]:
    """(number from 1, text) of the lines that are not blank; spaces and tabs around the text are taken off.

    A line ends with a line feed, or carriage return and line feed: other separators of Unicode (U+0085, U+2028) may
    stand in a name. what: the file in words, for the sentence ("The image list"). Raises UserError where it cannot be
    read as UTF-8, or UTF-16 with a byte order mark.
    """
    return [(number, text) for number, line in enumerate(lines_of(path, what), 1) if (text := line.strip(BLANKS))]


def lines_of(path: Path, what: str) -> list[str]:
    """All lines as they stand there, without their ends. Raises UserError as `numbered_lines` does."""
    try:
        stored = plain_bytes(path)
    except OSError as error:
        raise UserError(f"{what} {path} cannot be read ({reason_of(error)}); check the path.") from None
    try:
        text = stored.decode("utf-16" if stored.startswith(_UTF_16) else "utf-8-sig")
    except UnicodeDecodeError:
        raise UserError(f"{what} {path} is not UTF-8 text; save it as UTF-8.") from None
    return split_lines(text)
