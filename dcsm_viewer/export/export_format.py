"""What one export format is: its files, who writes them, and who reads them back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.core.types import Result, SeedRule
from dcsm_viewer.export.folder_image import FolderImage
from dcsm_viewer.export.report import Report


@dataclass(frozen=True, slots=True)
class Format:
    """Describe one kind of file. A module of `export.formats` lists those it makes as FORMATS; nothing else names them.

    path_pattern: its path in the export folder, with {stem} for the image's stem. `write(result, path)` makes the file
    and `verify(path, result)` reads it back by its consumers' rules. position: ascending order in lists. rules: the
    seeds that the result must hold for it (dcsm_viewer.worker.pseudo_labels). more: the other files of an export of
    several. from_labels: whether labels are all that it needs, so that masks of other programs can be written in it.
    """

    name: str
    title: str
    path_pattern: str
    write: Callable[[Result, Path], None]
    verify: Callable[[Path, Result], Report]
    position: int
    rules: tuple[SeedRule, ...] = ()
    more: tuple[Format, ...] = ()
    from_labels: bool = False

    @property
    def files(self) -> tuple[Format, ...]:
        """Every file of it, this one first."""
        return (self, *self.more)

    def path(self, folder: Path, stem: str) -> Path:
        """Return the path of this format's file for an image with this stem."""
        return folder / self.path_pattern.format(stem=stem)


def _accept(_images: Sequence[FolderImage]) -> None:
    """Accept images of any names."""


@dataclass(frozen=True, slots=True)
class FolderFormat:
    """Describe the file that a format makes for a whole folder; listed in FORMATS of its module, as Format is.

    path_pattern: its path in the export folder. `write(images, folder, path)` makes it of the images' own files in
    `folder`, `verify(images, folder, path)` reads it back. `check(images)` raises UserError for images that it cannot
    tell apart. The same files give the same bytes.
    """

    name: str
    path_pattern: str
    write: Callable[[Sequence[FolderImage], Path, Path], None]
    verify: Callable[[Sequence[FolderImage], Path, Path], Report]
    check: Callable[[Sequence[FolderImage]], None] = _accept
