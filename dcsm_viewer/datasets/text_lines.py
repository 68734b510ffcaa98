"""Text files people wrote, line by line, with the number each line has in an editor."""

from __future__ import annotations

from pathlib import Path

from dcsm_viewer.values import UserError


def numbered_lines(path: Path, what: str) -> list[tuple[int, str]]:
    """(number from 1, text) of the lines that are not blank; blanks around the text are taken off.

    what: the file in words, for the sentence ("The image list"). Raises UserError where it cannot be read as UTF-8.
    """
    try:
        text = path.read_text("utf-8-sig")
    except OSError as trouble:
        raise UserError(f"{what} {path} cannot be read ({trouble.strerror}); check the path.") from None
    except UnicodeDecodeError:
        raise UserError(f"{what} {path} is not UTF-8 text; save it as UTF-8.") from None
    return [(number, line.strip()) for number, line in enumerate(text.split("\n"), 1) if line.strip()]
