"""The path from a folder to a file as the program's files hold it: it leads there, whatever links lie between."""

from __future__ import annotations

import os
from pathlib import Path


def way_to(path: str | os.PathLike[str], folder: str | os.PathLike[str]) -> str:
    """Return the way from `folder` to `path`, with "/"; the whole path where there is no way (another Windows drive).

    The system follows a link before it goes up by "..", so the way is taken between the folders that links lead to
    where the plain one ends elsewhere. The file itself may be a link; its name stays.
    """
    plain = _way(os.path.abspath(path), os.path.abspath(folder))  # noqa: PTH100 - resolve() would follow links
    if os.path.realpath(Path(folder) / plain) == os.path.realpath(path):
        return Path(plain).as_posix()
    parent, name = os.path.split(os.path.abspath(path))  # noqa: PTH100 - as above
    return Path(_way(str(Path(os.path.realpath(parent)) / name), os.path.realpath(folder))).as_posix()


def _way(path: str, folder: str) -> str:
    try:
        return os.path.relpath(path, folder)
    except ValueError:  # another drive of Windows
        return path
