"""Export folders made from made-up results in milliseconds."""

from __future__ import annotations

from pathlib import Path

from dcsm_viewer.core.types import Result
from dcsm_viewer.export import export_result
from tests.results import make_image, make_result

FORMATS = ("voc", "npz", "coco")


def make_export(folder: Path, stem: str, *, seed: int = 0, h: int = 48, w: int = 64, **how: object) -> Result:
    """The result that was exported as `stem` into `folder`; `how` goes to make_result."""
    result = make_result(make_image(h, w, seed), seed=seed, **how)  # type: ignore[arg-type]  # a test's own words
    folder.mkdir(exist_ok=True)
    export_result(result, folder, stem, FORMATS)
    return result


def make_folder_of(folder: Path, count: int) -> Path:
    for seed in range(count):
        make_export(folder, f"img{seed + 1}", seed=seed)
    return folder
