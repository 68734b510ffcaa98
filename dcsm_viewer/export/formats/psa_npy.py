"""Class maps for PSA and SEAM: a dictionary of maps by 0-based class."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.codecs.pickled_npy import DictionaryDamagedError, load_dictionary, save_dictionary
from dcsm_viewer.export.consumer_maps import maps_over_own_maximum
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write


def write(result: Result, path: Path) -> None:
    """Write an .npy: {0-based class id: float32 (H, W) in [0, 1]}, ascending, each with maximum 1."""
    maps = maps_over_own_maximum(result)
    content = {class_id: maps[index] for index, class_id in enumerate(result.detected_ids)}
    with atomic_write(path) as stream:
        save_dictionary(stream, content)


def verify(path: Path, result: Result) -> Report:
    """Read `path` as PSA's and SEAM's evaluation do and compare it with `result`."""
    return Report.of(_findings(path, result))


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        content = load_dictionary(path)
    except DictionaryDamagedError as error:
        yield unreadable(path, error)
        return
    keys = list(content)
    yield finding(
        keys == list(result.detected_ids),
        good="Its keys are the detected classes, counted from 0, ascending.",
        bad=f"Its keys are {keys}; the detected classes are {list(result.detected_ids)}.",
    )
    for class_id, expected in zip(result.detected_ids, maps_over_own_maximum(result), strict=True):
        found = content.get(class_id)
        same = isinstance(found, np.ndarray) and found.dtype == np.float32 and np.array_equal(found, expected)
        name = result.model.class_names[class_id]
        yield finding(same, good=f"{name} has its map.", bad=f"{name} has another map, size or type.")


FORMATS = (
    Format("psa", "Class maps for PSA (.npy)", "psa/{stem}.npy", write, verify, position=70),
    Format("seam", "Class maps for SEAM (.npy)", "seam/{stem}.npy", write, verify, position=80),
)
