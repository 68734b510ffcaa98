"""Images and folders behind a URL: s3://bucket/dog.jpg, and whatever else fsspec supports."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from types import ModuleType

from dcsm_viewer.core.types import UserError


def is_url(name: str | os.PathLike[str]) -> bool:
    """Whether `name` is a URL and no path."""
    return "://" in os.fspath(name)


def bytes_at(url: str) -> bytes:
    """What the file at `url` holds. Raises UserError if it cannot be had."""
    with _explained(url):
        with _fsspec().open(url, "rb") as stream:
            content: bytes = stream.read()
        return content


def is_folder(url: str) -> bool:
    """Whether `url` names a folder. Raises UserError if that cannot be found out."""
    with _explained(url):
        system, path = _fsspec().core.url_to_fs(url)
        return bool(system.isdir(path))


def files_in(url: str, suffixes: frozenset[str], *, below: bool) -> tuple[str, ...]:
    """URLs of the files in the folder `url` with one of `suffixes` (lower case), none hidden, in no order.

    below: those in folders below it too.
    """
    with _explained(url):
        system, path = _fsspec().core.url_to_fs(url)
        found = system.find(path, maxdepth=None if below else 1)
        inside = [PurePosixPath(each) for each in found if PurePosixPath(each).suffix.lower() in suffixes]
        root = PurePosixPath(path)
        shown = [each for each in inside if not any(part.startswith(".") for part in each.relative_to(root).parts)]
        return tuple(str(system.unstrip_protocol(str(each))) for each in shown)


def _fsspec() -> ModuleType:
    try:
        import fsspec  # type: ignore[import-untyped] # it has no types
    except ImportError:
        raise UserError(
            "Images by URL need fsspec; run `pip install dcsm-viewer[distributed]`, or download them."
        ) from None
    module: ModuleType = fsspec
    return module


@contextmanager
def _explained(url: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise UserError(f"{url} is not there; it may have been moved or renamed.") from None
    except PermissionError:
        raise UserError(f"{url} may not be read; sign in or ask its owner.") from None
    except ImportError as missing:
        raise UserError(f"{url} cannot be read: {missing}.") from None
    except (OSError, ValueError) as error:
        raise UserError(f"{url} cannot be read ({str(error).rstrip('.')}); check it and try again.") from None
