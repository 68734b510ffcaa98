"""Which format a file or a folder of masks is of, by its content."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dcsm_viewer.core.types import UserError
from dcsm_viewer.io.foreign_masks.coco_masks import read_coco
from dcsm_viewer.io.foreign_masks.cvat_masks import read_cvat
from dcsm_viewer.io.foreign_masks.labelme_masks import read_labelme
from dcsm_viewer.io.foreign_masks.png_masks import read_pngs
from dcsm_viewer.io.foreign_masks.read_mask import MaskSource
from dcsm_viewer.io.foreign_masks.yolo_masks import read_yolo
from dcsm_viewer.io.plain_file import plain_bytes, plain_json


def read_masks(path: Path) -> MaskSource:
    """Read a COCO or labelme JSON, a CVAT XML, or a folder of PNGs, labelme JSONs or YOLO's text files.

    Raises UserError for anything else.
    """
    if path.is_dir():
        return _folder(path)
    match path.suffix.lower():
        case ".xml":
            return read_cvat(path)
        case ".json":
            try:
                content: Any = plain_json(plain_bytes(path))
            except (OSError, ValueError) as error:
                raise UserError(f"{path} cannot be read ({error}); choose another file of masks.") from None
            return (
                read_labelme([path]) if isinstance(content, dict) and "shapes" in content else read_coco(content, path)
            )
    raise UserError(f"{path} is no file of masks; choose a COCO JSON, a CVAT XML, or a folder of masks.")


def _folder(folder: Path) -> MaskSource:
    """A YOLO data set and labelme's folders hold their images too, and an export's masks lie beside its recipes."""
    texts = _files(folder / "labels", ".txt") or _files(folder, ".txt")
    pngs, documents = _files(folder, ".png"), _files(folder, ".json")
    if texts and ((folder / "labels").is_dir() or (folder / "data.yaml").is_file()):
        return read_yolo(folder, texts)
    shapes = [path for path in documents if _has_shapes(path)]
    if shapes or (documents and not pngs):
        return read_labelme(shapes or documents)
    if pngs:
        return read_pngs(folder, pngs)
    if texts:
        return read_yolo(folder, texts)
    raise UserError(f"{folder} has no PNG, labelme JSON or YOLO text file; choose another folder.")


def _has_shapes(path: Path) -> bool:
    try:
        return b'"shapes"' in plain_bytes(path)
    except OSError:
        return False


def _files(folder: Path, suffix: str) -> list[Path]:
    return sorted(
        path
        for path in folder.rglob(f"*{suffix}")
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
