"""Class probabilities after PSA's or SEAM's CRF, with much and with little background, for their affinity networks."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.types import Result, SeedRule
from dcsm_viewer.export.codecs.pickled_npy import DictionaryDamagedError, load_dictionary, save_dictionary
from dcsm_viewer.export.export_format import Format
from dcsm_viewer.export.report import Finding, Report, finding, unreadable
from dcsm_viewer.export.seed_rules import PSA_HIGH, PSA_LOW, SEAM_HIGH, SEAM_LOW, seeds_of
from dcsm_viewer.io.atomic import atomic_write


@dataclass(frozen=True, slots=True)
class CrfFile:
    """The file of one background, "la" or "ha" in their programs."""

    rule: SeedRule

    def write(self, result: Result, path: Path) -> None:
        """Write an .npy: {0: background, class id + 1: probability}, float32 (H, W), in this order.

        The order is part of the format: the readers take the values as they come, and the first for the background.
        """
        with atomic_write(path) as stream:
            save_dictionary(stream, self._content(result))

    def verify(self, path: Path, result: Result) -> Report:
        """Read `path` as PSA's and SEAM's affinity training do and compare it with what the CRF gave."""
        return Report.of(self._findings(path, result))

    def _content(self, result: Result) -> dict[int, NDArray[np.generic]]:
        numbers = (0, *(class_id + 1 for class_id in result.detected_ids))
        planes = seeds_of(result, self.rule)
        return {number: np.ascontiguousarray(plane) for number, plane in zip(numbers, planes, strict=True)}

    def _findings(self, path: Path, result: Result) -> Iterator[Finding]:
        try:
            found = load_dictionary(path)
        except DictionaryDamagedError as error:
            yield unreadable(path, error)
            return
        expected = self._content(result)
        yield finding(
            list(found) == list(expected),
            good="Its keys are 0, then the detected classes counted from 1, in this order.",
            bad=f"Its keys are {list(found)}, not {list(expected)} in this order.",
        )
        for number, plane in expected.items():
            there = found.get(number)
            same = isinstance(there, np.ndarray) and there.dtype == np.float32 and np.array_equal(there, plane)
            name = "The background" if number == 0 else result.model.class_names[number - 1]
            yield finding(same, good=f"{name} has its probabilities.", bad=f"{name} has others, or of another type.")
        total = np.sum([plane for plane in found.values() if isinstance(plane, np.ndarray)], axis=0)
        yield finding(
            bool(np.allclose(total, 1, atol=1e-4)), good="They add up to 1.", bad="They do not add up to 1 everywhere."
        )


def _pair(name: str, title: str, low: SeedRule, high: SeedRule, position: int) -> Format:
    """Return the two files, low alpha and high alpha, that affinity networks learn from."""
    la, ha = CrfFile(low), CrfFile(high)
    second = Format(
        name,
        f"{title}, alpha {high.background:g}",
        f"{name}/ha/{{stem}}.npy",
        ha.write,
        ha.verify,
        position=position,
        rules=(high,),
    )
    return Format(
        name,
        title,
        f"{name}/la/{{stem}}.npy",
        la.write,
        la.verify,
        position=position,
        rules=(low,),
        more=(second,),
    )


FORMATS = (
    _pair("psa-crf", "CRF probabilities for PSA (.npy)", PSA_LOW, PSA_HIGH, 90),
    _pair("seam-crf", "CRF probabilities for SEAM (.npy)", SEAM_LOW, SEAM_HIGH, 100),
)
