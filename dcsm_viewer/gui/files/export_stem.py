"""The name exports of an image get: its own, unless that name is another image's or file's already."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from dcsm_viewer.core.types import SourceImage
from dcsm_viewer.io.plain_file import plain_bytes


def free_stem(folder: Path, image: SourceImage, formats: Sequence[str]) -> str:
    """Return the image's file name without its ending, made longer by its digest where that name is not free.

    It is free where neither a recipe of another image has it nor a file lies there that this program did not write.
    """
    # 0.1 s that the window's start need not wait for.
    from dcsm_viewer.export import stems_for
    from dcsm_viewer.export.format_registry import paths_of
    from dcsm_viewer.export.own_exports import stranger_among

    name = Path(image.name).name or "image"
    stem = stems_for([name])[name]
    if _belongs_to_another(folder / f"{stem}.json", image):
        return f"{stem}-{image.digest[:8]}"
    if stranger_among(folder, stem, paths_of(formats, folder, stem)) is not None:
        return f"{stem}-{image.digest[:8]}"
    return stem


def _belongs_to_another(recipe: Path, image: SourceImage) -> bool:
    """Whether a recipe lies there that does not name this image's pixels; an unreadable one is not ours."""
    if not os.path.exists(recipe):  # noqa: PTH110 - a name too long is not there, where Path raises
        return False
    try:
        text = plain_bytes(recipe).decode()
        json.loads(text)
    except (OSError, ValueError, RecursionError):
        return True
    return image.digest not in text
