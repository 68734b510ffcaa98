"""Labels changed by hand, kept beside the export they came from."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from tokenize import TokenError

import numpy as np

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_write, ensure_folder
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes
from dcsm_viewer.review.exported_result import Exported, Labels
from dcsm_viewer.review.label_masks import pixels_by_name
from dcsm_viewer.review.review_file import Edit

EDITS_FOLDER = "triage"
# NumPy reads the header of an array as Python source, so its errors are those of source too.
_DAMAGE = (ValueError, EOFError, SyntaxError, TokenError, TypeError, LookupError, MemoryError, OverflowError)


def edit_of(exported: Exported, labels: Labels, threshold: float | None) -> Edit:
    """What triage.json says of these labels, which belong into the file it names."""
    return Edit(f"{EDITS_FOLDER}/{exported.stem}.npy", pixels_by_name(labels, exported.class_names), threshold)


def write_edit(folder: Path, edit: Edit, labels: Labels) -> None:
    """`labels` in the edit's file; the export stays as it is. Raises UserError where it cannot be written."""
    ensure_folder(folder / EDITS_FOLDER)
    with atomic_write(folder / edit.file) as stream:
        np.save(stream, labels, allow_pickle=False)


def read_edit(folder: Path, edit: Edit, like: Labels) -> Labels:
    """The labels, if they still fit `like` (the export's own). Raises UserError naming the file otherwise."""
    path = folder / edit.file
    try:
        stored = BytesIO(plain_bytes(path))
        labels: Labels = np.lib.format.read_array(stored, allow_pickle=False)
    except OSError as error:
        raise UserError(f"{path} cannot be read ({reason_of(error)}); take the exported labels again.") from error
    except _DAMAGE:
        raise UserError(f"{path} is damaged; take the exported labels again.") from None
    if labels.shape != like.shape or labels.dtype != like.dtype:
        raise UserError(f"{path} does not fit the exported image any more; take the exported labels again.")
    return labels
