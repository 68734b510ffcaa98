"""Files that are replaced as a whole: a reader sees the old one or the new one, never half of one."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dcsm_viewer.values import UserError


@contextmanager
def replaced(path: Path) -> Iterator[Path]:
    """A temporary path in the folder of `path` to write to; it takes the place of `path` when the block ends well.

    Raises UserError where the folder cannot be made or written, or the disk is full; nothing is left behind then.
    """
    draft: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        draft = Path(name)
        yield draft
        with draft.open("rb+") as file:
            os.fsync(file.fileno())
        draft.chmod(0o644)  # mkstemp makes it private; other users of this folder may read the models
        draft.replace(path)
    except OSError as error:
        raise UserError(
            f"{path} cannot be written ({error.strerror or error}); free some space, or choose another folder."
        ) from None
    finally:
        if draft is not None:
            draft.unlink(missing_ok=True)
