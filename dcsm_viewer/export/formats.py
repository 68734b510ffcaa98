"""The formats an export can have, by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.export import clip_es_npy, coco_json, cvat_zip, labelme_json, npz, overlay_png, psa_npy, voc_png
from dcsm_viewer.export.report import Report
from dcsm_viewer.values import Result


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: `place` is its path in the export folder, with {stem} for the image's stem.

    `write(result, path)` makes the file and `verify(path, result)` reads it back by its consumers' rules.
    """

    name: str
    title: str
    place: str
    write: Callable[[Result, Path], None]
    verify: Callable[[Path, Result], Report]

    def path(self, folder: Path, stem: str) -> Path:
        return folder / self.place.format(stem=stem)


def _npz_with_stages(result: Result, path: Path) -> None:
    npz.write(result, path, stages=True)


def _verify_npz_with_stages(path: Path, result: Result) -> Report:
    return npz.verify(path, result, stages=True)


FORMATS: dict[str, Format] = {
    each.name: each
    for each in (
        Format("voc", "Labels as palette PNG (VOC)", "{stem}.png", voc_png.write, voc_png.verify),
        Format("npz", "Every number (NumPy .npz)", "{stem}.npz", npz.write, npz.verify),
        Format("png", "Overlay to look at (PNG)", "{stem}.overlay.png", overlay_png.write, overlay_png.verify),
        Format("psa", "Class maps for PSA (.npy)", "psa/{stem}.npy", psa_npy.write, psa_npy.verify),
        Format("seam", "Class maps for SEAM (.npy)", "seam/{stem}.npy", psa_npy.write, psa_npy.verify),
        Format("clip-es", "Class maps for CLIP-ES (.npy)", "clip-es/{stem}.npy", clip_es_npy.write, clip_es_npy.verify),
        Format("coco", "Masks for COCO tools (JSON)", "{stem}.coco.json", coco_json.write, coco_json.verify),
        Format("labelme", "Masks for labelme (JSON)", "labelme/{stem}.json", labelme_json.write, labelme_json.verify),
        Format("cvat", "Masks for CVAT (zip)", "{stem}.cvat.zip", cvat_zip.write, cvat_zip.verify),
    )
}

WITH_STAGES: dict[str, Format] = FORMATS | {
    "npz": Format("npz", "Every number and stage", "{stem}.npz", _npz_with_stages, _verify_npz_with_stages),
}
