"""Class maps for CLIP-ES: class ids and half-precision maps."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result
from dcsm_viewer.export.codecs.pickled_npy import DictionaryDamagedError, load_dictionary, save_dictionary
from dcsm_viewer.export.consumer_maps import maps_over_own_maximum, require_detected
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.io.atomic import atomic_write


def write(result: Result, path: Path) -> None:
    """Write an .npy: `keys` int64 (T,), 0-based, and `attn_highres` float16 (T, H, W), each with maximum 1.

    Raises UserError without a detected class: CLIP-ES takes the maximum over an empty axis there and stops.
    """
    require_detected(result, "CLIP-ES")
    with atomic_write(path) as stream:
        save_dictionary(stream, _content(result))


def verify(path: Path, result: Result) -> Report:
    """Read `path` as CLIP-ES's evaluation does and compare it with `result`."""
    return Report.of(_findings(path, result))


def _content(result: Result) -> dict[str, NDArray[np.generic]]:
    return {
        "keys": np.array(result.detected_ids, dtype=np.int64),
        "attn_highres": maps_over_own_maximum(result).astype(np.float16),
    }


def _findings(path: Path, result: Result) -> Iterator[Finding]:
    try:
        found = load_dictionary(path)
    except DictionaryDamagedError as error:
        yield unreadable(path, error)
        return
    for name, expected in _content(result).items():
        there = found.get(name)
        same = isinstance(there, np.ndarray) and there.dtype == expected.dtype and np.array_equal(there, expected)
        yield finding(same, good=f"{name} is as it should be.", bad=f"{name} is missing or differs in value or type.")


FORMATS = (Format("clip-es", "Class maps for CLIP-ES (.npy)", "clip-es/{stem}.npy", write, verify, position=110),)
