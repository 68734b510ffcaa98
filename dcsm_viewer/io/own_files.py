"""Files of fixed names that this program writes into a folder of the user's, and knows again there.

A list in the folder names them. What is there and not in the list is the user's, and is not replaced.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_write
from dcsm_viewer.io.plain_file import plain_bytes, plain_json

LIST = ".dcsm-viewer.json"
_SCHEMA = 1


def check_own(folder: Path, names: Iterable[str]) -> None:
    """Raise UserError naming the first of `names` (paths from `folder`, with "/") that is there and not ours."""
    known = _listed(folder)
    for name in names:
        path = folder / name
        if name not in known and os.path.lexists(path):
            raise UserError(
                f"{path} is there already and is not known as a file of this program ({LIST} beside it does not name "
                "it), so it stays; choose another folder, or move it away."
            )


def claim(folder: Path, names: Iterable[str]) -> None:
    """Put `names` into the folder's list before they are written, so that a later run may replace them.

    Raises UserError as `check_own` does, and where the list cannot be written.
    """
    wanted = tuple(names)
    check_own(folder, wanted)
    adopt(folder, wanted)


def adopt(folder: Path, names: Iterable[str]) -> None:
    """Put `names` into the folder's list, whether they are there or not: for files known as ours in another way."""
    wanted = tuple(names)
    known = _listed(folder)
    if known >= set(wanted):
        return
    document = {"schema": _SCHEMA, "files": sorted(known | set(wanted))}
    with atomic_write(folder / LIST) as stream:
        stream.write((json.dumps(document, indent=1) + "\n").encode())


def _listed(folder: Path) -> set[str]:
    try:
        document: Any = plain_json(plain_bytes(folder / LIST))
        return {str(name) for name in document["files"]}
    except (OSError, ValueError, LookupError, TypeError):
        return set()
