"""An image of a folder that was exported, as the files of the whole folder name it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class FolderImage:
    """One exported image of a folder.

    `stem` is that of its exports, `name` the image's path from the folder that was exported, with "/".
    """

    stem: str
    name: str
