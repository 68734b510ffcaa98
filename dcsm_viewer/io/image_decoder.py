"""The decoder of image files: bytes become an opened picture here, and all that can go wrong becomes a sentence."""

from __future__ import annotations

import ctypes
import logging
import os
import struct
import warnings
import zlib
from collections.abc import Callable
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import NoReturn, TypeVar

from PIL import Image, UnidentifiedImageError, _imaging

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.os_errors import reason_of
from dcsm_viewer.io.plain_file import plain_bytes
from dcsm_viewer.io.png_chunks import used_chunks_only
from dcsm_viewer.io.urls import bytes_at, is_url

T = TypeVar("T")

# What counts as an image, or a mask, where a folder is looked through. Read are all of them by content.
SUFFIXES = frozenset({
    ".jpg", ".jpeg", ".jpe", ".jfif", ".png", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".avif",
    ".ppm", ".pgm", ".pbm", ".pnm", ".tga", ".jp2",
})  # fmt: skip

# Pillow warns above this size and refuses above twice; a file of a few KB can hold it ("decompression bomb").
MAX_PIXELS = 89_478_485

# What Pillow's readers raise on files that are cut off or damaged.
DAMAGE = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AssertionError,
    AttributeError,
    RuntimeError,
    EOFError,
    struct.error,
    zlib.error,
)

# What Pillow has to say about a file goes into our sentence or nowhere: stderr is for progress.
warnings.filterwarnings("ignore", module=r"PIL\.")
logging.getLogger("PIL").addHandler(logging.NullHandler())


def decode(path: str | os.PathLike[str], take: Callable[[Image.Image, bytes], T], *, save_as: str = "PNG or JPEG") -> T:
    """Open the image file at `path` (or URL) and return what `take` makes of it.

    Parameters
    ----------
    path
        A file or a URL.
    take
        Given the picture, opened and not yet loaded (size, mode and tiles are known), and the bytes of its file. It
        has to load what it needs: the picture is closed afterwards.
    save_as
        The remedy for what is no image: the formats to save it in.

    Raises
    ------
    UserError
        A sentence that names the path and the remedy: for a file that is not there, may not be read, is no image, is
        damaged or cut off, has more than MAX_PIXELS or does not fit into memory; and whatever `take` refuses.
    """
    name = os.fspath(path)
    stored = stored_bytes(name)
    _silence_libtiff()
    try:
        with Image.open(BytesIO(used_chunks_only(stored))) as opened:
            if opened.width * opened.height > MAX_PIXELS:
                _refuse_size(name)
            return take(opened, stored)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        _refuse_size(name)
    except UnidentifiedImageError:
        raise UserError(f"{name} is not an image this program can read; save it as {save_as}.") from None
    except MemoryError:
        raise UserError(f"{name} does not fit into memory; open a smaller copy of it.") from None
    except DAMAGE as damage:
        raise UserError(f"{name} is damaged or cut off ({reason_of(damage)}); copy or save it once more.") from damage


def stored_bytes(path: str) -> bytes:
    """What the file at `path` or URL holds, at least one byte. Raises UserError if it is not there or not readable."""
    stored = bytes_at(path) if is_url(path) else _read(Path(path))
    if not stored:
        raise UserError(f"{path} is empty (0 bytes); copy or save it once more.")
    return stored


def _read(path: Path) -> bytes:
    try:
        return plain_bytes(path)
    except FileNotFoundError:
        raise UserError(f"{path} is not there; it may have been moved or renamed.") from None
    except IsADirectoryError:
        raise UserError(f"{path} is a folder; open it as a folder, or choose an image in it.") from None
    except PermissionError:
        # Windows says this of folders too.
        if path.is_dir():
            raise UserError(f"{path} is a folder; open it as a folder, or choose an image in it.") from None
        raise UserError(f"{path} may not be read; change its permissions or copy it elsewhere.") from None
    except MemoryError:
        raise UserError(f"{path} does not fit into memory; open a smaller copy of it.") from None
    except OSError as error:
        raise UserError(f"{path} cannot be read ({reason_of(error)}); copy it to another disk and try again.") from None


def _refuse_size(path: str) -> NoReturn:
    most = MAX_PIXELS // 1_000_000
    raise UserError(f"{path} has more than {most} million pixels; open a smaller copy of it.") from None


@cache
def _silence_libtiff() -> None:
    """Keep libtiff from writing to stderr; Pillow raises for every error that matters.

    Set once for the process and safe among threads, which redirecting stderr around each picture is not. Where libtiff
    is linked into Pillow without its names (Windows), nothing changes.
    """
    try:
        library = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            setter = getattr(library, name)
            setter.argtypes, setter.restype = [ctypes.c_void_p], ctypes.c_void_p
            setter(None)
    except (OSError, AttributeError):
        return
