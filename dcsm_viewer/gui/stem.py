"""The name exports of an image get: its own, unless that name is another image's already."""

from __future__ import annotations

import json
from pathlib import Path

from dcsm_viewer.values import SourceImage


def free_stem(folder: Path, image: SourceImage) -> str:
    """The image's file name without its ending, made longer by its digest where the name belongs to another image."""
    stem = Path(image.name).stem or "image"
    if _belongs_to_another(folder / f"{stem}.json", image):
        return f"{stem}-{image.digest[:8]}"
    return stem


def _belongs_to_another(recipe: Path, image: SourceImage) -> bool:
    """Whether a recipe lies there that does not name this image's pixels; an unreadable one is not ours."""
    if not recipe.exists():
        return False
    try:
        text = recipe.read_text(encoding="utf-8")
        json.loads(text)
    except (OSError, ValueError):
        return True
    return image.digest not in text
