"""The formats an export can have, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dcsm_viewer.core.types import Result, SeedRule
from dcsm_viewer.export.formats import (
    clip_es_npy,
    coco_json,
    cvat_zip,
    irn_labels_png,
    irn_npy,
    labelme_json,
    npz,
    overlay_png,
    psa_npy,
    voc_png,
)
from dcsm_viewer.export.formats.crf_npy import CrfFile
from dcsm_viewer.export.report import Report
from dcsm_viewer.export.seed_rules import (
    IRN_SURE_BACKGROUND,
    IRN_SURE_CLASS,
    PSA_HIGH,
    PSA_LOW,
    SEAM_HIGH,
    SEAM_LOW,
)


@dataclass(frozen=True, slots=True)
class Format:
    """One kind of file: `path_pattern` is its path in the export folder, with {stem} for the image's stem.

    `write(result, path)` makes the file and `verify(path, result)` reads it back by its consumers' rules. `rules`: the
    seeds that the result must hold for it (dcsm_viewer.worker.pseudo_labels). `more`: the other files of an export
    of several.
    """

    name: str
    title: str
    path_pattern: str
    write: Callable[[Result, Path], None]
    verify: Callable[[Path, Result], Report]
    rules: tuple[SeedRule, ...] = ()
    more: tuple[Format, ...] = ()

    @property
    def files(self) -> tuple[Format, ...]:
        """Every file of it, this one first."""
        return (self, *self.more)

    def path(self, folder: Path, stem: str) -> Path:
        return folder / self.path_pattern.format(stem=stem)


def rules_of(formats: Sequence[str]) -> tuple[SeedRule, ...]:
    """The seeds that `formats` need, each once; names that are none need nothing."""
    files = [file for name in formats if name in FORMATS for file in FORMATS[name].files]
    return tuple(dict.fromkeys(rule for file in files for rule in file.rules))


def paths_of(formats: Sequence[str], folder: Path, stem: str) -> tuple[Path, ...]:
    """Every file that an export of `formats` makes for the image with this stem, the recipe last."""
    files = [file for name in formats if name in FORMATS for file in FORMATS[name].files]
    return (*(file.path(folder, stem) for file in files), folder / f"{stem}.json")


def _crf_pair(name: str, title: str, low: SeedRule, high: SeedRule) -> Format:
    """The two files, low alpha and high alpha, that affinity networks learn from."""
    la, ha = CrfFile(low), CrfFile(high)
    second = Format(
        name, f"{title}, alpha {high.background:g}", f"{name}/ha/{{stem}}.npy", ha.write, ha.verify, (high,)
    )
    return Format(name, title, f"{name}/la/{{stem}}.npy", la.write, la.verify, (low,), (second,))


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
        Format(
            "voc-layout",
            "Labels in VOC's folders (PNG)",
            "SegmentationClass/{stem}.png",
            voc_png.write,
            voc_png.verify,
        ),
        Format(
            "irn", "Class maps for IRN, AdvCAM, ReCAM, CLIMS (.npy)", "irn/{stem}.npy", irn_npy.write, irn_npy.verify
        ),
        Format(
            "irn-labels",
            "Training labels for IRN (PNG)",
            "irn-labels/{stem}.png",
            irn_labels_png.write,
            irn_labels_png.verify,
            (IRN_SURE_CLASS, IRN_SURE_BACKGROUND),
        ),
        Format("psa", "Class maps for PSA (.npy)", "psa/{stem}.npy", psa_npy.write, psa_npy.verify),
        Format("seam", "Class maps for SEAM (.npy)", "seam/{stem}.npy", psa_npy.write, psa_npy.verify),
        _crf_pair("psa-crf", "CRF probabilities for PSA (.npy)", PSA_LOW, PSA_HIGH),
        _crf_pair("seam-crf", "CRF probabilities for SEAM (.npy)", SEAM_LOW, SEAM_HIGH),
        Format("clip-es", "Class maps for CLIP-ES (.npy)", "clip-es/{stem}.npy", clip_es_npy.write, clip_es_npy.verify),
        Format("coco", "Masks for COCO tools (JSON)", "{stem}.coco.json", coco_json.write, coco_json.verify),
        Format("labelme", "Masks for labelme (JSON)", "labelme/{stem}.json", labelme_json.write, labelme_json.verify),
        Format("cvat", "Masks for CVAT (zip)", "{stem}.cvat.zip", cvat_zip.write, cvat_zip.verify),
    )
}

WITH_STAGES: dict[str, Format] = FORMATS | {
    "npz": Format("npz", "Every number and stage", "{stem}.npz", _npz_with_stages, _verify_npz_with_stages),
}
