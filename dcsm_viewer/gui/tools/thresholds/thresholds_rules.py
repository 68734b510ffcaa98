"""From class maps to seeds by three thresholds, as the consumers of seeds do it, and the published thresholds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from dcsm_viewer.core.label_values import IGNORE_INDEX, MAX_CLASSES
from dcsm_viewer.core.types import Result, UserError, read_only
from dcsm_viewer.metrics.threshold_curve import THRESHOLDS

HandleName = Literal["bg", "eval", "fg"]
HANDLES: tuple[HandleName, ...] = ("bg", "eval", "fg")
STEP = 0.01
GRID: NDArray[np.float64] = read_only(np.asarray(THRESHOLDS))
"""The thresholds 0.00, 0.01 ... 1.00 of every curve."""


@dataclass(frozen=True, slots=True)
class Thresholds:
    """bg <= eval <= fg, in [0, 1]. A pixel whose largest map exceeds fg is that class, one up to bg is background,
    and between them it is unsure. eval decides alone where there is nothing unsure.
    """

    bg: float = 0.05
    eval: float = 0.15
    fg: float = 0.30

    def moved(self, name: HandleName, value: float) -> Thresholds:
        """One of them elsewhere; the others give way where they would be passed."""
        value = round(min(max(value, 0.0), 1.0), 4)
        index = HANDLES.index(name)
        values = [self.bg, self.eval, self.fg]
        values[index] = value
        for below in range(index):
            values[below] = min(values[below], value)
        for above in range(index + 1, len(values)):
            values[above] = max(values[above], value)
        return Thresholds(*values)

    def of(self, name: HandleName) -> float:
        return (self.bg, self.eval, self.fg)[HANDLES.index(name)]


@dataclass(frozen=True, slots=True)
class ThresholdPreset:
    """Thresholds somebody uses; None where they have no such. sweep: first, last and step of their search."""

    title: str
    words: str
    bg: float | None = None
    eval: float | None = None
    fg: float | None = None
    sweep: tuple[float, float, float] = (0.0, 1.0, STEP)

    def applied(self, now: Thresholds) -> Thresholds:
        """These, and what they leave open as it was, out of the way."""
        for name, value in (("bg", self.bg), ("fg", self.fg), ("eval", self.eval)):
            if value is not None:
                now = now.moved(name, value)  # type: ignore[arg-type]  # the three names above
        return now

    @property
    def searched(self) -> NDArray[np.bool_]:
        """Which thresholds of GRID the search goes through."""
        first, last, step = (round(100 * value) for value in self.sweep)
        chosen = np.zeros(len(GRID), dtype=np.bool_)
        chosen[first : last + 1 : step] = True
        return chosen


THRESHOLD_PRESETS: tuple[ThresholdPreset, ...] = (
    ThresholdPreset("IRN", "eval 0.15, seeds above 0.30 and up to 0.05", 0.05, 0.15, 0.30),
    ThresholdPreset("AdvCAM", "eval 0.15, seeds above 0.35 and up to 0.15", 0.15, 0.15, 0.35),
    ThresholdPreset("ReCAM", "eval 0.21, seeds above 0.35 and up to 0.10", 0.10, 0.21, 0.35),
    ThresholdPreset("SEAM", "eval 0.26, searched from 0 to 0.59", None, 0.26, None, (0.0, 0.59, STEP)),
    ThresholdPreset("CLIP-ES", "no threshold of its own: searched from 0.05 to 0.60 by 0.05", sweep=(0.05, 0.60, 0.05)),
    ThresholdPreset(
        "DCSM", "eval 0.50: the label without a CRF, where 1 - largest map is the background", None, 0.50, None
    ),
)


@dataclass(frozen=True, slots=True)
class Peaks:
    """Per pixel the largest class map, float32 (H, W), and whose it is: `owner` a label (H, W), class id + 1.

    labels: of all classes with a map, ascending. Of classes that tie the first one wins, as argmax has it.
    """

    digest: str
    names: dict[int, str]
    labels: tuple[int, ...]
    largest: NDArray[np.float32] = field(repr=False, compare=False)
    owner: NDArray[np.uint16] = field(repr=False, compare=False)

    @property
    def unsure(self) -> int:
        """The label of unsure pixels: VOC's 255 where no class can have it."""
        return IGNORE_INDEX if len(self.names) <= MAX_CLASSES else np.iinfo(np.uint16).max


def peaks_of(result: Result) -> Peaks:
    names = {class_id + 1: name for class_id, name in enumerate(result.model.class_names)}
    return peaks_from(result.class_maps, tuple(c + 1 for c in result.detected_ids), names, result.request.image.digest)


def peaks_from(
    class_maps: NDArray[np.float32], labels: tuple[int, ...], names: dict[int, str], digest: str = ""
) -> Peaks:
    """Peaks of maps (T, H, W), one a label."""
    shape = class_maps.shape[1:]
    largest = np.zeros(shape, dtype=np.float32)
    owner = np.zeros(shape, dtype=np.uint16)
    for label, values in zip(labels, class_maps, strict=True):
        wins = values > largest
        np.copyto(largest, values, where=wins)
        np.copyto(owner, np.uint16(label), where=wins)
    return Peaks(digest, names, labels, read_only(largest), read_only(owner))


def seed_labels(peaks: Peaks, thresholds: Thresholds) -> NDArray[np.uint16]:
    """Labels (H, W) of a seed: class id + 1 above fg, 0 up to bg, `peaks.unsure` between."""
    labels = np.full(peaks.owner.shape, peaks.unsure, dtype=np.uint16)
    np.copyto(labels, peaks.owner, where=peaks.largest > np.float32(thresholds.fg))
    np.copyto(labels, np.uint16(0), where=peaks.largest <= np.float32(thresholds.bg))
    return labels


def hard_labels(peaks: Peaks, threshold: float) -> NDArray[np.uint16]:
    """Labels (H, W) with nothing unsure: class id + 1 above the threshold, else 0."""
    labels: NDArray[np.uint16] = peaks.owner * (peaks.largest > np.float32(threshold))
    return labels


def with_seed(result: Result, peaks: Peaks, thresholds: Thresholds) -> Result:
    """The result with the seed in the place of its labels, for the writers of label images.

    Raises UserError where a class has the number of the unsure pixels.
    """
    if result.segmentation is None:
        raise UserError("There are no class maps of all scales yet; export when they are settled.")
    if peaks.unsure != IGNORE_INDEX:
        raise UserError(
            f"A VOC mask holds {MAX_CLASSES} classes and {IGNORE_INDEX}; this model has {len(peaks.names)}. "
            "Choose the VOC classes."
        )
    return replace(result, segmentation=replace(result.segmentation, labels=seed_labels(peaks, thresholds)))
