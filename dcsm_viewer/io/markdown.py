"""Names in Markdown: as they are, not as marks of the language; and tables of them."""

from __future__ import annotations

import re
from collections.abc import Sequence

_MARKS = re.compile(r"[\\`*|<>&\[\]~]|(?<!\w)_|_(?!\w)")  # an underscore inside a word marks nothing


def plain(text: str) -> str:
    """Return Markdown that shows `text` itself, on one line."""
    return _MARKS.sub(lambda mark: f"\\{mark.group()}", " ".join(text.split()))


def table(head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return the table of these cells of Markdown (names by `plain`), the first column left, the others right."""
    rows = [head, ["---", *("---:" for _ in head[1:])], *lines]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
