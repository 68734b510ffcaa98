"""The figures on the authors' poster, to set beside ours: VOC 2012, measured by them, never by this program."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

from dcsm_viewer.core.method_presets import PRESETS
from dcsm_viewer.core.settings import Settings

CAPTION = "Published on PASCAL VOC 2012, not measured here: other images, other weights"
SOURCE = "Shimoda & Yanai, ECCV 2016, poster; extra images: A, extra supervision: B"

SIMONYAN, WITHOUT_CRF, WITH_CRF = "Simonyan et al. + CRF", "DCSM without CRF", "DCSM with CRF"


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """One figure: mean IoU in percent."""

    name: str
    mean_iou: float
    mark: str = ""


PUBLISHED: tuple[PublishedFigure, ...] = (
    PublishedFigure(SIMONYAN, 33.8),
    PublishedFigure(WITHOUT_CRF, 40.5),
    PublishedFigure(WITH_CRF, 44.2),
    PublishedFigure("MIL-FCN", 25.7),
    PublishedFigure("EM-Adapt", 38.2),
    PublishedFigure("CCNN", 34.5),
    PublishedFigure("MIL-seg", 42.0, "A"),
    PublishedFigure("STC", 49.8, "A"),
    PublishedFigure("SEC", 50.7),
    PublishedFigure("One point", 46.1, "B"),
    PublishedFigure("Check mask", 51.5, "B"),
)

# By N, with CRF.
PUBLISHED_BY_N = MappingProxyType({0: 38.2, 1: 42.2, 2: 43.5, 3: 44.1, 4: 44.2, 5: 44.0, 10: 43.7})


def counterpart(settings: Settings) -> tuple[str, float] | None:
    """The published figure that was made the way these settings are, with its name; None where there is none.

    Only for a preset as it is, but for N: a figure beside changed constants would compare apples with pears.
    """
    method, has_crf = settings.method, settings.crf.enabled
    by_name = {one.name: one.mean_iou for one in PUBLISHED}
    if replace(method, min_candidates=PRESETS[method.preset].min_candidates) != PRESETS[method.preset]:
        return None
    if method.preset == "simonyan" and method.min_candidates == 0:
        return (SIMONYAN, by_name[SIMONYAN]) if has_crf else None
    if method.preset not in _OWN:
        return None
    if has_crf:
        known = PUBLISHED_BY_N.get(method.min_candidates)
        return None if known is None else (f"DCSM with CRF, N = {method.min_candidates}", known)
    return (WITHOUT_CRF, by_name[WITHOUT_CRF]) if method.min_candidates == 4 else None


_OWN = ("paper", "formula", "caffe", "tuned")
