"""The CRF settings that published pipelines use, by name; read by the window, the command line and the engine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dcsm_viewer.core.settings import CrfSettings


@dataclass(frozen=True, slots=True)
class CrfPreset:
    """One published set of CRF widths and weights.

    `unary` says what that pipeline feeds the CRF: "soft", -log of the class maps, or "hard", labels that are
    right with probability `confidence` (None for soft). `origin` says in one sentence where the numbers are from.
    """

    title: str
    settings: CrfSettings
    unary: Literal["soft", "hard"]
    confidence: float | None
    origin: str


_PSA = CrfSettings(
    iterations=10,
    gaussian_sxy=3.0,
    gaussian_compat=3.0,
    bilateral_sxy=80.0,
    bilateral_srgb=13.0,
    bilateral_compat=10.0,
)
_IRN = CrfSettings(
    iterations=10,
    gaussian_sxy=3.0,
    gaussian_compat=3.0,
    bilateral_sxy=50.0,
    bilateral_srgb=5.0,
    bilateral_compat=10.0,
)
_CLIP_ES = CrfSettings(
    iterations=10,
    gaussian_sxy=1.0,
    gaussian_compat=3.0,
    bilateral_sxy=67.0,
    bilateral_srgb=3.0,
    bilateral_compat=4.0,
)

CRF_PRESETS: dict[str, CrfPreset] = {
    "tuned": CrfPreset(
        "Tuned (default)",
        CrfSettings(),
        "soft",
        None,
        "Chosen on scenes with known masks (docs/evaluation.md), for the soft unary.",
    ),
    "ssdd": CrfPreset(
        "Authors' later code (SSDD)",
        _PSA,
        "soft",
        None,
        "Shimoda & Yanai, SSDD (ICCV 2019), validation; the DCSM paper does not give its CRF numbers.",
    ),
    "psa": CrfPreset("PSA / SEAM", _PSA, "soft", None, "AffinityNet (PSA, CVPR 2018), taken over by SEAM (CVPR 2020)."),
    "irn": CrfPreset("IRN", _IRN, "hard", 0.7, "IRN (CVPR 2019): hard labels, each right with probability 0.7."),
    "clip-es": CrfPreset("CLIP-ES", _CLIP_ES, "soft", None, "CLIP-ES (CVPR 2023)."),
}
