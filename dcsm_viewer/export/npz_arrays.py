"""The reader of .npz files of exports: arrays by name, and all that can go wrong with them in a sentence."""

from __future__ import annotations

import tokenize
import zipfile
import zlib
from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import check_plain

# What zipfile and numpy raise on archives that are cut off, damaged, encrypted or of a kind they do not know.
_DAMAGE = (
    OSError,
    ValueError,
    EOFError,
    LookupError,
    TypeError,
    ArithmeticError,
    RuntimeError,
    SyntaxError,
    tokenize.TokenError,
    zipfile.BadZipFile,
    zlib.error,
)


def arrays_in(path: Path, names: Collection[str]) -> dict[str, NDArray[Any]]:
    """Read those of the arrays `names` that the file at `path` holds, by name; nothing is unpickled.

    Raises UserError for a file that is not there or no archive, is damaged, or does not fit into memory.
    """
    try:
        check_plain(path)
        # Opened here, as numpy forgets to close a file it cannot load.
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as archive:
            return {name: archive[name] for name in names if name in archive.files}
    except MemoryError:
        raise UserError(f"{path} does not fit into memory; export the image once more.") from None
    except AttributeError:  # a lone .npy array
        raise UserError(f"{path} is no archive of arrays; export the image once more.") from None
    except _DAMAGE as error:
        raise UserError(f"{path} cannot be read ({reason_of(error)[:200]}); export the image once more.") from error
