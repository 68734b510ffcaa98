"""Emoji modelled in three dimensions, sorted into classes by the names of their code points."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PIL import Image

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.atomic import atomic_path, ensure_folder
from research.pictures.cutout import crop_to_visible, file_name
from research.pictures.icon_classes import class_of_icon
from research.pictures.sources import Source


def gather_figures(source: Source, folder: Path, names: Path, out: Path, report: Callable[[str], None]) -> int:
    """How many figures of the table were written to `out/<class>/`, in the order of their code points.

    The pictures are named by code points; `names` is an icon set's `chars.json`, which knows what those are called.
    Raises UserError where either is missing.
    """
    try:
        called: dict[str, str] = json.loads(names.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(
            f"{names} cannot be read ({error}); delete that package's folder and fetch it again."
        ) from error
    count = 0
    for path in sorted((folder / "package" / "assets").glob("*.webp")):
        name = called.get(path.stem.replace("-fe0f", ""))
        class_name = class_of_icon(name) if name is not None else None
        if name is None or class_name is None:
            continue
        with Image.open(path) as opened:
            rgba = crop_to_visible(np.asarray(opened.convert("RGBA")))
        if rgba is None:
            continue
        ensure_folder(out / class_name)
        with atomic_path(out / class_name / file_name("figure", source.name, name, "0")) as draft:
            Image.fromarray(rgba).save(draft, format="PNG")
        count += 1
    if not count:
        raise UserError(f"There are no figures in {folder}; delete it and fetch it again.")
    report(f"{source.name}: {count} figures")
    return count
